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
# The telling ones, whose whole text is kept: what a user reads. Renewed by `pytest --golden`, and then read aloud.
SHOWN = (
    "add_mismatch", "block_parameter_missing", "call_flag_unknown", "for_unequal", "forgotten_quotes", "nested_blocks",
    "over_budget", "reuse_unknown", "shape_in_block", "stacked_gru_in_a_block", "stacked_lstm", "third_round_of_a_loop",
    "unknown_argument", "unknown_kind",
)  # fmt: skip
MARK = re.compile(r"# error: (E\d{4})")
OVERRIDE = re.compile(r"# set: (\S+)")  # the first line may hold a --set; what is blamed in it stands on its line 1
# Codes that no file here can earn, and where they are tested.
ELSEWHERE = {
    "E0102": "too large to keep: test_docs_codes",
    "E0103": "cannot hold a mark: test_source",
    "E0104": "cannot hold a mark: test_source",
    "E0114": "fmt: test_format",
    "E0306": "a command line: test_docs_codes",
    "E0602": "Keras: test_lower",
    "E0701": "commands: test_requirements",
    "E0709": "of a plugin: test_own_judges",
    "E0710": "several devices: test_strategy",
    "E0711": "check --target tpu: test_tpu_ready",
    "E0726": "data: test_adapting",
    "E1001": "check --target: test_chips",
    "E1004": "check --target: test_chips",
}


def test_there_are_specs() -> None:
    assert len(INVALID) >= 120 and len(VALID) > 10


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_spec_blames_the_marked_line(path: Path) -> None:
    expected = {
        (number, code)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for code in MARK.findall(line)
    }
    assert expected, "the file marks no line with `# error: CODE`"
    first = OVERRIDE.match(path.read_text(encoding="utf-8"))
    checked = check(path, [first.group(1)] if first else ())
    errors = [diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error"]
    found = {(error.span.line if error.span else None, error.code) for error in errors}
    assert found == expected, "\n\n".join(str(error) for error in errors)


def test_every_error_that_a_spec_can_earn_has_a_file() -> None:
    earned = {code for path in INVALID for code in MARK.findall(path.read_text(encoding="utf-8"))}
    missing = {code for code in CODES if code.startswith("E")} - earned
    assert missing == set(ELSEWHERE)


@pytest.mark.parametrize("name", SHOWN)
def test_the_text_that_a_user_reads(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SPECS / "invalid")
    diagnostics = check(Path(f"{name}.yaml")).diagnostics
    text = "\n\n".join(str(diagnostic) for diagnostic in diagnostics) + "\n"
    kept = Path(__file__).parent / "snapshots" / f"{name}.txt"
    if request.config.getoption("--golden"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert kept.is_file(), "write it with `pytest --golden` and read it"
    assert text == kept.read_text(encoding="utf-8")


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
