"""Layers that only move, repeat, cut or pad numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from nnspec.layers import operations
from nnspec.layers.fields import Field, FieldRule, Reach, everything, pointwise, stretched, unknown
from nnspec.layers.geometry import AXES, join, split
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import dropped
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, SAME, RoundingOf, nearest
from nnspec.layers.rule import UNKNOWN, Call, Facts, NoRule, Rule, ShapeError, product, show
from nnspec.layers.types import Dim, Symbol, TensorSpec
from nnspec.layers.value_types import ARRANGING, ON_FLOATS


def _flatten(call: Call) -> Facts:
    batch, *rest = call.at_least(1)
    return Facts((call.kept(call.input, (batch, product(rest))),))


def _reshape(call: Call) -> Facts:
    batch, *rest = call.at_least(1)
    target = call.listed("target_shape", int, Symbol, type(None))
    if any(isinstance(size, int) and size < -1 for size in target):
        raise ShapeError("a size of target_shape is 0 or more, or -1 to be worked out", argument="target_shape")
    if target.count(-1) > 1:
        raise ShapeError("only one size of target_shape can be -1", argument="target_shape")
    total, given = product(rest), product(size for size in target if size not in (-1, None))
    if isinstance(total, int) and isinstance(given, int) and None not in target:
        fits = total == given if -1 not in target else given > 0 and total % given == 0
        if not fits:
            message = f"{show(rest)} holds {total} numbers and cannot be laid out as {show(target)}"
            raise ShapeError(message, "-1 in place of one size works it out", "target_shape")
    solved: Dim = UNKNOWN  # Keras works out one -1, from known sizes; for the reader's sake we also do from symbols
    if None not in target and given != 0:
        quotient = total // given
        solved = quotient if isinstance(total, int) or isinstance(quotient, Symbol) else UNKNOWN
    return Facts((call.kept(call.input, (batch, *(solved if size in (-1, None) else size for size in target))),))


def _permute(call: Call) -> Facts:
    dims = call.listed("dims", int)
    if sorted(dims) != list(range(1, len(dims) + 1)):
        raise ShapeError(f"dims puts 1 to the number of dimensions in an order, not {dims!r}", argument="dims")
    shape = call.ranked(len(dims) + 1)
    return Facts((call.kept(call.input, (shape[0], *(shape[dim] for dim in dims))),))


def _repeat_vector(call: Call) -> Facts:
    batch, features = call.ranked(2, "features")
    return Facts((call.output(batch, call.size("n"), features),))


def _crop(call: Call, rank: int) -> Facts:
    borders = _borders(call, "cropping", rank)
    spatial, channels = split(call, rank)
    kept = []
    for axis, size, (before, after) in zip(AXES[rank], spatial, borders, strict=True):
        if isinstance(size, int) and size <= before + after:
            raise ShapeError(
                f"cropping {before} and {after} leaves nothing of an input of {axis} {size}", argument="cropping"
            )
        kept.append(size - before - after)
    return Facts((call.output(*join(call, tuple(kept), channels)),))


def _pad(call: Call, rank: int) -> Facts:
    borders = _borders(call, "padding", rank)
    spatial, channels = split(call, rank)
    grown = tuple(size + before + after for size, (before, after) in zip(spatial, borders, strict=True))
    return Facts((call.output(*join(call, grown, channels)),))


def _borders(call: Call, name: str, rank: int) -> list[tuple[int, ...]]:
    """Before and after on each axis: from one number, a number for each axis, or a pair for each."""
    value = call.get(name)
    if rank == 1:
        return [call.sizes(name, 2, least=0)]
    if not isinstance(value, list | tuple):
        value = [value] * rank
    if len(value) != rank:
        raise ShapeError(f"{name} has {len(value)} entries for {rank} axes", argument=name)
    return [call.sizes(name, 2, least=0, value=border) for border in value]


def _upsample(call: Call, rank: int) -> Facts:
    factors = call.sizes("size", rank)
    if rank == 1 and isinstance(call.get("size"), list | tuple):
        raise ShapeError(f"size is one whole number, not {call.get('size')!r}", argument="size")
    spatial, channels = split(call, rank)
    grown = tuple(size * factor for size, factor in zip(spatial, factors, strict=True))
    return Facts((call.output(*join(call, grown, channels)),))


def _slice(call: Call) -> Facts:
    shape = list(call.at_least(2))
    axis = call.axis(tuple(shape), call.get("axis"))
    if axis == 0:
        raise ShapeError("axis 0 is the batch, which cannot be cut", argument="axis")
    given = {name: call.get(name) for name in ("start", "stop", "step")}
    if any(isinstance(value, Symbol) for value in given.values()):
        raise NoRule(call.kind)
    for name, value in given.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (value is None and name != "step")) or (name == "step" and value == 0):
            wanted = "a whole number other than 0" if name == "step" else "a whole number"
            raise ShapeError(f"{name} is {wanted}, not {value!r}", argument=name)
    shape[axis] = _sliced(shape[axis], **given)
    return Facts((call.kept(call.input, tuple(shape)),))


def _sliced(size: Dim, start: int | None, stop: int | None, step: int) -> Dim:
    """How many places are left; of an unknown number where Keras knows it, or where all of them are far enough."""
    if isinstance(size, int):
        kept = len(range(*slice(start, stop, step).indices(size)))
        if kept == 0:
            ends = ":".join("" if end is None else str(end) for end in (start, stop, step))
            raise ShapeError(f"[{ends}] leaves nothing of an axis of {size}", argument="start" if start else "stop")
        return kept
    if step == 1 and (start, stop) in ((0, 1), (None, 1), (-1, None)):
        return 1
    if step < 0:
        return (size - step - 1) // -step if start is None and stop is None else UNKNOWN
    if (start or 0) < 0 or (stop or -1) > 0:
        return UNKNOWN
    return (size - (start or 0) + (stop or 0) + step - 1) // step


def _sliced_field(field: Field, args: Mapping[str, Any]) -> Reach:
    axis, rank = args["axis"], len(field.strides) + 2
    place = (axis + rank if axis < 0 else axis) - 1
    steps = [abs(args["step"]) if number == place else 1 for number in range(rank - 2)]
    strides = tuple(stride * step for stride, step in zip(field.strides, steps, strict=True))
    return Field(field.sizes, strides)


def _reduce(call: Call) -> Facts:
    if call.get("function") not in ("sum", "mean", "max", "min"):
        raise ShapeError(f"function is sum, mean, max or min, not {call.get('function')!r}", argument="function")
    shape = call.at_least(2)
    axes = call.axes(shape)
    if 0 in axes:
        raise ShapeError("axis 0 is the batch, which stays", argument="axis")
    if not axes:
        raise ShapeError("axis names one axis or more", argument="axis")
    sizes = [1 if place in axes else size for place, size in enumerate(shape)]
    kept = [size for place, size in enumerate(sizes) if call.get("keepdims") or place not in axes]
    return Facts((call.output(*kept),))


def _along(call: Call) -> tuple[tuple[Dim, ...], int]:
    """The shape of the input, and the axis that the argument names: not the batch's."""
    shape = call.at_least(2)
    axis = call.axis(shape, call.get("axis"))
    if axis == 0:
        raise ShapeError("axis 0 is the batch, which stays", argument="axis")
    return shape, axis


