"""Shapes, weights and multiply-adds through the graph, by the rules of ``nnspec.layers``: no TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from math import prod
from typing import Any, TypeGuard

from nnspec.catalog.kinds import catalog
from nnspec.console.plugin_modules import at_fault, failure
from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note
from nnspec.frontend.spec import Graph, Input, Layer, LayerFacts, Ref
from nnspec.layers import NoRule, ShapeError, infer, layer_kind
from nnspec.layers.fields import pointwise
from nnspec.layers.types import MAX_RANK, MAX_VALUES, Dim, KindValue, Symbol, TensorSpec

UNKNOWN = LayerFacts(None, None, None, None)
COUNTS = (1, 3, 4)  # of the channels of an image
TAKE_SEVERAL = ("inputs", "initial_state", "states", "mask")  # call arguments, where the layer does

Places = Mapping[str, Input | Layer]  # where a name of the graph stands


def infer_shapes(graph: Graph) -> tuple[dict[str, LayerFacts], list[Diagnostic]]:
    """What each layer gives and holds, by layer name.

    A layer without a rule, or fed by something unknown, is unknown itself; ``build`` still finds its shape.
    A shape error is blamed on the layer, with notes on what its input is and which layer made it; then the facts are
    those of the layers before the first one at fault.
    """
    tensors = {tensor.name: (input_spec(tensor),) for tensor in graph.inputs}
    known: dict[str, tuple[TensorSpec, ...] | None] = dict(tensors)
    facts: dict[str, LayerFacts] = {}
    problems: list[Diagnostic] = []
    sound = len(graph.layers)
    places: dict[str, Input | Layer] = {tensor.name: tensor for tensor in graph.inputs}
    places.update((layer.name, layer) for layer in graph.layers)
    for number, layer in enumerate(graph.layers):
        specs = [_tensor(known, ref) for ref in layer.inputs]
        try:
            _check_outputs(graph, known, layer)
            fact = facts_of(layer, specs)
            _check_size(fact)
            _check_shared(facts, layer, fact)
        except ShapeError as error:
            problems.append(_diagnostic(error, layer, places, specs))
            fact = UNKNOWN
        except Exception as error:
            if at_fault(error) is None:
                raise
            problems.append(Diagnostic("E0306", failure(f"rule of {layer.written}", error), layer.span))
            fact = UNKNOWN
        if problems:
            sound = min(sound, number)
        if len(problems) == MAX_PROBLEMS:
            break
        known[layer.name] = fact.outputs
        facts[layer.name] = fact
    return dict(islice(facts.items(), sound)), problems


def input_spec(tensor: Input) -> TensorSpec:
    """Shape and type of an input; a size that varies is called after it."""
    dims: list[Dim] = [Symbol("batch")]
    unknown = sum(size is None for size in tensor.shape)
    for axis, size in enumerate(tensor.shape):
        called = tensor.name if unknown == 1 else f"{tensor.name}.{axis}"
        dims.append(Symbol(called, axis in tensor.awaited) if size is None else size)
    return TensorSpec(tuple(dims), tensor.dtype)


def _tensor(known: Mapping[str, tuple[TensorSpec, ...] | None], ref: Ref) -> TensorSpec | None:
    outputs = known[ref.layer]
    return outputs[ref.index] if outputs is not None and ref.index < len(outputs) else None


def _check_outputs(graph: Graph, known: Mapping[str, tuple[TensorSpec, ...] | None], layer: Layer) -> None:
    for ref in layer.inputs:
        outputs = known[ref.layer]
        if outputs is not None and ref.index >= len(outputs):
            raise ShapeError(f"`{ref.layer}` has {_count(len(outputs))}, so there is no `{ref}` (counted from 0)")


def _check_size(fact: LayerFacts) -> None:
    """No machine holds what has more values than 64 bits count, and NumPy has no more dimensions."""
    for spec in fact.outputs or ():
        if len(spec.shape) > MAX_RANK:
            raise ShapeError(f"its output would have {len(spec.shape):,} dimensions; at most {MAX_RANK} are possible")
        if prod(size for size in spec.shape if isinstance(size, int)) >= MAX_VALUES:
            raise ShapeError("its output would have more values than 64 bits can count")
    if (fact.params or 0) >= MAX_VALUES:
        raise ShapeError("it would have more parameters than 64 bits can count")


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


def facts_of(layer: Layer, specs: list[TensorSpec | None]) -> LayerFacts:
    """What one layer gives and holds. Raises ShapeError where it cannot take its inputs."""
    called = layer.call or ("",) * len(specs)
    _check_call(layer)
    # A mask says which steps count and changes no shape: the rules take tensors of values alone.
    values = [spec for name, spec in zip(called, specs, strict=True) if not name.endswith("mask")]
    inputs = [spec for spec in values if spec is not None]
    if len(inputs) < len(values):
        return UNKNOWN
    if layer.record.vanishes:
        hint = f"`Pipeline: {{layers: [{layer.kind}]}}` is it as a part of the network"
        raise ShapeError("Keras leaves it out of a network: its output is its input tensor", hint)
    try:
        found = infer(layer.kind, with_defaults(layer.kind, layer.args), inputs, layer.flags, layer.record)
    except NoRule:
        return UNKNOWN
    return LayerFacts(found.outputs, found.params, found.trainable_params, found.macs)


def _check_call(layer: Layer) -> None:
    """Tensors by the names of call arguments: those that must be there are, and each is one unless it takes several."""
    known, given = catalog().call_arguments(layer.kind), Counter(layer.call)
    if not known or not given:
        return
    for name in known[:2] if "query" in known else known[:1]:
        if name not in given:
            raise ShapeError(f"it is called without `{name}`", f"name it, too: `from: {{{name}: ...}}`")
    values = sum(count for name, count in given.items() if not name.endswith("mask"))
    for name, count in given.items():
        most = 1 if name not in TAKE_SEVERAL else values if name == "mask" else count
        if count > most:
            hint = "Concatenate or Add joins several" if most == 1 else "there is one for each tensor"
            allowed = "one tensor" if most == 1 else f"at most {most} tensors"
            raise ShapeError(f"`{name}` is {allowed}, not {count}", hint)


def with_defaults(kind: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument of a layer kind, Keras's default where none is given; nested layers likewise."""
    return {**catalog().defaults("layer", kind), **{name: _filled(value) for name, value in args.items()}}


