"""What a person sees in a terminal of 80 columns: nothing is wider, no word is cut."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from itertools import pairwise
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def seen(folder: Path, *arguments: str, columns: int = 80) -> list[str]:
    """The lines that a command leaves in a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-m", "nnspec", *arguments],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # nobody holds the other end any more
                break
    os.close(ours)
    return COLOUR.sub("", re.sub(r"\r\x1b\[K[^\r\n]*(?=\r\x1b\[K)|\r\x1b\[K", "", text.decode())).splitlines()


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    rows = [
        f"2024-01-{1 + n // 24:02d} {n % 24:02d}:00;{500 + n % 24};{8 + n % 7};{'yes' if n % 168 > 143 else 'no'}"
        for n in range(600)
    ]
    (folder / "energy.csv").write_text("\n".join(["Date;Demand in megawatts;Temperature;Holiday", *rows]) + "\n")
    return folder


def test_a_series_is_begun_looked_at_and_checked(series: Path) -> None:
    new = seen(series, "new", "energy.yaml", "--data", "energy.csv")
    assert "  --target names another column to predict: `Demand in megawatts`" in new
    assert "  columns that are not looked at: `Holiday` (2 values)" in new
    data = seen(series, "data", "energy.yaml")
    check = seen(series, "check", "energy.yaml")
    assert max(map(len, [*new, *data, *check])) <= 80
    assert not [line for line in data if "…" in line and "SHA-256" not in line]
    excerpt = next(number for number, line in enumerate(check) if "source: {Csv" in line)
    assert "^" in check[excerpt + 1]
    assert any("windows run from one" in " ".join(pair) for pair in pairwise(check))


def test_another_column_is_predicted(series: Path) -> None:
    seen(series, "new", "demand.yaml", "--data", "energy.csv", "--target", "Demand in megawatts")
    text = (series / "demand.yaml").read_text()
    assert "target: Demand in megawatts" in text
    assert "window: {length: 48, horizon: 12}" in text
