"""The weights alone, for a program that has the network's code: a NumPy archive of them in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nnspec.catalog.targets import METRIC_DROP, Target

if TYPE_CHECKING:
    from nnspec.backend.signature import Run
    from nnspec.export.candidate import Candidate
    from nnspec.export.request import Request


@dataclass(frozen=True)
class Weights(Target):
    """The weights of the network in an .npz file, in the order of Keras."""

    maker: ClassVar = "tallies.target:make"

    compressed: bool = field(default=False, metadata={"doc": "Whether the archive is compressed."})
    max_metric_drop: float | None = field(default=None, metadata={"doc": METRIC_DROP})


def make(target: Weights, request: Request) -> Candidate:
    """The archive, read again into a copy of the model and compared."""
    import numpy as np

    from nnspec.backend.signature import keras_run
    from nnspec.export.candidate import Candidate
    from nnspec.export.examples import Shapes, gate_cases
    from nnspec.export.gate.verify import compare, judge
    from nnspec.export.tflite.op_counts import Contents

    path = request.scratch / "model.npz"
    (np.savez_compressed if target.compressed else np.savez)(path, *request.model.get_weights())
    cases = gate_cases(request.model, Shapes.of(request.model, None), [])
    with opened(request.model, path) as run:
        verdict = judge(compare(run, cases, keras_run(request.model)), "none", "numpy")
    return Candidate(
        path=path,
        suffix=".npz",
        quantize="none",
        contents=Contents({}, 0, 0, 0),
        max_abs_diff=verdict.max_abs_diff,
        latency_ms=None,
        runtimes=("numpy",),
        reasons=verdict.reasons,
        notes=verdict.notes,
        open=partial(opened, request.model, path),
    )


@contextmanager
def opened(model: Any, path: Path) -> Iterator[Run]:
    import keras
    import numpy as np

    from nnspec.backend.signature import keras_run

    copy = keras.models.clone_model(model)
    with np.load(path) as archive:
        copy.set_weights([archive[name] for name in archive.files])
    yield keras_run(copy)
