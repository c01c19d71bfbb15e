"""The converter's process: a SavedModel on disk becomes the bytes of a .tflite file.

Run by `workers.Worker` with the memory limit in bytes as argument; TensorFlow is imported once, for many requests.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.export.workers import serve

SIGNATURE = "serving_default"


@dataclass(frozen=True, slots=True)
class Conversion:
    """One request. `representative` is an .npz of examples of batch 1, keys `<number>/<input>`."""

    saved_model: Path
    quantize: str
    representative: Path | None = None


def convert(job: Conversion) -> bytes:
    """Converts with builtin operations alone, so that an operation that needs Flex is an error."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(job.saved_model), signature_keys=[SIGNATURE])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if job.quantize != "none":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if job.quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if job.quantize == "int8":
        # Operations without an int8 kernel stay in float between a DEQUANTIZE and a QUANTIZE.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
        converter.representative_dataset = lambda: _examples(job.representative)
    content: bytes = converter.convert()
    return content


def _examples(path: Path | None) -> Iterator[dict[str, Any]]:
    assert path is not None
    with np.load(path) as arrays:
        numbers = sorted({int(key.partition("/")[0]) for key in arrays})
        names = sorted({key.partition("/")[2] for key in arrays})
        for number in numbers:
            yield {name: arrays[f"{number}/{name}"] for name in names}


def main() -> None:
    limit = int(sys.argv[2])
    # Data, not address space: TensorFlow maps far more than it ever touches.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    serve(convert)


if __name__ == "__main__":
    main()
