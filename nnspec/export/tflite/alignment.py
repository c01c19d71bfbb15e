"""A float file and its quantized twin, operation by operation, and the layer that each operation comes from.

The converter makes both from one graph, so they hold the same operations in the same order; the twin has QUANTIZE and
DEQUANTIZE in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.export.errors import ExportError
from nnspec.export.tflite.flatbuffer import Op, builtin_code

CONVERSIONS = (Op.QUANTIZE, Op.DEQUANTIZE)


@dataclass(frozen=True, slots=True)
class Pair:
    """An operation of the float file, its twin, and the top-level layer that it belongs to, if its names tell one."""

    plain: Any
    quantized: Any
    layer: str | None


def aligned(plain: Any, quantized: Any, layers: Sequence[str]) -> list[list[Pair]]:
    """The operations of two unpacked models in pairs, a list for each subgraph.

    Raises:
        ExportError: the files do not hold the same operations.
    """
    found = []
    if len(plain.subgraphs) != len(quantized.subgraphs):
        raise ExportError("the quantized file has other loops than the float one, so that layers cannot be told apart")
    for graph, twin in zip(plain.subgraphs, quantized.subgraphs, strict=True):
        ours, theirs = _computing(plain, graph), _computing(quantized, twin)
        if [_code(plain, op) for op in ours] != [_code(quantized, op) for op in theirs]:
            raise ExportError("the quantized file has other operations than the float one: layers cannot be told apart")
        layered = zip(ours, theirs, owners(graph, ours, layers), strict=True)
        found.append([Pair(*three) for three in layered])
    return found


def _computing(model: Any, graph: Any) -> list[Any]:
    return [op for op in graph.operators if _code(model, op) not in CONVERSIONS]


def _code(model: Any, op: Any) -> int:
    return builtin_code(model.operatorCodes[op.opcodeIndex])


def owners(graph: Any, operators: list[Any], layers: Sequence[str]) -> Iterator[str | None]:
    """The layer of each operation: by the names of its outputs and constants, else that of the values it takes.

    An operation that the converter made of several layers (a convolution and its activation) is the first one's.
    """
    made_by: dict[int, str] = {}
    made = {index for op in operators for index in op.outputs}
    for op in operators:
        constants = [index for index in op.inputs if index >= 0 and index not in made]
        names = [graph.tensors[index].name.decode() for index in (*op.outputs, *constants)]
        scopes = {scope for name in names for scope in _scopes(name)}
        owner = next((layer for layer in layers if layer in scopes), None)
        if owner is None:
            owner = next((made_by[index] for index in op.inputs if index in made_by), None)
        if owner is not None:
            made_by |= dict.fromkeys(op.outputs, owner)
        yield owner


def _scopes(name: str) -> Iterator[str]:
    """The top-level layers that a tensor's name mentions: `net_1/conv_1/Relu;net_1/conv_1/Add` -> `conv_1`, `conv`.

    A scope is the layer's name, with a number where the network was traced before.
    """
    for part in name.split(";"):
        steps = part.split("/")
        if len(steps) > 1:
            yield steps[1]
            yield re.sub(r"_\d+$", "", steps[1])
