"""Learned positions of a sequence, which transformers need and Keras itself has no layer for."""

from __future__ import annotations

from typing import Any

import keras

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="nnspec")
class PositionEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """A learned vector for each step, added to the step, or alone in the shape of the input.

    The source is Gehring et al., Convolutional Sequence to Sequence Learning, 2017 (arXiv:1705.03122), section 3.1.
    Input (batch, ..., steps, features); output the same shape, in the layer's compute dtype. A shorter sequence than
    ``sequence_length`` takes the first vectors; a longer one has none, which is an error where the length is known,
    and TensorFlow's at the first such batch where it varies. The mask passes through.

    Args:
        sequence_length: how many positions there are.
        initializer: what the vectors begin with.
        add: whether they are added to the input; ``keras_hub``'s layer of this name gives them alone.

    Raises:
        ValueError: the input is longer, or its features vary.
    """

    def __init__(
        self, sequence_length: int, initializer: Any = "glorot_uniform", add: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if sequence_length < 1:
            raise ValueError(f"sequence_length is 1 or more, not {sequence_length}")
        self.sequence_length, self.add = sequence_length, add
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.sequence_length, input_shape[-1]), initializer=self.initializer
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        steps = inputs.shape[-2]
        if steps is None:
            steps = keras.ops.shape(inputs)[-2]
        inputs = keras.ops.cast(inputs, self.compute_dtype)
        positions = keras.ops.cast(self.embeddings[:steps], self.compute_dtype)
        return inputs + positions if self.add else keras.ops.broadcast_to(positions, keras.ops.shape(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) < 3:
            raise ValueError(f"the input has steps and features, not {len(input_shape)} dimensions")
        if input_shape[-1] is None:
            raise ValueError("how many features there are is known")
        if input_shape[-2] is not None and input_shape[-2] > self.sequence_length:
            raise ValueError(f"there are {self.sequence_length} positions, and {input_shape[-2]} steps")
        return input_shape

    def get_config(self) -> dict[str, Any]:
        given = {"initializer": keras.initializers.serialize(self.initializer), "add": self.add}
        return {**super().get_config(), "sequence_length": self.sequence_length, **given}
