"""Several inputs into one: number by number with broadcasting, end to end, or as a product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.layers import operations
from nnspec.layers.fields import FieldRule, pointwise, unknown
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import Gives, UsesMask, dropped, joined, merged, place_by_place
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, JOINED, MEAN_OF_INPUTS, SUM, RoundingOf
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, differ, mismatch, product, show
from nnspec.layers.types import Dim, Symbol
from nnspec.layers.value_types import ARRANGING, KEEPING, ON_FLOATS, ON_NUMBERS, TypesOf, ValueTypes


def _elementwise(call: Call) -> Facts:
    """Shapes are aligned at their last dimension; a dimension of 1 stretches. The batch never does."""
    _several(call)
    if {spec.values for spec in call.inputs} == {"bool"}:
        raise ShapeError("TensorFlow has no arithmetic of bool values alone", "an input of numbers says `dtype: int32`")
    first, *others = (spec.shape for spec in call.inputs)
    merged = first[1:]
    for shape in others:
        merged = _broadcast(merged, shape[1:], first, shape)
    return Facts((call.output(_batch(call), *merged),))


def _subtract(call: Call) -> Facts:
    _exactly_two(call)
    return _elementwise(call)


def _several(call: Call) -> None:
    if len(call.inputs) < 2:
        raise ShapeError(f"it joins two inputs or more and gets {len(call.inputs)}", "`from: [a, b]` names them")


def _exactly_two(call: Call) -> None:
    if len(call.inputs) != 2:
        raise ShapeError(f"it takes two inputs and gets {len(call.inputs)}")


def _batch(call: Call) -> Dim:
    batches = [spec.shape[0] for spec in call.inputs]
    known = sorted({batch for batch in batches if isinstance(batch, int)})
    if len(known) > 1:
        raise ShapeError(f"the batches differ: {known[0]} and {known[1]}")
    return known[0] if known else batches[0]


def _broadcast(
    left: tuple[Dim, ...], right: tuple[Dim, ...], first: tuple[Dim, ...], other: tuple[Dim, ...]
) -> tuple[Dim, ...]:
    if len(left) < len(right):
        left, right = right, left
    ahead = len(left) - len(right)
    merged = list(left[:ahead])
    for one, two in zip(left[ahead:], right, strict=True):
        if 1 not in (one, two) and differ(one, two):
            raise ShapeError(
                f"{show(first)} and {show(other)} do not go together: {one} against {two}", _merge_hint(first, other)
            )
        merged.append(two if one == 1 or (isinstance(one, int) and isinstance(two, Symbol)) else one)
    return tuple(merged)


def _merge_hint(first: tuple[Dim, ...], other: tuple[Dim, ...]) -> str | None:
    if len(first) == len(other) and first[:-1] == other[:-1]:
        return "a layer such as Conv2D with kernel_size 1, or Dense, gives one the channels of the other"
    return "padding: same and equal strides keep sizes alike"


def _concatenate(call: Call) -> Facts:
    _several(call)
    first, *others = (spec.shape for spec in call.inputs)
    axis = call.axis(first, call.get("axis"))
    if axis == 0:
        hint = "-1 puts the features of each example side by side"
        raise ShapeError("axis 0 is the batch: there would be more answers than examples", hint, "axis")
    known, total = first, first[axis]
    for shape in others:
        _check_joint(known, shape, axis)
        known = tuple(two if isinstance(one, Symbol) else one for one, two in zip(known, shape, strict=True))
        total = total + shape[axis]
    return Facts((call.output(*first[:axis], total, *first[axis + 1 :]),))


def _check_joint(one: tuple[Dim, ...], two: tuple[Dim, ...], axis: int) -> None:
    """Refuses two shapes that differ anywhere but along ``axis``."""
    if len(one) != len(two):
        raise ShapeError(f"{show(one)} and {show(two)} have {len(one)} and {len(two)} dimensions")
    for index, (left, right) in enumerate(zip(one, two, strict=True)):
        if index != axis and differ(left, right):
            message = f"{show(one)} and {show(two)} cannot be joined along axis {axis}: {left} against {right}"
            raise ShapeError(message, _merge_hint(one, two))


def _dot(call: Call) -> Facts:
    """The product of two tensors along one axis of each, example by example."""
    _exactly_two(call)
    shapes = [list(spec.shape) for spec in call.inputs]
    axes = call.get("axes")
    pair = axes if isinstance(axes, list | tuple) else (axes, axes)
    if len(pair) != 2:
        raise ShapeError(f"axes is one axis, or one for each input, not {axes!r}", argument="axes")
    left, right = (call.axis(tuple(shape), axis, "axes") for shape, axis in zip(shapes, pair, strict=True))
    if 0 in (left, right):
        raise ShapeError("axis 0 is the batch, which the product keeps", argument="axes")
    contracted, other = shapes[0].pop(left), shapes[1].pop(right)
    if mismatch(contracted, other):
        raise ShapeError(f"axis {left} holds {contracted} numbers, axis {right} of the other {other}", None, "axes")
    output = (*shapes[0], *shapes[1][1:])
    macs = product(output[1:]) * contracted
    return Facts((call.output(*output, *((1,) if len(output) == 1 else ())),), macs=macs)


def _matmul(call: Call) -> Facts:
    """The product of the matrices of the last two axes; the axes before them are the same."""
    _exactly_two(call)
    left, right = (spec.shape for spec in call.inputs)
    if len(left) != len(right) or len(left) < 3:
        raise ShapeError(f"it takes two tensors of one rank, 3 or more, and gets {show(left)} and {show(right)}")
    rows, inner = left[:-3:-1] if call.flag("transpose_a") else left[-2:]
    other, columns = right[:-3:-1] if call.flag("transpose_b") else right[-2:]
    if mismatch(inner, other):
        raise ShapeError(f"rows of {inner} numbers and columns of {other} have no product: {show(left)}, {show(right)}")
    for one, two in zip(left[1:-2], right[1:-2], strict=True):
        if mismatch(one, two):
            raise ShapeError(f"{show(left)} and {show(right)} hold other numbers of matrices: {one} and {two}")
    middle = [two if isinstance(two, int) else one for one, two in zip(left[1:-2], right[1:-2], strict=True)]
    output = (_batch(call), *middle, rows, columns)
    return Facts((call.output(*output),), macs=product(output[1:]) * inner)


def _multiplied(args: Mapping[str, Any]) -> ValueTypes:
    """Vectors of length 1 are of floats."""
    return ON_FLOATS if args.get("normalize") else KEEPING


def _kind(
    says: str,
    rule: Rule,
    mask: Gives = merged,
    field: FieldRule = pointwise,
    uses_mask: UsesMask | None = None,
    types: ValueTypes | TypesOf = KEEPING,
    rounding: RoundingOf = IN_FLOAT,
    *,
    becomes: OperationsOf,
    weighs: bool = False,
    between: bool = False,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="merge",
        rule=rule,
        mask=mask,
        uses_mask=uses_mask,
        field=field,
        types=types,
        operations=becomes,
        rounding=rounding,
        weighs=weighs,
        between=between,
        channels="ties" if rule in (_elementwise, _subtract) else "joins" if rule is _concatenate else None,
    )


MERGING: dict[str, LayerKind] = {
    "Add": _kind("Adds its inputs.", _elementwise, rounding=SUM, becomes=operations.merged("ADD")),
    "Subtract": _kind(
        "Subtracts the second input from the first.", _subtract, rounding=SUM, becomes=operations.merged("SUB")
    ),
    "Multiply": _kind(
        "Multiplies its inputs value by value.",
        _elementwise,
        uses_mask=place_by_place,
        rounding=SUM,
        becomes=operations.merged("MUL"),
        weighs=True,
    ),
    "Average": _kind(
        "The mean of its inputs.",
        _elementwise,
        types=ON_NUMBERS,
        rounding=MEAN_OF_INPUTS,
        becomes=operations.averaged,
        between=True,
    ),
    "Maximum": _kind(
        "The largest of its inputs, value by value.",
        _elementwise,
        uses_mask=place_by_place,
        rounding=JOINED,
        becomes=operations.merged("MAXIMUM"),
        between=True,
    ),
    "Minimum": _kind(
        "The smallest of its inputs, value by value.",
        _elementwise,
        uses_mask=place_by_place,
        rounding=JOINED,
        becomes=operations.merged("MINIMUM"),
        between=True,
    ),
    "Concatenate": _kind(
        "Puts its inputs side by side along one axis.",
        _concatenate,
        joined,
        types=ARRANGING,
        rounding=JOINED,
        becomes=operations.merged("CONCATENATION"),
        between=True,
    ),
    "Dot": _kind(
        "The products of two inputs, summed along an axis.",
        _dot,
        dropped,
        unknown,
        types=_multiplied,
        becomes=operations.dotted,
    ),
    "MatMul": _kind(
        "The products of matrices, which the last two axes of two inputs are.",
        _matmul,
        dropped,
        unknown,
        types=ON_FLOATS,
        becomes=operations.always("BATCH_MATMUL TRANSPOSE"),
    ),
}
