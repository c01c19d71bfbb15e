"""A sum, mean, largest or smallest value along axes of one's choice; Keras's pooling layers take all places at once."""

from __future__ import annotations

from typing import Any

import keras

Shape = tuple[int | None, ...]
FUNCTIONS = ("sum", "mean", "max", "min")


@keras.saving.register_keras_serializable(package="nnspec")
class Reduce(keras.layers.Layer):  # type: ignore[misc]
    """``keras.ops.sum``, ``mean``, ``max`` or ``min`` along one axis or several, of floats.

    Input: any tensor of rank 2 or more. Output: the same without these axes, or with size 1 there; at least the batch
    and whatever is left. No mask is looked at: padding counts as any value.

    Args:
        function: ``sum``, ``mean``, ``max`` or ``min``.
        axis: one axis or a list of them; 0 is the batch, which cannot be one.
        keepdims: whether the axes stay, with size 1.

    Raises:
        ValueError: another function; values that are no floats; an axis is the batch's, is not there or is named twice.
    """

    def __init__(self, function: str, axis: int | list[int] = -1, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if function not in FUNCTIONS:
            raise ValueError(f"function is one of {', '.join(FUNCTIONS)}, not {function!r}")
        self.function, self.axis, self.keepdims = function, axis, keepdims

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        _refuse_whole(inputs)
        axes = self._axes(len(inputs.shape))
        return getattr(keras.ops, self.function)(inputs, axis=axes, keepdims=self.keepdims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes = self._axes(len(input_shape))
        kept = [1 if place in axes else size for place, size in enumerate(input_shape)]
        return tuple(size for place, size in enumerate(kept) if self.keepdims or place not in axes)

    def compute_output_spec(self, inputs: Any) -> Any:
        _refuse_whole(inputs)
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    def _axes(self, rank: int) -> tuple[int, ...]:
        given = [self.axis] if isinstance(self.axis, int) else list(self.axis)
        if any(not -rank <= axis < rank or axis % rank == 0 for axis in given):
            raise ValueError(f"axis names axes of an input of {rank} dimensions, and not the batch's: {self.axis}")
        axes = tuple(sorted({axis % rank for axis in given}))
        if len(axes) < len(given) or not axes:
            raise ValueError(f"axis names axes, each once: {self.axis}")
        return axes

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{name: getattr(self, name) for name in ("function", "axis", "keepdims")}}


def _refuse_whole(values: Any) -> None:
    name = keras.backend.standardize_dtype(values.dtype)
    if not name.startswith(("float", "bfloat")):
        raise ValueError(f"Reduce takes floats, not {name}")
