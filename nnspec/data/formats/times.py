"""Dates and times as numbers: days since 1970-01-01, a time without a zone as if in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

ISO = "ISO"
QUARTERS = "quarters"  # 1995Q1, 1995-Q1, Q1 1995: the first day of each
# Units since 1970 in seconds, and from which number on a plain one is taken for such: it is of a year from 1973 on.
UNITS = {"seconds": (1.0, 1e8), "milliseconds": (1e-3, 1e11), "microseconds": (1e-6, 1e14), "nanoseconds": (1e-9, 1e17)}
MOST = 1e20
COMPACT = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}  # by the number of their digits
YEARS = range(1900, 2101)  # of which dates of digits alone are told
DAY = 86400.0
EPOCH = datetime(1970, 1, 1)
NO_YEAR = datetime(1900, 1, 1)  # what a form without a year counts from, as of a clock

_DATES = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y"),
    *("%d.%m.%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y"),
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_OTHERS = ("%Y-%m", "%Y/%m", "%m/%Y", "%B %Y", "%b %Y", "%Y, %B", "%Y, %b", "%b-%y", "%YM%m", "%H:%M", "%H:%M:%S")
_QUARTER = re.compile(r"(?P<year>\d{4})[ -]?Q(?P<quarter>[1-4])|Q(?P<before>[1-4])[ -]?(?P<of>\d{4})", re.IGNORECASE)
_TWELVE = ("%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p")  # which ISO has no form for
FORMATS = (ISO, *(date + clock for date in _DATES for clock in _CLOCKS), *_OTHERS, *_TWELVE)


class TimeReader:
    """Reads times of one form.

    Args:
        form: `ISO` (2024-03-01, 2024-03-01T12:00:00Z, ...), a form of `datetime.strptime`, `quarters`, or `seconds`,
            `milliseconds`, `microseconds` or `nanoseconds` since 1970-01-01; None is ISO, and of plain numbers
            whichever of these gives a year from 1973 to 5138.
    """

    def __init__(self, form: str | None) -> None:
        self.form = form
        self.zoned: bool | None = None

    def read(self, text: str) -> float:
        """Days since 1970-01-01. Raises ValueError."""
        if self.form is None or self.form in UNITS:
            try:
                number = float(text)
            except ValueError:
                if self.form is not None:
                    raise ValueError(f"{text!r} is not a number of {self.form} since 1970-01-01") from None
            else:
                return self.of_epoch(number, text)
        return self.days(text)

    def of_epoch(self, number: float, text: str) -> float:
        unit = self.form or next((unit for unit in reversed(UNITS) if UNITS[unit][1] <= abs(number) < MOST), None)
        if unit is None or (self.form is None and compact([text])):
            raise ValueError(f"{text!r} is not a time that is clear: say its `time_format`")
        return number * UNITS[unit][0] / DAY

    def days(self, text: str) -> float:
        try:
            found = parse(text, self.form or ISO)
        except ValueError:
            raise ValueError(f"{text!r} is not a time of the form {self.form or ISO}") from None
        zoned = found.tzinfo is not None
        if self.zoned is None:
            self.zoned = zoned
        elif self.zoned != zoned:
            raise ValueError(f"{text!r} has {'a' if zoned else 'no'} time zone, unlike the times before it")
        if zoned:
            found = found.astimezone(UTC).replace(tzinfo=None)
        if self.form is not None and not re.search("%[YyGcxs]|ISO|quarters", self.form):
            found -= NO_YEAR - EPOCH
        return (found - EPOCH) / timedelta(days=1)


def parse(text: str, form: str) -> datetime:
    if form == QUARTERS:
        found = _QUARTER.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return datetime(int(found["year"] or found["of"]), 3 * int(found["quarter"] or found["before"]) - 2, 1)
    return datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)


def is_time(text: str, form: str) -> bool:
    try:
        parse(text, form)
    except ValueError:
        return False
    return True


def _marks(text: str) -> str:
    """What stands between the numbers and words of a text, which tells most forms apart at once."""
    return "".join(sorted(mark for mark in text[:LONGEST] if not mark.isalnum() and not mark.isspace()))


LONGEST = 100  # characters of a time
BY_MARKS = {
    marks: tuple(form for form in FORMATS[1:] if _marks(re.sub("%.", "0", form)) == marks)
    for marks in {_marks(re.sub("%.", "0", form)) for form in FORMATS[1:]}
}


def looks_like_time(text: str) -> bool:
    """Whether a text has one of the common forms; a plain number has none."""
    if len(text) > LONGEST or not text[:1].isalnum() or not any(mark.isdigit() for mark in text):
        return False
    return any(is_time(text, form) for form in (ISO, QUARTERS, *BY_MARKS.get(_marks(text), ())))


def forms_of(texts: Sequence[str]) -> list[str]:
    """The common forms that all of these have: more than one where day and month cannot be told apart."""
    if texts and not any(mark.isdigit() for mark in texts[0][:LONGEST]):
        return []
    if found := compact(texts):
        return [found]
    forms = [ISO, QUARTERS, *(BY_MARKS.get(_marks(texts[0]), ()) if texts else FORMATS[1:])]
    for text in dict.fromkeys(texts):
        forms = [form for form in forms if is_time(text, form)]
    return forms


def compact(texts: Sequence[str]) -> str | None:
    """The form of dates that are written in digits alone, 20240301 or 202403011200; None where one of these is none."""
    form = COMPACT.get(len(texts[0])) if texts else None
    if form is None:
        return None
    dates = all(len(text) == len(texts[0]) and text.isdecimal() and text.isascii() for text in texts)
    return form if dates and all(is_time(text, form) and int(text[:4]) in YEARS for text in texts) else None


def same_times(texts: Sequence[str], forms: Sequence[str]) -> bool:
    """Whether these forms read the same times, so that it does not matter which one is taken."""
    return all(len({parse(text, form) for form in forms}) == 1 for text in texts)


def shown(days: float) -> str:
    """A time for people: seconds where it has any."""
    found = EPOCH + timedelta(seconds=round(days * DAY, 3))
    return found.isoformat(sep=" ", timespec="auto") if found.time() != EPOCH.time() else found.date().isoformat()
