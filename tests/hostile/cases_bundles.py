"""Bundles of strangers: manifests, golden answers and files that are not as nnspec writes them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cases_data import npy
from harness import Case, Command, Place

MODEL = b"\x1c\0\0\0TFL3 and nothing more"
ONE = npy("<f4", (1, 1), bytes(4))


def golden(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return packed.getvalue()


FILES = {"model.tflite": MODEL, "golden.npz": golden({"in.x.0": ONE, "out.y.0": ONE})}


def manifest(files: Mapping[str, bytes], **more: Any) -> bytes:
    listed = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()
    }
    return json.dumps({"bundle": 1, "quantize": "none", "files": listed, **more}).encode()


def bundle(
    says: str,
    files: Mapping[str, bytes] = FILES,
    text: bytes | None = None,
    change: Callable[[Path], object] = lambda folder: None,
    **bound: Any,
) -> Case:
    """A bundle of these files under a manifest and a seal that go with them, unless `text` is another manifest."""

    def make(place: Place) -> Sequence[Command]:
        content = manifest(files) if text is None else text
        seal = f"{hashlib.sha256(content).hexdigest()}  manifest.json\n".encode()
        for name, value in {**files, "manifest.json": content, "manifest.sha256": seal}.items():
            place.write(f"b/{name}", value)
        change(place.folder / "b")
        return [["verify", "b"]]

    return Case(make, says=says, **{"codes": (2, 5), **bound})


def with_manifest(says: str, text: str | bytes, **bound: Any) -> Case:
    return bundle(says, text=text if isinstance(text, bytes) else text.encode(), codes=(2,), **bound)


def told(files: Any, **more: Any) -> bytes:
    return json.dumps({"bundle": 1, "files": files, **more}).encode()


def with_golden(says: str, content: bytes | Callable[[], bytes], **bound: Any) -> Case:
    """What is large is a function: it is made when the case is run."""
    if isinstance(content, bytes):
        return bundle(says, {**FILES, "golden.npz": content}, **bound)
    found = Case(lambda place: bundle(says, {**FILES, "golden.npz": content()}).make(place), says=says, codes=(2, 5))
    return replace(found, **bound)


def instead(name: str, kind: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / name
        path.unlink()
        if kind == "a pipe":
            os.mkfifo(path)
        elif kind == "a folder":
            path.mkdir()
        elif kind == "a link to itself":
            path.symlink_to(path)
        elif kind == "a device":
            path.symlink_to("/dev/zero")
        elif kind == "a link to the outside":
            path.symlink_to("../../outside/kept.txt")
        elif kind == "10 GB":
            path.touch()
            os.truncate(path, 10 << 30)

    return change


def c_array(content: bytes, name: str = "g_model_data", before: str = "") -> bytes:
    """The model as a microcontroller's program takes it."""
    numbers = "0x" + content.hex(" ").replace(" ", ", 0x")
    return f"{before}alignas(16) const unsigned char {name}[] = {{\n{numbers},\n}};\n".encode()


def with_array(says: str, content: bytes | Callable[[], bytes], **bound: Any) -> Case:
    made = content if isinstance(content, bytes) else content()
    return bundle(says, {**FILES, "model_data.cc": made}, **bound)


