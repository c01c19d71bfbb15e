"""The networks of docs/conformance.md: one layer, or a few that belong together, with random weights and inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from nnspec.backend.own_layers.crf import CRF

IMAGE, SERIES, ROW, TOKENS = (8, 8, 3), (9, 4), (6,), (9,)
EXAMPLES = 12


@dataclass(frozen=True)
class Network:
    """One layer, or a few that belong together, on an input of a shape."""

    shape: tuple[int, ...]
    layer: Callable[[Any], Any]
    whole: bool = False  # the input holds numbers of words, 0 being padding

    def model(self) -> Any:
        keras.backend.clear_session()  # names count from the beginning
        keras.utils.set_random_seed(7)
        given = keras.Input(self.shape, dtype="int32" if self.whole else "float32", name="given")
        model = keras.Model(given, {"out": layers.Identity(name="out")(self.layer(given))})
        generator = np.random.default_rng(0)
        for weight in model.weights:  # biases and averages begin as 0 and 1, which says little
            noise = generator.uniform(0, 0.3, weight.shape)
            weight.assign(weight + noise.astype(weight.dtype))
        return model

    def examples(self) -> dict[str, np.ndarray]:
        generator = np.random.default_rng(1)
        if not self.whole:
            return {"given": generator.normal(0, 1, (EXAMPLES, *self.shape)).astype("float32")}
        tokens = generator.integers(1, 20, (EXAMPLES, *self.shape)).astype("int32")
        tokens[::2, 5:] = 0
        return {"given": tokens}


def read(x: Any) -> Any:
    return layers.Embedding(20, 5, mask_zero=True)(x)


L = layers
NETWORKS: dict[str, Network] = {
    "Dense": Network(ROW, lambda x: L.Dense(4, activation="relu")(x)),
    "Dense, softmax": Network(ROW, lambda x: L.Dense(4, activation="softmax")(x)),
    "Dense, gelu": Network(ROW, lambda x: L.Dense(4, activation="gelu")(x)),
    "Dense, silu": Network(ROW, lambda x: L.Dense(4, activation="silu")(x)),
    "Dense, elu": Network(ROW, lambda x: L.Dense(4, activation="elu")(x)),
    "EinsumDense": Network(SERIES, lambda x: L.EinsumDense("btf,fg->btg", (None, 5), bias_axes="g")(x)),
    "Conv1D": Network(SERIES, lambda x: L.Conv1D(4, 3, padding="causal", dilation_rate=2)(x)),
    "Conv2D": Network(IMAGE, lambda x: L.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)),
    "Conv2D, groups": Network((8, 8, 4), lambda x: L.Conv2D(4, 3, groups=2)(x)),
    "Conv2D, BatchNormalization, ReLU": Network(
        IMAGE, lambda x: L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(4, 3)(x)))
    ),
    "Conv3D": Network((4, 5, 5, 2), lambda x: L.Conv3D(3, 2)(x)),
    "Conv2DTranspose": Network(IMAGE, lambda x: L.Conv2DTranspose(4, 3, strides=2)(x)),
    "DepthwiseConv2D": Network(IMAGE, lambda x: L.DepthwiseConv2D(3)(x)),
    "SeparableConv2D": Network(IMAGE, lambda x: L.SeparableConv2D(4, 3)(x)),
    "MaxPooling2D": Network(IMAGE, lambda x: L.MaxPooling2D()(x)),
    "AveragePooling2D": Network(IMAGE, lambda x: L.AveragePooling2D(padding="same", pool_size=3)(x)),
    "GlobalAveragePooling2D": Network(IMAGE, lambda x: L.GlobalAveragePooling2D()(x)),
    "GlobalMaxPooling1D": Network(SERIES, lambda x: L.GlobalMaxPooling1D()(x)),
    "GlobalAveragePooling1D, masked": Network(TOKENS, lambda x: L.GlobalAveragePooling1D()(read(x)), True),
    "AdaptiveAveragePooling2D": Network(IMAGE, lambda x: L.AdaptiveAveragePooling2D(3)(x)),
    "UpSampling2D": Network(IMAGE, lambda x: L.UpSampling2D(2)(x)),
    "UpSampling2D, bilinear": Network(IMAGE, lambda x: L.UpSampling2D(2, interpolation="bilinear")(x)),
    "Resizing": Network(IMAGE, lambda x: L.Resizing(5, 6)(x)),
    "ZeroPadding2D, Cropping2D": Network(IMAGE, lambda x: L.Cropping2D(1)(L.ZeroPadding2D(2)(x))),
    "Flatten, Reshape, Permute": Network(IMAGE, lambda x: L.Permute((2, 1))(L.Reshape((8, 24))(L.Flatten()(x)))),
    "RepeatVector": Network(ROW, lambda x: L.RepeatVector(3)(x)),
    "LayerNormalization": Network(SERIES, lambda x: L.LayerNormalization()(x)),
    "GroupNormalization": Network((8, 8, 4), lambda x: L.GroupNormalization(2)(x)),
    "RMSNormalization": Network(SERIES, lambda x: L.RMSNormalization()(x)),
    "PReLU": Network(IMAGE, lambda x: L.PReLU(shared_axes=[1, 2])(x)),
    "LeakyReLU": Network(ROW, lambda x: L.LeakyReLU()(x)),
    "Add, Multiply, Concatenate": Network(
        ROW, lambda x: L.Concatenate()([L.Add()([x, L.Dense(6)(x)]), L.Multiply()([x, x])])
    ),
    "MultiHeadAttention": Network(SERIES, lambda x: L.MultiHeadAttention(2, 3)(x, x)),
    "MultiHeadAttention, causal": Network(SERIES, lambda x: L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)),
    "Embedding": Network(TOKENS, lambda x: L.Embedding(20, 5)(x), True),
    "LSTM": Network(SERIES, lambda x: L.LSTM(5)(x)),
    "LSTM, all steps, backwards": Network(SERIES, lambda x: L.LSTM(5, return_sequences=True, go_backwards=True)(x)),
    "LSTM, relu": Network(SERIES, lambda x: L.LSTM(5, activation="relu")(x)),
    "GRU": Network(SERIES, lambda x: L.GRU(5, return_sequences=True)(x)),
    "GRU, reset before": Network(SERIES, lambda x: L.GRU(5, reset_after=False)(x)),
    "SimpleRNN": Network(SERIES, lambda x: L.SimpleRNN(5)(x)),
    "LSTM, masked": Network(TOKENS, lambda x: L.LSTM(5)(read(x)), True),
    "Bidirectional LSTM, masked": Network(
        TOKENS, lambda x: L.Bidirectional(L.LSTM(5, return_sequences=True))(read(x)), True
    ),
    "Bidirectional GRU, masked, sum": Network(
        TOKENS, lambda x: L.Bidirectional(L.GRU(5, return_sequences=True), merge_mode="sum")(read(x)), True
    ),
    "GRU behind Masking": Network(SERIES, lambda x: L.GRU(5)(L.Masking()(x))),
    "ConvLSTM1D": Network((5, 6, 2), lambda x: L.ConvLSTM1D(3, 2)(x)),
    "TimeDistributed": Network((3, 8, 8, 2), lambda x: L.TimeDistributed(L.Conv2D(3, 3))(x)),
    "CRF": Network(TOKENS, lambda x: CRF(3)(read(x)), True),
}
