"""Data that are hostile: devices and pipes, sizes that are claimed, bombs, long lines, very many of anything."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from harness import Case, Command, Place

Make = Callable[[Place], object]
GIB = 1 << 30
INPUTS = {"x": "x: [4]", "image": "image: [8, 8, 3]", "tokens": "x: {shape: [null], dtype: int32}"}
TAGGER = "[{Embedding: {input_dim: 50, output_dim: 2}}, {Dense: {units: 2, activation: softmax}}]"
CLASSES = "[Flatten, {Dense: {units: 2, activation: softmax}}]"


def data(source: str, *makes: Make, given: str = "x", **bound: Any) -> Case:
    """The check of a spec with data that `makes` put into their place."""
    layers = TAGGER if given == "tokens" else CLASSES

    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        text = f"nnspec: 1\ninputs: {{{INPUTS[given]}}}\nlayers: {layers}\ndata:\n  source: {source}\n"
        place.write("spec.yaml", f"{text}train: {{loss: SparseCategoricalCrossentropy}}\n")
        return [["check", "spec.yaml"]]

    return Case(make, **{"codes": (3, 4), **bound})


# What may stand in the place of a file.


def file(name: str, content: bytes | Callable[[], bytes]) -> Make:
    return lambda place: place.write(name, content if isinstance(content, bytes) else content())


def sparse(name: str, size: int, head: bytes = b"") -> Make:
    """A file that takes no room, and is as long as it says."""

    def make(place: Place) -> None:
        os.truncate(place.write(name, head), size)

    return make


def pipe(name: str) -> Make:
    def make(place: Place) -> None:
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    return make


def link(name: str, target: str) -> Make:
    def make(place: Place) -> None:
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    return make


def bomb(size: int, head: bytes = b"") -> Callable[[], bytes]:
    """A gzip file that unpacks to this many zeros after its head."""

    def make() -> bytes:
        packed = zlib.compressobj(1, zlib.DEFLATED, 31)
        parts = [packed.compress(head), *(packed.compress(bytes(1 << 20)) for _ in range(size >> 20)), packed.flush()]
        return b"".join(parts)

    return make


# Tables and texts

CSV = "{Csv: {path: d.csv, target: y}}"
TABLE = b"a,y\n" + b"1,0\n2,1\n" * 6


def csv(**settings: str) -> str:
    return f"{{Csv: {{path: d.csv, target: y, {', '.join(f'{name}: {value}' for name, value in settings.items())}}}}}"


def columns(count: int, cell: str) -> Callable[[], bytes]:
    names = ",".join(f"c{number}" for number in range(count))
    return lambda: f"{names},y\n{f'{cell},' * count}0\n".encode()


TABLES: dict[str, Case] = {
    **{
        f"a table that is {what}": data(CSV, make)
        for what, make in {
            "a pipe": pipe("d.csv"),
            "a device": link("d.csv", "/dev/zero"),
            "random": link("d.csv", "/dev/urandom"),
            "the terminal": link("d.csv", "/dev/tty"),
            "standard input": link("d.csv", "/dev/stdin"),
            "a folder": file("d.csv/x", b""),
        }.items()
    },
    "a table that is a link to itself": data(CSV, link("d.csv", "d.csv"), codes=(0,)),
    "100,000 columns": data(CSV, file("d.csv", columns(100_000, "1"))),
    "100,000 columns without names": data(csv(header="false"), file("d.csv", lambda: b"1," * 100_000 + b"0\n")),
    "columns of texts": data(CSV, file("d.csv", columns(5_000, "a-1"))),
    "a line of 100 MB": data(CSV, file("d.csv", lambda: b"a,y\n" + b"1" * 100_000_000 + b",0\n")),
    "10 GB of nothing": data(CSV, sparse("d.csv", 10 * GIB, b"a,y\n1,0\n")),
    "quotes alone": data(CSV, file("d.csv", lambda: b"a,y\n" + b'"' * 20_000_000)),
    "a quote that stays open": data(CSV, file("d.csv", lambda: b'a,y\n"' + b"1,0\n" * 5_000_000), says="never closed"),
    "a label of 2,147,483,647": data(CSV, file("d.csv", TABLE + b"2,2147483647\n")),
    "a number of a million digits": data(CSV, file("d.csv", lambda: b"a,y\n1,0\n" + b"9" * 1_000_000 + b",1\n")),
    "a million blanks": data(CSV, file("d.csv", lambda: b"a,y\n" + (b" " * 1_000_000 + b"1,0\n") * 3)),
    "commas in a number": data(CSV, file("d.csv", lambda: b'a,y\n"' + b"1," * 100_000 + b'",0\n')),
    "a window of a billion rows": data(csv(window="{length: 1000000000, horizon: 1}"), file("d.csv", TABLE)),
    "a header of a billion rows": data(csv(header="1000000000"), file("d.csv", TABLE)),
    "a trillion lines left out": data(csv(skip_lines="1000000000000"), file("d.csv", TABLE)),
    "an encoding that is no encoding": data(csv(encoding="zlib_codec"), file("d.csv", bomb(50_000_000))),
    "an encoding with NUL": data(csv(encoding='"a\\0b"'), file("d.csv", TABLE)),
    "a path with NUL": data('{Csv: {path: "a\\0b", target: y}}', codes=(3,)),
    "a path of 100,000 characters": data(f"{{Csv: {{path: {'a' * 100_000}, target: y}}}}", codes=(0, 4)),
}

CONLL, TEXT, SERIES = "{Conll: d.conll}", "{Text: d.tsv}", "{TimeSeries: d.ts}"
HEAD = b"@problemName a\n@univariate true\n@classLabel true a b\n@data\n"

TEXTS: dict[str, Case] = {
    "tagged sentences from a pipe": data(CONLL, pipe("d.conll"), given="tokens"),
    "a sentence of 2 million tokens": data(CONLL, file("d.conll", lambda: b"a B-X\n" * 2_000_000), given="tokens"),
    "a token of 50 MB": data(CONLL, file("d.conll", lambda: b"a" * 50_000_000 + b" O\n\n"), given="tokens"),
    "a token of a million columns": data(CONLL, file("d.conll", lambda: b"a " * 1_000_000 + b"O\n"), given="tokens", codes=(0,)),
    "10 GB of tagged sentences": data(CONLL, sparse("d.conll", 10 * GIB, b"a O\n"), given="tokens"),
    "texts from a pipe": data(TEXT, pipe("d.tsv"), given="tokens"),
    "a text of 20 million words": data(TEXT, file("d.tsv", lambda: b"0\t" + b"a " * 20_000_000 + b"\n1\tb\n"), given="tokens"),
    "10 GB of texts": data(TEXT, sparse("d.tsv", 10 * GIB, b"0\ta\n"), given="tokens"),
    "word vectors from a pipe": data("{Text: {path: d.tsv, vectors: v}}", file("d.tsv", b"0\ta\n1\tb\n"), pipe("v"), given="tokens"),
    "series from a pipe": data(SERIES, pipe("d.ts")),
    "a length of 5,000 digits": data(SERIES, file("d.ts", b"@equalLength true\n@seriesLength " + b"9" * 5_000 + b"\n@data\n1:a\n")),
    "series of half a million channels": data(SERIES, file("d.ts", lambda: b"@classLabel true a b\n@data\n" + b"1:" * 500_000 + b"a\n")),
    "a value of 20 million digits": data(SERIES, file("d.ts", lambda: HEAD + b"1" * 20_000_000 + b":a\n")),
    "10 GB of series": data(SERIES, sparse("d.ts", 10 * GIB, HEAD)),
}  # fmt: skip


# Arrays

ARRAYS = "{Arrays: d.npz}"


def npy(dtype: Any, shape: Any, content: bytes = b"", version: int = 1) -> bytes:
    head = (
        shape if isinstance(shape, bytes) else repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode()
    )
    size = struct.pack("<H" if version == 1 else "<I", len(head))
    return b"\x93NUMPY" + bytes([version, 0]) + size + head + content


LABELS = npy("<i4", (4,), bytes(16))
FLOATS = npy("<f4", (4, 4), bytes(64))


def npz(x: bytes | Iterable[bytes] = FLOATS, y: bytes | Iterable[bytes] = LABELS) -> Make:
    def make(place: Place) -> None:
        with zipfile.ZipFile(place.folder / "d.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in (("x", x), ("y", y)):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    for part in [content] if isinstance(content, bytes) else content:
                        member.write(part)

    return make


def changed(offset: int, *values: int) -> Make:
    """An archive whose central directory says something else of its first member."""

    def make(place: Place) -> None:
        npz()(place)
        path = place.folder / "d.npz"
        content = bytearray(path.read_bytes())
        at = content.find(b"PK\x01\x02") + offset
        content[at : at + len(values)] = bytes(values)
        path.write_bytes(content)

    return make


def many_members(place: Place) -> None:
    with zipfile.ZipFile(place.folder / "d.npz", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"a{number}.npy", b"")


class Zeros(Iterable[bytes]):
    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size = head, size

    def __iter__(self) -> Any:
        yield self.head
        yield from (bytes(1 << 24) for _ in range(self.size >> 24))


ARRAYS_OF: dict[str, Make] = {
    "a pipe": pipe("d.npz"),
    "a trillion rows": npz(npy("<f4", (10**12, 4)), npy("<i4", (10**12,))),
    "a trillion rows of nothing": npz(npy("<f4", (10**12, 0)), npy("<i4", (10**12,))),
    "fewer than no rows": npz(npy("<f4", (-4, 4))),
    "half a row": npz(npy("<f4", (4.5, 4))),
    "a row count in words": npz(npy("<f4", ("4", 4))),
    "a row count of 5,000 digits": npz(npy("", b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"9" * 5_000 + b", 4)}")),
    "a header in brackets": npz(npy("", b"[" * 9_000)),
    "a header of signs": npz(npy("", b"-" * 9_000)),
    "a header of 400 MB": npz(Zeros(b"\x93NUMPY\x02\x00" + struct.pack("<I", 400_000_000), 400_000_000)),
    "a type that is none": npz(npy("<fxyz", (4, 4))),
    "no type": npz(npy("", (4, 4))),
    "records": npz(npy([("a", "<f4")], (4, 4))),
    "texts of a billion characters": npz(npy("<U1000000000", (4, 4))),
    "truth in the shape": npz(npy("<f4", (True, 4), bytes(16))),
    "100 dimensions": npz(npy("<f4", (1,) * 100, bytes(4))),
    "a pickle": npz(npy("|O", (4, 4), b"cos\nsystem\n(S'touch pwned'\ntR.")),
    "a bomb": npz(Zeros(npy("<f4", (1 << 27, 4)), 2 * GIB), Zeros(npy("|u1", (1 << 27,)), GIB >> 3)),
    "a label of 2,147,483,647": npz(FLOATS, npy("<i4", (4,), struct.pack("<4i", 0, 1, 0, 2**31 - 1))),
    "many members": many_members,
    "an empty archive": file("d.npz", b"PK\x05\x06" + bytes(18)),
    "no archive": file("d.npz", b"PK\x03\x04" + bytes(1_000)),
    "an encrypted array": changed(8, 1),
    "an unknown compression": changed(10, 99),
    "a size that is a lie": changed(24, 0xF0, 0xFF, 0xFF, 0x7F),
}  # fmt: skip


def numbers(kind: int, sizes: Sequence[int], content: bytes = b"") -> bytes:
    return b"\0\0" + bytes([kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + content


def tar_head(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    """A header whose checksum is right."""
    head = name.ljust(124, b"\0") + size.ljust(24, b"\0") + b" " * 8 + kind + bytes(355)
    return head[:148] + f"{sum(head):06o}\0 ".encode() + head[156:]


IDX = "{IDX: {images: i, labels: l}}"
FOUR = 2**32 - 1
FOLDER = "{Arrays: d}"
TAR = "{WebDataset: {path: d.tar, features: {x: {shape: [4]}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"
ROWS = "{Parquet: {path: d.parquet, features: {x: {shape: [4]}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"
RECORDS = "{TFRecord: {path: d.tfrecord, features: {x: {shape: [4]}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"
BINARY: dict[str, Case] = {
    **{f"arrays: {name}": data(ARRAYS, make, says="E09") for name, make in ARRAYS_OF.items()},
    "an array in a pipe": data(FOLDER, pipe("d/x.npy"), file("d/y.npy", LABELS)),
    "arrays of 16 TB": data(
        FOLDER,
        sparse("d/x.npy", 15 * 10**12, npy("<f4", (10**12, 4))),
        sparse("d/y.npy", 3 * 10**12, npy("<i4", (10**12,))),
    ),
    "IDX in pipes": data(IDX, pipe("i"), pipe("l")),
    "IDX of 10²⁸ numbers": data(IDX, file("i", numbers(8, (FOUR,) * 3)), file("l", numbers(8, (FOUR,)))),
    "a billion labels": data(
        IDX, sparse("i", (1 << 40) + 16, numbers(8, (GIB, 32, 32))), sparse("l", GIB + 8, numbers(8, (GIB,)))
    ),
    "IDX of 255 dimensions": data(IDX, file("i", numbers(8, (1,) * 255, b"\0")), file("l", numbers(8, (1,), b"\0"))),
    "an IDX bomb": data(
        IDX, file("i", bomb(2 * GIB, numbers(8, (1 << 21, 32, 32)))), file("l", bomb(1 << 21, numbers(8, (1 << 21,))))
    ),
    "IDX that is longer than it says": data(
        IDX, file("i", bomb(2 * GIB, numbers(8, (2, 2, 2)))), file("l", numbers(8, (2,), b"\0\1"))
    ),
    "IDX that ends in its compression": data(IDX, file("i", b"\x1f\x8b\x08"), file("l", b"\x1f\x8b")),
    "an IDX label of 2,147,483,647": data(
        IDX, file("i", numbers(8, (2, 2, 2), bytes(8))), file("l", numbers(12, (2,), struct.pack(">2i", 0, 2**31 - 1)))
    ),
    "records in a pipe": data(RECORDS, pipe("d.tfrecord")),
    "a record of 2⁶³ bytes": data(RECORDS, file("d.tfrecord", struct.pack("<Q", 2**63) + bytes(100))),
    "records of nothing": data(RECORDS, sparse("d.tfrecord", GIB)),
    "a tar file in a pipe": data(TAR, pipe("d.tar")),
    "a tar file of nothing": data(TAR, sparse("d.tar", 100 * GIB)),
    "a member of 8 EB": data(
        TAR, file("d.tar", tar_head(b"1.x", b"\x80" + bytes(3) + b"\x70" + bytes(7)) + bytes(1024))
    ),
    "a member of a size below 0": data(TAR, file("d.tar", tar_head(b"1.x", b"-0000000777\0") + bytes(1024))),
    "a name of 4 GB": data(TAR, file("d.tar", tar_head(b"n", b"37777777777\0", b"L") + bytes(1024))),
    "Parquet in a pipe": data(ROWS, pipe("d.parquet")),
    "Parquet of nothing": data(ROWS, sparse("d.parquet", GIB)),
}


# Images


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(side: int, *more: bytes) -> bytes:
    """A black picture, with further chunks."""
    packed = zlib.compressobj(1)
    rows = b"".join(packed.compress(bytes(1 + 3 * side)) for _ in range(side)) + packed.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SMALL = file("d/b/1.png", png(8))
CLAIMS = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0))


def images(*makes: Make, size: str = "[8, 8]", **bound: Any) -> Case:
    source = f"{{ImageFolder: {{path: d, image_size: {size}}}}}"
    return data(source, SMALL, *makes, given="image", **{"codes": (0, 3, 4), **bound})


def many_classes(place: Place) -> None:
    for number in range(5_000):
        (place.folder / "d" / f"c{number}").mkdir(parents=True, exist_ok=True)


def links_everywhere(place: Place) -> None:
    """Folders that lead to each other on more ways than can be walked."""
    for number in range(12):
        (place.folder / "d/a" / str(number)).mkdir(parents=True)
    for number in range(12):
        for other in range(12):
            (place.folder / "d/a" / str(number) / f"to{other}").symlink_to(place.folder / "d/a" / str(other))
    place.write("d/a/1.png", png(8))


IMAGES: dict[str, Case] = {
    "a picture of 81 million pixels": images(file("d/a/1.png", lambda: png(9_000))),
    "a picture that claims to be larger": images(file("d/a/1.png", CLAIMS)),
    "a picture that is a pipe": images(file("d/a/1.png", png(8)), pipe("d/a/2.png")),
    "a picture that is a device": images(file("d/a/1.png", png(8)), link("d/a/2.png", "/dev/zero")),
    "a folder within itself": images(file("d/a/1.png", png(8)), link("d/a/up", "..")),
    "folders that lead to each other": images(links_everywhere),
    "a text bomb in a picture": images(
        file("d/a/1.png", lambda: png(8, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000_000)))))
    ),
    "a profile bomb in a picture": images(
        file("d/a/1.png", lambda: png(8, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(300_000_000)))))
    ),
    "many classes without pictures": images(many_classes),
    "pictures of a billion pixels a side": images(file("d/a/1.png", png(8)), size="[1000000000, 1000000000]"),
    "a list of pictures in a pipe": data(
        "{ImageFolder: {path: d, image_size: [8, 8], files: l}}", SMALL, pipe("l"), given="image"
    ),
}

CASES = {**TABLES, **TEXTS, **BINARY, **IMAGES}
