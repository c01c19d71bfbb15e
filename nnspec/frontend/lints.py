"""What is allowed but rarely meant: warnings, each silenced by ``# nnspec: ignore W0601`` on the line it blames."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nnspec.frontend.diagnostics import Diagnostic, Note, Span
from nnspec.frontend.source import Node
from nnspec.frontend.spec import Layer, Output, Spec
from nnspec.layers.types import KindValue

_IGNORE = re.compile(r"#\s*nnspec:\s*ignore((?:[\s,]+W\d{4})*)")
_REGRESSION = {"MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "MeanSquaredLogarithmicError"}
_REGRESSION |= {"mse", "mae", "huber", "log_cosh", "mean_squared_error", "mean_absolute_error"}
_PROBABILITIES = {"softmax": "a distribution", "sigmoid": "probabilities"}
_DROPOUTS = {"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
_BIASED = {"Conv1D", "Conv2D", "Conv3D", "Dense", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"}


def lint(spec: Spec) -> list[Diagnostic]:
    """Every warning about a spec that its lines do not silence."""
    found = [warning for rule in RULES for warning in rule(spec)]
    return [warning for warning in found if not is_silenced(warning)]


def is_silenced(warning: Diagnostic) -> bool:
    """Whether the line that a warning blames carries ``# nnspec: ignore`` for its code, or for all."""
    if warning.span is None:
        return False
    match = _IGNORE.search(warning.span.source.line(warning.span.line))
    return match is not None and (not match.group(1).strip() or warning.code in match.group(1))


def _warning(
    code: str, message: str, span: Span | None, hint: str | None = None, notes: tuple[Note, ...] = ()
) -> Diagnostic:
    return Diagnostic(code, message, span, "warning", hint, notes)


def bias_before_normalization(spec: Spec) -> Iterator[Diagnostic]:
    layers = {layer.name: layer for layer in spec.graph.layers}
    for layer in spec.graph.layers:
        before = layers.get(layer.inputs[0].layer)
        if layer.kind != "BatchNormalization" or before is None or layer.args.get("center") is False:
            continue
        has_bias = before.kind in _BIASED and before.args.get("use_bias", True) is True
        if has_bias and before.args.get("activation") in (None, "linear"):
            message = f"the bias of {before.kind} `{before.name}` does nothing: `{layer.name}` subtracts the mean"
            yield _warning("W0601", message, before.span, "`use_bias: false` saves its weights", before.trail)


def dropout_last(spec: Spec) -> Iterator[Diagnostic]:
    for output, layer in _output_layers(spec):
        if layer.kind in _DROPOUTS:
            message = f"{layer.kind} is the last layer of `{output.name}`: training would switch outputs off"
            yield _warning("W0602", message, layer.span, "put it before the last layer with weights", layer.trail)


def activation_against_loss(spec: Spec) -> Iterator[Diagnostic]:
    """A last activation and a loss that do not go together."""
    for output, layer in _output_layers(spec):
        name, from_logits = _loss(spec, output)
        activation = last_activation(layer)
        if name is None or activation is None:
            continue
        place = Note("the loss stands here", spec.place("train", "loss"))
        if name in _REGRESSION and activation in ("relu", "softmax"):
            message = f"`{output.name}` ends in {activation}, and {name} is a loss for values of any size"
            yield _warning("W0604", message, layer.span, "leave the activation out", (place, *layer.trail))
        if "rossentropy" not in name.lower():
            continue
        if from_logits and activation in _PROBABILITIES:
            message = f"`{output.name}` ends in {activation}, and the loss takes logits (`from_logits: true`)"
            yield _warning("W0603", message, layer.span, "keep one of the two", (place, *layer.trail))
        if not from_logits and activation == "linear":
            message = f"`{output.name}` gives logits, and the loss takes probabilities"
            hint = f"end in softmax, or write `loss: {{{name}: {{from_logits: true}}}}`"
            yield _warning("W0603", message, layer.span, hint, (place, *layer.trail))
        if "ategorical" in name and activation == "sigmoid":
            message = f"`{output.name}` ends in sigmoid, and {name} compares one distribution over all classes"
            yield _warning(
                "W0604", message, layer.span, "end in softmax, or use BinaryCrossentropy", (place, *layer.trail)
            )


def unused_names(spec: Spec) -> Iterator[Diagnostic]:
    """Parameters and blocks that nothing refers to. Those of a base or a used file may serve others."""
    text = _texts(spec.node)
    for section, code, noun in (("params", "W0605", "parameter"), ("blocks", "W0606", "block")):
        node = spec.node.get(section)
        for name, value in (node.value if node is not None and node.is_mapping else {}).items():
            if value.span.source is not spec.node.span.source:
                continue
            if not re.search(rf"\b{re.escape(name)}\b", text):
                assert node is not None
                yield _warning(code, f"the {noun} `{name}` is never used", node.keys.get(name), "remove it")


RULES: tuple[Callable[[Spec], Iterator[Diagnostic]], ...] = (
    bias_before_normalization,
    dropout_last,
    activation_against_loss,
    unused_names,
)


def last_activation(layer: Layer) -> str | None:
    """The activation that an output ends in: ``linear`` where there is none; None if it cannot be told."""
    if layer.kind in ("Activation", "Dense", "Conv1D", "Conv2D", "EinsumDense"):
        activation = layer.args.get("activation", "linear")
        return activation if isinstance(activation, str) else None
    if layer.kind in ("Softmax", "ReLU"):
        return layer.kind.lower()
    if layer.kind == "TimeDistributed" and isinstance(inner := layer.args.get("layer"), KindValue):
        activation = inner.args.get("activation", "linear")
        return activation if isinstance(activation, str) and inner.kind == "Dense" else None
    return None


def _output_layers(spec: Spec) -> Iterator[tuple[Output, Layer]]:
    layers = {layer.name: layer for layer in spec.graph.layers}
    for output in spec.graph.outputs:
        if output.ref.layer in layers:
            yield output, layers[output.ref.layer]


def _loss(spec: Spec, output: Output) -> tuple[str | None, bool]:
    """The loss of an output and whether it takes logits; None where the spec leaves it open."""
    loss: Any = spec.train.get("loss") if spec.train else None
    if isinstance(loss, Mapping):
        loss = loss.get(output.name)
    if isinstance(loss, KindValue):
        return loss.kind, bool(loss.args.get("from_logits", False))
    return (loss, False) if isinstance(loss, str) else (None, False)


def _texts(node: Node) -> str:
    """Everything in a tree that could refer to a name: the keys of layers, and scalars; definitions left out."""
    parts: list[str] = []

    def walk(value: Any, *, defining: bool) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if not defining:
                    parts.append(key)
                walk(item.value, defining=False)
        elif isinstance(value, tuple):
            for item in value:
                walk(item.value, defining=False)
        elif isinstance(value, str):
            parts.append(value)

    for key, item in node.value.items():
        if key not in ("description", "name"):
            walk(item.value, defining=key in ("params", "blocks"))
    return "\n".join(parts)
