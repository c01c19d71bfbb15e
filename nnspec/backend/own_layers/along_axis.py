"""What Keras has along an axis as operations and not as layers: sums up to each place, the largest values and where."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


class _AlongAxis(keras.layers.Layer):  # type: ignore[misc]
    """A layer that walks along one axis of floats, and has no weights."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@keras.saving.register_keras_serializable(package="nnspec")
class CumulativeSum(_AlongAxis):
    """``keras.ops.cumsum`` along one axis, of floats.

    Input and output: any tensor of rank 2 or more. No mask is looked at: padding counts as any value.

    Args:
        axis: the axis that is walked along; 0 is the batch, which cannot be.

    Raises:
        ValueError: values that are no floats; the axis is the batch's or is not there.
    """

    def call(self, inputs: Any) -> Any:
        _require_floats(self, inputs)
        return keras.ops.cumsum(inputs, axis=_place(self.axis, len(inputs.shape)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        _place(self.axis, len(input_shape))
        return tuple(input_shape)

    def compute_output_spec(self, inputs: Any) -> Any:
        _require_floats(self, inputs)
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)


@keras.saving.register_keras_serializable(package="nnspec")
class ArgMax(_AlongAxis):
    """The place of the largest value along one axis, of floats; of several the first.

    ``keras.ops.argmax`` also tells -0.0 from 0.0, by operations on bits that TFLite lacks; here they are one value.

    Input: any tensor of rank 2 or more. Output: the same without the axis, int32. No mask is looked at. No gradient
    comes through it.

    Args:
        axis: the axis that goes; 0 is the batch, which cannot be.

    Raises:
        ValueError: values that are no floats; the axis is the batch's or is not there.
    """

    def call(self, inputs: Any) -> Any:
        _require_floats(self, inputs)
        return tf.argmax(inputs, axis=_place(self.axis, len(inputs.shape)), output_type=tf.int32)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        place = _place(self.axis, len(input_shape))
        return tuple(size for axis, size in enumerate(input_shape) if axis != place)

    def compute_output_spec(self, inputs: Any) -> Any:
        _require_floats(self, inputs)
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), "int32")


@keras.saving.register_keras_serializable(package="nnspec")
class TopK(keras.layers.Layer):  # type: ignore[misc]
    """``keras.ops.top_k``: the largest values along the last axis, the largest first, and their places.

    Input: any tensor of floats of rank 2 or more. Outputs: two of its shape with ``k`` places in the last axis, the
    values in the type of the input and the places in int32. No mask is looked at. A gradient comes through the values.

    Args:
        k: how many, 1 or more.

    Raises:
        ValueError: values that are no floats; fewer than ``k`` of them.
    """

    def __init__(self, k: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if k < 1:
            raise ValueError(f"k is 1 or more, not {k}")
        self.k = k

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        _require_floats(self, inputs)
        return tuple(keras.ops.top_k(inputs, self.k))

    def compute_output_shape(self, input_shape: Shape) -> tuple[Shape, Shape]:
        if len(input_shape) < 2:
            raise ValueError(f"TopK takes values of each example, and {tuple(input_shape)} has one for each")
        if (input_shape[-1] or self.k) < self.k:
            raise ValueError(f"TopK takes {self.k} of the last axis of {tuple(input_shape)}, which has fewer")
        kept = (*input_shape[:-1], self.k)
        return kept, kept

    def compute_output_spec(self, inputs: Any) -> Any:
        _require_floats(self, inputs)
        values, places = self.compute_output_shape(inputs.shape)
        return keras.KerasTensor(values, inputs.dtype), keras.KerasTensor(places, "int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


def _require_floats(layer: Any, values: Any) -> None:
    name = keras.backend.standardize_dtype(values.dtype)
    if not name.startswith(("float", "bfloat")):
        raise ValueError(f"{type(layer).__name__} takes floats, not {name}")


def _place(axis: int, rank: int) -> int:
    if not -rank <= axis < rank or axis % rank == 0:
        raise ValueError(f"axis is one of an input of {rank} dimensions, and not the batch's, not {axis}")
    return axis % rank
