"""The SavedModel target: named signature, dynamic batch and length, equal to Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from export_networks import cnn, forecaster, sentences, tagger

from nnspec.export import saved_model
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


def test_the_signature_is_named_and_dynamic(tmp_path: Path) -> None:
    model = tagger()
    path = export(model, SAVED_MODEL, tmp_path, name="tagger", representative=sentences).path
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    assert serve.structured_input_signature[1]["tokens"].shape.as_list() == [None, None]
    for shape in ((1, 3), (5, 11)):
        tokens = np.random.default_rng(0).integers(0, 20, shape).astype(np.int32)
        np.testing.assert_allclose(serve(tokens=tf.constant(tokens))["tags"], model(tokens), atol=1e-6)


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
