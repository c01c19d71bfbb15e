"""Small networks of the kinds that are exported, untrained, and data for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from nnspec.layers.types import KindValue

SPECS = Path(__file__).parents[2] / "specs"
RECURRENT_SPECS = sorted(
    path.stem
    for path in SPECS.glob("*.yaml")
    if any(word in path.read_text(encoding="utf-8") for word in ("LSTM", "GRU", "RNN:", "RNN\n"))
)


def tflite(**args: Any) -> KindValue:
    return KindValue("TFLite", args)


def cnn() -> Any:
    """LeNet-like, with what folds into convolutions: rescaling and batch normalization with moved averages."""
    image = keras.Input((12, 12, 1), name="image")
    x = layers.Rescaling(1 / 255)(image)
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(name=f"norm{filters}")(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    model = keras.Model(image, layers.Dense(10, activation="softmax", name="digit")(x))
    for filters in (4, 8):
        gamma, beta, mean, variance = model.get_layer(f"norm{filters}").get_weights()
        model.get_layer(f"norm{filters}").set_weights([gamma * 1.5, beta + 0.1, mean + 0.05, variance * 0.5])
    return model


def images(count: int = 24) -> Iterator[dict[str, np.ndarray]]:
    generator = np.random.default_rng(0)
    for _ in range(2):
        yield {"image": generator.uniform(0, 255, (count // 2, 12, 12, 1)).astype(np.float32)}


def tagger(wrap: Any = None, length: int | None = None) -> Any:
    """Tokens with 0 for padding, one recurrent layer, a softmax for each token."""
    wrap = wrap or layers.Bidirectional(layers.LSTM(6, return_sequences=True), name="context")
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Embedding(20, 5, mask_zero=True, name="embed")(tokens)
    return keras.Model(tokens, layers.Dense(3, activation="softmax", name="tags")(wrap(x)))


def sentences() -> Iterator[dict[str, np.ndarray]]:
    generator = np.random.default_rng(0)
    tokens = generator.integers(1, 20, (16, 9)).astype(np.int32)
    tokens[::2, 5:] = 0
    yield {"tokens": tokens}


def forecaster(*recurrent: Any, length: int | None = 10, features: int = 3) -> Any:
    """A series through recurrent layers to two numbers."""
    series = keras.Input((length, features), name="series")
    x = series
    for layer in recurrent or (layers.LSTM(8, name="memory"),):
        x = layer(x)
    return keras.Model(series, layers.Dense(2, name="next")(x))


def series(length: int = 10, features: int = 3) -> Iterator[dict[str, np.ndarray]]:
    yield {"series": np.random.default_rng(0).standard_normal((32, length, features)).astype(np.float32)}


# cell, units, whether all outputs are shown, direction or merge mode, whether zeros are masked
RECURRENT = list(
    itertools.product(
        (layers.LSTM, layers.GRU, layers.SimpleRNN),
        (1, 9),
        (True, False),
        ("forwards", "backwards", "concat", "sum", "mul"),
        (True, False),
    )
)


def recurrent(cell: Any, units: int, sequences: bool, way: str, masked: bool) -> Any:
    """One recurrent layer over tokens of any number."""
    layer = cell(units, return_sequences=sequences, go_backwards=way == "backwards")
    if way not in ("forwards", "backwards"):
        layer = layers.Bidirectional(layer, merge_mode=way)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    return keras.Model(tokens, layer(layers.Embedding(20, 5, mask_zero=masked)(tokens)))


# The part of a spec that reads words by their number, their spelling and their casing; sentences for it.
READING = """\
inputs:
  tokens: {shape: [null], dtype: int32}
  characters: {shape: [null, 5], dtype: int32}
  casing: {shape: [null], dtype: int32}
layers:
  - {Embedding: {input_dim: 8, output_dim: 3}, from: casing, name: written}
  - {Embedding: {input_dim: $data.alphabet_size, output_dim: 3}, from: characters}
  - {MaxPooling2D: {pool_size: [1, 5]}}
  - {Reshape: [-1, 3], name: spelled}
  - {Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}, from: tokens, name: known}
  - {Concatenate: , from: [known, spelled, written]}
"""
WORDS = (
    "Ada B-PER\nLovelace I-PER\nlived O\nin O\nLondon B-LOC\n. O\n\n"
    "In O\n1843 O\nADA B-PER\nwrote O\nabc123 O\n\nÉmile B-PER\nof O\nCrimson-Peak B-LOC\n1,000 O\n"
)
