"""Parquet files read at random without a copy: a row group at a time, the last of which are kept.

A row cannot be read without its group. So the order of an epoch shuffles groups, and the rows of some groups at a time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from nnspec.data.errors import DataError
from nnspec.data.files import refuse_bomb, require_file
from nnspec.data.formats.record_feature import OfFeature, RecordFeature, checked, of_content
from nnspec.data.table import Blocks

if TYPE_CHECKING:
    import numpy as np

NUMBER_BYTES = 8
MOST_PLAIN = 64 << 20  # bytes of numbers; a file that claims more, and a hundred times its size, is a bomb
WINDOW_BYTES = 128 << 20  # of the groups whose rows are mixed; twice as many are kept
BYTES = "bytes"  # of a column of images as Hugging Face writes it: {bytes, path}


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Raises DataError where Arrow cannot read a file, or is not there."""
    if find_spec("pyarrow") is None:
        raise DataError("Parquet is read by pyarrow", file=str(file), hint="pip install pyarrow")
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"the file cannot be read: {error}", file=str(file)) from error


@dataclass
class RowGroups:
    """Every row of some files.

    Attributes:
        groups: file and number of each group; counts, sizes: of each its rows, and its bytes in the used columns.
    """

    files: Sequence[Path]
    groups: list[tuple[int, int]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    opened: dict[int, Any] = field(default_factory=dict)
    kept: OrderedDict[tuple[int, str], Any] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, files: Sequence[Path], features: Mapping[str, RecordFeature]) -> RowGroups:
        """By the heads of the files alone. Raises DataError on a column that is not there."""
        from pyarrow import parquet

        found = cls(files)
        wanted = {feature.called(name) for name, feature in features.items()}
        for number, file in enumerate(files):
            require_file(file)
            with readable(file):
                opened = parquet.ParquetFile(file)
            names = opened.schema_arrow.names
            for name in sorted(wanted):
                if name not in names:
                    raise DataError(f"no column {name!r}", file=str(file), hint=f"there are {', '.join(names)}")
            values = 0
            for group in range(opened.metadata.num_row_groups):
                head = opened.metadata.row_group(group)
                if head.num_rows:
                    parts = (head.column(place) for place in range(head.num_columns))
                    used = [part for part in parts if part.path_in_schema.split(".")[0] in wanted]
                    found.groups.append((number, group))
                    found.counts.append(head.num_rows)
                    found.sizes.append(sum(part.total_uncompressed_size for part in used))
                    values += sum(part.num_values for part in used)
            # Runs of one value take no room in the file: what they are as arrays says only how many there are.
            refuse_bomb(file, file.stat().st_size, NUMBER_BYTES * values, MOST_PLAIN)
        return found

    def __len__(self) -> int:
        return sum(self.counts)

    @property
    def window(self) -> int:
        """How many groups are mixed at a time."""
        return max(1, WINDOW_BYTES * len(self.sizes) // max(1, sum(self.sizes)))

    @property
    def starts(self) -> np.ndarray:
        import numpy as np

        return np.cumsum([0, *self.counts], dtype=np.int64)

    def blocks(self) -> Blocks | None:
        """None where all groups are mixed, so that each row can be read by itself once they are all there."""
        return Blocks(self.starts, self.window) if len(self.groups) > self.window else None

    def where(self, group: int) -> str:
        return str(self.files[self.groups[group][0]])

    def column(self, group: int, name: str) -> Any:
        """A column of a group, as Arrow has it. Raises DataError."""
        from pyarrow import parquet

        with self.lock:
            if (group, name) in self.kept:
                self.kept.move_to_end((group, name))
                return self.kept[group, name]
            number, place = self.groups[group]
            with readable(self.files[number]):
                if number not in self.opened:
                    self.opened[number] = parquet.ParquetFile(self.files[number])
                table = self.opened[number].read_row_group(place, columns=[name], use_threads=False)
                found = table.column(name).combine_chunks()
            if found.null_count:
                raise DataError(f"{name} has {found.null_count:,} missing values", file=self.where(group))
            self.kept[group, name] = found
            columns = len({known for _, known in self.kept})
            while len(self.kept) > columns * 2 * self.window:
                self.kept.popitem(last=False)
            return found


@dataclass(frozen=True)
class GroupColumn(OfFeature):
    """A feature of every row, as a column."""

    rows: RowGroups
    name: str
    feature: RecordFeature
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Raises DataError on a cell that is no such feature."""
        import numpy as np

        groups = np.searchsorted(self.starts, indices, side="right") - 1
        name = self.feature.called(self.name)
        cells, where = [], []
        for row, group in zip((indices - self.starts[groups]).tolist(), groups.tolist(), strict=True):
            cells.append(self.rows.column(group, name)[row])
            where.append(self.rows.where(group))
        if self.feature.decode == "image":
            return self.feature.decoder.contents(list(map(self.content, cells, where)), where)
        return np.stack(list(map(self.value, cells, where)))

    def content(self, cell: Any, where: str) -> bytes:
        value = cell.as_py()
        if isinstance(value, dict) and BYTES in value:
            value = value[BYTES]
        if not isinstance(value, bytes):
            raise DataError(f"{self.name} is {cell.type}, which is not the bytes of a file", file=where)
        return value

    def value(self, cell: Any, where: str) -> Any:
        import numpy as np

        if self.feature.decode is not None:
            return of_content(self.content(cell, where), self.name, self.feature, where)
        value = cell.as_py()
        if self.feature.dtype == "string":
            return str(value)
        try:
            values = np.asarray(value)
        except ValueError as error:
            raise DataError(f"{self.name} is no array: {error}", file=where) from None
        return checked(values, self.name, self.feature, where)


def labels_of(rows: RowGroups, name: str, feature: RecordFeature) -> list[int]:
    """The numbers of classes, of all rows: the column is read whole. Raises DataError on other values."""
    import pyarrow as pa
    from pyarrow import parquet

    found: list[int] = []
    for file in rows.files:
        with readable(file):
            column = parquet.read_table(file, columns=[feature.called(name)]).column(0)
        if not (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)) or column.null_count:
            missing = f", and {column.null_count:,} are missing" if column.null_count else ""
            raise DataError(f"{name} is {column.type}{missing}: classes are whole numbers", file=str(file))
        found += map(int, column.to_pylist())
    return found
