"""What one gets without a network: a network that loses to these has learned nothing that is worth its size.

Of classes the most frequent one of the training part; of numbers their mean there; of a series the last value, that
of a season before, and a straight line: least squares from the steps that the network sees of the target itself. After
Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.data.split import TRAIN
from nnspec.data.table import Dense, Windows

CORRECT = ("sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy", "accuracy")  # one measure
MOST = 20_000  # windows, or examples, that a baseline is taken from and measured on
LINES = 512  # steps that a straight line is drawn from; more take minutes to solve
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
        return dict(_of_series(dataset, before, after, train, split))
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
    return list(dict.fromkeys(kind for gap, kind in sorted(gaps, reverse=True) if gap >= 0))


def _some(split: Split) -> np.ndarray:
    """The part's examples; of very many, ones that are evenly apart."""
    return split.indices[:: -(-len(split.indices) // MOST)]


def _errors(given: np.ndarray, wanted: np.ndarray) -> dict[str, float]:
    apart = wanted.astype(np.float64) - given
    return {"mean_absolute_error": float(np.abs(apart).mean()), "mean_squared_error": float(np.square(apart).mean())}


def _of_series(
    dataset: Dataset, before: Windows, after: Windows, train: Split, split: Split
) -> Iterator[tuple[str, dict[str, float]]]:
    length = _seen(dataset, before)
    if length < 1:
        return
    wanted, past = _sides(after, _some(split), length)
    known, earlier = _sides(before, _some(train), length)
    if not len(past) or not len(earlier):
        return
    yield "the last value", _errors(past[:, -1:], wanted)
    season = _season(earlier)
    if season is not None:
        steps = (np.arange(after.length) % season) - season
        yield f"{season} steps before", _errors(past[:, steps], wanted)
    if wanted.ndim == 2 and 2 * length < len(known) and length <= LINES:
        yield "a straight line", _errors(np.c_[past, np.ones(len(past))] @ _line(earlier, known), wanted)


def _seen(dataset: Dataset, targets: Windows) -> int:
    """How many steps before its first target the network sees; 0 where there is not one input of steps."""
    columns = list(dataset.splits[TRAIN].table.features.values())
    if len(columns) != 1 or not isinstance(columns[0], Windows) or not len(targets.starts):
        return 0
    return int(targets.starts[0] - columns[0].starts[0]) // targets.sampling


def _sides(column: Windows, chosen: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and those of the steps before, float64 [n, length] or [n, length, targets]; without missing values."""
    back = np.arange(-length, 0) * column.sampling
    past = column.series[column.starts[chosen][:, None] + back].astype(np.float64)
    whole = np.isfinite(past).all(axis=tuple(range(1, past.ndim)))
    return column.take(chosen[whole]), past[whole]


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
