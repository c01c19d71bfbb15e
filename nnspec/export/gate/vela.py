"""Arm's compiler for the Ethos-U, where it is installed: how much of a file of whole numbers the NPU takes."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

NPU = "ethos-u55-128"
COUNTS = re.compile(r"CPU operators = (\d+).*?NPU operators = (\d+)", re.DOTALL)
SRAM = re.compile(r"Total SRAM used\s+([\d.]+ \w+)")
SECONDS = 120


def on_ethos_u(path: Path) -> str | None:
    """What Vela places on the NPU, in a sentence; None where it is not installed (`pip install ethos-u-vela`).

    Args:
        path: a file whose weights and activations are whole numbers.
    """
    if find_spec("ethosu") is None:
        return None
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ethosu.vela", str(path), "--accelerator-config", NPU, "--output-dir", folder]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"Vela did not place the file on an {NPU} within {SECONDS} seconds"
    counts, memory = COUNTS.search(ran.stdout), SRAM.search(ran.stdout)
    if ran.returncode or counts is None:
        last = (ran.stderr or ran.stdout).strip().splitlines()[-1:] or ["no reason given"]
        return f"Vela refuses the file for an {NPU}: {last[0]}"
    beside, on_it = int(counts[1]), int(counts[2])
    rest = "nothing stays on the CPU" if not beside else f"{beside} stay on the CPU"
    sram = f", with {memory[1]} of SRAM" if memory else ""
    return f"Vela places {on_it} operations on an {NPU}{sram}; {rest}"
