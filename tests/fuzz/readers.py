"""Everything that nnspec reads, as functions of bytes: one entry for each format, with bytes to begin from.

A reader ends in an answer, or in an error for people (`SAID`) whose text a terminal can show; anything else is a finding.
`fuzz_readers.py` runs them under Atheris, `test_readers.py` on their seeds, on what was found, and on a few mutants.
"""

from __future__ import annotations

import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import seeds
from seeds import ARRAYS, CONFIG, EXAMPLE, IDX_FILES, IDX_LABELS, LABELS, MANIFEST, RUN, SPEC

from nnspec.console.formatting import visible
from nnspec.data.errors import DataError
from nnspec.data.formats.record_feature import RecordFeature
from nnspec.data.sources.arrays import Arrays
from nnspec.data.sources.audio_folder import AudioFolder
from nnspec.data.sources.conll import Conll
from nnspec.data.sources.csv import Csv, Window
from nnspec.data.sources.idx import IDX
from nnspec.data.sources.image_folder import ImageFolder
from nnspec.data.sources.table import Table
from nnspec.data.sources.text import Text
from nnspec.data.sources.tfrecord import TFRecord
from nnspec.data.sources.time_series import TimeSeries
from nnspec.export.bundle import check as bundles
from nnspec.frontend import source as specs
from nnspec.frontend.diagnostics import SpecError
from nnspec.importing import hdf5, saved_model
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
SHORT = 512  # bytes of a text whose lines are read alike: dozens of lines, at a tenth of the cost of thousands


@dataclass(frozen=True)
class Reader:
    """
    Attributes:
        read: what is done with the bytes, in a folder that is kept from one call to the next.
        given: bytes to begin from, or what makes them.
        words: what texts of the format are made of; none: it is binary.
        longest: bytes of an input.
        tf: it needs TensorFlow, which is loaded before time is counted.
    """

    read: Callable[[bytes, Path], Any]
    given: Sequence[bytes] | Callable[[], Sequence[bytes]]
    words: Sequence[str] = ()
    longest: int = 4096
    tf: bool = False

    @cached_property
    def seeds(self) -> Sequence[bytes]:
        return self.given() if callable(self.given) else self.given


def run(reader: Reader, data: bytes, folder: Path) -> str:
    """The error that the bytes end in, or nothing.

    Raises:
        AssertionError: it took too long, or printed what a terminal would act on.
        Exception: whatever is no error for people.
    """
    if reader.tf:
        import_module("tensorflow")
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
        if not hasattr(listing, "table"):  # of most sources of texts both are one, and nothing is read twice
            listing = source.load(base)
            assets = listing.fit(train, None)
        listing.table(assets)
        listing.texts(train[:3])


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
        (folder / "d/b/1.png").write_bytes(seeds.pictures()[0])
    (folder / "d/a/1.png").write_bytes(data)
    through(ImageFolder("d", [8, 8], cache="memory"), folder)


def sound(data: bytes, folder: Path) -> None:
    """A recording in the place of the first of two, decoded as well."""
    if not (folder / "d/b/1.wav").exists():
        for name in "ab":
            (folder / "d" / name).mkdir(parents=True)
        (folder / "d/b/1.wav").write_bytes(seeds.sounds()[0])
    (folder / "d/a/1.wav").write_bytes(data)
    through(AudioFolder("d", sample_rate=8000, duration=0.1, cache="memory"), folder)


def columns(data: bytes, folder: Path) -> None:
    """A file of Parquet or of Arrow, as the first byte says."""
    name = "d.parquet" if data[:1] < b"\x80" else "d.feather"
    (folder / name).write_bytes(data[1:])
    through(Table(name, inputs={"a": {}, "b": {"missing": "skip"}}, targets={"y": {}}), folder)


def model_hdf5(data: bytes, folder: Path) -> None:
    """The configuration and the weights, each as far as it can be read."""
    (folder / "m.h5").write_bytes(data)
    hdf5.require_readable(folder / "m.h5")  # as whoever reads weights does
    try:
        import_config(read_model(folder / "m.h5").config)
    finally:
        hdf5.read_weights(folder / "m.h5")


def model_program(data: bytes, folder: Path) -> None:
    """A SavedModel's file, or the one beside it, as the first byte says; without the checkpoint."""
    beside = folder / "m/keras_metadata.pb"
    beside.parent.mkdir(exist_ok=True)
    beside.unlink(missing_ok=True)
    if data[:1] < b"\x80":
        (folder / "m/saved_model.pb").write_bytes(data[1:])
    else:
        (folder / "m/saved_model.pb").write_bytes(seeds.PROGRAM)
        beside.write_bytes(data[1:])
    found = saved_model.objects_of(folder / "m")
    list(saved_model.layers_of(found))
    saved_model.ways_of(found)
    import_config(read_model(folder / "m").config)


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


