"""A table of files from the spec to answers: several targets of several kinds, masks, and inputs as targets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_specs import WriteSpec

from nnspec.data.dataset import open_dataset
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.open_run import open_trained
from nnspec.evaluation.predict import predict
from nnspec.evaluation.results import judge
from nnspec.frontend.agreement.data import against_data
from nnspec.frontend.diagnostics import SpecError
from nnspec.training.augmentation.augment import make_augmenter
from nnspec.training.train import train

pytestmark = pytest.mark.tf

SEVERAL = """
    name: several
    inputs: {image: [8, 8, 3], age: [1]}
    layers:
      - {Rescaling: {scale: $(1 / 255)}, from: image}
      - {Flatten: , name: flat}
      - {Concatenate: , from: [flat, age], name: all}
      - {Dense: {units: 3, activation: softmax}, name: kind, from: all}
      - {Dense: {units: 2, activation: sigmoid}, name: tags, from: all}
      - {Dense: 1, name: price, from: all}
      - {Conv2D: {filters: 1, kernel_size: 1, activation: sigmoid}, name: mask, from: image}
    outputs: [kind, tags, price, mask]
    data:
      source:
        Table:
          path: t.csv
          inputs: {image: {column: file, size: [8, 8], folder: images}, age: {scale: standard}}
          targets:
            kind:
            tags: {type: labels}
            price: {scale: standard}
            mask: {column: file, folder: masks, type: mask, size: [8, 8], values: {rest: 0, thing: 255}}
      split: {validation: 0.25}
      augment: [{RandomFlip: horizontal}]
      moves: {price: nothing, tags: nothing}
    train:
      epochs: 1
      loss:
        kind: SparseCategoricalCrossentropy
        tags: BinaryCrossentropy
        price: MeanSquaredError
        mask: BinaryCrossentropy
      metrics: {kind: accuracy}
"""
ITSELF = """
    name: itself
    inputs: {image: [8, 8, 3]}
    layers: [{Rescaling: {scale: $(1 / 255)}}, {Conv2D: {filters: 3, kernel_size: 1}}, {Rescaling: 255}]
    data:
      source: {Table: {path: t.csv, inputs: {image: {column: file, size: [8, 8], folder: images}}}}
      targets: inputs
      augment: AUGMENT
    train: {epochs: 1, loss: MeanSquaredError}
"""


@pytest.fixture
def table(folder: Path) -> Path:
    draw = np.random.default_rng(0)
    rows = []
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number in range(24):
        pixels = draw.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        Image.fromarray(np.where(pixels[..., 0] > 128, 255, 0).astype(np.uint8)).save(
            folder / "masks" / f"{number}.png"
        )
        tags = ["a", "b a", ""][number % 3]
        rows.append(
            {"file": number, "age": 20 + number, "kind": "xyz"[number % 3], "tags": tags, "price": 1000 + number / 2}
        )
    with open(folder / "t.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.long
def test_several_targets_are_trained_and_told(table: Path, spec: WriteSpec) -> None:
    """File names are numbers without an ending: only `type: image` says what they are."""
    text = SEVERAL.replace("column: file, size", "column: file, type: image, size")
    given = spec(text)
    assert not [found for found in against_data(given, []) if found.severity == "error"]
    train(given)
    scores = evaluate(given)
    assert scores["examples"] == 6
    assert set(scores["maps"]["mask"]) == {"rest", "thing"}
    mask = scores["maps"]["mask"]
    assert sum(one["support"] for one in mask.values()) == 6 * 8 * 8
    assert scores["metrics"]["mask_mean_iou"] == pytest.approx(sum(one["iou"] for one in mask.values()) / 2)
    assert all(one["dice"] == pytest.approx(2 * one["iou"] / (1 + one["iou"])) for one in mask.values())
    told = judge(given, open_trained(given))["outputs"]["tags"]["several"]
    assert [one["label"] for one in told["classes"]] == ["a", "b"] and 0 <= told["exact"] <= told["accuracy"] <= 1
    assert sum(one["support"] for one in told["classes"]) == 6 and all(one["picture"] for one in told["mistakes"])
    (found,) = predict(given, None, [{"file": "3", "age": 30}])
    assert found["kind"]["label"] in "xyz" and set(found["kind"]["probabilities"]) == set("xyz")
    assert set(found["tags"]["probabilities"]) == {"a", "b"} and set(found["tags"]["labels"]) <= {"a", "b"}
    assert 900 < found["price"]["values"][0] < 1100, "in the units of the table"
    assert np.shape(found["mask"]["map"]) == (8, 8) and set(found["mask"]["shares"]) == {"rest", "thing"}


def test_each_target_has_its_own_number_of_classes(table: Path, spec: WriteSpec) -> None:
    text = SEVERAL.replace("column: file, size", "column: file, type: image, size").replace("units: 3", "units: 2")
    errors = [found for found in against_data(spec(text), []) if found.severity == "error"]
    assert ["the data have 3 classes" in found.message for found in errors] == [True]
    with pytest.raises(SpecError, match="3 classes"):
        train(spec(text))


@pytest.mark.parametrize(("augment", "same"), [("[{RandomFlip: horizontal}]", True), ("[{Dropout: 0.5}]", False)])
def test_inputs_as_targets_move_along_and_stay_clean(table: Path, spec: WriteSpec, augment: str, same: bool) -> None:
    """What moves the input moves the target, to the bit; what spoils the input leaves the target as it is."""
    text = ITSELF.replace("column: file, size", "column: file, type: image, size").replace("AUGMENT", augment)
    given = spec(text)
    dataset = open_dataset(given.required_data, table, 1, augmenter=make_augmenter(given))
    plain = dataset.splits["train"].batches(24, epoch=0)
    changed = dataset.splits["train"].batches(24, epoch=0, augment=True)
    (clean, _), (features, targets) = (next(batches.as_numpy_iterator()) for batches in (plain, changed))
    assert not np.array_equal(features["image"], clean["image"])
    assert np.array_equal(features["image"], targets["image"]) == same
    assert np.array_equal(targets["image"], clean["image"]) != same


def test_an_autoencoder_is_trained(table: Path, spec: WriteSpec) -> None:
    text = ITSELF.replace("column: file, size", "column: file, type: image, size").replace("AUGMENT", "[]")
    given = spec(text)
    assert not [found for found in against_data(given, []) if found.severity == "error"]
    train(given)
    (found,) = predict(given, None, [str(table / "images/3.png")])
    assert np.shape(found["values"]) == (8, 8, 3)
