"""Proving a bundle: every byte as it was written, and the model's answers as they were. TensorFlow is not needed.

A bundle may come from a stranger: its manifest is read against a schema, its files are regular ones and all named by
it, and its model runs in a process of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.data.formats.array_headers import read_npy_header
from nnspec.export.subprocesses import Worker, WorkerDied, WorkerError
from nnspec.reading import is_name, open_regular, read_bytes, read_json
from nnspec.schema_validity import fits

FORMAT = 1
MANIFEST, SEAL, MODEL, GOLDEN = "manifest.json", "manifest.sha256", "model.tflite", "golden.npz"
ARRAY = "model_data.cc"  # the model as C, which a microcontroller's program is built with
# What another processor or version may make otherwise. Of an output with steps, which its manifest tells: so many of
# them; kernels of int8 that round otherwise are up to 7 away (ARM64 without XNNPACK). Of another one: times the size of
# each answer, or of the middle one where that is larger, and at least 1.
STEPS = 8
TOLERANCES = {"none": 1e-4, "float16": 1e-3}
QUANTIZED = 2e-2
# What a damaged file makes of NumPy and of the readers of archives.
BROKEN = (OSError, ValueError, KeyError, RuntimeError, EOFError, MemoryError, zlib.error, zipfile.BadZipFile)

MAX_MANIFEST = 4 << 20  # bytes
MAX_MODEL = 512 << 20  # and of the C array, where there is one
MAX_GOLDEN = 512 << 20  # of all arrays together
MAX_FILES = 1_000
REMARK = re.compile(rb"//[^\n]*")
C_ARRAY = re.compile(rb"\bg_model_data\[\] *= *\{([0-9a-fA-Fx,\s]*)\}")
SECONDS = 60.0  # for one answer of the model
FILE = {
    "type": "object",
    "required": ["bytes", "sha256"],
    "properties": {
        "bytes": {"type": "integer", "minimum": 0},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
}
OUTPUT = {"type": "object", "properties": {"step": {"type": "number", "exclusiveMinimum": 0}}}
SCHEMA = {
    "type": "object",
    "required": ["bundle", "files"],
    "properties": {
        "files": {"type": "object", "maxProperties": MAX_FILES, "additionalProperties": FILE},
        "quantize": {"type": "string"},
        "outputs": {"type": "object", "additionalProperties": OUTPUT},
    },
}

Example = tuple[dict[str, Any], dict[str, Any]]  # inputs and outputs by name


class NoBundle(Exception):
    """A folder that is no bundle, or one that this version cannot read."""


def check(folder: Path) -> dict[str, Any]:
    """Checks a bundle.

    Returns:
        ``problems``, a list of sentences that is empty where all is well; ``files`` and ``examples``, how many were
        checked; ``max_difference``, the largest between an answer and the golden one, None where none was run.

    Raises:
        NoBundle: it holds no manifest, or one that is not as nnspec writes it, or of another format.
        ImportError: ai-edge-litert or NumPy is not installed.
    """
    manifest = read_manifest(folder)
    found: dict[str, Any] = {"files": len(manifest["files"]), "examples": 0, "max_difference": None}
    problems = list(_changed(folder, manifest))
    if not problems and ARRAY in manifest["files"]:
        problems += _other_array(folder)
    if not problems:  # what is not as it was written is not run
        try:
            cases = golden(folder / GOLDEN)
            with Worker("nnspec.export.bundle.model_worker", str(folder / MODEL)) as worker:
                foreign = worker.call(("foreign", None), SECONDS)
                problems += foreign
                if not foreign:
                    found |= _answers(worker, cases, manifest, problems)
        except BROKEN as error:
            problems.append(f"{GOLDEN} cannot be read: {_gist(error)}")
        except (WorkerError, WorkerDied) as error:
            problems.append(f"the golden inputs cannot be run: {_gist(error)}")
    return {"problems": problems, **found}


def check_file(path: Path) -> dict[str, Any]:
    """Checks a .tflite file by itself: operations that every runtime has, and answers that are numbers, twice the same.

    Sizes that vary are taken as 1 and then as 5.

    Returns:
        As `check`, with ``files`` 1 and ``examples``, how many inputs were run.
    """
    problems: list[str] = []
    examples = 0
    try:
        open_regular(path).close()
        with Worker("nnspec.export.bundle.model_worker", str(path)) as worker:
            problems += worker.call(("foreign", None), SECONDS)
            for features in worker.call(("drawn", None), SECONDS) if not problems else ():
                examples += 1
                first, again = (worker.call(("run", features), SECONDS) for _ in range(2))
                for name, values in first.items():
                    if not np.isfinite(values).all():
                        problems.append(f"`{name}` is not finite")
                    if not np.array_equal(values, again[name], equal_nan=True):
                        problems.append(f"`{name}` is another when the same input is run again")
    except (OSError, WorkerError, WorkerDied) as error:
        problems.append(f"it cannot be run: {_gist(error)}")
    return {"problems": problems, "files": 1, "examples": examples, "max_difference": None}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle. Raises NoBundle."""
    path = folder / MANIFEST
    try:
        found = read_json(path, MAX_MANIFEST)
    except FileNotFoundError as error:
        raise NoBundle(f"{folder} is no bundle: it holds no {MANIFEST}") from error
    except (OSError, ValueError) as error:
        raise NoBundle(f"{path} cannot be read: {_gist(error)}") from error
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise NoBundle(f"{path} is no manifest of a bundle")
    if found.get("bundle") != FORMAT or isinstance(found["bundle"], bool):
        raise NoBundle(f"the bundle has format {found.get('bundle')!r:.40}, this version reads {FORMAT}")
    if not fits(found, SCHEMA, {}):
        wrong = next((name for name, file in found["files"].items() if not fits(file, FILE, {})), None)
        where = f"what it says of {wrong!r:.80}" if wrong is not None else "it"
        raise NoBundle(f"{path} is no manifest of a bundle: {where} is not as nnspec writes it")
    return found


