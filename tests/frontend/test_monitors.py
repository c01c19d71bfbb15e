"""What callbacks monitor: the log of an epoch, and which way is better."""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.monitors import best_direction
from nnspec.frontend.pipeline import check, load
from nnspec.frontend.quantities import quantities

ONE = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\ntrain: {loss: mse, metrics: "
OWN = {"label_error_rate", "entity_f1", "entity_precision", "entity_recall"}
TWO = (
    "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 2, name: a}, {Dense: 2, name: b, from: x}]\noutputs: [a, b]\n"
    "train: {loss: mse, metrics: "
)


@pytest.mark.parametrize(
    ("metric", "name", "better"),
    [
        ("{BinaryAccuracy: {name: hits}}", "val_hits", "max"),
        ("PearsonCorrelation", "pearson_correlation", "max"),
        ("Hinge", "val_hinge", "min"),
        ("FalsePositives", "false_positives", None),
        ("mae", "val_loss", "min"),
    ],
)
def test_the_better_way(metric: str, name: str, better: str | None) -> None:
    assert best_direction(load(Source.from_text(ONE + f"[{metric}]}}", "n.yaml")), name) == better


def test_names_are_those_of_the_log() -> None:
    one = load(Source.from_text(ONE + "[AUC, AUC, mae], weighted_metrics: [mae]}", "n.yaml"))
    assert set(quantities(one) or ()) - OWN == {"loss", "learning_rate", "auc", "auc_1", "mae", "weighted_mae"}
    two = load(Source.from_text(TWO + "{a: [mae], b: [mae, AUC]}}", "n.yaml"))
    assert {name for name in quantities(two) or () if not {name, name[2:]} & OWN} - {"loss", "learning_rate"} == {
        "a_loss",
        "b_loss",
        "a_mae",
        "b_mae",
        "b_auc",
    }


def test_without_metrics_those_of_the_task_are_known() -> None:
    text = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\ntrain:\n  loss: mse\n  callbacks: "
    assert not check(Source.from_text(text + "[{EarlyStopping: {monitor: mae}}]", "n.yaml"), data=False).diagnostics
    found = check(Source.from_text(text + "[{EarlyStopping: {monitor: f1}}]", "n.yaml"), data=False).diagnostics
    assert [one.code for one in found] == ["E0708"]
    own = "[{EarlyStopping: {monitor: entity_f1, mode: max}}]"
    for metrics in ("", "\n  metrics: [accuracy]"):
        assert not check(Source.from_text(text + own + metrics, "n.yaml"), data=False).diagnostics
