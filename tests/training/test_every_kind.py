"""Every loss and every metric of the catalogue trains a step in some spec, or is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_specs import WriteSpec

from nnspec.catalog.comparisons import LOSSES, METRICS
from nnspec.catalog.kinds import catalog
from nnspec.frontend.pipeline import check
from nnspec.training.train import train

pytestmark = pytest.mark.tf

FORMS = {"numbers": "numbers", "each class": "one_hot", "values": "flags", "by argument": "numbers"}  # to their targets
ARGUMENTS = {
    "PrecisionAtRecall": "{recall: 0.5}",
    "RecallAtPrecision": "{precision: 0.5}",
    "SensitivityAtSpecificity": "{specificity: 0.5}",
    "SpecificityAtSensitivity": "{sensitivity: 0.5}",
    "MeanIoU": "{num_classes: 3, sparse_y_pred: false}",
    "IoU": "{num_classes: 3, target_class_ids: [0], sparse_y_pred: false}",
    "OneHotMeanIoU": "{num_classes: 3}",
    "OneHotIoU": "{num_classes: 3, target_class_ids: [0]}",
}
OF_ONE_HOT = {"OneHotMeanIoU", "OneHotIoU"}
REFUSED = {"Accuracy": "E0704"}  # of a network's outputs it is always 0
ELSEWHERE = {"CTC"}  # test_ctc.py trains it


@pytest.fixture
def data(folder: Path) -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 8).astype("int32")
    np.savez(
        "d.npz",
        x=draw.normal(size=(8, 4)).astype("float32"),
        numbers=labels,
        one_hot=np.eye(3, dtype="float32")[labels],
        flags=draw.integers(0, 2, (8, 3)).astype("float32"),
    )


def text(target: str, losses: list[str], metrics: list[str]) -> str:
    """An output for each loss, all of them on one target; the metrics on the first."""
    layers = [f"{{name: of_{loss}, Dense: {{units: 3, activation: softmax}}, from: x}}" for loss in losses]
    by_output = ", ".join(f"of_{loss}: {loss}" for loss in losses)
    listed = ", ".join(f"{{{kind}: {ARGUMENTS[kind]}}}" if kind in ARGUMENTS else kind for kind in metrics)
    return f"""
inputs: {{x: [4]}}
layers: [{", ".join(layers)}]
outputs: [{", ".join(f"of_{loss}" for loss in losses)}]
data: {{source: {{Arrays: {{path: d.npz, inputs: x, targets: {target}}}}}, batch_size: 8}}
train: {{epochs: 1, loss: {{{by_output}}}, metrics: {{of_{losses[0]}: [{listed}]}}}}
"""


def of_target(kinds: dict[str, str], target: str) -> list[str]:
    return [kind for kind, form in kinds.items() if FORMS.get(form) == target]


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("target", ["numbers", "one_hot", "flags"])
@pytest.mark.long
def test_every_loss_and_metric_of_a_form_trains(spec: WriteSpec, target: str) -> None:
    losses = of_target({kind: takes.form for kind, takes in LOSSES.items()}, target)
    metrics = of_target({kind: takes.form for kind, takes in METRICS.items()}, target)
    metrics = [kind for kind in metrics if kind not in OF_ONE_HOT] + (sorted(OF_ONE_HOT) if target == "one_hot" else [])
    found = train(spec(text(target, losses, metrics)))
    assert found.steps == 1 and len(found.metrics) >= len(losses) + len(metrics)


def test_the_walk_leaves_no_kind_out() -> None:
    walked = {kind for kind, takes in {**LOSSES, **METRICS}.items() if takes.form in FORMS}
    kinds = {*catalog().kinds("loss"), *catalog().kinds("metric")}
    assert walked | ELSEWHERE | set(REFUSED) == kinds


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_kinds_that_measure_nothing_are_refused(folder: Path, kind: str) -> None:
    path = folder / "net.yaml"
    path.write_text("nnspec: 1\n" + text("flags", ["MeanSquaredError"], [kind]), encoding="utf-8")
    assert REFUSED[kind] in {one.code for one in check(path).diagnostics}
