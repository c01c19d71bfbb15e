from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data import column_encoding
from nnspec.data.errors import DataError
from nnspec.data.formats import delimited_text
from nnspec.data.protocol import Assets, Facts
from nnspec.data.scaling import original_units
from nnspec.data.sources.conll import Conll
from nnspec.data.sources.csv import Csv, CsvColumn
from nnspec.data.sources.text import Text
from nnspec.data.table import Table
from nnspec.data.tabular import TableExamples
from nnspec.data.text import corpus
from nnspec.data.windows import Window

HOUSES = """size,place,garden,price
10,town,yes,1.5
20,country,no,2.5
30,town,no,3.5
"""


def load(folder: Path, content: str, **options: Any) -> TableExamples:
    (folder / "some.csv").write_text(content, encoding="utf-8")
    examples = Csv("some.csv", **options).load(folder)
    assert isinstance(examples, TableExamples)
    return examples


def whole(examples: TableExamples) -> tuple[Assets, Table]:
    assets = examples.fit(range(len(examples)), None)
    return assets, examples.table(assets)


def taken(table: Table, name: str) -> list[Any]:
    column = (table.features | table.targets)[name]  # type: ignore[operator]
    values = column.take(np.arange(len(table)))
    assert values.dtype.name == column.spec.dtype and values.shape[1:] == column.spec.shape
    return values.tolist()


def test_regression(tmp_path: Path) -> None:
    """Numbers and one-hot categories form one vector in the order of the columns."""
    examples = load(tmp_path, HOUSES, target="price")
    assert examples.task == "regression"
    _, table = whole(examples)
    # size, place=country, place=town, garden=no, garden=yes
    assert taken(table, "x") == [[10, 0, 1, 0, 1], [20, 1, 0, 1, 0], [30, 0, 1, 1, 0]]
    assert taken(table, "y") == [[1.5], [2.5], [3.5]]


