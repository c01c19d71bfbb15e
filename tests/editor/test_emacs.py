"""The language server in a real editor: Emacs with the configuration that the manual gives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def has_eglot() -> bool:
    if shutil.which("emacs") is None:
        return False
    command = ["emacs", "--batch", "--eval", "(kill-emacs (if (require 'eglot nil t) 0 1))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_a_fault_and_what_a_kind_is_in_emacs(tmp_path: Path) -> None:
    if not has_eglot():
        pytest.skip("needs Emacs with eglot: Emacs 29, or the package elpa-eglot")
    spec, bin_folder = tmp_path / "net.yaml", tmp_path / "bin"
    spec.write_text("nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {unitz: 3}\n", encoding="utf-8")
    bin_folder.mkdir()
    command = bin_folder / "nnspec"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nnspec "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "NNSPEC_EMACS_CONFIGURATION": str(ROOT / "editors" / "emacs" / "nnspec.el"),
        "NNSPEC_SPEC": str(spec),
    }
    line = ["emacs", "--batch", "-l", str(ROOT / "tests" / "editor" / "eglot.el")]
    done = subprocess.run(line, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    said = done.stderr.splitlines()
    assert "mode nnspec-mode" in said, done.stderr
    assert any(text.startswith("diagnostic 4 ") and "no argument `unitz`" in text for text in said), done.stderr
    assert "hover t" in said and "done" in said
