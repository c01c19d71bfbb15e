"""What stands on each line of a document: layers, and the loops and blocks that make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnspec.frontend.diagnostics import Frame
from nnspec.frontend.spec import Layer, Spec, total
from nnspec.layers.types import TensorSpec
from nnspec.report.text.layers import shape_text


@dataclass
class Line:
    """Attributes:
    own: the layers that the line writes; several where a loop or a block makes it several times.
    made: the layers that the loop or the use of a block on this line makes.
    """

    own: list[Layer] = field(default_factory=list)
    made: list[Layer] = field(default_factory=list)

    @property
    def layers(self) -> Sequence[Layer]:
        return self.own or self.made


def lines_of(spec: Spec, path: Path) -> dict[int, Line]:
    """The lines of a file, from 0, that make layers of a network."""
    file = str(path)
    found: dict[int, Line] = {}
    for layer in spec.graph.layers:
        if layer.span.source.path == file:
            found.setdefault(layer.span.line - 1, Line()).own.append(layer)
        spans = [one.span for one in layer.trail if isinstance(one, Frame) and one.span is not None]
        for number in dict.fromkeys(span.line - 1 for span in spans if span.source.path == file):
            found.setdefault(number, Line()).made.append(layer)
    return found


def shape_of(outputs: Iterable[TensorSpec] | None) -> str:
    """``28x28x6``: without the batch, and float32 goes without saying; a question mark where it is not known."""
    if outputs is None:
        return "?"
    return ", ".join(shape_text(one.shape, one.dtype).replace(" × ", "x") for one in outputs)


def shapes_of(layers: Sequence[Layer], spec: Spec) -> str:
    """The shapes of several layers: one, a few, or the first and the last."""
    shapes = list(dict.fromkeys(shape_of(spec.facts[layer.name].outputs) for layer in layers))
    if len(shapes) <= 2:
        return ", then ".join(shapes)
    return f"{shapes[0]} ... {shapes[-1]}"


def params_of(layers: Iterable[Layer], spec: Spec) -> int | None:
    """The weights of layers, those that share another's left out; None where some are not known."""
    return total(0 if layer.shares else spec.facts[layer.name].params for layer in layers)


def macs_of(layers: Iterable[Layer], spec: Spec) -> int | None:
    return total(spec.facts[layer.name].macs for layer in layers)