def test_a_weight_for_each_row(tmp_path: Path) -> None:
    """The column of weights is no feature; new rows need none."""
    examples = load(tmp_path, HOUSES, target="price", weight="size")
    assets, table = whole(examples)
    assert table.weight is not None and table.weight.take(np.arange(3)).tolist() == [10, 20, 30]
    assert taken(table, "x") == [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0]]
    new = Csv("some.csv", target="price", weight="size").encode([{"place": "town", "garden": "no"}], assets, tmp_path)
    assert new["x"].array.tolist() == [[0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (HOUSES.replace("20", "-20"), {"weight": "size"}, "some.csv:3: column 'size': the weight -20 is below 0"),
        (HOUSES.replace("20", ""), {"weight": "size"}, "some.csv:3: "),
        (HOUSES, {"weight": "place"}, "'place' cannot be the weight"),
        (HOUSES, {"weight": "price"}, "'price' cannot be the weight"),
        (HOUSES, {"weight": "sise"}, "did you mean 'size'"),
        (HOUSES, {"weight": "size", "window": {"length": 1}}, "windows of a series have no `weight`"),
    ],
)
def test_weights_that_cannot_be_used(content: str, options: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        whole(load(tmp_path, content, target="price", **options))
    assert says in str(caught.value)


def test_features_in_the_order_given(tmp_path: Path) -> None:
    examples = load(tmp_path, HOUSES, target=["price", "size"], features=["garden"])
    _, table = whole(examples)
    assert taken(table, "x") == [[0, 1], [1, 0], [1, 0]]
    assert taken(table, "y") == [[1.5, 10], [2.5, 20], [3.5, 30]]


def test_classification_by_a_category(tmp_path: Path) -> None:
    examples = load(tmp_path, HOUSES, target="place", features=["size"])
    assets, table = whole(examples)
    assert (examples.task, assets.classes) == ("classification", ("country", "town"))
    assert taken(table, "y") == [1, 0, 1]


def test_classes_that_are_numbers_are_sorted_as_such(tmp_path: Path) -> None:
    examples = load(tmp_path, "x,y\n1,10\n2,9\n3,-1\n", target="y", task="classification")
    assets, table = whole(examples)
    assert assets.classes == ("-1", "9", "10")
    assert taken(table, "y") == [2, 1, 0]
    assert examples.fit([0, 1, 2], ["9", "10", "-1"]).classes == ("9", "10", "-1")


def test_a_category_by_index(tmp_path: Path) -> None:
    """It is an input of its own; 0 is kept for values that training never saw."""
    columns = {"place": {"encode": "index"}}
    examples = load(tmp_path, HOUSES, target="price", columns=columns)
    table = examples.table(examples.fit([0], None))
    assert list(table.features) == ["x", "place"]
    assert taken(table, "place") == [1, 0, 1]


def test_a_category_that_training_never_saw_is_zeros(tmp_path: Path) -> None:
    examples = load(tmp_path, HOUSES, target="price", features=["place"])
    assets = examples.fit([0, 2], None)
    assert taken(examples.table(assets), "x") == [[1], [0], [1]]
    assert examples.report([0, 1, 2], assets) == {"columns": {"place": {"unknown": 1}}}


@pytest.mark.parametrize(
    ("method", "expected"), [("none", [[10], [20], [60]]), ("standard", [[-1], [1], [9]]), ("minmax", [[0], [1], [5]])]
)
def test_scaling_is_fitted_on_the_training_part(tmp_path: Path, method: str, expected: list[list[float]]) -> None:
    examples = load(tmp_path, "a,b\n10,1\n20,2\n60,3\n", target="b", scale=method)
    table = examples.table(examples.fit([0, 1], None))
    assert taken(table, "x") == expected
    assert taken(table, "y") == [[1], [2], [3]]


def test_a_scaled_target_is_given_back_in_its_units(tmp_path: Path) -> None:
    columns = {"b": {"scale": "minmax"}, "c": {"scale": "standard"}}
    examples = load(tmp_path, "a,b,c\n1,10,-1\n2,20,0\n3,30,1\n", target=["b", "c"], columns=columns)
    assets, table = whole(examples)
    scaled = np.array(taken(table, "y"))
    assert scaled[:, 0].tolist() == [0, 0.5, 1] and scaled[:, 1].std() == pytest.approx(1)
    assets.save(tmp_path / "assets")
    saved = Assets.load(tmp_path / "assets").scaling
    assert saved is not None
    assert original_units(scaled, saved) == pytest.approx(np.array([[10, -1], [20, 0], [30, 1]]), abs=1e-6)


def test_a_constant_column_is_only_shifted(tmp_path: Path) -> None:
    examples = load(tmp_path, "a,b\n5,1\n5,2\n", target="b", scale="standard")
    assert taken(whole(examples)[1], "x") == [[0], [0]]


@pytest.mark.parametrize(
    ("missing", "expected"), [("mean", [[10], [20], [15]]), ("zero", [[10], [20], [0]]), ("skip", [[10], [20]])]
)
@pytest.mark.parametrize("empty", ["", "NA", "nan", " "])
def test_missing_values(tmp_path: Path, missing: str, expected: list[list[float]], empty: str) -> None:
    examples = load(tmp_path, f"a,b\n10,1\n20,2\n{empty},3\n", target="b", missing=missing)
    assets, table = whole(examples)
    assert taken(table, "x") == expected
    assert [problem.line for problem in examples.problems] == ([4] if missing == "skip" else [])
    if missing != "skip":
        assert examples.report([0, 1, 2], assets) == {"columns": {"a": {"missing": 1}}}


def test_rules_by_column(tmp_path: Path) -> None:
    columns = {"a": {"missing": "zero", "scale": "minmax"}, "b": {"type": "category", "missing": "zero"}}
    examples = load(tmp_path, "a,b,c\n,1,0\n4,,0\n8,2,0\n", target="c", columns=columns)
    assert taken(whole(examples)[1], "x") == [[-1, 1, 0], [0, 0, 0], [1, 0, 1]]


def test_no_header(tmp_path: Path) -> None:
    examples = load(tmp_path, "1;2\n3;4\n", target="1", separator=";", header=False)
    assert taken(whole(examples)[1], "x") == [[1], [3]]


def test_a_quote_that_stays_open_is_told_where_its_row_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_text, "LONGEST_CELL", 100)
    with pytest.raises(DataError, match=r"some.csv:3: a cell of the row that begins here has more than 100 characters"):
        load(tmp_path, 'a,b\n1,2\n3,"4\n' + "5,6\n" * 50, target="b")


