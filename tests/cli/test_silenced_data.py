"""Warnings on the data: their codes, and how a spec or a command line silences them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.frontend.pipeline import check

pytest.importorskip("numpy")

ROWS = "".join(f"K{row:03d},{row % 5},7,{row * 3 % 4}.5\n" for row in range(12))
SPEC = """nnspec: 1
inputs: {x: [$data.features]}
layers: [{Dense: 1}]
data:
  source: {Csv: {path: t.csv, target: y}}%s
  split: {validation: 0.25}%s
train: {epochs: 1, loss: MeanSquaredError}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text("name,a,b,y\n" + ROWS)
    return tmp_path / "net.yaml"


def codes(found: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in found["warnings"]]


def test_each_warning_has_its_code_and_place(nnspec: Any, spec: Path) -> None:
    spec.write_text(SPEC % ("", ""))
    ran = nnspec("data", str(spec))
    assert "warning[W0905]: " in ran.out and f"{spec.parent / 't.csv'}:2: column 'name': 12 different" in ran.out
    found = nnspec("data", str(spec), "--json").json
    assert codes(found) == ["W0916", "W0905", "W0907"] and found["silenced"] == {}
    names = found["warnings"][1]
    assert names["line"] == 2 and names["hint"] == "leave it out of `features`"
    assert {one.code for one in check(spec).diagnostics} == {"W0905", "W0907"}


@pytest.mark.parametrize(
    ("comment", "setting", "override", "left"),
    [
        ("  # nnspec: ignore W0905", "", (), ["W0916", "W0907"]),
        ("  # nnspec: ignore", "", (), []),
        ("", "\n  silence: [W0907, W0916]", (), ["W0905"]),
        ("  # nnspec: ignore W0905", "\n  silence: [W0907]", (), ["W0916"]),
        ("", "", ("--set", "data.silence=[W0905]"), ["W0916", "W0907"]),
    ],
)
def test_silenced(
    nnspec: Any, spec: Path, comment: str, setting: str, override: tuple[str, ...], left: list[str]
) -> None:
    spec.write_text(SPEC % (comment, setting))
    found = nnspec("data", str(spec), *override, "--json").json
    assert codes(found) == left
    assert sorted([*found["silenced"], *left]) == ["W0905", "W0907", "W0916"]
    told = {one.code for one in check(spec, override[1:]).diagnostics}
    assert told == {code for code in left if code != "W0916"}, "check has not looked at the parts' values"


def test_what_was_silenced_is_counted(nnspec: Any, spec: Path) -> None:
    spec.write_text(SPEC % ("  # nnspec: ignore W0905", ""))
    assert "silenced: W0905 (1)" in nnspec("data", str(spec)).out


def test_a_code_that_is_none_on_data_is_refused(nnspec: Any, spec: Path) -> None:
    spec.write_text(SPEC % ("", "\n  silence: [W0601]"))
    assert "W0601" in nnspec("data", str(spec)).err
