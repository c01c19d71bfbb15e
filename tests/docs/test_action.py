"""The GitHub action and the pre-commit hooks for users' repositories: the action's script runs here as it does there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnspec.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK = ACTION["runs"]["steps"]

FINE = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: 8\n"
BROKEN = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {unit: 8}\n"
WARNED = "nnspec: 1\ninputs: {x: [4], y: [4]}\nlayers:\n  - {Dense: 8, from: x}\n"


@dataclass(frozen=True)
class Step:
    code: int
    out: str
    outputs: str


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for bash")
@pytest.mark.slow
class TestTheScript:
    @pytest.fixture(autouse=True)
    def specs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for name, text in {
            "fine/a b.yaml": FINE,
            "fine/deep/c.yaml": FINE,
            "bad.yaml": BROKEN,
            "warned.yaml": WARNED,
        }.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")

    def run(self, **given: str) -> Step:
        """Runs the step with inputs as GitHub gives them: each with its default, by way of the environment."""
        inputs = {name: str(about["default"]) for name, about in ACTION["inputs"].items()} | given
        variables = {
            key: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")] for key, value in CHECK["env"].items()
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **variables, "GITHUB_OUTPUT": "outputs", "PATH": path}
        Path("outputs").write_text("", encoding="utf-8")
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return Step(ran.returncode, ran.stdout, Path("outputs").read_text(encoding="utf-8"))

    def test_fine_specs_below_folders(self) -> None:
        assert self.run(specs="fine/**/*.yaml") == Step(0, "", "")

    def test_annotations(self) -> None:
        step = self.run(specs="fine/*.yaml bad.yaml")
        assert step.code == 3 and step.out.startswith("::error file=bad.yaml,line=4,")

    def test_sarif_beside_annotations(self) -> None:
        step = self.run(specs="bad.yaml", **{"sarif-file": "found.sarif"})
        assert (
            step.code == 3
            and step.out.startswith("::error file=bad.yaml")
            and step.outputs == "sarif-file=found.sarif\n"
        )
        assert json.loads(Path("found.sarif").read_text(encoding="utf-8"))["runs"][0]["results"][0]["ruleId"] == "E0203"

    def test_sarif_alone(self) -> None:
        step = self.run(specs="warned.yaml", format="sarif")
        assert step == Step(0, "", "sarif-file=nnspec.sarif\n")
        assert (
            json.loads(Path("nnspec.sarif").read_text(encoding="utf-8"))["runs"][0]["results"][0]["level"] == "warning"
        )

    def test_a_warning_may_fail(self) -> None:
        assert self.run(specs="warned.yaml").code == 0
        assert self.run(specs="warned.yaml", **{"fail-on-warning": "true"}).code == 3

    def test_more_arguments(self) -> None:
        assert self.run(specs="fine/*.yaml", arguments="--set budget.params=1 --set params.a=[1]").code == 5

    def test_no_file(self) -> None:
        step = self.run(specs="nowhere/*.yaml")
        assert step.code == 2 and "no file matches nowhere/*.yaml" in step.out


def test_every_input_is_described_and_used() -> None:
    used = " ".join([*INSTALL["env"].values(), *CHECK["env"].values()])
    for name, about in ACTION["inputs"].items():
        assert about["description"].endswith(".") and f"inputs.{name} " in used
    assert ACTION["runs"]["using"] == "composite" and all(step["shell"] == "bash" for step in ACTION["runs"]["steps"])


def test_hooks_name_commands() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["nnspec-check", "nnspec-fmt"]
    for hook in hooks:
        program, command = hook["entry"].split()
        assert program == "nnspec" and command in COMMANDS and hook["language"] == "python"
