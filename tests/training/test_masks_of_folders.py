"""Images and masks, trained, measured and shown; pixels that are no class count nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_specs import WriteSpec

from nnspec.backend.signature import keras_run
from nnspec.evaluation.evaluate import measured
from nnspec.evaluation.results import judge
from nnspec.training.scoring import model_metric
from nnspec.training.train import train

pytestmark = pytest.mark.tf

SPEC = """
name: cells
inputs: {image: [8, 8, 1]}
layers: [{Rescaling: 0.01}, {Conv2D: {filters: $data.classes, kernel_size: 1, activation: softmax}}]
data:
  source: {MaskFolder: {path: images, masks: masks, color: grey, values: {ground: 0, cell: 7}, ignore: 255}}
  split: {test: 0.4}
  batch_size: 3
train:
  epochs: 20
  optimizer: {Adam: {learning_rate: 0.2}}
  loss: {SparseCategoricalCrossentropy: {ignore_class: 255}}
"""


@pytest.mark.long
def test_they_are_judged_by_what_they_cover(spec: WriteSpec, folder: Path) -> None:
    draw = np.random.default_rng(0)
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number in range(12):
        cells = draw.random((8, 8)) < 0.3
        image = np.where(cells ^ (draw.random((8, 8)) < 0.1), 200, 50)  # one pixel of ten looks like the other class
        mask = np.where(cells, 7, 0)
        mask[0] = 255
        for name, pixels in (("images", image), ("masks", mask)):
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    loaded = spec(SPEC)
    run = train(loaded).run
    found, trained = measured(loaded, run, None, None)
    split = trained.dataset.splits["test"]
    images, wanted = (
        np.concatenate(parts)
        for parts in zip(*((x["image"], y["mask"]) for x, y, *_ in split.batches(2).as_numpy_iterator()), strict=True)
    )
    predicted, known = trained.model.predict(images, verbose=0).argmax(-1), wanted != 255
    shares = [
        ((predicted == label) & (wanted == label))[known].sum()
        / ((predicted == label) | (wanted == label))[known].sum()
        for label in (0, 1)
    ]
    assert not known[:, 0].any() and 0.5 < np.mean(shares) < 1
    metric = model_metric(trained, split, 2)
    assert (metric.name, metric.goal) == ("mean_iou", "max")
    assert metric(keras_run(trained.model)) == pytest.approx(np.mean(shares))
    assert found["metrics"]["mean_iou"] == pytest.approx(np.mean(shares))
    assert [found["maps"]["conv2d"][name]["iou"] for name in ("ground", "cell")] == pytest.approx(shares)
    results = judge(loaded, trained)["masks"]
    assert results["ignored"] == len(wanted) * 8
    assert all(one["over"].startswith("data:image/png") for one in results["examples"])
