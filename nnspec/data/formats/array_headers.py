"""Arrays told by their headers: shapes, dtypes and labels, without NumPy and without reading what is large."""

from __future__ import annotations

import ast
import math
import re
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Literal

from nnspec.data import split
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets, Columns, Listing, Range, Task
from nnspec.data.table import FeatureSpec
from nnspec.layers.types import MAX_RANK, MAX_VALUES
from nnspec.quick_classes import dataclass

LOOKED_AT = 16 << 20  # arrays up to this size together are read whole where their headers would do
MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000  # bytes, as NumPy has it
DTYPE = re.compile(r"[<>=|]?[A-Za-z?](?P<size>[0-9]{0,12})(\[[\w ]{1,20}\])?")
KINDS = {
    "O": "Python objects",
    "c": "complex numbers",
    "M": "times",
    "m": "spans of time",
    "V": "records of several fields",
}
_TEXTS = "save labels as their numbers: `classes, y = numpy.unique(labels, return_inverse=True)`"
HINTS = {
    "O": "save it as one array of a number type; sequences of several lengths fit a TFRecord or text source",
    "U": _TEXTS,
    "S": _TEXTS,
    "M": "save them as numbers: `(x - numpy.datetime64('2020-01-01')) / numpy.timedelta64(1, 'D')` is days since then",
    "m": "save them as numbers: `x / numpy.timedelta64(1, 's')` is seconds",
    "V": "save each field as an array of its own",
    "c": "save real and imaginary part, or the magnitude, as numbers of their own",
}
MOST_LABELS = 50_000_000  # which are read one by one
MOST_CLASSES = 1000  # more are believed only of at least a tenth as many examples
TYPECODES = {"i1": "b", "u1": "B", "b1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What an array is: `dtype` as NumPy writes it, `<f4` for one, and its whole shape, examples first."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def kind(self) -> str:
        """NumPy's letter: i, u, b and f are numbers."""
        return self.dtype.lstrip("<>=|")[0]

    @property
    def is_bytes(self) -> bool:
        return self.dtype.lstrip("<>=|") == "u1"

    @property
    def nbytes(self) -> int:
        size = DTYPE.fullmatch(self.dtype)
        width = int((size and size["size"]) or 1) * (4 if self.kind == "U" else 1)
        return math.prod(self.shape) * width


def read_npy_header(file: IO[bytes]) -> ArrayHeader:
    """The header of an .npy file; `file` stands at its first number afterwards. Raises ValueError."""
    start = file.read(8)
    if start[:6] != MAGIC or len(start) < 8:
        raise ValueError("it is no .npy file")
    size = int.from_bytes(file.read(2 if start[6] == 1 else 4), "little")
    if size > LONGEST_HEADER:
        raise ValueError(f"its header has {size:,} bytes")
    try:
        found = ast.literal_eval(file.read(size).decode("latin-1"))
        dtype, shape = found["descr"], tuple(found["shape"])
    except (SyntaxError, ValueError, KeyError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("its header is damaged") from error
    if len(shape) > MAX_RANK or not all(type(length) is int and 0 <= length < MAX_VALUES for length in shape):
        raise ValueError(f"its shape is {shape!r:.80}")
    dtype = dtype if isinstance(dtype, str) else "|V1"
    if not DTYPE.fullmatch(dtype):
        raise ValueError(f"its type is {dtype!r:.80}")
    return ArrayHeader(dtype, shape)


def at_hand(inputs: Iterable[ArrayHeader], targets: Iterable[ArrayHeader]) -> bool:
    """Whether arrays are so small that a listing reads their values: nan is found, and limits are known.

    Bytes of images have nothing to find, and labels are read anyhow; masks may be of 0 and 255, which are no classes.
    Without NumPy nothing is read.
    """
    shown, told = list(inputs), list(targets)
    small = sum(header.nbytes for header in (*shown, *told)) <= LOOKED_AT
    telling = any(len(header.shape) > 1 for header in told) or not all(header.is_bytes for header in (*shown, *told))
    return small and telling and find_spec("numpy") is not None


def read_integers(file: IO[bytes], header: ArrayHeader) -> list[int]:
    """The numbers of an array of integers. Raises ValueError where there are too few."""
    if math.prod(header.shape) > MOST_LABELS:
        raise ValueError(f"{math.prod(header.shape):,} labels are more than {MOST_LABELS:,}")
    found: array[int] = array(TYPECODES[header.dtype.lstrip("<>=|")])
    data = file.read(header.nbytes)
    if len(data) < header.nbytes:
        raise ValueError(f"it ends after {len(data)} of {header.nbytes} bytes")
    found.frombytes(data)
    if header.dtype[0] in "<>" and (header.dtype[0] == ">") != (sys.byteorder == "big"):
        found.byteswap()
    return found.tolist()


def feature_spec(header: ArrayHeader, name: str, where: str) -> FeatureSpec:
    """An input as the model gets it: uint8 and floats as float32, other integers as int32, booleans and texts as such.

    uint8 of rank 3 are grey images, and get a channel axis: [n, height, width, 1].
    """
    shape = header.shape[1:]
    if header.kind in "US":
        return FeatureSpec(shape, "string")
    if header.is_bytes:
        return FeatureSpec((*shape, 1) if len(shape) == 2 else shape, "float32")
    return FeatureSpec(shape, number_type(header, name, where))


def target_spec(header: ArrayHeader, name: str, where: str) -> FeatureSpec:
    """A target: integers and booleans as int32, floats as float32. Labels are without an axis of one channel."""
    dtype = number_type(header, name, where)
    return without_channel(FeatureSpec(header.shape[1:], "int32" if dtype == "bool" else dtype))


def without_channel(target: FeatureSpec) -> FeatureSpec:
    """A target of integers without a last axis of size 1: [1] is a label alone, [height, width, 1] one a pixel."""
    has_one = target.dtype == "int32" and target.shape[-1:] == (1,)
    return FeatureSpec(target.shape[:-1], target.dtype) if has_one else target


def number_type(header: ArrayHeader, name: str, where: str) -> str:
    """Raises DataError on what is no number, and where an example has none."""
    if header.kind not in "iubf":
        kind = KINDS.get(header.kind, header.dtype)
        hint = HINTS.get(header.kind, HINTS["O"])
        raise DataError(f"{name} {list(header.shape)} holds {kind}, not numbers", file=where, hint=hint)
    if 0 in header.shape[1:]:
        raise DataError(f"{name} {list(header.shape)} has no numbers in its examples", file=where)
    return {"f": "float32", "b": "bool"}.get(header.kind, "int32")


class ArrayListing(Listing):
    """Examples that are arrays. One integer target of rank 1 makes a classification: its values are the classes.

    Attributes:
        count: how many examples there are.
        labels: the values of that target; None where there is none, or where they are not read.
    """

    def __init__(
        self,
        features: Mapping[str, FeatureSpec],
        targets: Mapping[str, FeatureSpec],
        count: int,
        labels: Sequence[int] | None,
        files: Sequence[Path],
        where: str,
        ranges: Mapping[str, Range] | None = None,
        varies: bool = False,
        problems: Sequence[DataError] = (),
    ) -> None:
        self.feature_specs, self.target_specs, self.count = features, targets, count
        self.labels, self.files, self.where = labels, files, where
        self.ranges, self.varies = ranges or {}, varies
        self.problems = list(problems)

    @property
    def task(self) -> Task:  # type: ignore[override]  # follows from the specs
        specs = list(self.target_specs.values())
        if specs == [FeatureSpec((), "int32")]:
            return "classification"
        return "regression" if specs and all(spec.dtype == "float32" for spec in specs) else "unknown"

    def __len__(self) -> int:
        return self.count

    def as_numbers(self, targets: Literal["all"] | Sequence[str]) -> ArrayListing:
        if targets != "all" and len(self.target_specs) == 1:
            return self  # that of another output, too, which takes it for a class
        whole = {name for name, spec in self.target_specs.items() if spec.dtype == "int32"}
        chosen = whole if targets == "all" else whole & set(targets)
        if not chosen:
            return self
        found = copy(self)
        found.labels = None
        found.target_specs = {
            name: replace(spec, dtype="float32") if name in chosen else spec for name, spec in self.target_specs.items()
        }
        return found

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        if self.labels is None:
            return split.shuffled(len(self), fractions, seed)
        return split.stratified(self.labels, fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Classes 0 to the largest label of the training part; `classes` names them.

        Raises DataError on labels that cannot be classes, and on targets that are not of as many as `classes` lists.
        """
        shapes = {name: list(spec.shape) for name, spec in self.feature_specs.items()}
        if self.labels is None:
            self.compare(classes or ())
            return Assets(classes=tuple(classes) if classes else None, extra={"shapes": shapes})
        count = count_classes(self.labels, train, self.where)
        if classes and count > len(classes):
            raise DataError(
                f"labels go up to {count - 1}, but `classes` lists {len(classes)}",
                file=self.where,
                hint="labels are numbers from 0: list a name for each",
            )
        return Assets(classes=tuple(classes or map(str, range(count))), extra={"shapes": shapes})

    def compare(self, classes: Sequence[str]) -> None:
        """Raises DataError where targets are no vectors of as many numbers as there are classes, and no class a place.

        Of a lone number that is a float it is remarked: the classes are its names at best.
        """
        for name, spec in self.target_specs.items() if classes else ():
            low, high = self.ranges.get(name, (0, 0))
            if spec.shape in ((), (1,)) and spec.dtype == "float32":
                hint = "save the numbers of classes as integers"
                message = f"there are `classes`, but {name} is {spec}: it is fitted as a number"
                self.problems.append(DataError(message, file=self.where, hint=hint))
            elif (not spec.shape or spec.shape[-1] != len(classes)) and not (
                spec.dtype == "int32" and 0 <= low <= high < len(classes)
            ):
                raise DataError(
                    f"`classes` lists {len(classes)}, but {name} is {spec}, with values of {low:g} to {high:g}",
                    file=self.where,
                    hint="a vector for each example has a number for each class; a class for each place is from 0 on",
                )

    def columns(self, assets: Assets) -> Columns:
        """Raises DataError on a label without a class, with the number of its example."""
        labels, classes = self.labels, assets.classes
        if labels and classes is not None and not 0 <= min(labels) <= max(labels) < len(classes):
            index = next(index for index, label in enumerate(labels) if not 0 <= label < len(classes))
            raise DataError(
                f"example {index} has the label {labels[index]}, but there are {len(classes)} classes: "
                f"0 to {len(classes) - 1}",
                file=self.where,
                hint="training never saw it, or the labels do not start at 0",
            )
        return Columns(self.feature_specs, self.target_specs, varies=self.varies, ranges=self.ranges)


def count_classes(labels: Sequence[int], train: Sequence[int], where: str) -> int:
    """How many classes the labels of the training part tell of. Raises DataError where they cannot be classes."""
    low, high = (pick(train, key=labels.__getitem__) for pick in (min, max))
    if labels[low] < 0:
        raise DataError(
            f"example {low} has the label {labels[low]}: classes are numbers from 0",
            file=where,
            hint="map -1 and 1 to 0 and 1; numbers to fit are float32",
        )
    if labels[high] >= max(MOST_CLASSES, 10 * len(labels)):
        raise DataError(
            f"example {high} has the label {labels[high]}, of {len(labels):,} examples: integers are read as classes",
            file=where,
            hint="save numbers to fit as float32, and classes as numbers from 0 without gaps",
        )
    return labels[high] + 1


def same_length(shapes: Mapping[str, Sequence[int | None]], where: str) -> None:
    """Raises DataError where columns, told by their whole shapes, differ in length, or have none."""
    (first, shape), *others = shapes.items()
    if not shape[0]:
        raise DataError(f"{first} has no examples", file=where)
    for name, other in others:
        if other[0] != shape[0]:
            both = " and ".join(f"{key} {list(shapes[key])}".replace("None", "?") for key in (first, name))
            raise DataError(f"the lengths differ: {both}", file=where)
