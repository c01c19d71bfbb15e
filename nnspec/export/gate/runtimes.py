"""A .tflite file in the runtimes that are to run it, each a process of its own: a crash is a failure, not ours."""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from nnspec.backend.signature import Batch, Run
from nnspec.export.examples import Shapes
from nnspec.export.subprocesses import Worker, WorkerDied, WorkerError
from nnspec.export.tflite.io_quantization import scales_of

INTERPRETER = "interpreter"
COMPILED_MODEL = "compiled_model"
# The interpreter without its default delegate: every kernel is the reference implementation's own.
WITHOUT_XNNPACK = "interpreter_without_xnnpack"
COMPILED_MODEL_GPU = "compiled_model_gpu"  # the same, on a GPU that a CPU stands for
MICRO = "micro"  # TensorFlow Lite Micro, built for this machine

DRIVERS = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
_TIMEOUT = 120.0  # seconds for one example


def has_software_gpu() -> bool:
    """Whether Vulkan's driver, by the variables that name it, is one that computes on the CPU: SwiftShader, llvmpipe.

    A real GPU may compute in half floats, which proves nothing about a file; one in software is exact.
    """
    named = next(filter(None, map(os.environ.get, DRIVERS)), "")
    return any(_is_software(Path(name)) for name in named.split(os.pathsep) if name)


def _is_software(driver: Path) -> bool:
    try:
        text = driver.read_text(encoding="utf-8")
    except OSError:
        return False
    return any(word in text for word in ("swiftshader", "lvp", "lavapipe"))


class RuntimeFailure(Exception):
    """The runtime refused the file, failed on an input, or crashed."""


class Program:
    """A file loaded in one runtime, on one thread of the CPU; values go in and come out real, whatever its types."""

    def __init__(self, path: Path, runtime: str) -> None:
        self._scales = scales_of(path.read_bytes())
        self._worker, self._path = _worker(runtime), str(path.absolute())

    def run(self, features: Batch) -> Batch:
        """Outputs by name for a batch at the file's shapes; raises RuntimeFailure."""
        outputs: Batch = self._call("run", self._scales.given(features))
        return self._scales.found(outputs)

    def milliseconds(self, features: Batch) -> float:
        """The median time of one run, without the way to the process and back."""
        median: float = self._call("time", self._scales.given(features))
        return median

    def arena(self) -> int:
        """The bytes of memory that TensorFlow Lite Micro takes for the file; raises RuntimeFailure."""
        found: int = self._call("arena", None)
        return found

    def tensors(self, features: Batch, indices: Sequence[int]) -> list[np.ndarray]:
        """Tensors of the file by index, as real values, after a run of the reference kernels; raises RuntimeFailure."""
        found: list[np.ndarray] = self._call("tensors", (self._scales.given(features), list(indices)))
        return found

    def _call(self, what: str, features: Any) -> Any:
        try:
            return self._worker.call((what, self._path, features), _TIMEOUT)
        except WorkerError as error:
            raise RuntimeFailure(str(error)) from error
        except WorkerDied as error:
            raise RuntimeFailure(f"the runtime died: {error.how}") from error

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(RuntimeFailure, OSError):  # it died, or was ended
            self._call("forget", None)


_workers: dict[tuple[str, ...], Worker] = {}


def _worker(runtime: str) -> Worker:
    """The runtime's process, kept from one file to the next since it takes a third of a second to start."""
    # A process takes the drivers that it began with. One that was forked from this would get the answers to this one.
    key = (str(os.getpid()), runtime, *map(str, map(os.environ.get, DRIVERS)))
    if key not in _workers or not _workers[key].alive:
        _workers[key] = Worker("nnspec.export.gate.run_worker", runtime)
        atexit.register(_workers[key].close)
    return _workers[key]


def run_by_rows(one: Run, shapes: Shapes) -> Run:
    """A function over whole batches from one that takes one example."""

    def run(batch: Batch) -> Batch:
        shapes.check(batch)
        rows = [one(row) for row in shapes.rows(batch)]
        names = [port.name for port in shapes.signature.outputs]
        return shapes.unpad({name: np.concatenate([row[name] for row in rows]) for name in names}, batch)

    return run
