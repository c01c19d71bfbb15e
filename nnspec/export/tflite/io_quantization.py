"""Whole numbers as inputs and outputs of an int8 file: what they stand for, read from the file itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from nnspec.backend.signature import Batch
from nnspec.export.tflite.flatbuffer import Op, builtin_code, unpacked

_DTYPES = {schema.TensorType.UINT8: "uint8", schema.TensorType.INT8: "int8"}


@dataclass(frozen=True, slots=True)
class Scale:
    """A port of whole numbers: value = (number - zero_point) * scale (Jacob et al. 2018, equation 1)."""

    dtype: str
    scale: float
    zero_point: int

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """Real values as the file takes them, those out of its range at the range's end."""
        limits = np.iinfo(self.dtype)
        steps = np.round(values / self.scale) + self.zero_point
        found: np.ndarray = np.clip(steps, limits.min, limits.max).astype(self.dtype)
        return found

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """What the file's numbers stand for, as float32."""
        found: np.ndarray = (numbers.astype(np.float32) - self.zero_point) * np.float32(self.scale)
        return found


@dataclass(frozen=True, slots=True)
class Scales:
    """The scaled ports of a file by name; a port that is not here takes or gives its values as they are."""

    inputs: Mapping[str, Scale]
    outputs: Mapping[str, Scale]

    def given(self, features: Batch) -> Batch:
        """Features as the file takes them."""
        return {
            name: self.inputs[name].numbers(value) if name in self.inputs and value.dtype.kind == "f" else value
            for name, value in features.items()
        }

    def found(self, outputs: Batch) -> Batch:
        """The file's outputs as real values."""
        return {
            name: self.outputs[name].values(value) if name in self.outputs else value for name, value in outputs.items()
        }


def scales_of(content: bytes) -> Scales:
    """The ports of the file's one signature that hold scaled whole numbers."""
    model = schema.Model.GetRootAsModel(content, 0)
    if not model.SignatureDefsLength():
        return Scales({}, {})
    graph, entry = model.Subgraphs(0), model.SignatureDefs(0)
    inputs = (entry.Inputs(index) for index in range(entry.InputsLength()))
    outputs = (entry.Outputs(index) for index in range(entry.OutputsLength()))
    return Scales(dict(_scaled(graph, inputs)), dict(_scaled(graph, outputs)))


def _scaled(graph: Any, ports: Iterator[Any]) -> Iterator[tuple[str, Scale]]:
    for port in ports:
        tensor = graph.Tensors(port.TensorIndex())
        quantization = tensor.Quantization()
        if tensor.Type() in _DTYPES and quantization is not None and quantization.ScaleLength():
            scale = Scale(_DTYPES[tensor.Type()], quantization.Scale(0), quantization.ZeroPoint(0))
            yield port.Name().decode(), scale


def output_steps(content: bytes) -> dict[str, float]:
    """By output of the file's one signature, by how much it moves at least, in real values; none of floats within."""
    model = unpacked(content)
    graph = model.subgraphs[0]
    made = {int(op.outputs[0]): op for op in graph.operators}
    found = {}
    for port in model.signatureDefs[0].outputs:
        index = port.tensorIndex
        op = made.get(index)
        if op is not None and builtin_code(model.operatorCodes[op.opcodeIndex]) == Op.DEQUANTIZE:
            index = int(op.inputs[0])
        scale = getattr(graph.tensors[index].quantization, "scale", None)
        if scale is not None and len(scale):
            found[port.name.decode()] = float(scale[0])
    return found
