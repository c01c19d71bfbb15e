"""The commands that help: `new`, `explain`, `schema`, `doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnspec.cli.doctor import PACKAGES, install_advice
from nnspec.cli.new import tasks
from nnspec.frontend.pipeline import check

WANTED = {"image-classification", "table", "regression", "forecast", "tagging", "text-classification", "sequence"}


def test_there_is_a_starter_for_every_task() -> None:
    assert set(tasks()) >= WANTED


@pytest.mark.parametrize("task", tasks())
def test_starters_are_valid_and_whole(nnspec: Any, tmp_path: Path, task: str) -> None:
    path = tmp_path / f"my {task}.yaml"
    ran = nnspec("new", task, path)
    assert ran.code == 0 and "nnspec check" in ran.out
    checked = check(path)
    remarks = [
        item for item in checked.diagnostics if item.code not in ("W0701", "W0901")
    ]  # the data are still to come
    assert remarks == [], "\n\n".join(map(str, remarks))
    assert checked.spec is not None
    assert checked.spec.name == f"my_{task}"
    assert checked.spec.data and checked.spec.train and checked.spec.export
    assert "#" in path.read_text(encoding="utf-8").split("\n", 1)[1], "a starter explains itself"


@pytest.mark.parametrize("task", tasks())
def test_the_modeline_leads_to_the_schema(nnspec: Any, tmp_path: Path, task: str) -> None:
    path = tmp_path / "a.yaml"
    nnspec("new", task, path)
    line = path.read_text(encoding="utf-8").splitlines()[0]
    assert line.startswith("# yaml-language-server: $schema=file://")
    assert json.loads(Path(line.split("file://")[1]).read_text(encoding="utf-8"))["title"].startswith("nnspec")


def test_the_modeline_is_relative_within_one_project() -> None:
    from nnspec.cli.new import modeline

    root = Path(__file__).parent.parent.parent
    if Path.cwd() == root:
        assert modeline(Path("specs/a.yaml")).endswith("$schema=../schemas/nnspec.schema.json")


def test_new_never_overwrites(nnspec: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("mine", encoding="utf-8")
    ran = nnspec("new", "table", path)
    assert ran.code == 2 and "exists already" in ran.err
    assert path.read_text(encoding="utf-8") == "mine"


def test_new_in_a_folder_that_is_not_there(nnspec: Any, tmp_path: Path) -> None:
    ran = nnspec("new", "table", tmp_path / "nowhere" / "a.yaml")
    assert ran.code == 1 and "No such file" in ran.err and "Traceback" not in ran.err


def test_the_schema_is_printed_whole(nnspec: Any) -> None:
    found = nnspec("schema").json
    assert "layer.Conv2D" in found["$defs"]
    assert nnspec("schema", "--json").json == found


def test_the_arguments_of_a_kind(nnspec: Any) -> None:
    ran = nnspec("schema", "Conv2D")
    assert ran.code == 0
    rows = {line.split()[0]: line for line in ran.out.splitlines() if line.strip()}
    assert "required" in rows["filters"] and "valid" in rows["padding"]
    found = nnspec("schema", "--kind", "ImageFolder", "--json").json
    assert found["category"] == "source"
    assert {key: found["arguments"][0][key] for key in ("name", "required")} == {"name": "path", "required": True}


def test_an_unknown_kind_has_a_suggestion(nnspec: Any) -> None:
    ran = nnspec("schema", "Conv2d")
    assert ran.code == 2 and "did you mean `Conv2D`?" in ran.err


def test_doctor_reports_every_package(nnspec: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("nnspec.cli.doctor.find_devices", lambda: {"found": ["/device:CPU:0"], "problem": None})
    monkeypatch.setenv("COLUMNS", "80")
    ran = nnspec("doctor")
    assert ran.code == 0 and max(map(len, ran.out.split("extras:")[1].splitlines())) <= 80
    assert all(name in ran.out for name in PACKAGES) and "/device:CPU:0" in ran.out
    assert set(nnspec("doctor", "--json").json["packages"]) == set(PACKAGES)


def test_doctor_without_tensorflow(nnspec: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "nnspec.cli.doctor.installed", lambda name: None if PACKAGES.get(name, ("", None))[1] == "tf" else "1.0"
    )
    found = nnspec("doctor", "--json").json
    assert found["ok"] is False and "tensorflow" in found["missing"]
    assert found["advice"] == 'pip install "nnspec[tf]"'
    assert 'pip install "nnspec[tf]"' in nnspec("doctor").out


def test_nothing_missing_needs_no_advice() -> None:
    assert install_advice([]) is None
