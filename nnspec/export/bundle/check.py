"""Proving a bundle: every byte as it was written, and the model's answers as they were. TensorFlow is not needed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, MODEL, GOLDEN = "manifest.json", "model.tflite", "golden.npz"
# Times the size of an answer, at least 1: other processors and versions round otherwise, by a step of the quantization.
TOLERANCES = {"none": 1e-4, "float16": 1e-3}
QUANTIZED = 2e-2


class NoBundle(Exception):
    """A folder that is no bundle, or one that this version cannot read."""


def check(folder: Path) -> dict[str, Any]:
    """Checks a bundle.

    Returns:
        ``problems``, a list of sentences that is empty where all is well; ``files`` and ``examples``, how many were
        checked; ``max_difference``, the largest between an answer and the golden one.

    Raises:
        NoBundle: it holds no manifest, or one of another format.
        ImportError: ai-edge-litert or NumPy is not installed.
    """
    manifest = read_manifest(folder)
    problems = list(_changed(folder, manifest))
    if any(problem.startswith((MODEL, GOLDEN)) for problem in problems):
        return {"problems": problems, "files": len(manifest["files"]), "examples": 0, "max_difference": None}
    largest, examples, wrong = _answers(folder, TOLERANCES.get(str(manifest.get("quantize")), QUANTIZED))
    return {
        "problems": problems + wrong,
        "files": len(manifest["files"]),
        "examples": examples,
        "max_difference": largest,
    }


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


def _changed(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
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


def _answers(folder: Path, tolerance: float) -> tuple[float, int, list[str]]:
    """The model run on the golden inputs, twice in a row: the largest difference, how many, and what is wrong."""
    import numpy as np

    run = runner(folder / MODEL)
    largest, problems = 0.0, []
    cases = golden(folder / GOLDEN)
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
    return largest, len(cases), problems


def golden(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The examples of `golden.npz`: inputs and outputs by name."""
    import numpy as np

    cases: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
    with np.load(path, allow_pickle=False) as found:
        for key in found.files:
            side, _, rest = key.partition(".")
            name, _, number = rest.rpartition(".")
            cases.setdefault(int(number), ({}, {}))[0 if side == "in" else 1][name] = found[key]
    return [cases[number] for number in sorted(cases)]


def runner(path: Path) -> Any:
    """A .tflite file as a function from inputs by name to outputs by name, in LiteRT's interpreter on one thread.

    An operation that is none of the builtin ones makes it fail here: nothing else is linked in.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    signature = interpreter.get_signature_runner()
    return lambda features: signature(**features)
