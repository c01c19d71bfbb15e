"""The bytes of a quantized file, the most precise of what can be made of a network without training it.

Channels of very different ranges are made alike, and biases take back what rounded weights move (Nagel et al. 2019).
Each of these is kept where the outputs become more precise by it on examples, and not where they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnspec.backend.equalize import equalized
from nnspec.backend.signature import Batch
from nnspec.export.errors import ExportError
from nnspec.export.gate.runtimes import RuntimeFailure
from nnspec.export.tflite.biases import corrected
from nnspec.export.tflite.conversion import Traced
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.four_bits import to_four_bits
from nnspec.export.tflite.layer_errors import output_decibels
from nnspec.layers.portable import ACTIVATIONS

SEEN = 16  # examples that outputs are compared on


@dataclass(frozen=True, slots=True)
class Made:
    """A file's bytes, what it was made of, and what was done to it; `before` is the file without that."""

    content: bytes
    traced: Traced
    notes: tuple[str, ...] = ()
    before: Made | None = None


def quantized(
    trace: Callable[[Any, str], Traced],
    model: Any,
    quantize: str,
    examples: Sequence[Batch],
    kept: Sequence[str],
    *,
    equalize: bool,
    scratch: Path,
) -> Made:
    """The file of a network in a quantization.

    Args:
        trace: of a network and the name of a folder makes what is converted.
        examples: batches of 1, from which ranges follow.
        kept: layers that stay in float32.
        equalize: whether channels and biases are changed; biases are for weights of 4 bits in any case.
        scratch: a folder for files that are run.

    Raises:
        ExportError: the conversion failed.
    """

    def make(network: Any, name: str) -> Made:
        traced = trace(network, name)
        if quantize == "none":
            return Made(repair(traced.plain()), traced)
        content = traced.quantized(quantize, examples if quantize in ACTIVATIONS else [], kept)
        if quantize == "int8x4":
            micro = traced.target.runtime == "micro"
            content, count = to_four_bits(content, micro)
            if not count:
                hint = "quantize: int8; or dense_scale: tensor, since a Dense of 4 bits has one scale there"
                raise ExportError(
                    "int8x4 finds no weights that 4 bits can hold", hint=hint if micro else "quantize: int8"
                )
        return Made(repair(content), traced)

    first = make(model, "trace")
    if quantize not in ACTIVATIONS:
        why = (f"equalize does nothing here: {quantize} has no ranges of values",) if equalize else ()
        return replace(first, notes=why)
    if not equalize and quantize != "int8x4":
        return first
    others = [first]
    remarks: tuple[str, ...] = ()
    if equalize:
        network, remarks = equalized(model, examples)
        others += [make(network, "equal")] if network is not model else []
    return _best(others, remarks, examples[:SEEN], scratch)


def _best(made: Sequence[Made], remarks: tuple[str, ...], examples: Sequence[Batch], scratch: Path) -> Made:
    """The most precise of some files and of the same ones with other biases."""
    try:
        pairs = [(one, repair(one.traced.plain())) for one in made]
        pairs += list(_corrected(pairs, examples, scratch))
        levels = [(_decibels(one, plain, examples, scratch), one) for one, plain in pairs]
    except (ExportError, RuntimeFailure) as error:
        why = f"what equalizing and biases bring cannot be measured, so that biases stay: {error}"
        return replace(made[-1], notes=(*remarks, why))
    first = levels[0]
    level, found = max(levels, key=lambda pair: pair[0])
    equal = found.traced is not made[0].traced
    kept = remarks if equal or len(made) == 1 else ("equalize is left out: outputs become no more precise by it",)
    if found is first[1]:
        return replace(found, notes=kept)
    gain = f"outputs have {level:.1f} dB of signal to noise, {first[0]:.1f} dB without that"
    return replace(found, notes=(*kept, *found.notes, gain), before=first[1])


def _corrected(
    pairs: Sequence[tuple[Made, bytes]], examples: Sequence[Batch], scratch: Path
) -> Iterator[tuple[Made, bytes]]:
    for one, plain in pairs:
        content, count = corrected(one.content, plain, one.traced.layers, examples, scratch)
        if count:
            yield replace(one, content=content, notes=(f"biases of {count} operations take back mean errors",)), plain


def _decibels(made: Made, plain: bytes, examples: Sequence[Batch], scratch: Path) -> float:
    path = scratch / "compared.tflite"
    path.write_bytes(made.content)
    found = output_decibels(plain, path, made.traced.layers, examples)
    path.unlink()
    return found
