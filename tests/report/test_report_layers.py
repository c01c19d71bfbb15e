"""The layer table and the line of totals."""

from __future__ import annotations

from pathlib import Path

from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.report.text.layers import layer_rows, layer_table
from nnspec.report.text.totals import totals


def spec(folder: Path, text: str) -> Spec:
    path = folder / "net.yaml"
    path.write_text(f"nnspec: 1\n{text}", encoding="utf-8")
    return load(path)


def cells(table: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in table.splitlines() if line.strip()}


def test_shared_weights_are_counted_once(tmp_path: Path) -> None:
    found = spec(tmp_path, "inputs: {x: [4]}\nlayers:\n  - {Dense: 4, name: first}\n  - {reuse: first}\n")
    table = layer_table(found, 100)
    assert "of first" in table
    assert cells(table)["net"] == ["2", "layers", "20", "32"]
    assert totals(found) == "20 parameters, 32 multiply-adds, 2 layers"


def test_unknown_sizes_are_named(tmp_path: Path) -> None:
    text = (
        "inputs: {tokens: {shape: [null], dtype: int32}}\n"
        "layers:\n  - Embedding: {input_dim: 10, output_dim: 4}\n  - Conv1D: {filters: 2, kernel_size: 3}\n"
    )
    table = layer_table(spec(tmp_path, text), 120)
    assert "? int32" in table
    assert "tokens × 4" in table and "tokens - 2 × 2" in table


def test_lines_of_other_files_name_them(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text("blocks: {two: {layers: [{Dense: 2}]}}\n", encoding="utf-8")
    found = spec(tmp_path, "use: blocks.yaml\ninputs: {x: [4]}\nlayers:\n  - two\n")
    assert "blocks.yaml:1" in layer_table(found, 100)
    assert [row[2] for row in layer_rows(load(tmp_path / "net.yaml", ["layers=[Flatten]"]))] == ["3", "set"]


def test_one_of_a_thing_is_singular(tmp_path: Path) -> None:
    assert totals(spec(tmp_path, "inputs: {x: [4]}\nlayers: [Flatten]\n")) == "0 parameters, 0 multiply-adds, 1 layer"
