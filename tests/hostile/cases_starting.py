"""`nnspec new --data` on what strangers have: it looks by itself, and what it writes is a spec that `check` takes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from cases_data import CLAIMS, GIB, Make, bomb, changed, columns, file, link, many_members, npy, npz, pipe, png, sparse
from cases_sounds import SOUND, of
from cases_tables import claimed
from harness import Case, Command, Place


def begun(*makes: Make, data: str = "d", **bound: Any) -> Case:
    """A first spec for what `makes` put into their place; where there is one, it is checked."""

    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        return [["new", "made.yaml", "--data", data.replace("OUTSIDE", str(place.outside))]]

    return Case(make, **{"codes": (0, 1, 2, 4), **bound})


def sound(*makes: Make, data: str = "d", **bound: Any) -> Case:
    """Data with names that are odd, of which a spec is made that reads them."""

    def make(place: Place) -> Sequence[Command]:
        return [*begun(*makes, data=data).make(place), ["check", "made.yaml"]]

    return Case(make, **{"codes": (0,), **bound})


def table(*names: str) -> Make:
    """A table of numbers under these names, and of two classes."""
    head = ",".join('"' + name.replace('"', '""') + '"' for name in (*names, "y"))
    rows = "".join(f"{','.join(f'{number * 7 % 11}.5' for _ in names)},{'ab'[number % 2]}\n" for number in range(40))
    return file("d.csv", f"{head}\n{rows}".encode("utf-8", "surrogateescape"))


def classes(*names: str) -> Make:
    """Folders of pictures."""

    def make(place: Place) -> None:
        for name in names:
            for number in range(6):
                place.write(f"d/{name}/{number}.png", png(8))

    return make


def files(count: int, ending: str = ".png", content: bytes = b"") -> Make:
    def make(place: Place) -> None:
        for number in range(count):
            place.write(f"d/{'ab'[number % 2]}/{number}{ending}", content)

    return make


def in_circles(place: Place) -> None:
    for number in range(12):
        (place.folder / "d" / str(number)).mkdir(parents=True)
        for other in range(12):
            (place.folder / "d" / str(number) / f"to{other}").symlink_to(place.folder / "d" / str(other))


def deep(place: Place) -> None:
    os.makedirs(place.folder / ("d/" * 700))


NAMES = (
    "$(1 + 1)",
    "${HOME}",
    "a: {b",
    "- c",
    "&d",
    "*e",
    "!!python/object:os.system",
    "# f",
    "g\th",
    "\u202ei",
    '"j"',
    "'k'",
)
NAMED = (
    "$(1 + 1)",
    "$data",
    "a: {b",
    "- c",
    "&d",
    "!e",
    "# f",
    "\u202eg",
    '"h"',
    "'i'",
    "{j",
    "[k",
    "null",
    "1e5",
    "~",
)

CASES: dict[str, Case] = {
    "nothing": begun(),
    "a pipe": begun(pipe("d")),
    "a device": begun(link("d", "/dev/zero")),
    "the terminal": begun(data="/dev/tty"),
    "standard input": begun(data="/dev/stdin"),
    "the environment": begun(data="/proc/self/environ"),
    "what the system says": begun(data="/proc"),
    "the whole machine": begun(data="/"),
    "the machine's programs": begun(data="/usr"),
    "the machine's devices": begun(data="/dev"),
    "a password file": begun(data="/etc/passwd"),
    "a file elsewhere": begun(data="OUTSIDE/kept.txt"),
    "a link to itself": begun(link("d", "d")),
    "folders in circles": begun(in_circles),
    "folders within folders": begun(deep),
    "an empty folder": begun(lambda place: (place.folder / "d").mkdir()),
    "a folder of pipes": begun(pipe("d/a/1.png"), pipe("d/b/1.png"), pipe("d/a/1.wav"), pipe("d/b/1.txt")),
    "a folder of devices": begun(link("d/a/1.png", "/dev/zero"), link("d/b/1.png", "/dev/urandom")),
    "a folder of secrets": begun(link("d/a/1.txt", "/proc/self/environ"), link("d/b/1.txt", "/proc/1/environ")),
    "20,000 files of nothing": begun(files(20_000), full=True),
    "20,000 sounds of nothing": begun(files(20_000, ".wav"), full=True),
    "100,000 files of nothing": begun(files(100_000), full=True, seconds=2.0, megabytes=300),  # 30 µs for each
    "20,000 texts": begun(files(20_000, ".txt", b"a b"), full=True, seconds=2.0),  # each is read
    "100,000 other files": begun(files(100_000, ".x"), full=True, seconds=2.0, megabytes=300),  # 30 µs for each
    "pipes deep down": begun(*(pipe(f"{'d/' * depth}p.png") for depth in range(2, 60))),
    "links in circles deep down": begun(lambda place: [link(f"{'d/' * depth}up", "../..")(place) for depth in range(2, 60)]),
    "5,000 classes": begun(lambda place: [file(f"d/c{n}/1.png", png(8))(place) for n in range(5_000)], full=True),
    "pictures that claim to be larger": begun(file("d/a/1.png", CLAIMS), file("d/b/1.png", CLAIMS)),
    "pictures of programs": begun(file("d/a/1.png", b"%!PS-Adobe-3.0 EPSF-3.0\n"), file("d/b/1.png", b"%PDF-1.4\n")),
    "sounds that lie": begun(file("d/a/1.wav", of(rate=2**32 - 1, align=0)), file("d/b/1.wav", of(channels=65_535))),
    "sounds of 10 GB": begun(sparse("d/a/1.wav", 10 * GIB, SOUND), sparse("d/b/1.wav", 10 * GIB, SOUND)),
    "texts of 10 GB": begun(sparse("d/a/1.txt", 10 * GIB, b"a b"), sparse("d/b/1.txt", 10 * GIB, b"a b")),
    "a table of 100,000 columns": begun(file("d.csv", columns(100_000, "1")), data="d.csv"),
    "a table of one line of 100 MB": begun(file("d.csv", lambda: b"a,y\n" + b"1" * 100_000_000 + b",0\n"), data="d.csv"),
    "a table of 10 GB of nothing": begun(sparse("d.csv", 10 * GIB, b"a,y\n1,0\n"), data="d.csv"),
    "a table of quotes": begun(file("d.csv", lambda: b"a,y\n" + b'"' * 20_000_000), data="d.csv"),
    "a table that is no text": begun(file("d.csv", bytes(range(256)) * 400), data="d.csv"),
    "a gzip bomb": begun(file("d.csv.gz", bomb(512 << 20, b"a,y\n1,0\n")), data="d.csv.gz", full=True),
    "a trillion rows of nothing": begun(claimed, data="d.arrow"),
    "lines of deep mappings": begun(file("d.jsonl", b'{"a":' * 100_000 + b"1" + b"}" * 100_000), data="d.jsonl"),
    "texts of one line of 50 MB": begun(file("d.txt", lambda: b"a" * 50_000_000), data="d.txt"),
    "tags without end": begun(file("d.conll", lambda: b"a B-X\n" * 2_000_000), data="d.conll"),
    "series that lie": begun(file("d.ts", b"@equalLength true\n@seriesLength " + b"9" * 5_000 + b"\n@data\n1:a\n"), data="d.ts"),
    "arrays of a trillion rows": begun(npz(npy("<f4", (10**12, 4)), npy("<i4", (10**12,))), data="d.npz"),
    "arrays of a size that is a lie": begun(changed(24, 0xF0, 0xFF, 0xFF, 0x7F), data="d.npz"),
    "arrays of many members": begun(many_members, data="d.npz"),
    "arrays of code": begun(npz(npy("|O", (4, 4), b"cos\nsystem\n(S'touch pwned'\ntR.")), data="d.npz"),
    "arrays that lead out": begun(file("d/x.npy", npy("<f4", (4, 4), bytes(64))), link("d/y.npy", "/dev/zero")),
    "IDX of 10²⁸ numbers": begun(file("d/train-images-idx3-ubyte", b"\0\0\x08\x03" + b"\xff" * 12), file("d/train-labels-idx1-ubyte", b"\0\0\x08\x01" + b"\xff" * 4)),
    "an address": begun(data="http://127.0.0.1:9/d.csv"),
    "a bucket": begun(data="gs://nobody/d.csv"),
    "a long name": begun(data="d" * 5_000),
    "a name with escapes": begun(data="d\x1b[2J\u202e"),
    "a file in the place of the spec": begun(table("a"), file("made.yaml", b"mine"), data="d.csv", codes=(2,), says="exists already"),
    **{f"a column called {json.dumps(name)}": sound(table(name), data="d.csv") for name in NAMES},
    **{f"a class called {json.dumps(name)}": sound(classes("plain", name)) for name in NAMED},
    "a folder with escapes": sound(table("a"), lambda place: (place.folder / "\x1b[2J: {").mkdir(), lambda place: (place.folder / "d.csv").rename(place.folder / "\x1b[2J: {/$(1).csv"), data="\x1b[2J: {/$(1).csv"),
}  # fmt: skip
