"""Shell completion."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(nnspec: Any, shell: str) -> None:
    ran = nnspec("completion", shell)
    assert ran.code == 0 and f"_NNSPEC_COMPLETE={shell}_complete" in ran.out
    assert nnspec("completion", shell, "--json").json["script"] == ran.out.strip()


def test_another_shell_is_refused(nnspec: Any) -> None:
    assert nnspec("completion", "tcsh").code == 2


@pytest.mark.parametrize("words, wanted", [("nnspec dr", "draw"), ("nnspec draw --gr", "--groups")])
def test_what_the_script_asks_for_is_answered(words: str, wanted: str) -> None:
    asked = {"_NNSPEC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    ran = subprocess.run(
        [sys.executable, "-m", "nnspec"], env={**os.environ, **asked}, capture_output=True, text=True, timeout=60
    )
    assert f"plain,{wanted}" in ran.stdout.splitlines(), ran.stderr
