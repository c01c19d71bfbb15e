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
    "above and below": (lambda x: ops.clip(x, -1, 2), STEPS, ["Clip"]),
    "at least": (lambda x: ops.minimum(ops.maximum(x, 0.1), 1), STEPS, ["Clip", "Clip"]),
    "parts": (lambda x: layers.Concatenate()(ops.split(x, 2, axis=-1)[::-1]), STEPS, ["Slice", "Slice", "Concatenate"]),
    "parts between places": (lambda x: ops.split(x, [1, 3], axis=1), STEPS, ["Slice"] * 3),
    "unlike parts": (lambda x: ops.array_split(x, 3, axis=1), STEPS, ["Slice"] * 3),
    "places apart": (lambda x: ops.unstack(x, axis=1)[1:3], (4, 3), ["Slice", "Reshape"] * 2),
    "taken": (lambda x: ops.take(x, [3, -4], axis=-1), STEPS, ["Slice", "Slice", "Concatenate"]),
    "one taken": (lambda x: ops.take(x, 2, axis=1), STEPS, ["Slice", "Reshape"]),
    "flipped": (lambda x: ops.flip(x, axis=(1, 2)), IMAGE, ["Slice", "Slice"]),
    "rolled": (lambda x: ops.roll(x, (1, -2), axis=(1, 2)), STEPS, ["Slice", "Slice", "Concatenate"] * 2),
    "rolled round": (lambda x: ops.roll(x, 8, axis=1), STEPS, ["Activation"]),
    "each step twice": (lambda x: ops.repeat(x, 2, axis=1), (None, 4), ["UpSampling1D"]),
    "each column twice": (lambda x: ops.repeat(x, 2, axis=2), IMAGE, ["UpSampling2D"]),
    "each channel twice": (lambda x: ops.repeat(x, 2, axis=-1), STEPS, ["Reshape", "Concatenate", "Reshape"]),
    "tiled": (lambda x: ops.tile(x, [1, 2, 3]), STEPS, ["Concatenate", "Concatenate"]),
    "edges": (lambda x: ops.pad(x, [[0, 0], [1, 2], [3, 0], [0, 0]], mode="reflect"), IMAGE, ["Slice", "Slice", "Concatenate", "Slice", "Concatenate"]),
    "edges twice": (lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 0]], mode="symmetric"), (None, 4), ["Slice", "Slice", "Concatenate"]),
    "channels padded": (lambda x: ops.pad(x, [[0, 0], [1, 0], [0, 0], [2, 1]]), IMAGE, ["Reshape", "ZeroPadding2D", "Reshape", "ZeroPadding2D"]),
    "features padded": (lambda x: ops.pad(x, [[0, 0], [2, 1]]), (5,), ["Reshape", "ZeroPadding1D", "Reshape"]),
    "of unit length": (lambda x: ops.normalize(x, axis=1), STEPS, ["Multiply", "Reduce", "Clip", "Activation", "Multiply"]),
    "length of Keras": (lambda x: ops.norm(x, axis=-1, keepdims=True), STEPS, ["Multiply", "Reduce", "Activation"]),
    "largest size": (lambda x: ops.norm(x, ord=float("inf"), axis=1), STEPS, ["Activation", "Reduce"]),
    "rounded": (lambda x: ops.round(x) + ops.ceil(x), STEPS, ["Activation", "Activation", "Add"]),
    "gated": (lambda x: ops.glu(x, axis=1), STEPS, ["Slice", "Slice", "Activation", "Multiply"]),
    "shrunk": (lambda x: ops.hard_shrink(x), STEPS, ["Activation"]),
    "einsum of one": (lambda x: ops.einsum("bhwc->bcw", x), IMAGE, ["Reduce", "Permute"]),
    "einsum of two": (lambda x: ops.einsum("bsc,btc->bts", x, layers.Dense(4)(x)), STEPS, ["Dense", "Dot", "Permute"]),
    "heads": (lambda x: ops.matmul(ops.reshape(x, (-1, 2, 4, 4)), ops.reshape(x, (-1, 2, 4, 4))), STEPS, ["Reshape", "Reshape", "MatMul"]),
    "heads by einsum": (lambda x: ops.einsum("bqhd,bkhd->bhqk", ops.reshape(x, (-1, 8, 2, 2)), ops.reshape(x, (-1, 8, 2, 2))), STEPS, ["Reshape", "Permute", "Reshape", "Permute", "MatMul"]),
    "above": (lambda x: ops.cast(x > 0.5, "float32"), STEPS, ["Rescaling", "Activation", "Activation", "Rescaling"]),
    "peaks": (lambda x: x * ops.cast(ops.equal(x, ops.max_pool(x, 3, strides=1, padding="same")), "float32"), IMAGE, ["MaxPooling2D", "Subtract", "Activation", "Activation", "Rescaling", "Rescaling", "Multiply"]),
    "not below": (lambda x: ops.where(ops.logical_not(x <= -1), 0.5, x), STEPS, ["Rescaling", "Activation", "Activation", *["Rescaling"] * 4, "Multiply", "Add"]),
    "outside": (lambda x: ops.cast(ops.logical_or(x <= -1, x >= 2), "float32"), STEPS, ["Rescaling", "Activation", "Activation", *["Rescaling"] * 3, "Activation", "Activation", "Rescaling", "Maximum", "Rescaling"]),
    "hidden": (lambda x: ops.where(x[..., :1] < 0, -1e9, x), STEPS, ["Slice", "Rescaling", "Activation", "Activation", "Rescaling", "Rescaling", "Multiply", "Add"]),
    "sums up to": (lambda x: ops.cumsum(x, axis=1), (None, 4), ["CumulativeSum"]),
    "the best": (lambda x: ops.argmax(x, axis=-1), STEPS, ["ArgMax"]),
    "the worst step": (lambda x: ops.argmin(x, axis=1, keepdims=True), STEPS, ["Rescaling", "ArgMax", "Reshape"]),
    "the largest two": (lambda x: ops.top_k(x, 2), STEPS, ["TopK"]),
    "in order": (lambda x: ops.sort(x), STEPS, ["TopK", "Slice"]),
    "experts": (lambda x: x * ops.sum(ops.one_hot(ops.top_k(x, 2)[1], 4), axis=1), (4,), ["TopK", "CategoryEncoding", "Reduce", "Multiply"]),
    "one of the best": (lambda x: ops.one_hot(ops.argmax(x, axis=1, keepdims=True), 8), (8,), ["ArgMax", "Reshape", "CategoryEncoding", "Reshape"]),
    "any above": (lambda x: ops.cast(ops.any(x > 3, axis=-1), "float32"), STEPS, ["Rescaling", "Activation", "Activation", "Reduce", "Rescaling"]),
    "places": (lambda x: ops.cumsum(ops.ones_like(x), axis=1), STEPS, ["Rescaling", "CumulativeSum"]),
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
    "variance": (lambda x: ops.var(x, axis=(1, 2)), IMAGE, ["Reduce", "Subtract", "Multiply", "Reduce"]),
    "moments": (lambda x: ops.moments(x, [1], keepdims=True), STEPS, ["Reduce", "Reduce", "Subtract", "Multiply", "Reduce"]),
    "deviation": (lambda x: ops.std(x, axis=-1, keepdims=True), STEPS, ["Reduce", "Subtract", "Multiply", "Reduce", "Activation"]),
    "sum of exponentials": (lambda x: ops.logsumexp(x * 60, axis=1), STEPS, ["Rescaling", "Reduce", "Subtract", "Activation", "Reduce", "Activation", "Add", "Reduce"]),
    "logarithm of shares": (lambda x: ops.log_softmax(x, axis=1), STEPS, ["Reduce", "Subtract", "Activation", "Reduce", "Activation", "Add", "Subtract"]),
    "shares of sizes": (lambda x: ops.normalize(x, order=1), STEPS, ["Activation", "Reduce", "Clip", "Activation", "Multiply"]),
    "error function": (lambda x: 0.5 * x * (1 + ops.erf(x / 2**0.5)), STEPS, ["Rescaling", "Rescaling", "Activation", "Rescaling", "Multiply"]),
    "its rest": (lambda x: ops.erfc(x), STEPS, ["Activation", "Rescaling"]),
    "grey": (lambda x: ops.image.rgb_to_grayscale(x), (8, 6, 3), ["Rescaling", "Reduce"]),
    "third power": (lambda x: x**3, STEPS, ["Multiply"]),
    "decimal logarithm": (lambda x: ops.log10(ops.exp(x)), STEPS, ["Activation", "Activation", "Rescaling"]),
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
    "ones around": lambda x: ops.pad(x, [[0, 0], [1, 1], [0, 0]], constant_values=1.0),
    "parts of examples": lambda x: ops.roll(x, 1, axis=0),
    "variance of all": lambda x: ops.var(x),
    "norm of matrices": lambda x: ops.norm(x, ord="nuc", axis=(1, 2)),
    "einsum over examples": lambda x: ops.einsum("btc->tc", x),
    "einsum beside": lambda x: ops.einsum("btc,btc->bt", x, x),
    "a matrix for all": lambda x: ops.matmul(ops.reshape(x, (-1, 2, 4, 4)), ops.reshape(x, (-1, 1, 4, 8))),
    "over examples": lambda x: ops.sum(x, axis=0),
    "over all": lambda x: x / ops.sum(x),
    "softmax over examples": lambda x: ops.softmax(x, axis=0),
    "unlike": lambda x: x + ops.mean(x, axis=1),
    "another example": lambda x: x[0],
    "nothing left": lambda x: x[:, 3:3],
    "no number": lambda x: ops.where(ops.isnan(x), 0.0, x),
    "counted": lambda x: ops.sum(x > 0, axis=1),
    "the best of all": lambda x: ops.argmax(x),
    "products up to": lambda x: ops.cumprod(x, axis=1),
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


