"""Weights that training rounded to 4 bits, stored in 4 bits: the converter writes them in 8, with nothing lost.

Of a channel whose weights are the whole numbers -7 to 7 times a scale it makes the numbers nearest to 127/7 of them, so
that the former can be told from the latter; its bias, in steps of input times weight, likewise. A kernel that is not
made of such numbers stays as it is. (The converter itself stores 4 bits, too, but knows one scale alone for a Dense
and for convolutions of one axis.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from nnspec.export.tflite.flatbuffer import Op, Program, packed, unpacked

# The least version of an operation that takes weights of 4 bits.
VERSIONS = {Op.CONV_2D: 7, Op.DEPTHWISE_CONV_2D: 7, Op.FULLY_CONNECTED: 10}
MOST = 7
RATIO = MOST / 127
INPUT, WEIGHT, BIAS = 0, 1, 2


def in_four_bits(content: bytes) -> bytes:
    """The file with every kernel in 4 bits whose weights and biases allow it."""
    model = unpacked(content)
    for graph in model.subgraphs:
        program = Program(model, graph)
        users: dict[int, list[Any]] = {}  # a layer that is called twice has one weight and two biases
        for op in graph.operators:
            if len(op.inputs) > WEIGHT:
                users.setdefault(int(op.inputs[WEIGHT]), []).append(op)
        for index, ops in users.items():
            if all(program.code(op) in VERSIONS for op in ops):
                _store(program, index, ops)
    return packed(model)


def _store(program: Program, index: int, ops: list[Any]) -> None:
    weight = program.tensor(index)
    if weight.type != schema.TensorType.INT8 or program.model.buffers[weight.buffer].data is None:
        return
    biases = {int(op.inputs[BIAS]) for op in ops if len(op.inputs) > BIAS and op.inputs[BIAS] >= 0}
    numbers = _coarse(_values(program, weight, np.int8))
    shifts = {bias: _coarse(_values(program, program.tensor(bias), np.int32)) for bias in biases}
    if numbers is None or any(values is None for values in shifts.values()):
        return
    for op in ops:
        entry = program.model.operatorCodes[op.opcodeIndex]
        op.opcodeIndex = program.opcode(program.code(op), max(entry.version, VERSIONS[program.code(op)]))
    weight.type = schema.TensorType.INT4
    low, high = np.pad(numbers, (0, len(numbers) % 2)).reshape(-1, 2).T & 15
    _give(program, weight, (low | (high << 4)).astype(np.uint8))
    for bias, values in shifts.items():
        assert values is not None
        _give(program, program.tensor(bias), values.astype(np.int32))


def _give(program: Program, tensor: Any, values: np.ndarray) -> None:
    """New numbers with the larger scale; in a buffer of their own, since equal constants share one."""
    tensor.quantization.scale = (np.asarray(tensor.quantization.scale, np.float64) / RATIO).astype(np.float32)
    everywhere = [other.buffer for graph in program.model.subgraphs for other in graph.tensors]
    if everywhere.count(tensor.buffer) == 1:
        program.model.buffers[tensor.buffer].data = np.frombuffer(values.tobytes(), np.uint8)
    else:
        tensor.buffer = program.buffer(values)


def _values(program: Program, tensor: Any, dtype: type) -> np.ndarray:
    return np.frombuffer(np.asarray(program.model.buffers[tensor.buffer].data).tobytes(), dtype)


def _coarse(numbers: np.ndarray) -> np.ndarray | None:
    """The numbers in steps of 127/7; None where they are no such steps."""
    found = np.round(numbers * RATIO)
    if not np.array_equal(np.round(found / RATIO), numbers):
        return None
    coarse: np.ndarray = found.astype(np.int64)
    return coarse
