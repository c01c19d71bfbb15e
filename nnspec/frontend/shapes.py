"""Shapes, weights and multiply-adds through the graph, by the rules of ``nnspec.layers``: no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.frontend.catalog import catalog
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.spec import Graph, Layer, LayerFacts, Ref
from nnspec.layers import KINDS, NoRule, ShapeError, infer
from nnspec.layers.types import Dim, KindValue, Symbol, TensorSpec

UNKNOWN = LayerFacts(None, None, None, None)


def infer_shapes(graph: Graph) -> tuple[dict[str, LayerFacts], list[Diagnostic]]:
    """What each layer gives and holds, by layer name.

    A layer without a rule, or fed by something unknown, is unknown itself; ``build`` still finds its shape.
    A shape error is blamed on the layer, with notes on what its input is and which layer made it.
    """
    tensors = {tensor.name: (_input_spec(tensor.name, tensor.shape, tensor.dtype),) for tensor in graph.inputs}
    known: dict[str, tuple[TensorSpec, ...] | None] = dict(tensors)
    facts: dict[str, LayerFacts] = {}
    problems: list[Diagnostic] = []
    for layer in graph.layers:
        specs = [_tensor(known, ref) for ref in layer.inputs]
        try:
            _check_outputs(graph, known, layer)
            fact = _infer(layer, specs)
            _check_shared(facts, layer, fact)
        except ShapeError as error:
            problems.append(_diagnostic(error, layer, graph, specs))
            fact = UNKNOWN
        known[layer.name] = fact.outputs
        facts[layer.name] = fact
    return facts, problems


def _input_spec(name: str, shape: tuple[int | None, ...], dtype: str) -> TensorSpec:
    dims: list[Dim] = [Symbol("batch")]
    unknown = sum(size is None for size in shape)
    for axis, size in enumerate(shape):
        dims.append(size if size is not None else Symbol(name if unknown == 1 else f"{name}.{axis}"))
    return TensorSpec(tuple(dims), dtype)


def _tensor(known: Mapping[str, tuple[TensorSpec, ...] | None], ref: Ref) -> TensorSpec | None:
    outputs = known[ref.layer]
    return outputs[ref.index] if outputs is not None and ref.index < len(outputs) else None


def _check_outputs(graph: Graph, known: Mapping[str, tuple[TensorSpec, ...] | None], layer: Layer) -> None:
    for ref in layer.inputs:
        outputs = known[ref.layer]
        if outputs is not None and ref.index >= len(outputs):
            raise ShapeError(f"`{ref.layer}` has {_count(len(outputs))}, so there is no `{ref}` (counted from 0)")


def _check_shared(facts: Mapping[str, LayerFacts], layer: Layer, fact: LayerFacts) -> None:
    if layer.shares is None or fact.params is None:
        return
    owned = facts[layer.shares].params
    if owned is not None and owned != fact.params:
        raise ShapeError(
            f"it shares the {owned:,} weights of `{layer.shares}`, but this input would need {fact.params:,}"
        )


def _count(outputs: int) -> str:
    return f"{outputs} outputs" if outputs != 1 else "one output"


def _infer(layer: Layer, specs: list[TensorSpec | None]) -> LayerFacts:
    called = layer.call or ("",) * len(specs)
    # A mask says which steps count and changes no shape: the rules take tensors of values alone.
    values = [spec for name, spec in zip(called, specs, strict=True) if not name.endswith("mask")]
    inputs = [spec for spec in values if spec is not None]
    if len(inputs) < len(values) or layer.kind not in KINDS:
        return UNKNOWN
    try:
        found = infer(layer.kind, with_defaults(layer.kind, layer.args), inputs, layer.flags)
    except NoRule:
        return UNKNOWN
    return LayerFacts(found.outputs, found.params, found.trainable_params, found.macs)


def with_defaults(kind: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument of a layer kind, Keras's default where none is given; nested layers likewise."""
    return {**catalog().defaults("layer", kind), **{name: _filled(value) for name, value in args.items()}}


def _filled(value: Any) -> Any:
    if isinstance(value, KindValue) and catalog().has("layer", value.kind):
        return KindValue(value.kind, with_defaults(value.kind, value.args))
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value


def _diagnostic(error: ShapeError, layer: Layer, graph: Graph, specs: list[TensorSpec | None]) -> Diagnostic:
    span = layer.arg_spans.get(error.argument or "", layer.span)
    notes = [_origin(graph, ref, spec) for ref, spec in zip(layer.inputs, specs, strict=True)]
    message = f"{layer.kind} `{layer.name}`: {error.message}"
    return Diagnostic("E0601", message, span, hint=error.hint, notes=(*notes, *layer.trail))


def _origin(graph: Graph, ref: Ref, spec: TensorSpec | None) -> Note:
    """Where an input comes from and what it is."""
    for tensor in graph.inputs:
        if tensor.name == ref.layer:
            return Note(f"it takes the input `{ref}`, which is {show(spec)}", tensor.span)
    layer = next(layer for layer in graph.layers if layer.name == ref.layer)
    return Note(f"it takes the output of {layer.kind} `{ref}`, which is {show(spec)}", layer.span)


def show(spec: TensorSpec | None) -> str:
    """``(batch, 28, 28, 1)``, with the type where it is not float32."""
    if spec is None:
        return "unknown"
    shape = f"({', '.join(str(size) for size in spec.shape)})"
    return shape if spec.dtype == "float32" else f"{shape} {spec.dtype}"
