"""`kill -9` while a checkpoint, a record, a report, the cache or an export is written: nothing is half written.

Ten kills as a rule, 200 with NNSPEC_FULL=1. Of a whole training `tests/training/test_kills.py` also shows the same bits.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import FULL, ROOT
from writers import WRITERS

KILLS = 40 if FULL else 2


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_nothing_is_half_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path))
    draw = random.Random(name)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("writers.py")), name, str(tmp_path)],
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None and writer.stdout.readline()
        time.sleep(draw.uniform(0, 0.05))
        writer.kill()
        writer.communicate()
        WRITERS[name][1](tmp_path)
