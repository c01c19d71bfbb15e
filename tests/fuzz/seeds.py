"""What the fuzzers begin from: a few small files of each format, sound as they are."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any


def array(head: str, content: bytes) -> bytes:
    text = head.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def _head(dtype: str, shape: str) -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"


LABELS = array(_head("<i4", "(4,)"), struct.pack("<4i", 0, 1, 0, 1))
ARRAYS = [array(_head(dtype, "(4, 2)"), bytes(64)) for dtype in ("<f4", ">f8", "|u1", "<i8", "|b1", "<f2")]
IDX_LABELS = b"\0\0\x08\x01\0\0\0\x04\0\1\0\1"
IDX_FILES = [
    b"\0\0\x08\x03" + struct.pack(">3I", 4, 2, 2) + bytes(16),
    b"\0\0\x0d\x02" + struct.pack(">2I", 4, 1) + bytes(16),
]


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """A protocol buffer of bytes and numbers by the number of their field."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts += [varint(number << 3), varint(value)]
        else:
            parts += [varint(number << 3 | 2), varint(len(value)), value]
    return b"".join(parts)


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes(made) + bytes([value])


def feature(name: bytes, kind: int, content: bytes) -> bytes:
    return message((1, message((1, name), (2, message((kind, message((1, content))))))))


EXAMPLE = message(
    (1, feature(b"x", 2, struct.pack("<4f", 1, 2, 3, 4)) + feature(b"y", 3, b"\1") + feature(b"z", 1, b"word"))
)
TABLES = [
    b"a,b,y\n1,2.5,yes\n2,3,no\n4,1e3,yes\n3,4,no\n",
    b"a;b;y\n1,5;x;0\n2,5;;1\n3,5;y;0\n4;z;1\n",
    b'a\tb\ty\n"1""2"\t3\t0\n"a\nb"\t4\t1\n1\t2\t0\n1\t2\t1\n',
    b"time,b,y\n2020-01-01 00:00,1,2\n2020-01-01 01:00,2,3\n2020-01-01 02:00,3,4\n2020-01-01 03:00,4,5\n",
    b"\xef\xbb\xbfa,b,y\r\n1,NA,a\r\n,2,b\r\n3,?,a\r\n2,2,b\r\n",
]
JSON_LINES = [
    b'{"a": 1, "b": "x", "y": 0}\n{"a": 2, "b": null, "y": 1}\n{"a": 3.5, "b": "x", "y": 0}\n{"a": 4, "y": 1}\n'
]
SENTENCES = [
    b"-DOCSTART- -X- O\n\nAnna NNP B-PER\nsees VB O\nParis NNP B-LOC\n\nHe O\n\nA B-PER\nB I-PER\n\nC O\n",
    b"a\tb\tS-X\nc\td\tB-X\ne\tf\tE-X\n\n# note\na\tb\tO\n\nx\ty\tO\n\nz\tz\tO\n",
    b"a U-X\nb B-X\nc L-X\n\nd O\n\ne O\n\nf O\n",
]
SERIES = [
    b"@problemName a\n@univariate true\n@classLabel true a b\n@data\n1,2,3:a\n2,3,4:b\n3,4,5:a\n1,1,1:b\n",
    b"@dimensions 2\n@equalLength false\n@missing true\n@classLabel true 0 1\n@data\n1,2:3,?:0\n1,2,3:3,4,5:1\n1,2:1,2:0\n1:2:1\n",
    b"@timestamps true\n@targetlabel true\n@data\n(0,1),(1,2):0.5\n(0,1),(1,2):1.5\n(0,1),(1,2):2.5\n(0,1),(1,2):3.5\n",
]
LINES = [
    b"0\tgood day\n1\tbad day\n0\tgood\n1\tbad\n",
    b"pos\t\xc3\xbc \xf0\x9f\xa6\x80\nneg\tno\npos\tyes\nneg\tnot\n",
]
SPEC = b"nnspec: 1\nname: net\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\n"
RUN = {
    "record.json": json.dumps(
        {
            "name": "net", "status": "complete", "started": "2026-01-01T00:00:00", "seed": 1, "monitor": "val_loss",
            "best": {"monitor": "val_loss", "value": 0.5, "epoch": 1}, "params": 5, "examples": {"train": 10},
            "command": ["nnspec", "train"], "versions": {"keras": "3"}, "git": {"commit": "a", "changed": True},
            "data": {"files": 1, "bytes": 2, "sha256": "a"},
        }
    ).encode(),
    "metrics.jsonl": b'{"loss": 1.0, "val_loss": 0.5, "seconds": 1, "steps": 3}\n{"loss": 0.5, "val_loss": 0.4}\n',
    "results.json": b'{"part": "test", "examples": 2, "judged": 2, "labels": {"accuracy": 0.5, "classes": []}}',
    "exported.json": b'[{"path": "a.tflite", "target": "TFLite", "ok": true, "bytes": 3, "latency_ms": 0.1}]',
    "data.json": b'{"splits": {"train": {"examples": 3, "labels": {"y": {"a": 1}}}}, "warnings": ["w"]}',
    "spec.yaml": SPEC,
}  # fmt: skip
MANIFEST = json.dumps(
    {"bundle": 1, "quantize": "none", "files": {"model.tflite": {"bytes": 4, "sha256": "0" * 64}}}
).encode()


