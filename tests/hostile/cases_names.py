"""Names and paths of strangers: of Windows, of the environment, without an end, that only look alike; odd pictures."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from cases_data import TABLE, Make, chunk, data, file, images, link, png, sparse
from cases_starting import classes, sound
from cases_trained import run
from harness import Case, Command, Place

PATHS = {
    "of the environment": "$HOME/d.csv",
    "of the environment in braces": "${HOME}/d.csv",
    "of the environment of Windows": "%USERPROFILE%\\\\d.csv",
    "of one's home": "~/d.csv",
    "of another's home": "~root/.bashrc",
    "of a share of Windows": "\\\\\\\\server\\\\share\\\\d.csv",
    "of a device of Windows": "CON",
    "of a device of Windows with an ending": "aux.csv",
    "of a stream of Windows": "d.csv:stream",
    "with a command": "d.csv; touch ../outside/owned",
    "with a command within": "$(touch ../outside/owned).csv",
    "with quotes of a shell": "`touch ../outside/owned`.csv",
    "of an option": "--help",
    "of one file": "file:///etc/passwd",
    "of data": "data:text/csv,x,y",
    "of a pipe": "|touch ../outside/owned",
    "of 300 folders": "a/" * 300 + "d.csv",
    "of 2,000 folders up": "../" * 2_000 + "etc/passwd",
    "that is turned around": "\\u202evsc.d",
    "of a line": "d\\n.csv",
    "of marks that stack": "d" + "\\u0301" * 2_000 + ".csv",
}
# Two classes that look like one, to a reader or to a file system.
ALIKE = {
    "of one form and another": ("caf\u00e9", "cafe\u0301"),
    "of a letter of another script": ("a", "\u0430"),
    "of what is not seen": ("a", "a\u200b"),
    "of large and small letters": ("Class", "class"),
    "of Windows": ("con", "aux", "nul.txt", "com1"),
    "of points and blanks at the end": ("a.", "a ", "a"),
    "of a mark that turns around": ("a\u202eb", "ab\u2066"),
    "of 250 letters": ("a" * 250, "b" * 250),
    "of an emoji of many parts": ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468"),
}
OF_PYTHON = "{Csv: {path: PATH, target: y}}"


def at(path: str, *makes: Make) -> Case:
    return data(OF_PYTHON.replace("PATH", f'"{path}"'), *makes, codes=(0, 3, 4))


def tiff(*tags: tuple[int, int, int, int], more: bytes = b"") -> bytes:
    """A TIFF of tags: number, type, count and value."""
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *one) for one in tags)
        + bytes(4)
        + more
    )


def frames(count: int) -> bytes:
    """A GIF of so many pictures."""
    one = b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + b"\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + bytes(6) + one * count + b";"


FOLDED = zlib.compress(bytes(64 << 20))
SQUARE = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (277, 3, 1, 1), (278, 4, 1, 8)]
PICTURES: dict[str, bytes] = {
    "a TIFF of 16 EB": tiff((256, 4, 1, 2**32 - 1), (257, 4, 1, 2**32 - 1), (258, 3, 1, 8), (273, 4, 1, 8)),
    "a TIFF of tags in a circle": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "a TIFF of a tag without an end": tiff((256, 4, 2**32 - 1, 8), (257, 4, 1, 8)),
    "a TIFF of folded zeros": tiff(*SQUARE, (259, 3, 1, 8), (273, 4, 1, 200), (279, 4, 1, len(FOLDED)), more=bytes(92) + FOLDED),
    "a TIFF of strips elsewhere": tiff(*SQUARE, (259, 3, 1, 1), (273, 4, 1, 2**31), (279, 4, 1, 2**31)),
    "a GIF of 65,535 a side": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b"\x2c" + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x08\xff" + bytes(255) + b"\0;",
    "a GIF of 100,000 pictures": frames(100_000),
    "a GIF of remarks": b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0, 0, 0) + (b"\x21\xfe\xff" + b"a" * 255 + b"\0") * 20_000 + b";",
    "an ICO": b"\0\0\1\0\1\0\0\0\0\0\1\0\x20\0\xff\xff\xff\x7f\x16\0\0\0" + bytes(64),
    "a BMP of 2³¹ a side": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 2**31 - 1, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0),
    "a WEBP of a size that lies": b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6,
    "a JPEG of 65,535 a side": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda" + bytes(100),
    "a JPEG of heads": b"\xff\xd8" + b"\xff\xe1\xff\xff" + bytes(65_533) * 3 + b"\xff\xd9",
    "a PNG of 100,000 chunks": png(8, *[chunk(b"tEXt", b"a\0b")] * 100_000),
    "a PNG of a chunk of 2 GB": png(8, b"\x7f\xff\xff\xfftEXt"),
    "a drawing of code": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "a font": b"\0\1\0\0" + bytes(1_000),
    "a picture of another program": b"8BPS\0\1" + bytes(6) + b"\0\3\xff\xff\xff\xff\xff\xff\xff\xff",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(500),
    "a film": b"\0\0\0\x18ftypmp42" + bytes(500),
}  # fmt: skip
SERIES: dict[str, bytes] = {
    "escapes as labels": b"@classLabel true \x1b[2J \xe2\x80\xae\n@data\n1,2,3,4:\x1b[2J\n2,3,4,5:\xe2\x80\xae\n",
    "labels twice": b"@classLabel true" + b" a" * 100_000 + b"\n@data\n1,2,3,4:a\n",
    "heads alone": b"@problemName a\n" * 200_000,
    "dimensions that lie": b"@dimensions 99999999999\n@classLabel true a b\n@data\n1,2,3,4:a\n",
    "times without an end": b"@timestamps true\n@classLabel true a b\n@data\n" + b"(" * 100_000 + b"\n",
}
ENCODED = {"in a code that runs": "rot13", "in a code of Python's": "unicode_escape", "in a code of bytes": "uu", "in a code of names": "idna", "in UTF-7": "utf-7"}  # fmt: skip
LABELLED = TABLE + '7,"\x1b]8;;http://127.0.0.1/\x07x\x1b]8;;\x07"\n8,"\u202e\u2066\u200f"\n'.encode()


def linked_in_a_row(count: int) -> Make:
    """A link to a link and so on, more than a system follows."""

    def make(place: Place) -> None:
        place.write("l0.csv", TABLE)
        for number in range(1, count):
            link(f"l{number}.csv", f"l{number - 1}.csv")(place)

    return make


def tracked(*addresses: str) -> Case:
    """A tracker whose server is named by files of the folder alone, which count for nothing."""

    def change(place: Place, folder: Any) -> None:
        for name in (".env", "mlflow.env", ".mlflow/credentials", "MLproject"):
            place.write(name, "".join(f"MLFLOW_TRACKING_URI={one}\n" for one in addresses))

    def make(place: Place) -> Sequence[Command]:
        return run(change, ("evaluate", "spec.yaml", "--run", "run")).make(place)

    return Case(make, codes=(0, 1), tf=True, workers=True, full=True, megabytes=700)


MIRRORS = {
    "a file": "file:///etc",
    "a folder": "../outside",
    "an address": "http://127.0.0.1:9/x",
    "a protocol of nobody": "abc://x/y",
    "a shell": "ssh://-oProxyCommand=touch/x",
    "memory": "memory://x",
    "one within another": "simplecache::file:///etc",
    "escapes": "s3://\x1b[2J\u202e/x",
    "nothing": "",
    "a bucket of a long name": "s3://" + "b" * 100_000 + "/x",
    "a bucket without consent": "s3://nobody/x",
    "a way up": "s3://nobody/../../x",
}


def mirrored(address: str) -> Case:
    train = ("train", "spec.yaml", "--run", "other", "--mirror", address)
    return run(lambda place, folder: None, train, ("evaluate", "spec.yaml", "--run", address), codes=(1, 2, 3, 4), full=True, megabytes=700)  # fmt: skip


# Inputs and outputs whose names would be code in each language that a bundle has.
GIVEN = ('a"]; import os #`<b>', "gr\u00f6\u00dfe\u202e")
MADE = ('_"); exit(0); //', "${x}\\n'")
BUNDLED = f"""nnspec: 1
name: net
inputs: {{{json.dumps(GIVEN[0])}: [1], {json.dumps(GIVEN[1])}: [1]}}
layers: [{{Concatenate: {{}}, from: {json.dumps(GIVEN)}, name: both}}, {{Dense: 1, name: d}}, {{Dense: 1, from: both, name: e}}]
outputs: {{{json.dumps(MADE[0])}: d, {json.dumps(MADE[1])}: e}}
data:
  source:
    Table:
      path: table.csv
      inputs: {{{json.dumps(GIVEN[0])}: {{column: x1}}, {json.dumps(GIVEN[1])}: {{column: x2}}}}
      targets: {{{json.dumps(MADE[0])}: {{column: y, type: number}}, {json.dumps(MADE[1])}: {{column: x2, type: number}}}}
  batch_size: 4
