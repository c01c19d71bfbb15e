from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data.errors import DataError
from nnspec.data.protocol import Facts
from nnspec.data.scaling import original_units
from nnspec.data.sources.csv import Csv
from nnspec.data.windows import Window, WindowExamples

SHARED = Path(__file__).parents[3] / "shared" / "data"


def load(folder: Path, rows: int, window: dict[str, int], **options: Any) -> WindowExamples:
    """A series whose column a counts the rows, and b counts tens of them."""
    lines = (f"day {number},{number},{10 * number}\n" for number in range(rows))
    (folder / "series.csv").write_text("day,a,b\n" + "".join(lines))
    examples = Csv("series.csv", window=window, **options).load(folder)  # type: ignore[arg-type]
    assert isinstance(examples, WindowExamples)
    return examples


def test_windows(tmp_path: Path) -> None:
    examples = load(tmp_path, 10, {"length": 3, "horizon": 2, "stride": 4}, target="a")
    assert (examples.task, len(examples)) == ("forecast", 2)
    table = examples.table(examples.fit([0, 1], None))
    rows = np.array([1, 0])
    assert table.features["x"].take(rows).tolist() == [[[4, 40], [5, 50], [6, 60]], [[0, 0], [1, 10], [2, 20]]]
    assert table.targets["y"].take(rows).tolist() == [[7, 8], [3, 4]]
    assert str(table.features["x"].spec) == "float32 [3, 2]" and str(table.targets["y"].spec) == "float32 [2]"
    assert examples.texts([1]) == ["lines 6 to 8"]
    assert examples.report([0, 1], examples.fit([0], None)) == {"target_lines": [5, 10]}


def test_several_targets_apart_from_the_features(tmp_path: Path) -> None:
    examples = load(tmp_path, 4, {"length": 2}, target=["b", "a"], features=["a"])
    table = examples.table(examples.fit([0], None))
    assert table.features["x"].take(np.array([1])).tolist() == [[[1], [2]]]
    assert table.targets["y"].take(np.array([1])).tolist() == [[[30, 3]]]


def test_a_series_of_one_column_needs_no_target(tmp_path: Path) -> None:
    examples = load(tmp_path, 4, {"length": 2}, features=["a"])
    assert examples.plan.targets == ("a",)


@pytest.mark.slow
@given(
    rows=st.integers(8, 60),
    length=st.integers(1, 5),
    horizon=st.integers(1, 3),
    stride=st.integers(1, 3),
    fractions=st.sampled_from([{"test": 0.3}, {"test": 0.25, "validation": 0.25}]),
)
def test_no_part_sees_targets_of_a_later_one(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    length: int,
    horizon: int,
    stride: int,
    fractions: dict[str, float],
) -> None:
    folder = tmp_path_factory.mktemp("series")
    try:
        examples = load(folder, rows, {"length": length, "horizon": horizon, "stride": stride}, target="a")
        parts = examples.split(fractions, 1)
    except DataError as error:
        assert "too few" in error.message or "is empty" in error.message
        return
    table = examples.table(examples.fit(parts["train"], None))
    names = [name for name in ("train", "validation", "test") if name in parts]
    for earlier, later in pairwise(names):
        before, after = np.array(parts[earlier]), np.array(parts[later])
        seen = max(table.features["x"].take(before)[:, :, 0].max(), table.targets["y"].take(before).max())
        assert seen < table.targets["y"].take(after).min()
    # Windows are lost at the borders only: those whose targets lie on both sides.
    lost = set(range(len(examples))) - {index for part in parts.values() for index in part}
    assert len(lost) <= (len(names) - 1) * (horizon - 1)


@pytest.mark.parametrize(("method", "first", "last"), [("minmax", 0.0, 1.0), ("standard", -1.5, 1.5)])
def test_scaling_is_fitted_on_the_training_rows(tmp_path: Path, method: str, first: float, last: float) -> None:
    examples = load(tmp_path, 20, {"length": 2, "horizon": 1}, target="b", scale=method)
    parts = examples.split({"test": 0.8}, 1)
    assets = examples.fit(parts["train"], None)  # rows 0 to 3
    table = examples.table(assets)
    unit = 3 if method == "minmax" else np.std([0, 1, 2, 3])
    offset = 0 if method == "minmax" else 1.5
    x = table.features["x"].take(np.array([0]))[0, :, 0]
    assert x == pytest.approx((np.array([0, 1]) - offset) / unit)
    assert table.targets["y"].take(np.array(parts["train"]))[-1] == pytest.approx((3 - offset) / unit)
    assert assets.scaling is not None
    every = table.targets["y"].take(np.arange(len(examples)))
    assert original_units(every, assets.scaling)[:, 0] == pytest.approx(np.arange(20, 200, 10.0))


def test_several_targets_in_their_units(tmp_path: Path) -> None:
    examples = load(tmp_path, 9, {"length": 2, "horizon": 3}, target=["b", "a"], scale="standard")
    assets = examples.fit([0, 1], None)
    y = examples.table(assets).targets["y"].take(np.array([1]))
    assert assets.scaling is not None
    assert original_units(y, assets.scaling) == pytest.approx(np.array([[[30, 3], [40, 4], [50, 5]]]))


