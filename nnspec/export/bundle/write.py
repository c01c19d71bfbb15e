"""Writing a bundle from a file that passed the gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import nnspec
from nnspec.backend.signature import Batch, Port
from nnspec.catalog.targets import TARGETS
from nnspec.console.quiet import without_logs
from nnspec.export.artifact import Artifact
from nnspec.export.bundle.check import FORMAT, GOLDEN, MANIFEST, MODEL, SEAL, check, digest, seal
from nnspec.export.bundle.images import image_files
from nnspec.export.bundle.micro import micro_files, operations_of
from nnspec.export.bundle.model import runner
from nnspec.export.bundle.projects import project_files
from nnspec.export.bundle.readme import readme
from nnspec.export.bundle.sounds import sound_files
from nnspec.export.bundle.subwords import subword_files
from nnspec.export.bundle.words import word_files
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes
from nnspec.export.files import publish, workshop
from nnspec.export.gate.runtimes import MICRO, Program
from nnspec.export.model_metadata import ModelMetadata, json_bytes
from nnspec.export.tflite.io_quantization import Scale, output_steps, scales_of
from nnspec.export.tflite.least_runtime import least_runtime

EXAMPLES = 4
LABELS = "labels.txt"


def write_bundle(
    artifact: Artifact,
    shapes: Shapes,
    card: ModelMetadata,
    place: Path,
    *,
    examples: Iterable[Batch],
) -> Path:
    """Writes a bundle, proves it, and puts it in its place; an older one is replaced by a whole one alone.

    Args:
        shapes, card, examples: as of `make_bundle`.

    Raises:
        ExportError: as `make_bundle`; its place is taken by something else than a bundle, or it cannot be written.
    """
    _refuse_artifact(artifact)
    refuse_place(place)
    with workshop(place.parent) as scratch:
        folder = scratch / place.name
        make_bundle(artifact, shapes, card, folder, examples=examples)
        publish(folder, place)
    return place


def refuse_place(place: Path) -> None:
    """Raises ExportError where something else than a bundle is there already."""
    if place.exists() and not (place / MANIFEST).is_file():
        raise ExportError(f"{place} is there already and is no bundle", hint="move it away, or choose another --output")


def make_bundle(
    artifact: Artifact,
    shapes: Shapes,
    card: ModelMetadata,
    folder: Path,
    *,
    examples: Iterable[Batch],
    metric: str | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Makes a bundle in a new folder, and proves it.

    Args:
        artifact: of a TFLite file that passed the gate, wherever it is.
        shapes: of the file.
        examples: batches of 1 at the file's shapes, real ones where there are; the first few become golden.
        metric: the name of what the artifact was measured by.
        provenance: where the model comes from, as plain values.

    Raises:
        ExportError: the file is no TFLite file that passed, or the bundle fails its own check.
    """
    _refuse_artifact(artifact)
    folder.mkdir()
    shutil.copyfile(artifact.path, folder / MODEL)
    for name, content in card.files().items():
        (folder / name).write_bytes(content)
    with without_logs():  # of the interpreter, which runs in this process
        first = _write_golden(folder, examples)
    manifest = {
        "bundle": FORMAT,
        "nnspec": nnspec.__version__,
        "name": card.name,
        "description": card.description,
        "task": card.task,
        "license": card.license,
        **_ports(shapes, *first, artifact.path.read_bytes()),
        "runtimes": list(artifact.runtimes),
        "least_runtime": least_runtime(artifact.path.read_bytes()),
        "quantize": artifact.quantize,
        "metric": {"name": metric, "keras": artifact.metric_before, "file": artifact.metric_after},
        "latency_ms": artifact.latency_ms,
        **({"layer_errors": artifact.to_json()["layer_errors"]} if artifact.layer_errors else {}),
        "provenance": dict(provenance or {}),
    }
    if MICRO in artifact.runtimes:
        manifest["micro"] = _micro(folder / MODEL)
    for name, source in _code(folder, manifest, card).items():
        (folder / name).write_bytes(source)
    (folder / "README.md").write_bytes(readme(manifest, card, folder).encode())
    manifest["files"] = {
        path.name: {"bytes": path.stat().st_size, "sha256": digest(path)} for path in sorted(folder.iterdir())
    }
    (folder / MANIFEST).write_bytes(json_bytes(manifest))
    (folder / SEAL).write_bytes(seal(folder).encode())
    problems = check(folder)["problems"]
    if problems:
        raise ExportError(f"the bundle fails its own check: {problems[0]}")


def _code(folder: Path, manifest: Mapping[str, Any], card: ModelMetadata) -> dict[str, bytes]:
    """The sources for an app, by name."""
    code = micro_files((folder / MODEL).read_bytes(), manifest) if "micro" in manifest else {}
    code |= subword_files(card.tokenizer)
    for files in (image_files, sound_files, word_files):
        code |= files(manifest, card.preprocessing)
    return code | (project_files(manifest, card.preprocessing) if (folder / LABELS).is_file() else {})


def _micro(path: Path) -> dict[str, Any]:
    """What a microcontroller's program needs to know of a file."""
    with Program(path, MICRO) as program:
        return {"arena_bytes": program.arena(), "operations": operations_of(path.read_bytes())}


def _refuse_artifact(artifact: Artifact) -> None:
    if not TARGETS[artifact.target].is_tflite or not artifact.ok:
        raise ExportError(f"only a TFLite file that passed the gate goes into a bundle, not {artifact.path.name}")


def _write_golden(folder: Path, examples: Iterable[Batch]) -> tuple[Batch, Batch]:
    """Writes examples and what the file makes of them, as it takes and gives them; the first inputs and outputs."""
    run = runner(folder / MODEL)
    scales = scales_of((folder / MODEL).read_bytes())
    answered = ((features, dict(run(features))) for features in map(scales.given, examples))
    finite = (case for case in answered if all(np.isfinite(value).all() for value in case[1].values()))
    cases = list(islice(finite, EXAMPLES))
    if not cases:
        raise ExportError("no example fits the file and has a finite answer, so that a bundle would prove nothing")
    arrays: dict[str, np.ndarray] = {}
    for number, (features, outputs) in enumerate(cases):
        arrays |= {f"in.{name}.{number}": value for name, value in features.items()}
        arrays |= {f"out.{name}.{number}": value for name, value in outputs.items()}
    np.savez_compressed(folder / GOLDEN, **arrays)  # type: ignore[arg-type]
    return cases[0]


def _ports(shapes: Shapes, features: Batch, outputs: Batch, content: bytes) -> dict[str, Any]:
    """Inputs and outputs by name with dtype, shape, scale and step; a size that varies is null."""
    scales, steps = scales_of(content), output_steps(content)

    def port(found: Port, value: np.ndarray, scale: Scale | None) -> dict[str, Any]:
        described: dict[str, Any] = {"dtype": str(value.dtype), "shape": list(shapes.input_shape(found))}
        return described | ({"scale": scale.scale, "zero_point": scale.zero_point} if scale else {})

    signature = shapes.signature
    return {
        "inputs": {one.name: port(one, features[one.name], scales.inputs.get(one.name)) for one in signature.inputs},
        "outputs": {
            one.name: port(one, outputs[one.name], scales.outputs.get(one.name))
            | ({"step": 1.0 if one.name in scales.outputs else steps[one.name]} if one.name in steps else {})
            for one in signature.outputs
        },
    }
