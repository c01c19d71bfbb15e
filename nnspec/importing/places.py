"""Operations on the places of values: which is the largest, the sum up to each, a place as a vector of 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnspec.importing.rearranged import Layers, axis_of
from nnspec.importing.steps import PREVIOUS, Earlier, Step, Steps, Tensor

Config = Mapping[str, Any]


def _is_float(tensor: Tensor) -> bool:
    return tensor.dtype.startswith(("float", "bfloat"))


def _cumulated(tensor: Tensor, config: Config) -> Steps:
    axis = axis_of(tensor, config.get("axis"))
    if axis is None or not _is_float(tensor) or config.get("dtype") not in (None, tensor.dtype):
        return None
    return (Step("CumulativeSum", {"axis": axis}, (tensor,)),)


def _largest(of_negative: bool) -> Callable[[Tensor, Config], Steps]:
    def rule(tensor: Tensor, config: Config) -> Steps:
        axis, layers = axis_of(tensor, config.get("axis")), Layers()
        if axis is None or not _is_float(tensor):
            return None
        given = layers.add("Rescaling", [tensor], scale=-1.0) if of_negative else tensor
        found = layers.add("ArgMax", [given], axis=axis)
        sizes = [1 if place == axis else size for place, size in enumerate(tensor.shape)][1:]
        if not config.get("keepdims"):
            return layers.all(found)
        return None if sizes.count(None) > 1 else layers.all(layers.shaped(found, sizes))

    return rule


def _top_k(tensor: Tensor, config: Config) -> Steps:
    k = config.get("k", 1)
    if not _is_float(tensor) or not isinstance(k, int) or len(tensor.shape) < 2:
        return None
    return (Step("TopK", {"k": k}, (tensor,), outputs=2),)


def _sorted(tensor: Tensor, config: Config) -> Steps:
    """All values along the last axis, the smallest first."""
    if axis_of(tensor, config.get("axis", -1)) != len(tensor.shape) - 1 or tensor.shape[-1] is None:
        return None
    if not _is_float(tensor):
        return None
    largest_first = Step("TopK", {"k": tensor.shape[-1]}, (tensor,), outputs=2)
    return largest_first, Step("Slice", {"axis": -1, "step": -1}, (PREVIOUS,))


def _one_hot(tensor: Tensor, config: Config) -> Steps:
    """An axis more; where the last one is of size 1, the layer puts the new one in its place."""
    classes, size = config.get("num_classes"), tensor.shape[-1]
    is_last = config.get("axis", -1) in (-1, len(tensor.shape))
    if not is_last or config.get("sparse") or config.get("dtype") not in (None, "float32"):
        return None
    if not tensor.dtype.startswith(("int", "uint")) or (len(tensor.shape) > 1 and size is None):
        return None
    layers = Layers()
    found: Earlier = layers.add("CategoryEncoding", [tensor], num_tokens=classes, output_mode="one_hot")
    if len(tensor.shape) > 1 and size == 1:
        sizes = [*tensor.shape[1:], classes]
        return None if sizes.count(None) > 1 else layers.all(layers.shaped(found, sizes))
    return layers.all(found)


RULES: Mapping[str, Callable[[Tensor, Config], Steps]] = {
    "Cumsum": _cumulated,
    "Argmax": _largest(False),
    "Argmin": _largest(True),
    "TopK": _top_k,
    "Sort": _sorted,
    "OneHot": _one_hot,
}
