"""Columns as TensorFlow reads them: numbers of examples in, a batch out.

What fits in memory is gathered from a tensor, without Python: twice as fast as a call of NumPy from the pipeline, and
it leaves the interpreter to the training loop. The rest, mapped files and images decoded on the way, is NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnspec.data.errors import DataError
from nnspec.data.memory import ALIGNED, RESIDENT_BYTES, whole_map
from nnspec.data.table import Column, Dense, Ragged, Table, Windows

if TYPE_CHECKING:
    import numpy as np

SHARED_BYTES = 1 << 20  # smaller arrays are copied
# int64 [batch] to a batch of the column, in its stored dtype; sequences are padded to so many steps, a scalar, or None:
# to the longest.
Reader = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class LookUp:
    """A table with its readers, made once and shared by the parts and epochs that read it."""

    table: Table
    failures: list[DataError] = field(default_factory=list)  # of readers: TensorFlow passes on their text alone

    @cached_property
    def features(self) -> Mapping[str, Reader]:
        return self.readers(self.table.features)

    @cached_property
    def targets(self) -> Mapping[str, Reader]:
        return self.readers(self.table.targets)

    @cached_property
    def weight(self) -> Reader | None:
        """What each example counts; None where all count alike."""
        weight = self.table.weight
        return None if weight is None else self.readers({"weight": weight})["weight"]

    @cached_property
    def mask(self) -> Reader | None:
        """Which steps are no padding, bool [batch, steps]; None where nothing is padded."""
        import tensorflow as tf

        with tf.init_scope():
            return None if self.table.padded is None else mask_reader(self.table.padded)

    def readers(self, columns: Mapping[str, Column]) -> dict[str, Reader]:
        import tensorflow as tf

        # The first to ask may be a function that is being traced: tensors made there would belong to it alone.
        with tf.init_scope():
            return {name: reader(column, self.failures) for name, column in columns.items()}


def reader(column: Column, failures: list[DataError]) -> Reader:
    """The reader of a column. What NumPy fails to take is appended to `failures`."""
    import tensorflow as tf

    if isinstance(column, Dense) and resident(column.array):
        return dense_reader(column)
    if isinstance(column, Ragged) and resident(column.flat):
        return ragged_reader(column)
    if isinstance(column, Windows) and resident(column.series):
        return windows_reader(column)

    def take(rows: np.ndarray) -> np.ndarray:
        try:
            return column.take(rows)
        except DataError as error:
            failures.append(error)
            raise

    def read(rows: Any, steps: Any) -> Any:
        found = tf.numpy_function(take, [rows], column.stored, stateful=False)
        return lengthened(found, column, steps) if isinstance(column, Ragged) and steps is not None else found

    return read


def lengthened(values: Any, column: Ragged, steps: Any) -> Any:
    """A batch of sequences, padded to at least so many steps."""
    import tensorflow as tf

    values = tf.ensure_shape(values, (None, None, *column.flat.shape[1:]))
    more = tf.maximum(0, tf.cast(steps, tf.int32) - tf.shape(values)[1])
    paddings = [[0, 0], [0, more], *[[0, 0]] * (column.flat.ndim - 1)]
    return tf.pad(values, paddings, constant_values=tf.cast(column.pad_value, column.stored))


def resident(array: np.ndarray) -> bool:
    return array.nbytes <= RESIDENT_BYTES


def on_host(array: np.ndarray) -> Any:
    """A tensor of an array that nobody writes to any more: a large one shares its memory where that lies right."""
    import numpy as np
    import tensorflow as tf

    if isinstance(array, np.memmap):  # once read it is nobody's but ours
        array = found if (found := whole_map(array)) is not None else array
    flags = array.flags
    lies_right = flags.c_contiguous and flags.writeable and array.ctypes.data % ALIGNED == 0 and array.dtype.isnative
    # A mapped file may shrink, which would end the process in some later step.
    if lies_right and array.nbytes >= SHARED_BYTES and array.dtype.kind in "fiu" and not isinstance(array, np.memmap):
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    with tf.device("CPU:0"):
        return tf.constant(array)


def dense_reader(column: Dense) -> Reader:
    import tensorflow as tf

    values = on_host(column.array)

    def read(rows: Any, _: Any) -> Any:
        found = tf.reshape(tf.gather(values, rows), (-1, *column.spec.shape))
        return found if column.factor is None else tf.cast(found, tf.float32) * column.factor

    return read


def windows_reader(column: Windows) -> Reader:
    import numpy as np
    import tensorflow as tf

    series, starts, steps = map(on_host, (column.series, column.starts, np.asarray(column.steps, np.int64)))

    def read(rows: Any, _: Any) -> Any:
        places = tf.gather(starts, rows)[:, None] + steps
        return tf.reshape(tf.gather(series, places), (-1, *column.spec.shape))

    return read


def ragged_reader(column: Ragged) -> Reader:
    import tensorflow as tf

    mask_of = mask_reader(column)
    # One more row, for the padding to point at.
    pad = tf.fill((1, *column.flat.shape[1:]), tf.cast(column.pad_value, column.stored))
    flat = tf.concat([on_host(column.flat), pad], 0)
    offsets = on_host(column.offsets)

    def read(rows: Any, steps: Any) -> Any:
        mask = mask_of(rows, steps)
        places = tf.gather(offsets, rows)[:, None] + tf.range(tf.shape(mask, tf.int64)[1])
        return tf.gather(flat, tf.where(mask, places, len(column.flat)))

    return read


def mask_reader(column: Ragged) -> Reader:
    import tensorflow as tf

    offsets = on_host(column.offsets)

    def read(rows: Any, steps: Any) -> Any:
        lengths = tf.gather(offsets, rows + 1) - tf.gather(offsets, rows)
        # sequence_mask marks every step of what is longer than `length`.
        return tf.sequence_mask(lengths, steps if column.length is None else column.length)

    return read
