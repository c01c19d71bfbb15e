"""Gate, then publish: nothing replaces a good file before the last reason to refuse it has been looked at."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import cnn, images, tflite
from keras import layers

from nnspec.export import files
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case
from nnspec.export.files import publish, size_of
from nnspec.export.gate.verify import compare, judge
from nnspec.export.pipeline import export
from nnspec.frontend.config import Budget
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf


def dense(units: int = 4) -> Any:
    given = keras.Input((8,), name="x")
    return keras.Model(given, layers.Dense(units, name="y")(given))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "name", "budget", "reason"),
    [
        ("TFLite", "net.tflite", {"tflite_bytes": 10}, "the budget of TFLite files is 10"),
        ("SavedModel", "net.savedmodel", {"saved_model_bytes": 10}, "the budget of SavedModels is 10"),
        ("TFLite", "net.tflite", {"latency_ms": 1e-9}, "the median latency is"),
        ("TFLite", "net.tflite", {"memory_bytes": 1}, "bytes of memory; the budget is 1"),
    ],
)
def test_over_its_budget_the_good_artifact_stays(
    kind: str, name: str, budget: dict[str, float], reason: str, tmp_path: Path
) -> None:
    target = KindValue(kind, {"quantize": "none"} if kind == "TFLite" else {})
    roomy = Budget(**dict.fromkeys(budget, 1e12))
    good = export(dense(), target, tmp_path, name="net", budget=roomy)
    assert good.ok and good.path == tmp_path / name
    before = contents(tmp_path)
    refused = export(dense(), target, tmp_path, name="net", budget=Budget(**budget))
    assert not refused.ok and any(reason in text for text in refused.reasons)
    assert refused.path.exists() and ".failed" in refused.path.name
    assert any("is left as it was" in note for note in refused.notes)
    after = contents(tmp_path)
    assert {path: after[path] for path in before} == before


@pytest.mark.long
def test_a_bundle_that_fails_leaves_file_and_bundle(tmp_path: Path) -> None:
    def good(artifact: Any, folder: Path) -> None:
        folder.mkdir()
        (folder / "manifest.json").write_text(f"{artifact.bytes}")

    def bad(artifact: Any, folder: Path) -> None:
        folder.mkdir()
        raise ExportError("the bundle fails its own check")

    made = export(dense(), tflite(quantize="none"), tmp_path, name="net", bundle=good)
    assert made.bundle == tmp_path / "net.bundle" and (made.bundle / "manifest.json").read_text() == str(made.bytes)
    before = contents(tmp_path)
    with pytest.raises(ExportError, match="its own check"):
        export(dense(5), tflite(quantize="none"), tmp_path, name="net", bundle=bad)
    assert contents(tmp_path) == before
    (tmp_path / "other.bundle").mkdir()
    with pytest.raises(ExportError, match="is no bundle"):
        export(dense(), tflite(quantize="none"), tmp_path, name="other", bundle=good)
    assert not (tmp_path / "other.tflite").exists()


def test_a_place_that_cannot_be_taken_keeps_what_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, place = tmp_path / "work" / "model", tmp_path / "net.savedmodel"
    for folder in (made, place):
        folder.mkdir(parents=True)
        (folder / "name").write_text(folder.name)
    replace = os.replace

    def refuses(source: Any, to: Any) -> None:
        if Path(source) == made:
            raise OSError(errno.EACCES, "Permission denied")
        replace(source, to)

    monkeypatch.setattr(os, "replace", refuses)
    monkeypatch.setattr(files, "_exchanged", lambda one, other: False)  # as where a system has no such call
    with pytest.raises(OSError, match="Permission denied"):
        publish(made, place)
    assert (place / "name").read_text() == "net.savedmodel"


def masked_mean() -> Any:
    """Of words alone that are padding it is 0 / 0."""
    words = keras.Input((6,), dtype="int32", name="words")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(9, 4, mask_zero=True)(words))
    return keras.Model(words, layers.Dense(3, name="label")(x))


@pytest.mark.parametrize("kind", ["TFLite", "SavedModel"])
def test_a_masked_mean_is_judged_on_what_keras_answers(kind: str, tmp_path: Path) -> None:
    target = KindValue(kind, {"quantize": "none"} if kind == "TFLite" else {})
    found = export(masked_mean(), target, tmp_path, name="net")
    assert found.ok, found.reasons
    assert np.isfinite(found.max_abs_diff)
    (note,) = [text for text in found.notes if "no finite numbers" in text]
    assert "0% and padding" in note and "zeros" in note and "not judged" in note


def test_where_keras_answers_nothing_the_file_is_refused() -> None:
    case = Case("random", "random", {"x": np.zeros((1, 2), np.float32)})

    def run(_: Any) -> Any:
        return {"y": np.array([[np.nan]], np.float32)}

    verdict = judge(compare(run, [case], run), "none", "here")
    assert verdict.reasons == ("here: Keras answers none of the gate's inputs with finite numbers",)


def test_a_file_that_is_nan_where_keras_is_not_is_refused() -> None:
    case = Case("random", "random", {"x": np.zeros((1, 2), np.float32)})
    verdict = judge(
        compare(lambda _: {"y": np.array([np.nan], np.float32)}, [case], lambda _: {"y": np.ones(1, np.float32)}),
        "none",
        "here",
    )
    assert any("not finite" in reason for reason in verdict.reasons) and not verdict.notes


@pytest.mark.long
def test_a_quantization_that_quantized_nothing_says_so(tmp_path: Path) -> None:
    small = export(dense(), tflite(quantize="dynamic"), tmp_path, name="small")
    assert "dynamic quantized nothing: all weights stayed float32, y (32 values)" in small.notes
    given = keras.Input((64,), name="x")
    model = keras.Model(given, layers.Dense(3, name="y")(layers.Dense(64, activation="relu", name="wide")(given)))
    mixed = export(model, tflite(quantize="dynamic"), tmp_path, name="mixed")
    assert "dynamic left weights in float32: y (192 values)" in mixed.notes
    for quantize in ("float16", "int8"):
        whole = export(cnn(), tflite(quantize=quantize), tmp_path, name=quantize, representative=images)
        assert not [note for note in whole.notes if "float32" in note], whole.notes
    assert size_of(mixed.path) < 64 * 64 * 4


def looking_up(offset: float) -> keras.Model:
    """A table of 64 rows that is looked up by what was computed."""
    numbers = keras.Input((3,), name="numbers")
    return keras.Model(numbers, layers.Embedding(64, 2)(layers.Rescaling(1, offset)(layers.ReLU()(numbers))))


@pytest.mark.parametrize("kind", ["TFLite", "SavedModel"])
def test_inputs_that_keras_refuses_judge_nothing(kind: str, tmp_path: Path) -> None:
    wanted = tflite(quantize="none") if kind == "TFLite" else KindValue(kind, {})
    artifact = export(looking_up(0), wanted, tmp_path, name="net")
    assert artifact.ok, artifact.reasons
    assert any("Keras itself refuses thousands, bytes" in note for note in artifact.notes)
    with pytest.raises(ExportError, match="Keras refuses the inputs that the gate draws"):
        export(looking_up(1000), wanted, tmp_path, name="other")
