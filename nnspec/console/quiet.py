"""TensorFlow imported without a word: what it, oneDNN, CUDA and absl log is left out, unless it is asked for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnspec.console import log_filter

ASKED = "NNSPEC_DEBUG"  # set to anything, or by `--debug`: everything that is logged is shown
LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def import_tensorflow() -> None:
    """Imports TensorFlow and Keras, where that has not been done, without the lines that their libraries log."""
    with importing_quietly():
        import keras  # noqa: F401


@contextmanager
def importing_quietly() -> Iterator[None]:
    """Within it, TensorFlow may be imported: what its libraries log then, and later, is left out.

    TensorFlow's own level of logs does not help: some lines come before it is read. Everything else that is written on
    standard error meanwhile arrives, a crash's last words among it.
    """
    if os.environ.get(ASKED):
        yield
        return
    if _worth_saying not in (logger := logging.getLogger("tensorflow")).filters:
        logger.addFilter(_worth_saying)
    if "tensorflow" in sys.modules:
        yield
        return
    os.environ[LEVEL] = "3"  # for what comes after the import; children of this process have it, too
    with without_logs():
        yield


def _worth_saying(record: logging.LogRecord) -> bool:
    """Whether a line of TensorFlow's Python is a warning, and none that a loop seems to make a new function each time.

    In a notebook it tells of all that it does, and each network that is opened is a function.
    """
    return record.levelno >= logging.WARNING and "triggered tf.function retracing" not in record.getMessage()


@contextmanager
def without_logs() -> Iterator[None]:
    """Within it, what C++ libraries log on standard error is left out; where that cannot be had, all of it is there.

    So it is where logs are asked for.
    """
    if os.environ.get(ASKED):
        yield
        return
    try:
        sys.stderr.flush()
        kept = os.dup(2)
        command = [sys.executable, "-I", "-S", str(Path(log_filter.__file__))]
        reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=kept, stderr=subprocess.DEVNULL)
    except (OSError, ValueError):
        yield
        return
    assert reader.stdin is not None
    os.dup2(reader.stdin.fileno(), 2)
    try:
        yield
        os.write(2, log_filter.DONE)
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        reader.stdin.close()
        reader.wait()
