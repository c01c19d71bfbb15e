"""Proving a bundle: every byte as it was written, and the model's answers as they were. TensorFlow is not needed."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
MANIFEST, SEAL, MODEL, GOLDEN = "manifest.json", "manifest.sha256", "model.tflite", "golden.npz"
# Times the size of an answer, at least 1: other processors and versions round otherwise, by a step of the quantization.
TOLERANCES = {"none": 1e-4, "float16": 1e-3}
QUANTIZED = 2e-2
# What a damaged file makes of the interpreter, of NumPy and of the readers of flatbuffers.
BROKEN = (OSError, ValueError, KeyError, RuntimeError, TypeError, IndexError, struct.error, zipfile.BadZipFile)


class NoBundle(Exception):
    """A folder that is no bundle, or one that this version cannot read."""


def check(folder: Path) -> dict[str, Any]:
    """Checks a bundle.

    Returns:
        ``problems``, a list of sentences that is empty where all is well; ``files`` and ``examples``, how many were
        checked; ``max_difference``, the largest between an answer and the golden one, None where none was run.

    Raises:
        NoBundle: it holds no manifest, or one of another format.
        ImportError: ai-edge-litert or NumPy is not installed.
    """
    manifest = read_manifest(folder)
    found: dict[str, Any] = {"files": len(manifest["files"]), "examples": 0, "max_difference": None}
    problems = list(_changed(folder, manifest))
    if not any(problem.startswith((MODEL, GOLDEN)) for problem in problems):
        try:
            foreign = foreign_operations(folder / MODEL)
            problems += foreign
            if not foreign:
                found |= _answers(folder, TOLERANCES.get(str(manifest.get("quantize")), QUANTIZED), problems)
        except BROKEN as error:
            problems.append(f"the golden inputs cannot be run: {_gist(error)}")
    return {"problems": problems, **found}


def check_file(path: Path) -> dict[str, Any]:
    """Checks a .tflite file by itself: operations that every runtime has, and answers that are numbers, twice the same.

    Sizes that vary are taken as 1 and then as 5.

    Returns:
        As `check`, with ``files`` 1 and ``examples``, how many inputs were run.
    """
    problems, examples = [], 0
    try:
        problems += foreign_operations(path)
        for features in _drawn(path) if not problems else ():
            examples += 1
            run = runner(path)
            first, again = dict(run(features)), dict(run(features))
            for name, values in first.items():
                if not np.isfinite(values).all():
                    problems.append(f"`{name}` is not finite")
                if not np.array_equal(values, again[name], equal_nan=True):
                    problems.append(f"`{name}` is another when the same input is run again")
    except BROKEN as error:
        problems.append(f"it cannot be run: {_gist(error)}")
    return {"problems": problems, "files": 1, "examples": examples, "max_difference": None}


def read_manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoBundle(f"{folder} is no bundle: it holds no {MANIFEST}") from error
    except (OSError, ValueError) as error:
        raise NoBundle(f"{folder / MANIFEST} cannot be read: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise NoBundle(f"{folder / MANIFEST} is no manifest of a bundle")
    if found.get("bundle") != FORMAT:
        raise NoBundle(f"the bundle has format {found.get('bundle')}, this version reads {FORMAT}")
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def seal(folder: Path) -> str:
    """The line of `manifest.sha256`, as `sha256sum` writes it."""
    return f"{digest(folder / MANIFEST)}  {MANIFEST}\n"


def _changed(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    if not (folder / SEAL).is_file():
        yield f"{SEAL} is missing"
    elif (folder / SEAL).read_bytes() != seal(folder).encode():
        yield f"{MANIFEST} has changed: its SHA-256 is not that of {SEAL}"
    for name in (MODEL, GOLDEN):
        if name not in manifest["files"]:
            yield f"{name} is not in the manifest"
    for name, expected in manifest["files"].items():
        path = folder / name
        if Path(name).name != name:
            yield f"{name}: a bundle has no folders within"
        elif not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != expected["bytes"]:
            yield f"{name} has {path.stat().st_size:,} bytes; it was written with {expected['bytes']:,}"
        elif digest(path) != expected["sha256"]:
            yield f"{name} has changed: its SHA-256 is not that of the manifest"


def foreign_operations(path: Path) -> list[str]:
    """What a .tflite file needs that a runtime does not have by itself."""
    from nnspec.export.tflite.op_counts import contents_of

    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        return [f"{path.name} is no TFLite file"]
    contents = contents_of(content)
    flex = [name for name in contents.ops if name.startswith("Flex")] if contents.flex_ops else []
    problems = [f"{path.name} needs Flex for {', '.join(flex)}"] if flex else []
    if contents.custom_ops:
        problems.append(f"{path.name} holds {contents.custom_ops} custom operations")
    return problems


def _answers(folder: Path, tolerance: float, problems: list[str]) -> dict[str, Any]:
    """The model run on the golden inputs, twice in a row: how many, and the largest difference."""
    run = runner(folder / MODEL)
    largest = 0.0
    cases = golden(folder / GOLDEN)
    if not cases:
        problems.append(f"{GOLDEN} holds no example")
    for number, (features, expected) in enumerate(cases):
        for again in ("", ", run again"):
            found = run(features)
            for name, values in expected.items():
                if name not in found or found[name].shape != values.shape:
                    problems.append(f"example {number}{again}: the output `{name}` has not the golden one's shape")
                    continue
                given = np.asarray(values, np.float64)
                difference = float(np.max(np.abs(np.asarray(found[name], np.float64) - given), initial=0.0))
                largest = max(largest, difference)
                if not difference <= tolerance * max(1.0, float(np.max(np.abs(given), initial=0.0))):
                    problems.append(f"example {number}{again}: `{name}` is {difference:.3g} from the golden answer")
    return {"examples": len(cases), "max_difference": largest}


def golden(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The examples of `golden.npz`: inputs and outputs by name."""
    cases: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
    with np.load(path, allow_pickle=False) as found:
        for key in found.files:
            side, _, rest = key.partition(".")
            name, _, number = rest.rpartition(".")
            cases.setdefault(int(number), ({}, {}))[0 if side == "in" else 1][name] = found[key]
    return [cases[number] for number in sorted(cases)]


def runner(path: Path) -> Any:
    """A .tflite file as a function from inputs by name to outputs by name, in LiteRT's interpreter on one thread."""
    signature = _interpreter(path).get_signature_runner()
    return lambda features: signature(**features)


def _interpreter(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_path=str(path), num_threads=1)


def _drawn(path: Path) -> Iterator[dict[str, Any]]:
    """Inputs at the shapes of a file: floats between 0 and 1, whole numbers 0 or 1."""
    generator = np.random.default_rng(0)
    given = _interpreter(path).get_signature_runner().get_input_details()
    varies = any(-1 in entry["shape_signature"] for entry in given.values())
    for length in (1, 5) if varies else (1,):
        batch = {}
        for name, entry in given.items():
            shape = [length if size == -1 else size for size in entry["shape_signature"]]
            whole = np.dtype(entry["dtype"]).kind != "f"
            values = generator.integers(0, 2, shape) if whole else generator.random(shape)
            batch[name] = values.astype(entry["dtype"])
        yield batch


def _gist(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