def layer(kind: str, name: str, after: str | None, **config: Any) -> dict[str, Any]:
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [after, 0, 0]},
    }
    calls = [] if after is None else [{"args": [tensor], "kwargs": {}}]
    return {
        "module": "keras.layers",
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": calls,
    }


MODEL = {
    "module": "keras.src.models.functional",
    "class_name": "Functional",
    "config": {
        "name": "m",
        "layers": [
            layer("InputLayer", "x", None, batch_shape=[None, 4], dtype="float32"),
            layer("Dense", "d", "x", units=4, activation="relu"),
            layer("Dropout", "o", "d", rate=0.5),
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["o", 0, 0]],
    },
}
OLDER = {
    "class_name": "Sequential", "keras_version": "2.4.0", "backend": "tensorflow",
    "config": {"name": "s", "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "i"}},
        {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "linear", "use_bias": True}},
    ]},
}  # fmt: skip
CONFIG = json.dumps(MODEL).encode()
DENSE_ALONE = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 4]}}
SMALLEST = {"class_name": "Sequential", "config": [DENSE_ALONE]}
IN_LINES = [json.dumps(model, indent=0).encode() for model in (MODEL, OLDER, SMALLEST)]  # a value a line


def packed(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json").replace("_npy", ".npy"), content)
    return made.getvalue()


def pictures() -> list[bytes]:
    from PIL import Image

    found = []
    for kind in ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"):
        made = io.BytesIO()
        Image.new("RGB", (8, 8), (200, 10, 10)).save(made, kind)
        found.append(made.getvalue())
    return found


def program(*objects: tuple[str, dict[str, int], bool]) -> bytes:
    """A `saved_model.pb`: of each object what Keras wrote of it, its children by name, and whether it holds values."""
    nodes = []
    for metadata, children, is_variable in objects:
        found: list[tuple[int, bytes | int]] = [
            (1, message((1, number), (2, name.encode()))) for name, number in children.items()
        ]
        if metadata:
            found.append((4, message((1, b"_tf_keras_layer"), (3, metadata.encode()))))
        if is_variable:
            found.append((7, message((1, 1))))
        nodes.append((1, message(*found)))
    return message((1, 1), (2, message((7, message(*nodes)))))


DENSE = {"class_name": "Dense", "name": "d", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3]}}
OF_KERAS_2 = {"class_name": "Sequential", "config": {"name": "s", "layers": [DENSE]}, "keras_version": "2.4.0"}
OBJECTS = (
    (json.dumps({"model_config": OF_KERAS_2}), {"layer_with_weights-0": 1, "variables": 2}, False),
    (json.dumps(DENSE), {"kernel": 3, "variables": 2}, False),
    ("", {"0": 3}, False),
    ("", {}, True),
)
PROGRAM = program(*OBJECTS)
BESIDE = message((1, message((2, 0), (5, OBJECTS[0][0].encode()))), (1, message((2, 1), (5, OBJECTS[1][0].encode()))))


def hdf5() -> bytes:
    """A model of Keras 2 with its weights."""
    import h5py

    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(OF_KERAS_2), "2.4.0"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        inner = group.create_group("d")
        inner.attrs["weight_names"] = [b"d/k", b"d/b"]
        inner["d/k"], inner["d/b"] = [[0.0, 0.0]] * 3, [0.0, 0.0]
    return made.getvalue()


def sounds() -> list[bytes]:
    """A tenth of a second in each format."""
    import numpy as np
    import soundfile

    samples, found = np.sin(np.arange(800) / 5).astype("float32"), []
    for kind, coding in (("WAV", None), ("WAV", "FLOAT"), ("RF64", None), ("FLAC", None), ("OGG", "VORBIS"), ("OGG", "OPUS"),
                         ("MP3", None), ("AIFF", None), ("AU", None), ("CAF", None), ("W64", None)):  # fmt: skip
        made = io.BytesIO()
        soundfile.write(made, samples, 8000, coding, format=kind)
        found.append(made.getvalue())
    return found


def columns() -> list[bytes]:
    """A table of Parquet, and of Arrow's own format, as `b"\\0"` and `b"\\xff"` before them say."""
    import pyarrow as pa
    from pyarrow import ipc, parquet

    table = pa.table({"a": [1, 2, 3, 4], "b": ["x", "y", None, "x"], "y": [0, 1, 0, 1]})
    plain, other = io.BytesIO(), io.BytesIO()
    parquet.write_table(table, plain)
    with ipc.new_file(other, table.schema) as into:
        into.write_table(table)
    return [b"\0" + plain.getvalue(), b"\xff" + other.getvalue()]
