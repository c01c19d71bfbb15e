"""What an export produced, as the verification table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnspec.console.formatting import file_size, latency, metric
from nnspec.console.tables import Column, numbers, table

if TYPE_CHECKING:
    from nnspec.export.artifact import Artifact

COLUMNS = (
    Column("target", yields=True),
    Column("quantize"),
    *numbers("size", "ops", "flex + custom", "max diff", "Keras", "file", "latency"),
    Column("gate"),
)


def artifact_table(artifacts: Sequence[Artifact], width: int) -> str:
    """One row an artifact, and below the table its path, its remarks, and why the gate refused it."""
    lines = [table(COLUMNS, [_row(artifact) for artifact in artifacts], width), ""]
    for artifact in artifacts:
        lines.append(str(artifact.path))
        lines += [f"  bundle: {artifact.bundle}"] if artifact.bundle else []
        lines += [f"  failed: {reason}" for reason in artifact.reasons]
        lines += [f"  note: {note}" for note in artifact.notes]
        lines += ["", _errors(artifact, width)] if artifact.layer_errors else []
    return "\n".join(lines)


def _errors(artifact: Artifact, width: int) -> str:
    """What each layer of a quantized file loses, in decibels of signal to noise against the float one."""
    columns = [Column("layer", yields=True), *numbers("signal to noise", "lost here")]
    rows = [[error.layer, f"{error.decibels:.0f} dB", f"{error.lost:.0f} dB"] for error in artifact.layer_errors]
    if any(error.before is not None for error in artifact.layer_errors):
        columns.insert(1, Column("as it is", right=True))
        for row, error in zip(rows, artifact.layer_errors, strict=True):
            row.insert(1, "-" if error.before is None else f"{error.before:.0f} dB")
    return table(columns, rows, width)


def _row(artifact: Artifact) -> tuple[str, ...]:
    return (
        artifact.target,
        artifact.quantize,
        file_size(artifact.bytes),
        str(sum(artifact.ops.values())) if artifact.ops else "-",
        f"{artifact.flex_ops}+{artifact.custom_ops}",
        f"{artifact.max_abs_diff:.2g}",
        metric(artifact.metric_before),
        metric(artifact.metric_after),
        latency(artifact.latency_ms),
        "ok" if artifact.ok else "FAILED",
    )