def _cumulative_sum(call: Call) -> Facts:
    return Facts((call.output(*_along(call)[0]),))


def _argmax(call: Call) -> Facts:
    shape, axis = _along(call)
    return Facts((TensorSpec((*shape[:axis], *shape[axis + 1 :]), "int32"),))


def _top_k(call: Call) -> Facts:
    *rest, last = call.at_least(2)
    k = call.size("k")
    if isinstance(last, int) and isinstance(k, int) and last < k:
        raise ShapeError(f"the last axis has {last} values, fewer than {k}", argument="k")
    return Facts((call.output(*rest, k), TensorSpec((*rest, k), "int32")))


def _blocks(call: Call) -> tuple[int, tuple[Dim, ...]]:
    block = call.size("block_size", 2)
    if not isinstance(block, int):
        raise NoRule(call.kind)
    return block, call.ranked(4, "height", "width", "channels")


def _depth_to_space(call: Call) -> Facts:
    block, (batch, height, width, channels) = _blocks(call)
    if not isinstance(channels, int) or channels % block**2:
        hint = f"the layer before it gives {block * block} times as many channels as are wanted"
        raise ShapeError(f"{channels} channels are not a multiple of {block} x {block}", hint, "block_size")
    return Facts((call.kept(call.input, (batch, height * block, width * block, channels // block**2)),))


def _space_to_depth(call: Call) -> Facts:
    block, (batch, height, width, channels) = _blocks(call)
    if any(isinstance(size, int) and size % block for size in (height, width)):
        message = f"{height} x {width} places are not made of blocks of {block} x {block}"
        raise ShapeError(message, "ZeroPadding2D or Cropping2D before it make them so", "block_size")
    return Facts((call.kept(call.input, (batch, height // block, width // block, channels * block**2)),))


def _kind(
    says: str,
    rule: Rule,
    field: FieldRule = unknown,
    *,
    arranges: bool = False,
    rounding: RoundingOf = SAME,
    becomes: OperationsOf,
    channels: Literal["keeps", "flattens"] | None = None,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="reshaping",
        rule=rule,
        mask=dropped,
        field=field,
        arranges=arranges,
        types=ARRANGING,
        operations=becomes,
        rounding=rounding,
        channels=channels,
    )


RESHAPING: dict[str, LayerKind] = {
    "Flatten": _kind(
        "Makes one axis of all axes but the batch.",
        _flatten,
        everything,
        arranges=True,
        becomes=operations.reshaped,
        channels="flattens",
    ),
    "Reshape": _kind(
        "Lays the values of each example out in another shape.",
        _reshape,
        arranges=True,
        becomes=operations.always("RESHAPE"),
        channels="flattens",
    ),
    "Permute": _kind(
        "Changes the order of the axes.", _permute, arranges=True, becomes=operations.always("TRANSPOSE RESHAPE")
    ),
    "RepeatVector": _kind(
        "Repeats a vector, which makes a sequence of it.", _repeat_vector, arranges=True, becomes=operations.repeated
    ),
    "Slice": _kind(
        "Cuts a part out along one axis, every so many places.", _slice, _sliced_field, becomes=operations.cropped
    ),
    "Reduce": LayerKind(
        says="Gives the sum, mean, largest or smallest value along axes of one's choice.",
        family="other",
        rule=_reduce,
        mask=dropped,
        types=ON_FLOATS,
        operations=operations.reduced,
    ),
    "CumulativeSum": LayerKind(
        says="Gives at each place the sum of all values up to it, along an axis.",
        family="other",
        rule=_cumulative_sum,
        mask=dropped,
        types=ON_FLOATS,
        operations=operations.always("CUMSUM"),
    ),
    "ArgMax": LayerKind(
        says="Gives the place of the largest value along an axis, as a whole number.",
        family="other",
        rule=_argmax,
        mask=dropped,
        types=ON_FLOATS,
        operations=operations.always("ARG_MAX"),
    ),
    "TopK": LayerKind(
        says="Gives the largest values along the last axis, and their places as whole numbers.",
        family="other",
        rule=_top_k,
        mask=dropped,
        types=ON_FLOATS,
        operations=operations.always("TOPK_V2"),
    ),
    "DepthToSpace": _kind(
        "Makes blocks of places out of channels, as subpixel convolutions do.",
        _depth_to_space,
        becomes=operations.blocks("DEPTH_TO_SPACE"),
    ),
    "SpaceToDepth": _kind(
        "Makes channels out of blocks of places.", _space_to_depth, becomes=operations.blocks("SPACE_TO_DEPTH")
    ),
    **{
        f"{name}{rank}D": _kind(
            says,
            partial(rule, rank=rank),
            field,
            rounding=rounding if rank < 3 else IN_FLOAT,
            becomes=becomes,
            channels="keeps",
        )
        for rank in (1, 2, 3)
        for name, says, rule, field, rounding, becomes in (
            ("Cropping", "Cuts the borders off.", _crop, pointwise, SAME, operations.cropped),
            ("ZeroPadding", "Puts zeros around the input.", _pad, pointwise, SAME, operations.padded),
            (
                "UpSampling",
                "Repeats rows and columns, or fills in between them.",
                _upsample,
                stretched,
                nearest,
                operations.upsampled,
            ),
        )
    },
}
