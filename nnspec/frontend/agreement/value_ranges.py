"""Layers that work within a `value_range`, 0 to 255 by default, against the values that reach them.

On images of 0 to 1 RandomBrightness with the range of bytes adds up to 255, and Solarization inverts nothing: the
layer trains on other images than it was meant to, and no error tells.
"""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.kinds import catalog
from nnspec.data.protocol import Columns, Range
from nnspec.frontend.agreement.binding import Names
from nnspec.frontend.augment_steps import Step, steps_of, unpacked
from nnspec.frontend.augmentation import is_image, moves_of
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers.augmentation import SAME_IN_ANY_RANGE
from nnspec.layers.types import KindValue

_NARROW = 1 / 50  # values that fill so little of a range are those of another one
_FAR = 4.0  # times the image's size: shares that lie farther out are pixels
PLACES = ("points", "boxes", "relative_points", "relative_boxes")
_SLACK = 0.01  # of a range, by which values may pass it


def value_ranges(spec: Spec, columns: Columns, taken: Names) -> Iterator[Diagnostic]:
    """W0721 for each layer whose range does not suit the values that reach it, in `augment` and in the network."""
    images = {name for name, feature in columns.features.items() if is_image(feature) or is_image(feature, rank=4)}
    for step in steps_of(spec):
        for name in sorted(images & columns.ranges.keys()):
            yield from _misfit(step, columns.ranges[name], f"`{name}`")
    known = {ours: columns.ranges[theirs] for ours, theirs in taken.items() if theirs in columns.ranges}
    for layer in spec.graph.layers:
        reached = known.get(layer.inputs[0].layer) if len(layer.inputs) == 1 else None
        if reached is None:
            continue
        steps = [
            step for step in unpacked(KindValue(layer.kind, layer.args), layer.span) if _range_of(step) is not None
        ]
        for step in steps:
            yield from _misfit(step, reached, f"what reaches `{layer.name}`")
        after = reached if steps or layer.record.keeps_scale else rescaled(layer, reached)
        if after is not None:
            known[layer.name] = after


def units_of_places(spec: Spec, columns: Columns) -> Iterator[Diagnostic]:
    """W0721 for points and boxes that `moves` says to be in pixels, or shares, and that are the other."""
    for name, kind in moves_of(spec).items():
        low, high = columns.ranges.get(name, (0.0, 0.0))
        shares = kind.startswith("relative_")
        if kind not in PLACES or (high <= _FAR if shares else not 0 <= low < high <= 1):
            continue
        other = kind.removeprefix("relative_") if shares else f"relative_{kind}"
        what = "shares of the image's size" if shares else "pixels"
        message = f"`{name}` is said to be {kind}, in {what}, and goes from {low:g} to {high:g}"
        yield Diagnostic(
            "W0721", message, spec.place("data", "moves", name), "warning", f"`{name}: {other}` moves them so"
        )


def _misfit(step: Step, values: Range, what: str) -> Iterator[Diagnostic]:
    within = _range_of(step)
    if within is None:
        return
    (low, high), (least, most) = within, values
    span = high - low
    if least < low - _SLACK * span or most > high + _SLACK * span:
        why = "what is beyond is cut"
    elif most > least and most - least <= _NARROW * span and step.kind not in SAME_IN_ANY_RANGE:
        why = "what it does is scaled to that range"
    else:
        return
    message = f"{step.kind} works on values from {low:g} to {high:g}, and {what} goes from {least:g} to {most:g}: {why}"
    hint = f"say `value_range: [{_rounded(least):g}, {_rounded(most, up=True):g}]`"
    yield Diagnostic("W0721", message, step.span, "warning", hint)


def _range_of(step: Step) -> Range | None:
    """The range that a layer works in; None where it takes none."""
    known = catalog().has("layer", step.kind)
    given = step.args.get("value_range", catalog().defaults("layer", step.kind).get("value_range")) if known else None
    if not isinstance(given, list | tuple) or len(given) != 2:
        return None
    low, high = given
    return (float(low), float(high)) if isinstance(low, int | float) and isinstance(high, int | float) else None


def rescaled(layer: Layer, values: Range) -> Range | None:
    """The values behind a layer that scales by one number and adds another."""
    if layer.record.affine is None:
        return None
    by, plus = layer.record.affine
    scale, offset = layer.args.get(by, 1.0), layer.args.get(plus, 0.0)
    if not isinstance(scale, int | float) or not isinstance(offset, int | float):
        return None
    ends = sorted(value * scale + offset for value in values)
    return ends[0], ends[1]


def _rounded(value: float, up: bool = False) -> float:
    """The end of a range that is meant: that of bytes, of -1 to 1 or of 0 to 1 where a value lies within it."""
    usual = (1.0, 255.0) if up else (0.0, -1.0)
    return next((end for end in usual if (value <= end * 1.01 if up else value >= end * 1.01)), value)
