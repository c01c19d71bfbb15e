"""Examples of a part that are in the training part, too: what such a part measures is no answer to new data."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.data.config import DataConfig
from nnspec.data.dataset import given, make_source
from nnspec.data.errors import Remark
from nnspec.data.many_cells import in_order
from nnspec.data.protocol import Source
from nnspec.data.split import TRAIN
from nnspec.data.table import Dense, FeatureSpec, Ragged, Table

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.pipeline import Split

MOST_BYTES = 1 << 30  # of features that are compared; of larger data nothing is said
LOOKED_AT = 256  # values of an example that are compared first
ROWS = 4096  # at once
WIDE = 8  # values of an example, fewer of which repeat by themselves


def parts_of_training(data: DataConfig, base: Path) -> Iterator[Remark]:
    """A remark for each part that the split takes from the very source of the training part."""
    source = make_source(data.source)
    train = data.split.get(TRAIN)
    if train is not None and not isinstance(train, int | float):
        source = given(source, train)
    for name, value in data.split.items():
        if name == TRAIN or value is None or isinstance(value, int | float):
            continue
        if _resolved(given(source, value), base) == _resolved(source, base):
            message = f"the {name} part is read from the same place as the training part"
            yield Remark("W0917", message, hint=f"a share holds examples back: `split: {{{name}: 0.2}}`")


def _resolved(source: Source, base: Path) -> Source:
    """A source with its paths as the system knows them."""
    paths = [entry.name for entry in fields(source) if entry.metadata.get("path")]  # type: ignore[arg-type]
    given = {name: value for name in paths if (value := getattr(source, name)) is not None}
    found = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    places = {name: [os.path.realpath(base / text) for text in texts] for name, texts in found.items()}
    return replace(source, **places)  # type: ignore[type-var]


def copies(splits: Mapping[str, Split], hashes: Callable[[], np.ndarray]) -> Iterator[tuple[str, Remark]]:
    """For each part that has examples with the features of a training example its name and what to say of it.

    Args:
        hashes: gives those of the training part, by `hashes_of`.
    """
    import numpy as np

    train = splits[TRAIN]
    if len(splits) == 1 or not all(map(comparable, splits.values())):
        return
    ours = hashes()
    order = in_order(ours)
    for name, split in splits.items():
        if name == TRAIN or set(split.table.features) != set(train.table.features):
            continue
        theirs = hashes_of(split)
        places = np.searchsorted(ours[order], theirs).clip(0, len(ours) - 1)
        twins = order[places]
        rows = np.flatnonzero(ours[twins] == theirs)
        rows = rows[[_equal(split, int(row), train, int(twins[row])) for row in rows]]
        if len(rows):
            first = int(rows[0])
            one, other = split.example_texts([first])[0], train.example_texts([int(twins[first])])[0]
            message = (
                f"{len(rows):,} of {split.size:,} examples of {name} are the same as one of {TRAIN} to the network, "
                f"`{one}` as `{other}` for one: what is measured of them says little about new data"
            )
            yield name, Remark("W0917", message)


def contradictions(split: Split, hashes: Callable[[], np.ndarray]) -> Iterator[Remark]:
    """What to say of examples of a part that are the same to the network, and have different labels.

    Args:
        hashes: gives those of the part, by `hashes_of`.
    """
    import numpy as np

    classes = [column for column in split.table.targets.values() if column.spec == FeatureSpec((), "int32")]
    sizes = [math.prod(size or 1 for size in one.spec.shape) for one in split.table.features.values()]
    varies = split.table.varying is not None
    if len(classes) != 1 or not comparable(split) or (sum(sizes) < WIDE and not varies):
        return
    labels = np.empty(split.size, np.int32)
    for at in range(0, split.size, ROWS):
        labels[at : at + ROWS] = classes[0].take(split.indices[at : at + ROWS]).ravel()
    order = np.lexsort((labels, hashes()))
    hashed, labels = hashes()[order], labels[order]
    if not ((hashed[1:] == hashed[:-1]) & (labels[1:] != labels[:-1])).any():
        return
    _, first, number = np.unique(hashed, return_index=True, return_inverse=True)
    odd = np.flatnonzero(labels != labels[first][number])
    odd = odd[[_equal(split, int(order[at]), split, int(order[first[number[at]]])) for at in odd.tolist()]]
    if len(odd):
        alike = np.isin(number, number[odd])
        one, other = (int(order[at]) for at in (first[number[odd[0]]], odd[0]))
        texts = split.example_texts([one, other])
        yield Remark(
            "W0918",
            f"{int(alike.sum()):,} of {split.size:,} examples of {TRAIN} are the same to the network as one with "
            f"another label, `{texts[0]}` as `{texts[1]}` for one: no network can be right about both",
        )


def comparable(split: Split) -> bool:
    """Whether all features are in memory or mapped, and not too many; windows of a series repeat by themselves."""
    columns = split.table.features.values()
    size = sum(
        column.array.nbytes if isinstance(column, Dense) else column.flat.nbytes if isinstance(column, Ragged) else 0
        for column in columns
    )
    return bool(columns) and all(isinstance(column, Dense | Ragged) for column in columns) and size <= MOST_BYTES


def hashes_of(split: Split) -> np.ndarray:
    """A number for each example of a part, alike where the features are: uint64 [examples]."""
    import numpy as np

    draw = np.random.Philox(key=np.zeros(2, np.uint64))
    found = np.zeros(split.size, np.uint64)
    for at in range(0, split.size, ROWS):
        found[at : at + ROWS] = _of_rows(split.table, split.indices[at : at + ROWS], draw)
    return found


def _of_rows(table: Table, rows: np.ndarray, draw: np.random.Philox) -> np.ndarray:
    import numpy as np

    found = np.zeros(len(rows), np.uint64)
    for number, name in enumerate(sorted(table.features)):
        bits = _bits(table.features[name].take(rows).reshape(len(rows), -1))
        if isinstance(table.features[name], Dense) and bits.shape[1] > LOOKED_AT:
            bits = bits[:, np.linspace(0, bits.shape[1] - 1, LOOKED_AT).astype(np.int64)]
        draw.state = np.random.Philox(key=np.array([1, number], np.uint64)).state
        factors = draw.random_raw(bits.shape[1]) | np.uint64(1)
        mixed = bits.astype(np.uint64)
        mixed ^= mixed >> np.uint64(15)
        found += (mixed * factors).sum(axis=1, dtype=np.uint64)  # modulo 2^64
    return found


def _bits(values: np.ndarray) -> np.ndarray:
    """The values as whole numbers that are alike where they are: padding, which is 0, counts nothing."""
    import numpy as np

    if values.dtype.kind == "f":
        return np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")
    if values.dtype.kind in "US":
        return np.ascontiguousarray(values).view("u4" if values.dtype.kind == "U" else "u1").reshape(len(values), -1)
    if values.dtype.kind == "O":
        import zlib

        return np.array([[zlib.crc32(str(item).encode()) for item in row] for row in values], np.uint64)
    return values


def _equal(split: Split, row: int, train: Split, twin: int) -> bool:
    import numpy as np

    for name, column in split.table.features.items():
        one = column.take(split.indices[[row]])
        other = train.table.features[name].take(train.indices[[twin]])
        if one.shape != other.shape or not np.array_equal(one, other):
            return False
    return True
