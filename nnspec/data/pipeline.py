"""Batches for TensorFlow out of a table, by a plan that is a pure function of seed and epoch.

A `tf.data` pipeline over the numbers of the batches: each is looked up by number, so that skipping costs nothing.
tf.data's autotuner is off, and parallelism explicit: with it on, destroying an iterator waits for the tuner's next
wake-up, many seconds at the end of a training.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nnspec.data.batching import ByLength, Plan, in_turn
from nnspec.data.counter_rng import mixed
from nnspec.data.errors import DataError
from nnspec.data.many_cells import in_order
from nnspec.data.table import Column, Dense, FeatureSpec, Ragged, Table, Windows
from nnspec.data.tensor_readers import LookUp, Reader, on_host

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.text.word_dropout import Rare


@dataclass(frozen=True)
class Batch:
    """What is augmented: tensors by name, and one int32 seed pair for each example, [batch, 2]."""

    features: dict[str, Any]
    targets: dict[str, Any]
    weights: dict[str, Any] | None
    seeds: Any


@dataclass(frozen=True)
class Augmenter:
    """What changes training batches, given the epoch; whether it mixes the examples of a batch with each other."""

    change: Callable[[Batch, int], Batch]
    mixes: bool = False


PREFETCH = 2  # batches ready while the network works on one
LOOK_UPS = 2  # batches looked up at a time: for copies from memory more threads are no faster


@dataclass(frozen=True, slots=True)
class Share:
    """The replicas of one worker: `local` in a row from `first`, of `total`, each with an equal part of a batch."""

    first: int
    local: int
    total: int

    def part(self, size: Any, turn: Any) -> tuple[Any, Any]:
        """Where the part of the replica whose turn it is begins in a batch of this size, and where it ends."""
        begin = (self.first + turn % self.local) * (size // self.total)
        return begin, begin + size // self.total


@dataclass(frozen=True)
class Split:
    """One part of a data set.

    Attributes:
        indices: int64, the numbers of its examples in `table`, in file order.
        seed, shuffle: of the order of an epoch; without shuffling every epoch is in file order.
        by_length: how an epoch is cut into batches of examples of like length; file order never is.
        one_hot: how many classes, if integer targets are to become one-hot float32.
        texts: what the source calls the examples of these numbers.
    """

    look_up: LookUp
    indices: np.ndarray
    seed: int = 0
    shuffle: bool = True
    by_length: ByLength | None = None
    one_hot: int | None = None
    augmenter: Augmenter | None = None
    texts: Callable[[Sequence[int]], list[str]] | None = None

    @property
    def table(self) -> Table:
        return self.look_up.table

    @property
    def failure(self) -> DataError | None:
        """Why a batch could not be read, after TensorFlow has raised an error of its own: a file broken, or gone."""
        return self.look_up.failures[0] if self.look_up.failures else None

    @property
    def size(self) -> int:
        return len(self.indices)

    @property
    def features(self) -> dict[str, FeatureSpec]:
        return {name: column.spec for name, column in self.table.features.items()}

    @property
    def targets(self) -> dict[str, FeatureSpec]:
        return {name: column.spec.one_hot(self.one_hot) for name, column in self.table.targets.items()}

    def steps(self, batch_size: int, drop_remainder: bool = False, epoch: int | None = None) -> int:
        """How many batches there are: in file order, or in an epoch, which is the same for all of them."""
        if epoch is not None and self.by_length is not None and self.by_length.tokens:
            return len(self.plan(batch_size, epoch))
        return self.size // batch_size if drop_remainder else -(-self.size // batch_size)

    def plan(self, batch_size: int, epoch: int | None = None, drop_remainder: bool = False) -> Plan:
        """Which examples each batch has. Batches by a number of tokens are of many sizes, and none is a remainder."""
        order, by_length, column = self.order(epoch), self.by_length, self.table.varying
        if drop_remainder and not (by_length and by_length.tokens):
            order = order[: self.size // batch_size * batch_size]
        if epoch is None or by_length is None or column is None:
            return in_turn(order, batch_size)
        draw = self.raw(epoch, counter=1) if self.shuffle else None
        return by_length.plan(order, column.lengths(order), batch_size, draw)

    def raw(self, epoch: int, counter: int = 0) -> np.ndarray:
        """A number for each example, uint64, drawn by Philox with the key (seed, epoch) and this upper counter.

        Philox: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011. Its raw numbers: only they are
        promised to be the same in every version of NumPy.
        """
        import numpy as np

        key = np.array([self.seed % 2**64, epoch], np.uint64)
        return np.random.Philox(key=key, counter=[0, 0, 0, counter]).random_raw(self.size)

    def order(self, epoch: int | None) -> np.ndarray:
        """The numbers of the examples in the order of an epoch: sorted by drawn numbers, within blocks if there are."""

        if epoch is None or not self.shuffle:
            return self.indices
        if self.table.blocks is not None:
            return self.table.blocks.order(self.indices, self.raw(epoch))
        found: np.ndarray = self.indices[in_order(self.raw(epoch))]
        return found

    def stratified(self) -> Split:
        """The same examples in a drawn order that takes the classes in turn, as far as each lasts.

        Its first examples stand for all classes alike, however rare, whatever the order of the files. Without a class
        for each example the order is drawn alone.
        """
        import numpy as np

        drawn = self.indices[in_order(self.raw(0))]
        classes = [column for column in self.table.targets.values() if column.spec == FeatureSpec((), "int32")]
        if classes:
            labels = classes[0].take(drawn).ravel()
            rank = np.zeros(len(drawn), np.int64)
            for label in np.unique(labels):
                rank[labels == label] = np.arange((labels == label).sum())
            drawn = drawn[np.argsort(rank, kind="stable")]
        return replace(self, indices=drawn, shuffle=False, by_length=None)

    def example_texts(self, indices: Sequence[int]) -> list[str]:
        """What a person knows the examples by; `indices` count within the part, in file order."""
        if not len(indices):
            return []
        numbers = self.indices[list(indices)].tolist()
        return self.texts(numbers) if self.texts else [f"example {number}" for number in numbers]

    def class_counts(self) -> dict[str, Any]:
        """For each integer target, how many examples (or tokens) each class has: int64 [classes seen].

        A number below 0 is no class: what is to be done of it is for whoever reads the targets to say.
        """
        import numpy as np

        counts = {}
        for name, column in self.table.targets.items():
            if column.spec.dtype == "int32":
                total = np.zeros(0, np.int64)
                for start in range(0, self.size, 65536):
                    rows = self.indices[start : start + 65536]
                    values = column.take(rows)
                    if self.table.padded is not None:
                        values = values[self.table.padded.mask(rows)]
                    found = np.bincount(values[values >= 0], minlength=len(total))
                    found[: len(total)] += total
                    total = found
                counts[name] = total
        return counts

    def batches(
        self,
        batch_size: int,
        *,
        epoch: int | None = None,
        skip: int = 0,
        drop_remainder: bool = False,
        augment: bool = False,
        share: Share | None = None,
        numbered: bool = False,
    ) -> Any:
        """A tf.data.Dataset of (features, targets), or (features, targets, weights) where there are any, or padding.

        Each is a mapping by name. Shapes are static but for the batch (static too if no smaller batch comes last)
        and the length of sequences. Weights are float32 [batch], or [batch, steps] and 0 on padding.

        Args:
            epoch: None is file order, a number its own shuffled order.
            skip: so many batches are left out at the start, for resuming within an epoch.
            share: give the parts of each batch that a worker's replicas take, one after the other.
            augment: apply the data set's augmenter, and take rare words for unknown, keyed by (seed, epoch, example).
            numbered: each batch ends with the numbers of its examples in `table`, int64 [batch].
        """
        import tensorflow as tf

        plan = self.plan(batch_size, epoch, drop_remainder)
        seeds = None
        if augment and self.augmenter is not None:
            seeds = on_host(example_seeds(self.seed, epoch or 0, plan.order))
        rows, starts = on_host(plan.order), on_host(plan.starts)
        longest = self.longest(plan) if share is not None and plan.steps is None else plan.steps
        lengths = None if longest is None else on_host(longest)
        replacers = self.replacers(epoch or 0) if augment else {}
        # Mixed examples need their partners: each part looks up the whole batch then, and keeps its own of it.
        whole = share is not None and seeds is not None and self.augmenter is not None and self.augmenter.mixes

        turns = 1 if share is None else share.local
        part_size = plan.size if share is None or plan.size is None else plan.size // share.total
        size = plan.size if whole else part_size

        def batch(turn: Any) -> Any:
            number = turn // turns
            first, last = starts[number], starts[number + 1]
            begin, end = (0, last - first) if share is None else share.part(last - first, turn)
            here = slice(first, last) if whole else slice(first + begin, first + end)
            length = None if lengths is None else lengths[number]
            features, *rest = self.batch(rows[here], None if seeds is None else seeds[here], size, length, epoch or 0)
            for name, replaced in replacers.items():
                features[name] = replaced(features[name], rows[here])
            if numbered:
                rest = [*rest, tf.ensure_shape(rows[here], (size,))]
            if whole:
                return tf.nest.map_structure(
                    lambda value: tf.ensure_shape(value[begin:end], (part_size, *value.shape[1:])), (features, *rest)
                )
            return features, *rest

        steps, at_a_time = len(plan), parallelism(self.table)
        return (
            tf.data.Dataset.range(min(skip, steps) * turns, steps * turns)
            # Without AutoGraph, which would hide a SpecError of the augmenter in an error of its own.
            .map(tf.autograph.experimental.do_not_convert(batch), num_parallel_calls=at_a_time, deterministic=True)
            .prefetch(PREFETCH)
            .with_options(_options(at_a_time))
        )

    def longest(self, plan: Plan) -> np.ndarray | None:
        """The length of the longest sequence of each batch: what all its parts are padded to."""
        import numpy as np

        column = self.table.varying
        if column is None or not len(plan):
            return None
        found: np.ndarray = np.maximum.reduceat(column.lengths(plan.order), plan.starts[:-1])
        return found

    def replacers(self, epoch: int) -> dict[str, Callable[[Any, Any], Any]]:
        """For each feature with rare words, a function from a batch of it and its rows to one with unknown words."""

        def replacer(column: Ragged, rare: Rare) -> Callable[[Any, Any], Any]:
            starts = on_host(column.offsets)
            return lambda values, rows: rare.replaced(values, rows, starts, self.seed, epoch)

        return {
            name: replacer(column, column.rare)
            for name, column in self.table.features.items()
            if isinstance(column, Ragged) and column.rare is not None
        }

    def batch(self, rows: Any, seeds: Any | None, size: int | None, steps: Any | None = None, epoch: int = 0) -> Any:
        """The pipeline's one stage: look up, give shapes, cast, augment.

        Args:
            seeds: of augmentation, int32 [batch, 2]; None: nothing is augmented.
            size: of the batch, where it is static.
            steps: a scalar, how long sequences are padded to; None: to the longest.
        """
        import tensorflow as tf

        def column(name: str, columns: Mapping[str, Column], readers: Mapping[str, Reader]) -> Any:
            spec = columns[name].spec
            found = readers[name](rows, steps if in_step(columns[name], self.table.varying) else None)
            return tf.cast(tf.ensure_shape(found, (size, *spec.shape)), spec.dtype)

        table, look_up = self.table, self.look_up
        features = {name: column(name, table.features, look_up.features) for name in table.features}
        targets = {name: column(name, table.targets, look_up.targets) for name in table.targets}
        for name, spec in self.targets.items():
            if spec != table.targets[name].spec:
                targets[name] = tf.one_hot(targets[name], self.one_hot)
        weight = self.weights(rows, size, steps)
        weights = None if weight is None else dict.fromkeys(targets, weight)
        if seeds is not None and self.augmenter is not None:
            found = self.augmenter.change(Batch(features, targets, weights, tf.ensure_shape(seeds, (size, 2))), epoch)
            features, targets, weights = found.features, found.targets, found.weights
        return (features, targets) if weights is None else (features, targets, weights)

    def weights(self, rows: Any, size: int | None, steps: Any | None) -> Any | None:
        """What each example counts, float32 [batch], or each step, [batch, steps]: nothing where it is padding."""
        import tensorflow as tf

        found, table, look_up = None, self.table, self.look_up
        if look_up.weight is not None:
            found = tf.ensure_shape(tf.cast(look_up.weight(rows, None), tf.float32), (size,))
        if look_up.mask is None or table.padded is None:
            return found
        mask = tf.cast(tf.ensure_shape(look_up.mask(rows, steps), (size, table.padded.length)), tf.float32)
        return mask if found is None else mask * found[:, None]


def _options(threads: int) -> Any:
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    # There is nothing to rewrite, and a rewritten graph would hold every column a second time.
    options.experimental_optimization.apply_default_optimizations = False
    # Threads of their own: readers that wait for TensorFlow to decode must not hold those that it decodes by.
    options.threading.private_threadpool_size = threads
    return options


def in_step(column: Column, other: Ragged | None) -> bool:
    """Whether two columns have sequences of the same lengths."""
    return isinstance(column, Ragged) and other is not None and column.offsets is other.offsets


def parallelism(table: Table) -> int:
    """How many batches to look up at a time: as many as there are processors where files are decoded on the way."""
    decodes = any(not isinstance(column, Dense | Ragged | Windows) for column in table.features.values())
    return max(LOOK_UPS, os.cpu_count() or 1) if decodes else LOOK_UPS


def example_seeds(seed: int, epoch: int, rows: np.ndarray) -> np.ndarray:
    """A pair of int32 for each example, [batch, 2], from (seed, epoch, number of the example)."""
    import numpy as np

    return mixed(rows, epoch, seed).view(np.int32).reshape(-1, 2)