MASKED = {
    "times two": (lambda h: layers.LSTM(3)(h * 2.0), ["Reshape", "Rescaling"]),
    "twice": (lambda h: layers.GlobalAveragePooling1D()(h + h), ["Reshape", "Add"]),
    "squared": (lambda h: ops.multiply(h, h), ["Reshape", "Multiply"]),
    "side by side": (
        lambda h: layers.GlobalAveragePooling1D()(ops.concatenate([h, h], -1)),
        ["Reshape", "Concatenate"],
    ),
    "one of two": (lambda h: layers.Attention()([ops.relu(h), h]), ["Reshape", "Activation"]),
    "cut": (lambda h: layers.GlobalAveragePooling1D()(h[:, ::-1]), ["Slice"]),
    "weighed": (lambda h: ops.sum(ops.softmax(h, axis=1) * h, axis=1), ["Reshape", "Softmax", "Multiply"]),
    "itself": (lambda h: layers.GlobalAveragePooling1D()(ops.cast(h, "float32")), ["Rescaling"]),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_mask_ends_at_an_operation_as_in_keras(name: str) -> None:
    make, kinds = MASKED[name]
    given = keras.Input((6,), name="x", dtype="int32")
    model = keras.Model(given, make(layers.Embedding(10, 4, mask_zero=True)(given)))
    found = import_config(json.loads(model.to_json()))
    ours = nnspec.build(found.spec)
    carry_weights(model, ours, found.origins)
    x = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 0, 0, 0, 0]], "int32")
    assert [layer.kind for layer in found.spec.graph.layers][1 : 1 + len(kinds)] == kinds
    assert np.array_equal(model(x), ours(x))
