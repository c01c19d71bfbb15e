"""Tables in other formats than text, and in several files: the same rows as the text of them."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import lzma
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data import facts
from nnspec.data.config import DataConfig
from nnspec.data.errors import DataError
from nnspec.data.formats import plain_table
from nnspec.data.sources.csv import Csv
from nnspec.data.sources.table import Table
from nnspec.data.tabular import TableExamples
from nnspec.layers.types import KindValue

SHARED = Path(__file__).parents[3] / "shared" / "data" / "tables"
TEXT = 'size,kind,sold,price\n1.5,a,true,10\n2.5,"b, c",false,20\n,a,true,30\n4.5,d,false,40\n'


def examples(folder: Path, path: str, **options: Any) -> TableExamples:
    found = Csv(path, **{"target": "price", "missing": "mean", **options}).load(folder)
    assert isinstance(found, TableExamples)
    return found


def values(found: TableExamples) -> list[Any]:
    assets = found.fit(range(len(found)), None)
    table = found.table(assets)
    return [
        column.take(np.arange(len(found))).tolist() for column in (*table.features.values(), *table.targets.values())
    ]


@pytest.fixture
def text(tmp_path: Path) -> list[Any]:
    (tmp_path / "t.csv").write_text(TEXT)
    return values(examples(tmp_path, "t.csv"))


@pytest.mark.parametrize(("name", "pack"), [("t.csv.gz", gzip), ("t.csv.bz2", bz2), ("t.csv.xz", lzma)])
def test_compressed(tmp_path: Path, text: list[Any], name: str, pack: Any) -> None:
    (tmp_path / name).write_bytes(pack.compress(TEXT.encode()))
    assert values(examples(tmp_path, name)) == text
    (tmp_path / name).write_bytes(pack.compress(TEXT.encode())[:-9])
    with pytest.raises(DataError, match="cannot be read") as caught:
        examples(tmp_path, name)
    assert caught.value.file == str(tmp_path / name)


def write_typed(path: Path, **more: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    table = pa.table(
        {
            "size": pa.array([1.5, 2.5, None, 4.5], pa.float32()),
            "kind": pa.array(["a", "b, c", "a", "d"]).dictionary_encode(),
            "sold": [True, False, True, False],
            "price": pa.array([10, 20, 30, 40], pa.int16()),
            **more,
        }
    )
    if path.suffix == ".parquet":
        parquet.write_table(table, path)
    elif path.suffix == ".jsonl" or path.name == "lines.json":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    elif path.suffix == ".json":
        path.write_text(json.dumps(table.to_pylist(), indent=2))
    else:
        feather.write_feather(table, str(path))


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.jsonl", "t.json", "lines.json"])
def test_formats_with_types(tmp_path: Path, text: list[Any], name: str) -> None:
    write_typed(tmp_path / name)
    found = examples(tmp_path, name)
    assert values(found) == text
    assert found.files == (tmp_path / name,)
    (tmp_path / name).write_bytes(b"PAR1 no such thing")
    with pytest.raises(DataError, match=r"cannot be read") as caught:
        examples(tmp_path, name)
    assert caught.value.file == str(tmp_path / name)
    if name == "t.jsonl":  # as spaCy marks names in a text
        (tmp_path / name).write_text('{"text": "EU rejects", "entities": [[0, 2, "ORG"]]}\n')
        with pytest.raises(DataError) as caught:
            examples(tmp_path, name)
        assert "a key of its own" in str(caught.value.hint)


def test_types_of_the_format_hold(tmp_path: Path) -> None:
    """Texts of digits stay texts, dates are times, lists are lists; `columns` may say otherwise."""
    pa = pytest.importorskip("pyarrow")
    days = [datetime.date(1970, 1, day) for day in (1, 2, 3, 4)]
    write_typed(
        tmp_path / "t.parquet", code=pa.array(["01", "2", "01", "3"]), day=days, tags=[["a"], ["b", "a"], [], None]
    )
    found = examples(tmp_path, "t.parquet", features=["code", "day"])
    assert found.rows.types == {"code": "category", "day": "time", "price": "number"}
    assert list(found.rows.column("day")) == [0, 1, 2, 3]
    numbers = examples(tmp_path, "t.parquet", features=["code"], columns={"code": {"type": "number"}})
    assert list(numbers.rows.column("code")) == [1, 2, 1, 3]
    rows = Table("t.parquet", inputs={"day": None}, targets={"tags": {"type": "labels"}}).load(tmp_path)
    assert rows.fit(range(4), None).classes == ("a", "b")
    write_typed(tmp_path / "t.parquet", picture=[b"PNG"] * 4)
    with pytest.raises(DataError, match=r"column 'picture' is binary, .*are read by the source `Parquet: "):
        examples(tmp_path, "t.parquet")


@pytest.mark.parametrize("name", ["t.parquet", "t.json", "lines.json"])
def test_records_within_records_are_columns(tmp_path: Path, name: str) -> None:
    write_typed(tmp_path / name, of=[{"a": number, "b": {"c": 0.5 * number}} for number in range(4)])
    found = examples(tmp_path, name, features=["of.a", "of.b.c"])
    assert [list(found.rows.column(column)) for column in ("of.a", "of.b.c")] == [[0, 1, 2, 3], [0, 0.5, 1, 1.5]]
    write_typed(tmp_path / name, of=[[{"a": number}] for number in range(4)])  # a list is text, and in nobody's way
    assert len(examples(tmp_path, name, features=["size"])) == 4


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"data": [{"a": 1}]}, "the list under 'data' would be one"),
        ({"a": [1, 2], "y": [0, 1]}, 'orient="records"'),
        ({"images": [{}], "annotations": [{}]}, "boxes around objects"),
        ([[1, 2], [3, 4]], "no list of records"),
        ("a text", "no list of records"),
    ],
)
def test_json_that_is_no_table_is_told_how(tmp_path: Path, value: Any, told: str) -> None:
    (tmp_path / "t.json").write_text(json.dumps(value))
    with pytest.raises(DataError) as caught:
        examples(tmp_path, "t.json")
    assert told in str(caught.value) and caught.value.file == str(tmp_path / "t.json")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_several_files_are_one_table(tmp_path: Path, text: list[Any], suffix: str) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "t.csv").unlink()
    for name in ("a", "b"):
        path = tmp_path / "parts" / f"{name}.{suffix}"
        if suffix == "parquet":
            write_typed(path)
        else:
            content = TEXT.rstrip("\n").encode()  # the last line may lack its end
            path.write_bytes(gzip.compress(content) if suffix == "csv.gz" else content)
    twice = [column * 2 for column in text[1:]]
    for given in ("parts", f"parts/*.{suffix}"):
        found = examples(tmp_path, given)
        assert values(found)[1:] == twice
        assert [path.name for path in found.files] == [f"a.{suffix}", f"b.{suffix}"]
    config = DataConfig(KindValue("Csv", {"path": f"parts/*.{suffix}", "target": "price", "missing": "mean"}))
    assert facts.known(config, tmp_path).examples == {"train": 8}
    (tmp_path / "parts" / f"b.{suffix}").unlink()
    assert facts.known(config, tmp_path).examples == {"train": 4}, "facts follow the files that there are"


def test_folders_say_a_value_of_all_rows(tmp_path: Path) -> None:
    """As Spark, Hive and Arrow write a table in parts: `year=2024/part-0.parquet`."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for year, place in (("2023", "bern"), ("2024", "b%C3%A2le"), ("2024", "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / "t" / f"year={year}" / f"place={place}"
        folder.mkdir(parents=True)
        parquet.write_table(pa.table({"x": [1.0, 2.0], "y": [0.5, 1.5]}), folder / "part-0.parquet")
    for path in ("t", "t/*/*/*.parquet"):
        rows = examples(tmp_path, path, target="y").rows
        assert rows.texts("year") == ["2023", "2023", "2024", "2024", "2024", "2024"]
        assert rows.texts("place") == ["bern", "bern", None, None, "bâle", "bâle"]
    (tmp_path / "t" / "year=2024" / "u.parquet").write_bytes((folder / "part-0.parquet").read_bytes())
    with pytest.raises(DataError, match="its first line is"):
        examples(tmp_path, "t", target="y")


