"""Which quantization a network gets by default, which it cannot have, and the examples that int8 is calibrated on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.signature import Batch
from nnspec.catalog.targets import Quantize
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes
from nnspec.export.tflite.plain_layers import EVERY_CONVOLUTION
from nnspec.export.tflite.recurrent import Recurrences, recurrent_layers
from nnspec.layers.portable import ACTIVATIONS, FOUR_BITS, NO_LOOP, NO_RECURRENT_INT4, NO_WIDE_HARD_SWISH, NO_WIDE_LSTM

Representative = Callable[[], Iterator[Batch]]

# Under dynamic range the converter leaves a weight matrix with fewer elements than this in float.
SMALLEST_QUANTIZED = 1024


def choose(asked: Quantize | None, model: Any, representative: Representative | None) -> Quantize:
    """The quantization asked for, else int8 for a convolutional network with examples, else dynamic range.

    Raises:
        ExportError: one that takes ranges from examples was asked for, and there are none.
    """
    if asked in ACTIVATIONS and representative is None:
        raise ExportError(
            f"{asked} takes the ranges of its activations from representative data, and there is none",
            hint="give the spec a data section, or quantize: dynamic",
        )
    if asked is not None:
        return asked
    return "int8" if _is_convolutional(model) and representative is not None else "dynamic"


def candidates(model: Any, representative: Representative | None) -> tuple[Quantize, ...]:
    """What `auto` tries before float32, from the smallest file up.

    int16x8 is not among them: it is as large as dynamic range, and slower everywhere.
    """
    whole: tuple[Quantize, ...] = ("int8",) if representative is not None else ()
    four: tuple[Quantize, ...] = ("int4",) if _is_convolutional(model) and find_spec("ai_edge_quantizer") else ()
    return (*four, *whole, "dynamic", "float16")


def _is_convolutional(model: Any) -> bool:
    convolutional = any(isinstance(layer, EVERY_CONVOLUTION) for layer in parts(model))
    return convolutional and next(recurrent_layers(model), None) is None


def refuse_impossible(quantize: Quantize, found: Recurrences, model: Any) -> None:
    """Raises ExportError, naming the layer, for what crashes the converter or has no kernel.

    int8 and int16x8 on a loop; int16x8 on a fused LSTM or HARD_SWISH; 4 bits on any recurrent layer; int4 where the
    package that makes it is not installed.
    """
    swish = [layer.name for layer in model.layers for part in parts(layer) if _is_hard_swish(part)]
    refusals = (
        (NO_LOOP, quantize in ACTIVATIONS, found.loops),
        (NO_WIDE_LSTM, quantize == "int16x8", found.fused),
        (NO_RECURRENT_INT4, quantize in FOUR_BITS, (*found.fused, *found.loops, *found.unrolled)),
        (NO_WIDE_HARD_SWISH, quantize == "int16x8", swish),
    )
    for why, meant, places in refusals:
        if meant and places:
            raise ExportError(why.reason, layer=places[0], hint=why.hint)
    if quantize == "int4" and find_spec("ai_edge_quantizer") is None:
        raise ExportError("int4 needs ai-edge-quantizer", hint='pip install "nnspec[int4]"')


def _is_hard_swish(layer: Any) -> bool:
    return getattr(layer, "activation", None) is keras.activations.hard_silu


def left_in_float(quantize: Quantize, model: Any, found: Recurrences) -> dict[str, str]:
    """Remarks, by layer, on the fused LSTMs that are too small for dynamic range, so keep their float weights."""
    if quantize != "dynamic":
        return {}
    small = {
        place
        for place, layer in recurrent_layers(model)
        if place in found.fused and layer.cell.kernel.shape[0] * layer.units < SMALLEST_QUANTIZED
    }
    why = f"its gates have fewer than {SMALLEST_QUANTIZED} input weights, so dynamic range leaves them in float"
    return {place: f"{place}: {why}" for place in sorted(small)}


def examples_of(representative: Representative, shapes: Shapes, count: int) -> list[Batch]:
    """The first `count` representative examples, each a batch of 1 at the file's shapes.

    Raises:
        ExportError: no examples, an input missing, or one of a shape that the model does not take.
    """
    examples: list[Batch] = []
    for batch in representative():
        shapes.check(batch)
        for row in shapes.rows(batch, skip_misfits=True):
            examples.append(row)
            if len(examples) == count:
                return examples
    if not examples:
        fitting = f" that fit a length of {shapes.length}" if shapes.length else ""
        raise ExportError(f"there are no representative examples{fitting}")
    return examples


def save_examples(examples: Sequence[Batch], path: Path) -> None:
    """Writes examples as `convert_worker` reads them: an .npz with keys `<number>/<input>`."""
    arrays = {f"{number}/{name}": value for number, row in enumerate(examples) for name, value in row.items()}
    np.savez(path, **arrays)  # type: ignore[arg-type]
