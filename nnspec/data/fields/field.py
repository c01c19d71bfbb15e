"""What is asked of each input and target of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nnspec.data.errors import DataError
from nnspec.data.fields.settings import TableColumn
from nnspec.data.formats.delimited_text import Column as CellColumn
from nnspec.data.formats.delimited_text import Rows
from nnspec.data.protocol import Range
from nnspec.data.table import Column, FeatureSpec

if TYPE_CHECKING:
    from nnspec.data.text.vocabulary import Vocabulary

Fitted = dict[str, Any]  # plain values, kept with the run


@dataclass
class Read:
    """A column, and what reading it told.

    Attributes:
        unusable: numbers of examples that cannot be read.
    """

    column: Column
    unusable: frozenset[int] = frozenset()


@dataclass
class Field:
    """One input or target.

    Attributes:
        cells: the columns of the file that it is made of, and how their cells are read.
        problems: gets what is to be told.
    """

    name: str
    told: TableColumn
    cells: Mapping[str, CellColumn]
    is_target: bool
    kind: ClassVar[str]  # what is kept with the run as its type
    has_classes: ClassVar[bool] = False
    in_cells: ClassVar[bool] = True  # whether a new example is read as a cell is; else as it is given
    problems: list[DataError] = field(default_factory=list)

    @property
    def column(self) -> str:
        """The one column."""
        return next(iter(self.cells))

    @property
    def read_cells(self) -> Mapping[str, CellColumn]:
        """The columns that are read as cells of a new example, which may lack them."""
        return self.cells if self.in_cells else {}

    def open(self, rows: Rows) -> dict[int, str]:
        """Takes the rows. Returns why some cannot be used, by their number: a file is missing. Raises DataError."""
        return {}

    def keep(self, kept: Sequence[int]) -> None:
        """Forgets all rows but these, after `open`."""

    def files(self) -> Sequence[Path]:
        """The files that the rows name."""
        return ()

    def look_at_some(self) -> None:
        """Raises DataError on a file that cannot be read, as far as a quick look tells."""

    def counts(self, train: Sequence[int]) -> Mapping[str, int]:
        """How often each token stands in the training part, of a text."""
        return {}

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        """What must be kept to read new examples alike, from the training part alone. Raises DataError.

        Args:
            classes: those of the spec, where this is the one field that has classes.
        """
        raise NotImplementedError

    def spec(self, fitted: Fitted) -> FeatureSpec:
        raise NotImplementedError

    def check(self, rows: Rows, fitted: Fitted) -> None:
        """Raises DataError on what training never saw, or had in another form."""

    def unseen(
        self, rows: Rows, fitted: Fitted, indices: Sequence[int] | None = None
    ) -> Mapping[str, Mapping[str, int]]:
        """By column the categories of an input that training never saw, and how many of these rows have each."""
        return {}

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        """The lowest and the highest value, where that is known."""
        return None

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        """All rows as a column."""
        raise NotImplementedError

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        """New examples as a column.

        Args:
            rows: their cells, as those of the training part are read.
            raw: the values as they were given, of a field that is not `in_cells`.
            near: for each the folder that names of files are relative to.
        """
        return self.read(rows, fitted, vocabulary).column
