"""Several series with a scale each, and several files as several series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.cli.predict import _line
from nnspec.data.config import DataConfig
from nnspec.data.dataset import Dataset, open_dataset, open_encoder
from nnspec.data.doubts import doubts
from nnspec.data.errors import DataError
from nnspec.data.group_scaling import names_of
from nnspec.data.new_examples import remarks
from nnspec.data.protocol import Assets
from nnspec.data.sources.csv import Csv
from nnspec.layers.types import KindValue
from nnspec.report.text.prediction_rows import as_csv
from nnspec.report.text.prediction_rows import rows_of as answer_rows

WINDOW = {"length": 3, "horizon": 2}
SIZES = {"oslo": (100.0, 2.0), "rome": (5000.0, 50.0), "turin": (-3.0, 0.5)}


def rows_of(name: str, count: int = 20) -> list[str]:
    level, swing = SIZES[name]
    return [f"{level + swing * (number % 5)},{level - number}\n" for number in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "towns").mkdir()
    for name in SIZES:
        (tmp_path / "towns" / f"{name}.csv").write_text("load,other\n" + "".join(rows_of(name)))
    table = "town,load,other\n" + "".join(f"{name},{row}" for name in SIZES for row in rows_of(name))
    (tmp_path / "all.csv").write_text(table)
    return tmp_path


def opened(
    folder: Path, path: str = "towns/*.csv", split: dict[str, object] | None = None, **options: object
) -> Dataset:
    told = {"path": path, "target": "load", "window": WINDOW, "scale": "standard", **options}
    return open_dataset(DataConfig(KindValue("Csv", told), split or {"validation": 0.4}), folder, 0)


@pytest.mark.parametrize("how", [{"file_groups": True}, {"path": "all.csv", "group": "town"}])
def test_each_group_has_the_scale_of_its_own_training_rows(folder: Path, how: dict[str, object]) -> None:
    dataset = opened(folder, scale_by="group", **how)
    scaling = dataset.assets.scaling
    assert scaling is not None and list(scaling["groups"]) == list(SIZES)
    for name in SIZES:
        known = np.array([float(row.split(",")[0]) for row in rows_of(name)[:12]])  # 0.6 of 20
        own = scaling["groups"][name]["targets"]["load"]
        assert own["offset"] == pytest.approx(known.mean()) and own["factor"] == pytest.approx(known.std())
        features = scaling["groups"][name]["features"]
        assert list(features) == ["load", "other"] and features["load"] == own
    train = dataset.splits["train"]
    x = train.table.features["x"].take(train.indices)
    towns = dataset.loaded.parts["train"].examples.named_groups(train.indices.tolist())  # type: ignore[attr-defined]
    assert x.shape == (3 * 8, 3, 2) and towns == [name for name in SIZES for _ in range(8)]
    for at, name in enumerate(SIZES):
        own = scaling["groups"][name]["targets"]["load"]
        first = [(float(row.split(",")[0]) - own["offset"]) / own["factor"] for row in rows_of(name)[:3]]
        assert x[8 * at, :, 0] == pytest.approx(first, abs=1e-6)


def test_files_are_groups_without_a_scale_of_their_own_too(folder: Path) -> None:
    """No window runs from one file into the next."""
    whole, apart = opened(folder), opened(folder, file_groups=True)
    assert whole.splits["train"].size > apart.splits["train"].size == 24
    told = [str(problem) for problem in whole.problems]
    assert any("3 files are one series" in text and "file_groups: true" in text for text in told)
    assert not any("are one series" in str(problem) for problem in apart.problems)


def test_a_series_that_is_too_short_is_told(folder: Path) -> None:
    (folder / "towns" / "bonn.csv").write_text("load,other\n1,2\n3,4\n")
    dataset = opened(folder, file_groups=True)
    (told,) = [problem for problem in dataset.problems if "no window" in problem.message]
    assert told.code == "W0914"
    assert told.message == (
        "1 of 4 groups have no window, 'bonn' of 2 rows for one: a window takes 5 rows without a gap"
    )


def test_a_table_keeps_a_file_in_one_part(folder: Path) -> None:
    source = KindValue("Csv", {"path": "towns", "target": "load", "file_groups": True})
    dataset = open_dataset(DataConfig(source, {"test": 0.3}), folder, 0)
    assert {name: split.size for name, split in dataset.splits.items()} == {"train": 40, "test": 20}


def test_groups_that_training_never_saw_are_told(folder: Path) -> None:
    dataset = opened(folder, scale_by="group", file_groups=True, cut="group", split={"test": 0.3})
    assert len((dataset.assets.scaling or {})["groups"]) == 2
    (told,) = [one for one in doubts(dataset) if one.code == "W0916"]
    assert "training never saw it, and it is scaled as all of training together" in told.message
    test = dataset.loaded.parts["test"]
    (scale,) = {str(one) for one in test.examples.scalings(test.indices, dataset.assets) or ()}
    assert scale == str(dataset.assets.scaling)


def test_new_windows_are_scaled_by_their_group(folder: Path) -> None:
    dataset = opened(folder, scale_by="group", file_groups=True)
    dataset.save_assets(folder / "assets")
    encoder = open_encoder(dataset.section, folder, folder / "assets")
    assert encoder.assets.scaling == dataset.assets.scaling
    (folder / "new").mkdir()
    (folder / "new" / "rome.csv").write_text("load,other\n" + "".join(rows_of("rome", 5)))
    (folder / "new" / "bonn.csv").write_text("load,other\n" + "".join(rows_of("rome", 5)))
    rows = [dict(zip(("load", "other"), row.strip().split(","), strict=True)) for row in rows_of("rome", 5)[2:]]
    given = ["new/rome.csv", [{**row, "file": "rome"} for row in rows], rows, "new/bonn.csv"]
    x = encoder.batch(given)["x"]
    with remarks() as told:
        names, scales = zip(*(encoder.source.scalings(given, encoder.assets, folder) or ()), strict=True)
    assert names == ("rome", "rome", "", "bonn")
    assert (x[0] == x[1]).all() and (x[2] == x[3]).all() and abs(x[0] - x[2]).max() > 0.5
    assert scales[0] == encoder.assets.scaling["groups"]["rome"] and scales[2] == encoder.assets.scaling
    assert len(told) == 1 and "a window does not say its group" in told[0]


def test_windows_of_one_scale_have_the_names_of_their_groups_too(folder: Path) -> None:
    """A file of several series gives an answer for each: without a name they would be told apart by their order."""
    dataset = opened(folder, path="all.csv", group="town")
    found = dataset.encoder.source.scalings(["all.csv"], dataset.assets, folder)
    assert found is not None and [name for name, _ in found] == list(SIZES)
    assert all(scale == dataset.assets.scaling for _, scale in found)
    assert opened(folder, path="towns/rome.csv").encoder.source.scalings([], dataset.assets, folder) is None
    answer = {"input": "example 1", "group": "rome", "values": [5.0]}
    assert as_csv(answer_rows([answer], 1)) == "input,group,value\nexample 1,rome,5.0\n"
    assert _line(answer, (), 1) == ["example 1", "rome", "[5.0]"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale_by": "group"}, "takes the `group`, or `file_groups: true`"),
        ({"scale_by": "group", "file_groups": True, "scale": "none"}, "nothing is scaled: say `scale: standard`"),
        ({"group": "other", "file_groups": True}, "one of them is enough"),
        ({"scale_by": "group", "file_groups": True, "window": None}, "`scale_by` is for a series"),
    ],
)
def test_what_does_not_go_together(folder: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        opened(folder, **options)


def test_a_column_of_the_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,y\n" + "".join(f"{number},{number}\n" for number in range(9)))
    with pytest.raises(DataError, match="makes a column 'file', and there is one"):
        Csv("a.csv", target="y", window=WINDOW, file_groups=True).load(tmp_path)  # type: ignore[arg-type]


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    assert names_of(["x/a.csv.gz", "y/b.csv"]) == ["a", "b"]
    assert names_of(["x/2020/a.csv", "x/2021/a.csv"]) == ["2020/a", "2021/a"]


def test_scales_of_groups_in_a_runs_folder_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "scaling.json").write_text('{"features": {}, "targets": {}, "groups": {"a": {"features": 3}}}')
    with pytest.raises(DataError, match="scaling"):
        Assets.load(tmp_path)
