"""A .tflite file as a bundle has it: what it needs of a runtime, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.reading import read_bytes

MAX_MODEL = 1 << 31  # bytes, which is what a flatbuffer may have
MAX_DRAWN = 1 << 28  # values of inputs that are made up


def foreign_operations(path: Path) -> list[str]:
    """What a .tflite file needs that a runtime does not have by itself."""
    from nnspec.export.tflite.op_counts import contents_of

    content = read_bytes(path, MAX_MODEL)
    if content[4:8] != b"TFL3":
        return [f"{path.name} is no TFLite file"]
    return [f"{path.name} {what}" for what in contents_of(content).foreign()]


def runner(path: Path) -> Callable[[dict[str, Any]], Any]:
    """A .tflite file as a function from inputs by name to outputs by name, in LiteRT's interpreter on one thread."""
    signature = _interpreter(path).get_signature_runner()
    return lambda features: signature(**features)


def drawn(path: Path) -> Iterator[dict[str, Any]]:
    """Inputs at the shapes of a file: floats between 0 and 1, whole numbers 0 or 1. Sizes that vary are 1, then 5."""
    generator = np.random.default_rng(0)
    given = _interpreter(path).get_signature_runner().get_input_details()
    varies = any(-1 in entry["shape_signature"] for entry in given.values())
    for length in (1, 5) if varies else (1,):
        batch = {}
        for name, entry in given.items():
            shape = [length if size == -1 else int(size) for size in entry["shape_signature"]]
            if np.prod(shape, dtype=np.float64) > MAX_DRAWN:
                raise ValueError(f"its input `{name}` has the shape {shape}, which is more than any memory holds")
            whole = np.dtype(entry["dtype"]).kind != "f"
            values = generator.integers(0, 2, shape) if whole else generator.random(shape)
            batch[name] = values.astype(entry["dtype"])
        yield batch


def _interpreter(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_path=str(path), num_threads=1)
