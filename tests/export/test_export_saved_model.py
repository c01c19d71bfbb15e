"""The SavedModel target: named signature, dynamic batch and length, equal to Keras."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from export_networks import cnn, forecaster, sentences, tagger
from keras import layers

from nnspec.export import ExportError, saved_model
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

SAVED_MODEL = KindValue("SavedModel", {})


@pytest.mark.parametrize("make", [cnn, tagger, forecaster])
def test_it_equals_keras(make: Any, tmp_path: Path) -> None:
    artifact = export(make(), SAVED_MODEL, tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.path == tmp_path / "model.savedmodel"
    assert artifact.max_abs_diff < 1e-6
    assert artifact.bytes > 10_000
    assert artifact.latency_ms is None


@pytest.mark.long
def test_the_signature_is_named_and_dynamic(tmp_path: Path) -> None:
    model = tagger()
    path = export(model, SAVED_MODEL, tmp_path, name="tagger", representative=sentences).path
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    assert serve.structured_input_signature[1]["tokens"].shape.as_list() == [None, None]
    for shape in ((1, 3), (5, 11)):
        tokens = np.random.default_rng(0).integers(0, 20, shape).astype(np.int32)
        np.testing.assert_allclose(serve(tokens=tf.constant(tokens))["tags"], model(tokens), atol=1e-6)


@pytest.mark.long
def test_over_an_older_one(tmp_path: Path) -> None:
    export(tagger(), SAVED_MODEL, tmp_path, name="model")
    (tmp_path / "model.savedmodel" / "stale").touch()
    export(cnn(), SAVED_MODEL, tmp_path, name="model")
    assert not (tmp_path / "model.savedmodel" / "stale").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model.savedmodel"]


def test_a_wrong_one_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reloaded = saved_model._reloaded

    def off(*args: Any) -> Any:
        run = reloaded(*args)
        return lambda features: {name: value + 1e-3 for name, value in run(features).items()}

    monkeypatch.setattr(saved_model, "_reloaded", off)
    artifact = export(cnn(), SAVED_MODEL, tmp_path, name="model")
    assert not artifact.ok
    assert [path.name for path in tmp_path.iterdir()] == ["model.failed.savedmodel"]


ALONE = """
import json, sys
import tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
given = json.loads(sys.argv[2])
dtypes = {name: spec.dtype for name, spec in serve.structured_input_signature[1].items()}
outputs = serve(**{name: tf.constant(value, dtypes[name]) for name, value in given.items()})
print(json.dumps({name: value.numpy().tolist() for name, value in outputs.items()}))
"""


def lookups() -> Any:
    """Texts, words and numbers, by each kind of layer that looks them up or hashes them."""
    text, word = keras.Input((), name="text", dtype="string"), keras.Input((2,), name="word", dtype="string")
    code = keras.Input((2,), name="code", dtype="int64")
    tokens = layers.TextVectorization(vocabulary=["rain", "sun", "größe"], output_sequence_length=4)(text)
    found = [
        layers.Flatten()(layers.Embedding(9, 2)(tokens)),
        layers.StringLookup(vocabulary=["red", "blue"], output_mode="multi_hot")(word),
        layers.Flatten()(layers.Embedding(5, 2)(layers.Hashing(5)(word))),
        layers.IntegerLookup(vocabulary=[10, 12], output_mode="count")(code),
    ]
    scores = layers.Dense(3)(layers.Concatenate()([*found[:-1], layers.Rescaling(1.0)(found[-1])]))
    return keras.Model({"text": text, "word": word, "code": code}, {"scores": scores})


@pytest.mark.long
def test_texts_and_lookups_answer_in_a_fresh_process(tmp_path: Path) -> None:
    model = lookups()
    artifact = export(model, SAVED_MODEL, tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff == 0
    given: dict[str, Any] = {
        "text": ["Rain, rain! and sun", "", "Größe 大"],
        "word": [["red", "green"], ["blue", ""], ["", "rot"]],
        "code": [[10, 11], [12, 0], [-1, 12]],
    }
    command = [sys.executable, "-c", ALONE, str(artifact.path), json.dumps(given)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    tensors = {name: tf.constant(value, "int64" if name == "code" else "string") for name, value in given.items()}
    np.testing.assert_allclose(told["scores"], model(tensors)["scores"], rtol=1e-6, atol=1e-6)


def test_tflite_refuses_texts_by_the_layer(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="has no builtin operations") as refusal:
        export(lookups(), KindValue("TFLite", {}), tmp_path, name="net")
    assert refusal.value.layer and refusal.value.hint and "outside the model" in refusal.value.hint
