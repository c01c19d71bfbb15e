"""Sources that read several files: taggers, series, and the parts under `split`; each line is told with its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data import facts
from nnspec.data.config import DataConfig
from nnspec.data.dataset import load
from nnspec.data.errors import DataError
from nnspec.data.sources.conll import Conll
from nnspec.data.sources.time_series import TimeSeries
from nnspec.frontend.pipeline import check
from nnspec.layers.types import KindValue

FIRST, SECOND = "Ada B-PER\nsaw O\n\nBo B-PER\n", "in O\n\n\nParis B-LOC\nI I-LOC\n"
SERIES = "@univariate true\n@classLabel true a b\n@data\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "1.conll").write_text(FIRST)
    (tmp_path / "2.conll").write_text(SECOND)
    (tmp_path / "1.ts").write_text(f"{SERIES}1,2:a\n3,4:b\n")
    (tmp_path / "2.ts").write_text(f"{SERIES}5,6:b\n")
    (tmp_path / "1.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "2.csv").write_text("x,y\n5,6\n")
    return tmp_path


def section(kind: str, path: Any, split: dict[str, Any], **more: Any) -> DataConfig:
    return DataConfig(source=KindValue(kind, {"path": path, **more}), split=split)


@pytest.mark.parametrize("path", [["1.conll", "2.conll"], "*.conll"])
@pytest.mark.parametrize("comment", [None, "saw"])
def test_sentences_of_several_files(files: Path, path: Any, comment: str | None) -> None:
    """Places are those of the files, whether lines are counted or, where some are left out, read again."""
    (files / "1.conll").write_text(FIRST.replace("saw O\n", "saw O\nBo B-PER\n") if comment else FIRST)
    examples = Conll(path, comment=comment, scheme="BIO").load(files)
    assert [file.name for file in examples.files] == ["1.conll", "2.conll"]
    assert [Path(examples.place(number)).name for number in range(4)] == [
        "1.conll:1", f"1.conll:{5 if comment else 4}", "2.conll:1", "2.conll:4",
    ]  # fmt: skip
    assert examples.texts([2, 3]) == ["in", "Paris I"]
    with pytest.raises(DataError, match=r"no tag 'B-LOC'") as raised:
        examples.numbers(examples.fit([0, 1, 2], None))
    assert (raised.value.file, raised.value.line) == (str(files / "2.conll"), 4)


def test_what_is_wrong_names_the_file_that_has_it(files: Path) -> None:
    (files / "2.conll").write_text("in O\n\nParis I-LOC\n")
    with pytest.raises(DataError, match="breaks BIO") as raised:
        Conll(["1.conll", "2.conll"], scheme="BIO", on_illegal="fail").load(files)
    assert (raised.value.file, raised.value.line) == (str(files / "2.conll"), 3)
    (files / "2.conll").write_text("\n")
    with pytest.raises(DataError, match="has no sentence") as raised:
        Conll("*.conll").load(files)
    assert raised.value.file == str(files / "2.conll")
    with pytest.raises(DataError, match="lists the file twice"):
        Conll(["1.conll", "*.conll"]).load(files)


def test_series_of_several_files(files: Path) -> None:
    examples = TimeSeries(["2.ts", "1.ts"], scale="none").load(files)
    assert examples.texts(range(3)) == ["2.ts:4", "1.ts:4", "1.ts:5"]
    table = examples.table(examples.fit(range(3), None))
    assert table.targets["label"].take(np.arange(3)).tolist() == [1, 0, 1]
    assert table.features["x"].take(np.array([1]))[0].ravel().tolist() == [1, 2]
    (files / "2.ts").write_text(SERIES.replace("a b", "b a") + "5,6:b\n")
    with pytest.raises(DataError, match=r"header is another than that of .*1\.ts"):
        TimeSeries("*.ts").load(files)


@pytest.mark.parametrize("kind", ["Conll", "TimeSeries", "Csv", "Text", "RunningText"])
def test_a_part_of_several_files(files: Path, kind: str) -> None:
    suffix, more = {
        "Conll": ("conll", {}),
        "TimeSeries": ("ts", {}),
        "Csv": ("csv", {"target": "y"}),
        "Text": ("txt", {}),
        "RunningText": ("txt", {"length": 2}),
    }[kind]
    (files / "1.txt").write_text("a\tone\nb\ttwo\n")
    (files / "2.txt").write_text("b\tone\na\ttwo\n")
    both = [f"1.{suffix}", f"2.{suffix}"]
    data = section(kind, f"*.{suffix}", {"test": both}, **more)
    parts = load(data, files).parts
    assert [file.name for file in parts["test"].examples.files] == both
    assert len(parts["test"].indices) == len(parts["train"].indices)
    told = facts.known(data, files)
    assert told.examples["test"] == told.examples["train"]
    changed = section(kind, f"*.{suffix}", {"test": [both[0], f"gone.{suffix}"]}, **more)
    assert facts.absent(changed, files) == str(files / f"gone.{suffix}")


@pytest.mark.parametrize("source", ["IDX: {images: [a, b], labels: c}", "ImageFolder: {path: [a, b]}"])
def test_one_place_takes_no_list(tmp_path: Path, source: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"nnspec: 1\ninputs: {{x: [2, 2]}}\nlayers: [Flatten]\ndata: {{source: {{{source}}}}}\n")
    (told,) = (one for one in check(path).diagnostics if one.severity == "error")
    assert told.code == "E0205" and "reads one place here" in str(told.hint)


def test_a_part_of_one_folder_takes_no_list(files: Path) -> None:
    for label in "ab":
        (files / "texts" / label).mkdir(parents=True)
        (files / "texts" / label / "1.txt").write_text("some words")
    path = files / "net.yaml"
    path.write_text(
        "nnspec: 1\ninputs: {text: {shape: [null], dtype: int32}}\nlayers: [{Embedding: {input_dim: 9, output_dim: 2}}]\n"
        "data:\n  source: {TextFolder: {path: texts}}\n  split: {test: [texts, texts]}\n"
    )
    (told,) = (one for one in check(path, data=True).diagnostics if one.severity == "error")
    assert told.code == "E0901" and "reads a part from one place, and `split` gives a list of 2" in told.message