CSVS = (
    Csv("d.csv", target="y"),
    Csv("d.csv", target="y", missing="mean", on_error="skip"),
    Csv("d.csv", target="y", window=Window(2, 1)),
    Csv("d.csv", target="y", time="time", sort=True),
    Csv("d.csv", target="2", header=False),
    Csv("d.csv", target="y", group="a", separator=" "),
)

TABLES = (
    Table("d.csv", inputs={"a": {}, "b": {}}, targets={"y": {}}),
    Table("d.csv", inputs={"a": {"type": "text"}}, targets={"y": {"type": "labels"}}, on_error="skip"),
    Table("d.csv", inputs={"a": {"type": "list"}}, targets={"y": {"type": "category"}}, missing="mean"),
    Table("d.csv", inputs={"b": {"type": "image", "size": [4, 4]}}, targets={"y": {}}, on_error="skip"),
    Table("d.csv", inputs={"a": {"type": "time"}}, targets={"y": {}}, weight="b", time="a"),
    Table("d.jsonl", inputs={"a": {}, "b": {"encode": "index"}}, targets={"y": {}}),
)


def table(data: bytes, folder: Path) -> None:
    """The first byte chooses how the table is read."""
    chosen = TABLES[(data or b"\0")[0] % len(TABLES)]
    (folder / chosen.path).write_bytes(data[1:])
    through(chosen, folder)


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
    *(f"{value}," for value in ("null", "true", "-1", "0", "1e999", "[]", "{}", '""', "[1, 2]", '{"a": 1}')),
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
    "csv": Reader(sourced(*CSVS, file="d.csv"), [bytes([number]) + table for number in range(6) for table in seeds.TABLES], CELLS, longest=SHORT),
    "conll": Reader(sourced(Conll("d.conll"), Conll("d.conll", on_error="skip"), file="d.conll"), [bytes([number]) + text for number in (0, 1) for text in seeds.SENTENCES], ("B-", "I-", "O", "E-", "S-", "PER", "-DOCSTART-", "\t", "\u2028", "\0", "#"), longest=SHORT),
    "ts": Reader(sourced(TimeSeries("d.ts"), TimeSeries("d.ts", missing="mean", on_error="skip"), file="d.ts"), [bytes([number]) + text for number in (0, 1) for text in seeds.SERIES], ("@data", "@classLabel true", "@timestamps true", "@seriesLength 3", "@dimensions", "@missing", ":", ",", "?", "(", ")", "nan", "1e999", "false")),
    "text": Reader(sourced(Text("d.tsv"), Text("d.tsv", separator=",", on_error="skip"), file="d.tsv"), [bytes([number]) + text for number in (0, 1) for text in seeds.LINES], ("\t", '"', ",", "\0", "\u2028", "\r"), longest=SHORT),
    "npy": Reader(npy, [bytes([number]) + one for number in (0, 255) for one in ARRAYS]),
    "npz": Reader(sourced(Arrays("d.npz"), file="d.npz"), [seeds.packed(x_npy=ARRAYS[0], y_npy=LABELS)]),
    "idx": Reader(idx, [*IDX_FILES, zlib.compress(IDX_FILES[0], wbits=31)]),
    "tfrecord": Reader(record, [b"\0" + EXAMPLE, b"\xff" + struct.pack("<Q", 8) + bytes(16)]),
    "image": Reader(picture, seeds.pictures),
    "run": Reader(run_folder, [bytes([number]) + RUN[name] for number, name in enumerate(RUN_FILES)], ('"', "{", "}", ":", "null", "1e999", "NaN", "-1", "true", "[]", '"val_loss"', '"labels"', '"outputs"')),
    "bundle": Reader(bundle, [b"\0" + MANIFEST, b"\xff" + seeds.packed(**{"in.x.0_npy": ARRAYS[0], "out.y.0_npy": ARRAYS[1]})]),
    "json": Reader(model_json, [CONFIG, *seeds.IN_LINES], KEYS),
    "keras": Reader(model_archive, [seeds.packed(config_json=CONFIG, metadata_json=b'{"keras_version": "3.9.0"}')]),
    "table": Reader(table, [bytes([number]) + one for number in range(5) for one in seeds.TABLES] + [b"\5" + one for one in seeds.JSON_LINES], (*CELLS, "{", "}", "[", "]", "|", "null", "true", "1970-01-01T00:00:00Z"), longest=SHORT),
    "arrow": Reader(columns, seeds.columns),
    "sound": Reader(sound, seeds.sounds, longest=8192),
    "hdf5": Reader(model_hdf5, lambda: [seeds.hdf5()], longest=16_384),
    "saved_model": Reader(model_program, [b"\0" + seeds.PROGRAM, b"\xff" + seeds.BESIDE], tf=True),
}  # fmt: skip
