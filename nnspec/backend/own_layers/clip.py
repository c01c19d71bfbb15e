"""Bounds for values, which Keras has layers for only where the lower one is 0."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="nnspec")
class Clip(keras.layers.Layer):  # type: ignore[misc]
    """``min(max(x, low), high)`` of floats of any shape; the gradient of what is cut off is 0.

    Args:
        low: the least value; by default there is none.
        high: the largest value; by default there is none.

    Raises:
        ValueError: neither is given, or the least is not below the largest; values that are no floats.
    """

    def __init__(self, low: float | None = None, high: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if low is None and high is None:
            raise ValueError("low or high is given")
        if low is not None and high is not None and low >= high:
            raise ValueError(f"low is below high: {low}, {high}")
        self.low, self.high = low, high
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        name = keras.backend.standardize_dtype(inputs.dtype)
        if not name.startswith(("float", "bfloat")):
            raise ValueError(f"Clip takes floats, not {name}")
        found = inputs if self.low is None else keras.ops.maximum(inputs, self.low)
        return found if self.high is None else keras.ops.minimum(found, self.high)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "low": self.low, "high": self.high}
