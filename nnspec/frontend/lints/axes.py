"""Axes that are taken for others: what fits by its numbers alone, and means something else."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.lints.network import by_name, tensor_of, warning
from nnspec.frontend.spec import Input, Layer, Spec
from nnspec.layers.fields import pointwise
from nnspec.layers.rule import show
from nnspec.layers.types import Dim

_COLOURS = (1, 3, 4)
_LEAST = 8  # rows and columns of what is an image


def normalized_along_another(spec: Spec) -> Iterator[Diagnostic]:
    """W0619 for a normalization along an axis that is not that of the channels, beside a layer that has them last."""
    for layer in spec.graph.layers:
        shape = tensor_of(spec, layer.inputs[0])
        axis = layer.args.get("axis")
        if not _normalizes(layer) or shape is None or not isinstance(axis, int):
            continue
        if len(shape) < 4 and not layer.record.subtracts_mean:  # each channel of a series by itself, over its steps
            continue
        beside = _beside(spec, layer)
        if axis % len(shape) in (0, len(shape) - 1) or beside is None:
            continue
        message = (
            f"`{layer.name}` normalizes along axis {axis}, of size {shape[axis]}, and the {shape[-1]} channels of "
        )
        message += f"`{beside.name}` are the last axis"
        written = beside.written if isinstance(beside, Layer) else f"`{beside.name}`"
        notes = (Note(f"{written} stands here", beside.span), *layer.trail)
        place = layer.arg_spans.get("axis", layer.span)
        yield warning("W0619", message, place, "leave `axis` out: it is -1, the last one", notes)


def _normalizes(layer: Layer) -> bool:
    learns = layer.record.learns
    return layer.record.family == "normalization" or (learns is not None and learns.how == "moments")


def _beside(spec: Spec, layer: Layer) -> Layer | Input | None:
    """What says that the channels are last: the layer that a layer's values come from, through those that keep each in
    its place; of an input's values the first that takes them, or, where none says it, an input of few colours."""
    layers = by_name(spec)
    name = layer.inputs[0].layer
    while name in layers and _format(layers[name]) is None and layers[name].record.field is pointwise:
        name = layers[name].inputs[0].layer
    given = next((one for one in spec.graph.inputs if one.name == name), None)
    found = layers.get(name) if given is None else _taker(spec, layer)
    if found is None:
        return given if given is not None and _has_colours_last(given.shape) else None
    return found if _format(found) == "channels_last" else None


def _taker(spec: Spec, layer: Layer) -> Layer | None:
    """The first layer that asks where the channels are, of those that take a layer's values, each in its place."""
    held = {layer.name}
    for after in spec.graph.layers:
        if after.inputs[0].layer not in held:
            continue
        if _format(after) is not None and after.record.channels != "flattens":
            return after
        if after.record.field is pointwise:
            held.add(after.name)
    return None


def _format(layer: Layer) -> str | None:
    """``channels_last`` or ``channels_first``; None for a layer that does not ask."""
    if "data_format" not in catalog().defaults("layer", layer.kind):
        return None
    return str(layer.args.get("data_format") or "channels_last")


def channels_that_come_first(spec: Spec) -> Iterator[Diagnostic]:
    """W0620 for an image whose colours are its first axis, where the layer takes the last one for them."""
    inputs = {given.name: given for given in spec.graph.inputs}
    layers, told = by_name(spec), set[str]()
    for layer in spec.graph.layers:
        if _format(layer) != "channels_last" or layer.record.family not in ("convolution", "pooling", "recurrent"):
            continue
        name = layer.inputs[0].layer
        while name in layers and layers[name].record.field is pointwise:
            name = layers[name].inputs[0].layer
        given = inputs.get(name)
        if given is None or name in told:
            continue
        shape = tuple(given.shape[1:] if layer.record.recurrent else given.shape)  # of each step
        if len(shape) > 2 and _has_colours_first(shape):
            told.add(name)
            rows = f"{shape[0]} row{'s' if shape[0] != 1 else ''} of {shape[-1]} channels"
            message = f"{layer.written} `{layer.name}` takes `{name}`, {[*given.shape]}, for {rows}"
            swapped = ", ".join(map(str, (*shape[1:], shape[0])))
            hint = f"channels come last: [{swapped}], of data in that order; `Permute` exchanges axes"
            yield warning("W0620", message, given.span, hint, (Note("it is taken here", layer.span), *layer.trail))


def _has_colours_last(shape: tuple[int | None, ...]) -> bool:
    """An image, or several, of few colours."""
    sides = shape[-3:-1]
    return len(shape) > 2 and shape[-1] in _COLOURS and all(isinstance(one, int) and one >= _LEAST for one in sides)


def _has_colours_first(shape: tuple[int | None, ...]) -> bool:
    """Few colours before a square of many; a plane as wide as its channels are many is hardly meant."""
    rows, columns = shape[-2], shape[-1]
    return shape[0] in _COLOURS and isinstance(rows, int) and rows == columns and rows >= _LEAST


def stretched(spec: Spec) -> Iterator[Diagnostic]:
    """W0621 for a merge that repeats values along an axis where it is hardly meant."""
    for layer in spec.graph.layers:
        known = [shape for ref in layer.inputs if (shape := tensor_of(spec, ref)) is not None]
        if layer.record.channels != "ties" or len(known) < len(layer.inputs):
            continue
        found = _hardly_meant(known, layer.record.weighs)
        if found is not None:
            joined = " and ".join(
                f"`{ref.layer}` {show(shape)}" for ref, shape in zip(layer.inputs, known, strict=True)
            )
            message = f"{layer.written} `{layer.name}` of {joined} {found[0]}"
            yield warning("W0621", message, layer.span, found[1], layer.trail)


def _hardly_meant(shapes: list[tuple[Dim, ...]], weighs: bool) -> tuple[str, str] | None:
    """What happens, and what to do instead; None where a merge is of equal shapes, or may well be meant."""
    rank = max(map(len, shapes))
    aligned = [(shape[0], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
    whole = tuple(next((dim for dim in dims if dim != 1), 1) for dims in zip(*aligned, strict=True))
    if not weighs and whole not in aligned:
        hint = "`Reshape` or `Flatten` gives both one shape"
        return f"has {show(whole)} values, more than either: each of one with each of the other", hint
    for shape in shapes:
        if len(shape) == rank - 1 == 2 and whole[1] == whole[2] != 1:
            hint = f"`Reshape: [1, {shape[1]}]` before it says that; `Reshape: [{shape[1]}, 1]` says the other"
            return f"aligns {shape[1]} values with the last axis, and the one before it is as long", hint
    if not weighs and rank > 3 and any(shape[-1] == 1 != whole[-1] for shape in aligned):
        hint = f"a Conv2D of kernel_size 1 with {whole[-1]} filters gives it as many channels"
        return "repeats one channel for all of the others", hint
    return None
