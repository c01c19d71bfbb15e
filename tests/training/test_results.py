"""What a run does on data held back: confusion, mistakes, entities, numbers; all from the run's best model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from training_specs import CNN, WriteSpec, write_spec

import nnspec
from nnspec.data.formats.thumbnails import png
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.open_run import open_trained
from nnspec.evaluation.results import judge
from nnspec.evaluation.results.tagging import entity_errors
from nnspec.runs.run_folder import RunFolder
from nnspec.runs.seals import seals_of

pytestmark = pytest.mark.tf


@pytest.mark.long
def test_labels_agree_with_evaluate(spec: WriteSpec, folder: Path) -> None:
    result = nnspec.train(spec(CNN, "train.epochs=2"), run="run")
    found = json.loads(Path("run/results.json").read_text())
    scores = evaluate(spec(), Path("run"))
    assert found["part"] == scores["split"] and found["judged"] == found["examples"] == scores["examples"]
    labels = found["labels"]
    accuracy = next(value for name, value in scores["metrics"].items() if "accuracy" in name)
    assert labels["accuracy"] == pytest.approx(accuracy)
    matrix = np.array(labels["matrix"])
    assert matrix.sum() == found["judged"] and matrix.sum(1).tolist() == [row["support"] for row in labels["classes"]]
    wrong = int(matrix.sum() - np.trace(matrix))
    assert sum(pair["count"] for pair in labels["confused"]) == wrong
    assert all(one["true"] != one["predicted"] for one in labels["confident"])
    assert all(one["picture"].startswith("data:image/png;base64,") for one in labels["confident"] + labels["worst"])
    assert labels["right"] and all(one["true"] == one["predicted"] for one in labels["right"])
    batch = json.loads(Path("run/data.json").read_text())["first_batch"]
    [(features, targets)] = result.dataset.splits["train"].batches(8, epoch=0, augment=True).take(1).as_numpy_iterator()
    bounds = float(features["x"].min()), float(features["x"].max())
    assert [one["picture"] for one in batch] == [png(image, bounds) for image in features["x"]]
    assert [one["label"] for one in batch] == [str(number) for number in targets["y"]]
    page = (result.run / "report.html").read_text(encoding="utf-8")
    assert '"status": "complete"' in page and '"judged": ' in page


@pytest.mark.long
def test_units_beyond_the_classes_have_numbers(
    spec: WriteSpec, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An output of more units than classes is allowed, and may answer with one of them."""
    text = CNN.replace("units: 3", "units: 5")
    assert text != CNN
    nnspec.train(spec(text, "train.epochs=1"), run="run")
    model = nnspec.evaluation.open_run.load_model(spec(text), Path("run"))
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 0, bias * 0 + np.eye(5)[4] * 9])
    model.save("run/best.keras")
    run = RunFolder(Path("run"))
    run.write_record({**run.read_record(), "files": seals_of(run, run.best)})
    (answer,) = nnspec.predict(spec(text), np.load("images.npz")["x"][:1], run="run")
    assert answer["label"] == "[4]" and list(answer["probabilities"]) == ["0", "1", "2", "[3]", "[4]"]
    found = judge(spec(text), open_trained(spec(text), Path("run")), "validation")
    assert np.array(found["labels"]["matrix"]).sum(0).tolist()[:4] == [0, 0, 0, 0]
    assert {pair["predicted"] for pair in found["labels"]["confused"]} == {"[4]"}


@pytest.mark.long
def test_yes_of_one_class_has_a_number(folder: Path) -> None:
    """A folder of one class, and a unit that says yes: there is no class for it, and no results before."""
    text = """
name: one
inputs: {x: [2]}
layers: [{Dense: {units: 1, activation: sigmoid, kernel_initializer: zeros, bias_initializer: ones}}]
data: {source: {Arrays: one.npz}, split: {validation: 0.5}}
train: {epochs: 1, optimizer: {SGD: 0.0}, loss: BinaryCrossentropy}
"""
    np.savez("one.npz", x=np.zeros((8, 2), "float32"), y=np.zeros(8, "int32"))
    nnspec.train(write_spec(folder, text), run="run")
    labels = json.loads(Path("run/results.json").read_text())["labels"]
    assert labels["matrix"] == [[0, 4], [0, 0]] and [row["label"] for row in labels["classes"]] == ["0", "[1]"]


@pytest.mark.long
def test_some_examples_stand_for_many(spec: WriteSpec, folder: Path) -> None:
    nnspec.train(spec(CNN, "train.epochs=1"), run="run")
    found = judge(spec(), open_trained(spec(), Path("run")), "train", limit=7)
    assert found["judged"] == 7 < found["examples"] and found["part"] == "train"


def test_pictures_use_the_whole_range() -> None:
    assert png(np.zeros((4, 4, 1))) != png(np.eye(4)[..., None]) == png(5 * np.eye(4)[..., None] - 3)


def test_entities_are_missed_in_these_ways() -> None:
    true = [["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "I-ORG", "O", "B-LOC", "O"]]
    said = [["B-PER", "I-PER", "O", "B-PER", "O", "B-ORG", "O", "O", "O", "B-LOC"]]
    sorts, confused = entity_errors(true, said)
    assert sorts == {"right": 1, "type": 1, "boundary": 1, "both": 0, "missed": 1, "invented": 1}
    assert confused == {("LOC", "PER"): 1}


def test_every_entity_is_counted_once() -> None:
    def rows(r: Random) -> Iterator[list[str]]:
        for _ in range(200):
            yield [r.choice(("O", "O", "B-A", "I-A", "B-B", "I-B")) for _ in range(8)]

    from nnspec.data.text.tags import entity_scores

    true, said = list(rows(Random(1))), list(rows(Random(2)))
    sorts, _ = entity_errors(true, said)
    overall = entity_scores(true, said).overall
    assert sorts["right"] == overall.correct
    assert sum(sorts.values()) - sorts["missed"] == overall.predicted
