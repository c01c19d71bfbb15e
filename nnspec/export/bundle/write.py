"""Writing a bundle from a file that passed the gate."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import Batch
from nnspec.export.artifact import Artifact
from nnspec.export.bundle.check import FORMAT, GOLDEN, MANIFEST, MODEL, check, digest, runner
from nnspec.export.bundle.readme import readme
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes, gate_cases
from nnspec.export.files import publish, workshop

EXAMPLES = 4


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle beside the model.

    Attributes:
        assets: the run's folder of labels, vocabulary and scaling.
        preprocessing: what is done to an input, as plain values.
        provenance: where the model comes from, as plain values.
        batches: features by input name, real ones; without them the golden inputs are random.
    """

    name: str
    description: str
    task: str
    assets: Path
    preprocessing: Mapping[str, Any]
    provenance: Mapping[str, Any]
    batches: Iterator[Batch] | None
    labels: bool


def write_bundle(model: Any, artifact: Artifact, length: int | None, contents: Contents, place: Path) -> Path:
    """Writes a bundle, proves it, and puts it in its place; what stood there is replaced by a whole one alone.

    Args:
        model: the Keras model that the file was made of.
        length: the length that the file fixes, if any.

    Raises:
        ExportError: the file is no TFLite file that passed, or the bundle cannot be written or fails its own check.
    """
    if artifact.target != "TFLite" or not artifact.ok:
        raise ExportError(f"only a TFLite file that passed the gate goes into a bundle, not {artifact.path.name}")
    with workshop(place.parent) as scratch:
        folder = scratch / place.name
        folder.mkdir()
        shutil.copyfile(artifact.path, folder / MODEL)
        names = [
            "vocabulary.txt",
            "vocabulary.json",
            *(["labels.txt"] if contents.labels else []),
            "scaling.json",
            "extra.json",
        ]
        for name in names:
            if (contents.assets / name).is_file():
                shutil.copyfile(contents.assets / name, folder / name)
        _write_json(folder / "preprocessing.json", contents.preprocessing)
        cases = _golden(model, length, contents.batches, folder)
        manifest = _manifest(artifact, contents, cases)
        (folder / "README.md").write_text(readme(manifest, folder), encoding="utf-8")
        manifest["files"] = {
            path.name: {"bytes": path.stat().st_size, "sha256": digest(path)} for path in sorted(folder.iterdir())
        }
        _write_json(folder / MANIFEST, manifest)
        problems = check(folder)["problems"]
        if problems:
            raise ExportError(f"the bundle fails its own check: {problems[0]}")
        publish(folder, place)
    return place


def _golden(model: Any, length: int | None, batches: Iterator[Batch] | None, folder: Path) -> list[tuple[Batch, Batch]]:
    """Examples at the file's shapes, and what the file makes of them."""
    shapes = Shapes.of(model, length)
    real = (row for batch in batches or () for row in shapes.rows(batch, skip_misfits=True))
    chosen = list(islice(real, EXAMPLES))
    if not chosen:
        chosen = [case.features for case in gate_cases(model, shapes, []) if case.kind == "random"][:EXAMPLES]
    run = runner(folder / MODEL)
    cases = [(features, dict(run(features))) for features in chosen]
    arrays: dict[str, np.ndarray] = {}
    for number, (features, outputs) in enumerate(cases):
        arrays |= {f"in.{name}.{number}": value for name, value in features.items()}
        arrays |= {f"out.{name}.{number}": value for name, value in outputs.items()}
    np.savez_compressed(folder / GOLDEN, **arrays)  # type: ignore[arg-type]
    return cases


def _manifest(artifact: Artifact, contents: Contents, cases: list[tuple[Batch, Batch]]) -> dict[str, Any]:
    features, outputs = cases[0]
    return {
        "bundle": FORMAT,
        "name": contents.name,
        "description": contents.description,
        "task": contents.task,
        "inputs": _ports(features, [case[0] for case in cases]),
        "outputs": _ports(outputs, [case[1] for case in cases]),
        "runtimes": list(artifact.runtimes),
        "quantize": artifact.quantize,
        "metric": {"keras": artifact.metric_before, "file": artifact.metric_after},
        "latency_ms": artifact.latency_ms,
        "provenance": dict(contents.provenance),
    }


def _ports(first: Batch, all_of: list[Batch]) -> dict[str, Any]:
    """Names with dtype and shape; a size that is not the same in all examples varies, and is null."""
    found = {}
    for name, value in first.items():
        sizes = [{case[name].shape[axis] for case in all_of} for axis in range(value.ndim)]
        found[name] = {
            "dtype": str(value.dtype),
            "shape": [next(iter(seen)) if len(seen) == 1 else None for seen in sizes],
        }
    return found


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + os.linesep, encoding="utf-8")
