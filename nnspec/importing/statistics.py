"""Variances, norms and the like along axes, written out: as sums, products and roots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from nnspec.importing.rearranged import Layers, Place, axis_of
from nnspec.importing.steps import Earlier, Steps, Tensor

Config = Mapping[str, Any]
EPSILON = 1e-7  # Keras's own, where an operation names none


def _given_axes(tensor: Tensor, given: Any) -> int | list[int] | None:
    """One axis or several, none of them the batch's; of floats alone."""
    axes = [given] if isinstance(given, int) else list(given or ())
    if not axes or None in [axis_of(tensor, axis) for axis in axes] or not tensor.dtype.startswith(("float", "bfloat")):
        return None
    return axes[0] if len(axes) == 1 else axes


def _reduced(layers: Layers, given: Place, function: str, axis: Any, keepdims: Any) -> Earlier:
    kept = {"keepdims": True} if keepdims else {}
    return layers.add("Reduce", [given], function=function, axis=axis, **kept)


def _variance(layers: Layers, tensor: Tensor, axis: Any, keepdims: Any) -> Earlier:
    mean = _reduced(layers, tensor, "mean", axis, True)
    off = layers.add("Subtract", [tensor, mean])
    return _reduced(layers, layers.add("Multiply", [off, off]), "mean", axis, keepdims)


def _function(layers: Layers, given: Place, name: str) -> Earlier:
    return layers.add("Activation", [given], activation=name)


def _var(tensor: Tensor, config: Config) -> Steps:
    axis, layers = _given_axes(tensor, config.get("axis")), Layers()
    return None if axis is None else layers.all(_variance(layers, tensor, axis, config.get("keepdims")))


def _std(tensor: Tensor, config: Config) -> Steps:
    axis, layers = _given_axes(tensor, config.get("axis")), Layers()
    if axis is None:
        return None
    return layers.all(_function(layers, _variance(layers, tensor, axis, config.get("keepdims")), "sqrt"))


def _moments(tensor: Tensor, config: Config) -> Steps:
    axis, layers = _given_axes(tensor, config.get("axes")), Layers()
    if axis is None or config.get("synchronized"):
        return None
    mean = _reduced(layers, tensor, "mean", axis, config.get("keepdims"))
    return layers.all(mean, _variance(layers, tensor, axis, config.get("keepdims")))


def _average(tensor: Tensor, config: Config) -> Steps:
    axis, layers = _given_axes(tensor, config.get("axis")), Layers()
    return None if axis is None else layers.all(_reduced(layers, tensor, "mean", axis, False))


def _norm(tensor: Tensor, config: Config) -> Steps:
    """The length of vectors, the sum or the largest of their values without signs."""
    axis, order, layers = _given_axes(tensor, config.get("axis")), config.get("ord"), Layers()
    if axis is None or (isinstance(axis, list) and order not in (None, "fro")):
        return None
    if order in (None, 2, "fro"):
        squares = layers.add("Multiply", [tensor, tensor])
        return layers.all(_function(layers, _reduced(layers, squares, "sum", axis, config.get("keepdims")), "sqrt"))
    function = {1: "sum", inf: "max", -inf: "min"}.get(order)
    if function is None:
        return None
    return layers.all(_reduced(layers, _function(layers, tensor, "abs"), function, axis, config.get("keepdims")))


def _normalize(tensor: Tensor, config: Config) -> Steps:
    """Each vector by its norm of order 1 or 2, which is epsilon at least."""
    axis, order, layers = _given_axes(tensor, config.get("axis", -1)), config.get("order", 2), Layers()
    least = EPSILON if config.get("epsilon") is None else config["epsilon"]
    if axis is None or order not in (1, 2):
        return None
    if order == 2 and least == 1e-12:
        return layers.all(layers.add("UnitNormalization", [tensor], **({} if axis == -1 else {"axis": axis})))
    each = layers.add("Multiply", [tensor, tensor]) if order == 2 else _function(layers, tensor, "abs")
    size = layers.add("Clip", [_reduced(layers, each, "sum", axis, True)], low=least**order)
    return layers.all(
        layers.add("Multiply", [tensor, _function(layers, size, "rsqrt" if order == 2 else "reciprocal")])
    )


def _log_sum(layers: Layers, tensor: Tensor, axis: Any) -> Earlier:
    """Of exponentials, less the largest value meanwhile, so that none is too large; the axes stay."""
    largest = _reduced(layers, tensor, "max", axis, True)
    less = _function(layers, layers.add("Subtract", [tensor, largest]), "exponential")
    return layers.add("Add", [_function(layers, _reduced(layers, less, "sum", axis, True), "log"), largest])


def _logsumexp(tensor: Tensor, config: Config) -> Steps:
    axis, layers = _given_axes(tensor, config.get("axis")), Layers()
    if axis is None:
        return None
    found = _log_sum(layers, tensor, axis)
    return layers.all(found if config.get("keepdims") else _reduced(layers, found, "sum", axis, False))


def log_softmax(tensor: Tensor, axis: Any) -> Steps:
    """Along another axis than the last."""
    along, layers = _given_axes(tensor, axis), Layers()
    if not isinstance(along, int):
        return None
    return layers.all(layers.add("Subtract", [tensor, _log_sum(layers, tensor, along)]))


RULES: Mapping[str, Callable[[Tensor, Config], Steps]] = {
    "Var": _var,
    "Std": _std,
    "Moments": _moments,
    "Average": _average,
    "Norm": _norm,
    "Normalize": _normalize,
    "Logsumexp": _logsumexp,
}
