"""`train.prune`: weights made zero by and by while training goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.pruning import Masked, share_at
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.pruning import GROUP, TWO_OF_FOUR, can_be_pruned, dense_epochs, final_epochs, pruned, share_of
from nnspec.frontend.spec import Spec, keras_name
from nnspec.layers import layer_kind
from nnspec.training.batches import Feed

UPDATES = 32  # times that masks are chosen
SHOWN = 8  # layers told before the rest is counted


class Pruner(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Chooses masks before some of the steps; in between the weights' constraints hold them.

    Its plain attributes are part of a checkpoint: how many steps have begun, how often masks were chosen, and which.

    Args:
        begin, end: the steps, counted from the start, between which the share of zeros grows.
        share: of zeros in the end.
    """

    def __init__(self, weights: list[Masked], share: float, begin: int, end: int) -> None:
        super().__init__()
        self.weights = tuple(weights)
        self.share, self.begin, self.end = share, begin, end
        self.steps = self.updates = 0
        self.masks: dict[str, np.ndarray] = {}
        self.held: Any = _Held(self.masks)

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.held.masks is not self.masks:  # a checkpoint has brought others
            self.hold()
        self.steps += 1
        progress = (self.steps - self.begin) / (self.end - self.begin)
        updates = int(min(progress, 1.0) * UPDATES)
        if updates > self.updates:
            self.updates = updates
            share = share_at(progress, self.share)
            self.masks = {weight.name: weight.chosen(share) for weight in self.weights}
            self.hold()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        self.hold()

    def hold(self) -> None:
        for weight in self.weights:
            if weight.name in self.masks:
                weight.hold(self.masks[weight.name])
        self.held = _Held(self.masks)

    def as_json(self) -> dict[str, Any]:
        """How many of the weights are zero, for the record of a run."""
        counts = [(weight.variable.numpy() == 0).sum() for weight in self.weights]
        sizes = [int(np.prod(weight.variable.shape)) for weight in self.weights]
        return {"weights": sum(sizes), "zeros": int(sum(counts))}


class _Held:
    """Which masks are in place; no plain value, so that no checkpoint holds it."""

    def __init__(self, masks: dict[str, np.ndarray]) -> None:
        self.masks = masks


def make_pruner(spec: Spec, model: Any, feed: Feed) -> Pruner | None:
    """The callback that prunes as a spec says, its masks made; None where it says nothing.

    Raises:
        SpecError: E0746, no weight can be pruned.
    """
    train = spec.training
    if train.prune is None:
        return None
    with feed.scope():
        found = list(prunable(spec, model))
        # By number: names of layers within others depend on what else the process has made.
        weights = [Masked(str(number), *one) for number, one in enumerate(found)]
    if not weights:
        message = "no layer has weights that can be pruned so"
        raise SpecError([Diagnostic("E0746", message, spec.place("train", "prune"))])
    begin, end = dense_epochs(train) * feed.steps, (train.epochs - final_epochs(train)) * feed.steps
    return Pruner(weights, share_of(train.prune), begin, end)


def prunable(spec: Spec, model: Any) -> Iterator[tuple[Any, int | None]]:
    """The weights of a model that pruning takes, with the axis along which it looks at fours; None: at all of them."""
    by_fours = spec.training.prune is not None and spec.training.prune.sparsity == TWO_OF_FOUR
    for layer in pruned(spec):
        seen: set[int] = set()
        for part in parts(model.get_layer(keras_name(layer.name))):
            for name, axis in layer_kind(type(part).__name__).sparse.items():
                variable = getattr(part, name, None)
                if variable is None or id(variable) in seen or (by_fours and variable.shape[axis] % GROUP):
                    continue
                seen.add(id(variable))
                yield variable, axis if by_fours else None


def said(spec: Spec, pruner: Pruner) -> str:
    """What is pruned, and which layers with such weights are not."""
    sizes = sum(int(np.prod(weight.variable.shape)) for weight in pruner.weights)
    taken = {layer.name for layer in pruned(spec)}
    left = [
        layer.name
        for layer in spec.graph.layers
        if layer.shares is None and layer.name not in taken and (can_be_pruned(layer) or layer.record.linear)
    ]
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    rest = f"; as they are stay {', '.join(left[:SHOWN])}{more}" if left else ""
    return f"{pruner.share:.0%} of {sizes:,} weights of {len(taken)} layers become 0{rest}"
