"""Models of all sorts become specs that compile to the same network; what cannot is named with its layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from families import one_of_each
from keras import layers

import nnspec
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.format import format_text
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import ImportedSpec, import_config
from nnspec.importing.read import read_model
from nnspec.importing.weights import carry_weights, trained_model

pytestmark = pytest.mark.tf

ROOT = Path(__file__).parent.parent.parent
# Kinds that make their object from files or leave something out of their configuration.
SPECS = [*sorted(ROOT.glob("specs/*.yaml")), *sorted(ROOT.glob("tests/specs/valid/*.yaml"))]
LARGE = 30_000_000


def imported(model: keras.Model, **options: Any) -> ImportedSpec:
    return import_config(json.loads(model.to_json()), **options)


def same(model: keras.Model, found: ImportedSpec, *inputs: np.ndarray) -> bool:
    """Whether the network of the spec, given the weights, gives the same bits."""
    ours = nnspec.build(found.spec)
    carry_weights(model, ours, found.origins, found.left)
    given = list(inputs) if len(inputs) > 1 else inputs[0]
    named = dict(zip(ours.input, inputs, strict=True)) if isinstance(ours.input, dict) else inputs[0]
    theirs, found_now = model(given), ours(named)
    if isinstance(theirs, dict):
        return all(np.array_equal(theirs[name], found_now[name]) for name in {**theirs, **found_now})
    expected, results = (keras.tree.flatten(each) for each in (theirs, found_now))
    return all(any(np.array_equal(a, b) for b in results) for a in expected) and len(expected) == len(results)


@pytest.mark.long
@pytest.mark.parametrize("path", one_of_each(SPECS), ids=lambda path: path.stem)
def test_a_spec_comes_back_as_the_same_network(path: Path, tmp_path: Path) -> None:
    spec = nnspec.load(path).spec
    if spec.graph.plugins or (spec.param_count or 0) > LARGE:
        pytest.skip("a plugin's layers, or large")
    keras.backend.clear_session()  # Keras counts on in the names of inner layers
    try:
        model = nnspec.build(spec)
    except nnspec.SpecError as error:
        assert "only the data can tell" in str(error)
        return
    found = imported(model, names="all")
    assert found.spec.param_count == spec.param_count
    again = tmp_path / "again.yaml"
    again.write_text(found.text, encoding="utf-8")
    assert nnspec.load(again).check().ok
    assert format_text(Source("again", found.text)) == found.text
    shapes = [[tuple(weight.shape) for weight in each.weights] for each in (model, nnspec.build(found.spec))]
    assert sorted(map(tuple, shapes[0])) == sorted(map(tuple, shapes[1]))


def test_shared_layers_and_several_inputs_and_outputs() -> None:
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = layers.Dense(4, activation="tanh", name="shared")
    joined = layers.Concatenate()([shared(a), shared(b)])
    model = keras.Model([a, b], {"sum": layers.Dense(1, name="sum")(joined), "all": joined})
    found = imported(model)
    assert "reuse: shared" in found.text and list(found.spec.graph.outputs)
    x, y = np.random.default_rng(0).normal(size=(2, 3, 6)).astype("float32")
    assert same(model, found, x, y)


def test_what_shares_weights_stands_behind_the_layer_that_has_them() -> None:
    """Though a chain of layers leads to the second call first; branches, too."""
    x = keras.Input((4,))
    shared, other = layers.Dense(4, name="shared"), layers.Dense(4, name="other")
    first = [shared(x), other(x)]
    again = shared(layers.Dense(4, name="chain")(x))
    branches = [other(layers.Dense(4, name="left")(again)), shared(layers.ReLU()(again))]
    model = keras.Model(x, layers.Add()([*first, layers.Concatenate()(branches)[:, :4]]))
    assert same(model, imported(model), np.random.default_rng(0).normal(size=(3, 4)).astype("float32"))


def test_nested_models_are_written_in_place() -> None:
    inner = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, activation="relu", name="first"), layers.BatchNormalization()], name="inner"
    )
    given = keras.Input((5,), name="x")
    model = keras.Model(given, layers.Dense(2)(inner(given)))
    found = imported(model)
    assert [layer.kind for layer in found.spec.graph.layers] == ["Dense", "BatchNormalization", "Dense"]
    assert same(model, found, np.ones((2, 5), "float32"))


@pytest.mark.parametrize("which", [0, 1])
def test_an_output_of_a_model_that_is_called_again_is_that_of_its_call(which: int) -> None:
    """Keras counts calls of a functional model otherwise where they are outputs than where a layer takes them."""
    given = keras.Input((4,))
    inner = keras.Model(given, layers.Dense(3)(given), name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    codes = inner(a), inner(b)
    model = keras.Model([a, b], [layers.Subtract(name="apart")(codes), codes[which]])
    found = imported(model)
    ours = nnspec.build(found.spec)
    carry_weights(model, ours, found.origins)
    x, y = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    answers = ours({"a": x, "b": y})
    assert np.array_equal(answers["inner"], model([x, y])[1]) and np.array_equal(answers["apart"], model([x, y])[0])


def test_what_no_output_comes_of_is_left_out(tmp_path: Path) -> None:
    """Of a model within the model, of whose outputs one is taken of each call; with the weights of what is left."""
    given = keras.Input((4,))
    ends = [layers.Dense(size, name=f"of_{size}")(given) for size in (2, 3, 5)]
    inner = keras.Model(given, ends, name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], layers.Concatenate()([inner(a)[0], inner(b)[1]]))
    found = imported(model)
    assert "left out, as no output comes of it: `inner/of_5`" in found.notes and "reuse" not in found.text
    x, y = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    assert same(model, found, x, y)
    model.save(tmp_path / "model.h5")
    with pytest.raises(ImportFailed, match="no output comes of `inner/of_5`"):
        trained_model(tmp_path / "model.h5", read_model(tmp_path / "model.h5"), found)


def masked(explicit: bool) -> keras.Model:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(20, 4, mask_zero=True)(tokens)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Dropout(0.5)(x))
    if explicit:  # a convolution drops the mask; this one is the model's own doing
        x = layers.LSTM(3)(layers.Conv1D(4, 3, padding="same")(x), mask=keras.ops.not_equal(tokens, 0))
    else:
        x = layers.LSTM(3)(layers.Masking(0.5)(layers.Dense(4)(x)))
    return keras.Model(tokens, x)


def test_masks_that_come_by_themselves_are_left_to_keras() -> None:
    model = masked(explicit=False)
    assert "NotEqual" in model.to_json()
    found = imported(model)
    assert [layer.kind for layer in found.spec.graph.layers][-2:] == ["Masking", "LSTM"]
    assert same(model, found, np.array([[3, 4, 5, 0, 0], [1, 2, 3, 4, 5]], "int32"))


def test_the_mask_of_a_concatenate_is_kerass_too() -> None:
    tokens, more = keras.Input((None,), dtype="int32", name="tokens"), keras.Input((None, 2), name="more")
    joined = layers.Concatenate(name="joined")([layers.Embedding(9, 3, mask_zero=True)(tokens), more])
    model = keras.Model([tokens, more], layers.LSTM(3)(joined))
    assert "LogicalOr" in model.to_json()
    found = imported(model)
    assert [layer.kind for layer in found.spec.graph.layers] == ["Embedding", "Concatenate", "LSTM"]
    x = np.array([[3, 4, 0], [1, 2, 3]], "int32")
    assert same(model, found, x, np.random.default_rng(0).normal(size=(2, 3, 2)).astype("float32"))


def test_the_mask_of_sums_behind_attention_is_kerass_too() -> None:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(9, 4, mask_zero=True)(tokens)
    x = layers.Add()([x, layers.MultiHeadAttention(1, 4)(query=x, value=x)])
    model = keras.Model(tokens, layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x)))
    assert "LogicalOr" in model.to_json()
    found = imported(model)
    kinds = ["Embedding", "MultiHeadAttention", "Add", "LayerNormalization", "GlobalAveragePooling1D"]
    assert [layer.kind for layer in found.spec.graph.layers] == kinds
    assert same(model, found, np.array([[3, 4, 0], [1, 2, 3]], "int32"))


def test_masks_of_the_models_own_doing_are_refused() -> None:
    with pytest.raises(ImportFailed, match=r"`lstm\w*` takes the truth values of a comparison"):
        imported(masked(explicit=True))


def test_operations_become_layers() -> None:
    given = keras.Input((5,), name="x")
    y = keras.ops.relu(given * 2.0 + 1.0)
    model = keras.Model(given, y - layers.Dense(5)(given))
    found = imported(model)
    assert {"Rescaling", "Activation", "Subtract"} <= {layer.kind for layer in found.spec.graph.layers}
    assert same(model, found, np.linspace(-2, 2, 10, dtype="float32").reshape(2, 5))


def test_repetition_is_folded() -> None:
    x = given = keras.Input((16, 16, 3), name="image")
    for filters in (8, 16, 32):
        for _ in range(3):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    model = keras.Model(given, x)
    found = imported(model)
    assert (
        "for: {filters: [8, 16, 32]}" in found.text and found.text.count("Conv2D") == 3
    )  # three lines or a loop of four
    assert same(model, found, np.random.default_rng(0).normal(size=(1, 16, 16, 3)).astype("float32"))


def test_compiled_settings_become_a_training_section() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train = imported(model).spec.train
    assert (
        train is not None
        and train.optimizer.kind == "SGD"
        and train.optimizer.args == {"learning_rate": 0.1, "momentum": 0.9}
    )
    assert train.loss == "sparse_categorical_crossentropy" and list(train.metrics) == ["accuracy"]


def test_defaults_are_left_out() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.5), layers.Dense(2)]
    )
    assert (
        imported(model).text.split("layers:\n")[1]
        == "  - Dense: {units: 3, activation: relu}\n  - Dropout: 0.5\n  - Dense: 2\n"
    )


def test_an_empty_mapping_is_one_that_is_not_given() -> None:
    """Keras writes `renorm_clipping: {}` where nothing was said."""
    model = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(renorm=True, renorm_momentum=0.5)])
    assert "{renorm: true, renorm_momentum: 0.5}" in imported(model).text


@keras.saving.register_keras_serializable("tests")
class Own(layers.Layer):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return inputs


REFUSED = {
    "a lambda": (lambda x: layers.Lambda(lambda y: y, name="guilty")(x), "`guilty` is a `Lambda`"),
    "a class": (lambda x: Own(name="guilty")(x), "`guilty` is of the class `tests>Own`"),
    "an operation": (lambda x: keras.ops.cumprod(x, axis=1), "the operation `Cumprod`"),
    "a function": (lambda x: layers.Dense(2, activation=lambda y: y, name="guilty")(x), "guilty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_spec_cannot_say_is_named(case: str) -> None:
    make, words = REFUSED[case]
    given = keras.Input((4,), name="x")
    with pytest.raises(ImportFailed, match=words):
        imported(keras.Model(given, make(given)))