def test_quoted_cells_over_lines_and_windows_line_ends(tmp_path: Path) -> None:
    examples = load(tmp_path, 'a,"b, c"\r\n1,"x\r\ny"\r\n2,z\r\n', target="b, c")
    assets, _ = whole(examples)
    assert assets.classes == ("x y", "z")
    assert examples.texts([0, 1]) == ["line 3", "line 4"]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {"target": "b"}, "some.csv: the file has no rows"),
        ("a,b\n", {"target": "b"}, "some.csv: the file has no row to learn from"),
        ("a,a\n1,2\n", {"target": "a"}, "some.csv:1: two columns are called 'a'"),
        ("a,b\n1,2\n", {}, "which column is the `target`? There are a, b"),
        (
            "a,price\n1,2\n",
            {"target": "prise"},
            "some.csv:1: no column 'prise': there are a, price (did you mean 'price'?)",
        ),
        ("a,b\n1,2\n", {"target": "b", "features": ["c"]}, "some.csv:1: no column 'c'"),
        ("a,b\n1,2\n", {"target": "b", "features": ["b"]}, "column 'b' is a feature and the target"),
        ("a,b\n1,x\n", {"target": "b", "task": "regression"}, "'b' is the target of a regression, but"),
        ("a,b,c\n1,x,1\n", {"target": ["b", "a"], "features": ["c"]}, "2 targets, but a classification has one"),
        ("a,b\n1,2\n", {"target": "b", "separator": "::"}, "`separator` is one character, not '::'"),
        ("b\n1\n", {"target": "b"}, "no column left for the features"),
        ("a,b\n1,2\n1,2,3\n", {"target": "b"}, "some.csv:3: 3 cells, but the file has 2 columns"),
        ("a,b\n1,2\n3,4\nx,5\n", {"target": "b"}, "some.csv:4: column 'a': 'x' is not a number"),
        ("a,b\n1,2\ninf,4\n", {"target": "b"}, "some.csv:3: column 'a': 'inf' is not a finite number"),
        ("a,b\n1,2\n,4\n", {"target": "b"}, "some.csv:3: column 'a': the value is missing"),
        ("a,b\n1,2\n1,\n", {"target": "b", "missing": "mean"}, "some.csv:3: column 'b': the value is missing"),
        ("a,b\n1,2\n", {"target": "b", "columns": {"a": {"kind": "x"}}}, "`columns: a` has no setting 'kind'"),
        ("a,b\n1,2\n", {"target": "b", "columns": {"a": "number"}}, "`columns: a` is a mapping of settings"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        load(tmp_path, content, **options)
    assert message in str(error.value)


def test_bad_rows_are_skipped_by_option(tmp_path: Path) -> None:
    examples = load(tmp_path, "a,b\n1,2\nx,3\n4\n5,6\n", target="b", on_error="skip")
    assert taken(whole(examples)[1], "x") == [[1], [5]]
    assert [problem.line for problem in examples.problems] == [3, 4]


def test_a_category_nobody_asked_for_has_few_values(tmp_path: Path) -> None:
    content = "name,b\n" + "".join(f"n{number},1\n" for number in range(300))
    with pytest.raises(DataError, match=r":258: column 'name': over 256 different .*leave it out of `features`"):
        load(tmp_path, content, target="b")
    columns = {"name": {"type": "category"}}
    assert len(taken(whole(load(tmp_path, content, target="b", columns=columns))[1], "x")[0]) == 300


def test_a_class_that_training_never_saw_is_named(tmp_path: Path) -> None:
    assets, _ = whole(load(tmp_path, "a,b\n1,x\n2,y\n", target="b"))
    with pytest.raises(DataError, match=r"some.csv:3: column 'b': .* no class 'z' \(training has x, y\)"):
        load(tmp_path, "a,b\n1,x\n2,z\n", target="b").table(assets)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [("a,c,b", "1,1,1", "its features are a, c, but those of training a"), ("a,b", "x,1", "'a' holds category values")],
)
def test_another_file_must_have_the_features_of_training(tmp_path: Path, header: str, row: str, message: str) -> None:
    assets, _ = whole(load(tmp_path, "a,b\n1,2\n", target="b"))
    with pytest.raises(DataError, match=message):
        load(tmp_path, f"{header}\n{row}\n", target="b").table(assets)


