"""What the commands that need no training answer for every spec that is shipped, held as it was last reviewed.

A file of `answers/` belongs to a command, and holds for each spec the exit code and three digits of a hash for each line
of what it prints and writes. A line that is another one is shown. `pytest --golden` renews them; a renewal is reviewed by
the lines that this test shows before it.
"""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from nnspec.cli.main import run

pytestmark = [pytest.mark.slow, pytest.mark.proof]

ROOT = Path(__file__).parents[2]
ANSWERS = Path(__file__).parent / "answers"
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("specs/*.yaml"))
STARTERS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("nnspec/cli/starters/*.yaml"))
OF_A_SPEC = (
    "check SPEC",
    "check --json SPEC",
    "show SPEC",
    "show --full SPEC",
    "show --json SPEC",
    "draw SPEC -o FOLDER/page.html",
    "diff SPEC specs/lenet.yaml",
    "fmt --diff SPEC",
    "to-python SPEC",
    "data SPEC",
    "data --json SPEC",
)
ALONE = ("--help", "explain", "explain --json", "explain E0601", "schema", "schema Dense", "schema --json Dense")
DIGITS = 3  # of the hash of a line


def answer(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of standard output, standard error and a file that is written, without paths; the exit code first."""
    code = run([word.replace("FOLDER", str(folder)) for word in command.split()])
    said = capsys.readouterr()
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file())
    text = re.sub(
        "─{4,}", "────", "\n".join([said.out, said.err, written])
    )  # as wide as the path of the checkout is long
    return [str(code), *text.replace(str(folder), "FOLDER").replace(str(ROOT), "ROOT").splitlines()]


def hashed(lines: list[str]) -> str:
    code, *rest = lines
    return f"{code} {''.join(hashlib.sha256(line.encode()).hexdigest()[:DIGITS] for line in rest)}"


def differences(kept: str, lines: list[str]) -> list[str]:
    """What is another, for people: the lines that are new, and how many are gone."""
    before, after = ([text[:1], *textwrap.wrap(text[2:], DIGITS)] for text in (kept, hashed(lines)))
    found = []
    for kind, first, last, begin, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind != "equal":
            found += [f"line {begin}: {last - first} gone", *(f"+ {line[:200]}" for line in lines[begin:end])]
    return found


@pytest.mark.parametrize("command", [*OF_A_SPEC, *ALONE])
def test_the_answer_is_as_it_was_reviewed(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "1000")  # no line ends earlier where the checkout has a longer path
    answers = {}
    for number, spec in enumerate([*SPECS, *STARTERS] if "SPEC" in command else [""]):
        folder = tmp_path / str(number)
        folder.mkdir()
        answers[spec] = answer(command.replace("SPEC", spec), folder, capsys)
    path = ANSWERS / f"{command.replace('FOLDER/', '').replace('specs/', '').replace(' ', '_')}.json"
    if request.config.getoption("--golden"):
        kept = {spec: hashed(lines) for spec, lines in answers.items()}
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept.keys() == answers.keys()
    changed = {spec: differences(kept[spec], lines) for spec, lines in answers.items() if kept[spec] != hashed(lines)}
    shown = "\n".join(f"{spec}:\n  " + "\n  ".join(lines[:40]) for spec, lines in changed.items())
    assert not changed, f"nnspec {command}\n{shown}"


def test_a_changed_line_is_shown() -> None:
    lines = ["0", "one", "two", "three"]
    kept = hashed(lines)
    assert differences(kept, lines) == []
    assert differences(kept, ["0", "one", "2", "three"]) == ["line 2: 1 gone", "+ 2"]
    assert differences(kept, ["3", "one", "two", "three"]) == ["line 0: 1 gone", "+ 3"]
    assert differences(kept, ["0", "one", "three", "four"]) == ["line 2: 1 gone", "line 3: 0 gone", "+ four"]
