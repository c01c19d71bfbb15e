"""Channels of very different ranges made alike before a quantization, without changing what a network computes.

All channels of a tensor share one range in an int8 file, so that one channel with large values leaves the others a few
of the 256 steps. Behind a ReLU a channel can be scaled: what its layer gives is divided by a number above 0, and the
next layer's weights of that channel are multiplied by it (Nagel et al. 2019, section 4.1; with weights that have a
scale for each channel it is the ranges of values that are balanced, as Xiao et al. 2023 do in large models).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.layers import nodes_of
from nnspec.backend.signature import Batch, call_by_name
from nnspec.backend.weights import give_weights
from nnspec.layers import layer_kind

# Channels are made alike where the largest range is so many times the usual one.
APART = 4.0
HANDED_ON = ("same", "within")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two layers with weights and what stands between.

    Attributes:
        first, second: the kernels.
        normalization: the BatchNormalization behind the first, if any.
        between: the layer whose output is what the second takes.
    """

    first: Any
    normalization: Any
    between: Any
    second: Any


def equalized(model: Any, examples: Sequence[Batch]) -> tuple[Any, tuple[str, ...]]:
    """The network with balanced channels, and a remark for each pair of layers that was changed.

    Args:
        model: a functional model, which stays as it is.
        examples: batches of 1, from which the ranges of the channels follow.
    """
    made = keras.models.clone_model(model)
    for mine, theirs in zip(made.layers, model.layers, strict=True):
        give_weights(mine, theirs.get_weights())
    remarks = []
    for pair in pairs_of(made):
        values = _largest(made, pair.between, examples)
        scale = _scales(pair, values)
        spread = float(values.max() / max(np.median(values), 1e-9))
        if scale is None or spread < APART:
            continue
        _scale_outputs(pair, scale)
        _scale_inputs(pair.second, scale)
        after = values / scale
        left = float(after.max() / max(np.median(after), 1e-9))
        remarks.append(
            f"equalized {pair.first.name} and {pair.second.name}: the largest channel between them had {spread:.3g} "
            f"times the usual range, now {left:.3g} times"
        )
    if not remarks:
        return model, (
            f"equalize changes nothing: between no two layers has a channel {APART:g} times the usual range",
        )
    return made, tuple(remarks)


def pairs_of(model: Any) -> Iterator[Pair]:
    """The pairs of layers between which channels can be scaled: one after the other, with ReLU between and no bound."""
    users: dict[int, list[Any]] = {}
    calls: dict[int, int] = {}
    for operation, _, node in nodes_of(model):
        calls[id(operation)] = calls.get(id(operation), 0) + 1
        for tensor in node.input_tensors:
            users.setdefault(id(tensor), []).append(operation)
    ends = {id(tensor) for tensor in model.outputs}

    def only_user(layer: Any) -> Any | None:
        output = layer.output if calls.get(id(layer)) == 1 else None
        found = users.get(id(output), [])
        return found[0] if len(found) == 1 and id(output) not in ends and calls[id(found[0])] == 1 else None

    for first in model.layers:
        if not _is_kernel(first) or calls.get(id(first)) != 1:
            continue
        layer, normalization, rectified = first, None, _function(first) == "relu"
        while (user := only_user(layer)) is not None:
            record = layer_kind(type(user).__name__)
            if _is_kernel(user):
                if rectified or (_function(first) == "linear" and normalization is None and layer is first):
                    yield Pair(first, normalization, layer, user)
                break
            if record.subtracts_mean and layer is first and _function(first) == "linear" and user.scale and user.center:
                normalization = user
            elif _function(user) == "relu" and not rectified:
                rectified = True
            elif not _keeps_channels(user):
                break
            layer = user


def _is_kernel(layer: Any) -> bool:
    rounding = layer_kind(type(layer).__name__).rounding_in({"data_format": getattr(layer, "data_format", None)})
    return rounding.form == "kernel" and list(rounding.weights) == ["kernel"] and getattr(layer, "groups", 1) == 1


def _function(layer: Any) -> str:
    """``relu`` without a bound, ``linear``, or another."""
    if isinstance(layer, keras.layers.ReLU):
        plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
        return "relu" if plain else "other"
    function = getattr(layer, "activation", None)
    return str(getattr(function, "__name__", "other"))


def _keeps_channels(layer: Any) -> bool:
    """Whether it hands each channel on by itself: pooling, padding, dropout; not what lays values out otherwise."""
    record = layer_kind(type(layer).__name__)
    pools = record.family in ("pooling", "regularization") or type(layer).__name__.startswith(
        ("ZeroPadding", "Cropping")
    )
    return pools and record.rounding_in({}).form in (*HANDED_ON, "own")


def _largest(model: Any, layer: Any, examples: Sequence[Batch]) -> np.ndarray:
    """The largest absolute value of each channel."""
    watched = keras.Model(model.input, layer.output)
    found = [np.asarray(next(iter(call_by_name(watched, batch).values()))) for batch in examples]
    largest: np.ndarray = np.max([np.abs(value).reshape(-1, value.shape[-1]).max(0) for value in found], axis=0)
    return largest


def _kernel_rows(layer: Any) -> int:
    """The axis of a kernel along which its input's channels lie."""
    axes = layer_kind(type(layer).__name__).rounding_in({}).weights["kernel"]
    return -2 if axes == (-1,) or len(axes) > 1 else -1


def _is_depthwise(layer: Any) -> bool:
    return len(layer_kind(type(layer).__name__).rounding_in({}).weights["kernel"]) > 1


def _scales(pair: Pair, values: np.ndarray) -> np.ndarray | None:
    """What each channel is divided by; None where a channel is always 0."""
    kernel = np.moveaxis(np.abs(pair.second.kernel.numpy()), _kernel_rows(pair.second), 0)
    if len(kernel) != len(values):
        return None
    rows = np.ones(len(values)) if _is_depthwise(pair.second) else kernel.reshape(len(values), -1).max(1)
    alive = (values > 1e-9) & (rows > 1e-9)
    if not alive.any():
        return None
    # A depthwise kernel has a scale for each channel, so that nothing is lost there; else both sides share the loss.
    scale = values if _is_depthwise(pair.second) else np.sqrt(np.maximum(values, 1e-9) / np.maximum(rows, 1e-9))
    scale = np.where(alive, scale / np.median(scale[alive]), 1.0)
    found: np.ndarray = np.clip(scale, 1e-4, 1e4)
    return found


def _scale_outputs(pair: Pair, scale: np.ndarray) -> None:
    if pair.normalization is not None:
        for weight in (pair.normalization.gamma, pair.normalization.beta):
            weight.assign(weight.numpy() / scale)
        return
    kernel, axes = pair.first.kernel, layer_kind(type(pair.first).__name__).rounding_in({}).weights["kernel"]
    shape = [size if axis - len(kernel.shape) in axes else 1 for axis, size in enumerate(kernel.shape)]
    kernel.assign(kernel.numpy() / scale.reshape(shape))
    if pair.first.bias is not None:
        pair.first.bias.assign(pair.first.bias.numpy() / scale)


def _scale_inputs(layer: Any, scale: np.ndarray) -> None:
    kernel, axis = layer.kernel, _kernel_rows(layer)
    shape = [1] * len(kernel.shape)
    shape[axis] = -1
    layer.kernel.assign(kernel.numpy() * scale.reshape(shape))
