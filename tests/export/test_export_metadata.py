"""TFLite metadata: what stands in the file, read back by its flatbuffer and as a ZIP archive; the file runs as before."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from export_networks import cnn, images, tagger, tflite

from nnspec.data.scaling import original_units
from nnspec.evaluation.open_run import open_trained
from nnspec.export.bundle.model import runner
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.pipeline import export
from nnspec.export.session import make_card
from nnspec.export.tflite.metadata import attach
from nnspec.frontend.pipeline import load
from nnspec.layers.types import KindValue
from nnspec.training.train import train

pytestmark = pytest.mark.tf

DIGITS = tuple(f"the digit {number}" for number in range(10))
IMAGE = {"kind": "image", "meaning": "grey pixels", "color": "grey", "range": [0, 255]}
COLUMNS = [{"name": "a", "offset": 2.0, "factor": 0.5, "fill": 0.0}, {"name": "b", "offset": -1.0, "factor": 4.0}]


OF_BOTH = """
name: both
inputs: {a: [1]}
layers:
  - {Dense: {units: 2, activation: softmax}, name: kind, from: a}
  - {Dense: 2, name: place, from: a}
outputs: [kind, place]
data:
  source: {Table: {path: t.csv, inputs: {a: }, targets: {kind: , place: {columns: [p, q], scale: standard}}}}