def test_missing_inputs_are_filled_and_missing_targets_are_not(tmp_path: Path) -> None:
    (tmp_path / "gap.csv").write_text('a\n1\n""\n5\n9\n')
    examples = Csv("gap.csv", window={"length": 1}, missing="mean").load(tmp_path)  # type: ignore[arg-type]
    table = examples.table(examples.fit([0, 1], None))
    x, y = (column.take(np.arange(2)).tolist() for column in (table.features["x"], table.targets["y"]))
    assert x == [[[7]], [[5]]] and y == [[5], [9]]  # the mean of 5 and 9, which the windows see
    assert [problem.message for problem in examples.problems] == ["1 of 3 windows left out: a target is missing"]


@pytest.mark.parametrize(
    ("rows", "window", "options", "message"),
    [
        (4, {"length": 4}, {"target": "a"}, "series.csv: 4 rows are too few for a window of 4 and 1 steps"),
        (9, {"length": 2}, {}, "which column is the `target` of the forecast? There are a, b"),
        (9, {"length": 2}, {"target": "a", "features": ["day"]}, "column 'day' of the series is not of numbers"),
        (9, {"length": 0}, {"target": "a"}, "`window`: length, stride and sampling are at least 1"),
        (
            9,
            {"size": 3},
            {"target": "a"},
            "`window` has no setting 'size': there are length, horizon, stride, sampling, gap",
        ),
        (9, {"horizon": 3}, {"target": "a"}, "`window`: "),
        (9, {"length": 3, "offsets": [2, 2]}, {"target": "a"}, "`offsets` are whole numbers from 1 on that rise"),
        (9, {"length": 3, "offsets": [2], "horizon": 4}, {"target": "a"}, "without `horizon` and `gap`"),
        (9, {"length": 3, "horizon": 0, "gap": 1}, {"target": "a"}, "there is no `gap`"),
        (9, {"length": 2, "horizon": 2}, {"target": "day"}, "a window has one class: say `horizon: 0`"),
        (9, {"length": 2, "horizon": 0}, {"target": "day", "known": ["a"]}, "`known` is for forecasts"),
        (9, {"length": 2}, {"target": "a", "cut": "group"}, "`cut: group` takes the `group`"),
    ],
)
def test_bad_input_is_named(
    tmp_path: Path, rows: int, window: dict[str, int], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as error:
        load(tmp_path, rows, window, **options)
    assert message in str(error.value)


def test_an_empty_part_is_named(tmp_path: Path) -> None:
    examples = load(tmp_path, 20, {"length": 2, "horizon": 5}, target="a")
    with pytest.raises(DataError, match="the part 'test' is empty: no window has its 5 targets in rows 18 to 19"):
        examples.split({"test": 0.1}, 1)


def test_new_windows(tmp_path: Path) -> None:
    examples = load(tmp_path, 9, {"length": 2}, target="a", scale="minmax")
    assets = examples.fit([0, 1], None)  # rows 0 to 3
    source = Csv("series.csv", window=Window(2), target="a", scale="minmax")
    x = source.encode([[{"a": 3, "b": 0}, {"a": 0, "b": 60}], "series.csv"], assets, tmp_path)["x"]
    assert x.take(np.array([0, 1])) == pytest.approx(np.array([[[1, 0], [0, 2]], [[7 / 3, 7 / 3], [8 / 3, 8 / 3]]]))
    with pytest.raises(DataError, match="1 rows, but the network sees 2 steps"):
        source.encode([[{"a": 3, "b": 0}]], assets, tmp_path)


def test_facts_read_the_head_alone(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("a\n" + "1\n" * 2000 + "not a number\n")
    assert Csv("long.csv", window=Window(3)).facts(tmp_path) == Facts()


@pytest.mark.slow
def test_etth1() -> None:
    path = SHARED / "etth1" / "ETTh1.csv"
    if not path.exists():
        pytest.skip("etth1 is not here")
    examples = Csv("ETTh1.csv", window=Window(96, 24), target="OT", scale="standard").load(path.parent)
    assert isinstance(examples, WindowExamples)
    assert len(examples.rows) == 17420 and len(examples) == 17420 - 96 - 24 + 1
    parts = examples.split({"validation": 0.2, "test": 0.2}, 1)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 10452 - 96 - 24 + 1,
        "validation": 3484 - 24 + 1,
        "test": 3484 - 24 + 1,
    }
    assets = examples.fit(parts["train"], None)
    with open(path, encoding="utf-8", newline="") as file:
        column = np.array([float(row["OT"]) for row in csv.DictReader(file)])
    assert assets.scaling is not None
    entry = assets.scaling["targets"]["OT"]
    assert (entry["offset"], entry["factor"]) == pytest.approx((column[:10452].mean(), column[:10452].std()))
    y = examples.table(assets).targets["y"].take(np.array(parts["test"][-1:]))
    assert original_units(y, assets.scaling)[0] == pytest.approx(column[-24:], rel=1e-5)


def test_airline() -> None:
    path = SHARED / "airline" / "Airline.csv"
    if not path.exists():
        pytest.skip("airline is not here")
    examples = Csv("Airline.csv", window=Window(12)).load(path.parent)
    assert isinstance(examples, WindowExamples)
    assert len(examples.rows) == 144 and examples.plan.features == ("Passengers",)
