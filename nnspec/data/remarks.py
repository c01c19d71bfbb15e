"""What is likely to be wrong with a table that can be read: said, never mended in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from nnspec.data import distributions, many_cells
from nnspec.data.errors import Remark
from nnspec.data.formats.cells import HEXADECIMAL, SHORT, TEXTUAL, UNCLEAR, is_number
from nnspec.data.formats.delimited_text import Plan, Rows, yaml_name
from nnspec.data.formats.table_head import Head, Sample
from nnspec.data.formats.times import DAY, TimeReader, looks_like_time, shown
from nnspec.data.names import looks_missing, several_at_once, told_apart, without_trifles
from nnspec.data.numbers import SMALLEST_FLOAT, loses_digits

FEW_ROWS = 10  # of fewer rows little can be said
MANY_VALUES = 0.9  # a category with more different values than this share of the rows is an id
FEW_CLASSES = 20
FEW_POINTED = 5  # of fewer numbers each may have three digits behind its point by chance
FIRST = 100  # cells that are compared before all are
EXACT = 1 << 24  # up to here float32 has every whole number
ROW_NUMBERS = ("", "id", "index", "idx", "no", "nr", "row", "number", "unnamed: 0", "rowid", "row_id", "level_0")
ID_NAME = re.compile(r"(^|[\s_.-])[iI][dD]$|[a-z]I[dD]$|ID$")  # customer_id, PassengerId; not "humid"
WHOSE = re.compile(  # a number that the network reads is a user to recommend to, as likely as not
    r"(?:patient|person|subject|speaker|writer|participant|user|customer|client|student)s?(?:[\s_.-]?(?:id|no|nr|name))?$",
    re.IGNORECASE,
)
FILLED = re.compile(
    r"-?9{2,}(\.9+)?|-?99999\d|-200|-32768|-?32767|65535|1e\+\d+|9\.96921e\+36"
)  # as missing numbers are
POINTED = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")
MEASURED = re.compile(  # `5 km`, `~3`, `7°C`
    r"([~<>≈±]?) ?[-+]?\d+(?:[.,]\d+)?(?: ?((?:°|µ)?[^\W\d_]{1,8}\.?|[\"'°-]))?"
)
LONG = re.compile(r"-?\d{16,20}")  # whole numbers as large as ids, which a double may have no place for
SUMS = ("total", "totals", "grand total", "sum", "average", "mean", "summe", "gesamt", "somme", "suma")
TIME_NAMES = ("t", "ts", "ds", "time", "date", "datetime", "timestamp", "day", "hour", "month", "year", "epoch", "unix")


class Remarks:
    """Looks at the rows that were read, and at the first rows of columns that were not."""

    def __init__(self, rows: Rows, plan: Plan, head: Head, task_told: bool) -> None:
        self.rows, self.plan, self.head, self.task_told = rows, plan, head, task_told

    def all(self) -> list[Remark]:
        checks = (
            self.missing,
            self.looks,
            self.values,
            self.belongings,
            self.numbers,
            self.rounded,
            self.target,
            self.series,
            self.years,
            self.unnamed,
            self.weight,
        )
        return [remark for check in checks for remark in check()]

    def of_cells(self) -> list[Remark]:
        """Those that do not ask what a network predicts: of a table whose columns may be of any kind."""
        checks = (self.missing, self.looks, self.values, self.belongings, self.numbers, self.rounded, self.years)
        return [remark for check in (*checks, self.unnamed, self.weight) for remark in check()]

    def remark(self, code: str, name: str, message: str, hint: str, row: int | None = None) -> Remark:
        where = self.head.place(None) if row is None else self.rows.place(row)
        return Remark(code, f"column {name!r}: {message}", **where, hint=hint)

    def typed(self, name: str, kind: str) -> str:
        """What a spec says to read a column as another type."""
        if self.plan.task == "unknown":  # a table, whose inputs have types
            return f"`type: {kind}` of the input that column {name!r} is"
        return f"`columns: {{{yaml_name(name)}: {{type: {kind}}}}}`"

    def missing(self) -> Iterator[Remark]:
        """Markers that may be values as well, read as missing values."""
        for name, counts in self.rows.markers.items():
            told = self.plan.columns[name].form.missing_values is not None
            unclear = {marker: number for marker, number in counts.items() if marker in UNCLEAR and not told}
            if not unclear:
                continue
            found = ", ".join(f"{marker!r} (cells: {number:,})" for marker, number in unclear.items())
            hint = "`missing_values: [...]` says what means missing"
            yield self.remark("W0903", name, f"read as missing: {found}", hint)

    def looks(self) -> Iterator[Remark]:
        """Categories that look like numbers, times or ids."""
        for name in self.categories():
            column = self.plan.columns[name]
            sample = self.head.samples[name]
            if name == self.plan.group or (name in self.plan.targets and self.plan.task == "regression"):
                continue
            if column.most_categories == float("inf") and name not in self.plan.targets:
                continue  # the spec says that it is a category
            yield from self.as_number(name, sample)
            texts = self.rows.categories[name]
            if SHORT in sample.written:
                continue
            if (measured := with_unit(texts)) is not None:
                told = f"{len(texts)} values such as {measured[0]!r} are numbers with {measured[1]!r}"
                hint = "write the numbers alone, and what they count in the name"
                yield self.remark("W0904", name, f"{told}, read as categories", hint, 0)
                continue
            if texts and (sample.forms or (not sample.numbers and all(map(looks_like_time, texts[:50])))):
                yield self.remark(
                    "W0904",
                    name,
                    f"{len(texts)} different values that look like times, {texts[0]!r} for one, are read as categories",
                    f"{self.typed(name, 'time')} reads them as days since 1970, or leave it out",
                    0,
                )
            elif len(self.rows) >= FEW_ROWS and len(texts) > MANY_VALUES * len(self.rows):
                yield self.remark(
                    "W0905",
                    name,
                    f"{len(texts)} different values in {len(self.rows)} rows, {texts[0]!r} for one: names or ids, "
                    "from which nothing can be learnt",
                    "leave it out of `features`" if name not in self.plan.targets else "is it the right `target`?",
                    0,
                )

    def as_number(self, name: str, sample: Sample) -> Iterator[Remark]:
        marked = sample.marked + sample.numbers
        if (
            4 * marked < sample.count
            or not marked
            or (name in self.plan.targets and self.head.forms[name].type == "number")
        ):
            return
        odd = next((text for text in sample.texts if not text.isdecimal() and any(map(str.isdigit, text))), None)
        text = odd or next(iter(sample.texts))
        if sample.unit is None:
            hint = "bring the numbers to one unit"
        elif HEXADECIMAL in sample.written:
            hint = f"{self.typed(name, 'number')} reads hexadecimal numbers"
        elif SHORT in sample.written:
            hint = f"{self.typed(name, 'number')} reads K, M and B as thousands, millions and billions"
        elif "," in text:
            hint = '`thousands: ","` or `decimal: ","`'
        else:
            hint = self.typed(name, "number")
        yield Remark(
            "W0904",
            f"column {name!r}: {marked} of the first {sample.count} values look like numbers, {text!r} for one, "
            f"but are read as categories",
            **self.head.place(sample.lines[text]),
            hint=f"{hint}; `{{type: category}}` if they are meant as names",
        )

    def values(self) -> Iterator[Remark]:
        """Categories that are nearly the same, and columns with one value."""
        for name in self.categories():
            folded: dict[object, str] = {}
            numbers, texts = self.rows.column(name), self.rows.categories[name]
            used = many_cells.codes_there(numbers)  # a text of rows that were left out is none of them
            there = [text for number, text in enumerate(texts) if number in used]
            for text in there:
                other = folded.setdefault(_folded(text), text)
                if other != text:
                    row = many_cells.first_place(numbers, texts.index(text))
                    ours, theirs = told_apart(other, text)
                    what = f"{ours} and {theirs} are different values"
                    yield self.remark("W0906", name, what, "write them alike", row)
                    break
            yield from self.odd_ones(name, there)
            if len(there) == 1 and name != self.plan.group:
                what = "one class only" if name in self.plan.targets else "one value only"
                yield self.remark("W0907", name, f"{what}, {there[0]!r}", "nothing can be learnt from it")

    def odd_ones(self, name: str, there: Sequence[str]) -> Iterator[Remark]:
        """Classes that are words for having none, and a last row that sums up the others."""
        numbers, texts = self.rows.column(name), self.rows.categories[name]
        missing = next(filter(looks_missing, there), None) if name in self.plan.targets else None
        if missing is not None:
            row = many_cells.first_place(numbers, texts.index(missing))
            hint = f"`missing_values: [{missing!r}, ...]` if it means that there is no label"
            yield self.remark("W0903", name, f"the class {missing!r} looks like a missing label", hint, row)
        if name in self.plan.targets and (told := several_at_once(there)) is not None:
            yield self.remark("W0933", name, *told)
        last = numbers[-1]
        if last == last and texts[int(last)].casefold() in SUMS and texts[int(last)] == texts[-1]:
            what = f"the last row is {texts[-1]!r}, as one that sums up the others"
            hint = "leave it out of the file, unless it is an example"
            yield self.remark("W0908", name, what, hint, len(numbers) - 1)

    def belongings(self) -> Iterator[Remark]:
        """A column that says whose a row is, several rows each: those of one may come into two parts."""
        for name, sample in self.head.samples.items() if self.plan.group is None else ():
            column = self.plan.columns.get(name)
            if name in (self.plan.time, *self.plan.targets) or not WHOSE.match(name):
                continue
            if (column is None or column.encode != "index") and 1 < len(sample.texts) <= sample.count // 2:
                yield Remark(
                    "W0910",
                    f"column {name!r}: several rows of one, {next(iter(sample.texts))!r} for one, may come into two "
                    "parts, and what is measured then says little about others",
                    file=self.rows.file,
                    hint=f"`group: {yaml_name(name)}` keeps them together",
                )

    def numbers(self) -> Iterator[Remark]:
        """Columns of numbers that are constant, count the rows, or are codes."""
        for name in (*self.plan.features, *self.plan.known):
            if self.rows.types[name] in TEXTUAL:
                continue
            cells = self.rows.column(name)
            known = (value for value in cells if value == value)  # NaN, a missing value, differs from itself
            first, second = next(known, None), next(known, None)
            if first is None and len(self.rows) > 1:
                yield self.remark("W0907", name, "every value is missing", "leave it out of `features`")
            if first is None or second is None:
                continue
            if first == second and all(value == first for value in known):
                yield self.remark("W0907", name, f"one value only, {first:g}", "nothing can be learnt from it")
            elif self.names_rows(name, cells):
                what = (
                    "it counts the rows, as an index does" if counts_on(cells) else "another number in each row, as ids"
                )
                yield self.remark("W0905", name, what, "leave it out of `features` unless that is meant")
            else:
                yield from self.codes(name)
                yield from self.mark_for_missing(name, cells)

    def mark_for_missing(self, name: str, cells: memoryview[float]) -> Iterator[Remark]:
        """A number such as -999 that is there several times, and farther from the others than these from each other."""
        known = many_cells.known_ones(cells)
        for mark in many_cells.span(known):
            if not FILLED.fullmatch(f"{mark:g}"):
                continue
            low, high, count = many_cells.beside(known, mark)
            if 1 < count < len(known) / 2 and min(abs(mark - low), abs(mark - high)) > high - low > 0:
                what = f"{mark:g} is there {count:,} times, and all others are from {low:g} to {high:g}"
                row = many_cells.first_place(cells, mark)
                text = next(
                    (text for text in self.head.samples[name].texts if is_number(text) and float(text) == mark),
                    f"{mark:g}",
                )
                hint = f'`missing_values: ["{text}"]` with `missing: mean` or `skip` if it marks a missing value'
                yield self.remark("W0903", name, what, hint, row)

    def rounded(self) -> Iterator[Remark]:
        """Whole numbers that float32, which the network gets, rounds: times in seconds, long ids."""
        weight = () if self.plan.weight is None else (self.plan.weight,)
        for name in dict.fromkeys((*self.plan.features, *self.plan.targets, *self.plan.known, *weight)):
            scaled = name in self.plan.columns and self.plan.columns[name].scale != "none"
            if (scaled and name not in weight) or self.rows.types[name] != "number":
                continue
            cells = self.rows.column(name)
            long = filter(LONG.fullmatch, self.head.samples[name].texts)
            text = next((text for text in long if loses_digits([int(text)], "float64")), None)
            if text is not None:
                what = f"{text} and its like have more digits than any number here: several become one"
                yield self.remark("W0909", name, what, f"{self.typed(name, 'category')} keeps them apart", 0)
                continue
            for row in beyond(cells, EXACT):
                lost = loses_digits((cells[row],), "float32")
                if lost is not None:
                    hint = "`scale: standard` keeps what differs; or leave it out of `features`"
                    if name in weight:
                        hint = "what an example counts is about 1"
                    yield self.remark("W0909", name, lost, hint, row)
                    break

    def names_rows(self, name: str, cells: Sequence[float]) -> bool:
        """Whether a column is called as ids are, and has another whole number in each row."""
        named = name.casefold() in ROW_NUMBERS or ID_NAME.search(name) is not None or name == "0"
        if self.plan.task == "forecast" or not named or len(cells) < FEW_ROWS:
            return False
        return all(map(float.is_integer, cells[:FIRST])) and many_cells.all_differ(cells)

    def codes(self, name: str) -> Iterator[Remark]:
        """Numbers that may be something else: codes, and figures in parentheses."""
        sample = self.head.samples[name]
        negative = next((text for text in sample.texts if text.startswith("(")), None)
        if negative is not None:
            hint = f"{self.typed(name, 'category')} if it is no number"
            yield Remark(
                "W0904",
                f"column {name!r}: {negative!r} is read as a number below 0, as accountants write it",
                **self.head.place(sample.lines[negative]),
                hint=hint,
            )
        text = self.grouped(sample) if self.plan.columns[name].form.decimal == "." else None
        if text is not None:
            what = f"column {name!r}: {text!r} is read as {float(text):g}, and all have three digits behind their point"
            hint = '`thousands: "."` if these are thousands'
            yield Remark("W0904", what, **self.head.place(sample.lines[text]), hint=hint)
        if sample.forms and self.rows.types[name] == "number":
            text = next(iter(sample.texts))
            yield Remark(
                "W0904",
                f"column {name!r}: {text!r} looks like a date, but is read as a number",
                **self.head.place(sample.lines[text]),
                hint=f"{self.typed(name, 'time')} reads them as days since 1970",
            )
        code = next((text for text in sample.texts if len(text) > 1 and text[0] == "0" and text.isdecimal()), None)
        if code is not None:
            hint = f"{self.typed(name, 'category')} keeps them as they are"
            yield Remark(
                "W0904",
                f"column {name!r}: {code!r} begins with 0, as codes do, but is read as the number {int(code)}",
                **self.head.place(sample.lines[code]),
                hint=hint,
            )

    def grouped(self, sample: Sample) -> str | None:
        """A value where all that have a point may be thousands, in a file whose columns are not apart by commas."""
        if self.head.dialect.separator != ";":
            return None
        pointed = [text for one in self.head.samples.values() for text in one.texts if "." in text and is_number(text)]
        if not all(map(POINTED.fullmatch, pointed)):
            return None
        own = [text for text in sample.texts if text in pointed]
        return own[0] if len(own) >= FEW_POINTED else None

    def years(self) -> Iterator[Remark]:
        """Years of two digits that lie ahead: those of births, for one, are of the century before."""
        today = datetime.now(UTC).timestamp() / DAY
        for name, column in self.plan.columns.items():
            if column.type != "time" or "%y" not in (column.form.time_format or ""):
                continue
            cells = self.rows.column(name)
            row = next((row for row, value in enumerate(cells) if value > today), None)
            if row is not None:
                what = f"a year of two digits is read as {shown(cells[row])}, since 69 to 99 are of the century before"
                yield self.remark("W0904", name, what, "write years with four digits", row)

    def target(self) -> Iterator[Remark]:
        """Targets that are classes by another name, or are among the features."""
        if self.plan.task == "forecast":
            return
        for name in self.plan.targets:
            cells = self.rows.column(name)
            named = self.rows.types[name] in TEXTUAL
            values: Collection[float] = many_cells.codes_there(cells) if named else many_cells.distinct(cells)
            if self.plan.task == "regression" and len(values) == 1 and len(cells) > 1:
                told = f"one value only, {float(next(iter(values))):g}"
                yield self.remark("W0907", name, told, "there is nothing to learn: is it the right `target`?")
            if (
                self.plan.task == "regression"
                and not self.task_told
                and len(cells) >= FEW_ROWS
                and 1 < len(values) <= min(FEW_CLASSES, len(cells) // 3)
                and all(float(value).is_integer() for value in values)
            ):
                yield self.remark(
                    "W0912",
                    name,
                    f"{len(values)} different whole numbers, read as a regression",
                    "say `task: classification` if they are classes, else `task: regression`",
                )
            for feature in self.plan.features if len(values) > 1 and len(cells) >= FEW_ROWS else ():
                theirs = self.rows.column(feature)
                alike = theirs[:FIRST] == cells[:FIRST] and many_cells.equal(theirs, cells)
                if alike and (self.rows.types[feature] == "category") == (self.rows.types[name] == "category"):
                    yield self.remark(
                        "W0911", feature, f"the same as the target {name!r} in every row", "leave it out of `features`"
                    )

    def series(self) -> Iterator[Remark]:
        """Columns that say the order or the parts of a series, unused."""
        if not self.plan.windows:
            return
        files = len(self.rows.origins.parts)
        if files > 1 and self.plan.group is None and self.plan.time is None:
            what = f"{files} files are one series: windows run from the end of one into the next"
            yield Remark("W0913", what, file=self.rows.file, hint="say `file_groups: true` if each is a series")
        parts = self.parts_of_time()
        if parts:
            what = (
                f"columns {', '.join(map(repr, parts))} look like parts of a time: order, gaps and repeated times are "
            )
            hint = "write them into one column, such as `2006-12-16 17:24`, and name it by `time`"
            yield Remark("W0913", f"{what}not looked at", file=self.rows.file, hint=hint)
        for name, sample in self.head.samples.items():
            if name in (self.plan.time, self.plan.group, *self.plan.known, *parts):
                continue
            used = name in self.plan.features
            if self.plan.time is None and self.is_time(name):
                quoted = yaml_name(name)
                yield Remark(
                    "W0913",
                    f"column {name!r} looks like time, {next(iter(sample.texts), '')!r} for one, but "
                    f"{'is a feature' if used else 'is unused'}: order, gaps and repeated times are not looked at",
                    **self.head.place(out_of_order(sample)),
                    hint=f"say `time: {quoted}`" + (": here it goes back" if out_of_order(sample) else ""),
                )
            elif (
                self.plan.group is None
                and name not in self.plan.targets
                and not sample.forms
                and self.head.forms[name].type == "category"
                and 1 < len(sample.texts) <= sample.count // 4
            ):
                yield Remark(
                    "W0913",
                    f"column {name!r} is unused: {len(sample.texts)} different values, {next(iter(sample.texts))!r} "
                    "for one; windows run from one into the other",
                    file=self.rows.file,
                    hint=f"say `group: {yaml_name(name)}` if the file holds several series",
                )

    def is_time(self, name: str) -> bool:
        told = name.casefold() in TIME_NAMES and name not in self.plan.targets
        return told or bool(self.head.samples[name].forms)

    def parts_of_time(self) -> list[str]:
        """The columns of a time that stands in several, a date and an hour, none of which tells two rows apart."""
        if self.plan.time is not None or self.plan.group is not None:
            return []
        found = [name for name in self.head.samples if name not in self.plan.known and self.is_time(name)]
        alone = any(len(self.head.samples[name].texts) == self.head.samples[name].count for name in found)
        return [] if alone or len(found) < 2 else found

    def weight(self) -> Iterator[Remark]:
        name = self.plan.weight
        if name is not None and len(self.rows) and max(self.rows.column(name)) < SMALLEST_FLOAT:
            yield self.remark("W0921", name, "every weight is 0", "nothing is learnt from examples that count nothing")

    def unnamed(self) -> Iterator[Remark]:
        """Columns whose header is empty, which are called by their number."""
        if not self.head.dialect.header or self.head.dialect.names is not None:
            return
        for number, name in enumerate(self.head.names):
            if name == str(number) and name in self.plan.columns:
                what = f"column {number + 1} has no name, it is called so"
                yield self.remark("W0928", name, what, "name it in the file")

    def categories(self) -> list[str]:
        used = (name for name in self.plan.columns if _use(self.plan, name))  # others choose rows
        return [name for name in used if self.rows.types[name] == "category"]


def with_unit(texts: Sequence[str]) -> tuple[str, str] | None:
    """An example of numbers that all have the same words or marks around them, and these; None where they have not."""
    found = [MEASURED.fullmatch(text.strip()) for text in texts]
    if len(texts) < 3 or not all(found):
        return None
    around = [(one[1] or "", one[2] or "") for one in found if one is not None]
    shown = next((mark for mark in around[0] if mark), None)
    alike = len({(before, after.casefold()) for before, after in around}) == 1
    return (texts[0], shown) if alike and shown is not None else None


def out_of_order(sample: Sample) -> int | None:
    """The first line whose time is before that of a line above it."""
    if sample.time_format is None:
        return None
    reader, last = TimeReader(sample.time_format), float("-inf")
    for text, line in sample.lines.items():
        try:
            time = reader.read(text)
        except ValueError:  # with and without a zone
            return line
        if time < last:
            return line
        last = time
    return None


def counts_on(cells: Sequence[float]) -> bool:
    return all(after - before == 1 for before, after in pairwise(cells[:FIRST])) and many_cells.count_on(cells)


def _folded(text: str) -> object:
    """What is equal of texts that people would take for the same."""
    try:
        return float(text)
    except ValueError:
        return " ".join(without_trifles(text).replace("_", " ").replace("-", " ").split())


def beyond(cells: memoryview[float], limit: float) -> Sequence[int]:
    """The rows whose number is above a limit, or as far below 0; of very many those that float32 rounds."""
    if not many_cells.are_many(cells):
        return [row for row, value in enumerate(cells) if abs(value) > limit]
    import numpy as np

    values = np.asarray(cells)
    found: list[int] = np.flatnonzero((np.abs(values) > limit) & (values.astype(np.float32) != values)).tolist()
    return found


def of_columns(rows: Rows, plan: Plan, head: Head) -> list[dict[str, Any]]:
    """What each column of the file holds, JSON-able.

    Keys: name, type, use (`feature`, `target`, `weight`, `time`, `group` or None), missing, distinct, examples, min and
    max of numbers, and how they are spread (see `nnspec.data.distributions`). Of columns that are not used they are
    those of the first rows.
    """
    return [_column(rows, plan, head, name) for name in head.names]


def _column(rows: Rows, plan: Plan, head: Head, name: str) -> dict[str, Any]:
    sample = head.samples[name]
    found: dict[str, Any] = {"name": name, "use": _use(plan, name)}
    if name not in rows.types:
        form = head.forms[name]
        look = "time" if form.type == "category" and sample.forms else form.describe()
        return found | {
            "type": look,
            "missing": sample.missing,
            "distinct": len(sample.texts),
            "examples": list(sample.texts)[:3],
            "of_rows": head.rows,
        }
    cells = many_cells.known_ones(rows.column(name))
    found |= {
        "type": plan.columns[name].form.describe(),
        "missing": len(rows) - len(cells),
        "distinct": many_cells.different(cells),
        "examples": list(sample.texts)[:3],
        "of_rows": len(rows),
    }
    if name in rows.markers:
        found["markers"] = dict(rows.markers[name])
    if rows.types[name] not in TEXTUAL and len(cells):
        low, high = many_cells.span(cells)
        found |= {"min": low, "max": high, **distributions.numbers(cells)}
    elif rows.types[name] == "category" and len(cells):
        texts, counts = rows.categories[name], many_cells.counted(cells)
        found |= distributions.categories({texts[int(code)]: count for code, count in counts.items()})
    return found


def _use(plan: Plan, name: str) -> str | None:
    uses = Counter[str]()
    for use, names in (
        ("target", plan.targets),
        ("feature", plan.features),
        ("known", plan.known),
        ("weight", (plan.weight,)),
        ("time", (plan.time,)),
        ("group", (plan.group,)),
    ):
        uses[use] += name in names
    return " and ".join(use for use, count in uses.items() if count) or None
