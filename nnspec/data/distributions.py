"""How the values of a table's column are spread: a histogram, what stands far off, what nearly all are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.data import many_cells
from nnspec.data.errors import Remark

BINS = 20
COMMON = 10  # values of a category that are counted
FAR = 10  # quartile distances beyond the quartiles, from which on a value is far off
FEW_FAR = 0.01  # of the values, at most so many can be far off: else the column is like that
NEARLY = 0.995  # of the values that are alike, from which on little can be learnt
ENOUGH = 200  # rows


def numbers(values: Sequence[float]) -> dict[str, Any]:
    """Of numbers without missing ones.

    Returns:
        ``histogram``: ``edges``, one more than ``counts``; ``quartiles``; ``far``: how many are far off, ``count``, and
        the one that is the furthest; ``alike``: the most frequent value and its share.
    """
    import numpy as np

    array = np.asarray(values, np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            counts, edges = np.histogram(array, BINS)
        except ValueError:  # no 20 edges fit between neighbours, nor where the span is beyond all numbers
            counts, edges = np.array([len(array)]), np.array([array.min(), array.max()])
    low, middle, high = np.percentile(array, (25, 50, 75)).tolist()
    apart = np.maximum(low - array, array - high)
    far = apart > FAR * (high - low) if high > low else np.zeros(len(array), bool)
    value, times = many_cells.most_common(values)
    return {
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "quartiles": [low, middle, high],
        "far": {"count": int(far.sum()), "furthest": float(array[apart.argmax()]) if far.any() else None},
        "alike": {"value": value, "share": times / len(array)},
    }


def categories(counts: Mapping[str, int]) -> dict[str, Any]:
    """Of texts, how often each is there: ``common``, the most frequent with their counts, and ``alike`` as of numbers.

    Of equal counts the text comes first that does so in `counts`.
    """
    found = Counter(counts).most_common(COMMON)
    return {
        "common": [list(pair) for pair in found],
        "alike": {"value": found[0][0], "share": found[0][1] / sum(counts.values())},
    }


def doubts(columns: Sequence[Mapping[str, Any]]) -> Iterator[Remark]:
    """What is likely to be wrong with columns that are used, as `of_columns` tells them."""
    for column in columns:
        if not column["use"] or "alike" not in column:
            continue
        known = column["of_rows"] - column["missing"]
        alike, far = column["alike"], column.get("far")
        if "feature" in column["use"] and known >= ENOUGH and NEARLY <= alike["share"] < 1:
            yield Remark(
                "W0907",
                f"column {column['name']!r} is {alike['value']!r} in {alike['share']:.2%} of the rows: "
                "little can be learnt from the others",
            )
        if far and known >= ENOUGH and 0 < far["count"] <= FEW_FAR * known:
            low, _, high = column["quartiles"]
            yield Remark(
                "W0908",
                f"column {column['name']!r}: values far off: {far['count']:,}, {far['furthest']:g} for one, where half "
                f"of all are {low:g} to {high:g}: a mistake, or a mark for missing (`missing_values`)?",
            )
