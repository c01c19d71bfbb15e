"""A step model: recurrent layers whose state goes in and comes out, so that an app feeds a sequence as it arrives.

The network must read forwards alone and look at one step at a time beside its recurrent layers; whether it does is
proved, not guessed: a whole sequence fed in steps must give what Keras gives for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from nnspec.backend.signature import Batch, Port, Run, Signature, call_by_name
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes
from nnspec.export.names import identifier
from nnspec.export.tflite.recurrent import Carried, recurrent_layers


@dataclass(frozen=True, slots=True)
class Stream:
    """How sequences go through a step model, `steps` at a time.

    `whole` are the shapes of sequences, `shapes` those of the file: its states, zero at the start, come after its
    inputs as `<layer>_state<n>`, and after its outputs as `<layer>_state<n>_next`.
    """

    whole: Shapes
    shapes: Shapes
    states: tuple[Port, ...]
    steps: int
    names: Mapping[int, tuple[str, ...]]

    def call(self, model: Any, features: Mapping[str, Any], carried: Carried) -> dict[str, Any]:
        """The network for some steps, on tensors by the file's names, while `portable` is open with `carried`."""
        carried.given = {port.name: features[port.name] for port in self.states}
        carried.left = {}
        outputs = call_by_name(model, features)
        return outputs | {next_name(name): state for name, state in carried.left.items()}

    def takes(self, features: Batch) -> bool:
        return self._length(features) % self.steps == 0

    def first(self, features: Batch) -> Batch:
        """The file's inputs for the first steps of a sequence."""
        zeros = {port.name: np.zeros([size or 1 for size in (1, *port.shape)], port.dtype) for port in self.states}
        return self._part(features, 0) | zeros

    def through(self, run: Run) -> Run:
        """A function from whole sequences, batches of 1, to their outputs, by runs of the file one after another."""

        def whole(features: Batch) -> Batch:
            length = self._length(features)
            if length % self.steps:
                raise ExportError(f"{length} steps cannot be fed {self.steps} at a time", hint="length: 1")
            states: Batch = {}
            parts = []
            for start in range(0, length, self.steps):
                given = self.first(features) | self._part(features, start) | states
                found = run(given)
                states = {port.name: found[next_name(port.name)] for port in self.states}
                parts.append(found)
            return {port.name: self._joined(port, [part[port.name] for part in parts]) for port in self._outputs}

        return whole

    @property
    def _outputs(self) -> tuple[Port, ...]:
        return self.whole.signature.outputs

    def _length(self, features: Batch) -> int:
        port = next(port for port in self.whole.signature.inputs if None in port.shape)
        return int(np.shape(features[port.name])[1 + port.shape.index(None)])

    def _part(self, features: Batch, start: int) -> Batch:
        def cut(port: Port) -> np.ndarray:
            places = [slice(start, start + self.steps) if size is None else slice(None) for size in (0, *port.shape)]
            return features[port.name][tuple(places)]

        return {port.name: cut(port) for port in self.whole.signature.inputs}

    def _joined(self, port: Port, parts: list[np.ndarray]) -> np.ndarray:
        """Steps in a row; of an output without steps, what the last run gives."""
        return np.concatenate(parts, axis=1 + port.shape.index(None)) if None in port.shape else parts[-1]


def next_name(state: str) -> str:
    return f"{state}_next"


def stream_of(model: Any, steps: int | None) -> Stream:
    """The stream of a network.

    Raises:
        ExportError: it has no recurrent layer, its length is fixed, or a layer reads backwards.
    """
    whole = Shapes.of(model, None)
    layers = list(recurrent_layers(model))
    if not layers:
        raise ExportError("state: carried is for recurrent networks, and this one has no state")
    if not whole.varies:
        raise ExportError(
            "state: carried feeds sequences of any length, and the network's is fixed",
            hint="leave it open in `inputs`, such as [null, 3]",
        )
    for place, layer in layers:
        if layer.go_backwards:  # as one half of every Bidirectional does
            raise ExportError("a layer that reads backwards needs the end of the sequence first", layer=place)
    names: dict[int, tuple[str, ...]] = {}
    ports: list[Port] = []
    for place, layer in layers:
        sizes = keras.tree.flatten(layer.cell.state_size)
        first = sum(port.name.startswith(f"{identifier(place)}_state") for port in ports)
        made = [Port(f"{identifier(place)}_state{first + n}", (size,), "float32") for n, size in enumerate(sizes)]
        names[id(layer)] = tuple(port.name for port in made)
        ports += made
    after = tuple(replace(port, name=next_name(port.name)) for port in ports)
    signature = Signature((*whole.signature.inputs, *ports), (*whole.signature.outputs, *after))
    shapes = replace(whole, signature=signature, length=steps or 1)
    return Stream(whole, shapes, tuple(ports), steps or 1, names)