train: {{epochs: 1, loss: MeanSquaredError}}
export: [TFLite]
"""


def bundled() -> Case:
    def make(place: Place) -> Sequence[Command]:
        export = ("export", "spec.yaml", "--run", "run", "--bundle")
        made = place.folder / "run/export/net.bundle"
        whole = run(lambda place, folder: None, export, ("verify", str(made)), ("to-python", "spec.yaml"), text=BUNDLED)
        return [*whole.make(place), ["call", "generated_files:bundle", str(made)]]

    return Case(
        make, codes=(0,), tf=True, workers=True, full=True, seconds=4.0, megabytes=900
    )  # an export, and its file is run in another process


CASES: dict[str, Case] = {
    **{f"a path {name}": at(path) for name, path in PATHS.items()},
    "a path of 60 links in a row": at("l59.csv", linked_in_a_row(60)),
    "a path of links that lead to each other": at("a.csv", link("a.csv", "b.csv"), link("b.csv", "a.csv")),
    "a path of a folder that leads to itself": at("a/a/a/a/d.csv", link("a", "."), file("d.csv", TABLE)),
    **{f"classes {name}": sound(classes(*names)) for name, names in ALIKE.items()},
    "labels of links and marks": data(OF_PYTHON.replace("PATH", "d.csv"), file("d.csv", LABELLED), codes=(0, 3, 4)),
    **{f"a table {name}": data(f"{{Csv: {{path: d.csv, target: y, encoding: {code}}}}}", file("d.csv", TABLE), codes=(0, 3, 4)) for name, code in ENCODED.items()},
    **{name: images(file("d/a/1.png", content)) for name, content in PICTURES.items()},
    "a picture of 10 GB that begins well": images(sparse("d/a/1.png", 10 << 30, png(8))),
    "a name of 200 marks": images(file(f"d/a/{'e' + chr(0x301) * 60}.png", png(8))),
    **{f"series: {name}": data("{TimeSeries: d.ts}", file("d.ts", content), codes=(0, 3, 4)) for name, content in SERIES.items()},
    **{f"mirrored at {name}": mirrored(address) for name, address in MIRRORS.items()},
    "a bundle of names of code": bundled(),
    "a tracker that files name": tracked("http://127.0.0.1:9", json.dumps("\x1b[2J")),
}  # fmt: skip