def digest(path: Path) -> str:
    """The SHA-256 of a regular file. Raises OSError."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(folder: Path) -> str:
    """The line of `manifest.sha256`, as `sha256sum` writes it."""
    return f"{digest(folder / MANIFEST)}  {MANIFEST}\n"


def _changed(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from _unsealed(folder)
    named = manifest["files"]
    for name in (MODEL, GOLDEN):
        if name not in named:
            yield f"{name} is not in the manifest"
    for name in sorted(entry.name for entry in os.scandir(folder)):
        if name not in named and name not in (MANIFEST, SEAL):
            yield f"{name!r} is in the folder, but not in the manifest"
    for name, expected in named.items():
        if is_name(name):
            yield from _changed_file(folder / name, expected)
        else:
            yield f"{name!r}: a bundle has no folders within"


def _unsealed(folder: Path) -> Iterator[str]:
    try:
        if read_bytes(folder / SEAL, len(seal(folder))) != seal(folder).encode():
            yield f"{MANIFEST} has changed: its SHA-256 is not that of {SEAL}"
    except FileNotFoundError:
        yield f"{SEAL} is missing"
    except OSError as error:
        yield f"{SEAL} cannot be read: {_gist(error)}"


def _other_array(folder: Path) -> Iterator[str]:
    """Whether the C array holds other bytes than the model that is proven."""
    try:
        text, model = (
            read_bytes(path, min(path.stat().st_size, MAX_MODEL)) for path in (folder / ARRAY, folder / MODEL)
        )
    except OSError as error:
        yield f"{ARRAY} cannot be compared with {MODEL}: {_gist(error)}"
        return
    found = C_ARRAY.search(REMARK.sub(b"", text))
    data = found and found[1].translate(None, b" \t\r\n").lower()
    digits = data.removeprefix(b"0x").removesuffix(b",").replace(b",0x", b"") if data else b""
    if digits != model.hex().encode():
        yield f"{ARRAY} is another model than {MODEL}: a microcontroller would run what is not proven"


def _changed_file(path: Path, expected: Mapping[str, Any]) -> Iterator[str]:
    name = path.name
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            yield f"{name} is a link: a bundle holds its files themselves"
        elif not stat.S_ISREG(found.st_mode):
            yield f"{name} is no regular file"
        elif found.st_size != expected["bytes"]:
            yield f"{name} has {found.st_size:,} bytes; it was written with {expected['bytes']:,}"
        elif digest(path) != expected["sha256"]:
            yield f"{name} has changed: its SHA-256 is not that of the manifest"
    except FileNotFoundError:
        yield f"{name} is missing"
    except OSError as error:
        yield f"{name} cannot be read: {_gist(error)}"


def _answers(worker: Worker, cases: list[Example], manifest: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The model run on the golden inputs, twice in a row: how many, and the largest difference."""
    largest = 0.0
    outputs = manifest.get("outputs") or {}
    tolerance = TOLERANCES.get(manifest.get("quantize", ""), QUANTIZED)
    if not cases:
        problems.append(f"{GOLDEN} holds no example")
    for number, (features, expected) in enumerate(cases):
        for again in ("", ", run again"):
            found = worker.call(("run", features), SECONDS)
            for name in found.keys() - expected.keys():
                problems.append(f"example {number}{again}: {GOLDEN} has no output `{name}`, which the model gives")
            for name, values in expected.items():
                if name not in found or found[name].shape != values.shape:
                    problems.append(f"example {number}{again}: the output `{name}` has not the golden one's shape")
                    continue
                given = np.asarray(values, np.float64)
                differences = np.abs(np.asarray(found[name], np.float64) - given)
                largest = max(largest, float(np.max(differences, initial=0.0)))
                allowed = _allowed(given, outputs.get(name, {}).get("step"), tolerance)
                over = ~(differences <= allowed)  # what is no number is over
                if over.any() or not np.isfinite(given).all():
                    worst = float(np.max(differences[over], initial=0.0))
                    problems.append(f"example {number}{again}: `{name}` is {worst:.3g} from the golden answer")
    return {"examples": len(cases), "max_difference": largest}


