"""The language server in a real editor: Emacs with the configuration that the manual gives.

Emacs is looked for where NNSPEC_EMACS says, and on the PATH. Up to 28 it takes the package elpa-eglot, which knows no hints.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from test_neovim import SPEC

ROOT = Path(__file__).parents[2]
IN_A_TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))"


def emacs() -> str | None:
    return os.environ.get("NNSPEC_EMACS") or shutil.which("emacs")


def has(program: str, what: str) -> bool:
    """Whether an Emacs that has eglot answers yes to an expression."""
    command = [program, "--batch", "--eval", f"(kill-emacs (if (and (require 'eglot nil t) {what}) 0 1))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_shapes_a_fix_and_a_rename_in_emacs(tmp_path: Path) -> None:
    program = emacs()
    if program is None or not has(program, "t"):
        pytest.skip("needs Emacs with eglot: NNSPEC_EMACS, or emacs on the PATH; 29, or 28 with the package elpa-eglot")
    spec, bin_folder, said = tmp_path / "net.yaml", tmp_path / "bin", tmp_path / "said"
    spec.write_text(SPEC, encoding="utf-8")
    bin_folder.mkdir()
    command = bin_folder / "nnspec"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nnspec "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "NNSPEC_EMACS_CONFIGURATION": str(ROOT / "editors" / "emacs" / "nnspec.el"),
        "NNSPEC_SAID": str(said),
    }
    editor = [program, "-nw", "--no-init-file", "-l", str(ROOT / "tests" / "editor" / "eglot.el"), str(spec)]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-c", IN_A_TERMINAL, *editor],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
    hints = ["hint 5 28x28x4, 40 parameters", "hint 6 3136", "hint 7 8, 25.1 K parameters"]
    assert said.read_text(encoding="utf-8").splitlines() == [
        "ok attached",
        "mode nnspec-mode",
        "ok hints",
        *(hints if has(program, "(fboundp 'eglot-inlay-hints-mode)") else []),
        "ok diagnostic",
        "diagnostic 6 nnspec [E0202]: there is no layer or block `Flaten`",
        "ok clean again",
        "line   - Flatten",
        "renamed   - Dense: $units",
    ]
