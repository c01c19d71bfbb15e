"""A look inside: gates against Keras's own layers, Grad-CAM against the gradient by hand, pages of real runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import nnspec
from nnspec.backend.own_layers.jordan import JordanRNN
from nnspec.data.dataset import Encoder, open_encoder
from nnspec.evaluation.open_run import load_model
from nnspec.report.inside.figures import RED_BLUE, coloured, heat_map, overlaid, tiles
from nnspec.report.inside.gates import gates
from nnspec.report.inside.images import grad_cam
from nnspec.report.inside.look import ends_of_run, explained, look_inside, write
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder

sys.path.append(str(Path(__file__).parent.parent / "pages"))
from chromium import look

pytestmark = pytest.mark.tf

SEQUENCE = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
RECURRENT = {
    "LSTM": lambda: layers.LSTM(5, return_sequences=True, bias_initializer="random_normal"),
    "LSTM without bias": lambda: layers.LSTM(
        5, return_sequences=True, use_bias=False, recurrent_activation="hard_sigmoid"
    ),
    "GRU": lambda: layers.GRU(5, return_sequences=True, bias_initializer="random_normal"),
    "GRU, reset before": lambda: layers.GRU(
        5, return_sequences=True, reset_after=False, bias_initializer="random_normal"
    ),
    "SimpleRNN": lambda: layers.SimpleRNN(5, return_sequences=True, activation="relu"),
    "JordanRNN": lambda: JordanRNN(5, output_units=2, output_activation="softmax", return_sequences=True),
}


@pytest.mark.parametrize("kind", RECURRENT)
def test_states_are_those_of_keras(kind: str) -> None:
    layer = RECURRENT[kind]()
    expected = np.asarray(layer(SEQUENCE[None]))[0]
    found = gates(layer, SEQUENCE)
    assert found is not None
    np.testing.assert_allclose(found["output" if kind == "JordanRNN" else "hidden state"], expected, atol=1e-6)
    assert all(values.shape[0] == 7 for values in found.values())


def test_the_cell_state_is_that_of_keras() -> None:
    layer = layers.LSTM(4, return_state=True)
    _, hidden, cell = (np.asarray(value)[0] for value in layer(SEQUENCE[None]))
    found = gates(layer, SEQUENCE)
    assert found is not None
    np.testing.assert_allclose(found["cell state"][-1], cell, atol=1e-6)
    np.testing.assert_allclose(found["hidden state"][-1], hidden, atol=1e-6)
    assert all(
        found[f"{name} gate"].min() >= 0 and found[f"{name} gate"].max() <= 1 for name in ("input", "forget", "output")
    )


def test_grad_cam_is_the_papers_formula() -> None:
    image = np.random.default_rng(1).normal(size=(1, 6, 6, 1)).astype("float32")
    keras.utils.set_random_seed(1)
    given = keras.Input((6, 6, 1))
    maps = layers.Conv2D(3, 3, activation="relu", name="maps")(given)
    model = keras.Model(given, layers.Dense(2, activation="softmax")(layers.Flatten()(maps)))
    found = grad_cam(model, image, model.output, wanted=1)
    assert found is not None
    heat, layer, chosen = found
    activations = np.asarray(model.get_layer("maps")(image))[0]
    # The score is linear in the maps, so the gradient is the dense layer's own column.
    gradient = np.asarray(model.layers[-1].kernel)[:, 1].reshape(activations.shape)
    expected = np.maximum((activations * gradient.mean((0, 1))).sum(-1), 0)
    np.testing.assert_allclose(heat, expected / expected.max(), atol=1e-6)
    assert (layer, chosen) == ("maps", 1)
    given = keras.Input((4,))
    plain = keras.Model(given, layers.Dense(2)(given))
    assert grad_cam(plain, np.ones((1, 4)), plain.output) is None


@pytest.mark.parametrize("bias", [9.0, -9.0])
def test_one_unit_speaks_for_the_second_class_or_against_it(bias: float) -> None:
    image = np.random.default_rng(1).normal(size=(1, 6, 6, 1)).astype("float32")
    given = keras.Input((6, 6, 1))
    maps = layers.Conv2D(3, 3, activation="relu", name="maps")(given)
    last = layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(bias))
    model = keras.Model(given, last(layers.GlobalAveragePooling2D()(maps)))
    found, no, yes, number = (
        grad_cam(model, image, model.output, wanted, over_classes=by_class)
        for wanted, by_class in ((None, True), (0, True), (1, True), (None, False))
    )
    assert found is not None and no is not None and yes is not None and number is not None
    assert found[2] == int(bias > 0)
    np.testing.assert_array_equal(found[0], (yes if bias > 0 else no)[0])
    np.testing.assert_array_equal(number[0], yes[0])
    assert not np.array_equal(no[0], yes[0])


def test_colours() -> None:
    ends = coloured(np.array([-1.0, 0.0, 1.0, np.nan]), -1, 1, RED_BLUE)
    assert ends.tolist() == [list(RED_BLUE[0]), list(RED_BLUE[4]), list(RED_BLUE[-1]), [190, 190, 190]]


def test_pictures_keep_to_a_size() -> None:
    assert tiles(np.random.default_rng(0).normal(size=(24, 28, 28))).width < 1000
    assert tiles(np.zeros((3, 2, 2, 3))).size[0] > 0
    words = ["a", "word that is much longer than it should ever be"]
    picture = heat_map(np.array([[-1.0, 1.0]]), words, ["unit"], signed=True)
    assert picture.width < 400 and picture.height < 300
    assert heat_map(np.zeros((4, 400)), None, None, signed=False).width < 1000
    assert overlaid(np.zeros((28, 28, 1)), np.eye(3)).size == (648, 320)


SENTENCES = "Ada\tB-PER\nwent\tO\nto\tO\nParis\tB-LOC\n\n" * 8
TAGGER = """
nnspec: 1
name: tagger
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}
  - Dense: {units: $data.classes, activation: softmax}
