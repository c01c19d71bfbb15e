"""Rows by Arrow are those of the reader that goes line by line, or are left to it."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from nnspec.data.errors import DataError
from nnspec.data.formats import arrow_rows
from nnspec.data.formats.delimited_text import Rows, body, collect
from nnspec.data.formats.origins import Origins
from nnspec.data.sources.csv import Csv

pytest.importorskip("pyarrow")

PLAIN = "a,b,c\n" + "".join(f"{n}.5,{'xyz'[n % 3]},{n * n}\n" for n in range(9))
# Tables as people have them: what Arrow reads itself, and what it must leave alone.
READ = {
    "plain": PLAIN,
    "crlf": PLAIN.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + PLAIN,
    "no end of the last line": PLAIN.rstrip("\n"),
    "quoted": 'a,b,c\n1,"x, y",2\n"3","say ""no""",4\n5,"x, y",6\n',
    "spaces": "a,b,c\n1 , x y ,2\n 3,x  y,4\n5,z,6\n",
    "missing": "a,b,c\n1,x,2\n,y,3\nNA,,4\n5,z,n/a\n",
    "marks": 'a,b,c\n"1,200.5",x,10%\n"2,300",y,20%\n5,x,30%\n',
    "booleans": "a,b,c\n1,True,2\n2,false,3\n3,True,4\n",
    "times": "a,b,c\n1,2024-01-01,2\n2,2024-02-01,3\n3,2024-03-01,4\n",
    "not ascii": "a,b,c\n1,süß,2\n2,日本,3\n3,süß,4\n",
}
LEFT = {
    "blank line": PLAIN.replace("3.5", "\n3.5"),
    "line break in a cell": PLAIN.replace("4.5,y", '4.5,"y\ny"'),
    "quote after a space": PLAIN.replace("4.5,y", '4.5, "y, z"'),
    "empty cells at the end": PLAIN.replace("16\n", "16,,\n"),
    "nan in numbers": PLAIN.replace("25\n", "inf\n"),
    "too large": PLAIN.replace("25\n", "1e300\n"),
    "too few cells": PLAIN.replace(",25\n", "\n"),
    "a text among numbers": PLAIN.replace("25\n", "many\n"),
    "not utf-8": PLAIN.replace("4.5,y", "4.5,\udcff"),
    "nul": PLAIN.replace("4.5,y", "4.5,y\0"),
    "carriage returns alone": PLAIN.replace("\n", "\r"),
}


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[Rows | None, Rows | DataError]:
    """The rows by Arrow, and those of the other reader, or its error."""
    monkeypatch.setattr(arrow_rows, "LARGE", 0)
    source = Csv(path.name, **{"target": "a", "columns": {"b": {"type": "category"}}, **options})
    head = source.head(path.parent)
    plan = source.plan(head)
    fast = arrow_rows.fast_rows(path, head.dialect, head.names, plan.columns)
    try:
        return fast, collect(body(path, head.dialect), Origins(str(path)), head.names, plan.columns, source.on_error)
    except DataError as error:
        return fast, error


def same(ours: Rows, theirs: Rows) -> None:
    assert [str(problem) for problem in ours.skipped] == [str(problem) for problem in theirs.skipped]
    assert (ours.types, ours.categories, ours.breaks, ours.markers) == (
        theirs.types,
        theirs.categories,
        theirs.breaks,
        theirs.markers,
    )
    assert [*map(ours.number, range(len(ours)))] == [*map(theirs.number, range(len(theirs)))]
    assert list(ours.columns) == list(theirs.columns)
    pairs = (pair for name in ours.columns for pair in zip(ours.columns[name], theirs.columns[name], strict=True))
    assert all(one == other or (math.isnan(one) and math.isnan(other)) for one, other in pairs)


@pytest.mark.parametrize("missing", ["mean", "skip", "fail"])
@pytest.mark.parametrize("name", READ)
def test_arrow_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, missing: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(READ[name].encode())
    columns = {"b": {"type": "time" if name == "times" else "boolean" if name == "booleans" else "category"}}
    fast, slow = both(path, monkeypatch, missing=missing, columns=columns, target="c" if name == "missing" else "a")
    if isinstance(slow, DataError):
        assert fast is None and name == "missing"
        return
    assert fast is not None
    same(fast, slow)


@pytest.mark.parametrize("name", LEFT)
def test_what_arrow_would_read_otherwise_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(LEFT[name].encode("utf-8", "surrogateescape"))
    try:
        fast, _ = both(path, monkeypatch)
    except DataError:  # the first rows are refused by the head already
        return
    assert fast is None


@pytest.mark.slow
def test_random_tables_are_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of all kinds, thrown together: either the same rows, or Arrow is not used."""
    cells = [
        "1",
        "2.5",
        "-3e2",
        "",
        " ",
        "NA",
        "x",
        "x y",
        '"q"',
        '"a,b"',
        "7%",
        "$5",
        "'",
        "6'3\"",
        "?",
        "0x1F",
        "é",
        "1,5",
        "+4",
    ]
    draw, read = random.Random(1), 0
    for number in range(150):
        few = draw.sample(cells, 4)
        rows = [",".join(draw.choice(few) if place else str(n) for place in range(3)) for n in range(12)]
        path = tmp_path / f"{number}.csv"
        path.write_text("a,b,c\n" + "\n".join(rows) + "\n", encoding="utf-8")
        options = {"columns": {name: {"type": "category"} for name in "bc"}} if number % 2 else {}
        try:
            fast, slow = both(path, monkeypatch, missing=draw.choice(["mean", "skip", "zero"]), header=True, **options)
        except DataError:
            continue
        if fast is not None:
            assert isinstance(slow, Rows), f"{path.read_text()}\n{slow}"
            same(fast, slow)
            read += 1
    assert read > 50


def test_small_files_are_not_worth_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(PLAIN)
    source = Csv("t.csv", target="a")
    head = source.head(tmp_path)
    assert arrow_rows.fast_rows(path, head.dialect, head.names, source.plan(head).columns) is None


def test_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Categories keep their numbers over the blocks that Arrow reads, and lines and gaps count on."""
    monkeypatch.setattr(arrow_rows, "BLOCK", 1 << 10)
    path = tmp_path / "t.csv"
    rows = [f"{n / 8},{'' if n % 97 == 5 else f'k{n % 11}'},{n}" for n in range(2000)]
    path.write_text("a,b,c\n" + "\n".join(rows) + "\n")
    fast, slow = both(path, monkeypatch, missing="skip")
    assert fast is not None and isinstance(slow, Rows)
    same(fast, slow)
    assert len(fast.breaks) == 21 and fast.number(len(fast) - 1) == 2001