def _allowed(given: np.ndarray, step: float | None, tolerance: float) -> Any:
    """How far each answer may be off."""
    if step is not None:
        return STEPS * step
    size = np.abs(given)
    return tolerance * np.maximum(size, max(1.0, float(np.median(size)) if size.size else 1.0))


def golden(path: Path) -> list[Example]:
    """The examples of `golden.npz`: inputs and outputs by name. Raises one of BROKEN."""
    cases: dict[int, Example] = {}
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_GOLDEN:
            raise ValueError(f"its arrays have more than {MAX_GOLDEN:,} bytes")
        for member in archive.infolist():
            side, _, rest = member.filename.removesuffix(".npy").partition(".")
            name, _, number = rest.rpartition(".")
            if side not in ("in", "out") or not name or not number.isdecimal() or len(number) > 6:
                raise ValueError(f"{member.filename!r:.80} is no input or output of an example")
            cases.setdefault(int(number), ({}, {}))[0 if side == "in" else 1][name] = _array(archive, member)
    return [cases[number] for number in sorted(cases)]


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array of numbers that is no larger than the archive says, since room is made for what its head claims."""
    with archive.open(member) as content:
        header = read_npy_header(content)
    if header.kind not in "biuf" or header.nbytes > member.file_size:
        raise ValueError(f"{member.filename!r:.80} is no array of numbers, or claims to be larger than it is")
    with archive.open(member) as content:
        found: np.ndarray = np.lib.format.read_array(content, allow_pickle=False)
        return found


def _gist(error: BaseException) -> str:
    told = getattr(error, "strerror", None) or str(error)
    return (told.strip().splitlines() or [type(error).__name__])[0][:300]


def verdict(path: Path, found: Mapping[str, Any]) -> str:
    """What `check` or `check_file` found, in words."""
    if found["problems"]:
        return "\n".join(f"failed: {text}" for text in found["problems"])
    if path.is_file():
        told = f"builtin operations alone; {found['examples']} random inputs, each run twice, gave the same numbers"
        return f"ok {path}  {told}"
    answers = f"{found['examples']} answers within {found['max_difference']:.2g} of the golden ones"
    return f"ok {path}  {found['files']} files as they were written, {answers}"
