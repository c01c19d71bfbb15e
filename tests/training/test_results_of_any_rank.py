"""Results of targets of any rank and of several outputs; and a report that fails, which costs a training nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnspec
from nnspec.cli.main import run as command
from nnspec.console.progress import Reporter
from nnspec.evaluation import results
from nnspec.report.pages import run_page

pytestmark = pytest.mark.tf

HEAD = "nnspec: 1\nname: net\n"
DATA = "data: {{source: {{Arrays: {{path: d.npz, inputs: {x}, targets: {y}}}}}, split: {{validation: 0.25}}, batch_size: 8}}\n"
TRAIN = "train: {{epochs: 1, optimizer: {{SGD: 0.05}}, loss: {loss}}}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty images of brightness `c` of 0 to 2, with whatever may be their target."""
    path = tmp_path_factory.mktemp("ranks")
    draw = np.random.default_rng(0)
    image = draw.uniform(size=(40, 8, 8, 1)).astype("float32")
    mask = (image[..., 0] > 0.5).astype("int32")
    film = np.repeat(image[:, None], 3, axis=1)
    void = np.where(image[..., 0] > 0.9, 255, mask).astype("int32")
    steps = draw.normal(size=(40, 6, 4)).astype("float32")
    np.savez(
        path / "d.npz",
        image=image,
        mask=mask,
        mask1=mask[..., None],
        film=film,
        void=void,
        steps=steps,
        labels=mask[:, :6, 0],
        c=draw.integers(0, 3, 40).astype("int32"),
        volume=draw.normal(size=(40, 4, 4, 4, 2)).astype("float32"),
    )
    return path


