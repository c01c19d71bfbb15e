"""Shards and archives of strangers: tar, TFRecord and Parquet whose sizes lie, zip files that lead out, tokenizers."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cases_data import CLAIMS, GIB, Make, bomb, data, file, link, npy, pipe, sparse
from harness import Case, Command, Place


def converted(source: str, *makes: Make, given: str = "x", **bound: Any) -> Case:
    """As `data`, and the records are read, too."""

    def make(place: Place) -> Sequence[Command]:
        return [
            *data(source, *makes, given=given).make(place),
            ["convert", "spec.yaml", "shards", "--format", "parquet"],
        ]

    return Case(make, **{"codes": (0, 1, 3, 4), "megabytes": 300, **bound})


# Files inside of zip archives

CSV_ROWS = b"a,b,c,d,y\n" + b"1,2,3,4,0\n2,3,4,5,1\n" * 8


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], change: Callable[[bytes], bytes] = lambda made: made) -> Make:
    """A zip archive `d.zip`, some of whose bytes are changed."""

    def make(place: Place) -> None:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
            for name, content in members:
                into.writestr(name, content)
        place.write("d.zip", change(made.getvalue()))

    return make


def inside(name: str, *makes: Make, **bound: Any) -> Case:
    return data(f'{{Csv: {{path: "zip://{name}::d.zip", target: y}}}}', *makes, **bound)


def as_link(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = 0o120777 << 16
    return found


def in_heads(offset_here: int, offset_there: int, value: bytes) -> Callable[[bytes], bytes]:
    """Other bytes in the head of each member, and in the list at the end."""

    def change(made: bytes) -> bytes:
        changed = bytearray(made)
        for mark, offset in ((b"PK\x03\x04", offset_here), (b"PK\x01\x02", offset_there)):
            at = -1
            while (at := made.find(mark, at + 1)) >= 0:
                changed[at + offset : at + offset + len(value)] = value
        return bytes(changed)

    return change


def sharing(count: int, size: int) -> Callable[[], bytes]:
    """An archive whose list names the same bytes so many times."""

    def make() -> bytes:
        content = zlib.compress(b"1,2,3,4,0\n" * (size // 10), 1, -15)
        crc = zlib.crc32(b"1,2,3,4,0\n" * (size // 10))
        sizes = struct.pack("<III", crc, len(content), size // 10 * 10)
        made, listed = io.BytesIO(), io.BytesIO()
        made.write(b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", 5, 0) + b"d.csv")
        made.write(content)
        for number in range(count):
            name = b"d/%06d.csv" % number
            head = (
                struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33)
                + sizes
                + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
            )
            listed.write(b"PK\x01\x02" + head + name)
        end = struct.pack("<HHHHIIH", 0, 0, count, count, listed.tell(), made.tell(), 0)
        return made.getvalue() + listed.getvalue() + b"PK\x05\x06" + end

    return make


def of_names(count: int) -> Callable[[], bytes]:
    def make() -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as into:
            for number in range(count):
                into.writestr(f"{number}", b"")
        return made.getvalue()

    return make


ROWS = ("d.csv", CSV_ROWS)
ZIPS: dict[str, Case] = {
    "a sound archive": inside("d.csv", zipped(ROWS), codes=(3,), says="read as a regression"),
    "an archive whose member leads up": inside("*", zipped(("../outside/kept.txt", CSV_ROWS), ROWS), codes=(0, 3, 4)),
    "an archive whose member leads up, asked for": inside("../outside/kept.txt", zipped(("../outside/kept.txt", CSV_ROWS))),
    "an archive whose folder leads up": inside("d", zipped(("d/../../outside/kept.txt", CSV_ROWS)), says="none that a copy could have"),
    "an archive whose member is absolute": inside("/etc/passwd", zipped(("/etc/passwd", CSV_ROWS))),
    "an archive whose member is of Windows": inside("C:\\\\x.csv", zipped(("C:\\x.csv", CSV_ROWS))),
    "an archive whose member is a stream": inside("d", zipped(("d/a.csv:b", CSV_ROWS)), says="none that a copy could have"),
    "an archive whose member is a link": inside("d.csv", zipped((as_link("d.csv"), b"/etc/passwd")), says="is a link"),
    "an archive with a link, and a file behind it": inside("d", zipped((as_link("d/up"), b"../../outside"), ("d/up/kept.txt", CSV_ROWS)), says="is a link"),
    "an archive with a file that is a folder": inside("d", zipped(("d/a", CSV_ROWS), ("d/a/b.csv", CSV_ROWS))),
    "an archive of two files of one name": inside("d.csv", zipped(ROWS, ROWS), says="two files of one name"),
    "an archive that is encrypted": inside("d.csv", zipped(ROWS, change=in_heads(6, 8, b"\1\0")), says="is encrypted"),
    "an archive of a method that nobody knows": inside("d.csv", zipped(ROWS, change=in_heads(8, 10, b"\x63\0"))),
    "an archive that claims 4 GB": inside("d.csv", zipped(ROWS, change=in_heads(22, 24, b"\xfe\xff\xff\xff")), says="unpacks to"),
    "an archive that claims less": inside("d.csv", zipped(ROWS, change=in_heads(22, 24, b"\5\0\0\0"))),
    "an archive of a bomb": inside("d.csv", zipped(("d.csv", bytes(300 << 20))), says="unpacks to"),
    "an archive whose members share their bytes": inside("d/*.csv", file("d.zip", sharing(200, 20 << 20)), says="unpacks to"),
    "an archive whose members share a little": inside("d/*.csv", file("d.zip", sharing(20_000, 1_000))),
    "an archive of 100,000 names": inside("x", file("d.zip", of_names(100_000)), full=True),
    "an archive of names with escapes": inside("d", zipped(("d/\x1b[2J\u202e.csv", CSV_ROWS), ("\x1b]0;.csv", b"")), codes=(0, 3, 4)),
    "an archive with NUL in a name": inside("d.csv", zipped(("d.csv\0x", CSV_ROWS)), codes=(0, 3, 4)),
    "an archive that is a pipe": inside("d.csv", pipe("d.zip")),
    "an archive that is a device": inside("d.csv", link("d.zip", "/dev/zero")),
    "an archive that is the environment": inside("d.csv", link("d.zip", "/proc/self/environ")),
    "an archive of 10 GB": inside("d.csv", sparse("d.zip", 10 * GIB, b"PK\3\4")),
    "an archive in an archive": inside("zip://d.csv::d.zip", zipped(("d.zip", b"PK"))),
    "an archive of an archive": data('{Csv: {path: "zip://a.csv::zip://d.zip::d.zip", target: y}}', zipped(ROWS)),
    "an archive that is a folder": inside("d.csv", file("d.zip/x", b"")),
    "an archive whose list is elsewhere": inside("d.csv", zipped(ROWS, change=lambda made: made[:-6] + b"\xff\xff\xff\x7f\0\0")),
}  # fmt: skip

# Tar files

TAR = "{WebDataset: {path: d*.tar, features: {x: {shape: [4]}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"
TAR_OF_IMAGES = "{WebDataset: {path: d.tar, features: {x: {decode: image, image_size: [8, 8], key: png}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"
ARRAY = npy("<f4", (4,), bytes(16))


def member(name: str, size: int, kind: bytes = tarfile.REGTYPE, **more: Any) -> bytes:
    """The head of a member that claims to be so long."""
    found = tarfile.TarInfo(name)
    found.size, found.type = size, kind
    for key, value in more.items():
        setattr(found, key, value)
    return found.tobuf(more.get("format", tarfile.GNU_FORMAT), "utf-8", "surrogateescape")


def whole(name: str, content: bytes, **more: Any) -> bytes:
    return member(name, len(content), **more) + content.ljust(-(-len(content) // 512) * 512, b"\0")


def sample(name: str, array: bytes = ARRAY, label: bytes = b"1") -> bytes:
    return whole(f"{name}.x", array) + whole(f"{name}.y", label)


END = bytes(1024)
SAMPLES = sample("a") + sample("b", label=b"0")


def tar(*parts: bytes | Callable[[], bytes], source: str = TAR, **bound: Any) -> Case:
    def make() -> bytes:
        return b"".join(part if isinstance(part, bytes) else part() for part in parts) + END

    return converted(source, file("d.tar", make), **{"codes": (0, 3, 4), **bound})


def long(name: str, size: int, head: bytes) -> Case:
    """A tar file with a member of so many bytes of nothing, which takes no room; then it goes on as it should."""

    def make(place: Place) -> None:
        sparse("d.tar", len(head) + size, head)(place)
        with open(place.folder / "d.tar", "ab") as made:
            made.write((whole("a.y", b"1") if name == "x" else b"") + END)

    return converted(TAR if name != "png" else TAR_OF_IMAGES, make, codes=(3, 4), says="that it may have")


CLAIMED_ARRAY = npy("<f4", (1 << 40,), bytes(16))
TARS: dict[str, Case] = {
    "a tar file of two samples": tar(SAMPLES, codes=(0, 3)),
    "a tar file whose label has 10 GB": long("y", 10 * GIB, whole("a.x", ARRAY) + member("a.y", 10 * GIB)),
    "a tar file whose array has 10 GB": long("x", 10 * GIB, member("a.x", 10 * GIB)),
    "a tar file whose image has 10 GB": long("png", 10 * GIB, whole("a.y", b"1") + member("a.png", 10 * GIB)),
    "a tar file whose array claims a trillion numbers": tar(sample("a", CLAIMED_ARRAY) * 2, codes=(3, 4)),
    "a tar file whose array claims two billion": tar(sample("a", npy("<f4", (1 << 31,), bytes(16))), codes=(3, 4)),
    "a tar file whose array is a pickle": tar(sample("a", npy("|O", (4,), b"cos\nsystem\n(S'true'\ntR.")), codes=(3, 4)),
    "a tar file whose array is of texts": tar(sample("a", npy("<U1000000", (4,), b"")), codes=(3, 4)),
    "a tar file that claims 8 EB": tar(member("a.x", (1 << 63) - 1), codes=(3, 4)),
    "a tar file that claims less than nothing": tar(member("a.x", 0)[:124] + b"\xff" * 12 + member("a.x", 0)[136:], codes=(3, 4)),
    "a tar file with a name of 1 GB": tar(member("././@LongLink", GIB, b"L"), codes=(3, 4)),
    "a tar file with 20,000 long names": tar(whole("././@LongLink", b"n" * 60_000, kind=b"L") * 20_000, codes=(3, 4), full=True, seconds=3.0, megabytes=3_000),  # 1.2 GB of names
    "a tar file with heads of names that repeat": tar(whole("p", b"13 path=a.x\n\n" * 4_000, kind=b"x"), SAMPLES),
    "a tar file with a head of names of no length": tar(whole("p", b"0 path=a.x\n", kind=b"x"), SAMPLES, codes=(3, 4)),
    "a tar file with a head of a size of 5,000 digits": tar(whole("p", b"5012 size=" + b"9" * 5_000 + b"\n\n", kind=b"x"), SAMPLES, codes=(3, 4)),
    "a tar file with a length of 5,000 digits": tar(whole("p", b"9" * 5_000 + b" path=a\n", kind=b"x"), SAMPLES, codes=(3, 4)),
    "a tar file with a head that is no UTF-8": tar(whole("p", b"12 \xff\xfe=a.x\n\n", kind=b"x"), SAMPLES),
    "a tar file with a link": tar(member("a.x", 0, tarfile.SYMTYPE, linkname="/etc/passwd"), whole("a.y", b"1"), codes=(3, 4)),
    "a tar file with a link to itself": tar(member("a.x", 0, tarfile.LNKTYPE, linkname="a.x"), whole("a.y", b"1"), codes=(3, 4)),
    "a tar file with devices": tar(member("a.x", 0, tarfile.CHRTYPE, devmajor=1, devminor=5), member("b", 0, tarfile.FIFOTYPE), SAMPLES),
    "a tar file with names that lead up": tar(sample("../../outside/kept"), sample("/etc/passwd")),
    "a tar file with names of escapes": tar(sample("\x1b[2J\u202e"), whole("\x1b]0;x.y", b"1")),
    "a tar file of one sample ten times": tar(sample("a") * 10),
    "a tar file with a label of 5,000 digits": tar(sample("a", label=b"9" * 5_000), codes=(3, 4)),
    "a tar file with a label of the largest number": tar(sample("a", label=b"9223372036854775807"), sample("b")),
    "a tar file with a label of blanks": tar(sample("a", label=b" " * 1_000_000), codes=(3, 4)),
    "a tar file of 50,000 samples of one letter": tar(lambda: b"".join(sample(f"{n}") for n in range(50_000)), codes=(0, 3), full=True, seconds=3.0, megabytes=600),  # 100 MB, read twice
    "a tar file whose samples lack something": tar(lambda: b"".join(whole(f"{n}.x", ARRAY) for n in range(2_000)), codes=(3, 4)),
    "a tar file with endings without an end": tar(whole("a." + "." * 60 + "x", ARRAY), SAMPLES),
    "a tar file of images that claim to be larger": tar(whole("a.png", CLAIMS), whole("a.y", b"1"), source=TAR_OF_IMAGES, given="image", codes=(3, 4)),
    "a tar file of images that are programs": tar(whole("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n"), whole("a.y", b"1"), source=TAR_OF_IMAGES, given="image", codes=(3, 4)),
    "a tar file that is packed": data(TAR, file("d.tar", bomb(1 << 20, SAMPLES)), codes=(0,)),
    "a tar file that is a pipe": data(TAR, pipe("d.tar")),
    "a tar file that is a device": data(TAR, link("d.tar", "/dev/zero")),
    "a tar file that is the environment": data(TAR, link("d.tar", "/proc/self/environ")),
    "a tar file of 10 GB of nothing": converted(TAR, sparse("d.tar", 10 * GIB, SAMPLES), codes=(0,)),
    "3,000 tar files": data(TAR, lambda place: [file(f"d{n}.tar", sample(f"{n}") + END)(place) for n in range(3_000)], codes=(0, 3), full=True),
}  # fmt: skip

# Parquet whose cells are arrays

CELLS = "{Parquet: {path: d*.parquet, features: {x: {shape: [4]}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"
IMAGES = "{Parquet: {path: d.parquet, features: {x: {decode: image, image_size: [8, 8]}, y: {dtype: int64}}, inputs: [x], targets: [y]}}"


def cells(columns: Callable[[Any], Mapping[str, Any]], source: str = CELLS, **options: Any) -> Case:
    bound = {name: options.pop(name) for name in ("full", "seconds", "megabytes", "codes") if name in options}

    def make(place: Place) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table(dict(columns(pa))), place.folder / "d.parquet", **options)

    return converted(source, make, given="image" if source == IMAGES else "x", **{"codes": (0, 3, 4), **bound})


def rows(pa: Any, count: int = 8) -> dict[str, Any]:
    return {"x": [[1.0, 2.0, 3.0, 4.0]] * count, "y": [0, 1] * (count // 2)}


def runs(pa: Any, count: int) -> Any:
    """One number so many times, which takes no room in a file."""
    return pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int8(), count, [None, pa.py_buffer(bytes(count))]), [1]
    )


def claimed(count: int) -> Make:
    """The head of a file says that there are so many rows."""

    def make(place: Place) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        made = io.BytesIO()
        parquet.write_table(pa.table(rows(pa, 64)), made)
        content = made.getvalue()
        place.write("d.parquet", content.replace(b"\x80\x01", varint(count)[:2]))

    return make


def varint(value: int) -> bytes:
    value, made = value << 1, bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


PARQUET: dict[str, Case] = {
    "rows of arrays": cells(rows, codes=(0, 3)),
    "rows of many million labels": cells(lambda pa: {"x": pa.nulls(1 << 26, pa.list_(pa.float32())), "y": runs(pa, 1 << 26)}, codes=(3, 4), full=True),
    "rows of many million numbers in one": cells(lambda pa: {"x": pa.ListArray.from_arrays(pa.array([0, 1 << 26], pa.int32()), runs(pa, 1 << 26).dictionary_decode().cast(pa.float32())), "y": [1]}, codes=(3, 4), full=True),
    "rows without an array": cells(lambda pa: {"x": [None] * 8, "y": [0, 1] * 4}, codes=(3, 4)),
    "rows of arrays of several lengths": cells(lambda pa: {"x": [[1.0] * n for n in range(8)], "y": [0, 1] * 4}, codes=(3, 4)),
    "rows of an array of 100 MB": cells(lambda pa: {"x": [[0.0] * 4] * 7 + [[0.0] * 1_000_000], "y": [0, 1] * 4}),
    "rows of nests": cells(lambda pa: {"x": [[[[[[1.0]]]]]] * 8, "y": [0, 1] * 4}, codes=(3, 4)),
    "rows of texts as labels": cells(lambda pa: {**rows(pa), "y": ["a\x1b[2J"] * 8}, codes=(3, 4)),
    "rows of labels beyond all": cells(lambda pa: {**rows(pa), "y": pa.array([2**63] * 8, pa.uint64())}, codes=(0, 3, 4)),
    "rows of files by name": cells(lambda pa: {"x": [{"bytes": None, "path": "/etc/passwd"}] * 8, "y": [0, 1] * 4}, IMAGES, codes=(3, 4)),
    "rows of images that claim to be larger": cells(lambda pa: {"x": [CLAIMS] * 8, "y": [0, 1] * 4}, IMAGES, codes=(3, 4)),
    "rows of columns of escapes": cells(lambda pa: {"\x1b[2J\u202e": [1], "y": [1]}, codes=(3, 4)),
    "rows of 5,000 columns": cells(lambda pa: {f"c{n}": [1] for n in range(5_000)}, codes=(3, 4)),
    "rows in 1,000 groups": cells(lambda pa: rows(pa, 1_000), row_group_size=1, full=True),
    "rows of which the head claims more": data(CELLS, claimed(8_000), codes=(0, 3, 4)),
    "rows that are a pipe": data(CELLS, pipe("d.parquet")),
    "rows that are a device": data(CELLS, link("d.parquet", "/dev/zero")),
    "rows that are the environment": data(CELLS, link("d.parquet", "/proc/self/environ")),
    "rows of 10 GB of nothing": data(CELLS, sparse("d.parquet", 10 * GIB, b"PAR1")),
    "rows of a head of 2 GB": data(CELLS, file("d.parquet", b"PAR1" + bytes(64) + b"\xf0\xff\xff\x7fPAR1")),
}  # fmt: skip

# Tokenizers of a file

WORDS = {"a": 0, "b": 1, "[UNK]": 2}
TOKENIZER: dict[str, Any] = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
    "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": WORDS},
}  # fmt: skip
LETTERS = "a" * 40 + "!"


def tokenizer(content: Any, texts: str = LETTERS, *makes: Make, **bound: Any) -> Case:
    """Texts that are cut by a tokenizer, which is made when the case is run where it is a function."""

    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        if not makes:
            made = content() if callable(content) else content
            place.write("t.json", made if isinstance(made, str | bytes) else json.dumps({**TOKENIZER, **made}))
        place.write("d.tsv", f"0\t{texts}\n1\t{texts} b\n" * 4)
        text = (
            "nnspec: 1\ninputs: {text: {shape: [8], dtype: int32}}\nlayers: [{Embedding: {input_dim: $data.vocabulary_size, "
            "output_dim: 2}}, GlobalAveragePooling1D, {Dense: {units: 2, activation: softmax}}]\n"
            "data: {source: {Text: {path: d.tsv, tokenizer: t.json, length: 8}}}\n"
            "train: {loss: SparseCategoricalCrossentropy}\n"
        )
        place.write("spec.yaml", text)
        return [["check", "spec.yaml"]]

    return Case(make, **{"codes": (0, 3, 4), **bound})


def pattern(text: str, part: str = "pre_tokenizer", **more: Any) -> dict[str, Any]:
    if part == "normalizer":
        return {"normalizer": {"type": "Replace", "pattern": {"Regex": text}, "content": "x", **more}}
    return {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": text}, "behavior": "Isolated", "invert": False}}


def nested(depth: int, kind: str = "Sequence", key: str = "pretokenizers") -> str:
    return json.dumps(TOKENIZER).replace(
        json.dumps(TOKENIZER["pre_tokenizer"]),
        f'{{"type": "{kind}", "{key}": [' * depth + '{"type": "Whitespace"}' + "]}" * depth,
    )


BPE = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False}  # fmt: skip
TOKENIZERS: dict[str, Case] = {
    "a tokenizer": tokenizer({}, codes=(0, 3)),
    "a tokenizer of nothing": tokenizer(""),
    "a tokenizer that is no text": tokenizer(bytes(range(256))),
    "a tokenizer of brackets": tokenizer("[" * 100_000),
    "a tokenizer of null": tokenizer("null"),
    "a tokenizer without a model": tokenizer({"model": None}),
    "a tokenizer of no version": tokenizer({"version": "9.9"}),
    "a tokenizer of words that are no numbers": tokenizer({"model": {**TOKENIZER["model"], "vocab": {"a": -1, "b": 1e99}}}),
    "a tokenizer of words of one number": tokenizer({"model": {**TOKENIZER["model"], "vocab": {"a": 0, "b": 0, "[UNK]": 0}}}),
    "a tokenizer of words of large numbers": tokenizer({"model": {**TOKENIZER["model"], "vocab": {"a": 0, "b": 4294967295, "[UNK]": 2}}}),
    "a tokenizer without its unknown": tokenizer({"model": {**TOKENIZER["model"], "unk_token": "zz"}}),
    "a tokenizer of escapes": tokenizer({"model": {**TOKENIZER["model"], "vocab": {"\x1b[2J\u202e": 0, "[UNK]": 1}}}, "\x1b[2J"),
    "a tokenizer of very long words": tokenizer(lambda: {"model": {**TOKENIZER["model"], "vocab": {"a" * 1_000_000: 0, "[UNK]": 1}}}),
    "a tokenizer of words without an end": tokenizer({"model": {**TOKENIZER["model"], "max_input_chars_per_word": 1 << 62}}, "a" * 20_000),
    "a tokenizer of merges of nobody": tokenizer({"model": {**BPE, "vocab": WORDS, "merges": [["x", "y"]]}}),
    "a tokenizer of merges in circles": tokenizer({"model": {**BPE, "vocab": {"a": 0, "aa": 1, "aaa": 2}, "merges": [["a", "a"], ["aa", "a"], ["a", "aa"]]}}),
    "a tokenizer that leaves all out": tokenizer({"model": {**BPE, "vocab": {}, "merges": []}}),
    "a tokenizer of a pattern without an end": tokenizer(pattern("(a+)+$"), says="error"),
    "a tokenizer of a pattern without an end before": tokenizer(pattern("(a|a)*$", "normalizer"), says="error"),
    "a tokenizer of a pattern that looks back": tokenizer(pattern(r"(a*)*\1b")),
    "a tokenizer of a pattern that is none": tokenizer(pattern("((((")),
    "a tokenizer of a pattern of 100,000 letters": tokenizer(lambda: pattern("a?" * 50_000)),
    "a tokenizer of a pattern of many times": tokenizer(pattern("((a{1,1000}){1,1000}){1,1000}")),
    "a tokenizer that makes texts longer": tokenizer(lambda: {"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1_000_000}}),
    "a tokenizer that makes texts longer and longer": tokenizer({"normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}] * 40}}),
    "a tokenizer that puts 100 MB before": tokenizer(lambda: {"normalizer": {"type": "Prepend", "prepend": "a" * 100_000_000}}, full=True, seconds=2.0, megabytes=1_000),  # 100 MB of JSON
    "a tokenizer of words that are tried without an end": tokenizer({"model": {**TOKENIZER["model"], "max_input_chars_per_word": 1 << 62, "vocab": {"a": 0, "##a": 1, "[UNK]": 2}}}, "a" * 20_000),
    "a tokenizer of a long word": tokenizer({"model": {**TOKENIZER["model"], "max_input_chars_per_word": 1_000, "vocab": {"a": 0, "##a": 1, "[UNK]": 2}}}, "a" * 1_000),
    "a tokenizer of a long beginning": tokenizer(lambda: {"model": {**TOKENIZER["model"], "continuing_subword_prefix": "#" * 1_000_000}}),
    "a tokenizer that cuts after no letters": tokenizer({"pre_tokenizer": {"type": "FixedLength", "length": 0}}),
    "a tokenizer that cuts after very many": tokenizer({"pre_tokenizer": {"type": "FixedLength", "length": 1 << 63}}),
    "a tokenizer that strips without an end": tokenizer({"decoder": {"type": "Strip", "content": "a", "start": 1 << 62, "stop": 1 << 62}}),
    "a tokenizer of an empty pattern": tokenizer(pattern("")),
    "a tokenizer of an empty text": tokenizer({"normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": "x"}}),
    "a tokenizer in a tokenizer, 100 times": tokenizer(nested(100)),
    "a tokenizer in a tokenizer, 5,000 times": tokenizer(nested(5_000)),
    "a tokenizer of 5,000 steps": tokenizer({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}] * 5_000}}),
    "a tokenizer of a step of nobody": tokenizer({"pre_tokenizer": {"type": "os.system"}}),
    "a tokenizer of a step with code": tokenizer({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA" * 1_000}}),
    "a tokenizer of a charsmap that lies": tokenizer({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////wAAAAA="}}),
    "a tokenizer of a charsmap of noise": tokenizer({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "CAAAAAECAwQFBgcIYQBi"}}),
    "a tokenizer of chances": tokenizer({"model": {"type": "Unigram", "unk_id": 7, "vocab": [["a", -1.0]], "byte_fallback": False}}),
    "a tokenizer of chances that are no number": tokenizer(json.dumps({**TOKENIZER, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", "nan"]], "byte_fallback": False}})),
    "a tokenizer of large chances": tokenizer({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["[UNK]", 1e308], ["a", -1e308]], "byte_fallback": True}}),
    "a tokenizer of a token that goes on": tokenizer({"added_tokens": [{"id": 1 << 31, "content": "a", "single_word": False, "lstrip": True, "rstrip": True, "normalized": True, "special": True}]}),
    "a tokenizer of an empty token": tokenizer({"added_tokens": [{"id": 3, "content": "", "single_word": False, "lstrip": True, "rstrip": True, "normalized": True, "special": True}]}),
    "a tokenizer that is a pipe": tokenizer({}, LETTERS, pipe("t.json")),
    "a tokenizer that is a device": tokenizer({}, LETTERS, link("t.json", "/dev/zero")),
    "a tokenizer that is the environment": tokenizer({}, LETTERS, link("t.json", "/proc/self/environ")),
    "a tokenizer of 10 GB": tokenizer({}, LETTERS, sparse("t.json", 10 * GIB, b"{}")),
    "a tokenizer that is a secret": tokenizer({}, LETTERS, link("t.json", "/etc/shadow")),
}  # fmt: skip

CASES: dict[str, Case] = {**ZIPS, **TARS, **PARQUET, **TOKENIZERS}
