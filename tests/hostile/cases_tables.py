"""Tables of strangers in every format: bombs, lengths that are a lie, nests, types that no cell holds, cells that name files."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import os
import pickle
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cases_code import MARK
from cases_data import GIB, Make, bomb, file, link, pipe, sparse
from harness import Case, Command, Place

NUMBERS = {"a": "[1]"}
FIELDS = "inputs: {a: {}}, targets: {y: {}}"
ROWS = b"a,y\n" + b"1,0\n2,1\n" * 6
LINES = b'{"a": 1, "y": 0}\n{"a": 2, "y": 1}\n' * 6


def table(path: str, *makes: Make, fields: str = FIELDS, given: Mapping[str, str] = NUMBERS, **bound: Any) -> Case:
    """The check of a spec with a Table that `makes` put into its place."""

    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        inputs = ", ".join(f"{name}: {shape}" for name, shape in given.items())
        place.write(
            "spec.yaml",
            f"nnspec: 1\ninputs: {{{inputs}}}\nlayers: [Flatten, {{Dense: 1, name: y}}]\n"
            f"data:\n  source: {{Table: {{path: {json.dumps(path)}, {fields}}}}}\ntrain: {{loss: MeanSquaredError}}\n",
        )
        return [["check", "spec.yaml"]]

    return Case(make, **{"codes": (3, 4), **bound})


def arrow(name: str, columns: Callable[[Any], Mapping[str, Any]], **options: Any) -> Make:
    """A file of Parquet, or of Arrow's own format, as its name ends."""

    def make(place: Place) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        made = pa.table(dict(columns(pa)))
        if name.endswith(".parquet"):
            parquet.write_table(made, place.folder / name, **options)
        else:
            stored(place, name, made, **options)

    return make


def stored(place: Place, name: str, made: Any, **options: Any) -> None:
    from pyarrow import ipc

    with ipc.new_file(
        str(place.folder / name), made.schema, options=ipc.IpcWriteOptions(allow_64bit=True, **options)
    ) as into:
        into.write_table(made)