@pytest.fixture
def trained(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.chdir(folder)

    def train(inputs: str, layers: str, x: str, y: str, loss: str) -> Any:
        text = f"{HEAD}inputs: {inputs}\n{layers}\n{DATA.format(x=x, y=y)}{TRAIN.format(loss=loss)}"
        Path("net.yaml").write_text(text, encoding="utf-8")
        heard = Heard()
        nnspec.train("net.yaml", run=tmp_path / "run", reporter=heard)
        assert not [text for text in heard.said if "cannot be made" in text]
        found = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
        assert '"judged": 10' in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
        return found

    yield train


class Heard(Reporter):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.ended = 0

    def say(self, text: str) -> None:
        self.said.append(text)

    def end(self) -> None:
        self.ended += 1


IMAGE = "{x: [8, 8, 1]}"


def test_masks_have_intersections_and_pictures(trained: Any) -> None:
    layers = "layers: [{Conv2D: {filters: 2, kernel_size: 1, activation: softmax}}]"
    found = trained(IMAGE, layers, "image", "mask", "SparseCategoricalCrossentropy")["masks"]
    matrix = np.array(found["matrix"])
    assert matrix.sum() == 10 * 64 and found["accuracy"] == pytest.approx(np.trace(matrix) / 640)
    row = found["classes"][1]
    union = matrix[1].sum() + matrix[:, 1].sum() - matrix[1, 1]
    assert row["iou"] == pytest.approx(matrix[1, 1] / union) and row["support"] == matrix[1].sum()
    shown = found["examples"]
    assert len(shown) == 10 and [one["right"] for one in shown] == sorted(one["right"] for one in shown)
    assert all(one[part].startswith("data:image/png") for one in shown for part in ("picture", "true", "predicted"))


def test_masks_are_predicted_as_the_class_of_each_pixel(
    trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = "layers: [{Conv2D: {filters: 2, kernel_size: 1, activation: softmax}}]"
    trained(IMAGE, layers, "image", "mask", "SparseCategoricalCrossentropy")
    image = np.load("d.npz")["image"][0]
    (answer,) = nnspec.predict("net.yaml", [image], run=str(tmp_path / "run"))
    found = np.array(answer["map"])
    assert found.shape == (8, 8) and set(found.ravel()) <= {0, 1}
    assert answer["shares"] == {"0": pytest.approx((found == 0).mean()), "1": pytest.approx((found == 1).mean())}
    np.save("one.npy", image)
    assert command(["predict", "net.yaml", "one.npy", "--run", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.startswith("one.npy\t")


def test_one_unit_says_yes_or_no_of_each_pixel(trained: Any, tmp_path: Path) -> None:
    layers = "layers: [{Conv2D: {filters: 1, kernel_size: 1, activation: sigmoid}}]"
    found = trained(IMAGE, layers, "image", "mask1", "BinaryCrossentropy")["masks"]
    assert [row["label"] for row in found["classes"]] == ["0", "1"] and np.array(found["matrix"]).sum() == 640
    (answer,) = nnspec.predict("net.yaml", [np.load("d.npz")["image"][0]], run=str(tmp_path / "run"))
    chances = np.array(answer["probabilities"])
    assert chances.shape == (8, 8) and (np.array(answer["map"]) == (chances > 0.5)).all()
    assert answer["shares"]["1"] == pytest.approx((chances > 0.5).mean())


def test_one_unit_for_each_pixel_of_a_picture_gives_values(trained: Any, tmp_path: Path) -> None:
    layers = "layers: [{Conv2D: {filters: 1, kernel_size: 1, activation: sigmoid}}]"
    trained(IMAGE, layers, "image", "image", "BinaryCrossentropy")
    (answer,) = nnspec.predict("net.yaml", [np.load("d.npz")["image"][0]], run=str(tmp_path / "run"))
    assert set(answer) == {"input", "values"} and np.array(answer["values"]).shape == (8, 8, 1)


def test_places_without_a_class_are_counted_apart(trained: Any) -> None:
    layers = "layers: [{Conv2D: {filters: 2, kernel_size: 1, activation: softmax}}]"
    found = trained(IMAGE, layers, "image", "void", "{SparseCategoricalCrossentropy: {ignore_class: 255}}")["masks"]
    assert found["ignored"] > 0 and np.array(found["matrix"]).sum() + found["ignored"] == 640


def test_classes_of_steps_have_no_pictures_and_say_so(trained: Any) -> None:
    layers = "layers: [{Dense: {units: 2, activation: softmax}}]"
    found = trained("{x: [6, 4]}", layers, "steps", "labels", "SparseCategoricalCrossentropy")["masks"]
    assert not found["examples"] and "rank 1" in found["note"]


def test_images_as_targets(trained: Any) -> None:
    layers = "layers: [{Conv2D: {filters: 1, kernel_size: 1}}]"
    found = trained(IMAGE, layers, "image", "image", "MeanSquaredError")["images"]
    errors = [one["mae"] for one in found["examples"]]
    assert errors == sorted(errors, reverse=True) and np.mean(errors) == pytest.approx(found["mae"])
    assert all(one["true"] != one["predicted"] for one in found["examples"])


def test_films_show_their_last_image_and_volumes_none(trained: Any, tmp_path: Path) -> None:
    layers = "layers: [{Conv3D: {filters: 1, kernel_size: 1}}]"
    found = trained("{x: [3, 8, 8, 1]}", layers, "film", "film", "MeanSquaredError")["images"]
    assert found["examples"] and found["note"] == "the last of each 3 images is shown"


def test_volumes_have_no_picture_and_say_so(trained: Any) -> None:
    layers = "layers: [{Conv3D: {filters: 2, kernel_size: 1}}]"
    found = trained("{x: [4, 4, 4, 2]}", layers, "volume", "volume", "MeanSquaredError")["images"]
    assert not found["examples"] and "no pictures" in found["note"] and found["mae"] > 0


def test_sequences_of_vectors(trained: Any) -> None:
    found = trained("{x: [6, 4]}", "layers: [{Dense: 4}]", "steps", "steps", "MeanSquaredError")["numbers"]
    assert [one["name"] for one in found["targets"]][:2] == ["target 1, step 1", "target 2, step 1"]
    assert found["more"] == 4


def test_every_output_is_judged_by_what_it_says(trained: Any) -> None:
    layers = (
        "layers: [{Flatten: , name: flat, from: x}, {Dense: {units: 3, activation: softmax}, name: kind, from: flat}, "
        "{Conv2D: {filters: 1, kernel_size: 1}, name: copy, from: x}]\noutputs: {kind: kind, copy: copy}"
    )
    loss = "{kind: SparseCategoricalCrossentropy, copy: MeanSquaredError}"
    found = trained(IMAGE, layers, "image", "{copy: image, kind: c}", loss)["outputs"]
    assert list(found["kind"]) == ["labels"] and list(found["copy"]) == ["images"]
    assert len(found["kind"]["labels"]["matrix"]) == 3


def test_a_report_that_fails_costs_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("operands could not be broadcast\ntogether")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(results, "judge", fails)
    monkeypatch.setattr(run_page, "page", fails)
    text = (
        f"{HEAD}inputs: {IMAGE}\nlayers: [Flatten, {{Dense: 3}}]\n{DATA.format(x='image', y='c')}train: {{epochs: 2}}\n"
    )
    Path("fails.yaml").write_text(text, encoding="utf-8")
    heard = Heard()
    result = nnspec.train("fails.yaml", run=tmp_path / "run", reporter=heard)
    assert result.epochs == 2 and (tmp_path / "run" / "best.keras").is_file() and heard.ended == 1
    assert "warning: the results cannot be made: ValueError: operands could not be broadcast" in heard.said
    assert "warning: report.html cannot be made: ValueError: operands could not be broadcast" in heard.said