def test_new_rows(tmp_path: Path) -> None:
    examples = load(tmp_path, HOUSES, target="price", scale="minmax", missing="mean")
    assets, table = whole(examples)
    source = Csv("some.csv", target="price", scale="minmax", missing="mean")
    x = source.encode([{"size": 30, "place": "town", "garden": "no"}], assets, tmp_path)["x"]
    assert x.take(np.array([0])).tolist() == taken(table, "x")[2:]
    x = source.encode([{"place": "sea", "garden": "", "size": None}], assets, tmp_path)["x"]
    assert x.take(np.array([0])).tolist() == [[0.5, 0, 0, 0, 0]]
    x = source.encode(["some.csv"], assets, tmp_path)["x"]
    assert x.take(np.arange(3)).tolist() == taken(table, "x")
    with pytest.raises(DataError, match="2: column 'size': the value is missing"):
        rows = [{"size": 1, "place": "a", "garden": "b"}, {"size": "", "place": "a", "garden": "b"}]
        Csv("some.csv", target="price").encode(rows, assets, tmp_path)


def test_parts(tmp_path: Path) -> None:
    content = "a,b\n" + "".join(f"{number},{'xy'[number % 4 == 0]}\n" for number in range(40))
    parts = load(tmp_path, content, target="b").split({"test": 0.5}, 1)
    assert sum(number % 4 == 0 for number in parts["test"]) == 5
    parts = load(tmp_path, content, target="a", features=["b"]).split({"test": 0.5}, 1)
    assert sorted(parts["train"] + parts["test"]) == list(range(40))


def test_a_large_file_gives_the_same_from_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "a,b,c\n" + "".join(f"{number},{number % 3}.5,k{number % 5}\n" for number in range(100))
    in_memory = taken(whole(load(tmp_path, content, target="b"))[1], "x")
    monkeypatch.setattr(corpus, "SPOOL_BYTES", 100)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(column_encoding, "FEWEST_ROWS", 7)
    examples = load(tmp_path, content, target="b")
    assert type(examples.rows.column("a").obj).__name__ == "mmap"
    _, table = whole(examples)
    assert isinstance(table.features["x"].array, np.memmap)  # type: ignore[attr-defined]
    assert taken(table, "x") == in_memory


def test_facts(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text(HOUSES)
    assert Csv("some.csv", target="price").facts(tmp_path) == Facts()
    assert Csv("some.csv", target="place").facts(tmp_path) is None
    with pytest.raises(DataError, match="No such file"):
        Csv("absent.csv", target="price").facts(tmp_path)


@pytest.mark.slow
def test_classes_need_no_numpy(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text(HOUSES)
    code = (
        "import sys; from pathlib import Path; from nnspec.data.sources.csv import Csv;"
        f"examples = Csv('some.csv', target='place', scale='standard').load(Path({str(tmp_path)!r}));"
        "print(examples.fit([0, 1], None).classes, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "('country', 'town') False\n"


@pytest.mark.parametrize("kind", [Csv, CsvColumn, Window, Conll, Text])
def test_every_argument_is_documented(kind: Any) -> None:
    """Editors show these sentences."""
    assert all(entry.metadata["doc"].strip() for entry in dataclasses.fields(kind))


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ({"names": ["a", "y"]}, ["p,q", "1,2"]),
        ({"names": ["a", "y"], "header": False}, ["1,2"]),
        ({"comment": "#", "skip_lines": 1}, ["a title", "# remark", "a,y", "1,2"]),
        ({"header": 2}, ["a,y", ",", "1,2"]),
    ],
)
def test_rows_of_a_text_are_read_as_those_of_a_file(arguments: dict[str, Any], lines: list[str]) -> None:
    source = Csv("t.csv", target="y", **arguments)
    assert source.examples_in(f"{line}\n" for line in lines) == [{"a": "1", "y": "2"}]


def test_ids_with_more_digits_than_a_number_has_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{1234567890123456000 + number},{number % 7},{number}\n" for number in range(20))
    found = load(tmp_path, "tweet,few,y\n" + rows, target="y").problems
    told = [f"{problem}" for problem in found if "have more digits" in f"{problem}"]
    assert len(told) == 1 and "1234567890123456001" in told[0] and "type: category" in told[0]
