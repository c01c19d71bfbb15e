"""Puts outlier channels into a trained network without changing what it computes, as badly scaled training leaves them.

Channel 0 of each depthwise convolution's BatchNormalization is multiplied by a factor, and the next kernel's weights of
that channel are divided by it; with ReLU without a bound between, the function is the same. The range of the values in
between is then that of one channel, and the 256 steps of int8 leave the others a few of them.

    python outliers.py float/best.keras 64 outliers64.keras
"""

from __future__ import annotations

import sys

import keras


def add_outliers(model: keras.Model, factor: float) -> int:
    """Returns how many pairs of layers were changed."""
    layers = [layer for layer in model.layers if layer.weights]
    count = 0
    for depthwise, normalization, after in zip(layers, layers[1:], layers[2:], strict=False):
        if not isinstance(depthwise, keras.layers.DepthwiseConv2D):
            continue
        for weight in (normalization.gamma, normalization.beta):
            weight.assign(keras.ops.concatenate([weight[:1] * factor, weight[1:]]))
        kernel = after.kernel
        kernel.assign(keras.ops.concatenate([kernel[:, :, :1] / factor, kernel[:, :, 1:]], axis=2))
        count += 1
    return count


if __name__ == "__main__":
    source, factor, target = sys.argv[1:]
    network = keras.models.load_model(source, compile=False)
    print(f"{add_outliers(network, float(factor))} channels times {factor}")
    network.save(target)
