"""Everything that nnspec reads, as functions of bytes: one entry for each format, with bytes to begin from.

A reader ends in an answer, or in an error for people (`SAID`) whose text a terminal can show; anything else is a finding.
`fuzz_readers.py` runs them under Atheris, `test_readers.py` on their seeds, on what was found, and on a few mutants.
"""

from __future__ import annotations

import io
import json
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.console.formatting import visible
from nnspec.data.errors import DataError
from nnspec.data.sources.arrays import Arrays
from nnspec.data.sources.conll import Conll
from nnspec.data.sources.csv import Csv, Window
from nnspec.data.sources.idx import IDX
from nnspec.data.sources.image_folder import ImageFolder
from nnspec.data.sources.text import Text
from nnspec.data.sources.tfrecord import RecordFeature, TFRecord
from nnspec.data.sources.time_series import TimeSeries
from nnspec.export.bundle import check as bundles
from nnspec.frontend import source as specs
from nnspec.frontend.diagnostics import SpecError
from nnspec.importing.imported import import_config
from nnspec.importing.read import read_model
from nnspec.report.pages import compare_page, run_page
from nnspec.report.text.runs import described
from nnspec.runs.run_folder import RunFolder

SAID = (DataError, SpecError, bundles.NoBundle)
ACTED_ON = ("Cc", "Cf", "Cs", "Zl", "Zp")  # categories of Unicode
# Ends of lines, what joins letters, and marks that stand before numbers and are seen.
HARMLESS = (
    "\n\t\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    + "".join(map(chr, range(0x13430, 0x13440)))
)
SECONDS = 1.0  # of the processor, for one input


@dataclass(frozen=True)
class Reader:
    """
    Attributes:
        read: what is done with the bytes, in a folder that is kept from one call to the next.
        seeds: bytes to begin from.
        words: what texts of the format are made of; none: it is binary.
    """

    read: Callable[[bytes, Path], Any]
    seeds: Sequence[bytes]
    words: Sequence[str] = ()


def run(reader: Reader, data: bytes, folder: Path) -> str:
    """The error that the bytes end in, or nothing.

    Raises:
        AssertionError: it took too long, or printed what a terminal would act on.
        Exception: whatever is no error for people.
    """
    start = time.process_time()
    try:
        reader.read(data, folder)
        said = ""
    except SAID as error:
        said = visible(str(error) or repr(error))
    spent = time.process_time() - start
    assert spent < SECONDS, f"{spent:.2f} s"
    assert is_harmless(said), repr(said)
    return said


