"""The extension for Visual Studio Code: what it says of nnspec is true of it; it is packaged, and its parts work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nnspec.cli.main import COMMANDS
from nnspec.lsp.hints import HintSettings

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editors" / "vscode"
PACKAGE: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
WRONG = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {unitz: 3}\n"

built = pytest.mark.skipif(
    not (EXTENSION / "node_modules").is_dir() or shutil.which("npm") is None,
    reason="the extension's packages are not installed: make vscode",
)


@pytest.mark.slow
def test_problems_are_found_in_what_check_prints(tmp_path: Path) -> None:
    spec = tmp_path / "a spec.yaml"
    spec.write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "nnspec", "check", str(spec)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
    first, second = (re.compile(one["regexp"]) for one in PACKAGE["contributes"]["problemMatchers"][0]["pattern"])
    number = next(number for number, line in enumerate(said) if first.match(line))
    found, place = first.match(said[number]), second.match(said[number + 1])
    assert found and found.groups()[:2] == ("error", "E0203")
    assert place and place.groups() == (str(spec), "4", "13")


def test_settings_and_commands_are_those_of_nnspec() -> None:
    hints = PACKAGE["contributes"]["configuration"]["properties"]["nnspec.hints"]["properties"]
    assert {name: one["default"] for name, one in hints.items()} == vars(HintSettings())
    run = re.search(r"const COMMANDS = (\[.*?\]);", (EXTENSION / "src/extension.js").read_text(encoding="utf-8"))
    assert run and set(json.loads(run[1])) <= set(COMMANDS)


@built
@pytest.mark.slow
def test_it_is_packaged_and_its_parts_work() -> None:
    def npm(*words: str) -> str:
        environment = {**os.environ, "NNSPEC_COMMAND": json.dumps([sys.executable, "-m", "nnspec"])}
        done = subprocess.run(
            ["npm", "run", "--silent", *words],
            cwd=EXTENSION,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
        return done.stdout

    npm("package")
    with zipfile.ZipFile(EXTENSION / "dist/nnspec.vsix") as archive:
        names = {name.removeprefix("extension/") for name in archive.namelist()}
    assert {"package.json", "dist/extension.js", "syntaxes/expression.json"} <= names
    assert not any(name.startswith(("node_modules", "src", "test")) for name in names)
    assert (EXTENSION / "dist/nnspec.vsix").stat().st_size < 200_000
    assert re.search(r"# fail 0\b", npm("test"))
