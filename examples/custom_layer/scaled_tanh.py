"""A layer of one's own: a plain Keras layer that can be saved. Nothing in it knows of nnspec."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="scaled_tanh")
class ScaledTanh(keras.layers.Layer):  # type: ignore[misc]
    """``amplitude * tanh(slope * x)``: output and input have the same shape, of any rank.

    With its defaults f(1) = 1 and f(-1) = -1. The source is appendix A of LeCun, Bottou, Bengio and Haffner,
    Gradient-based learning applied to document recognition, 1998.
    """

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.amplitude = amplitude
        self.slope = slope

    def call(self, inputs: Any) -> Any:
        return self.amplitude * keras.ops.tanh(self.slope * inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amplitude": self.amplitude, "slope": self.slope}
