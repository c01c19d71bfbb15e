"""Weights of Keras 1 and 2, and of their layers for cuDNN, in the layout of Keras 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

FLIPPED = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")


def converted(layer: Any, values: list[Any], version: str, runner: str = "tensorflow") -> list[Any]:
    """The weights of a layer as Keras 3 lays them out.

    Args:
        layer: built, so that its sizes are known.
        values: arrays, in the order of the file.
        version: of the Keras that wrote them.
        runner: what ran under it: `tensorflow`, `theano` or `cntk`.
    """
    if isinstance(layer, keras.layers.Bidirectional):
        half = len(values) // 2
        parts = ((layer.forward_layer, values[:half]), (layer.backward_layer, values[half:]))
        return [value for part, given in parts for value in converted(part, given, version, runner)]
    if isinstance(layer, keras.layers.TimeDistributed):
        return converted(layer.layer, values, version, runner)
    kind = type(layer).__name__
    convert = _OF_KERAS_1.get(kind)
    if convert is not None and version.startswith(("0.", "1")):
        values = convert(layer, values)
    if kind in FLIPPED and runner == "theano":
        values = [_turned(value) if value.ndim > 2 else value for value in values]
    if kind in ("LSTM", "GRU") and len(values) == 3:
        values = _from_cudnn(kind, values)
    return values


def _turned(kernel: Any) -> Any:
    """The kernel of a correlation: Theano's convolutions turn theirs round as they go."""
    return np.flip(kernel, tuple(range(kernel.ndim - 2)))


def _gates(order: Sequence[int]) -> Callable[[Any, list[Any]], list[Any]]:
    """Kernels, recurrent kernels and biases of each gate by itself, put together in this order of gates."""

    def joined(layer: Any, values: list[Any]) -> list[Any]:
        if len(values) != 3 * len(order):
            return values
        found = [np.concatenate([values[3 * gate + part] for gate in order], axis=-1) for part in range(3)]
        if getattr(layer, "data_format", None) == "channels_first":
            found[:2] = [np.transpose(value, (2, 3, 1, 0)) for value in found[:2]]
        return found

    return joined


def _conv1d(layer: Any, values: list[Any]) -> list[Any]:
    kernel, *rest = values
    if kernel.ndim != 4:
        return values
    if kernel.shape[:2] != (layer.kernel_size[0], 1) or kernel.shape[3] != layer.filters:
        kernel = np.transpose(kernel, (2, 3, 1, 0))  # before Keras 1.1: filters, channels, steps, 1
    return [kernel[:, 0], *rest]


def _axes(first: Sequence[int], last: Sequence[int] | None = None) -> Callable[[Any, list[Any]], list[Any]]:
    """The kernel's axes in another order: for channels_first, and for channels_last where that differed too."""

    def moved(layer: Any, values: list[Any]) -> list[Any]:
        order = first if layer.data_format == "channels_first" else last
        return values if order is None else [np.transpose(values[0], order), *values[1:]]

    return moved


_OF_KERAS_1: Mapping[str, Callable[[Any, list[Any]], list[Any]]] = {
    "Conv1D": _conv1d,
    "Conv2D": _axes((2, 3, 1, 0)),
    "Conv3D": _axes((2, 3, 4, 1, 0)),
    "Conv2DTranspose": _axes((2, 3, 0, 1), (0, 1, 3, 2)),
    "GRU": _gates((0, 1, 2)),
    "LSTM": _gates((0, 2, 1, 3)),  # Keras 1 had the input's gate, the cell, the forget gate, the output's gate
    "ConvLSTM2D": _gates((0, 2, 1, 3)),
}


def _from_cudnn(kind: str, values: list[Any]) -> list[Any]:
    """Weights of CuDNNLSTM and CuDNNGRU, which have two biases in a row and each gate's kernel transposed."""
    kernel, recurrent, bias = values
    gates = 4 if kind == "LSTM" else 3
    if bias.shape != (2 * gates * len(recurrent),):
        return values
    kernels = [gate.T.reshape(gate.shape, order="F") for gate in np.split(kernel, gates, axis=1)]
    recurrents = [gate.T for gate in np.split(recurrent, gates, axis=1)]
    biases = bias.reshape(2, -1)
    return [np.hstack(kernels), np.hstack(recurrents), biases.sum(0) if kind == "LSTM" else biases]
