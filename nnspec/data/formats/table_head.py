"""What the first rows of a table tell: separator, names, and how the cells of each column are written.

Nothing here decides in silence: what cannot be told is asked about, with the option that says it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.formats.cells import (
    ASKED,
    MISSING_NUMBERS,
    PERCENT,
    CellFormat,
    CellType,
    ColumnType,
    Written,
    is_number,
    marks_of,
    written,
)
from nnspec.data.formats.delimited_text import Dialect, Lines, body, column_names, records
from nnspec.data.formats.origins import Origins, Place
from nnspec.data.formats.plain_table import origins_of, plain, types_of
from nnspec.data.formats.signatures import refuse_markup, refuse_nul
from nnspec.data.formats.times import ISO, compact, forms_of, looks_like_time, same_times
from nnspec.data.text.corpus import head_of
from nnspec.quick_classes import dataclass

SAMPLE_ROWS = 1000  # types are inferred from these
SEPARATORS = ",;\t|"
SNIFFED_LINES = 50
SNIFFED_CHARACTERS = 1 << 24
TIMES_LOOKED_AT = 200  # cells of a header
OTHER = {".": ",", ",": "."}
DIGITS = str.maketrans("23456789", "11111111")  # what numbers say of their marks is in their shapes, which are few


@dataclass(frozen=True, slots=True)
class Writing:
    """What a spec says of how the cells of a file are written; None: told by the first rows."""

    decimal: str | None = None
    thousands: str | None = None
    missing_values: tuple[str, ...] | None = None
    time_format: str | None = None


@dataclass(frozen=True)
class Sample:
    """The first cells of a column.

    Attributes:
        texts: how often each text is there, missing ones left out; missing: how many are.
        lines: the number of the row where each text is first.
        numbers: how many cells are plain numbers; written: how many are numbers of each unit, by the marks of the file.
        marked: how many look like numbers, whatever the marks; forms: the forms of times that all texts have.
        ambiguous: whether day and month cannot be told apart.
    """

    texts: Mapping[str, int]
    lines: Mapping[str, int]
    missing: int
    numbers: int
    written: Mapping[str, int]
    marked: int
    forms: tuple[str, ...] = ()
    ambiguous: bool = False

    @property
    def count(self) -> int:
        return sum(self.texts.values())

    @property
    def unit(self) -> str | None:
        """The unit of the numbers that have one; None where they differ."""
        units = [unit for unit in self.written if unit]
        plain = self.numbers + self.written.get("", 0)
        if len(units) > 1 or (PERCENT in units and plain):
            return None
        return units[0] if units else ""

    @property
    def time_format(self) -> str | None:
        return self.forms[0] if self.forms and not self.ambiguous else None


@dataclass(frozen=True)
class Head:
    """The names of the columns, and how each is written as far as the first rows tell."""

    path: Path
    dialect: Dialect
    names: tuple[str, ...]
    samples: Mapping[str, Sample]
    forms: Mapping[str, CellFormat]
    rows: int

    def place(self, number: int | None) -> Place:
        """Of the row with a number; of the whole file without one."""
        return {"file": str(self.path), "line": None, "row": None} if number is None else self.origins.place(number)

    @cached_property
    def origins(self) -> Origins:
        return origins_of(self.path)

    def form(self, name: str, kind: CellType | None = None, time_format: str | None = None) -> CellFormat:
        """How a column is read: as this kind where the spec says it. Raises DataError where that cannot be told."""
        form, sample = self.forms[name], self.samples[name]
        kind = kind or form.type
        if kind == "number":
            if sample.unit is None:
                raise self.refuse(name, sample.written, "numbers in different units: bring them to one")
            form = replace(form, unit=sample.unit)
        if kind == "time":
            form = replace(form, time_format=time_format or form.time_format or self.told_format(name))
        return replace(form, type=kind)

    def as_number(self, name: str) -> str:
        """What is to be said where a column of categories may be meant as numbers; nothing where it cannot."""
        sample = self.samples[name]
        if not sample.marked:
            return ""
        text = next(iter(sample.texts))
        return f"; {text!r} for one is a number by `thousands`, `decimal` or `type: number`"

    def told_format(self, name: str) -> str | None:
        sample = self.samples[name]
        if sample.ambiguous:
            text = next(iter(sample.texts))
            raise DataError(
                f"column {name!r}: {text!r} may be of the form {' or '.join(sample.forms[:2])}",
                **self.place(sample.lines[text]),
                hint=f'say `time_format: "{sample.forms[0]}"`, or whichever it is',
            )
        return sample.time_format

    def refuse(self, name: str, units: Mapping[str, int], what: str) -> DataError:
        counts = ", ".join(f"{number} in {unit or 'plain figures'}" for unit, number in units.items())
        return DataError(f"column {name!r} has {what} ({counts})", file=str(self.path))


def look(path: Path, dialect: Dialect, writing: Writing, asked_header: bool) -> Head:
    """The head of a file. Raises DataError on a header that is none.

    Args:
        asked_header: whether the spec says what the header is; a first row of numbers is refused otherwise.
    """
    refuse_no_table(path, dialect)
    names = column_names(path, dialect)
    head = replace(dialect, only_head=True)
    rows = list(islice(body(path, head), SAMPLE_ROWS))
    if dialect.header and not asked_header:
        refuse_odd_header(path, head, names, rows)
    markers = frozenset(MISSING_NUMBERS) if writing.missing_values is None else frozenset(writing.missing_values) | {""}
    samples = {name: sample_of(rows, place, markers) for place, name in enumerate(names)}
    shapes = {text.translate(DIGITS) for sample in samples.values() for text in sample.texts}
    decimal, thousands = marks([found for text in shapes if (found := written(text))], dialect, writing)
    samples = {name: weigh(sample, decimal, thousands) for name, sample in samples.items()}
    forms = {name: form_of(sample, decimal, thousands, writing) for name, sample in samples.items()}
    forms |= {name: typed(forms[name], kind) for name, kind in types_of(path).items() if name in forms}
    return Head(path, dialect, names, samples, forms, len(rows))


def typed(form: CellFormat, kind: ColumnType) -> CellFormat:
    """How a column is written whose type the format of the file tells."""
    if kind == "time":
        return replace(form, type="time", time_format=ISO)
    return CellFormat(kind, missing_values=form.missing_values)


def refuse_no_table(path: Path, dialect: Dialect) -> None:
    """Raises DataError where the first bytes show that the file is no table, or in another encoding."""
    head = head_of(plain(path, only_head=True))
    refuse_markup(head, str(path))
    refuse_nul(head, dialect.encoding, str(path))


def marks(numbers: Sequence[Written], dialect: Dialect, writing: Writing) -> tuple[str, str]:
    """The marks of decimals and of thousands: as the spec says, else as the numbers of the file tell."""
    told = marks_of(numbers)
    decimal, thousands = told.decimal, told.thousands
    if writing.thousands is not None and decimal == writing.thousands:
        decimal = OTHER.get(decimal)
    if decimal == "," and dialect.separator == "," and writing.decimal is None and writing.thousands is None:
        return ".", ""  # lists in quotes look the same: asked about
    decimal = writing.decimal or decimal
    if writing.thousands is not None:
        thousands = writing.thousands
    elif thousands is None or thousands == (decimal or "."):
        thousands = OTHER.get(decimal, "") if decimal else ""
    return decimal or OTHER.get(thousands, "."), thousands


def sample_of(rows: Sequence[tuple[int, Sequence[str]]], place: int, markers: frozenset[str]) -> Sample:
    texts: Counter[str] = Counter()
    lines: dict[str, int] = {}
    missing = 0
    for line, cells in rows:
        text = " ".join(cells[place].split()) if place < len(cells) else ""
        if text.casefold() in markers:
            missing += 1
        else:
            texts[text] += 1
            lines.setdefault(text, line)
    return Sample(texts, lines, missing, 0, {}, 0)


def weigh(sample: Sample, decimal: str, thousands: str) -> Sample:
    """Counts what the texts of a column look like, by the marks of the file."""
    numbers, marked = 0, 0
    units: Counter[str] = Counter()
    for text, count in sample.texts.items():
        if is_number(text) and decimal == ".":
            numbers += count
        elif found := written(text):
            marked += count
            if found.value(decimal, thousands) is not None:
                units[found.unit] += count
    forms: list[str] = []
    texts = list(sample.texts)
    if not numbers and not units and texts:  # `24.12.2024` has the marks of a number, and is none
        forms = forms_of(texts)
        if forms:
            return replace(sample, forms=tuple(forms), ambiguous=len(forms) > 1 and not same_times(texts, forms))
    if numbers == sample.count and (form := compact(texts)):
        forms = [form]
    return replace(sample, numbers=numbers, written=units, marked=marked, forms=tuple(forms))


def form_of(sample: Sample, decimal: str, thousands: str, writing: Writing) -> CellFormat:
    """A column is of numbers if most of its first values are: one that isn't is a mistake, not a category."""
    missing = writing.missing_values
    thousands = thousands if thousands and any(thousands in text for text in sample.texts) else ""
    numbers = sample.numbers + sum(count for unit, count in sample.written.items() if unit not in ASKED)
    if numbers >= sample.count - numbers and sample.unit not in (None, *ASKED):
        return CellFormat("number", decimal, thousands, sample.unit or "", None, missing)
    kind: ColumnType = "category"
    if sample.texts and {text.casefold() for text in sample.texts} <= {"true", "false"}:
        kind = "boolean"
    return CellFormat(kind, decimal, thousands, "", writing.time_format or sample.time_format, missing)