train: {epochs: 1, loss: {kind: SparseCategoricalCrossentropy, place: MeanSquaredError}}
"""


def test_numbers_as_many_as_classes_are_no_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told in the units of their columns."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n},{'xy'[n % 2]},{n + 100},{n * 2}\n" for n in range(12))
    (tmp_path / "t.csv").write_text(f"a,kind,p,q\n{rows}")
    (tmp_path / "both.yaml").write_text(f"nnspec: 1\n{OF_BOTH}")
    spec = load(tmp_path / "both.yaml")
    trained = open_trained(spec, train(spec).run)
    card = make_card(spec, trained, KindValue("TFLite", {}))
    kind, place = (card.preprocessing["outputs"][name] for name in ("kind", "place"))
    assert kind["kind"] == "classes" and card.labelled("kind", (None, 2))
    assert place["kind"] == "numbers" and not card.labelled("place", (None, 2))
    scaled = np.array([[0.5, -1.0]], np.float32)
    expected = original_units(scaled, {"targets": trained.dataset.assets.target("place")["entries"]})
    told = [value * one["factor"] + one["offset"] for value, one in zip(scaled[0], place["columns"], strict=True)]
    np.testing.assert_allclose(told, expected[0], rtol=1e-6)
    assert trained.dataset.assets.classes_of("place") is None


class Read:
    """A table of a flatbuffer, whose fields are asked for by the place that the schema gives them."""

    def __init__(self, content: bytes, place: int) -> None:
        self.table = flatbuffers.table.Table(content, place)

    @classmethod
    def root(cls, content: bytes) -> Read:
        return cls(content, flatbuffers.encode.Get(flatbuffers.packer.uoffset, content, 0))

    def _at(self, field: int) -> int:
        return self.table.Offset(4 + 2 * field)

    def text(self, field: int) -> str | None:
        at = self._at(field)
        return self.table.String(at + self.table.Pos).decode() if at else None

    def number(self, field: int) -> int:
        at = self._at(field)
        return self.table.Get(flatbuffers.number_types.Uint8Flags, at + self.table.Pos) if at else 0

    def child(self, field: int) -> Read:
        return Read(self.table.Bytes, self.table.Indirect(self._at(field) + self.table.Pos))

    def children(self, field: int) -> list[Read]:
        at = self._at(field)
        start, count = (self.table.Vector(at), self.table.VectorLen(at)) if at else (0, 0)
        return [Read(self.table.Bytes, self.table.Indirect(start + 4 * index)) for index in range(count)]

    def floats(self, field: int) -> list[float]:
        return self.table.GetVectorAsNumpy(flatbuffers.number_types.Float32Flags, self._at(field)).tolist()


def metadata(content: bytes) -> Read:
    model = schema.Model.GetRootAsModel(content, 0)
    entries = {model.Metadata(index).Name(): model.Metadata(index) for index in range(model.MetadataLength())}
    found = model.Buffers(entries[b"TFLITE_METADATA"].Buffer()).DataAsNumpy().tobytes()
    assert found[4:8] == b"M001"
    return Read.root(found)


def files(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    card = ModelMetadata(
        "digits", "Drawn digits.", license="Apache-2.0", labels=DIGITS, preprocessing={"inputs": {"image": IMAGE}}
    )
    folder = tmp_path_factory.mktemp("digits")
    artifact = export(cnn(), tflite(quantize="int8"), folder, name="digits", representative=images, card=card)
    # The gate ran this very file: in the interpreter with XNNPACK and without, and in CompiledModel.
    assert artifact.ok and artifact.runtimes == ("interpreter", "compiled_model"), artifact.reasons
    return artifact.path.read_bytes()


def test_the_model_is_described(digits: bytes) -> None:
    found = metadata(digits)
    assert [found.text(field) for field in (0, 1, 5, 7)] == ["digits", "Drawn digits.", "Apache-2.0", "1.0.1"]
    assert [(file.text(0), file.number(2)) for file in found.children(6)] == [("preprocessing.json", 1)]


def test_an_image_says_its_colours_range_and_normalisation(digits: bytes) -> None:
    (image,) = metadata(digits).children(3)[0].children(2)
    assert (image.text(0), image.text(1)) == ("image", "grey pixels")
    content = image.child(3)
    assert content.number(0) == 2 and content.child(1).number(0) == 2  # ImageProperties, GRAYSCALE
    (unit,) = image.children(4)
    assert unit.number(0) == 1  # NormalizationOptions
    assert unit.child(1).floats(0) == [0.0] and unit.child(1).floats(1) == [1.0]
    assert image.child(5).floats(0) == [255.0] and image.child(5).floats(1) == [0.0]


def test_labels_belong_to_the_output_and_are_in_the_archive(digits: bytes) -> None:
    (digit,) = metadata(digits).children(3)[0].children(3)
    (file,) = digit.children(6)
    assert (digit.text(0), file.text(0), file.number(2)) == ("digit", "labels.txt", 2)  # TENSOR_AXIS_LABELS
    found = files(digits)
    assert found["labels.txt"].splitlines() == list(DIGITS)
    assert json.loads(found["preprocessing.json"]) == {"inputs": {"image": IMAGE}}


def test_a_vocabulary_belongs_to_the_words(tmp_path: Path) -> None:
    words = ("<pad>", "<unk>", *(f"wörd{number}" for number in range(18)))
    given = {"tokens": {"kind": "words", "meaning": "numbers of words"}}
    card = ModelMetadata("tagger", labels=("O", "B", "I"), vocabulary=words, preprocessing={"inputs": given})
    path = export(tagger(length=6), tflite(quantize="none"), tmp_path, name="tagger", card=card).path
    (tokens,) = metadata(path.read_bytes()).children(3)[0].children(2)
    (file,) = tokens.children(6)
    assert (tokens.text(0), file.text(0), file.number(2)) == ("tokens", "vocabulary.txt", 5)  # VOCABULARY
    assert files(path.read_bytes())["vocabulary.txt"].splitlines() == list(words)
    assert metadata(path.read_bytes()).text(5) is None  # no licence was said


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return export(cnn(), tflite(quantize="none"), tmp_path_factory.mktemp("plain"), name="plain").path.read_bytes()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(COLUMNS, ([2.0, -1.0], [0.5, 4.0])), ([*COLUMNS, {"name": "c", "one_hot": ["x", "y"]}], None)],
    ids=["numbers", "a category among them"],
)
def test_scales_of_columns(plain: bytes, columns: list[Any], expected: Any) -> None:
    """Means and deviations of numbers; a one-hot column has none, so that nothing is said instead of half of it."""
    card = ModelMetadata("table", preprocessing={"inputs": {"image": {"kind": "numbers", "columns": columns}}})
    (given,) = metadata(attach(plain, card)).children(3)[0].children(2)
    units = given.children(4)
    found = (units[0].child(1).floats(0), units[0].child(1).floats(1)) if units else None
    assert found == expected


def test_answers_stay_the_same_and_so_do_the_bytes(plain: bytes, tmp_path: Path) -> None:
    labelled = attach(plain, ModelMetadata("again", labels=DIGITS))
    assert labelled == attach(plain, ModelMetadata("again", labels=DIGITS))
    features = {"image": np.random.default_rng(0).uniform(0, 255, (1, 12, 12, 1)).astype(np.float32)}
    answers = []
    for name, content in (("plain", plain), ("labelled", labelled)):
        (tmp_path / name).write_bytes(content)
        answers.append(runner(tmp_path / name)(features)["digit"])
    np.testing.assert_array_equal(*answers)


def test_weights_start_where_a_processor_reads_them_at_once(plain: bytes) -> None:
    """The schema wants the bytes of buffers at multiples of 16; packed by Python they were at multiples of 4."""
    model = schema.Model.GetRootAsModel(plain, 0)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    starts = [found._tab.Vector(found._tab.Offset(4)) for found in buffers if found.DataLength()]
    assert len(starts) > 5 and {start % 16 for start in starts} == {0}
