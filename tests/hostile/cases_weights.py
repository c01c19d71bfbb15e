"""The weights in `.keras` files of strangers: HDF5 that ends the library, never ends, or leads elsewhere, by command."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cases_trained import EVALUATE, EXPORT, PREDICT, Change, rewritten, run
from harness import Case, Place

ENDING = zlib.decompress(Path(__file__).with_name("ends_the_library.h5.z").read_bytes())
ENDLESS = (Path(__file__).parents[1] / "fuzz/found/hdf5-heap-of-texts-without-an-end").read_bytes()
BROKEN = (1, 3, 4)


def holding(content: bytes) -> Change:
    """The run's model with other bytes for its weights."""
    return rewritten(**{"model.weights.h5": content})


def copied(place: Place, folder: Path) -> None:
    holding(ENDING)(place, folder)
    (folder / "best.keras").rename(place.folder / "m.keras")


def of_it(*command: str, text: Callable[[str], str] = str, **bound: Any) -> Case:
    """A command on the file itself; the spec beside it is another text."""

    def change(place: Place, folder: Path) -> None:
        copied(place, folder)
        spec = place.folder / "spec.yaml"
        spec.write_text(text(spec.read_text()))

    return run(change, command, **{"codes": BROKEN, "says": "damaged", **bound})


def changed(change: Callable[[Any], object]) -> Change:
    return rewritten(weights=lambda file, place: change(file))


def first(file: Any) -> Any:
    """The first group of a layer's arrays."""
    found: list[Any] = []
    file.visititems(lambda name, item: found.append(item.parent) if hasattr(item, "shape") else None)
    return found[0]


def of_type(dtype: Any, values: Any) -> Callable[[Any], object]:
    def change(file: Any) -> None:
        group = first(file)
        del group["0"]
        group.create_dataset("0", data=values, dtype=dtype)

    return change


def in_a_circle(file: Any) -> None:
    group = first(file)
    group["up"] = file["/"]
    for number in range(50):
        file[f"again{number}"] = group


def many_groups(file: Any) -> None:
    group = file.create_group("many")
    for number in range(20_000):
        group.create_group(f"g{number}")


def deep_groups(file: Any) -> None:
    group = file
    for _ in range(2_000):
        group = group.create_group("g")


def marked(name: str, value: Any, dtype: Any = None) -> Callable[[Any], object]:
    return lambda file: first(file)["0"].attrs.create(name, value, dtype=dtype)


def text_of_any_length() -> Any:
    import h5py

    return h5py.string_dtype()


def packed(file: Any) -> None:
    """60 MB of zeros in some kilobytes, for two numbers."""
    first(file).create_dataset("1000", (15_000_000,), "f4", chunks=(1_000_000,), compression="gzip", fillvalue=1)[:] = 0


def filters(file: Any) -> None:
    """An array that only a library which is loaded from elsewhere could unpack."""
    from h5py import h5d, h5p, h5s, h5t

    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk((2,))
    plist.set_filter(305, 1)  # of nobody's; optional, or it could not be written
    h5d.create(first(file).id, b"1001", h5t.IEEE_F32LE, h5s.create_simple((2,)), plist)


CHANGES: Mapping[str, Callable[[Any], object]] = {
    "groups in a circle": in_a_circle,
    "20,000 groups": many_groups,
    "2,000 groups within each other": deep_groups,
    "an array of texts": lambda file: of_type(text_of_any_length(), [["a" * 1000], ["\x1b[2J"]])(file),
    "an array of records": of_type([("a", "f4"), ("b", "S4")], [(1, b"x"), (2, b"y")]),
    "an array of nothing": of_type("f4", []),
    "a mark of 60 kB": marked("dtype", "b" * 60_000),
    "a mark that is an array": marked("dtype", [[1.0] * 1000]),
    "a mark of escapes": marked("dtype", "\x1b[2J\u202e"),
    "a mark of another type": marked("dtype", "bfloat16"),
    "60 MB in kilobytes": packed,
    "an array of an unknown filter": filters,
    "no groups": lambda file: file.clear(),
    "names with escapes": lambda file: file.create_group("\x1b[2J\u202e"),
}
CONTENTS: Mapping[str, bytes] = {
    "nothing": b"",
    "noise": b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 64,
    "a heap without an end": ENDLESS,
    "what ends the library": ENDING,
    "half of what ends the library": ENDING[: len(ENDING) // 2],
    "ones": b"\x89HDF\r\n\x1a\n" + b"\xff" * 4096,
}
SAYS_DAMAGED = ("a heap without an end", "what ends the library")
CASES: dict[str, Case] = {
    **{
        f"weights: {name}": run(holding(content), codes=BROKEN, says="damaged" if name in SAYS_DAMAGED else ())
        for name, content in CONTENTS.items()
    },
    **{f"weights: {name}": run(changed(change), EVALUATE) for name, change in CHANGES.items()},
    "weights that end the library, evaluated": run(holding(ENDING), EVALUATE, codes=BROKEN, says="damaged"),
    "weights that end the library, predicted": run(holding(ENDING), PREDICT, codes=BROKEN, says="damaged"),
    "weights that end the library, exported": run(holding(ENDING), EXPORT, codes=BROKEN, says="damaged"),
    "weights that end the library, measured": run(holding(ENDING), ("bench", "spec.yaml", "--run", "run"), codes=BROKEN),
    "weights that end the library, looked into": run(holding(ENDING), ("inspect", "spec.yaml", "rows.csv", "--run", "run"), codes=BROKEN),
    "weights that end the library, made smaller": run(holding(ENDING), ("prune", "spec.yaml", "--run", "run", "--macs", "0.5", "-o", "small.yaml"), codes=(1, 2, 3, 4)),
    "weights that end the library, listed": run(holding(ENDING), ("runs", "."), codes=(0, 1)),
    "a file that ends the library, imported": of_it("import", "m.keras", "-o", "made.yaml"),
    "a file that ends the library, without weights": of_it("import", "m.keras", "-o", "-", "--no-weights", codes=(0,), says="Dense"),
    "a file that ends the library, as a model": of_it("evaluate", "m.keras", codes=(1, 2, 3, 4), says=()),
    "a file that ends the library, exported": of_it("export", "m.keras", codes=(1, 2, 3, 4)),
    "a file that ends the library, predicted": of_it("predict", "m.keras", "rows.csv", codes=(1, 2, 3, 4)),
    "a file that ends the library, shown": of_it("show", "m.keras", codes=(0, 1, 2, 3, 4), says=()),
    "a file that ends the library, begun with": of_it("train", "spec.yaml", "--run", "other", text=lambda spec: spec.replace("train: {", "train: {initial_weights: m.keras, ")),
    "a file that ends the library, learned from": of_it("train", "spec.yaml", "--run", "other", text=lambda spec: spec.replace("train: {", "train: {teacher: {run: m.keras}, "), says=()),
}  # fmt: skip
CASES = {name: replace(case, full=True) for name, case in CASES.items()}