def guess_separator(path: Path, dialect: Dialect) -> str:
    """The separator that gives most rows as many cells as the header, which has several; a comma where none does.

    Raises DataError where columns seem to be apart by spaces.
    """
    shares = {}
    lines = first_lines(path, dialect)
    for separator in SEPARATORS:
        widths = widths_of(lines, separator)
        if widths and widths[0] > 1:
            shares[separator] = sum(width == widths[0] for width in widths) / len(widths)
    if shares:
        return max(shares, key=lambda separator: shares[separator])
    refuse_spaces(lines, path)
    return ","


def first_lines(path: Path, dialect: Dialect) -> list[str]:
    """The lines that tell the separator, fewer where they are very long."""
    found: list[str] = []
    room = SNIFFED_CHARACTERS
    for line in islice(Lines(path, replace(dialect, only_head=True)), SNIFFED_LINES):
        found.append(line)
        room -= len(line)
        if room <= 0:
            break
    return found


def widths_of(lines: Sequence[str], separator: str) -> list[int]:
    """How many cells the first rows have."""
    try:
        return [len(cells) for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True) if cells]
    except csv.Error:
        return []


def refuse_spaces(lines: Sequence[str], path: Path) -> None:
    rows = [line.split() for line in lines if line.strip()]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return
    if sum(is_number(cell) for row in rows[1:] for cell in row) * 2 > sum(map(len, rows[1:])):
        raise DataError(
            "the columns seem to be separated by spaces", file=str(path), line=1, hint='say `separator: " "` if so'
        )


