"""Every spec under tests/specs is a test: valid ones equal their golden graph, invalid ones blame the marked line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nnspec.frontend.codes import CODES
from nnspec.frontend.pipeline import check
from nnspec.frontend.summary import graph_summary

SPECS = Path(__file__).parent.parent / "specs"
INVALID = sorted((SPECS / "invalid").glob("*.yaml"))
VALID = sorted((SPECS / "valid").glob("*.yaml"))
MARK = re.compile(r"# error: (E\d{4})")


def test_there_are_specs() -> None:
    assert len(INVALID) > 70 and len(VALID) > 10


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_spec_blames_the_marked_line(path: Path) -> None:
    expected = {
        (number, code)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for code in MARK.findall(line)
    }
    assert expected, "the file marks no line with `# error: CODE`"
    checked = check(path)
    errors = [diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error"]
    found = {(error.span.line if error.span else None, error.code) for error in errors}
    assert found == expected, "\n\n".join(str(error) for error in errors)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_spec_has_its_golden_graph(path: Path, request: pytest.FixtureRequest) -> None:
    checked = check(path)
    assert checked.ok and checked.spec is not None, "\n\n".join(str(item) for item in checked.diagnostics)
    summary = graph_summary(checked.spec)
    golden = path.with_suffix(".json")
    if request.config.getoption("--golden"):
        golden.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    assert golden.is_file(), "no golden graph beside the spec; write it with `pytest --golden` and read it"
    assert summary == json.loads(golden.read_text(encoding="utf-8"))


def test_every_reported_code_is_documented() -> None:
    package = Path(__file__).parent.parent.parent / "nnspec"
    used = {code for file in package.rglob("*.py") for code in re.findall(r'"([EW]\d{4})"', file.read_text("utf-8"))}
    assert used <= set(CODES), sorted(used - set(CODES))
    assert set(CODES) <= used, "documented, but never reported"
