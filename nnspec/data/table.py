"""Examples by number: columns of numbers, sequences, windows over a series or files, each read a batch at a time.

Everything downstream rests on this: with examples by number the order of an epoch is a pure function of seed and
epoch, and resuming skips by number. Columns larger than memory are memory-mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.numbers import Limits
    from nnspec.data.text.word_dropout import Rare


def sizes(shape: Iterable[object]) -> str:
    """``[28, ?]``: what varies is a question mark."""
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Shape without the batch, None where it varies, and dtype of a column as the model gets it."""

    shape: tuple[int | None, ...]
    dtype: str

    def one_hot(self, classes: int | None) -> FeatureSpec:
        """A target with `one_hot`: integers become a value for each of so many classes; None: it stays as it is."""
        return FeatureSpec((*self.shape, classes), "float32") if classes and self.dtype == "int32" else self

    def __str__(self) -> str:
        return f"{self.dtype} {sizes(self.shape)}"


class Column(Protocol):
    """One named feature or target of all examples."""

    @property
    def spec(self) -> FeatureSpec: ...

    @property
    def stored(self) -> str:
        """The dtype that `take` returns; the pipeline casts it to that of `spec`, uint8 images to float32 for one."""

    def __len__(self) -> int: ...

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The examples of these numbers, int64 [batch], as one array: [batch, *shape of spec]."""


def as_given(values: np.ndarray, dtype: str) -> np.ndarray:
    """A batch in the dtype that the model gets; texts stay what they are."""
    return values if dtype == "string" else values.astype(dtype)


@dataclass(frozen=True)
class Dense:
    """A row of one shape for each example, in memory or mapped; it may lack axes of size 1 that `spec` has.

    Attributes:
        limits: the smallest and the largest value, where they are known.
        factor: what whole numbers are multiplied by, to float32; None: values are given as they are.
    """

    array: np.ndarray
    spec: FeatureSpec
    limits: Limits | None = None
    factor: float | None = None

    @property
    def stored(self) -> str:
        if self.factor is not None:
            return "float32"
        return "string" if self.array.dtype.kind in "US" else self.array.dtype.name

    def __len__(self) -> int:
        return len(self.array)

    def take(self, indices: np.ndarray) -> np.ndarray:
        shape = (len(indices), *(size or 0 for size in self.spec.shape))
        found: np.ndarray = self.array.take(indices, axis=0).reshape(shape)
        if self.factor is None:
            return found
        import numpy as np

        given: np.ndarray = np.multiply(found, np.float32(self.factor), dtype=np.float32)
        return given


@dataclass(frozen=True)
class Ragged:
    """A sequence for each example: `flat[offsets[i]:offsets[i + 1]]`, padded at the end with `pad_value`.

    A batch is as long as its longest sequence, or `length` where that is given, which cuts what is longer.

    Attributes:
        rare: which numbers are unknown by chance while training.
    """

    flat: np.ndarray
    offsets: np.ndarray
    spec: FeatureSpec
    pad_value: float = 0
    length: int | None = None
    rare: Rare | None = None

    @property
    def stored(self) -> str:
        return self.flat.dtype.name

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lengths(self, indices: np.ndarray) -> np.ndarray:
        """Steps of each example, int64 [batch]: no more than `length`."""
        import numpy as np

        found: np.ndarray = self.offsets[indices + 1] - self.offsets[indices]
        return found if self.length is None else np.minimum(found, self.length)

    def mask(self, indices: np.ndarray) -> np.ndarray:
        """Which steps of a batch are no padding: bool [batch, steps]."""
        import numpy as np

        lengths = self.lengths(indices)
        steps = self.length if self.length is not None else int(lengths.max(initial=0))
        return np.arange(steps) < lengths[:, None]

    def take(self, indices: np.ndarray) -> np.ndarray:
        import numpy as np

        mask = self.mask(indices)
        padded = np.full((*mask.shape, *self.flat.shape[1:]), self.pad_value, self.flat.dtype)
        padded[mask] = self.flat[(self.offsets[indices][:, None] + np.arange(mask.shape[1]))[mask]]
        return padded


@dataclass(frozen=True)
class Windows:
    """Example i is the rows `starts[i] + steps` of a series: windows share their memory.

    Attributes:
        steps: rows from the first one to each that the window has, in order.
    """

    series: np.ndarray
    starts: np.ndarray
    steps: Sequence[int]
    spec: FeatureSpec

    @property
    def stored(self) -> str:
        return self.series.dtype.name

    def __len__(self) -> int:
        return len(self.starts)

    def places(self, indices: np.ndarray) -> np.ndarray:
        """The rows of these examples: int64 [batch, steps]."""
        import numpy as np

        found: np.ndarray = self.starts[indices][:, None] + np.asarray(self.steps, np.int64)
        return found

    def take(self, indices: np.ndarray) -> np.ndarray:
        shape = (len(indices), *(size or 0 for size in self.spec.shape))
        found: np.ndarray = self.series[self.places(indices)].reshape(shape)
        return found


@dataclass(frozen=True)
class Files:
    """Example i is what `read` makes of a file each time it is asked for: nothing is kept.

    Attributes:
        several: makes the same of several at a time, in less time; None: they are read one by one.
    """

    paths: Sequence[str]
    read: Callable[[str], np.ndarray]
    spec: FeatureSpec
    stored: str = "uint8"
    several: Callable[[Sequence[str]], list[np.ndarray]] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, indices: np.ndarray) -> np.ndarray:
        import numpy as np

        paths = [self.paths[index] for index in indices]
        return np.stack(self.several(paths) if self.several is not None else list(map(self.read, paths)))


@dataclass(frozen=True)
class Blocks:
    """Examples that are read together: it takes as long to read one as all of its block.

    Attributes:
        starts: of each block the number of its first example, and at last how many examples there are: int64.
        window: so many blocks at a time are mixed.
    """

    starts: np.ndarray
    window: int

    def order(self, examples: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """Examples in a drawn order: blocks are shuffled, and the examples of each window of blocks.

        Args:
            examples: their numbers, ascending: int64. drawn: a number for each.
        """
        import numpy as np

        block = np.searchsorted(self.starts, examples, side="right") - 1
        first = np.flatnonzero(np.diff(block, prepend=-1))
        rank = np.empty(len(first), np.int64)
        rank[np.argsort(drawn[first], kind="stable")] = np.arange(len(first))
        window = np.repeat(rank, np.diff(first, append=len(block))) // self.window
        found: np.ndarray = examples[np.lexsort((_again(drawn), window))]
        return found


def _again(drawn: np.ndarray) -> np.ndarray:
    """Other numbers out of drawn ones: those of the blocks have put their first examples in order already."""
    import numpy as np

    return (drawn * np.uint64(0x9E3779B97F4A7C15)) ^ (drawn >> np.uint64(32))


@dataclass(frozen=True)
class Table:
    """Columns of one length.

    Attributes:
        lengths: names the ragged feature whose padding weighs nothing in the targets.
        unusable: numbers of examples that could not be read; no part has them.
        weight: what each example counts in the loss, a scalar; None: all count alike.
        blocks: which examples are read together; None: each can be read by itself.
    """

    features: Mapping[str, Column]
    targets: Mapping[str, Column]
    lengths: str | None = None
    unusable: frozenset[int] = frozenset()
    weight: Column | None = None
    blocks: Blocks | None = None

    def __len__(self) -> int:
        return len(next(iter(self.features.values())))

    @cached_property
    def varying(self) -> Ragged | None:
        """The column whose sequences batches are padded to the longest of; None where all have one length."""
        columns = (self.padded, *self.features.values())
        return next((column for column in columns if isinstance(column, Ragged) and column.length is None), None)

    @cached_property
    def padded(self) -> Ragged | None:
        """The column whose padding weighs nothing."""
        if self.lengths is None:
            return None
        column = self.features[self.lengths]
        if not isinstance(column, Ragged):
            raise TypeError(f"{self.lengths} has no padding")
        return column