def refuse_odd_header(
    path: Path, dialect: Dialect, names: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]
) -> None:
    """Raises DataError where the first row is data, a title, or the first of two that name the columns."""
    line, first = next(records(path, dialect))
    where = origins_of(path).place(line)
    if first[0].casefold().startswith("sep="):
        raise DataError("this line tells Excel the separator, and is no row", **where, hint=f"`skip_lines: {line}`")
    if holds_data(first, rows):
        raise DataError(
            f"the first row seems to be data, not names: {', '.join(first[:5])}",
            **where,
            hint="`header: false` if it is data, `header: true` if these are the names",
        )
    widths = Counter(len(cells) for _, cells in rows)
    width, count = widths.most_common(1)[0] if rows else (len(names), 0)
    if len(rows) > 2 and width > len(first) and count > 0.8 * len(rows) and count > 2:
        hint = f"`skip_lines: {line}` if it is a title, `names: [...]` to name all columns"
        if first[0].startswith(("#", "%", "//")):
            hint = f'`comment: "{first[0][0]}"` leaves out such lines; ' + hint
        message = f"the first row has {len(first)} cells, but those after it {width}"
        if any(cell.strip() for _, cells in rows for cell in cells[len(first) :]):
            raise DataError(message, **where, hint=hint)
    if dialect.header == 1 and len(rows) > 2 and second_header(rows):
        raise DataError(
            "this row seems to name the columns, too: where those after it have numbers, it has none",
            **origins_of(path).place(rows[0][0]),
            hint="`header: 2` if two rows name the columns, `header: 1` if it is data",
        )


def holds_data(first: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Whether a header is numbers, or half of it that do not count on, or a time above times."""
    numbers = [float(cell) for cell in first if is_number(cell)]
    if len(numbers) == len(first):
        return True
    counts_on = all(after - before == 1 for before, after in pairwise(numbers)) and all(
        number.is_integer() for number in numbers
    )
    if 2 * len(numbers) >= len(first) and numbers and not counts_on:
        return True
    below = rows[0][1] if rows else ()
    several = islice(zip(first, below, strict=False), TIMES_LOOKED_AT)
    pairs = ((cell, under) for cell, under in several if not is_number(under))
    return any(looks_like_time(cell) and looks_like_time(under) for cell, under in pairs)


def second_header(rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Whether the first of these rows has texts above all columns of numbers, of which there are several."""
    (_, first), *others = rows
    above = []
    for place, cell in enumerate(first):
        below = [cells[place].strip() for _, cells in others if place < len(cells) and cells[place].strip()]
        if below and all(map(is_number, below)) and cell.strip():
            above.append(not is_number(cell) and cell.strip().casefold() not in MISSING_NUMBERS)
    return len(above) > 1 and all(above)
