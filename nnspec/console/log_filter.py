"""Passes a stream on without the lines that TensorFlow and its libraries log.

Run as a process of its own, which outlives the one that writes: the last words of a crash arrive, too.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from typing import BinaryIO

DONE = b"\0nnspec: done\n"  # what the writer ends with where all went well
KEPT = 200  # lines that are told after all where it did not

# Logs of absl and of TensorFlow but the fatal ones, and the remarks of TFLite's delegates.
LOG = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog"
    rb"|[IWE]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ \S+:\d+\] "
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] "
    rb"|To enable the following instructions: "
    rb"|INFO: (Created|Initialized) TensorFlow Lite"
    rb"|[^\n]*\bXNNPACK\b"
)


def passed_on(source: BinaryIO, target: BinaryIO) -> None:
    """Copies lines that are no logs. Where the source ends without ``DONE``, the logs before that are told as well."""
    logs: deque[bytes] = deque(maxlen=KEPT)
    for line in iter(source.readline, b""):
        if line.endswith(DONE):
            target.write(line.removesuffix(DONE))
            logs.clear()
        elif LOG.match(line):
            logs.append(line)
        else:
            target.write(line)
            target.flush()
    target.writelines(logs)
    target.flush()


if __name__ == "__main__":
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who writes
    passed_on(sys.stdin.buffer, sys.stdout.buffer)
