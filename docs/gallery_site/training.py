"""What the gallery measures: the specs that the example data are for, trained, measured, exported as a page.

A small network for images that are downloaded is trained on drawn shapes in their place. A large one would take days:
the same layers are trained on small drawn shapes, and the file for a phone is measured at full size, with the weights
that a training begins with.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nnspec
from nnspec.export.errors import ExportError
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
RUNS = ROOT / "runs" / "gallery"
MOST_PARAMS = 1_000_000  # larger networks are for data that no checkout has
SIZES = (32, 64, 80)  # of images that a large network is trained on: the first that leaves something at its end
RATE = 3e-4  # published schedules are for a hundred thousand steps
LENGTH = 64  # of a sequence on a page, where the network takes any
FILE = "gallery.json"
SHAPES = DATA / "shapes"
SHORT = 15  # epochs on what stands in for the data


def trains_here(spec: Spec) -> bool:
    """Whether it is small, and all its data are those of the examples."""
    if spec.data is None or spec.param_count is None or spec.param_count > MOST_PARAMS:
        return False
    paths = [value for value in _texts(spec.data.source.args) if "/" in value]
    return bool(paths) and all(DATA in (spec.path.parent / path).resolve().parents for path in paths)


def measured(spec: Spec) -> dict[str, Any] | None:
    """What an earlier measurement of this very spec came to; None where there is none."""
    try:
        found: dict[str, Any] = json.loads((RUNS / spec.name / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def measure(spec: Spec) -> dict[str, Any]:
    """Trains a spec, on its data or on what stands in for them, or else measures its file."""
    instead = stand_in(spec)
    if trains_here(spec):
        found = _trained(spec)
    elif instead is not None:
        source, epochs = spec.required_data.source.args.get("name"), spec.training.epochs
        told = f"{instead.training.epochs} of its {epochs:,} epochs, on drawn shapes in place of {source}"
        found = {**_trained(instead), "instead": told}
    else:
        found = _untrained(spec)
        if (small := on_small_images(spec)) is not None:
            height, width = small.graph.inputs[0].shape[:2]
            told = f"{small.training.epochs} of its {spec.training.epochs:,} epochs, by Adam, on drawn shapes of "
            found = {**found, **_scores(small), "instead": f"{told}{height} × {width} pixels", "small": True}
    folder = RUNS / spec.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def stand_in(spec: Spec) -> Spec | None:
    """The spec with drawn shapes of its input's size for data, where it is small and its own are downloaded."""
    if spec.data is None or spec.data.source.kind != "Keras" or (spec.param_count or 0) > MOST_PARAMS:
        return None
    source = {"ImageFolder": {"path": str(SHAPES), "image_size": list(spec.graph.inputs[0].shape[:2])}}
    given = {"data.source": source, "data.split": {"validation": 0.15, "test": 0.15}, "data.batch_size": 32}
    return load(spec.path, [f"{name}={json.dumps(value)}" for name, value in {**given, "train.epochs": SHORT}.items()])


def on_small_images(spec: Spec) -> Spec | None:
    """A large spec for images as small as its layers allow, where it has a parameter for their size."""
    if "image_size" not in spec.params or trains_here(spec):
        return None
    given = {"params.classes": 5, "data.batch_size": 16, "train.epochs": SHORT, "budget": None}
    given |= {"train.optimizer": {"Adam": {"learning_rate": RATE}}}
    for size in SIZES:
        try:
            return load(
                spec.path,
                [f"{name}={json.dumps(value)}" for name, value in {**given, "params.image_size": size}.items()],
            )
        except SpecError:  # nothing is left at its end
            continue
    return None


def _scores(spec: Spec) -> dict[str, Any]:
    """Trains a spec, or resumes it, and evaluates it on its test part."""
    run = RUNS / spec.name
    start = time.perf_counter()
    trained = nnspec.train(spec, run=run, progress=False)
    seconds = time.perf_counter() - start
    scores = nnspec.evaluate(spec, run=run)
    return {
        "epochs": trained.epochs,
        "seconds": seconds,
        "part": scores["split"],
        "examples": scores["examples"],
        "metrics": dict(scores["metrics"]),
        "entities": scores.get("entities"),
    }


def _trained(spec: Spec) -> dict[str, Any]:
    """The scores of a spec, and the page to try it on."""
    found, run = {**_scores(spec), "page": None}, RUNS / spec.name
    varies = any(None in tensor.shape for tensor in spec.graph.inputs)
    try:
        [page] = nnspec.export(spec, run=run, targets={"Web": {"length": LENGTH} if varies else {}})
    except ExportError as error:
        found["why"] = str(error)
    else:
        found |= (
            {"page": str(page.path), "bytes": (page.path / "model.tflite").stat().st_size}
            if page.ok
            else {"why": "; ".join(page.reasons)}
        )
        found |= {"file_metric": page.metric_after, "latency_ms": page.latency_ms}
    return found


def _untrained(spec: Spec) -> dict[str, Any]:
    """The TFLite file of a network as a training begins with it: verified, its size and its latency."""
    model = nnspec.build(spec, seed=1)
    from nnspec.export.session import ExportSession  # TensorFlow is there now, quietly
    from nnspec.layers.types import KindValue
    from nnspec.runs.run_folder import RunFolder

    target = KindValue("TFLite", {"quantize": "float16"})
    with TemporaryDirectory() as folder:
        session = ExportSession(spec, RunFolder(Path(folder)), None, model, None, {}, None)
        artifact = session.export(target, spec.name, Path(folder) / f"{spec.name}.tflite")
    if not artifact.ok:
        raise SystemExit(f"{spec.name}: the file answers otherwise than Keras: {'; '.join(artifact.reasons)}")
    return {"epochs": 0, "bytes": artifact.bytes, "latency_ms": artifact.latency_ms}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list | tuple) else []
