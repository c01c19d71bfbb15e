"""Products of the matrices that the last two axes of tensors are; Keras's Dot knows no axis beside the batch's."""

from __future__ import annotations

from typing import Any

import keras

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="nnspec")
class MatMul(keras.layers.Layer):  # type: ignore[misc]
    """``keras.ops.matmul`` of two tensors of floats, of the same rank, 3 or more.

    Input: `(batch, ..., rows, inner)` and `(batch, ..., inner, columns)`, either of them with its last two axes the
    other way round where the argument says so. Output: `(batch, ..., rows, columns)`. No mask is looked at.

    Args:
        transpose_a: whether the last two axes of the first tensor are swapped.
        transpose_b: whether those of the second are.

    Raises:
        ValueError: other than two tensors; of unlike rank or below 3; axes of unlike sizes; values that are no floats.
    """

    def __init__(self, transpose_a: bool = False, transpose_b: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.transpose_a, self.transpose_b = transpose_a, transpose_b

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        _require_floats(inputs)
        left, right = inputs
        left = keras.ops.swapaxes(left, -1, -2) if self.transpose_a else left
        return keras.ops.matmul(left, keras.ops.swapaxes(right, -1, -2) if self.transpose_b else right)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        if len(input_shape) != 2:
            raise ValueError(f"MatMul takes two tensors, not {len(input_shape)}")
        left, right = (tuple(shape) for shape in input_shape)
        if len(left) != len(right) or len(left) < 3:
            raise ValueError(f"MatMul takes two tensors of one rank, 3 or more, not {left} and {right}")
        rows, inner = left[:-3:-1] if self.transpose_a else left[-2:]
        other, columns = right[:-3:-1] if self.transpose_b else right[-2:]
        pairs = [*zip(left[:-2], right[:-2], strict=True), (inner, other)]
        if any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ValueError(f"MatMul does not multiply {left} and {right}: sizes differ")
        return (*(one if one is not None else two for one, two in pairs[:-1]), rows, columns)

    def compute_output_spec(self, inputs: Any) -> Any:
        _require_floats(inputs)
        return keras.KerasTensor(self.compute_output_shape([one.shape for one in inputs]), inputs[0].dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "transpose_a": self.transpose_a, "transpose_b": self.transpose_b}


def _require_floats(inputs: Any) -> None:
    for one in inputs:
        name = keras.backend.standardize_dtype(one.dtype)
        if not name.startswith(("float", "bfloat")):
            raise ValueError(f"MatMul takes floats, not {name}")
