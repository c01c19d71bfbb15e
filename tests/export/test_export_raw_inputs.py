"""A SavedModel that takes what people have: the same answers as `nnspec predict`, from words, pixels and columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from export_networks import READING, WORDS

import nnspec
from nnspec.backend.signature import Port, Signature
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.serving_signature import RawInputs
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf
INSIDE = KindValue("SavedModel", {"preprocess": "inside"})

TAGGER = f"""\
nnspec: 1
{READING}  - {{LSTM: {{units: 5, return_sequences: true}}}}
  - {{Dense: {{units: $data.classes, activation: softmax}}, name: tags}}
data:
  source: {{Conll: {{path: words.conll, lower: true, digits: true, characters: 5, casing: true}}}}
  batch_size: 2
train: {{epochs: 2, loss: SparseCategoricalCrossentropy}}
"""


def shipped(folder: Path, spec: str) -> tuple[Path, Any]:
    path = folder / "net.yaml"
    path.write_text(spec, encoding="utf-8")
    nnspec.train(path, run=folder / "run")
    (artifact,) = nnspec.export(path, run=folder / "run", targets=[INSIDE])
    assert artifact.ok, artifact.reasons
    return path, tf.saved_model.load(str(artifact.path))


@pytest.mark.long
def test_words_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "words.conll").write_text(WORDS, encoding="utf-8")
    path, model = shipped(tmp_path, TAGGER)
    sentences = ["Ada saw Émile in 1999 .", "of", "ABC Crimson-Peaks abc123 McAda 1,000 ?!"]
    expected = nnspec.predict(path, sentences, run=tmp_path / "run")
    longest = max(len(sentence.split()) for sentence in sentences)
    rows = [[*sentence.split(), *[""] * (longest - len(sentence.split()))] for sentence in sentences]
    found = model.signatures["tag"](words=tf.constant(rows))
    assert found["tags"].shape[:2] == (3, longest)
    named = found["label"].numpy()
    for row, answer in zip(named, expected, strict=True):
        assert [tag.decode() for tag in row[: len(answer["tags"])]] == answer["tags"]


def test_columns_in_their_units_and_categories_by_name(tmp_path: Path) -> None:
    lines = [f"{n % 7},{'red' if n % 3 else 'blue'},{n % 5}.5,{2 * (n % 7) + 1}" for n in range(60)]
    (tmp_path / "rows.csv").write_text("size of it,colour,Öl,price\n" + "\n".join(lines) + "\n")
    path, model = shipped(
        tmp_path,
        "nnspec: 1\ninputs: {x: [$data.features]}\nlayers: [{Dense: {units: 4, activation: relu}}, {Dense: 1}]\n".replace(
            "[$data.features]", "[4]"
        )
        + "data: {source: {Csv: {path: rows.csv, target: price}}}\ntrain: {epochs: 2, loss: MeanSquaredError}\n",
    )
    rows = [{"size of it": 3, "colour": "red", "Öl": 1.5}, {"size of it": 6, "colour": "blue", "Öl": 4.5}]
    expected = nnspec.predict(path, rows, run=tmp_path / "run")
    found = model.signatures["predict"](
        size_of_it=tf.constant([3.0, 6.0]), colour=tf.constant(["red", "blue"]), n_l=tf.constant([1.5, 4.5])
    )
    np.testing.assert_allclose(
        next(iter(found.values())).numpy(), [answer["values"] for answer in expected], rtol=1e-5, atol=1e-5
    )


def test_a_series_with_categories_is_given_by_column() -> None:
    """As one array of numbers, a category would be divided by a factor that it has not."""
    columns = [{"name": "t", "offset": 1.0, "factor": 2.0, "fill": 5.0}, {"name": "shop", "one_hot": ["a", "b"]}]
    described = {"kind": "numbers", "columns": columns, "steps": 2}
    card = ModelMetadata("series", preprocessing={"inputs": {"x": described}})
    raw = RawInputs(card, Signature((Port("x", (2, 3), "float32"),), ()))
    assert {name: spec.shape.as_list() for name, spec in raw.specs().items()} == {"t": [None, 2], "shop": [None, 2]}
    found = raw.encoded({"t": tf.constant([[3.0, np.nan]]), "shop": tf.constant([["b", "c"]])})["x"]
    assert found.numpy().tolist() == [[[1.0, 0.0, 1.0], [2.0, 0.0, 0.0]]]


def test_two_texts_are_given_by_their_names() -> None:
    """As `words` for both, the second would be the first."""
    rule = {"kind": "words", "unknown": 1, "padding": 0, "lower": True, "digits": False}
    described = {"asked": rule, "answered": rule}
    card = ModelMetadata("pairs", vocabulary=("<pad>", "<unk>", "yes", "no"), preprocessing={"inputs": described})
    raw = RawInputs(card, Signature(tuple(Port(name, (None,), "int32") for name in described), ()))
    assert set(raw.specs()) == {"asked", "answered"}
    found = raw.encoded({"asked": tf.constant([["Yes", ""]]), "answered": tf.constant([["no", "why"]])})
    assert {name: values.numpy().tolist() for name, values in found.items()} == {
        "asked": [[2, 0]],
        "answered": [[3, 1]],
    }


def test_columns_of_one_name_in_the_signature_are_refused(tmp_path: Path) -> None:
    lines = [f"{n},{n % 7},{2 * n + 1}" for n in range(60)]
    (tmp_path / "rows.csv").write_text("a b,a-b,price\n" + "\n".join(lines) + "\n")
    with pytest.raises(nnspec.ExportError, match="two columns would be `a_b`"):
        shipped(
            tmp_path,
            "nnspec: 1\ninputs: {x: [2]}\nlayers: [{Dense: 1}]\n"
            "data: {source: {Csv: {path: rows.csv, target: price}}}\ntrain: {epochs: 1, loss: MeanSquaredError}\n",
        )


@pytest.mark.long
def test_pixels_of_any_size_and_the_label_by_name(tmp_path: Path) -> None:
    from PIL import Image

    generator = np.random.default_rng(0)
    for label in ("dark", "light"):
        (tmp_path / "images" / label).mkdir(parents=True)
        for number in range(8):
            pixels = generator.integers(0, 90, (12, 10, 3), np.uint8) + (160 if label == "light" else 0)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / label / f"{number}.png")
    path, model = shipped(
        tmp_path,
        "nnspec: 1\ninputs: {image: [12, 10, 3]}\n"
        "layers: [{Rescaling: $(1 / 255)}, Flatten, {Dense: {units: 2, activation: softmax}}]\n"
        "data: {source: {ImageFolder: {path: images, image_size: [12, 10]}}, batch_size: 4}\n"
        "train: {epochs: 20, optimizer: {Adam: {learning_rate: 0.01}}, loss: SparseCategoricalCrossentropy}\n",
    )
    files = sorted(map(str, (tmp_path / "images").rglob("*.png")))
    expected = nnspec.predict(path, files, run=tmp_path / "run")
    batch = np.stack([np.asarray(Image.open(file)) for file in files])
    found = model.signatures["classify"](image=tf.constant(batch))
    assert [label.decode() for label in found["label"].numpy()] == [answer["label"] for answer in expected]
    large = np.repeat(np.repeat(batch, 3, 1), 3, 2)
    again = model.signatures["classify"](image=tf.constant(large))
    assert np.array_equal(again["label"].numpy(), found["label"].numpy())
    assert set(model.signatures) == {"serving_default", "serve", "classify"}
