"""What a stranger may hand to nnspec, and what it may cost: a case is an input, its bound, and what must be said of it.

Over every case: no program is started, no socket opened, no pickled code looked up, nothing of the case's folder
imported, nothing written outside the folder; the answer is text that a terminal can show, and is no traceback.

A file `cases_SUBJECT.py` holds a table `CASES`, name to `Case`; `test_no_harm.py` runs them all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import traced

ROOT = Path(__file__).parents[2]
HEAD = "nnspec: 1\ninputs: {x: [4]}\n"
LAYERS = HEAD + "layers:\n"
TEMPORARY = ("TMPDIR", "MPLCONFIGDIR", "KERAS_HOME")  # where libraries keep what is theirs
SLACK = 4.0  # a loaded machine counts more seconds for the same work
WALL = 120  # seconds, after which a case waits for something; a loaded machine takes long for a second of work
FULL = os.environ.get("NNSPEC_FULL") == "1"


@dataclass(frozen=True)
class Place:
    """The folders of one case: `folder` is the working folder; nothing may change in `outside`, which is beside it."""

    folder: Path
    outside: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return path


Command = Sequence[str]  # of nnspec; or `("call", "module:function", *arguments)`, whose answer is printed


@dataclass(frozen=True)
class Case:
    """An input and its bound.

    Attributes:
        make: puts the input into its place, and gives the command lines that are run on it, one after the other.
        hides: a text of a file that none of its answers may show.
        says: a piece of text, or several, that the answer must have: the code of a diagnostic, as a rule.
        codes: the exit codes that are right; of several command lines, those of the last.
        seconds, megabytes: the bound, of the processor and of memory beyond what nnspec takes by being loaded.
        tf: the command needs TensorFlow, which is loaded before the counting starts.
        workers: the command starts workers: this Python with `-P`, or what reads TensorFlow's logs, and no other program.
        asks: the command asks a server of this machine.
        draws: V8 lays a drawing out, which reserves more addresses than there is memory.
        full: it is dear, and runs only with NNSPEC_FULL=1.
    """

    make: Callable[[Place], Sequence[Command]]
    says: str | tuple[str, ...] = ()
    codes: tuple[int, ...] = (1, 2, 3, 4, 5)
    seconds: float = 1.0
    megabytes: int = 200
    tf: bool = False
    workers: bool = False
    full: bool = False
    hides: str = ""
    draws: bool = False
    asks: bool = False


def spec(text: str | bytes, *commands: Command, **bound: Any) -> Case:
    """The case of a spec's text; it is checked, unless other commands are given."""

    def make(place: Place) -> Sequence[Command]:
        place.write("spec.yaml", text)
        return commands or (["check", "spec.yaml"],)

    return Case(make, **bound)


class Server:
    """The process that runs cases; see `child.py`."""

    def __init__(self, tensorflow: bool) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # for the workers too: it would be a change outside
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        command = [sys.executable, "-P", str(Path(__file__).with_name("child.py")), *["tensorflow"] * tensorflow]
        self._log: IO[str] | None = None
        if FULL and traced.AVAILABLE:
            self._log = tempfile.NamedTemporaryFile("r", prefix="strace-")  # noqa: SIM115 - open as long as the server
            command = [*traced.command(Path(self._log.name)), *command]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self._pipe(self._process.stdin).write(json.dumps(request) + "\n")
        self._pipe(self._process.stdin).flush()
        return self._read()

    def calls(self) -> list[str]:
        """What the kernel has seen since the last time; nothing where nobody looks."""
        return self._log.read().splitlines() if self._log is not None else []

    def close(self) -> None:
        self._process.communicate()

    def _read(self) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(self._pipe(self._process.stdout).readline())
        return reply

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


def prove(case: Case, server: Server, base: Path) -> str:
    """Runs a case and asserts its bound; the answer, for what else a test wants to see in it."""
    place = Place(base / "in", base / "outside")
    own = [base / name for name in ("tmp", "cache", "home")]
    for folder in (place.folder, place.outside, *own):
        folder.mkdir()
    (place.outside / "kept.txt").write_text("as it was")
    commands = [list(command) for command in case.make(place)]
    before = _content(place.outside)
    temporary, cache, home = map(str, own)
    allowed = [str(place.folder), temporary, cache]
    server.calls()
    reply = server.ask(
        {
            "folder": str(place.folder),
            "commands": commands,
            "environment": {"NNSPEC_CACHE": cache, "HOME": home, **dict.fromkeys(TEMPORARY, temporary)},
            "allowed": allowed,
            "workers": case.workers,
            "draws": case.draws,
            "asks": case.asks,
            "out": str(base / "out"),
            "cpu": int(case.seconds * SLACK) + 5,
            "wall": WALL,
            "room": 0 if case.draws else case.megabytes + 2000,
        }
    )
    answer = (base / "out").read_bytes().decode("utf-8", "replace") if (base / "out").exists() else ""
    assert "died" not in reply, f"{reply['died']}\n{answer[-2000:]}"
    assert not reply["harmful"], f"{reply['harmful']}\n{answer[-2000:]}"
    seen = traced.harmful(server.calls(), str(place.folder), [*allowed, str(base / "out")], case.workers, case.asks)
    assert not seen, f"{seen}\n{answer[-2000:]}"
    assert _content(place.outside) == before, "something was written outside"
    assert not any(Path(home).iterdir()), "something was written into the home folder"
    assert "bug in nnspec" not in answer and "Traceback" not in answer, answer[-3000:]
    assert all(char.isprintable() or char in "\n\t" for char in answer), repr(answer[-3000:])
    assert not case.hides or case.hides not in answer, answer[-3000:]
    assert reply["codes"][-1] in case.codes, f"{reply['codes']}\n{answer[-3000:]}"
    for text in [case.says] if isinstance(case.says, str) else case.says:
        assert text in answer, answer[-3000:]
    assert reply["seconds"] < case.seconds * SLACK, f"{reply['seconds']:.2f} s, the bound is {case.seconds}"
    assert reply["megabytes"] < case.megabytes, f"{reply['megabytes']:.0f} MB, the bound is {case.megabytes}"
    return answer


def _content(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All that lies under a folder, by path: the mode, and the content of files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        regular = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, path.read_bytes() if regular else b"")
    return found
