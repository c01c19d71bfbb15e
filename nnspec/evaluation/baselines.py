"""What one gets without a network: a network that loses to these has learned nothing that is worth its size.

Of classes the most frequent one of the training part; of numbers their mean there; of a series the last value, that
of a season before, and a straight line: least squares from the steps that the network sees of the target itself. After
Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.data.split import TRAIN
from nnspec.data.table import Dense, Windows

CORRECT = ("sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy", "accuracy")  # one measure
MOST = 20_000  # windows, or examples, that a baseline is taken from and measured on
LINES = 512  # steps that a straight line is drawn from; more take minutes to solve
ROUNDED = 1e-6  # Keras measures in float32
SURE = 0.3  # autocorrelation from which on a season is believed


def baselines(dataset: Dataset, split: Split) -> dict[str, dict[str, float]]:
    """By name, how good each is on a part: ``mean_absolute_error`` and ``mean_squared_error``, or ``accuracy``.

    Numbers are scaled as the network's targets are. Nothing where there are several targets, sequences or maps.
    """
    train = dataset.splits[TRAIN]
    if len(train.table.targets) != 1:
        return {}
    (before,), (after,) = train.table.targets.values(), split.table.targets.values()
    if isinstance(before, Windows) and isinstance(after, Windows):
        if not before.spec.dtype.startswith("float"):
            return {}
        return dict(_of_series(before, after, train, split))
    if not isinstance(before, Dense) or not isinstance(after, Dense):
        return {}
    known, wanted = before.take(_some(train)), after.take(_some(split))
    if before.spec.dtype == "int32" and not before.spec.shape:
        values, counts = np.unique(known, return_counts=True)
        return {"the most frequent class": {"accuracy": float(np.mean(wanted == values[counts.argmax()]))}}
    if before.spec.dtype.startswith("float") and len(before.spec.shape) <= 1:
        return {"the mean": _errors(known.astype(np.float64).mean(axis=0), wanted)}
    return {}


def better(found: Mapping[str, Mapping[str, float]], metrics: Mapping[str, float]) -> list[str]:
    """The baselines that a network loses to or draws with, by a metric that both have; the worst for it first."""
    names = {name: "accuracy" if name in CORRECT else name for name in metrics}
    gaps = [
        (scores[same] - metrics[name] if same == "accuracy" else metrics[name] - scores[same], kind)
        for kind, scores in found.items()
        for name, same in names.items()
        if same in scores
    ]
    return list(dict.fromkeys(kind for gap, kind in sorted(gaps, reverse=True) if gap >= -ROUNDED))


def _some(split: Split) -> np.ndarray:
    """The part's examples; of very many, ones that are evenly apart."""
    return split.indices[:: -(-len(split.indices) // MOST)]


def _errors(given: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
    apart = wanted.astype(np.float64) - given
    return {"mean_absolute_error": float(np.abs(apart).mean()), "mean_squared_error": float(np.square(apart).mean())}


def _of_series(before: Windows, after: Windows, train: Split, split: Split) -> Iterator[tuple[str, dict[str, float]]]:
    found = forecasts(train, before, split, after, _some(split))
    for name, given in found.by_name.items():
        yield name, _errors(given, found.wanted)


class Forecasts(NamedTuple):
    """What simple rules say of a part's windows, those without a missing value before.

    Attributes:
        chosen: the windows, numbers of examples.
        wanted: their targets, [n, targets] or [n, targets, columns].
        by_name: by rule as `wanted`, or with one value in place of the targets.
        ahead: how many steps after the last one seen each target is.
    """

    chosen: np.ndarray
    wanted: np.ndarray
    by_name: Mapping[str, np.ndarray]
    ahead: np.ndarray


def forecasts(train: Split, before: Windows, split: Split, after: Windows, chosen: np.ndarray) -> Forecasts:
    """
    Args:
        before, after: the targets of the training part and of the part.
        chosen: examples of the part.
    """
    ours, theirs = _sides(train, before, _some(train)), _sides(split, after, chosen)
    if ours is None or theirs is None or not len(ours.past) or not len(theirs.past):
        return Forecasts(chosen[:0], after.take(chosen[:0]), {}, np.asarray(after.steps) + 1)
    past, length = theirs.past, theirs.past.shape[1]
    found = {"the last value": past[:, -1:]}
    season = _season(ours.past)
    if season is not None:
        found[f"{season} steps before"] = past[:, (theirs.ahead - 1) % season - season]
    if theirs.wanted.ndim == 2 and 2 * length < len(ours.past) and length <= LINES:
        found["a straight line"] = np.c_[past, np.ones(len(past))] @ _line(ours.past, ours.wanted)
    return Forecasts(theirs.chosen, theirs.wanted, found, theirs.ahead)


class _Sides(NamedTuple):
    """Targets, and the values that they have at the steps that the network sees; windows without missing values.

    Attributes:
        chosen: the windows. wanted: [n, targets] or [n, targets, columns].
        past: float64 [n, steps] or [n, steps, columns].
        ahead: how many steps after the last one of `past` each target is, from 1 on.
    """

    chosen: np.ndarray
    wanted: np.ndarray
    past: np.ndarray
    ahead: np.ndarray


def _sides(part: Split, goal: Windows, chosen: np.ndarray) -> _Sides | None:
    """None where the network does not see a series before its targets."""
    seen = part.table.features.get("x")
    if not isinstance(seen, Windows) or not len(goal.starts):
        return None
    first = int(goal.starts[0] - seen.starts[0])
    steps = np.array([step for step in seen.steps if step < first], np.int64)  # the last one may be the target's own
    if not len(steps):
        return None
    apart = int(seen.steps[1] - seen.steps[0]) if len(seen.steps) > 1 else 1
    past = goal.series[seen.starts[chosen][:, None] + steps].astype(np.float64)
    whole = np.isfinite(past).all(axis=tuple(range(1, past.ndim)))
    ahead = (first + np.asarray(goal.steps, np.int64) - steps[-1]) // apart
    return _Sides(chosen[whole], goal.take(chosen[whole]), past[whole], ahead)


def _season(past: np.ndarray) -> int | None:
    """After how many steps the series is most like itself, as far as the network sees; None where it never is.

    By the autocorrelation of the windows, at its first high peak behind the first low.
    """
    rows = past.reshape(len(past), past.shape[1], -1)[:, :, 0]
    rows = rows - rows.mean(axis=1, keepdims=True)
    length, whole = rows.shape[1], float(np.square(rows).mean())
    if whole == 0 or length < 4:
        return None
    like = [1.0, *(float((rows[:, lag:] * rows[:, :-lag]).mean()) / whole for lag in range(1, length - 1))]
    peaks = [lag for lag in range(2, len(like) - 1) if like[lag - 1] < like[lag] >= like[lag + 1] and like[lag] > SURE]
    best = max((like[lag] for lag in peaks), default=0.0)
    return next((lag for lag in peaks if like[lag] >= 0.9 * best), None)


def _line(past: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.linalg.lstsq(np.c_[past, np.ones(len(past))], wanted.astype(np.float64), rcond=None)[0]
    return found
