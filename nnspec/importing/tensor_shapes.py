"""Shapes of tensors where a file does not say them, since Keras 2 wrote none and operations are read by them; masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nnspec.frontend.masks import Follower
from nnspec.frontend.shapes import facts_of, input_spec
from nnspec.frontend.spec import Graph, Input, Layer, LayerFacts, Ref
from nnspec.importing.errors import ImportFailed
from nnspec.layers import ShapeError
from nnspec.layers.types import TensorSpec


@dataclass(slots=True)
class TensorShapes:
    """What the layers read so far give, worked out when it is first asked for."""

    known: dict[str, tuple[TensorSpec, ...] | None] = field(default_factory=dict)
    facts: dict[str, LayerFacts] = field(default_factory=dict)
    walked: int = 0
    masks: Follower | None = None

    def of(self, ref: Ref, inputs: Sequence[Input], layers: Sequence[Layer]) -> tuple[tuple[int | None, ...], str]:
        """Shape, batch first, and type of an output; no shape where it is not known."""
        self._walk(inputs, layers)
        found = self._spec(ref)
        if found is None:
            return (), "float32"
        return tuple(size if isinstance(size, int) else None for size in found.shape), found.values

    def may_be_masked(self, ref: Ref, inputs: Sequence[Input], layers: Sequence[Layer]) -> bool:
        """Whether an output carries a mask, as far as that is known."""
        self._walk(inputs, layers)
        return self.masks is not None and (ref in self.masks.found.carried or ref.layer in self.masks.opaque)

    def _walk(self, inputs: Sequence[Input], layers: Sequence[Layer]) -> None:
        if self.masks is None:
            self.known |= {tensor.name: (input_spec(tensor),) for tensor in inputs}
            self.masks = Follower(Graph("", tuple(inputs), (), ()), self.facts)
        for layer in layers[self.walked :]:
            specs = [self._spec(given) for given in layer.inputs]
            try:
                self.facts[layer.name] = facts_of(layer, specs)
            except ShapeError as error:
                raise ImportFailed(f"{layer.kind} `{layer.name}`: {error.message}", hint=error.hint) from error
            self.known[layer.name] = self.facts[layer.name].outputs
            self.masks.layer(layer)
        self.walked = len(layers)

    def _spec(self, ref: Ref) -> TensorSpec | None:
        outputs = self.known.get(ref.layer)
        return outputs[ref.index] if outputs is not None and ref.index < len(outputs) else None
