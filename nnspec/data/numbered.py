"""Examples that are arrays already: what IDX, Arrays, TFRecord and Keras have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.data import split
from nnspec.data.errors import DataError
from nnspec.data.images import Decoder
from nnspec.data.protocol import Assets, Task
from nnspec.data.table import Column, Dense, FeatureSpec, Ragged, Table

if TYPE_CHECKING:
    import numpy as np


class ArrayExamples:
    """Columns read from files. One integer target of rank 1 makes a classification: its values are the classes."""

    def __init__(
        self,
        features: Mapping[str, Column],
        targets: Mapping[str, Column],
        files: Sequence[Path],
        where: str,
        weight: Column | None = None,
    ) -> None:
        self.features, self.targets, self.files, self.where, self.weight = features, targets, files, where, weight
        self.problems: list[DataError] = []
        same_length({**features, **targets, **({} if weight is None else {"the weight": weight})}, where)

    @property
    def task(self) -> Task:
        if self.labels is not None:
            return "classification"
        numbers = self.targets and all(column.spec.dtype == "float32" for column in self.targets.values())
        return "regression" if numbers else "unknown"

    @property
    def labels(self) -> np.ndarray | None:
        """The integer labels, where there is one such target."""
        if len(self.targets) != 1:
            return None
        (target,) = self.targets.values()
        is_label = isinstance(target, Dense) and target.spec == FeatureSpec((), "int32")
        return target.array if is_label else None  # type: ignore[attr-defined]

    def __len__(self) -> int:
        return len(next(iter(self.features.values())))

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
        if self.labels is None:
            return split.shuffled(len(self), fractions, seed)
        return split.stratified(self.labels.tolist(), fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Classes 0 to the largest label of the training part; `classes` names them."""
        shapes = {name: list(column.spec.shape) for name, column in self.features.items()}
        labels = self.labels
        if labels is None:
            return Assets(classes=tuple(classes) if classes else None, extra={"shapes": shapes})
        count = int(labels[list(train)].max()) + 1
        if classes and count > len(classes):
            raise DataError(
                f"labels go up to {count - 1}, but `classes` lists {len(classes)}",
                file=self.where,
                hint="labels are numbers from 0: list a name for each",
            )
        return Assets(classes=tuple(classes or map(str, range(count))), extra={"shapes": shapes})

    def table(self, assets: Assets) -> Table:
        """The columns. Raises DataError on a label without a class, with the number of its example."""
        labels = self.labels
        if labels is not None and assets.classes is not None:
            bad = (labels < 0) | (labels >= len(assets.classes))
            if bad.any():
                index = int(bad.argmax())
                raise DataError(
                    f"example {index} has the label {int(labels[index])}, but there are {len(assets.classes)} classes: "
                    f"0 to {len(assets.classes) - 1}",
                    file=self.where,
                    hint="training never saw it, or the labels do not start at 0",
                )
        return Table(features=self.features, targets=self.targets, weight=self.weight)

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [f"example {index}" for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        return {}


def same_length(columns: Mapping[str, Column], where: str) -> None:
    """Raises DataError where columns differ in length, with the shapes of both, or have none."""
    lengths = {name: len(column) for name, column in columns.items()}
    (first, count), *others = lengths.items()
    if not count:
        raise DataError(f"{first} has no examples", file=where)
    for name, length in others:
        if length != count:
            shapes = " and ".join(
                f"{key} {[lengths[key], *columns[key].spec.shape]}".replace("None", "?") for key in (first, name)
            )
            raise DataError(f"the lengths differ: {shapes}", file=where)


def feature(array: np.ndarray, name: str, where: str) -> Dense:
    """An input as the model gets it: uint8 and floats as float32, other integers as int32, texts as string.

    uint8 of rank 3 are grey images, and get a channel axis: [n, height, width, 1].
    """
    shape = array.shape[1:]
    if array.dtype == "uint8":
        return Dense(array, FeatureSpec((*shape, 1) if len(shape) == 2 else shape, "float32"))
    return Dense(array, FeatureSpec(shape, number_type(array, name, where)))


def target(array: np.ndarray, name: str, where: str) -> Dense:
    """A target: integers as int32, floats as float32. A column of integers, [n, 1], loses its second axis."""
    dtype = "int32" if array.dtype.kind in "iub" else number_type(array, name, where)
    if dtype == "int32" and array.shape[1:] == (1,):
        array = array[:, 0]
    return Dense(array, FeatureSpec(array.shape[1:], dtype))


def weight(array: np.ndarray, name: str, where: str) -> Dense:
    """What each example counts. Raises DataError on what is no number of 0 or more, with its example."""
    import numpy as np

    number_type(array, name, where)
    if array.shape[1:] == (1,):
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"the weight {name!r} has shape {list(array.shape)}, not one number an example", file=where)
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        index = int(bad.argmax())
        raise DataError(f"example {index} has the weight {array[index]}, which is no number of 0 or more", file=where)
    return Dense(array.astype(np.float32), FeatureSpec((), "float32"))


def number_type(array: np.ndarray, name: str, where: str) -> str:
    """Raises DataError on what is no number."""
    if array.dtype.kind not in "iubf":
        kind = "Python objects" if array.dtype.hasobject else str(array.dtype)
        raise DataError(
            f"{name} {list(array.shape)} holds {kind}, not numbers",
            file=where,
            hint="save it as one array of a number type; sequences of several lengths fit a TFRecord or text source",
        )
    return "int32" if array.dtype.kind in "iu" else "float32"


def sequences(rows: Iterable[Sequence[int]], limit: int | None) -> Ragged:
    """Lists of integers as a ragged int32 column; what is over the limit is cut at the end."""
    import numpy as np

    parts = [np.asarray(row[:limit], np.int32) for row in rows]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    return Ragged(np.concatenate(parts), offsets, FeatureSpec((None,), "int32"))


def encode_arrays(raw: Sequence[Any], assets: Assets) -> dict[str, Column]:
    """New examples of one feature by the shapes that training saw: arrays, .npy files, or images.

    Raises DataError on another shape, with both.
    """
    import numpy as np

    shapes = assets.extra["shapes"]
    if len(shapes) != 1:
        raise DataError(f"the network has several inputs ({', '.join(shapes)}): give each example as a mapping")
    ((name, shape),) = shapes.items()
    rows = [encode_array(item, tuple(shape), name) for item in raw]
    column = feature(np.stack(rows), name, "the input")
    return {name: replace(column, spec=FeatureSpec(tuple(shape), column.spec.dtype))}


def encode_array(item: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    import numpy as np

    if isinstance(item, str | Path):
        path = str(item)
        if not path.endswith(".npy"):
            if len(shape) != 3 or shape[2] not in (1, 3):
                raise DataError(f"{name} is {list(shape)}: give it as .npy", file=path)
            return Decoder((shape[0], shape[1]), "grey" if shape[2] == 1 else "rgb")(path)
        item = load_npy(Path(path))
    array = np.asarray(item)
    if array.shape != shape and (*array.shape, 1) != shape:
        raise DataError(f"{name} has the shape {list(array.shape)}, but training saw {list(shape)}")
    return array.reshape(shape)


def load_npy(path: Path) -> np.ndarray:
    """An .npy file, mapped. Raises DataError where it cannot be read, or holds objects."""
    import numpy as np

    try:
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return found
    except FileNotFoundError as error:
        raise DataError("no such file", file=str(path)) from error
    except (OSError, ValueError, EOFError) as error:
        hint = "save it as one array of a number type" if "pickle" in str(error) or "object" in str(error) else None
        raise DataError(f"the array cannot be read: {error}", file=str(path), hint=hint) from error
