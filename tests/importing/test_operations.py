"""Operations on tensors become the layers that compute the same; what no layer does is named."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import nnspec
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import import_config
from nnspec.importing.weights import carry_weights

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)


def same(make: Any, shape: tuple[int | None, ...], exact: bool = True, dtype: str = "float32") -> list[str]:
    """The kinds of the layers that an operation becomes, once they are seen to compute the same."""
    given = keras.Input(shape, name="x", dtype=dtype)
    y = make(given)
    model = keras.Model(given, y)
    found = import_config(json.loads(model.to_json()))
    ours = nnspec.build(found.spec)
    carry_weights(model, ours, found.origins)
    x = DRAW.normal(0, 2, (3, *(size or 5 for size in shape))).astype(dtype)
    for one, other in zip(keras.tree.flatten(model(x)), keras.tree.flatten(ours(x)), strict=True):
        assert np.array_equal(one, other) if exact else np.allclose(one, other, rtol=1e-6, atol=1e-6)
    return [layer.kind for layer in found.spec.graph.layers]


def branches() -> Any:
    """A model of two branches, joined along another axis than the last."""
    given = keras.Input((6, 4))
    both = [layers.Conv1D(3, 2, padding="same")(given), layers.Dense(3)(given) * 2.0]
    return keras.Model(given, layers.Concatenate(axis=1)(both))


IMAGE, STEPS = (8, 6, 4), (8, 4)
EXACT = {
    "gelu": (lambda x: ops.gelu(x), IMAGE, ["Activation"]),
    "exact gelu": (lambda x: ops.gelu(x, approximate=False), IMAGE, ["Activation"]),
    "leaky": (lambda x: ops.leaky_relu(x, 0.3), IMAGE, ["LeakyReLU"]),
    "elu": (lambda x: ops.elu(x, 0.5), IMAGE, ["ELU"]),
    "softmax": (lambda x: ops.softmax(x), STEPS, ["Activation"]),
    "exp": (lambda x: ops.exp(x), STEPS, ["Activation"]),
    "minus": (lambda x: -x, STEPS, ["Rescaling"]),
    "one less": (lambda x: 1 - x, STEPS, ["Rescaling"]),
    "square": (lambda x: ops.square(x), STEPS, ["Multiply"]),
    "maximum": (lambda x: ops.maximum(x, 0.0), STEPS, ["ReLU"]),
    "clip": (lambda x: ops.clip(x, 0, 6), STEPS, ["ReLU"]),
    "reshape": (lambda x: ops.reshape(x, (-1, 48, 4)), IMAGE, ["Reshape"]),
    "expand": (lambda x: ops.expand_dims(x, -1), (None, 4), ["Reshape"]),
    "squeeze": (lambda x: ops.squeeze(x, 2), (8, 1, 4), ["Reshape"]),
    "transpose": (lambda x: ops.transpose(x, (0, 3, 1, 2)), IMAGE, ["Permute"]),
    "swap": (lambda x: ops.swapaxes(x, 1, -1), IMAGE, ["Permute"]),
    "move": (lambda x: ops.moveaxis(x, 1, -1), IMAGE, ["Permute"]),
    "pad": (lambda x: ops.pad(x, [[0, 0], [1, 0], [2, 3], [0, 0]]), IMAGE, ["ZeroPadding2D"]),
    "pad steps": (lambda x: ops.pad(x, [[0, 0], [4, 0], [0, 0]]), (None, 4), ["ZeroPadding1D"]),
    "cut": (lambda x: x[:, 1:-2], STEPS, ["Cropping1D"]),
    "cut from the end": (lambda x: x[:, -3:], STEPS, ["Cropping1D"]),
    "cut of any length": (lambda x: x[:, 1:-2, :], (None, 4), ["Cropping1D"]),
    "cut to a size": (lambda x: x[:, :5, 2:, :], IMAGE, ["Cropping2D"]),
    "one place": (lambda x: x[:, 0], STEPS, ["Cropping1D", "Reshape"]),
    "the last place": (lambda x: x[:, -1], STEPS, ["Cropping1D", "Reshape"]),
    "one row": (lambda x: x[:, 2, 1:], IMAGE, ["Cropping2D", "Reshape"]),
    "cut by dots": (lambda x: x[..., 1:3, :], IMAGE, ["Cropping2D"]),
    "mean": (lambda x: ops.mean(x, axis=(1, 2)), IMAGE, ["GlobalAveragePooling2D"]),
    "mean of steps": (lambda x: ops.mean(x, axis=1, keepdims=True), STEPS, ["GlobalAveragePooling1D"]),
    "largest": (lambda x: ops.max(x, axis=(-3, -2)), IMAGE, ["GlobalMaxPooling2D"]),
    "channels": (lambda x: x * np.array([1, 2, 3, 4.0], "float32"), IMAGE, ["Rescaling"]),
    "matmul": (lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))), STEPS, ["Permute", "Dot"]),
    "stack": (lambda x: ops.stack([x, layers.Dense(4)(x)], axis=2), STEPS, ["Reshape", "Dense", "Reshape", "Concatenate"]),
    "pool": (lambda x: ops.max_pool(x, 2, strides=1, padding="same"), IMAGE, ["MaxPooling2D"]),
    "each other": (lambda x: x[:, ::2], STEPS, ["Slice"]),
    "channels cut": (lambda x: x[..., :2], STEPS, ["Slice"]),
    "one channel": (lambda x: x[..., 1], (None, 4), ["Slice", "Reshape"]),
    "turned": (lambda x: x[..., ::-1], STEPS, ["Slice"]),
    "two axes": (lambda x: x[:, 1:4, ..., 2:], IMAGE, ["Slice", "Slice"]),
    "the last of any length": (lambda x: x[:, -1], (None, 4), ["Slice", "Reshape"]),
    "the first few": (lambda x: x[:, :5], (None, 4), ["Slice"]),
    "a new axis": (lambda x: x[..., None], STEPS, ["Reshape"]),
    "a cut with a new axis": (lambda x: x[:, None, 2:5], STEPS, ["Cropping1D", "Reshape"]),
    "turned by hand": (lambda x: ops.stack([x[..., 2], x[..., 1], x[..., 0]], -1), (8, 3), ["Slice"]),
    "other places": (
        lambda x: ops.stack([x[..., 0], x[..., 2]], -1),
        (8, 3),
        [*["Slice", "Reshape", "Reshape"] * 2, "Concatenate"],
    ),
    "each step": (
        lambda x: layers.TimeDistributed(keras.Sequential([layers.Dense(4, "relu"), layers.Dense(3)]))(x),
        STEPS,
        ["TimeDistributed", "TimeDistributed"],
    ),
    "branches at each step": (lambda x: layers.TimeDistributed(branches())(x), IMAGE, [*["TimeDistributed"] * 3, "Concatenate"]),
    "sum": (lambda x: ops.sum(x, axis=-1), STEPS, ["Reduce"]),
    "sum of places": (lambda x: ops.sum(x, axis=(1, 2), keepdims=True), IMAGE, ["Reduce"]),
    "mean of channels": (lambda x: ops.mean(x, axis=-1, keepdims=True), (None, 4), ["Reduce"]),
    "smallest": (lambda x: ops.min(x, axis=1), STEPS, ["Reduce"]),
    "root": (lambda x: ops.sqrt(ops.abs(x)), STEPS, ["Activation", "Activation"]),
    "wave": (lambda x: ops.sin(x) * ops.cos(x), STEPS, ["Activation", "Activation", "Multiply"]),
    "logarithm": (lambda x: ops.log(ops.exp(x)), STEPS, ["Activation", "Activation"]),
    "along another axis": (lambda x: ops.softmax(x, axis=1), STEPS, ["Softmax"]),
    "between": (lambda x: ops.clip(x, -1, 1), STEPS, ["Activation"]),
    "resize": (lambda x: ops.image.resize(x, (5, 7), interpolation="nearest"), IMAGE, ["Resizing"]),
    "resize with edges": (
        lambda x: ops.image.resize(x, (9, 7), pad_to_aspect_ratio=True, fill_value=3.0, interpolation="nearest"),
        IMAGE,
        ["Resizing"],
    ),
}  # fmt: skip
NEARLY = {
    "caffe": (lambda x: keras.applications.imagenet_utils.preprocess_input(x, mode="caffe"), (None, None, 3), ["Slice", "Rescaling"]),
    "bytes": (lambda x: x / 255, IMAGE, ["Rescaling"]),
    "inverse": (lambda x: 2 / x, STEPS, ["Activation", "Rescaling"]),
    "shares": (lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True), STEPS, ["Activation", "Activation", "Reduce", "Activation", "Multiply"]),
    "length": (lambda x: ops.sum(x * x, axis=-1, keepdims=True) ** 0.5, STEPS, ["Multiply", "Reduce", "Activation"]),
    "power": (lambda x: x**2, IMAGE, ["Multiply"]),
    "torch": (lambda x: keras.applications.imagenet_utils.preprocess_input(x, mode="torch"), (8, 6, 3), ["Rescaling"] * 3),
    "tf": (lambda x: keras.applications.imagenet_utils.preprocess_input(x, mode="tf"), (8, 6, 3), ["Rescaling"] * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_an_operation_becomes_its_layer_to_the_bit(name: str) -> None:
    make, shape, kinds = EXACT[name]
    assert same(make, shape) == kinds


@pytest.mark.parametrize("name", NEARLY)
def test_a_division_may_differ_in_the_last_bit(name: str) -> None:
    make, shape, kinds = NEARLY[name]
    assert same(make, shape, exact=False) == kinds


REFUSED = {
    "examples mixed": lambda x: ops.reshape(x, (-1, 4)),
    "another batch": lambda x: ops.transpose(x, (1, 0, 2)),
    "edges": lambda x: ops.pad(x, [[0, 0], [1, 1], [0, 0]], mode="reflect"),
    "channels padded": lambda x: ops.pad(x, [[0, 0], [0, 0], [1, 1]]),
    "over examples": lambda x: ops.sum(x, axis=0),
    "over all": lambda x: x / ops.sum(x),
    "softmax over examples": lambda x: ops.softmax(x, axis=0),
    "unlike": lambda x: x + ops.mean(x, axis=1),
    "one": lambda x: ops.clip(x, -1, 2),
    "another example": lambda x: x[0],
    "nothing left": lambda x: x[:, 3:3],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layer_does_is_named(name: str) -> None:
    given = keras.Input(STEPS, name="x")
    model = keras.Model(given, REFUSED[name](given))
    with pytest.raises(ImportFailed, match=r"is the operation `\w+` of keras.ops"):
        import_config(json.loads(model.to_json()))


def test_a_mean_over_steps_is_no_pooling_where_there_are_masks() -> None:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    model = keras.Model(tokens, ops.mean(layers.Embedding(9, 3, mask_zero=True)(tokens), axis=1))
    found = import_config(json.loads(model.to_json()))
    assert [layer.kind for layer in found.spec.graph.layers] == ["Embedding", "Reduce"]  # which looks at none
    ours = nnspec.build(found.spec)
    carry_weights(model, ours, found.origins)
    words = np.array([[3, 4, 0, 0], [1, 0, 0, 0]])
    assert np.array_equal(model(words), ours(words))
