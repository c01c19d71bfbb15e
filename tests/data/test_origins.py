"""What is said of a row names its place in the file that somebody wrote, not in the copy that is read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from nnspec.data.errors import DataError
from nnspec.data.formats import arrow_rows, json_lines, plain_table
from nnspec.data.sources.csv import Csv
from nnspec.frontend.agreement.unusable import where

ROWS: list[dict[str, Any]] = [
    {"note": "a\nb", "size": 1.0, "price": 10.0},
    {"note": "c", "size": 2.0, "price": 20.0},
    {"note": "d", "size": None, "price": 30.0},
    {"note": "e", "size": 4.0, "price": 40.0},
]
TEXT = "size,price\n1,10\n2,20\n"


def place(path: Path, **options: Any) -> tuple[str, int | None, int | None]:
    """Of the first row whose size is missing."""
    with pytest.raises(DataError, match="column 'size'") as caught:
        Csv(path.name, target="price", **options).load(path.parent)
    found = caught.value
    assert found.file is not None
    return Path(found.file).name, found.line, found.row


def written(path: Path, blank: bool = False) -> Path:
    pytest.importorskip("pyarrow")
    lines = [json.dumps(row) for row in ROWS]
    path.write_text("\n".join([lines[0], "", "  ", *lines[1:]] if blank else lines))
    return path


def test_written(tmp_path: Path) -> None:
    assert place(written(tmp_path / "t.jsonl")) == ("t.jsonl", 3, None)
    assert place(written(tmp_path / "blank.jsonl", blank=True)) == ("blank.jsonl", 5, None)


def test_json_lines_with_too_many_blank_ones_tell_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MOST_BLANK", 1)
    assert place(written(tmp_path / "t.jsonl", blank=True)) == ("t.jsonl", None, 3)


def test_two_rows_in_a_line_of_json_are_told_by_their_number(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "t.jsonl").write_text(" ".join(json.dumps(row) for row in ROWS))
    assert place(tmp_path / "t.jsonl") == ("t.jsonl", None, 3)


def test_parquet_has_rows(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "t.parquet")
    assert place(tmp_path / "t.parquet") == ("t.parquet", None, 3)
    with pytest.raises(DataError) as caught:
        Csv("t.parquet", target="price").load(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 't.parquet'}, row 3: column 'size'")
    assert where(caught.value)[0].message.endswith("t.parquet, row 3")


def test_arrow_tells_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "t.jsonl")
    path.write_text("\n".join(json.dumps({"size": row["size"], "price": row["price"]}) for row in ROWS))
    slow = Csv(path.name, target="price", missing="skip").load(tmp_path)
    monkeypatch.setattr(arrow_rows, "LARGE", 0)
    fast = Csv(path.name, target="price", missing="skip").load(tmp_path)
    assert [problem.line for problem in fast.problems] == [problem.line for problem in slow.problems] == [3]
    assert fast.texts(range(3)) == ["line 1", "line 2", "line 4"]


def test_compressed(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((TEXT + ",30\n").encode()))
    assert place(tmp_path / "t.csv.gz") == ("t.csv.gz", 4, None)


def test_several_files_name_the_one(tmp_path: Path) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    for name, text in (("a.csv", TEXT), ("b.csv", TEXT + ",30\n"), ("c.csv", TEXT)):
        (folder / name).write_text(text)
    assert place(folder) == ("b.csv", 4, None)
    examples = Csv("several", target="price", missing="mean").load(tmp_path)
    assert [Path(text).name for text in examples.texts(range(len(examples)))] == [
        *("a.csv, line 2", "a.csv, line 3", "b.csv, line 2", "b.csv, line 3", "b.csv, line 4"),
        *("c.csv, line 2", "c.csv, line 3"),
    ]


def test_a_header_that_stands_in_no_file_has_no_line(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl")
    with pytest.raises(DataError, match="no column 'prise'") as caught:
        Csv(path.name, target="prise").load(tmp_path)
    assert (caught.value.file, caught.value.line) == (str(path), None)


@pytest.mark.parametrize("options", [{"header": 2}, {"skip_lines": 1}])
def test_two_lines_of_header_of_several_files_are_refused(tmp_path: Path, options: dict[str, int]) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("size,price\ncm,euro\n1,10\n2,20\n")
    with pytest.raises(DataError, match="several files have one line each as a header"):
        Csv("several", target="price", **options).load(tmp_path)  # type: ignore[arg-type]


def test_what_is_read_of_a_copy_is_kept_with_it(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl")
    before = plain_table.origins_of(path)
    path.write_text("\n\n" + path.read_text())
    assert before.place(2)["line"] == 1
    assert plain_table.origins_of(path).place(2)["line"] == 3
