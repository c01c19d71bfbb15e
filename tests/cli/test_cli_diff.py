"""`nnspec diff`: specs, overrides and run folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_two_specs(nnspec: Any, tiny: Path) -> None:
    other = tiny.with_name("wide.yaml")
    other.write_text(tiny.read_text().replace("units: 8", "units: 9"), encoding="utf-8")
    ran = nnspec("diff", tiny, other)
    assert ran.code == 0 and ran.err == ""
    assert "- dense: Dense(activation=relu, units=8)" in ran.out and "units=9" in ran.out
    found = nnspec("diff", tiny, other, "--json").json
    assert found["same"] is False and found["totals"]["params"] == [67, 75]
    assert [item["change"] for item in found["layers"]] == ["changed"]


def test_a_spec_against_itself_as_set(nnspec: Any, tiny: Path) -> None:
    found = nnspec("diff", tiny, "--set", "layers.1.Dense.units=4", "--json").json
    assert [item["right"]["args"]["units"] for item in found["layers"]] == [4]


def test_runs_bring_their_metrics(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    for number, loss in (("1", 0.5), ("2", 0.25)):
        folder = tmp_path / number
        folder.mkdir()
        (folder / "spec.yaml").write_text(tiny.read_text(), encoding="utf-8")
        (folder / "record.json").write_text(json.dumps({"metrics": {"loss": loss}}), encoding="utf-8")
    found = nnspec("diff", tmp_path / "1", tmp_path / "2", "--json").json
    assert found["same"] is True and found["metrics"] == {"loss": [0.5, 0.25]}


def test_what_cannot_be_compared(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    alone = nnspec("diff", tiny)
    assert alone.code == 2 and "--set" in alone.err
    folder = nnspec("diff", tiny, tmp_path)
    assert folder.code == 2 and "no run folder" in folder.err
    assert nnspec("diff", tiny, tmp_path / "missing.yaml").code == 3
