"""Local response normalization, which Keras lacks and the networks of 2012 to 2014 need."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="nnspec")
class LocalResponseNormalization(keras.layers.Layer):  # type: ignore[misc]
    """``b[i] = a[i] / (k + alpha * sum(a[j]**2))**beta``, over the ``n`` feature maps ``j`` around ``i`` at one place.

    The source is Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks,
    2012, section 3.3, whose constants are the defaults. At the first and the last maps the sum has fewer terms.
    ``alpha`` is the paper's; Caffe and PyTorch give ``n * alpha`` that name and divide it by ``n``.

    Input and output: a batch of images, rank 4, of one shape, in the layer's compute dtype. The sum is made in
    float32 whatever that is, since a square leaves the range of float16 early. TFLite has it as a builtin.

    Args:
        n: how many maps the sum runs over, an odd number.
        k: what is added to the sum, above 0 where an input can be all zeros.
        alpha: what the sum is multiplied by.
        beta: the exponent.
        data_format: ``channels_last`` or ``channels_first``; by default as ``keras.config.image_data_format()`` says.

    Raises:
        ValueError: ``n`` is even or below 1.
    """

    def __init__(
        self,
        n: int = 5,
        k: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if n < 1 or n % 2 == 0:
            raise ValueError(f"n is an odd number of feature maps, not {n}")
        self.n, self.k, self.alpha, self.beta = n, k, alpha, beta
        self.data_format = keras.config.image_data_format() if data_format is None else data_format
        if self.data_format not in ("channels_last", "channels_first"):
            raise ValueError(f"data_format is channels_last or channels_first, not {data_format!r}")
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs: Any) -> Any:
        last = self.data_format == "channels_last"
        maps = tf.cast(inputs if last else tf.transpose(inputs, [0, 2, 3, 1]), tf.float32)
        result = tf.nn.local_response_normalization(
            maps, depth_radius=self.n // 2, bias=self.k, alpha=self.alpha, beta=self.beta
        )
        return tf.cast(result if last else tf.transpose(result, [0, 3, 1, 2]), inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        names = ("n", "k", "alpha", "beta", "data_format")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
