"""`nnspec fmt`: which files it takes, what it writes, how it ends."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

UNTIDY = "layers:\n- Flatten   # why\nnnspec: 1\n"
TIDY = "nnspec: 1\n\nlayers:\n  - Flatten  # why\n"
NOT_YAML = "nnspec: 1\nlayers: [Flatten\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an untidy spec, a tidy one further down, one in a hidden folder, and YAML that is no spec."""
    monkeypatch.chdir(tmp_path)
    texts = {"a.yaml": UNTIDY, "deep/b.yml": TIDY, ".hidden/c.yaml": UNTIDY, "compose.yaml": "services:   {}\n"}
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


def test_it_rewrites_what_is_not_laid_out(nnspec: Any, folder: Path) -> None:
    os.chmod("a.yaml", 0o640)
    before = Path("deep/b.yml").stat()
    ran = nnspec("fmt", ".")
    assert (ran.code, ran.out, ran.err) == (0, "laid out a.yaml\n1 file is as it should be\n", "")
    assert Path("a.yaml").read_text(encoding="utf-8") == TIDY
    assert stat.S_IMODE(Path("a.yaml").stat().st_mode) == 0o640
    assert Path("deep/b.yml").stat() == before
    assert Path(".hidden/c.yaml").read_text(encoding="utf-8") == UNTIDY
    assert Path("compose.yaml").read_text(encoding="utf-8") == "services:   {}\n"
    assert sorted(os.listdir()) == [".hidden", "a.yaml", "compose.yaml", "deep"]
    assert nnspec("fmt", ".", "a.yaml").out == "2 files are as they should be\n"


def test_check_writes_nothing(nnspec: Any, folder: Path) -> None:
    ran = nnspec("fmt", "a.yaml", "deep/b.yml", "--check")
    assert ran.code == 1 and "would lay out a.yaml" in ran.out and "nnspec fmt a.yaml" in ran.out
    assert Path("a.yaml").read_text(encoding="utf-8") == UNTIDY
    assert nnspec("fmt", "deep", "--check").code == 0


def test_diff_writes_nothing(nnspec: Any, folder: Path) -> None:
    ran = nnspec("fmt", "a.yaml", "deep/b.yml", "--diff")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["--- a.yaml", "+++ a.yaml (laid out)"]
    assert "+  - Flatten  # why" in ran.out and "-nnspec: 1" in ran.out and "b.yml" not in ran.out
    assert nnspec("fmt", "a.yaml", "--diff", "--check").code == 1
    assert Path("a.yaml").read_text(encoding="utf-8") == UNTIDY


def test_json(nnspec: Any, folder: Path) -> None:
    ran = nnspec("fmt", ".", "--check", "--json")
    assert ran.code == 1
    assert ran.json == {"ok": False, "changed": ["a.yaml"], "unchanged": ["deep/b.yml"], "diagnostics": []}


def test_what_is_not_yaml_stays_and_the_others_are_laid_out(nnspec: Any, folder: Path) -> None:
    Path("z.yaml").write_text(NOT_YAML, encoding="utf-8")
    ran = nnspec("fmt", ".")
    assert ran.code == 3 and "E0105" in ran.err and "z.yaml" in ran.err
    assert Path("a.yaml").read_text(encoding="utf-8") == TIDY
    assert Path("z.yaml").read_text(encoding="utf-8") == NOT_YAML


def test_a_file_whose_meaning_would_change_stays(nnspec: Any, folder: Path) -> None:
    text = "layers: [Flatten]\ndescription: |+\n  kept\nparams: {}\n"
    Path("a.yaml").write_text(text, encoding="utf-8")
    ran = nnspec("fmt", "a.yaml")
    assert ran.code == 3 and "E0114" in ran.err
    assert Path("a.yaml").read_text(encoding="utf-8") == text


def test_a_missing_file_and_no_file(nnspec: Any, folder: Path) -> None:
    assert nnspec("fmt", "nowhere.yaml").code == 3
    assert nnspec("fmt").code == 2


def test_a_link_leads_to_the_same_file(nnspec: Any, folder: Path) -> None:
    Path("link.yaml").symlink_to("a.yaml")
    assert nnspec("fmt", "link.yaml").code == 0
    assert Path("link.yaml").is_symlink() and Path("a.yaml").read_text(encoding="utf-8") == TIDY


def test_standard_input(nnspec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def give(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))

    give(UNTIDY.encode())
    ran = nnspec("fmt", "-")
    assert (ran.code, ran.out) == (0, TIDY)
    give(UNTIDY.encode())
    assert nnspec("fmt", "-", "--check").code == 1
    give(b"name: \xff\n")
    ran = nnspec("fmt", "-")
    assert ran.code == 3 and "E0103" in ran.err
    assert nnspec("fmt", "-", "a.yaml").code == 2
