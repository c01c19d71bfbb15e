"""Over which devices a training is spread, and what that rules out: said before anything starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from nnspec.data.pipeline import Share
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.training.cluster import cluster_of
from nnspec.training.errors import WorkerGone
from nnspec.training.workers import is_multi_worker


def choose_strategy(spec: Spec) -> Any | None:
    """The ``tf.distribute.Strategy`` that ``train.strategy`` asks for; None for one device.

    ``auto`` is ``mirrored`` where there are several GPUs and ``single`` elsewhere. ``mirrored`` takes all GPUs, or
    all logical CPU devices where there is no GPU. ``multi_worker`` takes the processes that TF_CONFIG or Slurm names,
    and must be chosen before TensorFlow has done anything. ``tpu`` has not been tried on one.

    Raises:
        SpecError: E0703, the devices for it are not there, or a setting does not go with it.
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
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def setting(spec: Spec) -> str:
    """The strategy's name with ``auto`` decided."""
    name = str((spec.train or {}).get("strategy", "auto"))
    if name == "auto":
        return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "single"
    return name


def restrictions(spec: Spec, replicas: int) -> Iterator[Diagnostic]:
    """What cannot work with several replicas, each at its line.

    Gradient accumulation and writing averages back into the weights need a variable update inside a replica, which
    Keras 3.15 cannot do there.
    """
    batch = int((spec.data or {}).get("batch_size", 32))
    if batch % replicas:
        yield Diagnostic(
            "E0703",
            f"a batch of {batch} cannot be shared out evenly among {replicas} devices",
            spec.place("data", "batch_size"),
            hint=f"take a multiple of {replicas}",
        )
    if (spec.data or {}).get("tokens_per_batch") and replicas > 1:
        yield Diagnostic(
            "E0703",
            f"batches by a number of tokens cannot be shared out evenly among {replicas} devices",
            spec.place("data", "tokens_per_batch"),
            hint="leave it out: `bucket_by_length` works with `batch_size`",
        )
    optimizer = (spec.train or {}).get("optimizer")
    arguments = optimizer.args if isinstance(optimizer, KindValue) else {}
    for name in ("gradient_accumulation_steps", "ema_overwrite_frequency"):
        if arguments.get(name):
            yield Diagnostic(
                "E0703",
                f"`{name}` does not work on several devices",
                spec.place("train", "optimizer"),
                hint="leave it out, or say `strategy: single`",
            )


def surprises(spec: Spec, strategy: Any | None) -> Iterator[Diagnostic]:
    """What works with several replicas, but differently from one device."""
    if strategy is None:
        return
    optimizer = spec.train["optimizer"] if spec.train else None
    arguments = optimizer.args if isinstance(optimizer, KindValue) else {}
    for name in ("clipnorm", "clipvalue", "global_clipnorm"):
        if arguments.get(name):
            message = f"`{name}` clips on each device before the gradients are added up"
            yield Diagnostic("W0703", message, spec.place("train", "optimizer"), "warning")
    for layer in spec.graph.layers:
        if layer.kind == "BatchNormalization" and not layer.args.get("synchronized"):
            message = f"`{layer.name}` normalizes over each device's share of the batch"
            hint = "say `synchronized: true` for the whole batch"
            yield Diagnostic("W0703", message, layer.span, "warning", hint)


def _several_workers(spec: Spec) -> Any:
    cluster = cluster_of(os.environ)
    if cluster is None:
        message = "`multi_worker` needs to know the other workers, and neither TF_CONFIG nor Slurm names any"
        hint = "on one machine: nnspec launch --workers 2 SPEC"
        raise SpecError([Diagnostic("E0703", message, spec.place("train", "strategy"), hint=hint)])
    gpus = len(tf.config.list_physical_devices("GPU"))
    problems = list(restrictions(spec, len(cluster.workers) * max(1, gpus)))
    if problems:
        raise SpecError(problems)
    os.environ["TF_CONFIG"] = cluster.as_tf_config()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
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
        raise SpecError([Diagnostic("E0703", message, spec.place("train", "strategy"), hint=hint)]) from error
    problems = list(restrictions(spec, len(tf.config.list_logical_devices("TPU"))))
    if problems:
        raise SpecError(problems)
    return tf.distribute.TPUStrategy(resolver)
