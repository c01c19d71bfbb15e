"""Tables as the world writes them: read as a person would, or asked about with the option that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.config import DataConfig
from nnspec.data.dataset import load as load_section
from nnspec.data.errors import DataError, Remark
from nnspec.data.sources.csv import Csv
from nnspec.data.tabular import TableExamples
from nnspec.layers.types import KindValue

SHARED = Path(__file__).parents[3] / "shared" / "data" / "tables"


def load(folder: Path, content: str | bytes, **options: Any) -> TableExamples:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / "some.csv").write_bytes(raw)
    examples = Csv("some.csv", **options).load(folder)
    assert isinstance(examples, TableExamples)
    return examples


def features(examples: TableExamples) -> list[Any]:
    column = examples.table(examples.fit(range(len(examples)), None)).features["x"]
    found: list[Any] = column.take(np.arange(len(examples))).tolist()
    return found


def said(examples: TableExamples) -> str:
    return "\n".join(map(str, examples.problems))


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ('a,b,y\n"1,200",0.5,1\n"2,300",0.7,2\n', {}, [[1200, 0.5], [2300, 0.7]]),
        ('a,y\n"1,200",1\n"2,300",2\n', {"thousands": ","}, [[1200], [2300]]),
        ('a,y\n"1,200",1\n"2,300",2\n', {"decimal": ","}, [[1.2], [2.3]]),
        ("a;y\n3,5;1\n4,25;2\n", {}, [[3.5], [4.25]]),
        ("a;y\n1.000,5;1\n2.000;2\n", {}, [[1000.5], [2000]]),
        ("a,y\n10%,1\n-24%,2\n", {}, [[10], [-24]]),
        ("a,y\n$56.7M,1\n$900K,2\n", {}, [[56.7e6], [9e5]]),
        ("a,y\nTrue,1\nfalse,2\n", {}, [[1], [0]]),
        ("a,y\nyes,1\nno,2\n", {"columns": {"a": {"type": "boolean"}}}, [[1], [0]]),
        ("a,y\n0x10,1\n4,2\n", {"columns": {"a": {"type": "number"}}}, [[16], [4]]),
        ("a,y\n1970-01-02,1\n1970-01-04,2\n", {"columns": {"a": {"type": "time"}}}, [[1], [3]]),
        (
            "a,y\n02/01/1970,1\n04/01/1970,2\n",
            {"columns": {"a": {"type": "time"}}, "time_format": "%d/%m/%Y"},
            [[1], [3]],
        ),
        ("a\ty\n1\t1\n2\t2\n", {}, [[1], [2]]),
        ("a|y\n1|1\n2|2\n", {}, [[1], [2]]),
        ("a   y\n1    1\n 2 2\n", {"separator": " "}, [[1], [2]]),
        ("a, y\n1, 1\n2, 2\n", {}, [[1], [2]]),
        ("a,y\r1,1\r2,2\r", {}, [[1], [2]]),
        ("a,y,\n1,1,\n2,2,\n", {}, [[1], [2]]),
        ("a,y\n1,1,\n2,2,\n", {}, [[1], [2]]),
        ("# made today\na,y\n1,1\n# and more\n2,2\n", {"comment": "#"}, [[1], [2]]),
        ("Sales of 2024\n\na,y\n1,1\n2,2\n", {"skip_lines": 1}, [[1], [2]]),
        ("x,\n,y\n1,1\n2,2\n", {"header": 2, "target": "x / y"}, [[1], [2]]),
        ("1,2\n1,1\n2,2\n", {"header": True, "target": "2"}, [[1], [2]]),
        ("1,1\n2,2\n", {"header": False, "target": "1"}, [[1], [2]]),
        ("a,a\n1,1\n2,2\n", {"names": ["a", "y"]}, [[1], [2]]),
        ("a,y\n1,1\n2,2\n".encode("utf-16"), {"encoding": "utf-16"}, [[1], [2]]),
        ("\ufeffa,y\n1,1\n2,2\n", {}, [[1], [2]]),
        ("a,y\n1,1\n-999,2\n3,3\n", {"missing_values": [-999], "missing": "mean"}, [[1], [2], [3]]),
        ('a,y\n"' + "1" + " " * 200_000 + '",1\n2,2\n', {}, [[1], [2]]),
    ],
)
def test_read_as_a_person_would(
    tmp_path: Path, content: str | bytes, options: dict[str, Any], expected: list[Any]
) -> None:
    assert features(load(tmp_path, content, **{"target": "y", **options})) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(
    ("content", "options", "line", "message", "hint"),
    [
        ("a b\n1 2\n3 4\n", {}, 1, "separated by spaces", 'separator: " "'),
        ("1,2\n3,4\n", {}, 1, "seems to be data", "`header: false`"),
        ("5.1,3.5,x\n1.0,2.0,y\n", {}, 1, "seems to be data", "`header: false`"),
        ("2024-01-01,b\n2024-01-02,3\n", {}, 1, "seems to be data", "`header: false`"),
        ("sep=;\na;b;c\n1;2;3\n4;5;6\n", {}, 1, "tells Excel the separator", "`skip_lines: 1`"),
        ("a::b\n1::2\n", {"separator": "::"}, None, "one character, not '::'", "by a tab"),
        ("title\na,b\n1,2\n3,4\n5,6\n", {}, 1, "the first row has 1 cells, but those after it 2", "`skip_lines: 1`"),
        ("a,b,y\nx,y,z\n1,2,3\n4,5,6\n", {}, 2, "name the columns, too", "`header: 2`"),
        ("a,y\n1,2\n3,4,5\n", {}, 3, "3 cells, but the file has 2 columns", None),
        ('a,y\n1,"2\n3,4\n', {}, 2, "a quote is opened and never closed", None),
        ('a,b,y\n1,"2,3\n4,5",6,7\n', {}, 3, "the row begins on line 2: is a quote left open", None),
        ("a,y\n1,caf\xe9\n".encode("latin-1"), {}, 2, "is not utf-8", "`encoding: latin-1`"),
        ("a,y\n1,caf\xe9 \x93\n".encode("latin-1"), {}, 2, "is not utf-8", "`encoding: cp1252`"),
        ("a,y\n1,2\n".encode("utf-16"), {}, 1, "is not utf-8", "`encoding: utf-16`"),
        ("a,y\n1,2\n".encode("utf-16-le"), {}, 1, "a NUL byte", "`encoding: utf-16-le`"),
        ("a,y\n1,2\n", {"encoding": "utf-16"}, None, "the file is not utf-16", None),
        (b"PAR1\x15\x04\0", {}, None, "it is a Parquet file", "`.parquet`"),
        (b"PK\x03\x04\x14\0", {}, None, "as .xlsx", "save a sheet as CSV"),
        (b"\x1f\x8b\x08\0", {}, None, "gzip-compressed", "`.gz`"),
        ("<!DOCTYPE html><html>", {}, None, "it is an HTML page", "download"),
        ('[{"a": 1}]', {}, None, "it is JSON", "`.json`"),
        ("a,y\n1,2\n", {"names": ["a"]}, 1, "`names` has 1 names, but the file has 2 columns", None),
        ("a,y\n1,2\n", {"decimal": ",", "thousands": ","}, None, "are both ','", None),
        ("a,y\n$5,1\n€6,2\n", {"columns": {"a": {"type": "number"}}}, None, "numbers in different units", None),
        ("a,y\n01/02/2024,1\n", {"columns": {"a": {"type": "time"}}}, 2, "may be of the form", "time_format"),
        ("a,y\n1,1\n2,2\nn.d.,3\n", {}, 4, "'n.d.' is not a number", "`missing_values: ['n.d.', ...]`"),
        ("a,y\nNA,1\n", {}, 2, "the value is missing ('NA')", "`missing_values: []`"),
    ],
)
def test_asked_about_with_the_option_that_does_it(
    tmp_path: Path, content: str | bytes, options: dict[str, Any], line: int | None, message: str, hint: str | None
) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, content, **{"target": "y", **options})
    assert message in caught.value.message and caught.value.line == line
    assert hint is None or hint in str(caught.value.hint)


ROWS = range(20)


@pytest.mark.parametrize(
    ("content", "options", "message", "hint", "line"),
    [
        ('a,y\n"1,200",1\n"2,300",2\n', {}, "look like numbers, '1,200' for one", "`thousands", 2),
        ('a,y\n"3,5",1\n"4,5",2\n', {}, "look like numbers, '3,5' for one", '`decimal: ","`', 2),
        ("a,y\n0x10,1\n0x11,2\n", {}, "look like numbers, '0x10' for one", "hexadecimal", 2),
        ("a,y\n10%,1\n0.5,2\n", {}, "look like numbers", "one unit", 2),
        ("a,y\n2024-01-05,1\n2024-01-06,2\n", {}, "look like times, '2024-01-05' for one", "{type: time}", 2),
        ("a,y\n" + "".join(f"u{n},{n % 7}.5\n" for n in ROWS), {}, "20 different values in 20 rows", "leave it out", 2),
        ("a,y\n" + "".join(f"1,{n}.5\n" for n in ROWS), {}, "one value only, 1", "nothing can be learnt", None),
        ("a,y\n1,cat\n2,cat\n", {}, "one class only, 'cat'", "nothing can be learnt", None),
        ("a,y\n1,yes\n2,Yes\n", {}, "'yes' and 'Yes' are different values", "write them alike", 3),
        (
            "a,y\n1,1\n2,1.0\n3,2\n",
            {"task": "classification"},
            "'1' and '1.0' are different values",
            "write them alike",
            3,
        ),
        ("a,y\n01234,1\n22222,2\n", {}, "'01234' begins with 0", "{type: category}", 2),
        (
            "id,a,y\n" + "".join(f"{n},{n % 3},{n % 7}.5\n" for n in ROWS),
            {},
            "it counts the rows",
            "leave it out",
            None,
        ),
        (",a,y\n1,5,2\n2,4,3\n", {}, "column 1 has no name", "name it in the file", None),
        ("a,y\n" + "".join(f"{n}.5,{n % 3}\n" for n in ROWS), {}, "3 different whole numbers", "classification", None),
        ("a,y\n" + "".join(f"{n}.5,{n}.5\n" for n in ROWS), {}, "the same as the target 'y'", "leave it out", None),
        ("a,y\n1,1\n16777217,2\n", {"scale": "none"}, "16777217, which float32 rounds to 16777216", "leave it out", 3),
        ("a,y\n1,1.5\n2,16777219\n", {}, "16777219, which float32 rounds to 16777220", "keeps what differs", 3),
        (
            "a,y\n" + "".join(f"{n % 3 * 7 or -999.9},{n}.5\n" for n in ROWS),
            {},
            "-999.9 is there 7 times, and all others are from 7 to 14",
            'missing_values: ["-999.9"]',
            2,
        ),
        (
            "a;y\n" + "".join(f"{n + 1}.{n * 37 % 1000:03d};{n}\n" for n in ROWS),
            {},
            "'1.000' is read as 1, and all have three digits",
            'thousands: "."',
            2,
        ),
        ("a,y\n-,1\n2,2\n", {"missing": "mean"}, "read as missing: '-' (cells: 1)", "missing_values", None),
    ],
)
def test_what_is_likely_to_be_wrong_is_said(
    tmp_path: Path, content: str, options: dict[str, Any], message: str, hint: str, line: int | None
) -> None:
    examples = load(tmp_path, content, **{"target": "y", **options})
    found = [problem for problem in examples.problems if message in problem.message]
    assert found and isinstance(found[0], Remark), said(examples)
    assert hint in str(found[0].hint) and found[0].line == line


def test_nothing_is_said_of_a_plain_table(tmp_path: Path) -> None:
    rows = "".join(f"{n % 5},{'red' if n % 2 else 'blue'},{n * 1.7:.2f}\n" for n in ROWS)
    assert said(load(tmp_path, "a,b,y\n" + rows, target="y")) == ""
    near = "".join(f"{[99, 90, 95, 100][n % 4]};{n}.5;0.{n * 7:03d};{n * 1.7:.3f}\n" for n in ROWS)
    assert said(load(tmp_path, "a;b;c;y\n" + near, target="y")) == "", "99 is near the others, and .5 is no thousand"


def test_one_odd_value_does_not_turn_numbers_into_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r":4: column 'y': 'x' is not a number"):
        load(tmp_path, "a,y\n1,1.5\n2,2.5\n3,x\n", target="y")


def test_rows_left_out_for_a_missing_value_are_counted(tmp_path: Path) -> None:
    examples = load(tmp_path, "a,y\n1,1\n,2\n3,3\n,4\n", target="y", missing="skip")
    (problem,) = examples.problems
    assert problem.message == "2 rows left out, this one first: column 'a': the value is missing" and problem.line == 3


def test_the_columns_are_listed(tmp_path: Path) -> None:
    examples = load(tmp_path, 'a,b,c,y\n"$1,000.5",x,1,2\n$2,y,NA,3\n', target="y", features=["a", "c"], missing="mean")
    a, b, c, y = examples.cells()
    assert (a["type"], a["min"], a["max"], a["use"]) == ("number, thousands ',', $", 2, 1000.5, "feature")
    assert (b["type"], b["use"], b["distinct"], b["examples"]) == ("category", None, 2, ["x", "y"])
    assert (c["missing"], c["markers"]) == (1, {"NA": 1}) and y["use"] == "target"


def test_new_rows_are_read_as_those_of_training(tmp_path: Path) -> None:
    content = "a;p;d;y\n1.000,5;10%;1970-01-02;1\n2,5;20%;1970-01-03;2\n"
    options: dict[str, Any] = {"target": "y", "columns": {"d": {"type": "time"}}}
    examples = load(tmp_path, content, **options)
    assets = examples.fit([0, 1], None)
    source = Csv("some.csv", **options)
    (tmp_path / "new.csv").write_text("d;other;p;a\n1970-01-05;z;30%;1.000\n")
    rows: list[Any] = ["new.csv", {"p": 30, "a": 1000, "d": "1970-01-05", "other": 1}]
    assert source.encode(rows, assets, tmp_path)["x"].array.tolist() == [[1000, 30, 4]] * 2
    with pytest.raises(DataError, match="1: column 'd': the value is missing"):
        source.encode([{"a": 1, "p": 2}], assets, tmp_path)
    with pytest.raises(DataError, match=r"example 1 has no 'd'.*is it 'D'"):
        source.encode([{"a": 1, "p": 2, "D": 3}], assets, tmp_path)
    (tmp_path / "new.csv").write_text("dd;p;a\n1970-01-05;30%;1.000\n")
    with pytest.raises(DataError, match=r"new.csv: the file has no 'd' \(is it 'dd'"):
        source.encode(["new.csv"], assets, tmp_path)
    (tmp_path / "new.csv").write_text("d;p;a\n1970-01-05;30%\n")
    with pytest.raises(DataError, match=r"new.csv:2: 2 cells, but the file has 3 columns"):
        source.encode(["new.csv"], assets, tmp_path)


def test_rows_of_standard_input(tmp_path: Path) -> None:
    rows = Csv("some.csv", target="y").mappings(["a; y\n", "1;2\n", "\n", "3;4\n"])
    assert rows == [{"a": "1", "y": "2"}, {"a": "3", "y": "4"}]
    with pytest.raises(DataError, match="row 1: 3 cells, but there are 2 columns"):
        Csv("some.csv", target="y").mappings(["a,y\n", "1,2,3\n"])


def section(**rest: Any) -> DataConfig:
    return DataConfig(KindValue("Csv", {"path": "t.csv", "target": "y"}), **rest)


def test_a_part_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n1,p\n2,q\n")
    (tmp_path / "v.csv").write_text("y,a\nq,5\n")
    for given in ("v.csv", {"path": "v.csv"}):
        loaded = load_section(section(split={"validation": given}), tmp_path)
        part = loaded.parts["validation"].examples
        table = part.table(loaded.assets)
        assert table.features["x"].take(np.arange(1)).tolist() == [[5]]
        assert table.targets["y"].take(np.arange(1)).tolist() == [1]


def test_a_part_in_percent_where_training_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n1,p\n2,q\n")
    (tmp_path / "v.csv").write_text("a,y\n5%,q\n")
    loaded = load_section(section(split={"validation": "v.csv"}), tmp_path)
    with pytest.raises(DataError, match="'a' is in %, but in plain figures in the training part"):
        loaded.parts["validation"].examples.table(loaded.assets)


@pytest.mark.parametrize(
    ("labels", "listed", "expected"),
    [
        (("1", "2"), [2, 1], ("2", "1")),
        (("1.0", "2.0"), [1, 2], ("1.0", "2.0")),
        (("True", "False"), [False, True], ("False", "True")),
        (("no", "yes"), ["yes", "no"], ("yes", "no")),
    ],
)
def test_classes_of_numbers_and_booleans(
    tmp_path: Path, labels: tuple[str, str], listed: list[Any], expected: tuple[str, ...]
) -> None:
    (tmp_path / "t.csv").write_text(f"a,y\n1,{labels[0]}\n2,{labels[1]}\n3,{labels[1]}\n")
    source = KindValue("Csv", {"path": "t.csv", "target": "y", "task": "classification"})
    assert load_section(DataConfig(source, classes=listed), tmp_path).assets.classes == expected


@pytest.mark.parametrize(
    ("listed", "message"),
    [([None, "a"], "number 1 is null"), ([["a"]], "no single value"), (["a", "a"], "has 'a' twice")],
)
def test_classes_that_are_none(tmp_path: Path, listed: list[Any], message: str) -> None:
    (tmp_path / "t.csv").write_text("a,y\n1,a\n2,b\n")
    with pytest.raises(DataError, match=message):
        load_section(section(classes=listed), tmp_path)


def test_groups_stay_together(tmp_path: Path) -> None:
    rows = "".join(f"{n},p{n % 9},{n * 1.5}\n" for n in range(90))
    examples = load(tmp_path, "a,person,y\n" + rows, target="y", group="person")
    assert examples.plan.features == ("a",)
    parts = examples.split({"validation": 0.2, "test": 0.2}, 3)
    people = [{index % 9 for index in part} for part in parts.values()]
    assert sum(map(len, people)) == 9 and all(len(part) == 20 for name, part in parts.items() if name != "train")


def test_a_table_is_cut_in_time(tmp_path: Path) -> None:
    rows = "".join(f"{n},2024-01-{31 - n:02},{n * 1.5}\n" for n in range(30))
    examples = load(tmp_path, "a,day,y\n" + rows, target="y", time="day")
    assert examples.plan.features == ("a",) and examples.split({"test": 0.2}, 0)["test"] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "options", "outcome"),
    [
        ("pulitzer-circulation-data.csv", {"target": "Change in Daily Circulation, 2004-2013"}, "regression"),
        ("biopics.csv", {"target": "box_office"}, "`encoding: latin-1`"),
        (
            "biopics.csv",
            {"target": "box_office", "encoding": "latin-1", "missing": "skip", "features": ["year_release"]},
            "regression",
        ),
        ("bechdel-movies.csv", {"target": "binary", "features": ["budget", "domgross"]}, "('#N/A')"),
        ("StarWars.csv", {"target": "Gender"}, "`encoding: cp1252`"),
        ("StarWars.csv", {"target": "Gender", "encoding": "cp1252"}, "`header: 2`"),
        ("dc-wikia-data.csv", {"target": "YEAR", "features": ["FIRST APPEARANCE"], "missing": "skip"}, "type: time"),
        ("penguins-raw.parquet", {"target": "Species"}, "the value is missing"),
        ("penguins-raw.csv", {"target": "Species"}, "('NA')"),
        ("seattle-weather-hourly-normals.csv", {"target": "temperature"}, "{type: time}"),
    ],
)
def test_tables_of_the_world(name: str, options: dict[str, Any], outcome: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not here")
    try:
        found: Any = Csv(name, **options).load(SHARED).task
    except DataError as error:
        found = str(error)
    assert outcome in str(found)
