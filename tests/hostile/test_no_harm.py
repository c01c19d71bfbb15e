"""All that a stranger may hand to nnspec, within its bounds and without harm: see `harness.py`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from harness import Case, Server, prove

pytestmark = pytest.mark.slow
SUBJECTS = sorted(path.stem for path in Path(__file__).parent.glob("cases_*.py"))
TABLES: dict[str, dict[str, Case]] = {subject: import_module(subject).CASES for subject in SUBJECTS}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[bool, Server]]:
    """A server without TensorFlow and one with it, started when they are first needed."""

    class Started(dict[bool, Server]):
        def __missing__(self, tensorflow: bool) -> Server:
            self[tensorflow] = Server(tensorflow)
            return self[tensorflow]

    started = Started()
    yield started
    for server in started.values():
        server.close()


def parameters() -> Iterator[Any]:
    """All cases; each third of a table, and none that takes long, in a default run."""
    for subject, table in TABLES.items():
        for number, (name, case) in enumerate(table.items()):
            marks = [pytest.mark.tf] * case.tf + [pytest.mark.proof] * (case.full or number % 3 != 0)
            yield pytest.param(case, id=f"{subject.removeprefix('cases_')}: {name}", marks=marks)


@pytest.mark.parametrize("case", parameters())
def test_it_does_no_harm(case: Case, servers: dict[bool, Server], tmp_path: Path) -> None:
    prove(case, servers[case.tf], tmp_path)


@pytest.mark.parametrize(
    "case, told",
    [
        (Case(lambda place: [["schema", "--help"]], codes=(3,)), "0"),
        (Case(lambda place: [["new", "image-classification", str(place.outside / "a.yaml")]], codes=(0,)), "open"),
        (Case(lambda place: [["--version"]], codes=(0,), seconds=0.0), "0"),
        (Case(lambda place: [["--version"]], codes=(0,), megabytes=0), "MB"),
    ],
    ids=["exit code", "writes outside", "seconds", "memory"],
)
def test_the_harness_notices(case: Case, told: str, servers: dict[bool, Server], tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=told):
        prove(case, servers[False], tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.posix_spawn('/usr/bin/true', ['true'], {})",
        "import socket; socket.socket()",
        "import pickle; pickle.loads(pickle.dumps(print))",
        "open('a', 'w')",
        "import os; os.mkdir('a')",
        "import os; os.symlink('/', 'a')",
        "import os; os.symlink('..', 'own/up'); open('own/up/b', 'w')",
        "import os; os.rename('own', 'moved')",
    ],
)
def test_the_hook_notices(body: str, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    code = f"import child, os, sys; sys.addaudithook(child.watch); child.allowed = (os.path.abspath('own'),); {body}"
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    code += "; sys.exit(not child.harmful)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False).returncode == 0
