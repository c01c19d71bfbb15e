"""A check of a large table reads samples: they say yes and no more, and what was not read is told."""

from __future__ import annotations

import gzip
import importlib
import json
from pathlib import Path

import pytest

from nnspec.cli.main import run
from nnspec.data import glance
from nnspec.data.facts import known
from nnspec.data.formats import samples, table_head
from nnspec.frontend.pipeline import Checked, check, load
from nnspec.frontend.spec import Spec

LINES = 300
SPEC = """
nnspec: 1
name: large
inputs: {x: [$data.features]}
layers: [{Dense: {units: $data.classes, activation: softmax}}]
data:
  source: {Csv: {path: t.csv, target: y, scale: standard}}
  split: {validation: 0.1}
train: {optimizer: Adam, loss: SparseCategoricalCrossentropy}
"""
UNREAD, READ = 115, 50  # lines in no block, and in the head


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of 300 lines, of which some 120 are in samples."""
    monkeypatch.setattr(glance, "LARGE", 2048)
    for name, value in {"HEAD": 512, "LINES": 40, "BLOCK": 128, "BLOCKS": 4, "UNPACKED": 800, "ROWS": 40}.items():
        monkeypatch.setattr(samples, name, value)
    monkeypatch.setattr(table_head, "SAMPLE_ROWS", 20)
    (tmp_path / "spec.yaml").write_text(SPEC)
    write(tmp_path, {})
    return tmp_path / "spec.yaml"


def write(folder: Path, rows: dict[int, str]) -> None:
    """Args: rows: by line, in place of a good one."""
    numbers = (f"{line * 7919 % 10007 / 100},{line * 104729 % 9973},{'ab'[line % 2]}" for line in range(2, LINES))
    (folder / "t.csv").write_text("p,q,y\n" + "\n".join(rows.get(at, row) for at, row in enumerate(numbers, 2)))


def told(found: Checked) -> list[tuple[str, str]]:
    """Codes, and of each the line of the table."""
    notes = [(one.code, next((note.message for note in one.notes), "")) for one in found.diagnostics]
    return [(code, note.partition(", line ")[2]) for code, note in notes]


def sizes(spec: Spec) -> list[object]:
    return [layer.args["units"] for layer in spec.graph.layers]


def test_it_says_yes_and_what_it_has_not_read(spec: Path) -> None:
    found = check(spec)
    (remark,) = found.diagnostics
    assert (found.ok, remark.code, remark.severity) == (True, "W0934", "warning")
    assert "0 of 0 MB were read" in remark.message and "`nnspec data` reads all" in (remark.hint or "")
    assert found.spec is not None and sizes(found.spec) == [2]
    assert told(check(spec)) == told(found)  # kept
    spec.write_text(SPEC.replace("  split:", "  silence: [W0934]\n  split:"))
    assert told(check(spec)) == []


@pytest.mark.parametrize(
    ("row", "code"),
    [("1,oh,a", "E0901"), ("1,2,c", "W0934"), ('1,"2,a', "E0901")],
)
def test_a_fault_that_no_sample_has_is_found_by_who_reads_all(spec: Path, row: str, code: str) -> None:
    write(spec.parent, {UNREAD: row})
    assert [code for code, _ in told(check(spec))] == ["W0934"]
    if code == "E0901":
        assert told(check(spec, whole=True))[0] == ("E0901", str(UNREAD))
        assert told(check(spec))[0] == ("E0901", str(UNREAD))  # known from then on
    else:
        assert sizes(load(spec)) == [3]  # what training takes


@pytest.mark.parametrize("more", [(), ("--fix",)])
def test_strict_reads_all(spec: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    write(spec.parent, {UNREAD: "1,oh,a"})
    assert run(["check", str(spec), "--strict", *more]) != 0
    assert "E0901" in capsys.readouterr().err


def test_a_fault_in_a_sample_is_told_with_its_line(spec: Path) -> None:
    write(spec.parent, {READ: "1,oh,a"})
    assert told(check(spec)) == [("E0901", str(READ))]
    write(spec.parent, {LINES - 1: "1,oh,a"})  # the last one
    assert told(check(spec)) == [("E0901", str(LINES - 1))]


def test_what_is_odd_in_samples_is_looked_up_in_all(spec: Path) -> None:
    write(spec.parent, {READ: "1,2,c", UNREAD: "1,2,c"})
    spec.write_text(SPEC.replace("$data.classes", "4"))
    (found,) = check(spec).diagnostics
    assert found.code.startswith("W07") and "3" in found.message


def write_as(kind: str, folder: Path, holes: tuple[int, ...]) -> str:
    """The table in another form. Args: holes: lines whose first cell is missing. Returns its path for a spec."""
    rows = [
        (None if line in holes else line * 7919 % 10007 / 100, line % 7, "ab"[line % 2]) for line in range(2, LINES)
    ]
    texts = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    if kind == "several":
        (folder / "parts").mkdir(exist_ok=True)
        for part in range(10):
            (folder / "parts" / f"{part}.csv").write_text("p,q,y\n" + "\n".join(texts[part * 30 : part * 30 + 30]))
        return "parts"
    place = folder / f"t.{kind}"
    if kind == "csv.gz":
        place.write_bytes(gzip.compress(("p,q,y\n" + "\n".join(texts)).encode(), compresslevel=0))
    elif kind == "jsonl":
        place.write_text("".join(json.dumps(dict(zip("pqy", row, strict=True))) + "\n" for row in rows))
    else:
        pa = pytest.importorskip("pyarrow")
        table = pa.table({name: list(cells) for name, cells in zip("pqy", zip(*rows, strict=True), strict=True)})
        if kind == "parquet":
            with importlib.import_module("pyarrow.parquet").ParquetWriter(place, table.schema) as writer:
                for start in range(0, 300, 20):
                    writer.write_table(table.slice(start, 20))
                writer.write_table(table.slice(0, 0))  # the last group is empty
        else:
            importlib.import_module("pyarrow.feather").write_feather(table, place, chunksize=20)
    return place.name


def counted(spec: Spec | None) -> int:
    """How many examples a glance says that there are."""
    assert spec is not None and spec.data is not None
    with glance.glancing():
        return sum(known(spec.data, spec.path.parent).examples.values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv.gz", "several", "jsonl", "parquet", "feather"])
def test_other_tables_are_sampled_too(kind: str, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MOST_READ", 1000)
    monkeypatch.setattr(samples, "BATCHES", 4)
    for name in ("HEAD", "BLOCK"):
        monkeypatch.setattr(samples, name, 100)
    place = write_as(kind, spec.parent, ())
    spec.write_text(SPEC.replace("t.csv", place))
    found = check(spec)
    assert [code for code, _ in told(found)] == ["W0934"]
    if kind != "csv.gz":  # which is shorter than what is read of it at a time
        assert 0.8 < counted(found.spec) / (LINES - 2) < 1.25

    write_as(kind, spec.parent, (UNREAD,))
    assert [code for code, _ in told(check(spec))] == ["W0934"]
    for whole in (True, False):  # known from then on
        (code, line), *_ = told(check(spec, whole=whole))
        assert (code, line) == (
            "E0901",
            {"csv.gz": str(UNREAD), "several": "25", "jsonl": str(UNREAD - 1)}.get(kind, ""),
        )
    write_as(kind, spec.parent, (7,))
    assert told(check(spec))[0][0] == "E0901"


def test_sentences_are_sampled(spec: Path) -> None:
    words = [f"w{number % 9} {'B-x' if number % 3 == 0 else 'O'}" + "\n" * (number % 3 == 2) for number in range(900)]
    (spec.parent / "t.conll").write_text("\n".join(words) + "\n")
    spec.write_text(
        SPEC.replace("{Csv: {path: t.csv, target: y, scale: standard}}", "{Conll: {path: t.conll}}")
        .replace("inputs: {x: [$data.features]}", "inputs: {tokens: {shape: [null], dtype: int32}}")
        .replace("layers: [", "layers: [{Embedding: {input_dim: $data.vocabulary_size, output_dim: 4}}, ")
    )
    found = check(spec)
    assert [code for code, _ in told(found)] == ["W0934"]
    assert 240 < counted(found.spec) < 360  # of 300
    words[400] = "alone"
    (spec.parent / "t.conll").write_text("\n".join(words) + "\n")
    assert [code for code, _ in told(check(spec))] == ["W0934"]
    assert told(check(spec, whole=True))[0][0] == "E0901"
    assert told(check(spec))[0][0] == "E0901"  # known from then on
