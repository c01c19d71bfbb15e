"""Steps to predict anywhere ahead, what is known of them, windows of classes, whole groups held back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets
from nnspec.data.sources.csv import Csv


def source(folder: Path, count: int = 20, **told: Any) -> Csv:
    """A series: `v` counts the rows, `hour` ten times that, `who` a then b, `what` sits and stands four rows each."""
    rows = (f"{n},{10 * n},{'ab'[2 * n // count]},{('sits', 'stands')[n // 4 % 2]}\n" for n in range(count))
    (folder / "s.csv").write_text("v,hour,who,what\n" + "".join(rows))
    return Csv("s.csv", **told)


def read(folder: Path, **told: Any):  # type: ignore[no-untyped-def]
    examples = source(folder, **told).load(folder)
    assets = examples.fit(range(len(examples)), None)
    table = examples.table(assets)
    columns = examples.columns(assets)
    assert {name: one.spec for name, one in table.features.items()} == dict(columns.features)
    assert {name: one.spec for name, one in table.targets.items()} == dict(columns.targets)
    return examples, assets, table


@pytest.mark.parametrize(
    ("window", "x", "y"),
    [
        ({"horizon": 2, "gap": 3}, [4, 5], [9, 10]),
        ({"offsets": [1, 4, 6]}, [4, 5], [6, 9, 11]),
        ({"offsets": [1, 3], "sampling": 2}, [4, 6], [8, 12]),
        ({"horizon": 2, "gap": 1, "sampling": 3}, [4, 7], [13, 16]),
        ({"horizon": 0}, [4, 5], [5]),
    ],
)
def test_targets_are_as_far_ahead_as_it_is_said(
    tmp_path: Path, window: dict[str, Any], x: list[int], y: list[int]
) -> None:
    features = ["hour"] if window.get("horizon") == 0 else ["v"]
    examples, _, table = read(tmp_path, features=features, target="v", window={"length": 2, **window})
    found = table.features["x"].take(np.array([4]))[0, :, 0] / (10 if features == ["hour"] else 1)
    assert found.tolist() == x
    assert table.targets["y"].take(np.array([4]))[0].tolist() == y
    last = table.targets["y"].take(np.array([len(examples) - 1]))[0].tolist()
    assert last[-1] == 19  # no window is lost, and none runs out of the file
    parts = examples.split({"test": 0.35}, 0)
    goals = {name: table.targets["y"].take(np.array(part)) for name, part in parts.items()}
    assert goals["train"].max() < 13 <= goals["test"].min()


def test_what_is_known_of_the_steps_to_predict_is_an_input(tmp_path: Path) -> None:
    told = {"features": ["v"], "target": "v", "known": ["hour"], "window": {"length": 3, "offsets": [1, 4]}}
    _, assets, table = read(tmp_path, scale="none", **told)
    assert table.features["known"].take(np.array([5])).tolist() == [[[80], [110]]]
    assert Assets(scaling=assets.scaling).scales("known")["hour"]["factor"] == 1
    (tmp_path / "new.csv").write_text("v,hour\n1,10\n2,20\n3,30\n,40\n,50\n,60\n,70\n")
    found = source(tmp_path, **told).encode(["new.csv"], assets, tmp_path)
    assert found["x"].array.tolist() == [[[1], [2], [3]]]
    assert found["known"].array.tolist() == [[[40], [70]]]
    rows = [{"v": 1, "hour": 0}, {"v": 2, "hour": 0}, {"v": 3, "hour": 0}, *({"hour": n} for n in (4, 5, 6, 7))]
    by_name = source(tmp_path, **told).encode([rows], assets, tmp_path)
    assert by_name["known"].array.tolist() == [[[4], [7]]]
    with pytest.raises(DataError, match="3 rows, but the network sees 3 steps, and the rows to predict"):
        source(tmp_path, **told).encode([rows[:3]], assets, tmp_path)
    for content, wrong in (
        ("v,hour\n1,1\n,1\n3,1\n,4\n,5\n,6\n,7\n", "new.csv:3: column 'v': a missing value"),
        ("v,hour\n1,1\n2,1\n3,1\n,4\n,5\n,6\n,\n", "new.csv:8: column 'hour': a missing value"),
        ("v,hour\n3,1\n,4\n", "up to the last one that it predicts: 7"),
    ):
        (tmp_path / "new.csv").write_text(content)
        with pytest.raises(DataError, match=wrong):
            source(tmp_path, **told).encode(["new.csv"], assets, tmp_path)


@pytest.mark.parametrize(("mixed", "count"), [("last", 18), ("skip", 10)])
def test_windows_of_classes(tmp_path: Path, mixed: str, count: int) -> None:
    told = {"features": ["v"], "target": "what", "window": {"length": 3, "horizon": 0, "mixed": mixed}}
    examples, assets, table = read(tmp_path, **told)
    assert (examples.task, len(examples), assets.classes) == ("classification", count, ("sits", "stands"))
    places = np.arange(count)
    last = table.features["x"].take(places)[:, -1, 0]
    assert table.targets["y"].take(places).tolist() == (last // 4 % 2).tolist()
    if mixed == "skip":
        first = table.features["x"].take(places)[:, 0, 0]
        assert (first // 4 == last // 4).all()
        said = "; ".join(map(str, examples.problems))
        assert "8 of 18 windows left out: the class changes within" in said
    parts = examples.split({"test": 0.4}, 0)
    seen = {name: table.features["x"].take(np.array(part)) for name, part in parts.items()}
    assert seen["train"].max() < seen["test"].min()  # no row is in two parts


def test_a_class_that_training_lacks_is_refused(tmp_path: Path) -> None:
    told = {"features": ["v"], "target": "what", "window": {"length": 2, "horizon": 0}}
    examples = source(tmp_path, **told).load(tmp_path)
    with pytest.raises(DataError, match=r"s.csv:6: column 'what': the training part has no class 'stands'"):
        examples.columns(examples.fit([0, 1], None))


@pytest.mark.parametrize("target", ["v", "what"])
def test_whole_groups_are_held_back(tmp_path: Path, target: str) -> None:
    window = {"length": 3, "horizon": int(target == "v")}
    examples, _, table = read(tmp_path, features=["hour"], target=target, window=window, group="who", cut="group")
    parts = examples.split({"test": 0.5}, 0)
    seen = {name: set(table.features["x"].take(np.array(part)).ravel() // 100) for name, part in parts.items()}
    assert sorted(map(len, seen.values())) == [1, 1] and not seen["train"] & seen["test"]
