"""Layers that stay in float32 within a quantized file: their operations are taken over from the float file.

The converter offers this for int8 alone, and then by the names of its own tensors; done in the flatbuffer it is one
pass for every quantization.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from nnspec.export.errors import ExportError
from nnspec.export.tflite.alignment import Pair, aligned
from nnspec.export.tflite.flatbuffer import Op, Program, packed, unpacked

FLOAT32 = schema.TensorType.FLOAT32
CONVERSIONS = (Op.DEQUANTIZE, Op.QUANTIZE)


def keep_float(quantized: bytes, plain: bytes, kept: Sequence[str], layers: Sequence[str]) -> bytes:
    """The quantized file with the operations of some layers as the float file has them.

    Args:
        kept: the layers to keep in float32.
        layers: all top-level layers, in their order.

    Raises:
        ExportError: a layer has no operation of its own in the file.
    """
    source, model = unpacked(plain), unpacked(quantized)
    pairs = aligned(source, model, layers)
    for layer in kept:
        if not any(pair.layer == layer for graph in pairs for pair in graph):
            raise ExportError("keep_float names a layer that has no operation of its own in the file", layer=layer)
    for number, graph in enumerate(pairs):
        program = Program(model, model.subgraphs[number])
        transplant = _Transplant(program, Program(source, source.subgraphs[number]))
        for pair in graph:
            if pair.layer in kept:
                transplant.replace(pair)
        _drop_unused(program)
    return packed(model)


class _Transplant:
    """Takes operations of one graph over into its twin."""

    def __init__(self, program: Program, source: Program) -> None:
        self.program, self.source = program, source
        self.copies: dict[int, int] = {}  # constants and states of the source -> those of the program

    def replace(self, pair: Pair) -> None:
        """The float operation in the place of the quantized one, between DEQUANTIZE and QUANTIZE if it needs them."""
        before: list[Any] = []
        after: list[Any] = []
        entry = self.source.model.operatorCodes[pair.plain.opcodeIndex]
        op = copy.copy(pair.plain)
        op.opcodeIndex = self.program.opcode(self.source.code(pair.plain), entry.version)
        op.inputs = [
            self._input(index, twin, before)
            for index, twin in zip(pair.plain.inputs, pair.quantized.inputs, strict=True)
        ]
        op.outputs = [self._output(index, after) for index in pair.quantized.outputs]
        op.intermediates = []  # ranges of values within a quantized kernel
        operators = self.program.graph.operators
        place = next(number for number, other in enumerate(operators) if other is pair.quantized)
        operators[place : place + 1] = [*before, op, *after]

    def _input(self, index: int, twin: int, before: list[Any]) -> int:
        if index < 0:
            return index
        tensor = self.source.tensor(index)
        if self.source.model.buffers[tensor.buffer].data is not None or tensor.isVariable:
            return self._copied(index)
        given = self.program.tensor(twin)
        ready = self._before_rounding(twin)
        if ready is not None:
            return ready
        if given.type == FLOAT32 or given.quantization is None or given.quantization.scale is None:
            return twin
        number = self._float_like(twin)
        before.append(self.program.operator(Op.DEQUANTIZE, 2, [twin], [number]))
        return number

    def _before_rounding(self, twin: int) -> int | None:
        """The floats that a quantized tensor was made of: what one kept layer hands to the next, and a float input.

        Rounding them on the way costs what the layer is kept in float for: eight bits of a sound are gone for good.
        """
        maker = self._maker(twin)
        if maker is not None and self.program.code(maker) == Op.DEQUANTIZE:  # for what knows floats alone
            maker = self._maker(maker.inputs[0])
        if maker is None or self.program.code(maker) != Op.QUANTIZE:
            return None
        given = int(maker.inputs[0])
        return given if self.program.tensor(given).type == FLOAT32 else None

    def _maker(self, tensor: int) -> Any:
        return next((op for op in self.program.graph.operators if tensor in op.outputs), None)

    def _output(self, index: int, after: list[Any]) -> int:
        wanted = self.program.tensor(index)
        if wanted.type == FLOAT32 or wanted.quantization is None or wanted.quantization.scale is None:
            return index
        number = self._float_like(index)
        after.append(self.program.quantize(number, index))
        return number

    def _float_like(self, index: int) -> int:
        number = self.program.add_like(self.program.tensor(index), b"/float", None)
        self.program.tensor(number).type = FLOAT32
        return number

    def _copied(self, index: int) -> int:
        if index not in self.copies:
            tensor = copy.copy(self.source.tensor(index))
            data = self.source.model.buffers[tensor.buffer].data
            tensor.name, tensor.buffer = tensor.name + b"/kept", self.program.buffer(data)
            self.copies[index] = self.program.add_tensor(tensor)
        return self.copies[index]


def _drop_unused(program: Program) -> None:
    """Removes what stood around the replaced operations: conversions that nobody takes, and the bytes of weights."""
    graph = program.graph
    while True:
        used = {index for op in graph.operators for index in op.inputs} | set(graph.outputs)
        kept = [op for op in graph.operators if program.code(op) not in CONVERSIONS or used & set(op.outputs)]
        if len(kept) == len(graph.operators):
            break
        graph.operators = kept
    everywhere = {
        other.tensors[index].buffer
        for other in program.model.subgraphs
        for op in other.operators
        for index in (*op.inputs, *op.outputs)
        if index >= 0
    }
    for other in program.model.subgraphs:
        everywhere |= {other.tensors[index].buffer for index in (*other.inputs, *other.outputs)}
    everywhere |= {entry.buffer for entry in program.model.metadata or []}
    for number, buffer in enumerate(program.model.buffers):
        if number not in everywhere:
            buffer.data = None
