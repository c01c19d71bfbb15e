"""`nnspec check --format sarif`: SARIF 2.1.0, section numbers are those of the standard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nnspec.frontend.codes import CODES

FINE = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: 8\n"
BROKEN = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {unit: 8}\n"
SHAPES = "nnspec: 1\ninputs: {x: [4, 4, 1]}\nlayers:\n  - ReLU\n  - Conv2D: {filters: 8, kernel_size: 5}\n"


def log(ran: Any) -> Any:
    """The log file, with what the standard requires of one (3.13, 3.14, 3.18, 3.19, 3.27, 3.49) held."""
    found = json.loads(ran.out)
    assert found["version"] == "2.1.0" and found["$schema"].endswith("sarif-2.1.0.json")
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "nnspec" and driver["semanticVersion"].count(".") == 2
    assert [rule["id"] for rule in driver["rules"]] == list(CODES)
    for rule in driver["rules"]:
        code = CODES[rule["id"]]
        assert rule["shortDescription"]["text"] == code.title and code.fix in rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] == ("error" if rule["id"].startswith("E") else "warning")
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning") and result["message"]["text"]
        for place in [*result["locations"], *result.get("relatedLocations", [])]:
            region = place["physicalLocation"]["region"]
            assert (region["startLine"], region["startColumn"]) >= (1, 1)
            assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])
    return run


def test_fine_specs_have_no_results(nnspec: Any, tmp_path: Path) -> None:
    spec = tmp_path / "fine.yaml"
    spec.write_text(FINE, encoding="utf-8")
    ran = nnspec("check", spec, "--format", "sarif")
    assert ran.code == 0 and log(ran)["results"] == []


def test_several_specs_with_relative_places(nnspec: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"fine.yaml": FINE, "my specs/broken one.yaml": BROKEN, "shapes.yaml": SHAPES}.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    ran = nnspec("check", "fine.yaml", "my specs/broken one.yaml", tmp_path / "shapes.yaml", "--format", "sarif")
    assert ran.code == 3
    argument, *_, shape = log(ran)["results"]
    assert argument["ruleId"] == "E0203" and "hint: " in argument["message"]["text"]
    place = argument["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20specs/broken%20one.yaml"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (4, 13)
    assert shape["ruleId"] == "E0601"
    assert shape["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "shapes.yaml"
    producer = shape["relatedLocations"][0]
    assert producer["physicalLocation"]["region"]["startLine"] == 4 and producer["message"]["text"]


def test_the_command_line_is_no_file(nnspec: Any, tmp_path: Path) -> None:
    spec = tmp_path / "fine.yaml"
    spec.write_text(FINE, encoding="utf-8")
    ran = nnspec("check", spec, "--set", "layers.0.Dense=many", "--format", "sarif")
    (result,) = log(ran)["results"]
    assert ran.code == 3 and result["locations"] == []


def test_a_file_elsewhere_has_an_absolute_place(nnspec: Any, tmp_path: Path, monkeypatch: Any) -> None:
    spec = tmp_path / "broken.yaml"
    spec.write_text(BROKEN, encoding="utf-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = log(nnspec("check", spec, "--format", "sarif"))["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == spec.as_uri()
