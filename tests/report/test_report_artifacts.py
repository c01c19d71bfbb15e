"""The verification table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nnspec.export.artifact import Artifact
from nnspec.report.text.artifacts import artifact_table

GOOD = Artifact(
    target="TFLite",
    quantize="int8",
    path=Path("runs/lenet/1/export/lenet.tflite"),
    bytes=472_345,
    ops={"CONV_2D": 2, "FULLY_CONNECTED": 1},
    flex_ops=0,
    custom_ops=0,
    fused_rnn_ops=0,
    max_abs_diff=0.0123,
    metric_before=0.91337,
    metric_after=0.9129,
    latency_ms=0.1134,
    runtimes=("interpreter",),
    ok=True,
)


def test_every_measure_is_shown() -> None:
    text = artifact_table([GOOD], 120)
    row = next(line for line in text.splitlines() if line.startswith("TFLite"))
    for cell in ("int8", "472 kB", "3", "0+0", "0.012", "0.9134", "0.9129", "0.113 ms", "ok"):
        assert f" {cell}" in row
    assert "runs/lenet/1/export/lenet.tflite" in text


def test_a_refused_artifact_says_why() -> None:
    bad = replace(
        GOOD, ok=False, latency_ms=None, metric_after=None, reasons=("a flex operation",), notes=("small gates",)
    )
    text = artifact_table([bad], 120)
    assert "FAILED" in text and "failed: a flex operation" in text and "note: small gates" in text
