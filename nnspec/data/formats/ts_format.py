"""The `.ts` text format of time series, that of the UEA and UCR archives (timeseriesclassification.com), line by line.

Lines of `#` are remarks, of `@` settings. After `@data` a line is a series: its channels parted by colons, the values
of a channel by commas, and the class, where there is one, behind the last colon. `?` is a missing value.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.numbers import FLOAT32
from nnspec.data.text.corpus import read_lines
from nnspec.quick_classes import dataclass

REMARKS = ("#", "%")
MOST_CHANNELS = 10_000


@dataclass(frozen=True)
class Header:
    """The settings of a file.

    Attributes:
        classes: in the file's order, when series have a class; targets: whether they have a number instead.
        channels, steps: of every series, None where the file doesn't say.
    """

    classes: tuple[str, ...] | None
    targets: bool
    channels: int | None
    steps: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """One series: a channel is an array of its values, NaN where one is missing; `label` is as written."""

    line: int
    channels: tuple[array[float], ...]
    label: str | None

    @property
    def steps(self) -> int:
        return len(self.channels[0])


class Reader:
    """A file under way: the header first, then its series.

    Raises DataError, with the line, on whatever is not of the format.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.lines = enumerate(read_lines(path, encoding), 1)
        self.header = self._header()

    def error(self, message: str, line: int | None, hint: str | None = None) -> DataError:
        return DataError(message, file=str(self.path), line=line, hint=hint)

    def _header(self) -> Header:
        settings: dict[str, str] = {}
        for number, line in self.lines:
            text = line.strip()
            if not text or text.startswith(REMARKS):
                continue
            if not text.startswith("@"):
                hint = "a .ts file has settings such as @classLabel, then @data, then series"
                raise self.error("a series before @data", number, hint)
            name, _, value = text[1:].partition(" ")
            if name.lower() == "data":
                return self.read(settings, number)
            settings[name.lower()] = value.strip()
        raise self.error("the file has no @data", None)

    def read(self, settings: dict[str, str], line: int) -> Header:
        if settings.get("timestamps", "").lower() == "true":
            hint = "write values at equal distances: `1.5,2.5`, not `(0,1.5),(1,2.5)`"
            raise self.error("series with time stamps are not read", line, hint)
        label, *classes = settings.get("classlabel", "false").split() or ["false"]
        has_classes = label.lower() == "true"
        if has_classes and not classes:
            raise self.error("@classLabel true lists no classes", line)
        equal = settings.get("equallength", "").lower() == "true"
        univariate = settings.get("univariate", "").lower() == "true"
        return Header(
            tuple(classes) if has_classes else None,
            not has_classes and settings.get("targetlabel", "").lower() == "true",
            1 if univariate else self.whole(settings, "dimensions", line),
            self.whole(settings, "serieslength", line) if equal else None,
        )

    def whole(self, settings: dict[str, str], name: str, line: int) -> int | None:
        text = settings.get(name)
        if text is None:
            return None
        if not text.isdecimal() or len(text) > 9 or not int(text):
            raise self.error(f"@{name} is {text!r:.40}, not a whole number above 0", line)
        return int(text)

    def series(self) -> Iterator[Series | DataError]:
        """Each series, or what is wrong with it."""
        for number, line in self.lines:
            text = line.strip()
            if text and not text.startswith(REMARKS):
                try:
                    yield self.one(text, number)
                except DataError as error:
                    yield error

    def one(self, text: str, line: int) -> Series:
        header = self.header
        cells = text.split(":")
        labelled = header.classes is not None or header.targets
        label = cells.pop().strip() if labelled else None
        if not cells:
            raise self.error("a label without a series", line)
        if header.classes is not None and label not in header.classes:
            hint = f"@classLabel lists {', '.join(header.classes)}"
            raise self.error(f"the class {label!r} is not among the file's", line, hint)
        if header.targets and math.isnan(self.number(label or "", line)):
            raise self.error("the target is missing", line)
        if len(cells) > MOST_CHANNELS:
            raise self.error(f"{len(cells):,} channels; a series has at most {MOST_CHANNELS:,}", line)
        channels = tuple(array("d", (self.number(cell, line) for cell in channel.split(","))) for channel in cells)
        if header.channels is not None and len(channels) != header.channels:
            raise self.error(f"channels: {len(channels)}, but {header.channels} in the header", line)
        lengths = sorted({len(channel) for channel in channels})
        if len(lengths) > 1:
            raise self.error(f"channels of {lengths[0]} to {lengths[-1]} steps in one series", line)
        if header.steps is not None and lengths[0] != header.steps:
            raise self.error(f"{lengths[0]} steps, but {header.steps} in the header", line)
        return Series(line, channels, label)

    def number(self, cell: str, line: int) -> float:
        text = cell.strip()
        if text == "?":
            return math.nan
        try:
            found = float(text)
        except ValueError:
            raise self.error(f"{text!r} is no number" if text else "an empty value", line) from None
        if abs(found) > FLOAT32:
            raise self.error(f"{text!r} is not finite" if math.isinf(found) else f"{text!r} is beyond float32", line)
        return found
