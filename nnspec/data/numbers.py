"""Numbers that a network can take: finite, and within the range of the type that they are given as."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnspec.data import cache
from nnspec.data.errors import DataError

if TYPE_CHECKING:
    import numpy as np

CHUNK_BYTES = 16 << 20  # looked at at a time
REMEMBERED_BYTES = 64 << 20  # a mapped array larger than this is read once, and its limits are kept
INT32 = (-(2**31), 2**31 - 1)
FLOAT32 = 3.4028234663852886e38  # the largest
SMALLEST_FLOAT = 2.0**-126  # of float32: TensorFlow takes what is nearer to 0 for 0
HINTS = {
    "nan": "a network that meets it learns nothing: replace it, or leave these examples out",
    "float": "scale the values before they are saved: networks take float32",
    "int": "whole numbers are int32; save numbers that are not classes or tokens as float32",
}


DIGITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}  # binary ones that a type of floats keeps


class Limits(NamedTuple):
    """The smallest and the largest value of an array: whole numbers of integers."""

    low: float
    high: float


def limits(array: np.ndarray, name: str, where: str) -> Limits:
    """The limits of an array of numbers, [examples, ...].

    Those of a large mapped file are kept in the cache, so that it is read whole only once.
    Raises DataError on nan, infinity and what float32 or int32 cannot hold, with the first example that has it.
    """
    import numpy as np

    def find() -> list[float]:
        return list(scan(array, name, where))

    file = getattr(array, "filename", None)
    if not isinstance(array, np.memmap) or file is None or array.nbytes <= REMEMBERED_BYTES:
        return Limits(*find())
    about = (array.dtype.str, array.shape, array.offset, where)
    return Limits(*cache.remembered("limits", [Path(file)], about, find))


def scan(array: np.ndarray, name: str, where: str, number: int = 0) -> Limits:
    """As `limits`, reading the array a part at a time; `number` is that of its first example."""
    low, high = math.inf, -math.inf
    row_bytes = max(1, array.nbytes // max(1, len(array)))
    step = max(1, CHUNK_BYTES // row_bytes)
    for start in range(0, len(array), step):
        chunk = array[start : start + step]
        if not chunk.size:
            continue
        least, most = chunk.min().item(), chunk.max().item()
        if array.dtype.kind == "f":  # a long double stays one
            least, most = float(least), float(most)
        if not usable(array.dtype.kind, least, most):
            raise unusable(array, start, step, name, where, number)
        low, high = min(low, least), max(high, most)
    return Limits(low, high) if low <= high else Limits(0, 0)


def all_finite(values: np.ndarray) -> bool:
    """Whether no float is infinite or nan. NumPy counts bfloat16 among no kind of floats; other types have no such."""
    import numpy as np

    return "float" not in values.dtype.name or bool(np.isfinite(values).all())


def usable(kind: str, low: float, high: float) -> bool:
    """Whether values of a kind of NumPy's can be float32, or int32, within these limits; nan is neither."""
    if kind == "f":
        return bool(low >= -FLOAT32 and high <= FLOAT32)
    return bool(low >= INT32[0] and high <= INT32[1])


def unusable(array: np.ndarray, start: int, step: int, name: str, where: str, number: int) -> DataError:
    """What is wrong with the first value that cannot be used, and how many examples have such values."""
    import numpy as np

    is_float = array.dtype.kind == "f"
    low, high = (-FLOAT32, FLOAT32) if is_float else INT32
    count, first, value = 0, 0, math.nan
    for at in range(start, len(array), step):
        chunk = np.asarray(array[at : at + step], np.float64 if is_float else None)
        chunk = chunk.reshape(len(chunk), -1)
        good = (chunk >= low) & (chunk <= high)
        bad = np.flatnonzero(~good.all(axis=1))
        if len(bad) and not count:
            first = at + int(bad[0])
            value = chunk[bad[0]][~good[bad[0]]][0].item()
        count += len(bad)
    more = f"; so have {count - 1:,} more of {len(array):,} examples" if count > 1 else ""
    if not is_float:
        what, hint = f"{value}, beyond int32", HINTS["int"]
    elif math.isfinite(value):
        what, hint = f"{value:g}, beyond float32", HINTS["float"]
    else:
        what, hint = f"{value}", HINTS["nan"]
    return DataError(f"{name}: example {number + first} has {what}{more}", file=where, hint=hint)


def loses_digits(values: Iterable[float], dtype: str) -> str | None:
    """The largest of these values if it is a whole number that a type of floats rounds, in words; else None."""
    digits = DIGITS.get(dtype)
    # A large float is whole whatever it counts.
    values = [value for value in values if isinstance(value, int) or abs(value) < 1 << DIGITS["float64"]]
    for value in sorted(values, key=abs, reverse=True):
        if digits is not None and math.isfinite(value) and value == int(value) and rounded(int(value), digits) != value:
            became = f"{int(value)}, which {dtype} rounds to {rounded(int(value), digits)}"
            return f"{became}: it has no place for each whole number beyond {1 << digits:,}"
    return None


def rounded(value: int, digits: int) -> int:
    """A whole number with so many binary digits, the rest 0: the nearest one, of two the one that ends in 0."""
    rest = max(0, abs(value).bit_length() - digits)
    size = abs(value) >> rest
    left, half = abs(value) - (size << rest), (1 << rest) >> 1
    size += rest > 0 and (left > half or (left == half and size % 2 == 1))
    return (size << rest) * (1 if value >= 0 else -1)
