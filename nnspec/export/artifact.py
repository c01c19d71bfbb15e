"""What an export hands back: the file, what is in it, and what the gate measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.console.displayed import Displayed
from nnspec.console.formatting import file_size


@dataclasses.dataclass(frozen=True, slots=True)
class LayerError:
    """A layer's outputs in the quantized file: signal to noise against the float file, and what the layer itself lost.

    Decibels all; `lost` is what the least precise of its inputs had (40 at most) less what its output has. `before` is
    the signal to noise without channels made alike and biases corrected; None where nothing of that was done.
    """

    layer: str
    decibels: float
    lost: float
    before: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Artifact(Displayed):
    """One exported file (or folder, for a SavedModel) and its verdict.

    `ok` is false where the gate refused it: `path` then ends in `.failed...` and `reasons` says why. `notes` are
    remarks that are no fault. `max_abs_diff` is the largest difference from Keras over the gate's ordinary inputs
    (nan if the file could not be run), `latency_ms` the median of one example on one thread, None for a SavedModel.
    `bundle` is the folder for an app that was made of it, if one was asked for. `layer_errors` are those of a quantized
    file that was refused, or of any if they were asked for. `arena_bytes` is what TensorFlow Lite Micro takes for a
    file of `runtime: micro`.
    """

    target: str
    quantize: str
    path: Path
    bytes: int
    ops: Mapping[str, int]
    flex_ops: int
    custom_ops: int
    fused_rnn_ops: int
    max_abs_diff: float
    metric_before: float | None
    metric_after: float | None
    latency_ms: float | None
    runtimes: tuple[str, ...]
    ok: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    bundle: Path | None = None
    layer_errors: tuple[LayerError, ...] = ()
    arena_bytes: int | None = None

    def __repr__(self) -> str:
        verdict = "ok" if self.ok else f"FAILED: {'; '.join(self.reasons)}"
        return f"Artifact({str(self.path)!r}, {file_size(self.bytes)}, {verdict})"

    def to_json(self) -> dict[str, Any]:
        """The artifact as plain data for `--json`; a number that JSON lacks (nan, infinity) becomes null."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        finite = float("-inf") < self.max_abs_diff < float("inf")
        return plain | {
            "path": str(self.path),
            "bundle": self.bundle and str(self.bundle),
            "ops": dict(self.ops),
            "max_abs_diff": self.max_abs_diff if finite else None,
            "runtimes": list(self.runtimes),
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "layer_errors": [dataclasses.asdict(error) for error in self.layer_errors],
        }


class Artifacts(list[Artifact], Displayed):
    """All that an export made: a list that a notebook shows as a table."""
