"""docs/conformance.md: a few of its rows are made anew and are as written."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.tf

ROOT = Path(__file__).parents[2]
HERE = ("interpreter", "interpreter_without_xnnpack", "compiled_model")


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance", ROOT / "benchmarks" / "conformance.py")
    assert spec is not None and spec.loader is not None
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


conformance = load()


def written(quantize: str) -> dict[str, list[str]]:
    """The cells of the page by layer."""
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    part = text.partition(f"## quantize: {quantize}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows[1:]}


def test_the_page_has_every_layer() -> None:
    for quantize in conformance.QUANTIZATIONS:
        assert list(written(quantize)) == list(conformance.NETWORKS)


@pytest.mark.long
@pytest.mark.parametrize(("name", "quantize"), [("Dense, softmax", "none"), ("GRU", "none"), ("GRU", "int8")])
def test_a_row_is_as_written(name: str, quantize: str) -> None:
    cells = conformance.row(conformance.NETWORKS[name], quantize)
    for runtime, told in zip(HERE, written(quantize)[name], strict=False):
        found = cells[runtime]
        assert found.status == (told if told in ("refused", "wrong", "-") else "passes")
        if found.error is not None and quantize == "none":
            assert found.error < 1e-5 and float(told) < 1e-5
