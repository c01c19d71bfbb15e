"""What a microcontroller would need of a network, before there is a file: an estimate of flash and arena.

Flash is the file: weights in their bytes, and what the format spends on each operation, tensor and channel. The arena
is what TensorFlow Lite Micro lays out in memory: the values that are alive at the same time, at most, and its records.
The constants were fitted to files of nnspec's own (tests/export/test_micro_memory.py); a loop's tensors are not
foreseen. The runtime's code, some tens of kB, and the stack come on top of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from nnspec.frontend.lints.network import activation
from nnspec.frontend.shapes import input_spec
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers.types import TensorSpec

WIDTHS = {"none": 4, "int8": 1, "int16x8": 2, "int8x4": 1}  # bytes of an activation
WEIGHTS = {"none": 4, "int8": 1, "int16x8": 1, "int8x4": 0.5}
FILE = {"none": 700, "int8": 1_400, "int16x8": 1_400, "int8x4": 1_400}
OPERATION = {"none": 75, "int8": 260, "int16x8": 260, "int8x4": 260}
CHANNEL, UNIT = 22, 9  # bytes of a whole file for each channel of a convolution, for each unit of a Dense
RECORDS, RECORD, ROW = 912, 176, 8  # bytes of the arena: in all, for each operation, for each channel
ALIGNED = 16
ENDS = ("relu", "relu6")  # functions that are the end of the operation before


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of flash and arena; None where a size is not known."""

    flash: int | None
    arena: int | None

    def as_json(self) -> dict[str, int | None]:
        return {"flash_bytes": self.flash, "arena_bytes": self.arena}

    def __str__(self) -> str:
        parts = [(self.flash, "flash"), (self.arena, "arena")]
        return ", ".join(f"{what} about {size:,} bytes" if size else f"{what} not known" for size, what in parts)


def estimate(spec: Spec, quantize: str) -> Memory:
    """What a file of this quantization would need: int8, int16x8, int8x4 or none."""
    return Memory(_flash(spec, quantize), _arena(spec, quantize))


def _is_folded(layer: Layer) -> bool:
    """Whether a layer becomes a part of the operation before it, or nothing: noise, a ReLU, a normalization."""
    family = layer.record.family
    folds = family == "activation" and activation(layer) in ENDS
    return family == "regularization" or folds or layer.record.subtracts_mean


def _operations(layer: Layer) -> int:
    """How many operations a layer becomes: itself, and a function behind it that it does not end in by itself."""
    function = None if layer.record.family == "activation" else layer.args.get("activation")
    return 0 if _is_folded(layer) else 1 + (function not in (None, "linear", *ENDS))


def _flash(spec: Spec, quantize: str) -> int | None:
    total = FILE[quantize]
    for layer in spec.graph.layers:
        params = 0 if layer.shares else spec.facts[layer.name].params
        if params is None:
            return None
        if _is_folded(layer):
            continue
        total += int(params * WEIGHTS[quantize]) + OPERATION[quantize] * _operations(layer)
        if params and quantize != "none":
            total += (CHANNEL if layer.record.family == "convolution" else UNIT) * _channels(spec, layer)
    return total


def _channels(spec: Spec, layer: Layer) -> int:
    """Each has a scale of its own, and a bias of four bytes."""
    outputs = spec.facts[layer.name].outputs
    size = outputs[0].shape[-1] if outputs else 0
    return size if isinstance(size, int) else 0


def _arena(spec: Spec, quantize: str) -> int | None:
    layers = spec.graph.layers
    if any(_is_loop(layer) for layer in layers):
        return None
    sizes: dict[str, int] = {}
    given = [(tensor.name, (input_spec(tensor),)) for tensor in spec.graph.inputs]
    for name, outputs in [*given, *((layer.name, spec.facts[layer.name].outputs) for layer in layers)]:
        size = None if outputs is None else _bytes(outputs, WIDTHS[quantize])
        if size is None:
            return None
        sizes[name] = size
    records = sum(RECORD * _operations(layer) + ROW * _rows(spec, layer, quantize) for layer in layers)
    return max(_alive(spec, sizes)) + RECORDS + records


def _rows(spec: Spec, layer: Layer, quantize: str) -> int:
    """Channels whose scales the runtime keeps: of convolutions always, of a Dense where it is whole."""
    scaled = layer.record.family == "convolution" or (layer.record.linear and quantize != "none")
    return _channels(spec, layer) if scaled else 0


def _is_loop(layer: Layer) -> bool:
    """Whether a layer is walked by a loop, or holds state: their tensors are not foreseen."""
    return layer.record.recurrent or layer.record.mobile.loop or layer.record.family == "recurrent"


def _bytes(outputs: tuple[TensorSpec, ...], width: int) -> int | None:
    total = 0
    for spec in outputs:
        sizes = [size for size in spec.shape[1:] if isinstance(size, int)]
        if len(sizes) < len(spec.shape) - 1:
            return None
        count = prod(sizes) * (width if spec.dtype.startswith("float") else 4)
        total += -(-count // ALIGNED) * ALIGNED
    return total


def _alive(spec: Spec, sizes: dict[str, int]) -> Iterator[int]:
    """The bytes of all values that are alive while each operation runs; what is folded has the values before it."""
    made: dict[str, str] = {tensor.name: tensor.name for tensor in spec.graph.inputs}
    for layer in spec.graph.layers:
        made[layer.name] = made[layer.inputs[0].layer] if _is_folded(layer) and layer.inputs else layer.name
    born = {**{tensor.name: -1 for tensor in spec.graph.inputs}, **{n.name: i for i, n in enumerate(spec.graph.layers)}}
    last = dict(born)
    for number, layer in enumerate(spec.graph.layers):
        last.update({made[ref.layer]: number for ref in layer.inputs})
    last.update({made[output.ref.layer]: len(born) for output in spec.graph.outputs})
    for number, layer in enumerate(spec.graph.layers):
        kept = {made[name] for name in born}
        alive = (sizes[name] for name in kept if born[name] <= number <= last[name])
        yield 0 if _is_folded(layer) else sum(alive)
