"""Which layers a quantization hurts: every operation of the quantized file against its twin of the float file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnspec.backend.signature import Batch
from nnspec.export.artifact import LayerError
from nnspec.export.errors import ExportError
from nnspec.export.gate.runtimes import WITHOUT_XNNPACK, Program
from nnspec.export.tflite.alignment import Pair, aligned
from nnspec.export.tflite.flatbuffer import unpacked

# Decibels: what more precision than this at a layer's input is worth is not asked.
CLEAN = 40.0
# A layer that loses so much, and at least half as much as the worst one, is named as one that hurts.
HURTS = 6.0


def layer_errors(
    plain: bytes, quantized: Path, layers: Sequence[str], examples: Sequence[Batch]
) -> tuple[LayerError, ...]:
    """The error of each top-level layer, in the order of the network, over some examples of batch 1.

    Layers that the converter folded into others are not there, nor is what happens inside of a loop.

    Raises:
        ExportError: the files do not hold the same operations.
        RuntimeFailure: one of them cannot be run.
    """
    path = quantized.with_suffix(".float.tflite")
    path.write_bytes(plain)
    pairs = aligned(unpacked(plain), unpacked(quantized.read_bytes()), layers)[0]
    noise = _noise(path, quantized, pairs, examples)
    path.unlink()
    worst: dict[str, LayerError] = {}
    for pair in pairs:
        if pair.layer is None or pair.plain.outputs[0] not in noise:
            continue
        given = min([CLEAN, *(noise[index] for index in pair.plain.inputs if index in noise)])
        after = noise[pair.plain.outputs[0]]
        error = LayerError(pair.layer, after, max(0.0, given - after))
        if pair.layer not in worst or error.lost > worst[pair.layer].lost:
            worst[pair.layer] = error
    return tuple(worst.values())


def output_decibels(plain: bytes, quantized: Path, layers: Sequence[str], examples: Sequence[Batch]) -> float:
    """The signal to noise of the least precise output, over some examples of batch 1.

    Raises:
        ExportError: the files do not hold the same operations, or the outputs are none that are computed.
        RuntimeFailure: one of them cannot be run.
    """
    path, model = quantized.with_suffix(".float.tflite"), unpacked(plain)
    path.write_bytes(plain)
    ends = {int(index) for index in model.subgraphs[0].outputs}
    pairs = [
        pair for pair in aligned(model, unpacked(quantized.read_bytes()), layers)[0] if ends & {*pair.plain.outputs}
    ]
    noise = _noise(path, quantized, pairs, examples)
    path.unlink()
    if not noise:
        raise ExportError("no operation makes the outputs")
    return min(noise.values())


def hurt(errors: Sequence[LayerError]) -> tuple[str, ...]:
    """The layers that lose much more precision than others, the worst first."""
    most = max((error.lost for error in errors), default=0.0)
    named = [error for error in errors if error.lost >= max(HURTS, most / 2)]
    return tuple(error.layer for error in sorted(named, key=lambda error: -error.lost))


def _noise(path: Path, quantized: Path, pairs: Sequence[Pair], examples: Sequence[Batch]) -> dict[int, float]:
    """Decibels by tensor of the float file."""
    ours = [int(pair.plain.outputs[0]) for pair in pairs]
    theirs = [int(pair.quantized.outputs[0]) for pair in pairs]
    signal, noise = np.zeros(len(pairs)), np.zeros(len(pairs))
    with Program(path, WITHOUT_XNNPACK) as plain, Program(quantized, WITHOUT_XNNPACK) as twin:
        for features in examples:
            found = zip(plain.tensors(features, ours), twin.tensors(features, theirs), strict=True)
            for number, (value, other) in enumerate(found):
                if value.dtype.kind != "f" or value.shape != other.shape:
                    continue  # shapes and counts, which no quantization touches
                signal[number] += np.square(value, dtype=np.float64).sum()
                noise[number] += np.square(other.astype(np.float64) - value).sum()
    floats = {ours[number] for number in np.flatnonzero(signal)}
    with np.errstate(divide="ignore", invalid="ignore"):
        decibels = 10 * np.log10(signal / noise)
    return {index: float(level) for index, level in zip(ours, decibels, strict=True) if index in floats}
