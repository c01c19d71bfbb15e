"""The oldest release of TensorFlow Lite whose interpreter has all operations of a file, in the versions that it names.

From the tables of the runtime's own source (`runtime_version.cc` and `op_version.cc` of LiteRT, read in November 2026).
The converter writes what it takes for the least into the file; what is changed afterwards, it cannot know: a file whose
weights became int4 named operations of version 1, which a runtime of 2019 would believe.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from nnspec.export.tflite.flatbuffer import builtin_code, packed, unpacked
from nnspec.export.tflite.op_counts import NAMES

METADATA = "min_runtime_version"
LENGTH = 16  # bytes of its buffer
OLDEST = "1.15.0"  # what is not listed is at least as old
# Operation -> its versions and the first release with each, from TensorFlow 2 on.
RELEASES: dict[str, dict[int, str]] = {
    "ABS": {1: "2.3.0", 2: "2.4.0", 3: "2.5.0", 4: "2.6.0", 5: "2.12.0"},
    "ADD": {3: "2.4.0", 4: "2.6.0", 5: "2.13.0", 6: "2.23.0"},
    "ARG_MAX": {3: "2.9.0"},
    "ARG_MIN": {3: "2.9.0"},
    "AVERAGE_POOL_2D": {3: "2.3.0"},
    "BATCH_MATMUL": {1: "2.3.0", 3: "2.4.0", 4: "2.5.0"},
    "BIDIRECTIONAL_SEQUENCE_RNN": {3: "2.3.0"},
    "BROADCAST_ARGS": {1: "2.6.0"},
    "BROADCAST_TO": {2: "2.5.0"},
    "BUCKETIZE": {1: "2.8.0"},
    "CAST": {2: "2.7.0", 3: "2.8.0", 4: "2.9.0", 5: "2.12.0", 6: "2.15.0", 7: "2.17.0", 8: "2.21.0"},
    "CONCATENATION": {3: "2.3.0", 4: "2.14.0", 5: "2.21.0", 6: "2.23.0"},
    "CONV_2D": {4: "2.3.0", 5: "2.4.0", 6: "2.9.0", 7: "2.11.0", 8: "2.15.0"},
    "CONV_3D": {1: "2.5.0"},
    "CONV_3D_TRANSPOSE": {1: "2.6.0"},
    "CUMSUM": {1: "2.4.0"},
    "DEPTHWISE_CONV_2D": {4: "2.2.0", 5: "2.3.0", 7: "2.11.0"},
    "DEPTH_TO_SPACE": {1: "2.1.0", 2: "2.5.0"},
    "DEQUANTIZE": {4: "2.2.0", 5: "2.7.0", 6: "2.18.0", 7: "2.21.0", 8: "2.22.0"},
    "DIV": {2: "2.3.0"},
    "DYNAMIC_UPDATE_SLICE": {1: "2.9.0", 2: "2.17.0", 3: "2.19.0", 4: "2.20.0", 5: "2.21.0", 6: "2.22.0"},
    "EMBEDDING_LOOKUP": {4: "2.18.0", 5: "2.21.0"},
    "EQUAL": {3: "2.3.0", 4: "2.13.0", 5: "2.21.0"},
    "EXP": {2: "2.12.0"},
    "FILL": {2: "2.3.0", 3: "2.5.0", 4: "2.12.0"},
    "FLOOR_DIV": {3: "2.13.0"},
    "FLOOR_MOD": {2: "2.13.0"},
    "FULLY_CONNECTED": {
        5: "2.0.0",
        6: "2.1.0",
        7: "2.3.0",
        10: "2.11.0",
        11: "2.15.0",
        12: "2.17.0",
        13: "2.18.0",
        14: "2.21.0",
    },
    "GATHER": {4: "2.4.0", 5: "2.5.0", 6: "2.13.0", 7: "2.15.0"},
    "GATHER_ND": {2: "2.3.0", 3: "2.5.0", 4: "2.13.0", 5: "2.16.0"},
    "GELU": {1: "2.9.0"},
    "GREATER_EQUAL": {3: "2.13.0"},
    "LEAKY_RELU": {2: "2.3.0"},
    "LESS": {3: "2.13.0"},
    "LOG": {2: "2.15.0"},
    "LOGISTIC": {3: "2.3.0"},
    "MAXIMUM": {3: "2.3.0"},
    "MAX_POOL_2D": {3: "2.3.0"},
    "MEAN": {3: "2.4.0"},
    "MINIMUM": {3: "2.3.0"},
    "MIRROR_PAD": {2: "2.3.0", 3: "2.12.0"},
    "MUL": {4: "2.3.0", 5: "2.6.0", 6: "2.11.0", 7: "2.13.0", 8: "2.23.0"},
    "NOT_EQUAL": {3: "2.3.0", 4: "2.21.0"},
    "PACK": {3: "2.3.0", 4: "2.13.0"},
    "PAD": {3: "2.4.0", 4: "2.6.0", 5: "2.20.0"},
    "PADV2": {3: "2.4.0", 4: "2.6.0", 5: "2.20.0"},
    "QUANTIZE": {3: "2.7.0", 4: "2.21.0"},
    "RANGE": {2: "2.14.0"},
    "REDUCE_ALL": {1: "2.6.0"},
    "REDUCE_MAX": {3: "2.5.0"},
    "REDUCE_MIN": {3: "2.5.0"},
    "REDUCE_PROD": {2: "2.6.0"},
    "RELU": {2: "2.1.0", 3: "2.5.0"},
    "RELU6": {3: "2.5.0"},
    "RELU_0_TO_1": {1: "2.10.0"},
    "RESIZE_BILINEAR": {3: "2.2.0", 4: "2.5.0"},
    "RESIZE_NEAREST_NEIGHBOR": {3: "2.3.0", 4: "2.4.0"},
    "REVERSE_V2": {2: "2.2.0", 3: "2.5.0"},
    "RFFT2D": {1: "2.5.0"},
    "RSQRT": {2: "2.5.0", 3: "2.15.0"},
    "SCATTER_ND": {1: "2.1.0"},
    "SELECT": {3: "2.12.0"},
    "SELECT_V2": {1: "2.2.0", 2: "2.12.0"},
    "SIGN": {1: "2.11.0", 2: "2.12.0"},
    "SLICE": {4: "2.4.0", 5: "2.5.0", 6: "2.14.0"},
    "SOFTMAX": {3: "2.3.0", 4: "2.23.0"},
    "SPACE_TO_BATCH_ND": {3: "2.3.0", 4: "2.12.0"},
    "BATCH_TO_SPACE_ND": {3: "2.3.0", 4: "2.12.0"},
    "SPLIT": {4: "2.3.0"},
    "SPLIT_V": {2: "2.3.0"},
    "SQRT": {2: "2.21.0"},
    "SQUARED_DIFFERENCE": {2: "2.5.0"},
    "SQUEEZE": {2: "2.5.0"},
    "STRIDED_SLICE": {3: "2.1.0", 4: "2.2.0", 5: "2.5.0", 6: "2.6.0", 7: "2.14.0"},
    "SUB": {3: "2.3.0", 4: "2.4.0"},
    "TANH": {3: "2.3.0"},
    "TILE": {2: "2.2.0", 3: "2.8.0"},
    "TOPK_V2": {3: "2.13.0"},
    "TRANSPOSE": {4: "2.3.0", 5: "2.4.0", 6: "2.12.0", 7: "2.14.4", 8: "2.22.0", 9: "2.23.0"},
    "TRANSPOSE_CONV": {2: "2.2.0", 3: "2.3.0", 4: "2.13.0", 5: "2.15.0"},
    "UNIDIRECTIONAL_SEQUENCE_LSTM": {3: "2.3.0", 4: "2.12.0"},
    "UNIDIRECTIONAL_SEQUENCE_RNN": {3: "2.3.0"},
    "UNPACK": {3: "2.2.0", 4: "2.3.0", 5: "2.22.0"},
    "WHERE": {2: "2.8.0"},
}
# Operations whose weights may be int4, and the version that such weights need, whatever the file says. With a scale for
# each channel and products of floats a FULLY_CONNECTED needs version 12 in any case.
INT4 = {"CONV_2D": 7, "DEPTHWISE_CONV_2D": 7, "EMBEDDING_LOOKUP": 4, "FULLY_CONNECTED": 10, "GATHER": 7}
PER_CHANNEL = {"FULLY_CONNECTED": 12, "CONV_2D": 5, "DEPTHWISE_CONV_2D": 6}


def least_runtime(content: bytes) -> str:
    """The release, as `2.17.0`; `1.15.0` stands for every one before 2."""
    model = unpacked(content)
    found = [_said(model) or OLDEST, OLDEST]
    for graph in model.subgraphs:
        for op in graph.operators:
            entry = model.operatorCodes[op.opcodeIndex]
            name = NAMES[builtin_code(entry)]
            found.append(_release(name, max(entry.version, _needed(name, graph, op))))
    return max(found, key=_numbers)


def with_least_runtime(content: bytes) -> bytes:
    """The file with that release in its metadata, where it said less."""
    least = least_runtime(content)
    model = unpacked(content)
    if _said(model) == least:
        return content
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(least.encode().ljust(LENGTH, b"\0"), np.uint8)
    entry = next((one for one in model.metadata or () if one.name.decode() == METADATA), None)
    if entry is None:
        entry = schema.MetadataT()
        entry.name, entry.buffer = METADATA, len(model.buffers)
        model.buffers.append(buffer)
        model.metadata = [*(model.metadata or []), entry]
    else:
        model.buffers[entry.buffer] = buffer
    return packed(model)


def _release(name: str, version: int) -> str:
    """The first release with an operation of this version; versions between those listed came with the one before."""
    known = [(number, release) for number, release in RELEASES.get(name, {}).items() if number <= version]
    return max(known)[1] if known else OLDEST


def _needed(name: str, graph: Any, op: Any) -> int:
    """The version that an operation needs for the types of its weights."""
    tensors = [graph.tensors[index] for index in op.inputs if index >= 0]
    if len(tensors) < 2:
        return 1
    values, weights = tensors[0], tensors[1]
    small = any(tensor.type == schema.TensorType.INT4 for tensor in tensors)
    scales = weights.quantization.scale if weights.quantization is not None else None
    hybrid = values.type == schema.TensorType.FLOAT32 and weights.type in (
        schema.TensorType.INT4,
        schema.TensorType.INT8,
    )
    per_channel = hybrid and scales is not None and len(scales) > 1
    return max(INT4.get(name, 1) if small else 1, PER_CHANNEL.get(name, 1) if per_channel else 1)


def _said(model: Any) -> str | None:
    """What the file's metadata says."""
    for entry in model.metadata or ():
        data = model.buffers[entry.buffer].data
        if entry.name.decode() == METADATA and data is not None:
            text = bytes(data).rstrip(b"\0").decode("ascii", "replace")
            return text if text and all(part.isdecimal() for part in text.split(".")) else None
    return None


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
