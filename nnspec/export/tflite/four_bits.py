"""Weights in 4 bits, beside values in 8: the converter writes both in 8.

`in_four_bits` is for weights that training has rounded, of which nothing is lost; `to_four_bits` rounds any.

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
SHARES = np.linspace(0.5, 1.0, 21)  # of the largest weight of a channel, at which the larger ones are cut


def in_four_bits(content: bytes, micro: bool = False) -> bytes:
    """The file with every kernel in 4 bits whose weights and biases allow it.

    Args:
        micro: it is for TensorFlow Lite Micro, where a Dense of 4 bits has one scale: one of several keeps 8 bits.
    """
    model = unpacked(content)
    for graph in model.subgraphs:
        program = Program(model, graph)
        for index, ops in _weights(program, micro).items():
            _store(program, index, ops)
    return packed(model)


def to_four_bits(content: bytes, micro: bool = False) -> tuple[bytes, int]:
    """The file with the weights of its convolutions and matrix products rounded to 4 bits, and how many these are.

    Each channel has the scale by which its weights lose least (the squares of what rounding changes); its largest
    weights may be cut for that. Biases are rounded to steps of the new scale, as kernels ask for. `micro` is that of
    `in_four_bits`.
    """
    model = unpacked(content)
    made = 0
    for graph in model.subgraphs:
        program = Program(model, graph)
        for index, ops in _weights(program, micro).items():
            made += _round(program, index, ops)
    return packed(model), made


def _weights(program: Program, micro: bool) -> dict[int, list[Any]]:
    """The operations that take each weight, of those weights that all its operations may have in 4 bits."""
    users: dict[int, list[Any]] = {}  # a layer that is called twice has one weight and two biases
    for op in program.graph.operators:
        if len(op.inputs) > WEIGHT:
            users.setdefault(int(op.inputs[WEIGHT]), []).append(op)
    return {
        index: ops
        for index, ops in users.items()
        if all(program.code(op) in VERSIONS for op in ops) and not (micro and _is_dense_by_unit(program, index, ops))
    }


def _is_dense_by_unit(program: Program, index: int, ops: list[Any]) -> bool:
    """Whether a weight is that of a Dense, with a scale for each of its units."""
    scale = getattr(program.tensor(index).quantization, "scale", None)
    return scale is not None and len(scale) > 1 and any(program.code(op) == Op.FULLY_CONNECTED for op in ops)


def _round(program: Program, index: int, ops: list[Any]) -> int:
    """Rounds a weight, if it is one of 8 bits; how many numbers it has."""
    weight = program.tensor(index)
    if weight.type != schema.TensorType.INT8 or program.model.buffers[weight.buffer].data is None:
        return 0
    numbers = _values(program, weight, np.int8).reshape(weight.shape).astype(np.float64)
    axis = weight.quantization.quantizedDimension if len(weight.quantization.scale) > 1 else None
    factors = _least_loss(numbers, axis)
    spread = factors if axis is None else factors.reshape([-1 if one == axis else 1 for one in range(numbers.ndim)])
    _version(program, ops)
    rounded = np.clip(np.round(numbers / spread), -MOST, MOST).astype(np.int64).reshape(-1)
    biases = {bias: np.round(_values(program, program.tensor(bias), np.int32) / factors) for bias in _biases(ops)}
    _pack(program, weight, rounded, factors)
    for bias, values in biases.items():
        _give(program, program.tensor(bias), values.astype(np.int32), factors)
    return int(numbers.size)


def _least_loss(numbers: np.ndarray, axis: int | None) -> np.ndarray:
    """By channel how many steps of 8 bits a step of 4 bits has, for the least sum of squared errors."""
    rows = numbers.reshape(1, -1) if axis is None else np.moveaxis(numbers, axis, 0).reshape(numbers.shape[axis], -1)
    whole = np.maximum(np.abs(rows).max(1, keepdims=True), 1.0) / MOST
    tried = np.stack([whole * share for share in SHARES])  # [shares, channels, 1]
    losses = np.square(np.clip(np.round(rows / tried), -MOST, MOST) * tried - rows).sum(-1)
    best: np.ndarray = np.take_along_axis(tried[..., 0], losses.argmin(0)[None], 0)[0]
    return best


def _biases(ops: list[Any]) -> set[int]:
    return {int(op.inputs[BIAS]) for op in ops if len(op.inputs) > BIAS and op.inputs[BIAS] >= 0}


def _version(program: Program, ops: list[Any]) -> None:
    for op in ops:
        entry = program.model.operatorCodes[op.opcodeIndex]
        op.opcodeIndex = program.opcode(program.code(op), max(entry.version, VERSIONS[program.code(op)]))


def _pack(program: Program, weight: Any, numbers: np.ndarray, factors: Any) -> None:
    """Two numbers in a byte, the first one in its lower half."""
    weight.type = schema.TensorType.INT4
    low, high = np.pad(numbers, (0, len(numbers) % 2)).reshape(-1, 2).T & 15
    _give(program, weight, (low | (high << 4)).astype(np.uint8), factors)


def whole_numbers(program: Program, tensor: Any) -> np.ndarray:
    """A constant's numbers of 4 or 8 bits, int64 in its shape."""
    if tensor.type != schema.TensorType.INT4:
        return _values(program, tensor, np.int8).reshape(tensor.shape).astype(np.int64)
    packed_pairs = _values(program, tensor, np.uint8)
    pairs = (
        np.stack([packed_pairs & 15, packed_pairs >> 4], -1).reshape(-1)[: int(np.prod(tensor.shape))].astype(np.int64)
    )
    found: np.ndarray = np.where(pairs > 7, pairs - 16, pairs).reshape(tensor.shape)
    return found


def _store(program: Program, index: int, ops: list[Any]) -> None:
    weight = program.tensor(index)
    if weight.type != schema.TensorType.INT8 or program.model.buffers[weight.buffer].data is None:
        return
    numbers = _coarse(_values(program, weight, np.int8))
    shifts = {bias: _coarse(_values(program, program.tensor(bias), np.int32)) for bias in _biases(ops)}
    if numbers is None or any(values is None for values in shifts.values()):
        return
    _version(program, ops)
    _pack(program, weight, numbers, 1 / RATIO)
    for bias, values in shifts.items():
        assert values is not None
        _give(program, program.tensor(bias), values.astype(np.int32), 1 / RATIO)


def _give(program: Program, tensor: Any, values: np.ndarray, factors: Any) -> None:
    """New numbers with scales so many times as large."""
    tensor.quantization.scale = (np.asarray(tensor.quantization.scale, np.float64) * factors).astype(np.float32)
    replace_values(program, tensor, values)


def replace_values(program: Program, tensor: Any, values: np.ndarray) -> None:
    """New numbers; in a buffer of their own, since equal constants share one."""
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
