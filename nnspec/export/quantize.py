"""Which quantization a network gets by default, which it cannot have, and the examples that int8 is calibrated on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nnspec.backend.signature import Batch
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes
from nnspec.export.recurrent import Recurrences, recurrent_layers
from nnspec.export.targets import Quantize
from nnspec.layers.portable import LOOP_IN_INT8

Representative = Callable[[], Iterator[Batch]]

# Under dynamic range the converter leaves a weight matrix with fewer elements than this in float.
SMALLEST_QUANTIZED = 1024

_CONVOLUTIONS = tuple(
    getattr(keras.layers, f"{kind}{rank}D{suffix}")
    for kind, suffix, ranks in (
        ("Conv", "", (1, 2, 3)),
        ("Conv", "Transpose", (1, 2, 3)),
        ("DepthwiseConv", "", (1, 2)),
        ("SeparableConv", "", (1, 2)),
    )
    for rank in ranks
)


def choose(asked: Quantize | None, model: Any, representative: Representative | None) -> Quantize:
    """The quantization asked for, else int8 for a convolutional network with examples, else dynamic range.

    Raises:
        ExportError: int8 was asked for and there are no examples.
    """
    if asked == "int8" and representative is None:
        raise ExportError(
            "int8 takes the ranges of its activations from representative data, and there is none",
            hint="give the spec a data section, or quantize: dynamic",
        )
    if asked is not None:
        return asked
    layers = list(model._flatten_layers())
    convolutional = any(isinstance(layer, _CONVOLUTIONS) for layer in layers)
    recurrent = next(recurrent_layers(model), None) is not None
    return "int8" if convolutional and not recurrent and representative is not None else "dynamic"


def refuse_impossible(quantize: Quantize, found: Recurrences) -> None:
    """Raises ExportError for int8 on a WHILE loop, which crashes the converter, naming the layer."""
    if quantize == "int8" and found.loops:
        raise ExportError(LOOP_IN_INT8.reason, layer=found.loops[0], hint=LOOP_IN_INT8.hint)


def left_in_float(quantize: Quantize, model: Any, found: Recurrences) -> tuple[str, ...]:
    """Remarks on the fused LSTMs that are too small for dynamic range, so keep their float weights."""
    if quantize != "dynamic":
        return ()
    small = {
        place
        for place, layer in recurrent_layers(model)
        if place in found.fused and layer.cell.kernel.shape[0] * layer.units < SMALLEST_QUANTIZED
    }
    return tuple(
        f"{place}: its gates have fewer than {SMALLEST_QUANTIZED} input weights, so dynamic range leaves them in float"
        for place in sorted(small)
    )


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


def save_examples(examples: list[Batch], path: Path) -> None:
    """Writes examples as `convert_worker` reads them: an .npz with keys `<number>/<input>`."""
    arrays = {f"{number}/{name}": value for number, row in enumerate(examples) for name, value in row.items()}
    np.savez(path, **arrays)  # type: ignore[arg-type]