def is_harmless(text: str) -> bool:
    """Whether a terminal shows a text, and acts on nothing in it."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():  # nearly all are
        return True
    return not any(unicodedata.category(char) in ACTED_ON and char not in HARMLESS for char in text)


def through(source: Any, base: Path, *, table: bool = True) -> None:
    """All that is done with a source before training."""
    listing = source.listing(base)
    train = listing.split({"validation": 0.25} if len(listing) > 3 else {}, 1)["train"]
    assets = listing.fit(train, None)
    listing.columns(assets)
    listing.cells()
    if table:
        examples = source.load(base)
        examples.table(examples.fit(train, None))
        examples.texts(train[:3])


def sourced(*sources: Any, file: str, table: bool = True) -> Callable[[bytes, Path], None]:
    """The first byte, where there are several, chooses how the file is read."""

    def read(data: bytes, folder: Path) -> None:
        chosen = sources[data[0] % len(sources)] if len(sources) > 1 and data else sources[0]
        (folder / file).write_bytes(data[1:] if len(sources) > 1 else data)
        through(chosen, folder, table=table)

    return read


def npy(data: bytes, folder: Path) -> None:
    """An array as a file, and within an archive beside labels."""
    (folder / "d").mkdir(exist_ok=True)
    (folder / "d/x.npy").write_bytes(data[1:])
    (folder / "d/y.npy").write_bytes(LABELS)
    if data[:1] > b"\x7f":
        return through(Arrays("d"), folder)
    with zipfile.ZipFile(folder / "d.npz", "w") as archive:
        archive.writestr("x.npy", data[1:])
        archive.writestr("y.npy", LABELS)
    return through(Arrays("d.npz"), folder)


def idx(data: bytes, folder: Path) -> None:
    for name, content in (("i", data), ("l", IDX_LABELS)):
        (folder / name).write_bytes(content)
    through(IDX("i", "l"), folder)


def record(data: bytes, folder: Path) -> None:
    """Bytes as a file, or as the message of a record whose checksums are right."""
    framed = data[1:]
    if data[:1] < b"\xc0":
        size = struct.pack("<Q", len(framed))
        framed = size + struct.pack("<I", masked(size)) + framed + struct.pack("<I", masked(framed))
    (folder / "d.tfrecord").write_bytes(framed * 2)
    features = {"x": RecordFeature([4]), "y": RecordFeature(dtype="int64"), "z": RecordFeature(dtype="string")}
    through(TFRecord("d.tfrecord", features, ["x"], ["y"]), folder, table=False)


def masked(content: bytes) -> int:
    """The checksum of TFRecord: CRC-32C, rotated."""
    found = 0xFFFFFFFF
    for byte in content:
        found = CRC[(found ^ byte) & 255] ^ (found >> 8)
    found ^= 0xFFFFFFFF
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _crc(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


CRC = [_crc(value) for value in range(256)]


def picture(data: bytes, folder: Path) -> None:
    if not (folder / "d/b/1.png").exists():
        for name in "ab":
            (folder / "d" / name).mkdir(parents=True)
        (folder / "d/b/1.png").write_bytes(pictures()[0])
    (folder / "d/a/1.png").write_bytes(data)
    through(ImageFolder("d", [8, 8], cache="memory"), folder)


def model_json(data: bytes, folder: Path) -> None:
    (folder / "m.json").write_bytes(data)
    import_config(read_model(folder / "m.json").config)


def model_archive(data: bytes, folder: Path) -> None:
    (folder / "m.keras").write_bytes(data)
    import_config(read_model(folder / "m.keras").config)


RUN_FILES = ("record.json", "metrics.jsonl", "results.json", "exported.json", "data.json", "spec.yaml")


def run_folder(data: bytes, folder: Path) -> None:
    """A run one of whose files, which the first byte chooses, are the bytes."""
    chosen = folder / RUN_FILES[(data or b"\0")[0] % len(RUN_FILES)]
    if not chosen.exists():
        for name, content in RUN.items():
            (folder / name).write_bytes(content)
    chosen.write_bytes(data[1:])
    try:
        _shown(RunFolder(folder))
    finally:
        chosen.write_bytes(RUN[chosen.name])


def _shown(found: RunFolder) -> None:
    described(found)
    list(run_page._record(found.read_record()))
    compare_page.text(compare_page.contents([found]), 100)


def bundle(data: bytes, folder: Path) -> None:
    """A manifest, or golden answers, as the first byte says; the model is not run."""
    name = "manifest.json" if data[:1] < b"\x80" else "golden.npz"
    (folder / "model.tflite").write_bytes(b"TFL3")
    (folder / name).write_bytes(data[1:])
    if name == "golden.npz":
        try:
            bundles.golden(folder / name)
        except bundles.BROKEN as error:
            raise bundles.NoBundle(bundles._gist(error)) from error
    else:
        list(bundles._changed(folder, bundles.read_manifest(folder)))


def spec_text(data: bytes, folder: Path) -> None:
    (folder / "s.yaml").write_bytes(data)
    specs.read(folder / "s.yaml", "s.yaml").plain()


# What the fuzzers begin from.


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


def message(*fields: tuple[int, bytes]) -> bytes:
    return b"".join(bytes([number << 3 | 2, len(content)]) + content for number, content in fields)


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
CSVS = (
    Csv("d.csv", target="y"),
    Csv("d.csv", target="y", missing="mean", on_error="skip"),
    Csv("d.csv", target="y", window=Window(2, 1)),
    Csv("d.csv", target="y", time="time", sort=True),
    Csv("d.csv", target="2", header=False),
    Csv("d.csv", target="y", group="a", separator=" "),
)
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


KEYS = (
    "class_name",
    "config",
    "name",
    "layers",
    "inbound_nodes",
    "null",
    "true",
    "-1",
    "1e999",
    "[]",
    "{}",
    '""',
    "NaN",
)
CELLS = (
    ",",
    ";",
    "\t",
    '"',
    "\n",
    "NA",
    "nan",
    "inf",
    "1e999",
    "-",
    "0x1",
    "1,5",
    "1.000,5",
    "2020-02-30",
    "\0",
    "\x1b[2J",
    "\u202e",
    "'",
    "#",
)
READERS: dict[str, Reader] = {
    "spec": Reader(spec_text, [SPEC, b"a: &a [1, *a]\nb: !!x {<<: *a}\n"], ("$(", "&a", "*a", "!!str", "<<:", "|", ">", "? ", "- ", "{", "]", '"', "%YAML 1.1", "---", "...", "\t")),
    "csv": Reader(sourced(*CSVS, file="d.csv"), [bytes([number]) + table for number in range(6) for table in TABLES], CELLS),
    "conll": Reader(sourced(Conll("d.conll"), Conll("d.conll", on_error="skip"), file="d.conll"), [bytes([number]) + text for number in (0, 1) for text in SENTENCES], ("B-", "I-", "O", "E-", "S-", "PER", "-DOCSTART-", "\t", "\u2028", "\0", "#")),
    "ts": Reader(sourced(TimeSeries("d.ts"), TimeSeries("d.ts", missing="mean", on_error="skip"), file="d.ts"), [bytes([number]) + text for number in (0, 1) for text in SERIES], ("@data", "@classLabel true", "@timestamps true", "@seriesLength 3", "@dimensions", "@missing", ":", ",", "?", "(", ")", "nan", "1e999", "false")),
    "text": Reader(sourced(Text("d.tsv"), Text("d.tsv", separator=",", on_error="skip"), file="d.tsv"), [bytes([number]) + text for number in (0, 1) for text in LINES], ("\t", '"', ",", "\0", "\u2028", "\r")),
    "npy": Reader(npy, [bytes([number]) + one for number in (0, 255) for one in ARRAYS]),
    "npz": Reader(sourced(Arrays("d.npz"), file="d.npz"), [packed(x_npy=ARRAYS[0], y_npy=LABELS)]),
    "idx": Reader(idx, [*IDX_FILES, zlib.compress(IDX_FILES[0], wbits=31)]),
    "tfrecord": Reader(record, [b"\0" + EXAMPLE, b"\xff" + struct.pack("<Q", 8) + bytes(16)]),
    "image": Reader(picture, pictures()),
    "run": Reader(run_folder, [bytes([number]) + RUN[name] for number, name in enumerate(RUN_FILES)], ('"', "{", "}", ":", "null", "1e999", "NaN", "-1", "true", "[]", '"val_loss"', '"labels"', '"outputs"')),
    "bundle": Reader(bundle, [b"\0" + MANIFEST, b"\xff" + packed(**{"in.x.0_npy": ARRAYS[0], "out.y.0_npy": ARRAYS[1]})]),
    "json": Reader(model_json, [CONFIG, json.dumps(OLDER).encode()], KEYS),
    "keras": Reader(model_archive, [packed(config_json=CONFIG, metadata_json=b'{"keras_version": "3.9.0"}')]),
}  # fmt: skip
