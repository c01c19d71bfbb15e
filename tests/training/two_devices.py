"""A training on two devices of the processor, whole, and again after a kill, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from kill_at import KillAt, Killed
from nnspec.frontend.pipeline import load
from nnspec.training.train import train

spec = load(Path("net.yaml"), [*sys.argv[1:], "train.strategy=mirrored"])
whole = train(spec, run=Path("two"))
try:
    train(spec, run=Path("again"), reporter=KillAt(9))
except Killed:
    pass
again = train(spec, run=Path("again"))
assert again.resumed_from and again.weights_sha256 == whole.weights_sha256
"""


def assert_resumes_on_two_devices(folder: Path, settings: Sequence[str], also: str) -> None:
    """Fails unless both trainings of ``net.yaml`` end with the same bits, and the statement `also` of `whole` holds."""
    places = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", f"{SCRIPT}{also}\n", *settings],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
