"""Examples that are arrays already: what IDX, Arrays, TFRecord and Keras have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.data.errors import DataError
from nnspec.data.images import Decoder
from nnspec.data.listing import ArrayHeader, ArrayListing, feature_spec, number_type, same_length, target_spec
from nnspec.data.protocol import Assets
from nnspec.data.table import Column, Dense, FeatureSpec, Ragged, Table

if TYPE_CHECKING:
    import numpy as np


class ArrayExamples(ArrayListing):
    """Columns read from files."""

    def __init__(
        self,
        features: Mapping[str, Column],
        targets: Mapping[str, Column],
        files: Sequence[Path],
        where: str,
        weight: Column | None = None,
    ) -> None:
        columns = {**features, **targets, **({} if weight is None else {"the weight": weight})}
        same_length({name: (len(column), *column.spec.shape) for name, column in columns.items()}, where)
        super().__init__(
            {name: column.spec for name, column in features.items()},
            {name: column.spec for name, column in targets.items()},
            len(next(iter(features.values()))),
            labels_of(targets),
            files,
            where,
        )
        self.features, self.targets, self.weight = features, targets, weight

    def table(self, assets: Assets) -> Table:
        """The columns. Raises DataError on a label without a class, with the number of its example."""
        self.columns(assets)
        return Table(features=self.features, targets=self.targets, weight=self.weight)

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [f"example {index}" for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        return {}


def labels_of(targets: Mapping[str, Column]) -> list[int] | None:
    """The integer labels, where there is one such target."""
    if len(targets) != 1:
        return None
    (target,) = targets.values()
    if not isinstance(target, Dense) or target.spec != FeatureSpec((), "int32"):
        return None
    labels: list[int] = target.array.tolist()
    return labels


def feature(array: np.ndarray, name: str, where: str) -> Dense:
    """An input as the model gets it, by `feature_spec`."""
    return Dense(array, feature_spec(header_of(array), name, where))


def target(array: np.ndarray, name: str, where: str) -> Dense:
    """A target, by `target_spec`."""
    spec = target_spec(header_of(array), name, where)
    return Dense(array.reshape(len(array), *(size or 0 for size in spec.shape)), spec)


def header_of(array: np.ndarray) -> ArrayHeader:
    return ArrayHeader(array.dtype.str, array.shape)


def weight(array: np.ndarray, name: str, where: str) -> Dense:
    """What each example counts. Raises DataError on what is no number of 0 or more, with its example."""
    import numpy as np

    number_type(header_of(array), name, where)
    if array.shape[1:] == (1,):
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"the weight {name!r} has shape {list(array.shape)}, not one number an example", file=where)
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        index = int(bad.argmax())
        raise DataError(f"example {index} has the weight {array[index]}, which is no number of 0 or more", file=where)
    return Dense(array.astype(np.float32), FeatureSpec((), "float32"))


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
