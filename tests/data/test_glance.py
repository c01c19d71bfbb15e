"""A check of a large table reads samples: they say yes and no more, and what was not read is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.cli.main import run
from nnspec.data import glance
from nnspec.data.formats import table_head
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
    for name, value in {"LARGE": 2048, "HEAD": 512, "LINES": 40, "BLOCK": 128, "BLOCKS": 4}.items():
        monkeypatch.setattr(glance, name, value)
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
