"""Curves of a classifier against what can be counted by hand, and against scikit-learn's definitions."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.evaluation.results.curves import best_threshold, calibration, precision_recall, roc, yes_or_no
from nnspec.report.text.results import results_text

pytestmark = pytest.mark.tf  # of what brings the curves, not of the curves

CHANCES = np.array([0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.4, 0.3])
TRUE = np.array([1, 1, 0, 1, 0, 1, 0, 0], bool)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    draw = np.random.default_rng(3)
    for _ in range(5):
        chances, true = np.round(draw.random(60), 1), draw.random(60) < 0.4
        pairs = [(a > b) + 0.5 * (a == b) for a in chances[true] for b in chances[~true]]
        assert roc(chances, true)[2] == pytest.approx(np.mean(pairs))


def test_average_precision_and_threshold_by_hand() -> None:
    recall, precision, average = precision_recall(CHANCES, TRUE)
    assert average == pytest.approx((1 / 1 + 2 / 2 + 3 / 4 + 4 / 6) / 4)
    assert (recall[-1], precision[-1]) == (1, 0.5)
    threshold, f1 = best_threshold(CHANCES, TRUE)
    assert (threshold, f1) == (pytest.approx(0.45), pytest.approx(0.8))
    assert 2 * ((threshold < CHANCES) & TRUE).sum() / ((threshold < CHANCES).sum() + TRUE.sum()) == pytest.approx(f1)


def test_calibration_by_hand() -> None:
    found = calibration(np.array([0.95, 0.95, 0.65, 0.62]), np.array([True, False, True, True]))
    assert found["error"] == pytest.approx((2 * abs(0.95 - 0.5) + 2 * abs(0.635 - 1)) / 4)
    assert [one["count"] for one in found["bins"]] == [2, 2]


def test_one_answer_alone_has_no_curve() -> None:
    assert yes_or_no(CHANCES, np.ones(8, bool)) is None
    found = yes_or_no(CHANCES, TRUE)
    assert found and found["roc"][0] == [0, 0] and found["roc"][-1] == [1, 1]


def test_as_text_in_80_columns() -> None:
    classes = [
        {
            "label": label,
            "precision": 0.5,
            "recall": 0.25,
            "f1": 0.4,
            "support": 8,
            "roc_auc": 0.75,
            "average_precision": 0.6,
        }
        for label in ("cat", "a dog with a very long name indeed")
    ]
    question = {"roc_auc": 0.75, "average_precision": 0.6, "threshold": 0.4, "f1": 0.8}
    bins = [{"confidence": 0.9, "accuracy": 0.5, "count": 16}]
    labels = {
        "accuracy": 0.5,
        "classes": classes,
        "matrix": [[7, 1], [0, 8]],
        "confused": [{"true": "cat", "predicted": "dog", "count": 1}],
        "yes_or_no": question,
        "calibration": {"error": 0.4, "bins": bins},
    }
    told = "\n".join(results_text({"labels": labels}, 80))
    assert (
        max(map(len, told.splitlines())) <= 80 and "best threshold 0.400" in told and "90.0% sure, 50.0% right" in told
    )
    many = {**labels, "classes": classes * 30, "matrix": None}
    assert "mistaken most often: cat as dog (1)" in "\n".join(results_text({"labels": many}, 80))
