"""Adapted layers come back whole: vocabularies and boundaries in the spec, means and variances with the weights."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import nnspec
from nnspec.cli.import_ import command
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import import_config
from nnspec.importing.learned import from_model, with_learned
from nnspec.importing.read import read_model
from nnspec.importing.weights import carry_weights

pytestmark = pytest.mark.tf

WORDS = np.array([["a b"], ["b: c"], ["c"], ["$x"], ["b: c"]])
CODES = np.array([[7, 7], [3, -2], [3, 3]])
NUMBERS = np.random.default_rng(0).normal(3, 2, (40, 2)).astype("float32")

KINDS: dict[str, tuple[Any, np.ndarray]] = {
    "words": (lambda: layers.StringLookup(output_mode="one_hot"), WORDS),
    "masked words": (lambda: layers.StringLookup(mask_token=""), WORDS),
    "codes": (lambda: layers.IntegerLookup(output_mode="multi_hot"), CODES),
    "texts": (lambda: layers.TextVectorization(output_sequence_length=4), WORDS),
    "counts": (lambda: layers.TextVectorization(output_mode="count", max_tokens=20), WORDS),
    "bins": (lambda: layers.Discretization(num_bins=4), NUMBERS),
    "numbers": (lambda: layers.Normalization(), NUMBERS),
    "given": (lambda: layers.StringLookup(vocabulary=["b", "a"]), WORDS),
    "given codes": (lambda: layers.IntegerLookup(vocabulary=[7, 3], output_mode="one_hot"), CODES[:, :1]),
}


def adapted(make: Any, x: np.ndarray) -> keras.Model:
    layer = make()
    if getattr(layer, "vocabulary_size", lambda: 0)() <= 2 and not getattr(layer, "input_vocabulary", None):
        layer.adapt(x)
    dtype = "string" if x.dtype.kind == "U" else "int64" if x.dtype.kind == "i" else "float32"
    given = keras.Input(x.shape[1:], dtype=dtype, name="x")
    return keras.Model(given, layer(given))


@pytest.mark.parametrize("name", KINDS)
def test_what_a_layer_learned_comes_back(name: str, tmp_path: Path) -> None:
    make, x = KINDS[name]
    model = adapted(make, x)
    model.save(tmp_path / "model.keras")
    for config in (
        read_model(tmp_path / "model.keras").config,
        with_learned(json.loads(model.to_json()), from_model(model)),
    ):
        found = import_config(config)
        ours = nnspec.build(found.spec)
        carry_weights(model, ours, found.origins)
        given = tf.constant(x) if x.dtype.kind == "U" else x
        assert np.array_equal(ours(given), model(given))


def learned(layer: Any, x: np.ndarray = WORDS) -> Any:
    layer.adapt(x)
    return layer


def test_what_a_wrapper_holds_comes_back_too(tmp_path: Path) -> None:
    given = keras.Input((1, 1), dtype="string", name="x")
    words = layers.TimeDistributed(learned(layers.StringLookup(mask_token="")))
    model = keras.Model(given, words(given))
    model.save(tmp_path / "model.keras")
    for config in (
        read_model(tmp_path / "model.keras").config,
        with_learned(json.loads(model.to_json()), from_model(model)),
    ):
        x = tf.constant(WORDS[:, None])
        assert np.array_equal(nnspec.build(import_config(config).spec)(x), model(x))


def test_what_a_pipeline_has_learned_is_refused(tmp_path: Path) -> None:
    given = keras.Input((1,), dtype="string", name="x")
    model = keras.Model(given, layers.Pipeline([learned(layers.StringLookup())], name="steps")(given))
    model.save(tmp_path / "model.keras")
    with pytest.raises(ImportFailed, match="`steps` has learned a vocabulary of 5"):
        read_model(tmp_path / "model.keras")


def test_each_vocabulary_finds_its_layer_in_models_within_models(tmp_path: Path) -> None:
    inner = adapted(KINDS["masked words"][0], WORDS)
    other = adapted(KINDS["masked words"][0], np.array([["z"], ["y"]]))
    given = keras.Input((1,), dtype="string", name="x")
    last = layers.StringLookup()
    last.adapt(np.array([["last"]]))
    model = keras.Model(given, layers.Concatenate()([inner(given), last(given), other(given)]))
    model.save(tmp_path / "model.keras")
    found = import_config(read_model(tmp_path / "model.keras").config)
    x = tf.constant([["z"], ["last"], ["b: c"], ["a b"]])
    assert np.array_equal(nnspec.build(found.spec)(x), model(x))


def test_tf_idf_comes_with_a_model_and_not_with_a_file(tmp_path: Path) -> None:
    model = adapted(lambda: layers.TextVectorization(output_mode="tf_idf"), WORDS)
    found = import_config(with_learned(json.loads(model.to_json()), from_model(model)))
    assert np.array_equal(nnspec.build(found.spec)(tf.constant(WORDS)), model(tf.constant(WORDS)))
    model.save(tmp_path / "model.keras")
    with pytest.raises(ImportFailed, match="tf_idf"):
        read_model(tmp_path / "model.keras")


@pytest.mark.parametrize("name", ["words", "codes", "texts", "counts", "masked words"])
def test_json_has_no_vocabulary(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(adapted(*KINDS[name]).to_json())
    with pytest.raises(ImportFailed, match=r"has learned a vocabulary of .* which is not in the file"):
        read_model(path)


def test_a_layer_that_learned_nothing_comes_back_as_it_was(tmp_path: Path) -> None:
    given = keras.Input((1,), dtype="string", name="x")
    path = tmp_path / "model.json"
    path.write_text(keras.Model(given, layers.TextVectorization(output_sequence_length=4)(given)).to_json())
    assert "vocabulary" not in import_config(read_model(path).config).text


TRUSTED = {
    "boom": ("def make():\n    raise ValueError('my own fault')", r"raises ValueError: my own fault"),
    "number": ("def make():\n    return 3", "gives a int, not a model"),
    "no_function": ("make = 3", "is a int, not a model"),
    "leaves": ("def make():\n    raise SystemExit(7)", "raises SystemExit: 7"),
    "broken": ("import keras\n1 / 0\ndef make(): pass", "importing `broken` raises ZeroDivisionError"),
    "syntax": ("def make(:", "importing `syntax` raises SyntaxError"),
    "missing": ("import no_such_package_here", "cannot be imported: No module named"),
    "subclass": (
        "import keras\nclass Net(keras.Model):\n    def __init__(self, units):\n        super().__init__()\n"
        "        self.d = keras.layers.Dense(3, kernel_regularizer=units)\n    def call(self, x):\n        return self.d(x)\n"
        "def make():\n    m = Net(keras.regularizers.L2(0.1)); return m",
        "`Net` was never called: the shape of its input is not known",
    ),
}


@pytest.mark.parametrize("name", TRUSTED)
def test_a_function_that_gives_no_network_is_an_error_of_its_own(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from nnspec.cli.main import run

    text, message = TRUSTED[name]
    (tmp_path / f"{name}.py").write_text(text + "\n")
    monkeypatch.chdir(tmp_path)
    code = run(["import", f"{name}:make", "--trust"])
    said = capsys.readouterr().err
    assert re.search(message, said) and "bug in nnspec" not in said and code in (2, 4), said
    assert command.name == "import" and not list(tmp_path.glob("*.yaml"))


def test_the_weights_of_a_normalization_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from nnspec.cli.main import run

    monkeypatch.chdir(tmp_path)
    model = adapted(*KINDS["numbers"])
    model.save("model.keras")
    assert run(["import", "model.keras", "-o", "a.yaml", "--no-weights"]) == 0
    assert "are weights, and are not written" in capsys.readouterr().err
    assert run(["import", "model.keras", "-o", "b.yaml", "--weights", "b.keras"]) == 0
    assert "not written" not in capsys.readouterr().err
    assert np.array_equal(keras.models.load_model("b.keras")(NUMBERS), model(NUMBERS))
