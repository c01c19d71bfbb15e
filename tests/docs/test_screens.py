"""Pictures of the terminal: each is shown in the manual, and the quick ones are what the commands say today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import screens

from nnspec.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
QUICK = ("mistakes", "show", "tour-new")


def test_every_picture_is_shown_and_there() -> None:
    shown = re.findall(r"\]\(pictures/terminal/([\w-]+)\.svg\)", (ROOT / "docs" / "screens.md").read_text("utf-8"))
    assert shown == list(screens.SCREENS)
    assert sorted(path.stem for path in screens.PICTURES.iterdir()) == sorted(shown)
    for name, commands in screens.SCREENS.items():
        text = screens.shown(name)
        assert all(f"$ {command}"[: screens.COLUMNS] in text for command in commands), name
        assert all(command.split()[1] in COMMANDS for command in commands)
        assert "error:" not in text and "/tmp" not in text


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_picture_is_what_a_terminal_shows(name: str, tmp_path: Path) -> None:
    for folder in ("specs", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for file, text in screens.FILES.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    assert screens.picture(name, tmp_path) == (screens.PICTURES / f"{name}.svg").read_text(encoding="utf-8")


def test_what_stays_on_a_terminal() -> None:
    said = "one\r\ntwo … 1 s\rtwo … 2 s\r\n\x1b[?25lbar\r\x1b[2K\x1b[1A\x1b[2Kthree\r\n61 K\r\n\r\n"
    assert screens.settled(said) == ["one", "three", "61 K"]