OTHER = "model_data.cc is another model"
NO_MANIFEST = "is no manifest"
CASES: dict[str, Case] = {
    **{
        f"a manifest that is {name}": with_manifest("", text)
        for name, text in {
            "nothing": "",
            "half": '{"bundle": 1, "fi',
            "null": "null",
            "a list": "[]",
            "a text": '"x"',
            "deep": "[" * 100_000,
            "deep lists": "[" * 900 + "]" * 900,
            "no UTF-8": b"\xff\xfe",
            "no format": '{"files": {}}',
            "of another format": '{"bundle": 2, "files": {}}',
            "of a true format": '{"bundle": true, "files": {}}',
            "of a format of 5,000 digits": f'{{"bundle": {"9" * 5_000}, "files": {{}}}}',
        }.items()
    },
    **{
        f"files that are {name}": with_manifest(NO_MANIFEST, told(files))
        for name, files in {
            "a list": [],
            "a text": "model.tflite",
            "texts": {"model.tflite": "x"},
            "without a hash": {"model.tflite": {"bytes": 1}},
            "of no size": {"model.tflite": {"bytes": None, "sha256": "0" * 64}},
            "of negative size": {"model.tflite": {"bytes": -1, "sha256": "0" * 64}},
            "of another hash": {"model.tflite": {"bytes": 1, "sha256": "../x"}},
            "very many": {f"a{number}": {"bytes": 1, "sha256": "0" * 64} for number in range(2_000)},
            "under a name with escapes": {"a\x1b[31m\ud800": 3},
        }.items()
    },
    "a quantization that is a list": with_manifest(NO_MANIFEST, told({}, quantize=["none"])),
    "a manifest that names nothing": bundle("model.tflite is not in the manifest", text=told({})),
    **{
        f"a file called {name!r}": bundle("no folders within", text=manifest({**FILES, name: b"x"}))
        for name in ("../outside/kept.txt", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "a\0b", "a\x1b[31m\ud800/x")
    },
    "a file that no manifest names": bundle("'more.bin' is in the folder", change=lambda folder: (folder / "more.bin").touch()),
    "a hidden file": bundle("'.x' is in the folder", change=lambda folder: (folder / ".x").touch()),
    "a folder in it": bundle("'d' is in the folder", change=lambda folder: (folder / "d").mkdir()),
    **{
        f"{name} is {kind}": bundle("", change=instead(name, kind))
        for name in (*FILES, "manifest.json", "manifest.sha256")
        for kind in ("a pipe", "a folder", "a link to itself", "a device", "a link to the outside", "10 GB", "absent")
    },
    "a golden file of nothing": with_golden("golden.npz cannot be read", b""),
    "golden answers that are no archive": with_golden("golden.npz cannot be read", b"PK\x03\x04" + bytes(100)),
    "a golden pickle": with_golden("no array of numbers", golden({"in.x.0": npy("|O", (1,), b"cos\nsystem\n(S'true'\ntR.")})),
    "golden texts": with_golden("no array of numbers", golden({"in.x.0": npy("<U4", (1,), bytes(16))})),
    "a trillion golden rows": with_golden("no array of numbers", golden({"in.x.0": npy("<f4", (10**12,))})),
    "golden names": with_golden("no input or output", golden({"x": ONE})),
    "golden numbers": with_golden("no input or output", golden({f"in.x.{'9' * 5_000}": ONE})),
    "a golden path": with_golden("no input or output", golden({"../in.x.0": ONE})),
    "a golden header of brackets": with_golden("golden.npz cannot be read", golden({"in.x.0": npy("", b"[" * 9_000)})),
    "a golden bomb": with_golden(
        "golden.npz cannot be read", lambda: golden({"in.x.0": npy("<f4", (1 << 28,)) + bytes(1 << 29)})
    ),
    "a C array of another model": with_array(OTHER, c_array(MODEL[::-1])),
    "a C array of less": with_array(OTHER, c_array(MODEL[:-1])),
    "a C array of more": with_array(OTHER, c_array(MODEL + b"x")),
    "a C array in a remark": with_array(OTHER, c_array(MODEL, before="// ")),
    "a C array of another name": with_array(OTHER, c_array(MODEL, "other")),
    "a C array of code": with_array(OTHER, b"const unsigned char g_model_data[] = {system(1)};"),
    "a C array of nothing": with_array(OTHER, b""),
    "a C array that is none": with_array(OTHER, bytes(range(256))),
    "a C array of braces": with_array(OTHER, b"g_model_data[] = {" * 50_000),
    "a C array of blanks": with_array(OTHER, b"g_model_data[]" + b" " * 1_000_000 + b"= {"),
    "a C array of 20 MB": with_array(OTHER, lambda: c_array(bytes(3_000_000)), full=True),
    "a C array that is right": with_array("cannot be run", c_array(MODEL, before="// as it is\n"), workers=True),
    "an arena of no size": bundle("cannot be run", text=manifest(FILES, micro={"arena_bytes": "x\x1b[2J", "operations": [{}]}), workers=True),
    "no golden examples": with_golden("cannot be run", golden({}), workers=True),
    "a model of nothing": bundle("no TFLite file", {**FILES, "model.tflite": b""}, workers=True),
    "a model that is none": bundle("cannot be run", workers=True),
    "a model of offsets": bundle(
        "cannot be run",
        {**FILES, "model.tflite": struct.pack("<I4s", 8, b"TFL3") + bytes(range(256)) * 40},
        workers=True,
    ),
}  # fmt: skip