def _filled(value: Any) -> Any:
    if isinstance(value, KindValue) and catalog().has("layer", value.kind):
        return KindValue(value.kind, with_defaults(value.kind, value.args))
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value


def _diagnostic(error: ShapeError, layer: Layer, places: Places, specs: list[TensorSpec | None]) -> Diagnostic:
    span = layer.arg_spans.get(error.argument or "", layer.span)
    notes = [_origin(places, ref, spec) for ref, spec in zip(layer.inputs, specs, strict=True)]
    if span.source is not layer.span.source or span.line < layer.span.line:  # a parameter brought the value
        notes.insert(0, Note(f"{layer.written} `{layer.name}` takes it here", layer.span))
    message = f"{layer.written} `{layer.name}`: {error.message}"
    return Diagnostic("E0601", message, span, hint=_hint(error, layer, places), notes=(*notes, *layer.trail))


def _hint(error: ShapeError, layer: Layer, places: Places) -> str | None:
    """The rule's own hint, unless the channels stand first, or a recurrent layer keeps its last step alone."""
    if "fit an input" in error.message and (first := next(filter(_has_channels_first, places.values()), None)):
        channels, height, width = first.shape
        return f"are the channels of `{first.name}` first? here they come last: [{height}, {width}, {channels}]"
    if error.hint is None and error.argument and error.argument in layer.arg_spans and _is_alone(error.argument, layer):
        return f"a number alone is its `{error.argument}`, which it needs none of: write `{layer.kind}`"
    if "dimensions" not in error.message:
        return error.hint
    for ref in layer.inputs:
        before = places[ref.layer]
        while isinstance(before, Layer) and before.record.field is pointwise and len(before.inputs) == 1:
            before = places[before.inputs[0].layer]
        if isinstance(before, Layer) and _drops_steps(before.kind, before.args):
            where = f"{before.written} `{before.name}` (line {before.span.line})"
            return f"{where} gives its last step alone; with `return_sequences: true` it gives them all"
    return None if error.hint and "return_sequences" in error.hint else error.hint


def _is_alone(argument: str, layer: Layer) -> bool:
    """Whether a value stands behind the kind without a name, for an argument that the kind needs not."""
    first, span = next(iter(catalog().arguments("layer", layer.kind)), None), layer.arg_spans[argument]
    before = span.source.line(span.line)[: span.column - 1].rstrip()
    return first is not None and not first.required and before.endswith(f"{layer.written}:")


def _has_channels_first(tensor: Input | Layer) -> TypeGuard[Input]:
    """Whether an input looks like an image in the order of PyTorch."""
    if not isinstance(tensor, Input) or len(tensor.shape) != 3:
        return False
    return tensor.shape[0] in COUNTS and all(size is None or size > max(COUNTS) for size in tensor.shape[1:])


def _drops_steps(kind: str, args: Mapping[str, Any]) -> bool:
    inner = args.get("layer")
    record = layer_kind(kind)
    if record.family == "recurrent" and isinstance(inner, KindValue):
        return _drops_steps(inner.kind, inner.args)
    return record.recurrent and not args.get("return_sequences")


def _origin(places: Places, ref: Ref, spec: TensorSpec | None) -> Note:
    """Where an input comes from and what it is."""
    source = places[ref.layer]
    if isinstance(source, Layer):
        return Note(f"it takes the output of {source.written} `{ref}`, which is {show(spec)}", source.span)
    return Note(f"it takes the input `{ref}`, which is {show(spec)}", source.span)


def show(spec: TensorSpec | None) -> str:
    """``(batch, 28, 28, 1)``, with the type where it is not float32."""
    if spec is None:
        return "unknown"
    shape = f"({', '.join(str(size) for size in spec.shape)})"
    return shape if spec.values == "float32" else f"{shape} {spec.values}"
