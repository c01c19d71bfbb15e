"""TFLite metadata: a model's card inside its .tflite file, as Android Studio, ML Kit and MediaPipe read it.

A flatbuffer of the schema "M001" (`metadata_schema.fbs` of TFLite Support and MediaPipe, version 1.5) in a buffer that
the model names TFLITE_METADATA, and the files that it mentions as a ZIP archive after the model's last byte: runtimes
read a flatbuffer from its beginning and an archive is read from its end, so the two do not disturb each other.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from nnspec.export.model_metadata import LABELS, VOCABULARY, ModelMetadata
from nnspec.export.tflite.flatbuffer import packed, unpacked

NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
PARSER = "1.0.1"  # the first version of the schema that knows vocabularies

# Places of fields in the schema's tables, members of its unions and values of its enumerations.
MODEL = {"name": 0, "description": 1, "subgraphs": 3, "license": 5, "files": 6, "parser": 7}
SUBGRAPH = {"inputs": 2, "outputs": 3}
TENSOR = {"name": 0, "description": 1, "content": 3, "units": 4, "stats": 5, "files": 6}
FILE = {"name": 0, "description": 1, "type": 2}
CONTENT = PROCESS_UNIT = {"type": 0, "value": 1}
NORMALIZATION = {"mean": 0, "std": 1}
STATS = {"max": 0, "min": 1}
IMAGE = {"color": 0}
CONTENTS = {"feature": 1, "image": 2}
NORMALIZE = 1
COLORS = {"rgb": 1, "grey": 2}
DESCRIPTIONS, AXIS_LABELS, WORDS = 1, 2, 5

FILE_TYPES = {LABELS: AXIS_LABELS, VOCABULARY: WORDS}
DESCRIBED = {
    LABELS: "the classes, one a line, in the order of the last axis",
    VOCABULARY: "the words, one a line; a word's number is its line, counted from 0",
}
Table = dict[int, Any]


def attach(content: bytes, card: ModelMetadata) -> bytes:
    """A .tflite file with its card: metadata, labels, vocabulary, preprocessing. Equal input gives equal bytes."""
    model = unpacked(content)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(_metadata(model, card), np.uint8)
    entry = schema.MetadataT()
    entry.name, entry.buffer = NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return packed(model) + _archive(card)


def _archive(card: ModelMetadata) -> bytes:
    """The card's files, stored as they are, for readers that map them; without the time of day. Nothing for none."""
    files = card.files()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(name), content)
    return archive.getvalue() if files else b""


def _metadata(model: Any, card: ModelMetadata) -> bytes:
    graph = model.subgraphs[0]
    names = {part.tensorIndex: part.name.decode() for part in _ports(model)}
    inputs = [_input(names.get(index), graph.tensors[index], card) for index in graph.inputs]
    outputs = [_output(names.get(index), graph.tensors[index], card) for index in graph.outputs]
    table = {
        MODEL["name"]: card.name,
        MODEL["description"]: card.description,
        MODEL["subgraphs"]: [{SUBGRAPH["inputs"]: inputs, SUBGRAPH["outputs"]: outputs}],
        MODEL["files"]: [_file(name) for name in card.files() if name not in FILE_TYPES],
        MODEL["parser"]: PARSER,
    }
    if card.license is not None:
        table[MODEL["license"]] = card.license
    builder = flatbuffers.Builder(1024)
    builder.Finish(_written(builder, table), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _ports(model: Any) -> list[Any]:
    return [part for entry in model.signatureDefs or [] for part in (*entry.inputs, *entry.outputs)]


def _input(name: str | None, tensor: Any, card: ModelMetadata) -> Table:
    name = name or tensor.name.decode()
    given = card.preprocessing.get("inputs", {}).get(name, {})
    table = _tensor(name, given)
    if given.get("kind") == "image":
        properties = {IMAGE["color"]: COLORS.get(given["color"], 0)}
        table[TENSOR["content"]] = {CONTENT["type"]: CONTENTS["image"], CONTENT["value"]: properties}
        low, high = given["range"]
        table[TENSOR["stats"]] = {STATS["max"]: _floats([high]), STATS["min"]: _floats([low])}
    normalization = _normalization(given)
    if normalization is not None:
        table[TENSOR["units"]] = [{PROCESS_UNIT["type"]: NORMALIZE, PROCESS_UNIT["value"]: normalization}]
    if given.get("kind") == "words" and card.vocabulary is not None:
        table[TENSOR["files"]] = [_file(VOCABULARY)]
    return table


def _normalization(given: Mapping[str, Any]) -> Table | None:
    """(x - mean) / std of each channel: of pixels nothing, since the network scales them; of columns their scale."""
    if given.get("kind") == "image":
        return {NORMALIZATION["mean"]: _floats([0]), NORMALIZATION["std"]: _floats([1])}
    columns = given.get("columns", [])
    if not columns or any("factor" not in column for column in columns):  # one-hot columns have no such formula
        return None
    return {
        NORMALIZATION["mean"]: _floats([column["offset"] for column in columns]),
        NORMALIZATION["std"]: _floats([column["factor"] for column in columns]),
    }


def _output(name: str | None, tensor: Any, card: ModelMetadata) -> Table:
    name = name or tensor.name.decode()
    table = _tensor(name, card.preprocessing.get("outputs", {}).get(name, {}))
    if card.labelled(name, tuple(tensor.shape)):
        table[TENSOR["files"]] = [_file(LABELS)]
    return table


def _tensor(name: str, described: Mapping[str, Any]) -> Table:
    return {
        TENSOR["name"]: name,
        TENSOR["description"]: described.get("meaning", ""),
        TENSOR["content"]: {CONTENT["type"]: CONTENTS["feature"], CONTENT["value"]: {}},
    }


def _file(name: str) -> Table:
    described = DESCRIBED.get(name, "what is done to each input, and what each output means")
    return {FILE["name"]: name, FILE["description"]: described, FILE["type"]: FILE_TYPES.get(name, DESCRIPTIONS)}


def _floats(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)


def _written(builder: Any, value: Any) -> int:
    """Writes a text, a vector of numbers, a list, or a table given as values by place; the offset to it.

    A whole number in a table is an enumeration's, of one byte.
    """
    if isinstance(value, str):
        return int(builder.CreateString(value))
    if isinstance(value, np.ndarray):
        return int(builder.CreateNumpyVector(value))
    if isinstance(value, list):
        offsets = [_written(builder, item) for item in value]
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())
    parts = {place: item if isinstance(item, int) else _written(builder, item) for place, item in value.items()}
    builder.StartObject(max(parts, default=-1) + 1)
    for place, part in parts.items():
        if isinstance(value[place], int):
            builder.PrependUint8Slot(place, part, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(place, part, 0)
    return int(builder.EndObject())
