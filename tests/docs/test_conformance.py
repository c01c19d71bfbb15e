"""docs/conformance.md: a few of its rows are made anew and are as written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import conformance

pytestmark = pytest.mark.tf

HERE = ("interpreter", "interpreter_without_xnnpack", "compiled_model")


def written(quantize: str) -> dict[str, list[str]]:
    """The cells of the page by layer."""
    text = conformance.PAGE.read_text(encoding="utf-8")
    part = text.partition(f"## quantize: {quantize}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows[1:]}


def test_the_page_has_every_layer() -> None:
    for quantize in conformance.QUANTIZATIONS:
        assert list(written(quantize)) == list(conformance.NETWORKS)


@pytest.mark.long
@pytest.mark.parametrize(("name", "quantize"), [("Dense, softmax", "none"), ("GRU", "none"), ("GRU", "int8")])
def test_a_row_is_as_written(name: str, quantize: str) -> None:
    cells = conformance.row(name, quantize)
    for runtime, told in zip(HERE, written(quantize)[name], strict=False):
        found = cells[runtime]
        assert found.status == (told if told in ("refused", "wrong", "-") else "passes")
        if found.error is not None and quantize == "none":
            assert found.error < 1e-5 and float(told) < 1e-5
