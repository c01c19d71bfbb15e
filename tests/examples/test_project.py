"""What a newcomer meets first says what is so: constraints, the Makefile, the documents."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nnspec.cli.main import run

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [Requirement(text) for text in [*project["dependencies"], *extras["tf"], *extras["dev"]]]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_dependency_is_pinned_to_a_release_that_it_allows(requirement: Requirement) -> None:
    pinned = pins().get(canonicalize_name(requirement.name))
    assert pinned is not None, f"{requirement.name} is not in constraints.txt"
    assert requirement.specifier.contains(pinned, prereleases=True)


def test_constraints_name_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text and "--" not in text


def test_make_names_what_the_readme_promises() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("demo", "test", "quick", "lint", "data", "env", "clean"):
        assert f"make {target} " in done.stdout


def test_an_old_python_is_refused_by_its_version(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text(
        '#!/bin/sh\nshift\nprintf \'%s\' "$1" | sed \'s/sys.version_info/(3, 9)/g\' > "$0.py"\nexec python3 "$0.py"\n'
    )
    old.chmod(0o755)
    command = ["make", "env", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr and "is 3.9" in done.stderr


SHOWN = re.compile(r"^```sh\nnnspec ([^\n]*)\n```\n```\n(.*?)^```|^```\n\$ nnspec ([^\n]*)\n(.*?)^```", re.M | re.S)


def shown() -> list[tuple[str, str]]:
    """The commands of the README whose output follows, with that output; `...` leaves lines out."""
    found = SHOWN.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    pairs = [(alone or dollar, below or within) for alone, below, dollar, within in found]
    assert len(pairs) >= 3
    return pairs


SLOW = {"check specs/*.yaml": pytest.mark.slow}


@pytest.mark.parametrize(
    ("command", "output"), [pytest.param(*pair, id=pair[0], marks=SLOW.get(pair[0], ())) for pair in shown()]
)
def test_the_readme_shows_what_the_command_prints(
    command: str, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)
    run([*(word for word in words if "*" not in word), *(str(path) for path in globbed(words))])
    printed = capsys.readouterr()
    lines = iter([line.rstrip() for line in (printed.out + printed.err).splitlines()])
    for expected in output.splitlines():
        assert expected.strip() == "..." or expected.rstrip() in lines  # in this order: what was passed is gone


def globbed(words: list[str]) -> list[Path]:
    """What a shell would make of the patterns."""
    return [path.relative_to(ROOT) for word in words if "*" in word for path in sorted(ROOT.glob(word))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", document.read_text(encoding="utf-8")):
        path = document.parent / target if target else document
        assert path.exists(), f"{document.name} points at {target}"
        if anchor:
            assert anchor in anchors(path), f"{document.name} points at #{anchor}"


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
