"""What the gallery measures: the specs that the example data are for, trained, measured, exported as a page."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nnspec
from nnspec.export.errors import ExportError
from nnspec.frontend.spec import Spec

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
RUNS = ROOT / "runs" / "gallery"
MOST_PARAMS = 1_000_000  # larger networks are for data that no checkout has
LENGTH = 64  # of a sequence on a page, where the network takes any
FILE = "gallery.json"


def trains_here(spec: Spec) -> bool:
    """Whether it is small, and all its data are those of the examples."""
    if spec.data is None or spec.param_count is None or spec.param_count > MOST_PARAMS:
        return False
    paths = [value for value in _texts(spec.data.source.args) if "/" in value]
    return bool(paths) and all(DATA in (spec.path.parent / path).resolve().parents for path in paths)


def measured(spec: Spec) -> dict[str, Any] | None:
    """What an earlier training of this very spec came to; None where there is none."""
    try:
        found: dict[str, Any] = json.loads((RUNS / spec.name / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def measure(spec: Spec) -> dict[str, Any]:
    """Trains a spec, or resumes it, evaluates it on its test part and exports the page to try it on."""
    run = RUNS / spec.name
    start = time.perf_counter()
    trained = nnspec.train(spec, run=run, progress=False)
    seconds = time.perf_counter() - start
    scores = nnspec.evaluate(spec, run=run)
    found: dict[str, Any] = {
        "epochs": trained.epochs,
        "seconds": seconds,
        "part": scores["split"],
        "examples": scores["examples"],
        "metrics": dict(scores["metrics"]),
        "entities": scores.get("entities"),
        "page": None,
    }
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
    (run / FILE).write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list | tuple) else []
