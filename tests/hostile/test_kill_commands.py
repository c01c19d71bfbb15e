"""`kill -9` of commands at random moments: nothing is half written, and the next command leaves nothing of the killed one.

Forty kills of each command; `test_kill_while_writing.py` kills what writes alone. A server that has loaded TensorFlow forks for every command, so that
a kill costs no start. Of a whole training `tests/training/test_kills.py` also shows that the end has the same bits.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cases_code import TABLE, TRAINED
from harness import ROOT

pytestmark = [pytest.mark.tf, pytest.mark.proof]
KILLS = int(os.environ.get("NNSPEC_KILLS", "40"))  # of each command
SPEC = TRAINED.replace("epochs: 1", "epochs: 4, checkpoint_every: 1")
# Forks for every line, a list of arguments, and says the process and how it ended.
SERVER = """
import json, os, sys
import nnspec.export.session, nnspec.training.train
from nnspec.cli.main import run
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
print(json.dumps(0), file=replies, flush=True)
for line in sys.stdin:
    process = os.fork()
    if not process:
        os.dup2(os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        os._exit(run(json.loads(line)))
    print(json.dumps(process), file=replies, flush=True)
    print(json.dumps(os.waitpid(process, 0)[1]), file=replies, flush=True)
"""


class Commands:
    """Runs nnspec in a folder, to its end or until it is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "NNSPEC_CACHE": str(folder / "cache"),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", SERVER],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def run(self, command: Sequence[str], after: float | None = None) -> int:
        """How a command ended; killed after so many seconds, unless that is None."""
        assert self.process.stdin is not None
        print(json.dumps(list(command)), file=self.process.stdin, flush=True)
        process = self._answer()
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):  # it may have ended
                os.kill(process, 9)
        return self._answer()

    def duration(self, command: Sequence[str]) -> float:
        start = time.monotonic()
        assert self.run(command) == 0, command
        return time.monotonic() - start

    def _answer(self) -> int:
        assert self.process.stdout is not None
        return int(json.loads(self.process.stdout.readline()))


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "table.csv").write_text(TABLE)
    found = Commands(tmp_path)
    yield found
    found.process.communicate()


def record(folder: Path) -> dict[str, Any]:
    path = folder / "run/record.json"
    return json.loads(path.read_text()) if path.exists() else {}  # type: ignore[no-any-return]


def whole_run(folder: Path) -> None:
    """Each file of a run that is there is whole."""
    from nnspec.training.checkpoint import Checkpoints

    run = folder / "run"
    for path in [*run.glob("*.json"), *run.glob("export/*.json")]:
        json.loads(path.read_text())
    if (run / "metrics.jsonl").exists():
        for line in (run / "metrics.jsonl").read_text().splitlines(keepends=True)[:-1]:
            assert line.endswith("\n") and json.loads(line)
    for page in run.glob("*.html"):
        assert page.read_text().rstrip().endswith("</html>")
    if (run / "checkpoints").exists():
        assert not Checkpoints(run / "checkpoints").newest().damaged


def whole_export(folder: Path) -> None:
    from nnspec.export.bundle.check import check

    for bundle in folder.glob("run/export/*.bundle"):
        assert check(bundle)["problems"] == []
    for file in folder.glob("run/export/*.tflite"):
        assert file.read_bytes()[4:8] == b"TFL3"
    whole_run(folder)


def whole_pages(folder: Path) -> None:
    for page in [*folder.glob("*.html"), *folder.glob("run/*.html")]:
        assert page.read_text().rstrip().endswith("</html>")


def whole_cache(folder: Path) -> None:
    from nnspec.data import cache

    os.environ["NNSPEC_CACHE"] = str(folder / "cache")
    for seal in folder.glob("cache/seals/**/[!.]*.json"):
        json.loads(seal.read_text())
        name = str(seal.relative_to(folder / "cache/seals")).removesuffix(".json")
        assert not (folder / "cache" / name).exists() or cache.kept(name), name


def pictures(folder: Path) -> None:
    """Data whose decoded form is kept in the cache."""
    from PIL import Image

    for number in range(200):
        place = folder / "images" / "ab"[number % 2] / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (number, 0, 0)).save(place)
    (folder / "images.yaml").write_text(
        "nnspec: 1\ninputs: {image: [32, 32, 3]}\nlayers: [Flatten, {Dense: 2}]\n"
        "data: {source: {ImageFolder: {path: images, image_size: [32, 32]}}}\ntrain: {loss: SparseCategoricalCrossentropy, epochs: 1}\n"
    )


TRAIN = ["train", "spec.yaml", "--run", "run"]
COMMANDS: dict[str, tuple[list[list[str]], list[str], Callable[[Path], None]]] = {
    "train": ([], TRAIN, whole_run),
    "export": ([TRAIN], ["export", "spec.yaml", "--run", "run", "--bundle"], whole_export),
    "report": ([TRAIN], ["compare", "run"], whole_pages),
    "compare": ([TRAIN], ["compare", "run", "run", "-o", "compared.html"], whole_pages),
    "cache": ([], ["data", "images.yaml", "--set", "data.split.validation=0.SEED"], whole_cache),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_nothing_half(name: str, commands: Commands) -> None:
    before, command, check = COMMANDS[name]
    draw, folder = random.Random(name), commands.folder
    if name == "cache":
        pictures(folder)

    def written(number: int) -> list[str]:
        return [word.replace("SEED", str(10 + number)) for word in command]

    for one in before:
        assert commands.run(one) == 0
    longest = commands.duration(written(99))
    ended: list[int] = []
    for number in range(KILLS):
        if name == "cache":
            for path in folder.glob("images/*/*.png"):
                os.utime(path, (number, number))  # what was kept is of other files
        if name == "train" and record(folder).get("status") == "complete":
            shutil.rmtree(folder / "run")
        ended.append(commands.run(written(number), draw.uniform(0, longest)))
        check(folder)
    assert any(status == 9 for status in ended), "no command was killed"
    assert commands.run(written(0)) == 0, (folder / "said.txt").read_text()[-2000:]
    check(folder)
    left = [path for path in folder.rglob(".*") if path.name != ".lock"]
    assert left == [], left