def with_y(pa: Any, **columns: Any) -> dict[str, Any]:
    count = len(next(iter(columns.values())))
    return {**columns, "y": pa.array([0, 1] * (count // 2))}


# Compressed text


def many(compress: Callable[[bytes], bytes], times: int) -> Callable[[], bytes]:
    """Streams one behind the other, each of 64 MiB of nothing."""

    def make() -> bytes:
        return compress(ROWS) + compress(b"\n" * (64 << 20)) * times

    return make


def greedy() -> bytes:
    """A file of xz that asks for a dictionary of 4 GiB."""
    made = bytearray(lzma.compress(ROWS, preset=0))
    size = (made[12] + 1) * 4
    made[12 + 4] = 40  # of the one filter, its only property
    made[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(bytes(made[12 : 12 + size - 4])))
    return bytes(made)


PACKED = {
    "a gzip bomb": table("d.csv.gz", file("d.csv.gz", bomb(2 * GIB, ROWS)), full=True),
    "a gzip bomb of lines": table("d.csv.gz", file("d.csv.gz", many(lambda text: zlib.compress(text, wbits=31), 32)), full=True),
    "a bzip2 bomb": table("d.csv.bz2", file("d.csv.bz2", many(bz2.compress, 32)), full=True),
    "an xz bomb": table("d.csv.xz", file("d.csv.xz", many(lambda text: lzma.compress(text, preset=0), 32)), full=True),
    "xz that asks for 4 GiB": table("d.csv.xz", file("d.csv.xz", greedy), codes=(0, 1, 4)),
    "gzip in gzip": table("d.csv.gz.gz", file("d.csv.gz.gz", lambda: zlib.compress(zlib.compress(ROWS, wbits=31), wbits=31))),
    "gzip that ends early": table("d.csv.gz", file("d.csv.gz", lambda: zlib.compress(ROWS * 99, wbits=31)[:-12])),
    "gzip and noise": table("d.csv.gz", file("d.csv.gz", lambda: zlib.compress(ROWS, wbits=31) + bytes(range(256)))),
    "gzip of nothing": table("d.csv.gz", file("d.csv.gz", b"")),
    "a pipe as gzip": table("d.csv.gz", pipe("d.csv.gz")),
    "a device as gzip": table("d.csv.gz", link("d.csv.gz", "/dev/zero")),
    "JSON lines in xz": table("d.jsonl.xz", file("d.jsonl.xz", lambda: lzma.compress(LINES))),
}  # fmt: skip

# Several files

SEVERAL = {
    "a folder with a pipe": table("d", file("d/a.csv", ROWS), pipe("d/b.csv")),
    "a folder with a device": table("d", file("d/a.csv", ROWS), link("d/b.csv", "/dev/zero")),
    "a folder with secrets of the system": table("d", file("d/a.csv", ROWS), link("d/b.csv", "/proc/self/environ")),
    "a folder with a folder": table("d", file("d/a.csv", ROWS), file("d/b.csv/c", b"")),
    "a folder of other columns": table("d", file("d/a.csv", ROWS), file("d/b.csv", b"\x1b[2J\xe2\x80\xae,y\n1,0\n")),
    "a folder of all formats": table("d", file("d/a.csv", ROWS), file("d/b.jsonl", LINES), file("d/c.parquet", b"PAR1")),
    "a folder of 20,000 files": table("d", lambda place: [file(f"d/{n}.csv", ROWS)(place) for n in range(20_000)], codes=(0, 3, 4), full=True, seconds=3.0),  # each is read
    "a folder that is a link to all": table("d", link("d", "/"), codes=(3, 4)),
    "a pattern of the whole machine": table("/*/*/*/*/*/*.csv", codes=(0, 3, 4), full=True),
    "a pattern of the machine's programs": table("/*/*/bin/*.csv", codes=(0, 3, 4)),
    "a pattern of secrets": table("/proc/*/environ*.csv", codes=(0, 3, 4)),
    "a pattern of devices": table("d*.csv", link("d1.csv", "/dev/zero"), file("d2.csv", ROWS)),
}  # fmt: skip

# JSON lines


def keys(count: int) -> Callable[[], bytes]:
    return lambda: LINES + b"".join(b'{"k%d": 1}\n' % number for number in range(count))


def lines(content: bytes | Callable[[], bytes], **bound: Any) -> Case:
    return table("d.jsonl", file("d.jsonl", content), **bound)


JSON_LINES = {
    "lines of deep mappings": lines(lambda: LINES + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "lines of deep lists": lines(lambda: LINES + b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "lines of mappings in a cell": lines(b'{"a": {"b": {"c": 1}}, "y": 0}\n' * 4),
    "lines of keys of their own": lines(keys(20_000)),
    "lines of very many keys": lines(lambda: json.dumps({**{f"k{n}": n for n in range(50_000)}, "a": 1, "y": 1}).encode() + b"\n"),
    "lines of numbers that nothing holds": lines(b'{"a": 1e999, "y": 0}\n{"a": -1e999, "y": 1}\n' * 4),
    "lines of long numbers": lines(lambda: b'{"a": ' + b"9" * 100_000 + b', "y": 0}\n'),
    "lines of a long text": lines(lambda: b'{"a": "' + b"x" * 50_000_000 + b'", "y": 0}\n'),
    "lines of half characters": lines(b'{"a": "\\ud800", "y": 0}\n' * 4),
    "lines of keys with escapes": lines(b'{"a": 1, "y": 0, "\\u001b[2J\\u202e": 1}\n' * 4, codes=(0, 3, 4)),
    "lines of keys twice": lines(b'{"a": 1, "a": 2, "y": 0}\n' * 4),
    "lines of NUL": lines(b'{"a": "\\u0000", "y": 0}\n' * 4),
    "lines of nothing": lines(b""),
    "lines of null": lines(b"null\n" * 8, says="no mapping"),
    "lines that begin with null": lines(b"null " + LINES, says="no mapping"),
    "lines of null behind others": lines(LINES + b"null\n", says="no mapping"),
    "lines of null behind very many": lines(lambda: LINES * 2_000 + b" null x\n" + LINES),
    "lines that are one list": lines(b"[" + LINES.replace(b"\n", b",\n") + b"{}]", says="no mapping"),
    "lines that are no text": lines(bytes(range(256)) * 40),
    "lines of 10 GB of nothing": table("d.jsonl", sparse("d.jsonl", 10 * GIB, LINES)),
    "lines of a pipe": table("d.jsonl", pipe("d.jsonl")),
}  # fmt: skip

# Parquet and Arrow


def odd(kind: str, **columns: Callable[[Any], Any]) -> dict[str, Case]:
    """A column that is odd in either format."""
    return {
        f"{ending}: {kind}": table(
            f"d.{ending}",
            arrow(f"d.{ending}", lambda pa: with_y(pa, **{name: make(pa) for name, make in columns.items()})),
            codes=(0, 3, 4),
        )
        for ending in ("parquet", "feather")
    }


def times(unit: str, value: int, zone: str | None = None) -> Callable[[Any], Any]:
    return lambda pa: pa.array([value, value] * 2, pa.int64()).cast(pa.timestamp(unit, zone))


TYPES = {
    **odd("times beyond all years", a=times("s", 1 << 52)),
    **odd("times before all years", a=times("us", -(1 << 62))),
    **odd("times of nanoseconds", a=times("ns", 1_600_000_000_000_000_001)),
    **odd("times of a zone that is a path", a=times("s", 1, "../../../../etc/passwd")),
    **odd("times of a zone with escapes", a=times("s", 1, "\x1b[2J")),
    **odd("lists of times", a=lambda pa: pa.array([[1], [2]] * 2, pa.list_(pa.timestamp("s")))),
    **odd("lists of bytes", a=lambda pa: pa.array([[b"\xff"], [b"a"]] * 2)),
    **odd("lists of mappings", a=lambda pa: pa.array([[{"b": 1}], []] * 2)),
    **odd("lists of lists of lists", a=lambda pa: pa.array([[[[1]]], [[[2]]]] * 2)),
    **odd("bytes", a=lambda pa: pa.array([b"\xff\0", b"\x1b"] * 2)),
    **odd("decimals", a=lambda pa: pa.array([1, 2] * 2).cast(pa.decimal256(70, 50))),
    **odd("mappings", a=lambda pa: pa.array([{"b": 1}, None] * 2)),
    **odd("durations", a=lambda pa: pa.array([1, 2] * 2).cast(pa.duration("s"))),
    **odd("nothing", a=lambda pa: pa.nulls(4)),
    **odd("names with escapes", a=lambda pa: pa.array([1, 2] * 2), **{"\x1b[2J\u202e": lambda pa: pa.array([1, 2] * 2)}),
    **odd("a name of NUL", a=lambda pa: pa.array([1, 2] * 2), **{"\0": lambda pa: pa.array([1, 2] * 2)}),
    **odd("names of line ends", a=lambda pa: pa.array([1, 2] * 2), **{"b\n1,2": lambda pa: pa.array(["\n", '"'] * 2)}),
    **odd("infinity", a=lambda pa: pa.array([float("inf"), float("nan")] * 2)),
}  # fmt: skip


def doubled(place: Place) -> None:
    """Two columns of one name."""
    import pyarrow as pa

    stored(place, "d.feather", pa.table([pa.array([1, 2]), pa.array([3, 4]), pa.array([0, 1])], ["a", "a", "y"]))


def word(pa: Any, size: int, count: int) -> Any:
    """One long word, in very many rows that say its number alone."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * size]))


def rows(pa: Any, count: int) -> dict[str, Any]:
    import numpy as np

    same = pa.array(np.zeros(count, np.int8))
    return {"a": same, "y": same}


def claimed(place: Place) -> None:
    """A column of nothing has no bytes, however long it says it is."""
    import pyarrow as pa

    made = pa.RecordBatch.from_arrays([pa.nulls(1 << 30), pa.nulls(1 << 30)], ["a", "y"])
    stored(place, "d.arrow", pa.Table.from_batches([made] * 1_000))


class Calls:
    """A pickle that leaves a mark behind."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


def extension(name: str) -> Make:
    """A type of Arrow's that brings its code along, as a pickle."""

    def make(place: Place) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        code = pickle.dumps(Calls(str(place.outside / MARK)))
        told = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": code}
        fields = [pa.field("a", pa.int64(), metadata=told), pa.field("y", pa.int64())]
        made = pa.table([pa.array([1, 2] * 4), pa.array([0, 1] * 4)], schema=pa.schema(fields))
        if name.endswith(".parquet"):
            parquet.write_table(made, place.folder / name)
        else:
            stored(place, name, made)

    return make


def lied(name: str, change: Callable[[bytearray], object]) -> Make:
    """A sound file in which bytes are changed."""

    def make(place: Place) -> None:
        arrow(name, lambda pa: {"a": pa.array([1, 2] * 8), "y": pa.array([0, 1] * 8)})(place)
        content = bytearray((place.folder / name).read_bytes())
        change(content)
        (place.folder / name).write_bytes(bytes(content))

    return make


def flipped(step: int) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        for at in range(len(content) // 2, len(content) - 8, step):
            content[at] ^= 0xFF

    return change


def offset(number: int, value: int) -> Make:
    """A file of texts, one of whose offsets is another."""

    def make(place: Place) -> None:
        arrow(
            "d.feather",
            lambda pa: {"a": pa.array(["first", "second", "third", "last"]), "y": pa.array([0, 1, 0, 1])},
            compression=None,
        )(place)
        content = bytearray((place.folder / "d.feather").read_bytes())
        right = struct.pack("<5i", 0, 5, 11, 16, 20)
        at = content.index(right) + 4 * number
        content[at : at + 4] = struct.pack("<i", value)
        (place.folder / "d.feather").write_bytes(bytes(content))

    return make


FILES = {
    "parquet: a word of 2 MB in 65,536 rows": table("d.parquet", arrow("d.parquet", lambda pa: with_y(pa, a=word(pa, 2_000_000, 65_536)), dictionary_pagesize_limit=1 << 30)),
    "feather: a word of 10 MB in 65,536 rows": table("d.feather", arrow("d.feather", lambda pa: with_y(pa, a=word(pa, 10_000_000, 65_536)))),
    "parquet: 200 million rows of the same": table("d.parquet", arrow("d.parquet", lambda pa: rows(pa, 200_000_000)), full=True),
    "arrow: a trillion rows of nothing": table("d.arrow", claimed),
    "feather: two columns of one name": table("d.feather", doubled),
    "parquet: code of a type": table("d.parquet", extension("d.parquet"), codes=(0, 4)),
    "feather: code of a type": table("d.feather", extension("d.feather"), codes=(0, 4)),
    "parquet: 5,000 columns": table("d.parquet", arrow("d.parquet", lambda pa: with_y(pa, **{f"c{n}": pa.array([1, 2]) for n in range(5_000)}))),
    "parquet: nothing": table("d.parquet", file("d.parquet", b"")),
    "parquet: magic alone": table("d.parquet", file("d.parquet", b"PAR1" + bytes(4) + b"PAR1")),
    "parquet: a footer of 4 GB": table("d.parquet", file("d.parquet", b"PAR1" + b"\xff" * 4 + b"PAR1")),
    "parquet: 10 GB of nothing": table("d.parquet", sparse("d.parquet", 10 * GIB, b"PAR1")),
    "parquet: a list of two billion": table("d.parquet", file("d.parquet", b"PAR1" + b"\x15\x04\x29\xfc\xff\xff\xff\xff\x07" + struct.pack("<I", 9) + b"PAR1")),
    "parquet: a pipe": table("d.parquet", pipe("d.parquet")),
    "feather: texts that begin beyond the file": table("d.feather", offset(3, 1 << 30)),
    "feather: texts that begin before the file": table("d.feather", offset(3, -(1 << 30))),
    "feather: texts that end before they begin": table("d.feather", offset(2, 1 << 20)),
    "feather: a pipe": table("d.feather", pipe("d.feather")),
    "feather: noise": table("d.feather", file("d.feather", b"ARROW1\0\0" + bytes(range(256)) * 20 + b"ARROW1")),
    "feather: 10 GB of nothing": table("d.feather", sparse("d.feather", 10 * GIB, b"ARROW1\0\0")),
    **{f"parquet: every {step}th byte": table("d.parquet", lied("d.parquet", flipped(step)), codes=(0, 3, 4)) for step in (7, 31, 101)},
    **{f"feather: every {step}th byte": table("d.feather", lied("d.feather", flipped(step)), codes=(0, 3, 4)) for step in (7, 31, 101)},
}  # fmt: skip

# Numbers that have no room for a histogram


def close(*values: str) -> Case:
    rows = "".join(f"{value},{number % 2}\n" for number, value in enumerate(values * 4))

    def make(place: Place) -> Sequence[Command]:
        return [*table("d.csv", file("d.csv", f"a,y\n{rows}".encode())).make(place), ["data", "spec.yaml"]]

    return Case(make, codes=(0, 4))


NEIGHBOURS = {
    "numbers that are neighbours": close("1.0", "1.0000000000000002"),
    "numbers that are hardly any": close("0", "5e-324"),
    "numbers of 19 digits": close("1600000000000000001", "1600000000000000257"),
    "numbers on both ends": close("-1.7e308", "1.7e308"),
}

# Cells that name files, and cells of many values


def cells(
    kind: str, *names: str, settings: str = "", makes: Iterable[Make] = (), shape: str = "[8, 8, 3]", **bound: Any
) -> Case:
    """A table whose cells name files."""
    text = "a,y\n" + "".join(
        f"{json.dumps(name, ensure_ascii=False)},{number % 2}\n" for number, name in enumerate(names * 4)
    )
    fields = f"inputs: {{a: {{type: {kind}{settings}}}}}, targets: {{y: {{}}}}"
    return table(
        "d.csv",
        file("d.csv", text.encode("utf-8", "surrogatepass")),
        *makes,
        fields=fields,
        given={"a": shape},
        **bound,
    )


def picture(name: str, kind: str = "PNG") -> Make:
    def make(place: Place) -> None:
        from PIL import Image

        made = io.BytesIO()
        Image.new("RGB", (8, 8)).save(made, kind)
        place.write(name, made.getvalue())

    return make


def script(name: str) -> Make:
    return lambda place: place.write(
        name, f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n({place.outside / MARK}) (w) file\n"
    )


NPY = b"\x93NUMPY\x01\x00v\x00"


def npy(descr: str, shape: str) -> bytes:
    return NPY + f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"


OF_CELLS = {
    "images elsewhere that are none": cells("image", "../outside/kept.txt", "/etc/passwd"),
    "images that are devices": cells("image", "/dev/zero", "/dev/urandom", "/dev/stdin"),
    "images of a pipe": cells("image", "p.png", makes=[pipe("p.png")]),
    "images of programs": cells("image", "p.png", makes=[script("p.png")]),
    "images of long names": cells("image", "x" * 4000 + ".png"),
    "images of names with NUL and escapes": cells("image", "\0.png", "\x1b[2J\u202e.png", "a\ud800.png"),
    "images of a size of billions": cells("image", "p.png", makes=[picture("p.png")], settings=", size: [1000000000, 1000000000]"),
    "masks of 20,000 values": cells("mask", "p.png", makes=[picture("p.png")], settings=", values: {" + ", ".join(f"v{n}: {n}" for n in range(20_000)) + "}", shape="[8, 8, 1]", codes=(0, 3, 4)),
    "arrays of code": cells("array", "p.npy", makes=[file("p.npy", lambda: npy("|O", "(4,)") + pickle.dumps(Calls("x")))], shape="[4]"),
    "arrays of a trillion": cells("array", "p.npy", makes=[file("p.npy", npy("<f4", "(1000000, 1000000)"))], shape="[4]"),
    "arrays of a terabyte of nothing": cells("array", "p.npy", makes=[sparse("p.npy", 1 << 40, npy("<f4", "(262144, 1048560)"))], shape="[4]", codes=(0, 3, 4)),
    "arrays of a pipe": cells("array", "p.npy", makes=[pipe("p.npy")], shape="[4]"),
    "texts of the environment": cells("text_file", "/proc/self/environ", shape="{shape: [null], dtype: int32}"),
    "texts of a device": cells("text_file", "/dev/zero", shape="{shape: [null], dtype: int32}"),
    "texts of 10 GB of nothing": cells("text_file", "t.txt", makes=[sparse("t.txt", 10 * GIB, b"a b")], shape="{shape: [null], dtype: int32}"),
    "texts of a pipe": cells("text_file", "t.txt", makes=[pipe("t.txt")], shape="{shape: [null], dtype: int32}"),
    "lists that are deep": cells("list", "[" * 50_000),
    "lists of a million": cells("list", " ".join(["1"] * 1_000_000), full=True, seconds=2.0),  # millions of numbers
    "lists of nothing that is a number": cells("list", "nan inf 1e999 0x1 1_0"),
    "labels of 50,000": cells("labels", "|".join(map(str, range(50_000))), settings=", separator: '|'", codes=(0, 3, 4)),
    "a separator of nothing": cells("list", "1 2", settings=", separator: ''"),
}  # fmt: skip

CASES: dict[str, Case] = {**PACKED, **SEVERAL, **JSON_LINES, **TYPES, **FILES, **NEIGHBOURS, **OF_CELLS}
