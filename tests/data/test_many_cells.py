"""What NumPy says of very many numbers at once is what Python says of them one by one."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from nnspec.data import many_cells, scaling, split
from nnspec.data.shuffling import shuffled_into

np = pytest.importorskip("numpy")


def columns() -> list[array[float]]:
    random = Random(3)
    spread = [random.gauss(0, 1) * 10.0 ** random.randint(-300, 36) for _ in range(500)]
    return [
        array("d", values)
        for values in (
            [round(random.gauss(5, 100), 4) for _ in range(1000)],
            spread,
            [1e30, 1.0, -1e30] * 50,
            [1.0, 2.0**-53, 2.0**-110],  # above the middle of two doubles, by less than a rounded sum shows
            [float(random.randint(0, 6)) for _ in range(400)],
            [float(number) for number in range(300)],
            [0.1] * 100,
            [0.0, -0.0] * 10,
            [5e-324, -5e-324, 1e-310] * 9,
        )
    ]


@pytest.mark.parametrize("cells", columns())
def test_sums_are_rounded_once(cells: array[float], monkeypatch: pytest.MonkeyPatch) -> None:
    for at_once in (7, 1 << 16):
        monkeypatch.setattr(many_cells, "SUMMED", at_once)
        assert many_cells.exact_sum(np.asarray(cells)) == math.fsum(cells)
        large = [1e300, 1e-300, -1e300]
        assert many_cells.exact_sum(np.array(large)) == math.fsum(large)


QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "distinct": many_cells.distinct,
    "missing": many_cells.missing,
    "negative": many_cells.first_negative,
    "known": lambda cells: list(many_cells.known_ones(cells)),
    "whole": many_cells.all_differ,
    "count on": many_cells.count_on,
    "taken": lambda cells: repr(list(many_cells.taken(cells, range(0, len(cells), 2)))),
    "equal": lambda cells: (many_cells.equal(cells, cells), many_cells.equal(cells, cells[::-1])),
    **{
        f"{method} {missing}": lambda cells, method=method, missing=missing: scaling.fit(cells, method, missing)
        for method in ("none", "standard", "minmax")
        for missing in ("mean", "zero")
    },
    "range": lambda cells: scaling.scaled_range(cells, {"offset": 1.5, "factor": 3.0}),
}
OF_KNOWN: dict[str, Callable[[Any], Any]] = {
    "span": many_cells.span,
    "different": many_cells.different,
    "counted": lambda cells: list(many_cells.counted(cells).items()),
    "most common": many_cells.most_common,
    "first": lambda cells: many_cells.first_place(cells, cells[len(cells) // 2]),
}


@pytest.mark.parametrize("question", [*QUESTIONS, *OF_KNOWN])
def test_many_cells_are_what_few_are(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(1)
    for cells in columns():
        if question in QUESTIONS:
            holes = array("d", (math.nan if random.random() < 0.2 else value for value in cells))
            cases, ask = [cells, holes, array("d", [math.nan] * 3)], QUESTIONS[question]
        else:
            cases, ask = [cells], OF_KNOWN[question]
        for case in map(memoryview, cases):
            monkeypatch.setattr(many_cells, "MANY", 1 << 17)
            few = ask(case)
            monkeypatch.setattr(many_cells, "MANY", 0)
            assert ask(case) == few


@pytest.mark.parametrize("largest", [1, 9, 1 << 40, (1 << 64) - 1])
def test_the_order_is_that_of_a_stable_sort(largest: int) -> None:
    random = Random(largest)
    for count in (0, 1, 2, 5, 64, 999):
        numbers = np.array([random.randint(0, largest) for _ in range(count)], np.uint64)
        numbers[count // 2 :] ^= np.uint64(largest & 1)  # last digits differ where the first ones are alike
        assert many_cells.in_order(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


def test_codes_of_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = memoryview(array("d", [3, math.nan, 1, 3, 0]))
    for many in (1 << 17, 0):
        monkeypatch.setattr(many_cells, "MANY", many)
        assert many_cells.codes_there(codes) == {0, 1, 3}
        assert list(many_cells.counts(codes, 5)) == [1, 1, 0, 2, 0]
        with pytest.raises((ValueError, StopIteration, IndexError)):
            many_cells.first_place(codes, 9)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 1000, 4097])
def test_the_parts_are_those_of_pythons_shuffle(count: int) -> None:
    for seed in range(5):
        ours, theirs = Random(seed), Random(seed)
        for generator in (ours, theirs):
            [generator.random() for _ in range(seed * 311)]
        sizes = (count // 9, 0, count // 2)
        parts = shuffled_into(sizes, count, ours).tolist()
        order = list(range(count))
        theirs.shuffle(order)
        wanted = [3] * count
        for place, item in enumerate(order):
            wanted[item] = 0 if place < sizes[0] else 2 if place < sum(sizes) else 3
        assert parts == wanted
        assert ours.getstate() == theirs.getstate()


@pytest.mark.slow
def test_parts_of_many_are_those_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(0)
    labels = memoryview(array("d", (random.choice((4.0, 2.0, 2.0, 9.0)) for _ in range(3000))))
    times = memoryview(array("d", (float(random.randint(0, 99)) for _ in range(3000))))
    deals: list[Callable[[], Any]] = [
        lambda: split.stratified(labels, {"validation": 0.13, "test": 0.2}, 5),
        lambda: split.stratified(labels.tolist(), {"validation": 0.13, "test": 0.2}, 5),
        lambda: split.shuffled(2500, {"test": 0.3}, 1),
        lambda: split.by_time(times, {"validation": 0.1, "test": 0.2}),
        lambda: split.grouped(labels, {"test": 0.2}, 2),
    ]
    for deal in deals:
        found = []
        for many in (1 << 17, 1000, 0):
            monkeypatch.setattr(many_cells, "MANY", many)
            monkeypatch.setattr(split, "MANY", many)
            found.append([(name, list(part)) for name, part in deal().items()])
        assert found[0] == found[1] == found[2]
