"""How well a classifier's probabilities rank, and mean what they say: ROC, precision and recall, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np

BINS = 10  # of the calibration, each as wide as the next
POINTS = 101  # of a curve, at most


def roc(chances: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """False and true positive rates over falling thresholds, ties together, and the area under them.

    Args:
        chances: probabilities of yes, float [n].
        true: which are yes, bool [n], some and not all.
    """
    hits, alarms, _ = _counts(chances, true)
    rate, false = np.r_[0, hits / hits[-1]], np.r_[0, alarms / alarms[-1]]
    return false, rate, float(np.trapezoid(rate, false))


def precision_recall(chances: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Recall, precision and the average precision: precision weighted by the recall that each threshold adds."""
    hits, alarms, _ = _counts(chances, true)
    recall, precision = hits / hits[-1], hits / (hits + alarms)
    return recall, precision, float((np.diff(np.r_[0, recall]) * precision).sum())


def best_threshold(chances: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """The threshold from which on yes is said with the highest F1, and that F1."""
    hits, alarms, limits = _counts(chances, true)
    f1 = 2 * hits / (hits + alarms + hits[-1])
    best = int(f1.argmax())
    below = limits[best + 1] if best + 1 < len(limits) else 0.0
    return float((limits[best] + below) / 2), float(f1[best])


def calibration(confidence: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """How often the network is right where it is this sure.

    Args:
        confidence: the probability of the answer given, float [n].
        right: whether it was right, bool [n].

    Returns:
        ``error``, the expected calibration error (Guo et al. 2017), and ``bins`` that hold an example: ``confidence``
        and ``accuracy``, both means, and ``count``.
    """
    places = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    bins = [
        {"confidence": float(confidence[of].mean()), "accuracy": float(right[of].mean()), "count": int(of.sum())}
        for of in (places == number for number in range(BINS))
        if of.any()
    ]
    gaps = sum(one["count"] * abs(one["confidence"] - one["accuracy"]) for one in bins)
    return {"error": gaps / max(len(confidence), 1), "bins": bins}


def yes_or_no(chances: np.ndarray, true: np.ndarray) -> dict[str, Any] | None:
    """ROC, precision and recall, and the best threshold of a yes-or-no question; None where one answer is missing."""
    if true.all() or not true.any():
        return None
    false, rate, area = roc(chances, true)
    recall, precision, average = precision_recall(chances, true)
    threshold, f1 = best_threshold(chances, true)
    return {
        "roc_auc": area,
        "average_precision": average,
        "threshold": threshold,
        "f1": f1,
        "roc": _points(false, rate),
        "precision_recall": _points(recall, precision),
    }


def _counts(chances: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits and false alarms of each threshold, from the highest; a threshold for each different probability."""
    order = np.argsort(-chances, kind="stable")
    ordered = chances[order]
    last = np.r_[np.flatnonzero(np.diff(ordered)), len(ordered) - 1]
    hits = np.cumsum(true[order])[last].astype(np.float64)
    return hits, last + 1 - hits, ordered[last]


def _points(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    """A curve's points, thinned evenly, its ends kept."""
    places = np.unique(np.linspace(0, len(x) - 1, min(len(x), POINTS)).astype(np.int64))
    return [[float(x[at]), float(y[at])] for at in places]
