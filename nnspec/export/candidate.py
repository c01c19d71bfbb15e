"""A finished but unpublished artifact, as a target's maker hands it to the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from nnspec.backend.signature import Batch, Run
from nnspec.export.artifact import LayerError
from nnspec.export.errors import ExportError
from nnspec.export.gate.runtimes import RuntimeFailure
from nnspec.export.tflite.op_counts import Contents


@dataclass(frozen=True, slots=True)
class Candidate:
    """`open` loads the artifact for running whole batches, `errors` measures the error of each layer of a quantized
    one; `typical` is an input to measure it with, a batch of 1 at the file's shapes; `steps` are the sizes of a step of
    each output, where training has seen the same; the other fields are the Artifact's.
    """

    path: Path
    suffix: str
    quantize: str
    contents: Contents
    max_abs_diff: float
    latency_ms: float | None
    runtimes: tuple[str, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    open: Callable[[], AbstractContextManager[Run]]
    errors: Callable[[], tuple[LayerError, ...]] = tuple
    typical: Batch | None = None
    arena: int | None = None  # bytes that TensorFlow Lite Micro takes for a file that is for it
    steps: Mapping[str, float] = field(default_factory=dict)

    def layer_errors(self) -> tuple[LayerError, ...]:
        """The error of each layer; nothing where the file cannot even be run, or has no float twin."""
        try:
            return self.errors()
        except (ExportError, RuntimeFailure):
            return ()
