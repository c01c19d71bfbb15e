"""Running a command line inside this process, and small specs to run it on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nnspec.cli.main import run

TINY = """\
nnspec: 1
name: tiny
inputs:
  x: [4]
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 3, activation: softmax}
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def nnspec(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs one command line; what it printed is read from the descriptors, so child processes count too."""

    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return command


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A network without data, training or export."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path
