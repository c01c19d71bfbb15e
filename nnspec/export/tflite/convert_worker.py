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

from nnspec.export.subprocesses import serve

SIGNATURE = "serving_default"


@dataclass(frozen=True, slots=True)
class Conversion:
    """One request. `representative` is an .npz of examples of batch 1, keys `<number>/<input>`; `io` a NumPy type.

    `rounded` is int8 by the ranges that stand in the graph itself, without examples.
    `dense_scale` is `channel` or `tensor`: how many scales the weights of a matrix product have.
    """

    saved_model: Path
    quantize: str
    representative: Path | None = None
    io: str = "float32"
    dense_scale: str = "channel"


def convert(job: Conversion) -> bytes:
    """Converts with builtin operations alone, so that an operation that needs Flex is an error."""
    import tensorflow as tf

    from nnspec.backend.keras_internals.tensorflow import one_scale_for_dense

    builtins = tf.lite.OpsSet.TFLITE_BUILTINS
    activations = {
        "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
        "int16x8": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
    }
    converter = tf.lite.TFLiteConverter.from_saved_model(str(job.saved_model), signature_keys=[SIGNATURE])
    converter.target_spec.supported_ops = [builtins]
    if job.quantize not in ("none", "int4"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if job.quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if job.quantize in activations:
        # Operations without such a kernel stay in float between a DEQUANTIZE and a QUANTIZE.
        converter.target_spec.supported_ops = [activations[job.quantize], builtins]
        converter.representative_dataset = lambda: _examples(job.representative)
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(job.io)
    if job.quantize == "rounded":
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(job.io)
    if job.dense_scale == "tensor":
        one_scale_for_dense(converter)
    content: bytes = converter.convert()
    return _in_four_bits(content) if job.quantize == "int4" else content


def _in_four_bits(content: bytes) -> bytes:
    """The file with the weights of its convolutions and matrix products in int4, one scale for each channel.

    Products are taken in integers, as with dynamic range: with weights that are made floats first they take 2.5 times
    as long.
    """
    from ai_edge_quantizer import quantizer, recipe

    made = quantizer.Quantizer(float_model=bytearray(content))
    made.load_quantization_recipe(recipe.dynamic_wi4_afp32())
    return bytes(made.quantize().quantized_model)


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
