"""Optimizer, loss and metrics of a spec, with defaults that follow from the data's task and the network's output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_errors import refused
from nnspec.backend.keras_internals.layers import maker, taken_by
from nnspec.backend.kinds import instantiate
from nnspec.backend.own_layers.crf import CRF, CRFLoss
from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.catalog.kinds import catalog
from nnspec.data.table import FeatureSpec
from nnspec.frontend.agreement.ends import setting, takes_probabilities
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.lints.network import common_activation, passes_on
from nnspec.frontend.metric_names import named
from nnspec.frontend.spec import Spec, keras_name
from nnspec.layers import layer_kind
from nnspec.layers.kind import ARGUMENT

# One value for each element of a target, averaged: padding must not count in the average.
TOKEN_MEAN = "mean_with_sample_weight"


@dataclass(frozen=True)
class Target:
    """What an output is trained on: its column, the task, how many classes, and whether some of it is padding."""

    spec: FeatureSpec
    task: str
    classes: int | None
    padded: bool

    @property
    def is_labels(self) -> bool:
        return self.spec.dtype.startswith(("int", "uint"))


def compile_model(model: Any, spec: Spec, targets: Mapping[str, Target], optimizer: Any | None = None) -> None:
    """Compiles a model as ``spec.train`` says. Metrics of padded targets count real tokens alone.

    Args:
        targets: by output of the model.
        optimizer: as a spec says it, in place of ``train.optimizer``.

    Raises:
        SpecError: E0709, a setting that Keras refuses; E0708, one that names no output; E0707, no loss where none
                follows; E0703, a loss beside that of a CRF.
    """
    train = spec.training
    outputs = list(targets)
    losses = {name: loss_of(model, spec, name, targets) for name in outputs}
    counts: Counter[str] = Counter()
    given, extra = (_metrics(spec, key, outputs, counts) for key in ("metrics", "weighted_metrics"))
    weighted: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for name, target in targets.items():
        metrics = given[name]
        if not train.metrics and not isinstance(losses[name], CRFLoss):
            metrics = default_metrics(model, name, target)
        (weighted if target.padded else plain)[name] = metrics
        weighted.setdefault(name, []).extend(extra[name])
    chosen = _made(spec, "optimizer", optimizer or train.optimizer, "optimizer")
    try:
        model.compile(
            optimizer=chosen,
            loss=_for_keras(losses, outputs),
            loss_weights=train.loss_weights,
            metrics=_for_keras(plain, outputs),
            weighted_metrics=_for_keras(weighted, outputs),
            # Keras compiles by XLA on GPUs, and that fails where there are several replicas (keras#19246).
            jit_compile=False if tf.distribute.has_strategy() else "auto",
        )
    except Exception as error:
        raise refused("E0709", "Keras refuses the training settings", spec.place("train"), error) from error


def _metrics(spec: Spec, key: str, outputs: list[str], counts: Counter[str]) -> dict[str, list[Any]]:
    """The metrics of each output, made, under names that do not depend on what else the process has made."""
    given = by_output(spec, key, outputs)
    return {
        name: _as_list(_made(spec, "metric", [named(item, counts) for item in _as_list(given.get(name))], key))
        for name in outputs
    }


def by_output(spec: Spec, key: str, outputs: list[str]) -> dict[str, Any]:
    """A setting of ``train`` for each output: given by output, or once for all.

    Raises:
        SpecError: it names an output that the network does not have.
    """
    value = spec.training.setting(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return dict.fromkeys(outputs, value)
    given = {keras_name(name): item for name, item in value.items()}
    unknown = [name for name in given if name not in outputs]
    if unknown:
        message = f"`{key}` names `{unknown[0]}`, but the outputs are {', '.join(f'`{name}`' for name in outputs)}"
        raise SpecError([Diagnostic("E0708", message, spec.place("train", key, unknown[0]))])
    return given


def loss_of(model: Any, spec: Spec, output: str, targets: Mapping[str, Target]) -> Any:
    """The loss of an output: the spec's, or the task's. Over padded targets it is the mean over real tokens."""
    target = targets[output]
    given = by_output(spec, "loss", list(targets))
    chain = maker(output_tensor(model, output))
    if isinstance(chain, CRF):
        return _chain_loss(spec, chain, given.get(output))
    if not given:
        return default_loss(model, spec, output, target)
    loss = _made(spec, "loss", given.get(output), "loss")
    if isinstance(loss, str):
        loss = _named_loss(spec, loss)
    if target.padded and getattr(loss, "reduction", None) == "sum_over_batch_size":
        loss.reduction = TOKEN_MEAN
    return loss


def _chain_loss(spec: Spec, layer: CRF, given: Any) -> CRFLoss:
    if given is not None:
        message = "a CRF is trained by the likelihood of whole sequences, which is a loss of its own"
        raise SpecError([Diagnostic("E0703", message, spec.place("train", "loss"), hint="leave `loss` out")])
    return CRFLoss(layer)


def default_loss(model: Any, spec: Spec, output: str, target: Target) -> Any:
    reduction = {"reduction": TOKEN_MEAN} if target.padded else {}
    logits = last_activation(model, output) not in PROBABILITIES
    if target.task in ("classification", "tagging"):
        if is_binary(model, output, target):
            return keras.losses.BinaryCrossentropy(from_logits=logits, **reduction)
        if target.is_labels:
            return keras.losses.SparseCategoricalCrossentropy(from_logits=logits, **reduction)
        return keras.losses.CategoricalCrossentropy(from_logits=logits, **reduction)
    if target.task in ("regression", "forecast"):
        return keras.losses.MeanSquaredError(**reduction)
    message = f"there is no loss for `{output}`, and the data do not tell the task"
    hint = "say `loss:`, such as SparseCategoricalCrossentropy for classes or MeanSquaredError for numbers"
    raise SpecError([Diagnostic("E0707", message, spec.place("train"), hint=hint)])


def default_metrics(model: Any, output: str, target: Target) -> list[Any]:
    """Accuracy of a classification, the mean absolute error of numbers."""
    if target.task in ("regression", "forecast"):
        return [keras.metrics.MeanAbsoluteError(name="mae")]
    if target.task not in ("classification", "tagging"):
        return []
    if is_binary(model, output, target):
        threshold = 0.5 if last_activation(model, output) in PROBABILITIES else 0.0
        return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)]
    if target.is_labels:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    return [keras.metrics.CategoricalAccuracy(name="accuracy")]


def is_binary(model: Any, output: str, target: Target) -> bool:
    """One unit that says yes or no."""
    shape = output_tensor(model, output).shape
    return target.is_labels and len(shape) > 1 and shape[-1] == 1


def output_tensor(model: Any, output: str) -> Any:
    """The symbolic tensor of an output: there is one, or they are a mapping by name."""
    return model.output[output] if isinstance(model.output, dict) else model.output


def last_activation(model: Any, output: str) -> str | None:
    """The name of the function that an output went through last: ``softmax``, ``linear``, ...; None where it cannot be
    told. What only passes values on, as a pooling or the mean of several layers, is looked through.
    """
    return _activation_of(output_tensor(model, output))


def _activation_of(tensor: Any) -> str | None:
    layer = maker(tensor)
    record = layer_kind(type(layer).__name__)
    if passes_on(record) and (taken := taken_by(tensor)):
        return common_activation(record, [_activation_of(one) for one in taken])
    if isinstance(layer, keras.layers.Wrapper) and not isinstance(layer, keras.layers.Bidirectional):
        layer = layer.layer
    function = layer_kind(type(layer).__name__).activation
    if function not in (None, ARGUMENT):
        return function
    cell = getattr(layer, "cell", layer)
    for argument in ("output_activation", "activation"):
        if hasattr(cell, argument):
            return str(getattr(getattr(cell, argument), "__name__", "linear"))
    return "linear" if record.subtracts_mean or record.subtracts_own_mean else None


def gives_probabilities(spec: Spec, model: Any, output: str) -> bool:
    """Whether the values of an output are probabilities: by its last function, else by what its loss takes them for."""
    last = last_activation(model, output)
    return last in PROBABILITIES or (last is None and takes_probabilities(setting(spec, "loss", output)))


def _named_loss(spec: Spec, name: str) -> Any:
    """The class behind an identifier such as ``mse``, whose reduction can be told."""
    try:
        found = keras.losses.get(name)
    except ValueError as error:
        raise refused("E0709", "Keras refuses the loss", spec.place("train", "loss"), error) from error
    if isinstance(found, keras.losses.Loss):
        return found
    known = getattr(keras.losses, catalog().canonical("loss", name), None)
    return name if known is None else known(name=name)


def _made(spec: Spec, category: str, value: Any, key: str) -> Any:
    try:
        return instantiate(category, value, spec.graph.plugins)
    except Exception as error:
        raise refused("E0709", f"Keras refuses the {category}", spec.place("train", key), error) from error


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _for_keras(values: Mapping[str, Any], outputs: Sequence[str]) -> Any:
    """Keras takes the setting of a single output as it is, and a mapping for several, though it names but one."""
    given = {name: value for name, value in values.items() if value}
    return given.get(outputs[0]) if len(outputs) == 1 else given or None
