"""A file without what no runtime reads: names of tensors within it, the converter's notes, empty buffers.

What is left is the same to the bit: inputs, outputs and signatures keep their names, and the least runtime stays.
"""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from nnspec.export.tflite.flatbuffer import packed, unpacked
from nnspec.export.tflite.least_runtime import METADATA


def slim(content: bytes) -> bytes:
    """The same model in fewer bytes."""
    model = unpacked(content)
    model.metadata = [entry for entry in model.metadata or () if entry.name.decode() == METADATA]
    model.description = None
    for graph in model.subgraphs:
        ports = {*graph.inputs, *graph.outputs}
        graph.name = None
        for index, tensor in enumerate(graph.tensors):
            if index not in ports:
                tensor.name = None
    _renumber(model)
    return packed(model)


def _renumber(model: Any) -> None:
    """The buffers that something refers to, in their order; all empty ones are the first, as the format has it."""
    old = model.buffers
    new: list[Any] = [schema.BufferT()]
    places: dict[int, int] = {}

    def place(index: int) -> int:
        if old[index].data is None or not len(old[index].data):
            return 0
        if index not in places:
            places[index] = len(new)
            new.append(old[index])
        return places[index]

    for owner in (*(tensor for graph in model.subgraphs for tensor in graph.tensors), *model.metadata):
        owner.buffer = place(owner.buffer)
    model.buffers = new
