"""Biases that take back the mean error of rounded weights (Nagel et al. 2019, section 4.2).

Weights that are rounded move the mean of what a layer gives: by the change of the weights times the mean of what the
layer takes, which examples tell. That is a number for each channel, and the bias can hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from nnspec.backend.signature import Batch
from nnspec.export.gate.runtimes import WITHOUT_XNNPACK, Program
from nnspec.export.tflite.alignment import Pair, aligned
from nnspec.export.tflite.flatbuffer import Op, packed, unpacked
from nnspec.export.tflite.flatbuffer import Program as Edited
from nnspec.export.tflite.four_bits import BIAS, INPUT, WEIGHT, replace_values, whole_numbers

KINDS = (Op.CONV_2D, Op.DEPTHWISE_CONV_2D, Op.FULLY_CONNECTED)
ROUNDED = (schema.TensorType.INT8, schema.TensorType.INT4)
MOST = 32  # examples


def corrected(
    content: bytes, plain: bytes, layers: Sequence[str], examples: Sequence[Batch], scratch: Path
) -> tuple[bytes, int]:
    """The file with other biases, and of how many operations they are.

    Args:
        content: with weights in whole numbers.
        plain: the same operations in float32.
        examples: batches of 1.
        scratch: a folder for files that are run.

    Raises:
        ExportError: the files do not hold the same operations.
        RuntimeFailure: the float file cannot be run.
    """
    ours, theirs = unpacked(plain), unpacked(content)
    program = Edited(theirs, theirs.subgraphs[0])
    pairs = [pair for pair in aligned(ours, theirs, layers)[0] if _is_rounded(program, pair)]
    if not pairs:
        return content, 0
    means = _means(plain, scratch / "means.tflite", pairs, examples)
    made = 0
    for pair in pairs:
        weight = _floats(Edited(ours, ours.subgraphs[0]), int(pair.plain.inputs[WEIGHT]))
        if weight is not None:
            made += _correct(program, pair, weight, means[int(pair.plain.inputs[INPUT])])
    return packed(theirs), made


def _is_rounded(program: Edited, pair: Pair) -> bool:
    op = pair.quantized
    if program.code(op) not in KINDS or len(op.inputs) <= WEIGHT:
        return False
    weight, given = program.tensor(int(op.inputs[WEIGHT])), program.tensor(int(op.inputs[INPUT]))
    is_constant = program.model.buffers[weight.buffer].data is not None
    return is_constant and weight.type in ROUNDED and given.type == schema.TensorType.INT8


def _means(plain: bytes, path: Path, pairs: Sequence[Pair], examples: Sequence[Batch]) -> dict[int, np.ndarray]:
    """The mean of each place of the last axis, float64, of what the operations take; by tensor of the float file."""
    indices = list(dict.fromkeys(int(pair.plain.inputs[INPUT]) for pair in pairs))
    path.write_bytes(plain)
    sums: dict[int, Any] = dict.fromkeys(indices, 0.0)
    few = examples[:MOST]
    with Program(path, WITHOUT_XNNPACK) as program:
        for features in few:
            for index, value in zip(indices, program.tensors(features, indices), strict=True):
                sums[index] = sums[index] + value.reshape(-1, value.shape[-1]).mean(0, dtype=np.float64)
    path.unlink()
    return {index: np.asarray(total) / len(few) for index, total in sums.items()}


def _floats(program: Edited, index: int) -> np.ndarray | None:
    tensor = program.tensor(index)
    data = program.model.buffers[tensor.buffer].data
    if data is None or tensor.type != schema.TensorType.FLOAT32:
        return None
    return np.frombuffer(np.asarray(data).tobytes(), np.float32).reshape(tensor.shape).astype(np.float64)


def _correct(program: Edited, pair: Pair, exact: np.ndarray, mean: np.ndarray) -> bool:
    """Writes the bias of one operation; whether it has become another."""
    op = pair.quantized
    weight = program.tensor(int(op.inputs[WEIGHT]))
    scales = np.asarray(weight.quantization.scale, np.float64)
    axis = weight.quantization.quantizedDimension if len(scales) > 1 else 0
    spread = scales.reshape([-1 if one == axis else 1 for one in range(exact.ndim)]) if len(scales) > 1 else scales[0]
    change = whole_numbers(program, weight) * spread - exact
    shift = _moved(program.code(op), change, mean)
    step = scales * np.asarray(program.tensor(int(op.inputs[INPUT])).quantization.scale, np.float64)[0]
    numbers = np.round(-shift / step).astype(np.int64)
    if not numbers.any():
        return False
    if len(op.inputs) > BIAS and op.inputs[BIAS] >= 0:
        bias = program.tensor(int(op.inputs[BIAS]))
        before = np.frombuffer(np.asarray(program.model.buffers[bias.buffer].data).tobytes(), np.int32)
        replace_values(program, bias, np.clip(before + numbers, -(2**31), 2**31 - 1).astype(np.int32))
        return True
    quantization = schema.QuantizationParametersT()
    quantization.scale, quantization.zeroPoint = step.astype(np.float32), np.zeros(len(step), np.int64)
    name = f"{weight.name.decode()}/bias"
    index = program.constant(name, np.broadcast_to(numbers, shift.shape).astype(np.int32), quantization)
    op.inputs = [*(int(one) for one in op.inputs[:BIAS]), index]
    return True


def _moved(code: int, change: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """By channel how far other weights move the mean of what an operation gives.

    Weights are ``[1, height, width, channels]`` of a depthwise convolution, else ``[outputs, ..., inputs]``; a
    convolution in groups has those of a group.
    """
    if code == Op.DEPTHWISE_CONV_2D:
        found = change.sum((0, 1, 2)) * np.repeat(mean, change.shape[-1] // len(mean))
    else:
        taps = change.reshape(len(change), -1, change.shape[-1]).sum(1)  # [outputs, inputs]
        groups = mean.reshape(-1, taps.shape[1])
        found = (taps * np.repeat(groups, len(taps) // len(groups), axis=0)).sum(1)
    return np.asarray(found)
