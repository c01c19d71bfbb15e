"""What `predict` is given by strangers: files, folders and names in the place of inputs, for a run that is sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cases_data import GIB, Make, columns, file, link, npy, npz, pipe, sparse
from cases_trained import run
from harness import Case, Place

HEAD = b"x1,x2\n"


def given(name: str, *makes: Make, more: tuple[str, ...] = ()) -> Case:
    def change(place: Place, folder: Path) -> None:
        for one in makes:
            one(place)

    return run(change, ("predict", "spec.yaml", name, "--run", "run", *more), codes=(0, 1, 2, 3, 4))


def table(content: bytes | Callable[[], bytes]) -> Case:
    return given("t.csv", file("t.csv", content))


def link_out(name: str) -> Make:
    return lambda place: (place.folder / name).symlink_to(place.outside)


CASES: dict[str, Case] = {
    "a pipe": given("p.csv", pipe("p.csv")),
    "a device": given("/dev/zero"),
    "a device that is called a table": given("z.csv", link("z.csv", "/dev/zero")),
    "standard input": given("/dev/stdin"),
    "the environment": given("/proc/self/environ"),
    "the environment that is called a table": given("e.csv", link("e.csv", "/proc/self/environ")),
    "a folder": given("d", file("d/a.csv", b"x1,x2\n1,2\n")),
    "the machine": given("/"),
    "an address": given("http://127.0.0.1:9/a.csv"),
    "a name with escapes": given("\x1b[2J\u202e.csv", file("\x1b[2J\u202e.csv", b"x1,x2\n1,\x1b[2J\n")),
    "a long name": given("a" * 5_000 + ".csv"),
    "a link to itself": given("l.csv", link("l.csv", "l.csv")),
    "a table of nothing": table(b""),
    "a table of a head": table(HEAD),
    "a table of 100,000 columns": table(columns(100_000, "1")),
    "a table of one line of 50 MB": table(lambda: HEAD + b"1" * 50_000_000 + b",2\n"),
    "a table of 10 GB of nothing": given("t.csv", sparse("t.csv", 10 * GIB, HEAD + b"1,2\n")),
    "a table of numbers that nothing holds": table(HEAD + b"1e999,nan\n-1e999,0x1\n"),
    "a table that is no text": table(bytes(range(256)) * 100),
    "a table of quotes": table(lambda: HEAD + b'"' * 20_000_000),
    "an array of code": given("a.npy", file("a.npy", npy("|O", (1, 2), b"cos\nsystem\n(S'touch pwned'\ntR."))),
    "an array of a trillion rows": given("a.npy", file("a.npy", npy("<f4", (10**12, 2)))),
    "an archive of a trillion rows": given("d.npz", npz(npy("<f4", (10**12, 2)), npy("<i4", (10**12,)))),
    "drawings into a link": given("rows.csv", link_out("out"), more=("--draw", "out")),
    "drawings into a file": given("rows.csv", file("out", b""), more=("--draw", "out")),
    "an answer into a pipe": given("rows.csv", pipe("out.csv"), more=("-o", "out.csv")),
}  # fmt: skip
CASES = {name: replace(case, full=True) for name, case in CASES.items()}