def test_columns_as_other_programs_write_them(tmp_path: Path) -> None:
    """Lists of one length (embeddings), texts as views (Polars), times of a day (databases)."""
    pa, feather = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.feather")
    noon = [datetime.time(12), None, datetime.time(0, 1, 0, 500_000)]
    columns = {
        "place": pa.array([[1, 2], [3, 4], [1, 2]], pa.list_(pa.int32(), 2)),
        "word": pa.array(["a", None, "b,\n"], pa.string_view()),
        "coarse": pa.array([datetime.time(12), None, datetime.time(0, 1)], pa.time32("s")),
        "fine": pa.array(noon, pa.time64("us")),
        "y": pa.array([1.0, 2.0, 3.0]),
    }
    feather.write_feather(pa.table(columns), tmp_path / "t.feather", compression="uncompressed")
    rows = examples(tmp_path, "t.feather", target="y").rows
    assert rows.texts("place") == ["[1, 2]", "[3, 4]", "[1, 2]"]
    assert rows.texts("word") == ["a", None, "b,"]
    assert list(map(repr, rows.column("coarse"))) == ["43200.0", "nan", "60.0"]
    assert list(map(repr, rows.column("fine"))) == ["43200.0", "nan", "60.5"]


def test_pictures_in_cells_are_sent_to_their_source(tmp_path: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pictures = pa.array([{"bytes": b"\x89PNG", "path": "a.png"}] * 4)
    parquet.write_table(pa.table({"image": pictures, "y": [0, 1, 0, 1]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"image\.bytes") as caught:
        examples(tmp_path, "t.parquet", target="y")
    assert "`Parquet: {path: ..., features: {image: {decode: image" in (caught.value.hint or "")


def test_files_of_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(DataError, match="its first line is 'x,z', that of the file before 'x,y'") as caught:
        examples(tmp_path, "*.csv", target="y")
    assert caught.value.file == str(tmp_path / "b.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no file of a table"):
        examples(tmp_path, "empty")


def test_what_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    monkeypatch.setattr(plain_table, "BOMB_BYTES", 1 << 16)
    parquet.write_table(pa.table({"size": [0] * 300_000, "price": [0] * 300_000}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="it unpacks to"):
        examples(tmp_path, "t.parquet")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"size,price\n" + b"0,0\n" * 300_000))
    with pytest.raises(DataError, match="it unpacks to"):
        examples(tmp_path, "t.csv.gz")


def test_new_rows_may_be_typed(tmp_path: Path, text: list[Any]) -> None:
    write_typed(tmp_path / "new.parquet")
    source = Csv("t.csv", target="price", missing="mean")
    assets = source.load(tmp_path).fit(range(4), None)
    assert source.encode(["new.parquet"], assets, tmp_path)["x"].take(np.arange(4)).tolist() == text[0]


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/tables")
def test_penguins_in_both_formats() -> None:
    options: dict[str, Any] = {
        "target": "Species",
        "features": ["Island", "Culmen Length (mm)", "Body Mass (g)", "Sex"],
    }
    both = [examples(SHARED, f"penguins-raw.{suffix}", **options) for suffix in ("csv", "parquet")]
    first, second = map(values, both)
    assert first[1] == second[1]
    np.testing.assert_allclose(first[0], second[0])


def mixed(count: int, **more: Any) -> Any:
    """A table of all that Parquet has and a cell can hold, with something missing everywhere."""
    pa = pytest.importorskip("pyarrow")
    draw = np.random.default_rng(0)

    def some(values: Any, kind: Any) -> Any:
        return pa.array([None if number % 7 == 3 else value for number, value in enumerate(values)], kind)

    days = [datetime.date(1900, 1, 1) + datetime.timedelta(int(day)) for day in draw.integers(0, 60000, count)]
    times = [datetime.datetime(2020, 1, 1) + datetime.timedelta(microseconds=int(n) * 10**7 + 1) for n in range(count)]
    words = draw.choice(["a", "b, c", " d", "NA", "", "é", "x y  z", "-"], count)
    columns = {
        "y": pa.array(draw.normal(size=count)),
        "double": some(draw.normal(size=count) * 10.0 ** draw.integers(-30, 30, count), pa.float64()),
        "single": some(draw.normal(size=count).astype("float32"), pa.float32()),
        "whole": some([int(number) for number in draw.integers(-(2**62), 2**62, count)], pa.int64()),
        "sure": some([bool(number % 2) for number in range(count)], pa.bool_()),
        "word": some(words.tolist(), pa.string()),
        "known": some(words.tolist(), pa.string()).dictionary_encode(),
        "day": some(days, pa.date32()),
        "time": some(times, pa.timestamp("us")),
        "waited": some([number * 250 for number in range(count)], pa.duration("ms")),
        "money": some([f"{number}.25" for number in range(count)], pa.string()).cast(pa.decimal128(12, 2)),
        **more,
    }
    return pa.table(columns)


@pytest.mark.parametrize(
    "more", [{}, {"odd": math.nan}, {"odd": math.inf}, {"cell": "two\nlines"}, {"cell": '"quoted'}]
)
@pytest.mark.parametrize("missing", ["mean", "skip", "fail"])
@pytest.mark.slow
def test_parquet_is_read_without_a_copy_to_the_same_bits(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str, more: dict[str, Any]
) -> None:
    table = mixed(300, **{name: [value] * 2 + ["b" if name == "cell" else 1.5] * 298 for name, value in more.items()})
    (tmp_path / "parts").mkdir()
    from pyarrow import parquet

    for part, name in enumerate(("a", "b")):
        parquet.write_table(table.slice(150 * part, 150), tmp_path / "parts" / f"{name}.parquet", row_group_size=40)

    def read() -> Any:
        try:
            found = examples(tmp_path, "parts", target="y", missing=missing)
        except DataError as error:
            return str(error), error.hint
        rows = found.rows
        cells = {name: bytes(rows.column(name)) for name in rows.columns}
        return (
            cells,
            rows.categories,
            list(rows.numbers),
            list(map(str, rows.skipped)),
            rows.breaks,
            rows.markers,
            rows.types,
        )

    copied = read()
    before = {path.name for path in cache_folder.rglob("*.csv")}
    monkeypatch.setattr(plain_table, "LARGE_CELLS", 1)
    monkeypatch.setattr(plain_table, "HEAD_ROWS", 100)
    assert read() == copied
    new = [path for path in cache_folder.rglob("*.csv") if path.name not in before]
    lines = 101 + 100 + 2 * ("\n" in more.get("cell", ""))  # of each file the first 100 rows
    assert [path.read_bytes().count(b"\n") for path in new] == [lines]
