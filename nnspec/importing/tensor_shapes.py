"""Shapes of tensors where a file does not say them: Keras 2 wrote none, and operations are read by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nnspec.frontend.shapes import facts_of, input_spec
from nnspec.frontend.spec import Input, Layer, Ref
from nnspec.importing.errors import ImportFailed
from nnspec.layers import ShapeError
from nnspec.layers.types import TensorSpec


@dataclass(slots=True)
class TensorShapes:
    """What the layers read so far give, worked out when it is first asked for."""

    known: dict[str, tuple[TensorSpec, ...] | None] = field(default_factory=dict)
    walked: int = 0

    def of(self, ref: Ref, inputs: Sequence[Input], layers: Sequence[Layer]) -> tuple[tuple[int | None, ...], str]:
        """Shape, batch first, and type of an output; no shape where it is not known."""
        for tensor in inputs:
            self.known.setdefault(tensor.name, (input_spec(tensor),))
        for layer in layers[self.walked :]:
            specs = [self._spec(given) for given in layer.inputs]
            try:
                self.known[layer.name] = facts_of(layer, specs).outputs
            except ShapeError as error:
                raise ImportFailed(f"{layer.kind} `{layer.name}`: {error.message}", hint=error.hint) from error
        self.walked = len(layers)
        found = self._spec(ref)
        if found is None:
            return (), "float32"
        return tuple(size if isinstance(size, int) else None for size in found.shape), found.values

    def _spec(self, ref: Ref) -> TensorSpec | None:
        outputs = self.known.get(ref.layer)
        return outputs[ref.index] if outputs is not None and ref.index < len(outputs) else None
