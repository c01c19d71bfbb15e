"""Layers learn from the training part before the training, as by Keras's ``adapt``, a batch at a time.

What a layer sees is what reaches it: an input, or an input through layers without weights, as at inference. Nothing
is shuffled or augmented, so that the values follow from the data alone. Padding does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from nnspec.backend.keras_errors import refused
from nnspec.backend.learned import learned_of
from nnspec.backend.lower import call_layer, make_layer
from nnspec.catalog.kinds import catalog
from nnspec.console.progress import Reporter
from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.data.table import Ragged
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.learning import behind_weights, calls_of, learners, misplaced
from nnspec.frontend.spec import Graph, Layer, Ref, Spec, keras_name
from nnspec.layers.learning import LEARNS
from nnspec.runs.binding import Binding
from nnspec.runs.errors import TrainingError
from nnspec.training.learned import Learned, told

BATCH_VALUES = 1 << 22  # numbers of the inputs in a batch, about
BATCH_EXAMPLES = 1024
QUANTILE_VALUES = 1 << 24  # up to so many numbers a Discretization sees at once, as Keras's `adapt` of an array
STEPS = 64  # what a sequence of unknown length is taken for when a batch is sized

Tensors = dict[Ref, Any]


def learn(spec: Spec, dataset: Dataset, binding: Binding, reporter: Reporter, known: Learned | None = None) -> Learned:
    """What the layers of a spec learn from the training part.

    Args:
        known: of layers that are not to learn again.

    Raises:
        SpecError: E0725, a layer stands behind weights; E0726, it cannot learn from what reaches it.
        DataError: the data cannot be read.
    """
    found = dict((known or Learned()).layers)
    waiting = [layer for layer in learners(spec.graph) if layer.name not in found]
    new = {layer.name for layer in waiting}
    problems = list(misplaced(spec, waiting))
    if problems:
        raise SpecError(problems)
    split = dataset.splits["train"]
    while waiting:
        ready = [layer for layer in waiting if not _needs(spec.graph, layer) & {other.name for other in waiting}]
        if not ready:
            raise SpecError([behind_weights(waiting[0], waiting[0], waiting[0])])
        found |= _Pass(spec, split, binding, ready, Learned(found), reporter).run()
        waiting = [layer for layer in waiting if layer not in ready]
    learned = Learned({layer.name: found[layer.name] for layer in learners(spec.graph)})
    if new:
        mine = Learned({name: values for name, values in learned.layers.items() if name in new})
        reporter.say(f"learned from {split.size:,} examples: {told(spec.graph, mine)}")
    return learned


def _needs(graph: Graph, owner: Layer) -> set[str]:
    """The names of all layers that a layer's inputs come from, weights' owners included."""
    layers = {layer.name: layer for layer in graph.layers}
    found: set[str] = set()
    waiting = [ref.layer for call in calls_of(graph, owner) for ref in call.inputs]
    while waiting:
        name = waiting.pop()
        if name in layers and name not in found:
            found |= {name, layers[name].shares or name}
            waiting += [ref.layer for ref in layers[name].inputs]
    return found


class Learner(Protocol):
    """Sees batch after batch of what reaches a layer, and says what it learned."""

    def see(self, values: Any, counts: Any | None) -> None:
        """``counts``: bool, the first axes of ``values``; False on padding. None: all count."""

    def result(self) -> dict[str, Any] | None:
        """None where it saw nothing to learn from."""


@dataclass
class _Pass:
    """Once through the training part for the layers that are ready to learn."""

    spec: Spec
    split: Split
    binding: Binding
    ready: Sequence[Layer]
    learned: Learned
    reporter: Reporter
    objects: dict[str, Any] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)

    def run(self) -> dict[str, dict[str, Any]]:
        graph = self.spec.graph
        learning = {layer.name: _learner(layer, graph) for layer in self.ready}
        needed = set[str]().union(*(_needs(graph, layer) for layer in self.ready))
        calls = [layer for layer in graph.layers if layer.name in needed or (layer.shares or layer.name) in learning]
        what = f"learning {', '.join(f'`{layer.name}`' for layer in self.ready)}"
        done = 0
        for features, padding in self._batches():
            values, counts = self._inputs(features), self._paddings(padding)
            for layer in calls:
                owner = layer.shares or layer.name
                if owner in learning:
                    self._see(layer, learning[owner], values, counts)
                elif layer.name in needed:
                    self._call(layer, values, counts)
            done += len(next(iter(features.values())))
            self.reporter.reading(what, done, self.split.size)
        return {layer.name: self._result(layer, learning[layer.name]) for layer in self.ready}

    def _batches(self) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Features by name, and which steps of them are no padding, for each feature that is padded."""
        columns = self.split.table.features
        width = sum(int(np.prod([size or STEPS for size in column.spec.shape] or [1])) for column in columns.values())
        size = int(min(BATCH_EXAMPLES, max(1, BATCH_VALUES // max(1, width))))
        order = self.split.order(None)
        try:
            for number, batch in enumerate(self.split.batches(size)):
                rows = order[number * size : (number + 1) * size]
                masks = {name: column.mask(rows) for name, column in columns.items() if isinstance(column, Ragged)}
                yield batch[0], masks
        except tf.errors.OpError as error:
            raise self.split.failure or TrainingError(f"TensorFlow stopped: {str(error).splitlines()[0]}") from error

    def _inputs(self, features: Mapping[str, Any]) -> Tensors:
        sources = self.binding.inputs
        return {
            Ref(given.name): tf.cast(features[sources[keras_name(given.name)]], given.dtype)
            for given in self.spec.graph.inputs
        }

    def _paddings(self, masks: Mapping[str, Any]) -> Tensors:
        found = {given.name: masks.get(self.binding.inputs[keras_name(given.name)]) for given in self.spec.graph.inputs}
        return {Ref(name): tf.constant(mask) for name, mask in found.items() if mask is not None}

    def _call(self, layer: Layer, values: Tensors, counts: Tensors) -> None:
        """Computes what a layer without weights gives, as at inference, and which steps of it count."""
        made = self._object(layer)
        if "training" in catalog().call_flags(layer.kind):
            layer = replace(layer, flags={**layer.flags, "training": False})
        results = call_layer(made, layer, values)
        if made.weights:
            owner = next(one for one in self.spec.graph.layers if one.name == (layer.shares or layer.name))
            raise SpecError([behind_weights(self.ready[0], self.ready[0], owner)])
        mask = self._passed_on(made, layer, values, counts)
        for index, result in enumerate(results):
            values[Ref(layer.name, index)] = result
            if mask is not None and index == 0:
                counts[Ref(layer.name)] = mask

    def _object(self, layer: Layer) -> Any:
        owner = layer.shares or layer.name
        if owner not in self.objects:
            first = next(one for one in self.spec.graph.layers if one.name == owner)
            self.objects[owner] = make_layer(self.learned.given(first), self.spec.graph.plugins)
        return self.objects[owner]

    def _passed_on(self, made: Any, layer: Layer, values: Tensors, counts: Tensors) -> Any:
        """The padding behind a layer, by the layer's own rule for masks."""
        masks = [counts.get(ref) for ref in layer.inputs]
        if not made.supports_masking:
            self._lost(layer, masks)
            return None
        inputs = [values[ref] for ref in layer.inputs]
        found = made.compute_mask(inputs[0], masks[0]) if len(inputs) == 1 else made.compute_mask(inputs, masks)
        return None if isinstance(found, list | tuple) else found

    def _lost(self, layer: Layer, masks: Sequence[Any]) -> None:
        if any(mask is not None for mask in masks) and layer.name not in self.warned:
            self.warned.add(layer.name)
            names = ", ".join(f"`{one.name}`" for one in self.ready)
            message = f"padding counts in what {names} learns: {layer.kind} `{layer.name}` does not say where it is"
            self.reporter.warn(Diagnostic("W0726", message, layer.span, "warning", "learn first, and reshape then"))

    def _see(self, layer: Layer, learner: Learner, values: Tensors, counts: Tensors) -> None:
        tensor, mask = values[layer.inputs[0]], counts.get(layer.inputs[0])
        if mask is not None and not mask.shape.is_compatible_with(tensor.shape[: mask.shape.rank]):
            mask = None
        try:
            learner.see(tensor, mask)
        except Exception as error:
            message = f"`{layer.name}` cannot learn its {LEARNS[layer.kind].what}"
            raise refused("E0726", message, layer.span, error, layer.trail) from error

    def _result(self, layer: Layer, learner: Learner) -> dict[str, Any]:
        try:
            found = learner.result()
        except _Unusable as error:
            message = f"`{layer.name}` cannot learn its {LEARNS[layer.kind].what}: {error}"
            raise SpecError([Diagnostic("E0726", message, layer.span, notes=layer.trail)]) from None
        if found is None:
            message = (
                f"`{layer.name}` cannot learn its {LEARNS[layer.kind].what}: the training part has no value for it"
            )
            raise SpecError([Diagnostic("E0726", message, layer.span, notes=layer.trail)])
        for text in _remarks(layer, found):
            self.reporter.warn(Diagnostic("W0727", text, layer.span, "warning", notes=layer.trail))
        return found


def _remarks(layer: Layer, found: Mapping[str, Any]) -> Iterator[str]:
    """What was learned, but is hardly meant."""
    if "variance" in found:
        constant = int((np.asarray(found["variance"]) == 0).sum())
        if constant:
            count = np.asarray(found["variance"]).size
            yield f"{constant} of the {count} numbers that `{layer.name}` scales are the same in all training examples"
    wanted = layer.args.get("num_bins")
    if "bin_boundaries" in found and isinstance(wanted, int) and len(found["bin_boundaries"]) + 1 < wanted:
        have = len(found["bin_boundaries"]) + 1
        yield f"`{layer.name}` has {have} bins, not {wanted}: the training part has too few values for more"


class _Unusable(Exception):
    """Values that nothing can be learned from."""


def _learner(layer: Layer, graph: Graph) -> Learner:
    learns = layer.record.learns
    if learns is not None and learns.how == "moments":
        axis = layer.args.get("axis", -1)
        return _Moments(() if axis is None else tuple(axis) if isinstance(axis, list | tuple) else (axis,))
    made = make_layer(layer, graph.plugins)
    return _Quantiles(made) if learns is not None and learns.how == "quantiles" else _Tokens(made)


class _Moments:
    """Mean and variance over all axes but some, in float64 (Chan, Golub and LeVeque 1983: merging two parts)."""

    def __init__(self, axis: Sequence[int]) -> None:
        self.axis = axis
        self.count: np.ndarray | None = None

    def see(self, values: Any, counts: Any | None) -> None:
        numbers = np.asarray(values).astype(np.float32).astype(np.float64)
        kept = {axis % numbers.ndim for axis in self.axis}
        over = tuple(axis for axis in range(numbers.ndim) if axis not in kept)
        weigh = np.ones(numbers.shape) if counts is None else _spread(counts, numbers.shape)
        count = weigh.sum(over)
        numbers = np.where(weigh > 0, numbers, 0.0)
        if not np.isfinite(numbers).all():
            raise _Unusable("a value in the training part is infinite or nan")
        mean = numbers.sum(over) / np.maximum(count, 1)
        gaps = np.where(weigh > 0, numbers - np.expand_dims(mean, over), 0.0)
        self._merge(count, mean, (gaps**2).sum(over))

    def _merge(self, count: np.ndarray, mean: np.ndarray, squares: np.ndarray) -> None:
        if self.count is None:
            self.count, self.mean, self.squares = count, mean, squares
            return
        total = np.maximum(self.count + count, 1)
        gap = mean - self.mean
        self.squares = self.squares + squares + gap**2 * self.count * count / total
        self.mean = self.mean + gap * count / total
        self.count = self.count + count

    def result(self) -> dict[str, Any] | None:
        if self.count is None or not (self.count > 0).any():
            return None
        seen = self.count > 0  # a step that is padding in all examples keeps what Keras begins with
        mean, variance = np.where(seen, self.mean, 0.0), np.where(seen, self.squares / np.maximum(self.count, 1), 1.0)
        return {"mean": mean.astype(np.float32).tolist(), "variance": variance.astype(np.float32).tolist()}


def _spread(counts: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of the first axes as 0 and 1 for every number."""
    mask = np.asarray(counts)
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim)), shape).astype(np.float64)


class _Quantiles:
    """Keras's own quantiles, over as many numbers at a time as memory holds easily."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.parts, self.held = layer, list[np.ndarray](), 0
        layer.reset_state()

    def see(self, values: Any, counts: Any | None) -> None:
        numbers = np.asarray(values).astype(np.float32)
        numbers = numbers[np.asarray(counts)] if counts is not None else numbers
        if not np.isfinite(numbers).all():
            raise _Unusable("a value in the training part is infinite or nan")
        self.parts.append(numbers.ravel())
        self.held += numbers.size
        if self.held >= QUANTILE_VALUES:
            self._flush()

    def _flush(self) -> None:
        numbers = np.concatenate(self.parts)
        self.parts, self.held = [], 0
        if numbers.size:
            self.layer.update_state(numbers)

    def result(self) -> dict[str, Any] | None:
        if self.parts:
            self._flush()
        if not self.layer.summary.size:
            return None
        self.layer.finalize_state()
        return learned_of(self.layer)


class _Tokens:
    """Keras's own count of tokens; ties are broken by the tokens themselves, so that no order of the data matters."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        layer.reset_state()

    def see(self, values: Any, counts: Any | None) -> None:
        if counts is not None:
            values = tf.ragged.boolean_mask(values, counts)
        elif values.shape.rank == 1:
            values = values[:, None]
        self.layer.update_state(values)

    def result(self) -> dict[str, Any] | None:
        try:
            self.layer.finalize_state()
        except tf.errors.InvalidArgumentError:  # Keras fails where there were special tokens alone
            return None
        return learned_of(self.layer)
