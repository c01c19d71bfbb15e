"""What a .tflite file costs to run: latency on one thread and on all, and memory, each in a process of its own."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import Batch
from nnspec.export.gate.runtimes import RuntimeFailure
from nnspec.export.subprocesses import Worker, WorkerDied, WorkerError
from nnspec.export.tflite.io_quantization import scales_of

SECONDS = 2.0  # of measuring, for each number of threads
TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Cost:
    """One file in the classic interpreter, one example at a time.

    Attributes:
        median_ms, p95_ms: latency on one thread, milliseconds.
        all_median_ms, all_p95_ms: on `threads` threads, all that the machine has.
        memory: bytes that the process grew by at its peak, from before the file was loaded.
        runs: how often it was run on one thread.
    """

    median_ms: float
    p95_ms: float
    all_median_ms: float
    all_p95_ms: float
    threads: int
    memory: int
    runs: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def cost(path: Path, features: Batch, seconds: float = SECONDS) -> Cost:
    """Runs a file on real values, a batch of 1.

    Raises:
        RuntimeFailure: it cannot be run.
    """
    threads = os.cpu_count() or 1
    given = scales_of(path.read_bytes()).given(features)
    times, memory = _times(path, given, 1, seconds)
    on_all, _ = _times(path, given, threads, seconds) if threads > 1 else (times, memory)
    return Cost(
        median_ms=float(np.median(times)),
        p95_ms=float(np.percentile(times, 95)),
        all_median_ms=float(np.median(on_all)),
        all_p95_ms=float(np.percentile(on_all, 95)),
        threads=threads,
        memory=memory,
        runs=len(times),
    )


def _times(path: Path, features: Batch, threads: int, seconds: float) -> tuple[np.ndarray, int]:
    """Milliseconds of each run, and bytes of memory at the peak."""
    try:
        with Worker("nnspec.export.gate.run_worker", "interpreter") as worker:  # new, for its memory is measured
            times, memory = worker.call(("cost", str(path), (features, threads, seconds)), TIMEOUT)
    except (WorkerError, WorkerDied) as error:
        raise RuntimeFailure(str(error)) from error
    return times, memory
