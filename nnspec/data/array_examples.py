"""Examples that are arrays already: what IDX, Arrays, TFRecord and Keras have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from nnspec.data.errors import DataError
from nnspec.data.formats.array_headers import (
    ArrayHeader,
    ArrayListing,
    feature_spec,
    number_type,
    same_length,
    target_spec,
)
from nnspec.data.formats.images import BYTES, SUFFIXES, Decoder
from nnspec.data.given import check_names
from nnspec.data.numbers import FLOAT32, Limits, limits
from nnspec.data.protocol import WEIGHT, Assets, Examples
from nnspec.data.table import Blocks, Column, Dense, FeatureSpec, Ragged, Table
from nnspec.reading import require_regular

if TYPE_CHECKING:
    import numpy as np

# Of files that are a new example each; one of .npz holds several.
EXAMPLE_SUFFIXES = SUFFIXES | {".npy"}


class ArrayExamples(ArrayListing, Examples):
    """Columns read from files."""

    def __init__(
        self,
        features: Mapping[str, Column],
        targets: Mapping[str, Column],
        files: Sequence[Path],
        where: str,
        weight: Column | None = None,
        problems: Sequence[DataError] = (),
        blocks: Blocks | None = None,
    ) -> None:
        if not features:
            raise DataError("there are no inputs", file=where, hint="say which arrays they are: `inputs: [x]`")
        columns = {**features, **targets, **({} if weight is None else {WEIGHT: weight})}
        same_length({name: (len(column), *column.spec.shape) for name, column in columns.items()}, where)
        super().__init__(
            {name: column.spec for name, column in features.items()},
            {name: column.spec for name, column in targets.items()},
            len(next(iter(features.values()))),
            labels_of(targets),
            files,
            where,
            {name: limits for name, column in columns.items() if (limits := getattr(column, "limits", None))},
            problems=problems,
        )
        self.features, self.targets, self.weight, self.blocks = features, targets, weight, blocks

    def table(self, assets: Assets) -> Table:
        """The columns. Raises DataError on a label without a class, with the number of its example."""
        self.columns(assets)
        return Table(features=self.features, targets=self.targets, weight=self.weight, blocks=self.blocks)

    def as_numbers(self, targets: Literal["all"] | Sequence[str]) -> ArrayExamples:
        found = cast(ArrayExamples, super().as_numbers(targets))
        if found is not self:
            found.targets = {
                name: replace(column, spec=found.target_specs[name])  # type: ignore[type-var]  # each is a dataclass
                for name, column in self.targets.items()
            }
        return found

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [f"example {index}" for index in indices]


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
    """An input as the model gets it, by `feature_spec`. Raises DataError on numbers that its type cannot hold."""
    spec = feature_spec(header_of(array), name, where)
    if array.dtype == "uint8":
        found = Limits(*BYTES) if array.ndim >= 3 else None
    else:
        found = None if array.dtype.kind in "US" else limits(array, name, where)
    return Dense(native(array), spec, found)


def target(array: np.ndarray, name: str, where: str) -> Dense:
    """A target, by `target_spec`. Raises DataError on numbers that its type cannot hold."""
    spec = target_spec(header_of(array), name, where)
    found = limits(array, name, where)
    return Dense(native(array).reshape(len(array), *(size or 0 for size in spec.shape)), spec, found)


def native(array: np.ndarray) -> np.ndarray:
    """In the byte order of this machine and of a size that TensorFlow knows: a copy of what is not."""
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype("float64")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def header_of(array: np.ndarray) -> ArrayHeader:
    return ArrayHeader(array.dtype.str, array.shape)


def weight(array: np.ndarray, name: str, where: str) -> Dense:
    """What each example counts. Raises DataError on what is no number of 0 or more, with its example."""
    import numpy as np

    number_type(header_of(array), name, where)
    if array.shape[1:] == (1,):
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            f"the weight {name!r} has shape {list(array.shape)}, not one number an example",
            file=where,
            hint="steps that are not to count are left out by a mask (Masking, `mask_zero`), pixels by `ignore_class`",
        )
    bad = ~((array >= 0) & (array <= FLOAT32))
    if bad.any():
        index = int(bad.argmax())
        what = "beyond float32" if FLOAT32 < array[index] < np.inf else "which is no number of 0 or more"
        raise DataError(f"example {index} has the weight {array[index]}, {what}", file=where)
    ends = Limits(array.min().item(), array.max().item()) if len(array) else None
    return Dense(array.astype(np.float32), FeatureSpec((), "float32"), ends)


def sequences(rows: Iterable[Sequence[int]], limit: int | None, problems: list[DataError] | None = None) -> Ragged:
    """Lists of integers as a ragged int32 column; what is over the limit is cut at the end, and a remark counts it."""
    import numpy as np

    parts = [np.asarray(row, np.int32) for row in rows]
    long = [number for number, part in enumerate(parts) if limit is not None and len(part) > limit]
    if long and problems is not None:
        problems.append(
            DataError(f"{len(long):,} of {len(parts):,} texts are cut to {limit} tokens, example {long[0]} for one")
        )
    parts = [part[:limit] for part in parts]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    return Ragged(np.concatenate(parts), offsets, FeatureSpec((None,), "int32"))


def encode_arrays(raw: Sequence[Any], assets: Assets, keys: Mapping[str, str] | None = None) -> dict[str, Column]:
    """New examples by the shapes that training saw: arrays, .npy files, or images; by name where there are several.

    An .npz file holds examples by name: one, or as many as the first axis of its arrays says. ``keys`` are features by
    what the file of the training calls them.

    Raises DataError on another shape, with both, and on a name that is missing or that training did not have.
    """
    shapes: Mapping[str, Sequence[int]] = assets.said("shapes")
    rows = [row for number, item in enumerate(raw, 1) for row in by_name(item, shapes, number, keys or {})]
    return {name: stacked([row[name] for row in rows], tuple(shape), name) for name, shape in shapes.items()}


def by_name(
    item: Any, shapes: Mapping[str, Sequence[int]], number: int, keys: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """The examples of an item by name of feature: one, but for an .npz file of several."""
    if isinstance(item, str | Path) and str(item).endswith(".npz"):
        return archived(str(item), shapes, keys)
    if isinstance(item, Mapping):
        item = by_feature(item, shapes, keys)
        check_names(item, shapes, number, more=False)
        return [item]
    if len(shapes) > 1:
        raise DataError(
            f"example {number} is one value, and the data have several features",
            hint=f"give a mapping with {', '.join(map(repr, shapes))}, or an .npz file of these",
        )
    return [dict.fromkeys(shapes, item)]


def by_feature(given: Mapping[str, Any], shapes: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """What is given by name, with the names of features in place of those that the file of the training has."""
    missing = {key: name for key, name in keys.items() if name not in given}
    return {name if name in shapes else missing.get(name, name): value for name, value in given.items()}


def archived(path: str, shapes: Mapping[str, Sequence[int]], keys: Mapping[str, str]) -> list[Mapping[str, Any]]:
    loaded = load_npy(Path(path))
    arrays: dict[str, np.ndarray] = {name: loaded[name] for name in loaded.files}  # type: ignore[attr-defined]
    if len(shapes) == 1 == len(arrays):
        arrays = dict(zip(shapes, arrays.values(), strict=True))
    arrays = by_feature(arrays, shapes, keys)
    check_names(arrays, shapes, 1, more=True, file=path)
    used = {name: arrays[name] for name in shapes}
    if all(array.ndim == len(shapes[name]) for name, array in used.items()):
        return [used]
    counts = {name: array.shape[0] if array.ndim else 0 for name, array in used.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name!r} {count}" for name, count in counts.items())
        raise DataError(f"the arrays differ in how many examples they have: {told}", file=path)
    return [{name: array[row] for name, array in used.items()} for row in range(next(iter(counts.values())))]


def stacked(items: Sequence[Any], shape: tuple[int, ...], name: str) -> Column:
    import numpy as np

    column = feature(np.stack([encode_array(item, shape, name) for item in items]), name, "the input")
    return replace(column, spec=FeatureSpec(shape, column.spec.dtype))


def encode_array(item: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    import numpy as np

    if isinstance(item, Path) or (isinstance(item, str) and shape):  # a text of its own is no path
        path = str(item)
        if not path.endswith(".npy"):
            if len(shape) != 3 or shape[2] not in (1, 3):
                raise DataError(f"{name} is {list(shape)}: give it as .npy", file=path)
            return Decoder((shape[0], shape[1]), "grey" if shape[2] == 1 else "rgb")(path)
        item = load_npy(Path(path))
    try:
        array = np.asarray(item)
    except ValueError as error:  # rows of several lengths
        raise DataError(f"{name} is no array: {error}") from error
    if array.shape != shape and (*array.shape, 1) != shape:
        raise DataError(f"{name} has the shape {list(array.shape)}, but training saw {list(shape)}")
    return array.reshape(shape)


def load_npy(path: Path) -> np.ndarray:
    """An .npy file, mapped. Raises DataError where it cannot be read, or holds objects."""
    import zipfile

    import numpy as np

    try:
        require_regular(path)
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return found
    except FileNotFoundError as error:
        raise DataError("no such file", file=str(path)) from error
    except (OSError, ValueError, EOFError, OverflowError, MemoryError, zipfile.BadZipFile) as error:
        hint = "save it as one array of a number type" if "pickle" in str(error) or "object" in str(error) else None
        raise DataError(f"the array cannot be read: {error}", file=str(path), hint=hint) from error
