"""What `nnspec data` shows, on data of each shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.api import open_data
from nnspec.data.report import report_of
from nnspec.report.text.dataset import data_text, first_batch

np = pytest.importorskip("numpy")


def shown(path: Path, batch_size: int = 4) -> tuple[str, dict[str, Any]]:
    dataset = open_data(path)
    batch = first_batch(dataset, batch_size)
    return data_text(report_of(dataset), batch, 100), batch


def spec(folder: Path, inputs: str, data: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(f"nnspec: 1\ninputs: {{{inputs}}}\nlayers: [Flatten]\ndata:\n{data}", encoding="utf-8")
    return path


def test_a_table(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 7},{'even' if n % 2 == 0 else 'odd'}\n" for n in range(40))
    (tmp_path / "t.csv").write_text(f"a,b,label\n{rows}", encoding="utf-8")
    text, batch = shown(
        spec(
            tmp_path, "x: [2]", "  source: {Csv: {path: t.csv, target: label}}\n  split: {validation: 0.25, test: 0.25}"
        )
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["task", "classification"] in lines
    assert ["train", "20"] in lines and ["validation", "10"] in lines and ["test", "10"] in lines
    assert ["y", "train", "validation", "test"] in lines
    assert ["even", "10", "5", "5"] in lines and ["odd", "10", "5", "5"] in lines
    assert batch["tensors"]["x"]["shape"] == [4, 2] and batch["tensors"]["y"] == {
        "shape": [4],
        "dtype": "int32",
        "min": batch["tensors"]["y"]["min"],
        "max": batch["tensors"]["y"]["max"],
    }
    assert len(batch["examples"]) == 4 and all(example.startswith("line ") for example in batch["examples"])


def test_the_examples_are_those_of_the_batch(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(50, dtype=np.float32)[:, None], y=np.zeros(50, np.float32))
    path = spec(tmp_path, "x: [1]", "  source: {Arrays: {path: a.npz}}\n")
    dataset = open_data(path)
    rows = dataset.splits["train"].order(0)[:5]
    batch = first_batch(dataset, 5)
    assert batch["tensors"]["x"]["min"] == rows.min() and batch["tensors"]["x"]["max"] == rows.max()
    assert len(batch["examples"]) == 5
    assert {int("".join(filter(str.isdigit, text))) for text in batch["examples"]} == set(rows.tolist())


def test_sentences(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("Ada B-PER\nsleeps O\n\n" * 12, encoding="utf-8")
    (tmp_path / "b.conll").write_text("Bob B-PER\nsleeps O\nhere O\n", encoding="utf-8")
    text, _ = shown(
        spec(
            tmp_path,
            "tokens: {shape: [null], dtype: int32}",
            "  source: {Conll: {path: a.conll}}\n  split: {test: b.conll}\n",
        )
    )
    assert "tokens: 2 to 2 steps, median 2" in text
    assert "66.7 % unknown tokens" in text and "12 PER" in text and "1 PER" in text
    assert "vocabulary  4 tokens" in text
    assert "warning[W0931]: there is no validation part" in text


def test_many_labels_are_summed_up(tmp_path: Path) -> None:
    rows = "".join(f"{n},c{n % 60:02}\n" for n in range(240))
    (tmp_path / "t.csv").write_text(f"a,label\n{rows}", encoding="utf-8")
    text, _ = shown(spec(tmp_path, "x: [1]", "  source: {Csv: {path: t.csv, target: label, task: classification}}\n"))
    assert "20 more" in text and "c39" in text and "c40" not in text.split("first batch")[0].split("y  ")[-1]


def test_what_was_left_out_is_named(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(20))
    (tmp_path / "t.csv").write_text(f"a,y\n{rows}oops,3\n", encoding="utf-8")
    text, _ = shown(
        spec(
            tmp_path, "x: [1]", "  source: {Csv: {path: t.csv, target: y, on_error: skip}}\n  split: {validation: 0.2}"
        )
    )
    assert "left out:" in text and "t.csv:22" in text
