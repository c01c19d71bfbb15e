"""The `.ts` format: series of one length or several, their classes, and every way a file can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources.time_series import SeriesExamples, TimeSeries

SHARED = Path(__file__).parents[3] / "shared" / "data"
HEAD = "# a remark\n@problemName some\n@timeStamps false\n@dimensions 2\n@equalLength false\n@classLabel true up down\n"
SERIES = "@data\n1,2,3:10,20,30:up\n\n4,5:40,50:down\n"


def load(folder: Path, content: str, **options: Any) -> SeriesExamples:
    (folder / "some.ts").write_text(content, encoding="utf-8")
    return TimeSeries("some.ts", **options).load(folder)


def test_series_of_several_lengths(tmp_path: Path) -> None:
    examples = load(tmp_path, HEAD + SERIES, scale="none")
    assets = examples.fit([0, 1], None)
    table = examples.table(assets)
    assert assets.classes == ("up", "down") and examples.task == "classification"
    assert table.features["x"].take(np.array([1, 0])).tolist() == [
        [[4, 40], [5, 50], [0, 0]],
        [[1, 10], [2, 20], [3, 30]],
    ]
    assert str(table.features["x"].spec) == "float32 [?, 2]"
    assert table.targets["label"].take(np.array([0, 1])).tolist() == [0, 1]
    assert examples.texts([1]) == ["some.ts:10"]
    assert TimeSeries("some.ts").facts(tmp_path).classes == 2


def test_channels_are_scaled_by_the_training_part(tmp_path: Path) -> None:
    examples = load(tmp_path, HEAD + SERIES)
    x = examples.table(examples.fit([0], None)).features["x"].take(np.array([0]))[0]
    assert x.mean(0) == pytest.approx([0, 0], abs=1e-6) and x.std(0) == pytest.approx([1, 1])
    # Mean 20 and standard deviation 8.165 of 10, 20, 30.
    other = examples.table(examples.fit([0], None)).features["x"].take(np.array([1]))[0]
    assert other[:, 1] == pytest.approx([20 / 8.165, 30 / 8.165], rel=1e-3)


def test_one_length_for_all(tmp_path: Path) -> None:
    head = HEAD.replace("@equalLength false", "@equalLength true\n@seriesLength 3")
    train = load(tmp_path, head + "@data\n1,2,3:1,2,3:up\n")
    assets = train.fit([0], None)
    assert str(train.table(assets).features["x"].spec) == "float32 [3, 2]"
    longer = load(tmp_path, head.replace("Length 3", "Length 4") + "@data\n1,2,3,4:1,2,3,4:up\n")
    with pytest.raises(DataError, match=r"some.ts:9: a series of 4 steps, but those of the training part have 3"):
        longer.table(assets)
    with pytest.raises(DataError, match="a series of 4 steps, but the network takes 3"):
        TimeSeries("x.ts").encode([np.zeros((4, 2))], assets, tmp_path)


def test_a_length_of_the_spec(tmp_path: Path) -> None:
    examples = load(tmp_path, HEAD + SERIES, length=5, scale="none")
    assert examples.table(examples.fit([0, 1], None)).features["x"].take(np.array([1])).shape == (1, 5, 2)
    with pytest.raises(DataError, match=r"some.ts:8: a series of 3 steps, over the limit of 2"):
        load(tmp_path, HEAD + SERIES, length=2)
    kept = load(tmp_path, HEAD + SERIES, length=2, on_error="skip")
    assert len(kept) == 1 and [problem.line for problem in kept.problems] == [8]


def test_numbers_as_targets(tmp_path: Path) -> None:
    head = "@univariate true\n@classLabel false\n@targetLabel true\n@data\n"
    examples = load(tmp_path, f"{head}1,2:0.5\n3,4:-1\n")
    assert examples.task == "regression"
    table = examples.table(examples.fit([0, 1], None))
    assert table.targets["y"].take(np.array([0, 1])).tolist() == [0.5, -1]


@pytest.mark.parametrize(("missing", "expected"), [("mean", 15), ("zero", 0)])
def test_missing_values_by_option(tmp_path: Path, missing: Any, expected: float) -> None:
    content = HEAD + "@data\n1,2:10,?:up\n1,2:20,?:down\n"
    with pytest.raises(DataError, match=r"some.ts:8: a missing value .*missing: mean"):
        load(tmp_path, content)
    examples = load(tmp_path, content, missing=missing, scale="none")
    x = examples.table(examples.fit([0, 1], None)).features["x"].take(np.array([0]))
    assert x[0, 1, 1] == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD + "@data\n1,2:3:up\n", ":8: channels of 1 to 2 steps in one series"),
        (HEAD + "@data\n1,2:up\n", ":8: channels: 1, but 2 in the header"),
        (HEAD + "@data\n1:2:sideways\n", ":8: the class 'sideways' is not among the file's (@classLabel lists up"),
        (HEAD + "@data\n1:x:up\n", ":8: 'x' is no number"),
        (HEAD + "@data\n1,:2,3:up\n", ":8: an empty value"),
        (HEAD + "@data\n1:inf:up\n", ":8: 'inf' is not finite"),
        (HEAD + "@data\nup\n", ":8: a label without a series"),
        (HEAD + "1,2:3,4:up\n", ":7: a series before @data"),
        (HEAD, "some.ts: the file has no @data"),
        (HEAD + "@data\n", "some.ts: the file has no series"),
        (HEAD.replace("@dimensions 2", "@dimensions two") + SERIES, ":7: @dimensions is 'two', not a whole number"),
        (HEAD.replace("true up down", "true") + SERIES, ":7: @classLabel true lists no classes"),
        (HEAD.replace("@timeStamps false", "@timeStamps true") + SERIES, ":7: series with time stamps are not read"),
        (
            HEAD.replace("@equalLength false", "@equalLength true\n@seriesLength 3") + "@data\n1:2:up\n",
            ":9: 1 steps, but 3 in the header",
        ),
        (HEAD.replace("@dimensions 2\n", "") + "@data\n1:2:up\n1:2:3:up\n", ":8: channels: 3, but 2 in the series be"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        load(tmp_path, content)
    assert message in str(error.value)


def test_a_class_that_training_lacks(tmp_path: Path) -> None:
    assets = load(tmp_path, HEAD + SERIES).fit([0], ["up"])
    with pytest.raises(DataError, match=r"some.ts:10: the training part has no label 'down'"):
        load(tmp_path, HEAD + SERIES).table(assets)


def test_new_series(tmp_path: Path) -> None:
    examples = load(tmp_path, HEAD + SERIES, scale="none")
    assets = examples.fit([0, 1], None)
    found = examples.source.encode([[[1, 2]], str(tmp_path / "some.ts")], assets, tmp_path)["x"]
    assert found.lengths(np.arange(3)).tolist() == [1, 3, 2]
    assert found.take(np.array([0])).tolist() == [[[1, 2]]]
    with pytest.raises(DataError, match=r"shape \[1, 3\], but training saw 2 channels"):
        examples.source.encode([[[1, 2, 3]]], assets, tmp_path)


@pytest.mark.parametrize(
    ("name", "counts", "classes", "spec"),
    [
        ("japanese-vowels/JapaneseVowels", (270, 370), 9, "float32 [?, 12]"),
        ("basic-motions/BasicMotions", (40, 40), 4, "float32 [100, 6]"),
    ],
)
def test_real_data(name: str, counts: tuple[int, int], classes: int, spec: str) -> None:
    if not (SHARED / f"{name}_TRAIN.ts").exists():
        pytest.skip(f"{name} is not here")
    train, test = (TimeSeries(f"{name}_{part}.ts").load(SHARED) for part in ("TRAIN", "TEST"))
    assert (len(train), len(test)) == counts
    assets = train.fit(range(len(train)), None)
    assert len(assets.classes or ()) == classes
    assert str(test.table(assets).features["x"].spec) == spec
