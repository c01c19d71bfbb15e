"""Channels to places and back, which subpixel convolutions need and Keras has no layer for."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


class _OfBlocks(keras.layers.Layer):  # type: ignore[misc]
    """What both have: the size of a block, checked against the shape when the layer is built."""

    def __init__(self, block_size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if block_size < 2:
            raise ValueError(f"block_size is 2 or more, not {block_size}")
        self.block_size = block_size
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block_size": self.block_size}


@keras.saving.register_keras_serializable(package="nnspec")
class DepthToSpace(_OfBlocks):
    """Each place becomes a block of ``block_size`` x ``block_size`` places, whose channels are parts of its own.

    The source is Shi et al., Real-Time Single Image and Video Super-Resolution, 2016 (arXiv:1609.05158). The channel
    ``(row * block_size + column) * depth + channel`` goes to row and column of the block: TensorFlow's order, not that
    of PyTorch's ``PixelShuffle``. Input (batch, height, width, channels), output (batch, height * block_size,
    width * block_size, channels / block_size ** 2), of any type. TFLite has it as a builtin.

    Args:
        block_size: 2 or more.

    Raises:
        ValueError: the channels are not a multiple of ``block_size ** 2``.
    """

    def call(self, inputs: Any) -> Any:
        return tf.nn.depth_to_space(inputs, self.block_size)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, height, width, channels = input_shape
        block = self.block_size
        if channels is None or channels % block**2:
            raise ValueError(f"{channels} channels are not a multiple of {block} x {block}")
        return batch, height and height * block, width and width * block, channels // block**2


@keras.saving.register_keras_serializable(package="nnspec")
class SpaceToDepth(_OfBlocks):
    """The inverse of ``DepthToSpace``: each block of places becomes one place with all their channels.

    Input (batch, height, width, channels), output (batch, height / block_size, width / block_size,
    channels * block_size ** 2), of any type. TFLite has it as a builtin.

    Args:
        block_size: 2 or more.

    Raises:
        ValueError: height or width are not multiples of ``block_size``.
    """

    def call(self, inputs: Any) -> Any:
        return tf.nn.space_to_depth(inputs, self.block_size)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, height, width, channels = input_shape
        block = self.block_size
        if (height is not None and height % block) or (width is not None and width % block):
            raise ValueError(f"{height} x {width} places are not made of blocks of {block} x {block}")
        return batch, height and height // block, width and width // block, channels and channels * block**2
