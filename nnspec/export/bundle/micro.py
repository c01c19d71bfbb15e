"""What a microcontroller's program needs of a file: its bytes as a C array, its operations, its arena, an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.export.bundle.check import ARRAY
from nnspec.export.bundle.templates import filled, read, remark
from nnspec.export.tflite.op_counts import contents_of
from nnspec.export.tflite.ports import ports_of

DATA, HEADER, MAIN = ARRAY, "model_data.h", "micro_main.cc"
WIDTH = 16  # bytes a line
SPARE = 1024  # bytes beyond what was measured: other builds of the runtime keep other records
# Operations whose method of `MicroMutableOpResolver` is not its name in capitals and small letters.
METHODS = {
    "BATCH_MATMUL": "BatchMatMul",
    "CONV_2D": "Conv2D",
    "CUMSUM": "CumSum",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "AVERAGE_POOL_2D": "AveragePool2D",
    "L2_POOL_2D": "L2Pool2D",
    "MAX_POOL_2D": "MaxPool2D",
    "PADV2": "PadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
}
NUMBERS = {"float32": "float", "int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "int32": "int32_t"}


def micro_files(content: bytes, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """The sources by name, from the file and what its manifest says of it."""
    inputs, outputs = ports_of(content)
    arena = manifest["micro"]["arena_bytes"]
    operations = manifest["micro"]["operations"]
    values = {
        "name": remark(str(manifest["name"])),
        "bytes": f"{len(content):,}",
        "length": str(len(content)),
        "data": "\n".join(_lines(content)),
        "arena": str(-(-(arena + SPARE) // 16) * 16),
        "measured": f"{arena:,}",
        "count": str(len(operations)),
        "operations": "\n".join(
            f"  if (resolver.{method_of(name)}() != kTfLiteOk) return nullptr;" for name in operations
        ),
        "inputs": _listed(inputs, manifest["inputs"]),
        "outputs": _listed(outputs, manifest["outputs"]),
    }
    return {
        name: filled(read("nnspec.export.bundle", f"{name}.template"), values).encode() for name in (DATA, HEADER, MAIN)
    }


def operations_of(content: bytes) -> list[str]:
    """The operations that the program has to know, by name."""
    return sorted(contents_of(content).ops)


def _lines(content: bytes) -> Iterator[str]:
    for start in range(0, len(content), WIDTH):
        yield "    " + ", ".join(f"0x{byte:02x}" for byte in content[start : start + WIDTH]) + ","


def method_of(operation: str) -> str:
    """The method of `MicroMutableOpResolver` that adds an operation, such as ``AddConv2D``."""
    return "Add" + (METHODS.get(operation) or "".join(part.capitalize() for part in operation.split("_")))


def _listed(places: Mapping[str, int], ports: Mapping[str, Any]) -> str:
    """The ports in the order in which the interpreter counts them."""
    return "\n".join(_port(place, name, ports[name]) for name, place in sorted(places.items(), key=lambda one: one[1]))


def _port(number: int, name: str, port: Mapping[str, Any]) -> str:
    shape = " x ".join(str(size) for size in port["shape"])
    scale = f"; value = ({port['scale']:.9g}) * (number - ({port['zero_point']}))" if "scale" in port else ""
    return f"  // {number}: {name}, {NUMBERS.get(port['dtype'], port['dtype'])}, {shape}{scale}"
