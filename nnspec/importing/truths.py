"""Comparisons, what follows from them by logic, and choices by them, in numbers: 1 for yes and 0 for no.

A spec has no layer of truth values, which no layer but a mask takes. As numbers, layers say the same of finite values:
`a > b` is 1 where the sign of their difference is, and `where(c, x, y)` is `c * x + (1 - c) * y`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from nnspec.importing.rearranged import Layers, Place
from nnspec.importing.steps import Earlier, Steps, Tensor

TRUTH = "truth"  # the type of a tensor of such numbers
EXACT = 2**24  # whole numbers up to here are floats, too

TURNED = {"Greater": "Less", "Less": "Greater", "GreaterEqual": "LessEqual", "LessEqual": "GreaterEqual"}
COMPARISONS = {"Equal", "NotEqual", *TURNED}
LOGIC = {"LogicalAnd", "LogicalOr", "LogicalNot", "LogicalXor"}
REDUCING = {"Any": "max", "All": "min"}
PLACING = {"Reshape", "ExpandDims", "Squeeze", "Transpose", "SwapAxes", "Swapaxes", "Moveaxis", "GetItem"}
TAKING = {
    "Where",
    "Cast",
    "Multiply",
    *LOGIC,
    *REDUCING,
    *PLACING,
}  # operations on such numbers that give what they give of truths


def gives_truths(kind: str, given: Sequence[Any]) -> bool:
    """Whether an operation gives truth values, here as numbers."""
    return kind in COMPARISONS | LOGIC or (kind in {*PLACING, *REDUCING} and _is_truth(given[0]))


def with_truths(kind: str, given: Sequence[Any]) -> Steps:
    """The layers of a comparison, of logic or of a choice; None where there are none."""
    if kind in COMPARISONS and len(given) == 2:
        return _compared(kind, *given)
    if kind in LOGIC and all(isinstance(one, Tensor) for one in given):
        layers = Layers()
        return layers.all(RULES[kind](layers, *(_as_number(layers, one) for one in given)))
    return _chosen(*given) if kind == "Where" and len(given) == 3 else None


def _compared(kind: str, left: Any, right: Any) -> Steps:
    if not isinstance(left, Tensor):
        left, right, kind = right, left, TURNED.get(kind, kind)
    layers = Layers()
    difference = _difference(layers, left, right)
    if difference is None:
        return None
    if kind in ("Less", "GreaterEqual"):
        difference = layers.add("Rescaling", [difference], scale=-1.0)
    sign = layers.add("Activation", [difference], activation="sign")
    found = layers.add("Activation", [sign], activation="abs" if kind in ("Equal", "NotEqual") else "relu")
    return layers.all(found if kind in ("Greater", "Less", "NotEqual") else _not(layers, found))


def _difference(layers: Layers, left: Tensor, right: Any) -> Place | None:
    """Of two tensors of floats, or of a tensor and a number that floats hold exactly."""
    is_float = left.dtype.startswith(("float", "bfloat"))
    if isinstance(right, Tensor):
        alike = is_float and right.dtype == left.dtype and len(left.shape) == len(right.shape)
        return layers.add("Subtract", [left, right]) if alike else None
    if not _is_number(right) or not (is_float or (left.dtype.startswith(("int", "uint")) and abs(right) < EXACT)):
        return None
    if is_float and right == 0:
        return left
    return layers.add("Rescaling", [left], scale=1.0, **({"offset": -float(right)} if right else {}))


def _not(layers: Layers, given: Place) -> Earlier:
    return layers.add("Rescaling", [given], scale=-1.0, offset=1.0)


def _xor(layers: Layers, one: Place, other: Place) -> Earlier:
    return layers.add("Activation", [layers.add("Subtract", [one, other])], activation="abs")


RULES: Mapping[str, Callable[..., Earlier]] = {
    "LogicalAnd": lambda layers, one, other: layers.add("Multiply", [one, other]),
    "LogicalOr": lambda layers, one, other: layers.add("Maximum", [one, other]),
    "LogicalXor": _xor,
    "LogicalNot": _not,
}


def _as_number(layers: Layers, given: Tensor) -> Place:
    return given if _is_truth(given) else layers.add("Rescaling", [given], scale=1.0)


def _chosen(condition: Any, yes: Any, no: Any) -> Steps:
    """One value or the other, place by place: tensors of floats of the condition's rank, or numbers."""
    if not isinstance(condition, Tensor) or condition.dtype not in ("bool", TRUTH):
        return None
    for value in (yes, no):
        fits = isinstance(value, Tensor) and value.dtype == "float32" and len(value.shape) == len(condition.shape)
        if not fits and not _is_number(value):
            return None
    layers = Layers()
    is_so = _as_number(layers, condition)
    parts = []
    if not (_is_number(yes) and yes == 0):
        parts.append(_weighed(layers, is_so, yes))
    if not (_is_number(no) and no == 0):
        parts.append(_weighed(layers, _not(layers, is_so), no))
    if not parts:
        return None
    return layers.all(layers.add("Add", parts) if len(parts) == 2 else parts[0])


def _weighed(layers: Layers, share: Place, value: Any) -> Earlier:
    if isinstance(value, Tensor):
        return layers.add("Multiply", [share, value])
    return layers.add("Rescaling", [share], scale=float(value))


def _is_truth(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype == TRUTH


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
