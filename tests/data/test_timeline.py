"""Series with times, groups and gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.scaling import original_units
from nnspec.data.sources.csv import Csv
from nnspec.data.windows import WindowExamples


def load(folder: Path, content: str, **options: Any) -> WindowExamples:
    (folder / "s.csv").write_text(content)
    examples = Csv("s.csv", **{"window": {"length": 2}, "target": "v", **options}).load(folder)
    assert isinstance(examples, WindowExamples)
    return examples


def hours(*numbers: int, start: int = 0) -> str:
    """Rows whose value is their hour."""
    return "".join(f"2024-03-{1 + n // 24:02} {n % 24:02}:00,{start + n}\n" for n in numbers)


def windows(examples: WindowExamples) -> list[list[float]]:
    table = examples.table(examples.fit(range(len(examples)), None))
    every = np.arange(len(examples))
    x, y = (column.take(every).reshape(len(every), -1) for column in (table.features["x"], table.targets["y"]))
    found: list[list[float]] = np.concatenate([x, y], axis=1).tolist()
    return found


def said(examples: WindowExamples) -> str:
    return "\n".join(map(str, examples.problems))


def test_times_in_order_say_nothing(tmp_path: Path) -> None:
    examples = load(tmp_path, "t,v\n" + hours(0, 1, 2, 3), time="t")
    assert windows(examples) == [[0, 1, 2], [1, 2, 3]] and said(examples) == ""


@pytest.mark.parametrize(
    ("numbers", "line", "message", "hint"),
    [
        ((0, 1, 3, 2), 5, "2024-03-01 02:00:00 comes after 2024-03-01 03:00:00", "`sort: true`"),
        ((3, 2, 1, 0), 3, "comes after", "`sort: true`"),
        ((0, 1, 1, 2), 4, "2024-03-01 01:00:00 is there twice, first on line 3", "`duplicates: first`"),
    ],
)
def test_times_out_of_order_are_refused(
    tmp_path: Path, numbers: tuple[int, ...], line: int, message: str, hint: str
) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, "t,v\n" + hours(*numbers), time="t")
    assert message in caught.value.message and caught.value.line == line and hint in str(caught.value.hint)


def test_rows_are_sorted_by_option(tmp_path: Path) -> None:
    examples = load(tmp_path, "t,v\n" + hours(3, 1, 2, 0), time="t", sort=True)
    assert windows(examples) == [[0, 1, 2], [1, 2, 3]]
    assert examples.texts([0, 1]) == ["lines 5 to 3", "lines 3 to 4"]


@pytest.mark.parametrize(("keep", "value"), [("first", 1), ("last", 9)])
def test_one_of_two_rows_of_a_time_is_kept_by_option(tmp_path: Path, keep: str, value: float) -> None:
    content = "t,v\n" + hours(0, 1) + "2024-03-01 01:00,9\n" + hours(2)
    examples = load(tmp_path, content, time="t", duplicates=keep)
    assert windows(examples) == [[0, value, 2]] and "rows left out, whose time is there twice: 1" in said(examples)


def test_no_window_runs_across_a_gap(tmp_path: Path) -> None:
    content = "t,v\n" + hours(0, 1, 2, 3, 10, 11, 12)
    examples = load(tmp_path, content, time="t")
    assert windows(examples) == [[0, 1, 2], [1, 2, 3], [10, 11, 12]]
    assert "s.csv:6: column 't': gaps in time: 1, the first from 2024-03-01 03:00:00 to 2024-03-01 10:00:00" in said(
        examples
    )
    assert [3, 10, 11] in windows(load(tmp_path, content, time="t", gaps="ignore"))
    with pytest.raises(DataError, match=r"s.csv:6: .*gaps in time: 1.*`gaps: split` or `ignore`"):
        load(tmp_path, content, time="t", gaps="refuse")


def test_months_are_no_gaps(tmp_path: Path) -> None:
    content = "t,v\n" + "".join(f"{2020 + n // 12}-{n % 12 + 1:02}-01,{n}\n" for n in range(30))
    assert said(load(tmp_path, content, time="t", gaps="refuse")) == ""


def test_stretches_too_short_for_a_window_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="stretches without a gap, the longest of 4 rows, are too few"):
        load(tmp_path, "t,v\n" + hours(0, 1, 2, 3, 50, 99), time="t", window={"length": 4})


def panel(rows: int, *, interleaved: bool) -> str:
    cells = [(shop, day) for shop in "AB" for day in range(rows)]
    if interleaved:
        cells.sort(key=lambda cell: cell[1])
    return "shop,day,v\n" + "".join(f"{shop},{day},{day + (shop == 'B') * 100}\n" for shop, day in cells)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("timed", [False, True])
def test_no_window_runs_from_one_group_into_another(tmp_path: Path, interleaved: bool, timed: bool) -> None:
    time = {"time": "day"} if timed else {}
    examples = load(tmp_path, panel(4, interleaved=interleaved), group="shop", features=["v"], **time)
    assert windows(examples) == [[0, 1, 2], [1, 2, 3], [100, 101, 102], [101, 102, 103]]


def test_groups_are_cut_at_the_same_time(tmp_path: Path) -> None:
    """Shop B opens late: no part of A is later than what training knows of B."""
    rows = [(day, "A") for day in range(40)] + [(day, "B") for day in range(20, 40)]
    content = "shop,day,v\n" + "".join(f"{shop},{day},{day}\n" for day, shop in rows)
    examples = load(tmp_path, content, time="day", group="shop", features=["v"])
    parts = examples.split({"test": 0.2}, 0)
    found = np.array(windows(examples))[:, -1]
    assert found[parts["train"]].max() < found[parts["test"]].min()
    assert len(parts["train"]) + len(parts["test"]) == len(examples)


def test_groups_without_times_are_each_cut_at_their_end(tmp_path: Path) -> None:
    examples = load(tmp_path, panel(20, interleaved=False), group="shop", features=["v"])
    parts = examples.split({"test": 0.25}, 0)
    assert sorted(row[-1] for row in np.array(windows(examples))[parts["test"]]) == [*range(15, 20), *range(115, 120)]


def test_predictions_of_groups_are_in_units(tmp_path: Path) -> None:
    examples = load(tmp_path, panel(9, interleaved=True), group="shop", time="day", features=["v"], scale="standard")
    assets = examples.fit(range(len(examples)), None)
    y = examples.table(assets).targets["y"].take(np.arange(len(examples)))
    assert assets.scaling is not None
    assert original_units(y, assets.scaling)[:, 0] == pytest.approx([*range(2, 9), *range(102, 109)])


def test_no_window_runs_across_a_row_that_was_left_out(tmp_path: Path) -> None:
    content = "v\n0\n1\n2\noops\n4\n5\n6\n"
    examples = load(tmp_path, content, on_error="skip")
    assert windows(examples) == [[0, 1, 2], [4, 5, 6]]
    assert "places where rows were left out: 1; no window runs across one" in said(examples)
    examples = load(tmp_path, content.replace("oops", "NA"), missing="skip")
    assert windows(examples) == [[0, 1, 2], [4, 5, 6]]


def test_targets_are_never_made_up(tmp_path: Path) -> None:
    content = "a,v\n" + "".join(f"{n},{'' if n == 4 else n}\n" for n in range(8))
    examples = load(tmp_path, content, missing="mean", features=["a"], window={"length": 2, "horizon": 2})
    assert [row[-2:] for row in windows(examples)] == [[2, 3], [5, 6], [6, 7]]
    assert "2 of 5 windows left out: a target is missing" in said(examples)


def test_the_fill_is_that_of_the_training_part(tmp_path: Path) -> None:
    content = "a,v\n1,0\n,1\n3,2\n1000,3\n1000,4\n1000,5\n"
    examples = load(tmp_path, content, missing="mean", features=["a"], window={"length": 1})
    assets = examples.fit([0, 1], None)  # rows 0 to 2
    assert assets.scaling is not None and assets.scaling["features"]["a"]["fill"] == 2


def test_sampling(tmp_path: Path) -> None:
    """A step is so many rows after the one before; stride is in rows."""
    window = {"length": 3, "horizon": 2, "sampling": 4, "stride": 2}
    examples = load(tmp_path, "v\n" + "".join(f"{n}\n" for n in range(20)), window=window)
    assert windows(examples) == [[0, 4, 8, 12, 16], [2, 6, 10, 14, 18]]
    assert examples.texts([0]) == ["lines 2 to 10"]


def test_horizon_0_is_the_target_of_the_last_step_seen(tmp_path: Path) -> None:
    content = "a,v\n" + "".join(f"{n},{10 * n}\n" for n in range(4))
    examples = load(tmp_path, content, window={"length": 2, "horizon": 0})
    assert windows(examples) == [[0, 1, 10], [1, 2, 20], [2, 3, 30]]
    with pytest.raises(DataError, match="'v' is a feature, and with `horizon: 0` the target of the same step"):
        load(tmp_path, content, window={"length": 2, "horizon": 0}, features=["a", "v"])
    with pytest.raises(DataError, match="no column left for the features"):
        load(tmp_path, "v\n1\n2\n3\n", window={"length": 2, "horizon": 0})


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("t,v\n" + hours(0, 1, 2, 3), {}, "'t' looks like time, '2024-03-01 00:00' for one, but is unused"),
        ("epoch,v\n" + "".join(f"{n},{n}\n" for n in range(4)), {}, "'epoch' looks like time, '0' for one, but is a"),
        (
            panel(8, interleaved=False),
            {"features": ["v"], "time": "day", "sort": True, "duplicates": "first"},
            "'shop'",
        ),
    ],
)
def test_unused_columns_that_say_the_order_are_named(
    tmp_path: Path, content: str, options: dict[str, Any], message: str
) -> None:
    assert message in said(load(tmp_path, content, **options))


def test_a_group_out_of_order_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"s.csv:4: .*0 comes after 1 in group 'A'"):
        load(tmp_path, "shop,day,v\nA,1,1\nB,1,1\nA,0,1\n", time="day", group="shop")


def test_new_windows_of_a_file_follow_the_same_rules(tmp_path: Path) -> None:
    options: dict[str, Any] = {"time": "day", "group": "shop", "features": ["v"]}
    examples = load(tmp_path, panel(6, interleaved=True), **options)
    assets = examples.fit(range(len(examples)), None)
    source = Csv("s.csv", **{"window": {"length": 2}, "target": "v", **options})
    x = source.encode(["s.csv", [{"v": 7}, {"v": 8}]], assets, tmp_path)["x"]
    assert x.array[:, :, 0].tolist() == [[4, 5], [104, 105], [7, 8]]
    (tmp_path / "new.csv").write_text("shop,day,v\nA,0,1\nA,1,2\nA,2,3\nA,9,4\n")
    with pytest.raises(DataError, match=r"new.csv: 1 rows since its last gap, but the network sees 2"):
        source.encode(["new.csv"], assets, tmp_path)