data: {source: {Conll: {path: words.conll}}, split: {validation: 0.25}}
train: {epochs: 1}
"""
IMAGES = """
nnspec: 1
name: pictures
inputs: {image: [8, 8, 3]}
layers:
  - {Conv2D: {filters: 4, kernel_size: 3, activation: relu}, name: conv}
  - GlobalAveragePooling2D
  - Dense: {units: 2, activation: softmax}
data: {source: {ImageFolder: {path: pictures, image_size: [8, 8]}}, split: {validation: 0.25}}
train: {epochs: 1}
"""


TWO_ENDS = """
nnspec: 1
name: both
inputs: {words: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - {LSTM: 3, name: lstm}
  - {Dense: 2, name: numbers, from: lstm}
  - {Dense: {units: 2, activation: softmax}, name: side, from: lstm}
outputs: [numbers, side]
data:
  source:
    Table:
      path: t.csv
      inputs: {words: {type: text}}
      targets: {numbers: {columns: [a, b]}, side: {type: category}}
train: {epochs: 1, loss: {numbers: MeanSquaredError, side: SparseCategoricalCrossentropy}}
"""


def opened(spec: Any) -> tuple[RunFolder, Encoder, Any]:
    folder = RunFolder(Path("run"))
    return folder, open_encoder(spec.required_data, spec.path.parent, folder.assets), load_model(spec, folder.path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.conll").write_text(SENTENCES, encoding="utf-8")
    draw = np.random.default_rng(0)
    for label in ("cat", "dog<b>"):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(4):
            pixels = draw.integers(0, 255, (8, 8, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{number}.png")
    return tmp_path


def trained(folder: Path, text: str) -> Any:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    nnspec.train(path, run="run")
    return nnspec.load(path).spec


@pytest.mark.long
def test_a_tagger(folder: Path) -> None:
    spec = trained(folder, TAGGER)
    found = look_inside(spec, Path("run"), "Ada went to Paris")
    names = {figure.name for figure in found.figures}
    assert {"classes", "bidirectional-forward-forget-gate", "bidirectional-backward-cell-state"} <= names and len(
        names
    ) == 13
    page = write(found, folder / "out")
    assert len(list((folder / "out").glob("*.png"))) == 13 and page.stat().st_size < 5_000_000
    for width in (1280, 390):
        seen = look(page, width=width, script="() => [document.images.length, document.documentElement.scrollWidth]")
        assert seen.console == [] and seen.found == [13, width]


def test_classes_are_those_of_the_output_that_was_trained_on_them(folder: Path) -> None:
    """Numbers that are as many as the classes, beside them and named before them, are none."""
    rows = [f"Ada went {'home' if number % 2 else 'out'},{number / 9},{number % 3},{number % 2}" for number in range(9)]
    Path("t.csv").write_text("words,a,b,side\n" + "\n".join(rows) + "\n")
    spec = trained(folder, TWO_ENDS)
    found = ends_of_run(spec, *opened(spec))
    assert [(end.name, list(end.classes)) for end in found] == [("numbers", []), ("side", ["0", "1"])]
    assert explained(found).name == "side"


@pytest.mark.long
def test_images(folder: Path) -> None:
    spec = trained(folder, IMAGES)
    example = str(folder / "pictures" / "cat" / "0.png")
    found = look_inside(spec, Path("run"), example, label="dog<b>")
    titles = [figure.title for figure in found.figures]
    assert "What speaks for dog<b>" in titles and "Filters of conv" in titles and "Feature maps of conv" in titles
    cut = "[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth).length"
    script = f"() => [document.querySelectorAll('b').length, {cut}]"
    seen = look(write(found, folder / "out"), width=390, script=script)
    assert seen.console == [] and seen.found == [1, 0]  # the answer's own; the class's markup stays text
    only = look_inside(spec, Path("run"), example, layer="conv")
    assert {figure.name for figure in only.figures} == {"answer", "filters-conv", "maps-conv"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layer": "comv"}, "did you mean `conv`"),
        ({"label": "dig"}, "there are cat"),
        ({"layer": "dense"}, "nothing that could be shown"),
    ],
)
def test_what_cannot_be_looked_at(folder: Path, options: dict[str, str], words: str) -> None:
    spec = trained(folder, IMAGES)
    with pytest.raises(TrainingError) as raised:
        look_inside(spec, Path("run"), str(folder / "pictures" / "cat" / "0.png"), **options)
    assert words in str(raised.value)
