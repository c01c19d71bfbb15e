"""TensorFlow Lite Micro, the interpreter of microcontrollers, on this machine: runs a file and tells its memory.

Imports neither TensorFlow nor Keras. Used within a process of its own, by `run_worker`.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from nnspec.export.tflite.ports import ports_of

Batch = dict[str, np.ndarray]
ROOM = 256 << 20  # bytes of arena that a file is tried with
TOTAL = re.compile(r"Arena allocation total (\d+) bytes")


@cache
def _program(path: str) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    with _printed() as told:
        try:
            return runtime.Interpreter.from_bytes(Path(path).read_bytes(), arena_size=ROOM)
        except Exception as error:
            told.seek(0)
            lines = [line.strip() for line in told.read().decode(errors="replace").splitlines() if line.strip()]
            raise RuntimeError(f"TFLite Micro refuses the file: {' '.join(lines)[:300] or error}") from error


def micro(path: str) -> Callable[[Batch], Batch]:
    """Outputs by name for inputs by name, at the file's own shapes."""
    program, (inputs, outputs) = _program(path), ports_of(Path(path).read_bytes())

    def run(features: Batch) -> Batch:
        with _printed() as told:
            try:
                for name, value in features.items():
                    program.set_input(value, inputs[name])
                program.invoke()
            except Exception as error:
                told.seek(0)
                raise RuntimeError(f"{told.read().decode(errors='replace').strip()[:300] or error}") from error
        return {name: np.array(program.get_output(place)) for name, place in outputs.items()}

    return run


def arena(path: str) -> int:
    """The bytes that its tensors and its interpreter's own records take, as the recording allocator counts them.

    On a machine of 32 bits it is a little less, since pointers are half as wide.
    """
    program = _program(path)
    with _printed() as told:
        program.print_allocations()
        sys.stderr.flush()
        told.seek(0)
        found = TOTAL.search(told.read().decode(errors="replace"))
    if found is None:
        raise RuntimeError("TFLite Micro does not tell how much memory the file takes")
    return int(found[1])


@contextmanager
def _printed() -> Iterator[IO[bytes]]:
    """What the runtime prints by itself, below Python, on either stream."""
    with tempfile.TemporaryFile() as told:
        kept = [os.dup(1), os.dup(2)]
        try:
            for stream in (1, 2):
                os.dup2(told.fileno(), stream)
            yield told
        finally:
            for stream, before in zip((1, 2), kept, strict=True):
                os.dup2(before, stream)
                os.close(before)
