"""The inputs of a network against the features of its data: shape, dtype, range, and the rows of embeddings."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.data.protocol import Columns, Range
from nnspec.data.table import FeatureSpec
from nnspec.frontend.agreement.binding import Names
from nnspec.frontend.agreement.ends import same_shape
from nnspec.frontend.agreement.value_ranges import rescaled
from nnspec.frontend.augmentation import is_image
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.network_edits import size_followed
from nnspec.frontend.spec import Input, Layer, Spec

# What the types hold that do not hold every int32.
HOLDS: dict[str, Range] = {
    "bool": (0, 1),
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
_WIDE = 100.0  # values of images beyond this are no scaled ones
_TINY = 0.02  # values of which the largest is below this are scaled once too often
_WIDE_NUMBERS = 1000.0  # and those of other numbers


def input_misfits(spec: Spec, columns: Columns, taken: Names) -> Iterator[Diagnostic]:
    """E0702 for every input whose shape or dtype is not that of its feature, and embeddings with too few rows."""
    for given in spec.graph.inputs:
        name = taken[given.name]
        feature = columns.features[name]
        within = columns.ranges.get(name)
        if not same_shape(given.shape, feature.shape) or not takes(given.dtype, feature.dtype, within):
            ours = FeatureSpec(given.shape, given.dtype)
            message = f"the network takes {ours} as `{given.name}`, but the data give {feature} as `{name}`"
            if given.dtype in HOLDS and within is not None:
                message += f", numbers from {within[0]:.0f} to {within[1]:.0f}"
            notes = (Note("the network's side", given.span),)
            yield Diagnostic("E0702", message, spec.place("data", "source"), hint=_remedy(given, feature), notes=notes)
            continue
        for layer in _readers(spec, given.name):
            yield from _looked_up(spec, layer, name, columns.ranges.get(name, (0.0, 0.0)))


def _looked_up(spec: Spec, layer: Layer, name: str, within: Range) -> Iterator[Diagnostic]:
    """Numbers of rows that the layer has not; Keras cuts fractions off, and a GPU gives zeros for what is not there."""
    rows, argument = layer.told_apart, layer.record.rows or layer.record.below
    if rows is None or argument is None:
        return
    low, high = within
    if low < 0 or low % 1 or high % 1:
        message = f"`{layer.name}` looks up rows by their number, and `{name}` has values from {low:g} to {high:g}"
        hint = "give it whole numbers, 0 or more: without `scale`, or by `Discretization` or a lookup before"
        yield Diagnostic("E0702", message, layer.span, "error", hint, layer.trail)
    elif high >= rows:
        message = f"`{layer.name}` has {rows:,} {_what(layer)}, but the numbers of `{name}` go up to {int(high):,}"
        hint = f"say `{argument}: {int(high) + 1}`, or more; `$data.vocabulary_size` is always the number of words"
        fix = size_followed(spec, layer, "vocabulary_size", argument=argument)
        yield Diagnostic("E0702", message, layer.arg_spans.get(argument, layer.span), "error", hint, layer.trail, fix)


def _what(layer: Layer) -> str:
    return "rows" if layer.record.rows else f"`{layer.record.below}`"


def lookups_of_bins(spec: Spec) -> Iterator[Diagnostic]:
    """E0702 for rows that are looked up by the numbers of a layer which tells more apart than there are rows."""
    layers = {layer.name: layer for layer in spec.graph.layers}
    for layer in spec.graph.layers:
        rows, argument = layer.told_apart, layer.record.rows or layer.record.below
        before = layers.get(layer.inputs[0].layer) if rows is not None and len(layer.inputs) == 1 else None
        told = None if before is None else before.record.tells(before.args)
        if before is not None and rows is not None and argument is not None and told is not None and told > rows:
            message = f"`{layer.name}` has {rows:,} {_what(layer)}, and `{before.name}` gives {told:,} numbers, from 0"
            notes = (Note(f"{before.written} stands here", before.span), *layer.trail)
            span = layer.arg_spans.get(argument, layer.span)
            yield Diagnostic("E0702", message, span, hint=f"say `{argument}: {told}`", notes=notes)


def raw_ranges(spec: Spec, columns: Columns, taken: Names) -> Iterator[Diagnostic]:
    """Images of 0 to 255 that reach a layer with weights as they are: such a training is slow, or fails."""
    for given in spec.graph.inputs:
        low, high = columns.ranges.get(taken[given.name], (0.0, 0.0))
        wide = _WIDE if is_image(columns.features[taken[given.name]]) else _WIDE_NUMBERS
        if given.dtype.startswith(("float", "bfloat")) and max(-low, high) > wide:
            layer = _learns_from_raw(spec, given.name)
            if layer is not None:
                message = (
                    f"`{layer.name}` gets values from {low:g} to {high:g}, as nothing scales `{given.name}` before"
                )
                hint = "begin with `Rescaling: {scale: $(1 / 255)}`, or with BatchNormalization"
                if wide != _WIDE:
                    hint = "begin with Normalization, which learns the scale; a table can say `scale: standard`"
                yield Diagnostic("W0710", message, layer.span, "warning", hint, layer.trail)


def scaled_twice(spec: Spec, columns: Columns, taken: Names) -> Iterator[Diagnostic]:
    """W0710 for values that the network scales to nearly nothing, since they are scaled already."""
    known = {ours: columns.ranges[theirs] for ours, theirs in taken.items() if theirs in columns.ranges}
    scaled: dict[str, Layer] = {}
    for layer in spec.graph.layers:
        before = layer.inputs[0].layer if len(layer.inputs) == 1 else ""
        if before not in known:
            continue
        low, high = known[before]
        by = scaled.get(before)
        if by is not None and low < high and max(-low, high) < _TINY and _has_kernel(layer):
            if not _normalized(spec, layer):
                message = f"`{layer.name}` gets values from {low:.2g} to {high:.2g}: they are scaled already"
                notes = (Note("it is scaled here", by.span), *layer.trail)
                hint = f"leave `{by.name}` out, or scale once"
                yield Diagnostic("W0710", message, layer.span, "warning", hint, notes)
            continue
        after = known[before] if layer.record.keeps_scale else rescaled(layer, known[before])
        if after is not None:
            known[layer.name] = after
            if by := (layer if layer.record.affine is not None else by):
                scaled[layer.name] = by


def takes(ours: str, theirs: str, within: Range | None = None) -> bool:
    """Whether values of one dtype may be given for another: whole numbers for floats, but not the other way.

    Args:
        within: the lowest and the highest value, where they are known. Only 0 and 1 are given for booleans, and to a
            type that does not hold every int32 what it holds, since TensorFlow would go on counting from its other end.
    """
    if "string" in (ours, theirs):
        return ours == theirs
    if ours in HOLDS and theirs != ours and theirs.startswith(("int", "uint")):
        low, high = HOLDS[ours]
        return ours != "bool" if within is None else low <= within[0] and within[1] <= high
    return not (theirs.startswith(("float", "bfloat")) and not ours.startswith(("float", "bfloat")))


def _remedy(given: Input, feature: FeatureSpec) -> str | None:
    """What makes a feature and an input fit, where that is a plain change."""
    ours, theirs = given.shape, feature.shape
    if len(ours) == len(theirs) and None in theirs and None not in ours:
        return "the data vary in length: give the source a `length`, or the input null there"
    if len(ours) == len(theirs) == 3 and {ours[2], theirs[2]} == {1, 3} and same_shape(ours[:2], theirs[:2]):
        return f"the colours differ: the source can say `color: {'grey' if ours[2] == 1 else 'rgb'}`"
    if len(ours) == len(theirs) == 3 and ours[2] == theirs[2] and None not in ours:
        return f"the source can resize: `image_size: [{ours[0]}, {ours[1]}]`; or the input says {list(theirs)}"
    if given.dtype == "bool" and same_shape(ours, theirs):
        return f"save it as booleans, or say `dtype: {feature.dtype}` for the input"
    if given.dtype != feature.dtype and same_shape(ours, theirs):
        return f"the input can say `dtype: {feature.dtype}`"
    return None


def _readers(spec: Spec, name: str) -> Iterator[Layer]:
    return (layer for layer in spec.graph.layers if any(ref.layer == name for ref in layer.inputs))


def _learns_from_raw(spec: Spec, name: str) -> Layer | None:
    """The first layer with weights that gets an input unscaled, with no normalization right behind it."""
    raw = {name}
    for layer in spec.graph.layers:
        if not any(ref.layer in raw for ref in layer.inputs):
            continue
        if layer.record.keeps_scale:
            raw.add(layer.name)
        elif _has_kernel(layer) and not _normalized(spec, layer):
            return layer
    return None


def _has_kernel(layer: Layer) -> bool:
    """Whether it multiplies what it gets: by a kernel, or as a convolution along the steps of a film."""
    record, inner = layer.record, layer.args.get("kernel_size")
    return record.family in ("dense", "convolution") or (record.recurrent and inner is not None)


def _normalized(spec: Spec, layer: Layer) -> bool:
    """Whether all that reads a layer normalizes it, or passes it on to what does."""
    readers = list(_readers(spec, layer.name))
    return bool(readers) and all(found.record.family == "normalization" for found in readers)
