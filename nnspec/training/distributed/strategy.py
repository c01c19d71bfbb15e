"""Over which devices a training is spread, and what that rules out: said before anything starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.keras_internals.tensorflow import strategy_with_keys
from nnspec.data.pipeline import Share
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.lints.machines import shared_batch, strategy_restrictions, strategy_surprises
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.errors import WorkerGone
from nnspec.training.distributed.cluster import cluster_of
from nnspec.training.distributed.workers import is_multi_worker


def choose_strategy(spec: Spec) -> Any | None:
    """The ``tf.distribute.Strategy`` that ``train.strategy`` asks for; None for one device.

    ``auto`` is ``mirrored`` where there are several GPUs and ``single`` elsewhere. ``mirrored`` takes all GPUs, or
    all logical CPU devices where there is no GPU. ``multi_worker`` takes the processes that TF_CONFIG or Slurm names,
    and must be chosen before TensorFlow has done anything. ``tpu`` has not been tried on one.

    Raises:
        SpecError: E0710, the devices for it are not there, or a setting does not go with it.
        TrainingError: TF_CONFIG is malformed, or the workers do not come together.
    """
    name = setting(spec)
    if name == "single":
        return None
    if name == "multi_worker":
        return _several_workers(spec)
    if name == "tpu":
        return _tpu(spec)
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) == 1:
        return None
    problems = list(restrictions(spec, len(devices)))
    if problems:
        raise SpecError(problems)
    return strategy_with_keys(tf.distribute.MirroredStrategy, [device.name for device in devices])


def setting(spec: Spec) -> str:
    """The strategy's name with ``auto`` decided."""
    name = spec.training.strategy
    if name == "auto":
        return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "single"
    return name


def restrictions(spec: Spec, replicas: int) -> Iterator[Diagnostic]:
    """What cannot work with several replicas, each at its line."""
    yield from shared_batch(spec, replicas)
    if replicas > 1:
        yield from strategy_restrictions(spec)


def surprises(spec: Spec, strategy: Any | None) -> Iterator[Diagnostic]:
    """What works with several replicas, but differently from one device, where `check` has not said so already."""
    if strategy is not None and spec.training.strategy == "auto":
        yield from strategy_surprises(spec)


def synchronize(spec: Spec, model: Any) -> None:
    """Makes batch normalization see the whole batch, unless the spec says ``synchronized: false``."""
    kept = {keras_name(layer.name) for layer in spec.graph.layers if layer.args.get("synchronized") is False}
    for layer in parts(model):
        if isinstance(layer, keras.layers.BatchNormalization) and layer.name not in kept:
            layer.synchronized = True


def _several_workers(spec: Spec) -> Any:
    cluster = cluster_of(os.environ)
    if cluster is None:
        message = "`multi_worker` needs to know the other workers, and neither TF_CONFIG nor Slurm names any"
        hint = "on one machine: nnspec launch --workers 2 SPEC"
        raise SpecError([Diagnostic("E0710", message, spec.place("train", "strategy"), hint=hint)])
    gpus = len(tf.config.list_physical_devices("GPU"))
    problems = list(restrictions(spec, len(cluster.workers) * max(1, gpus)))
    if problems:
        raise SpecError(problems)
    os.environ["TF_CONFIG"] = cluster.as_tf_config()
    try:
        return strategy_with_keys(tf.distribute.MultiWorkerMirroredStrategy)
    except tf.errors.OpError as error:
        address = cluster.workers[cluster.index]
        raise WorkerGone(
            f"the workers did not come together at {address}: {str(error).splitlines()[0][:200]}",
            hint="is another program listening there? are all workers started?",
        ) from error


def share_of(strategy: Any | None) -> Share | None:
    """Which part of each batch this process takes; None where it takes all."""
    cluster = cluster_of(os.environ) if is_multi_worker(strategy) else None
    if cluster is None or strategy is None:
        return None
    local = strategy.num_replicas_in_sync // len(cluster.workers)
    return Share(cluster.index * local, local, strategy.num_replicas_in_sync)


def _tpu(spec: Spec) -> Any:
    """TPUs of this machine, or those that the environment names. Unverified until someone runs it on one."""
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except Exception as error:
        message = f"there is no TPU here: {str(error).splitlines()[0][:200]}"
        hint = "TPUs need the package tensorflow-tpu; `auto` takes the devices of this machine"
        raise SpecError([Diagnostic("E0710", message, spec.place("train", "strategy"), hint=hint)]) from error
    problems = list(restrictions(spec, len(tf.config.list_logical_devices("TPU"))))
    if problems:
        raise SpecError(problems)
    return tf.distribute.TPUStrategy(resolver)
