"""What is in a cell: numbers as people write them, times, booleans, categories and markers of missing values.

The one place where the text of a cell becomes a number of the table.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from nnspec.data.formats.times import TimeReader
from nnspec.data.text.corpus import Numbering
from nnspec.quick_classes import dataclass

ColumnType = Literal["number", "category", "boolean", "time"]
CellType = ColumnType | Literal["text"]  # a text is kept as it is written: a sentence, the name of a file
TEXTUAL = ("category", "text")  # types whose cells are numbers into a list of texts
Parse = Callable[[str], float]

# In lower case. A category may well be called "none", so that it is missing among numbers alone.
UNCLEAR = ("?", ".", "-", "--")  # they may be values as well
MISSING = ("", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null", *UNCLEAR)
MISSING_NUMBERS = (*MISSING, "none", "nil")
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "on", "1"}), frozenset({"false", "f", "no", "n", "off", "0"})
PERCENT, HEXADECIMAL, SHORT = "%", "0x", "K, M, B"
ASKED = (HEXADECIMAL, SHORT)  # units that make a number only where the spec says so
MAGNITUDES = {"": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9}
MAGNITUDES |= {"billion": 1e9, "t": 1e12, "trillion": 1e12}
LARGEST = 3.4028235e38  # of float32, which the network gets
GROUPS = "'’_ \u00a0\u202f"  # what separates thousands, beside point and comma

_CURRENCY = r"[$€£¥₹₽₩₺]|(?:USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CZK)\b"
_WRITTEN = re.compile(
    rf"(?P<open>\()?(?P<sign>[+\-−])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[+\-−])?"
    rf"(?P<digits>\d[\d.,{GROUPS}]*|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    rf"\s*(?P<magnitude>[kKmMbBtT]|mn|bn|thousand|million|billion|trillion)?\s*(?P<after>{PERCENT}|{_CURRENCY})?(?P<close>\))?"
)
_MARKED = re.compile(
    rf"(?:(?P<grouped>\d{{1,3}}(?P<thousands>[.,{GROUPS}])(?:\d{{2,3}}(?P=thousands))*\d{{3}})|\d*)"
    r"(?:(?P<decimal>[.,])\d+)?"
)
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class CellFormat:
    """How the cells of a column are written.

    Attributes:
        decimal: the mark before the decimals; thousands: that between groups of digits, "" where there is none.
        unit: "%", a currency, "0x", or "K, M, B" behind numbers; a percentage is the number before its sign.
        time_format: of a column of times, see `TimeReader`.
        missing_values: the markers of missing values, in lower case; None: the usual ones.
    """

    type: CellType
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    time_format: str | None = None
    missing_values: tuple[str, ...] | None = None

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> CellFormat:
        """What `dataclasses.asdict` made JSON of."""
        markers = saved.get("missing_values")
        return cls(**{**saved, "missing_values": None if markers is None else tuple(markers)})

    @property
    def markers(self) -> frozenset[str]:
        if self.missing_values is not None:
            return frozenset({"", *self.missing_values})
        if self.type == "text":
            return frozenset({""})
        return frozenset(MISSING if self.type == "category" else MISSING_NUMBERS)

    @property
    def is_plain(self) -> bool:
        """Whether what Python takes for a finite number is that number, and no marker of a missing one."""
        markers = self.missing_values or ()
        as_python = self.type == "number" and self.decimal == "." and self.unit != PERCENT
        return as_python and not any(is_number(marker) for marker in markers)

    def describe(self) -> str:
        """The type, with what is special about how it is written."""
        notes = []
        if self.type == "number":
            notes += [f"thousands {self.thousands!r}"] if self.thousands else []
            notes += [f"decimal {self.decimal!r}"] if self.decimal != "." else []
            notes += [{PERCENT: "percent", HEXADECIMAL: "hexadecimal"}.get(self.unit, self.unit)] if self.unit else []
        if self.type == "time" and self.time_format:
            notes.append(self.time_format)
        return ", ".join([self.type, *notes])


class Written(NamedTuple):
    """A number as it is written: the digits with their marks, what they are multiplied with, and the unit."""

    digits: str
    factor: float
    unit: str

    def value(self, decimal: str, thousands: str) -> float | None:
        """The number, or None where its marks are not these."""
        digits, exponent, power = self.digits.partition("e")
        whole, _, rest = digits.partition(decimal)
        if (rest and not rest.isdecimal()) or not (whole or rest):
            return None
        if thousands and thousands in whole:
            first, *groups = whole.split(thousands)
            if not 1 <= len(first) <= 3 or len(groups[-1]) != 3 or any(len(group) not in (2, 3) for group in groups):
                return None
            whole = whole.replace(thousands, "")
        if whole and not whole.isdecimal():
            return None
        return self.factor * float(f"{whole or 0}.{rest or 0}{exponent}{power}")


def written(text: str) -> Written | None:
    """A number with or without marks, sign, currency, magnitude or percent sign; None where the text is none."""
    if _HEXADECIMAL.fullmatch(text):
        return Written(str(abs(int(text, 16))), -1.0 if text.startswith("-") else 1.0, HEXADECIMAL)
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    part = found.groupdict(default="")
    unit = part["before"] or part["after"]
    negative = (part["sign"] or part["inner"]) in ("-", "−") if (part["sign"] or part["inner"]) else bool(part["open"])
    if (part["sign"] and part["inner"]) or (part["before"] and part["after"]):
        return None
    if bool(part["open"]) != bool(part["close"]):
        return None
    if part["magnitude"] and unit == PERCENT:
        return None
    if part["magnitude"] and not unit:  # `55.1M` of shares, or the name of a size
        if part["magnitude"] not in "KkMB":
            return None
        unit = SHORT
    factor = MAGNITUDES[part["magnitude"].lower()] * (-1 if negative else 1)
    return Written(part["digits"].strip() + part["exponent"].lower(), factor, unit)


def is_number(cell: str) -> bool:
    """Whether this is a finite number without marks; `1_000` is none: it may as well be a name."""
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def parser(
    form: CellFormat, numbering: Numbering | None = None, limit: float = math.inf, missing: Counter[str] | None = None
) -> Parse:
    """A function from a cell to its number: NaN is a missing value. It raises ValueError.

    Args:
        numbering: of a category, whose numbers are those of its texts.
        limit: so many different texts are too many.
        missing: counts the markers of missing values, empty cells aside.
    """
    counts: Counter[str] = Counter() if missing is None else missing
    if form.type in TEXTUAL:
        kind = Categories if form.type == "category" else Texts
        return kind(form.markers, Numbering() if numbering is None else numbering, limit, counts).__getitem__
    slow = _unless_missing(_READERS[form.type](form), form.markers, counts)
    if not form.is_plain:
        return slow

    def parse(cell: str) -> float:
        try:
            value = float(cell)
        except ValueError:
            return slow(cell)
        if -LARGEST < value < LARGEST and "_" not in cell:  # neither is true of nan
            return value
        return slow(cell)

    return parse


def plain_numbers(places: Sequence[int]) -> Callable[[Sequence[str]], list[float] | None]:
    """A function from the cells of a row to the numbers in these places; None where one of them needs its `parser`.

    Most cells of most tables are plain numbers, and all of a row at once are read faster than one after the other.
    """
    if not places:
        return lambda cells: []
    first, taken = places[0], itemgetter(*places)

    def read(cells: Sequence[str]) -> list[float] | None:
        texts = taken(cells)
        try:
            values = list(map(float, texts))
        except ValueError:
            return None
        # Of nan and infinity the sum is none that is smaller.
        return values if sum(map(abs, values)) < LARGEST and "_" not in "".join(texts) else None

    def read_one(cells: Sequence[str]) -> list[float] | None:
        text = cells[first]
        try:
            value = float(text)
        except ValueError:
            return None
        return [value] if -LARGEST < value < LARGEST and "_" not in text else None

    return read if len(places) > 1 else read_one


def _unless_missing(read: Parse, markers: frozenset[str], counts: Counter[str]) -> Parse:
    def parse(cell: str) -> float:
        text = cell.strip()
        if text.casefold() in markers:
            if text:
                counts[text] += 1
            return math.nan
        return read(text)

    return parse


class Categories(dict[str, float]):
    """The number of each text, by the cell as it is in the file."""

    def __init__(self, markers: frozenset[str], numbering: Numbering, limit: float, missing: Counter[str]) -> None:
        super().__init__()
        self.markers, self.numbering, self.limit, self.missing = markers, numbering, limit, missing

    def text_of(self, cell: str) -> str:
        return " ".join(cell.split())  # in one line: classes are kept one a line

    def __missing__(self, cell: str) -> float:
        text = self.text_of(cell)
        if text.casefold() in self.markers:
            if text:
                self.missing[text] += 1
            return math.nan
        if "\0" in text:
            raise ValueError(f"{text!r} has a NUL byte, which no text has")
        if text not in self.numbering and len(self.numbering) >= self.limit:
            raise ValueError(f"over {self.limit} different values that are not numbers")
        number = self[cell] = self.numbering[text]
        return number


class Texts(Categories):
    """As `Categories`, with the white space within a text."""

    def text_of(self, cell: str) -> str:
        return cell.strip()


def _number_reader(form: CellFormat) -> Parse:
    def read(text: str) -> float:
        found = written(" ".join(text.split()))  # of no-break spaces as of others
        value = None if found is None else found.value(form.decimal, form.thousands)
        if value is not None and not -LARGEST < value < LARGEST:
            raise ValueError(f"{text!r} is more than float32 can hold")
        if value is None or found is None:
            finite = "a finite number" if text.casefold().lstrip("+-") in ("inf", "infinity") else "a number"
            raise ValueError(f"{text!r} is not {finite}")
        if found.unit != form.unit and (found.unit or form.unit == PERCENT):
            raise ValueError(f"{text!r} is not a number in {form.unit or 'plain figures'}")
        return value

    return read


def _boolean_reader(form: CellFormat) -> Parse:
    def read(text: str) -> float:
        folded = text.casefold()
        if folded in TRUE or folded in FALSE:
            return float(folded in TRUE)
        raise ValueError(f"{text!r} is neither true nor false")

    return read


_READERS: dict[CellType, Callable[[CellFormat], Parse]] = {
    "number": _number_reader,
    "boolean": _boolean_reader,
    "time": lambda form: TimeReader(form.time_format).read,
}


def cell_of(value: Any, form: CellFormat) -> str:
    """A value of a mapping as the column's cells are written; None is a missing one."""
    if value is None:
        return ""
    if form.type == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value).replace(".", form.decimal) + (PERCENT if form.unit == PERCENT else "")
    return str(value)


class Marks(NamedTuple):
    """The marks of a file's numbers, as far as they can be told."""

    decimal: str | None
    thousands: str | None


def marks_of(numbers: Iterable[Written]) -> Marks:
    """What numbers say of their marks: `1,000.5` says both, `3,5` and `0.25` one, `1,200` neither."""
    votes: Counter[tuple[str, str]] = Counter()
    for number in numbers:
        found = _MARKED.fullmatch(number.digits.partition("e")[0])
        if found is None:
            continue
        thousands, decimal, grouped = found["thousands"], found["decimal"], found["grouped"]
        if thousands and (decimal or thousands not in ".," or grouped.count(thousands) > 1):
            votes["thousands", thousands] += 1
        if decimal and thousands != decimal:
            votes["decimal", decimal] += 1
        if thousands and not decimal and grouped.startswith("0"):  # 0,123 is no group of thousands
            votes["decimal", thousands] += 1
    return Marks(_only(votes, "decimal"), _only(votes, "thousands"))


def _only(votes: Counter[tuple[str, str]], role: str) -> str | None:
    """The mark of this role; None where there is none, or where numbers differ."""
    found = [mark for (of, mark) in votes if of == role]
    return found[0] if len(found) == 1 else None
