"""Fields whose cells name sound files, whole or from a start to an end that stand in other columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from nnspec.data.errors import DataError
from nnspec.data.fields.field import Fitted, Read
from nnspec.data.fields.files import FileField
from nnspec.data.formats import sounds
from nnspec.data.formats.delimited_text import Column as CellColumn
from nnspec.data.formats.delimited_text import Rows
from nnspec.data.formats.sounds import SPAN, Part, SoundDecoder
from nnspec.data.protocol import Range
from nnspec.data.sound_files import SoundFiles, new_sounds
from nnspec.data.table import Column, FeatureSpec
from nnspec.data.text.vocabulary import Vocabulary

Span = tuple[float | None, float | None]


@dataclass
class Audio(FileField):
    """A sound, or part of one: float32 [samples] of -1 to 1.

    Attributes:
        spans: by row the seconds from which and to which it is read.
    """

    kind: ClassVar = "audio"
    spans: list[Span] = field(default_factory=list)
    endings: ClassVar = sounds.SUFFIXES

    @property
    def read_cells(self) -> Mapping[str, CellColumn]:
        """Those of start and end: new examples may have them, too."""
        return {name: cell for name, cell in self.cells.items() if name != self.column}

    @property
    def sounds(self) -> SoundFiles:
        spans = self.spans if self.read_cells else None
        return SoundFiles(self.folder, self.found, self.on_error, self.cache, self.problems, spans)

    def open(self, rows: Rows) -> dict[int, str]:
        lacking = super().open(rows)
        self.spans = self.spans_of(rows)
        for row, (start, end) in enumerate(self.spans):
            if row not in lacking and ((start or 0) < 0 or (end is not None and end <= (start or 0))):
                there = f"from {start or 0:g} to {'its end' if end is None else f'{end:g}'} s"
                message = f"`{self.name}`: the sound {there} has no sample"
                raise DataError(message, **rows.place(row), hint="`start` and `end` are seconds")
        return lacking

    def spans_of(self, rows: Rows) -> list[Span]:
        """Start and end of each row; a new row may lack them, or the table both."""
        start, end = (
            [None] * len(rows) if name is None else [None if math.isnan(cell) else cell for cell in rows.column(name)]
            for name in (self.told.start, self.told.end)
        )
        return list(zip(start, end, strict=True))

    def keep(self, kept: Sequence[int]) -> None:
        super().keep(kept)
        self.spans = [self.spans[row] for row in kept]

    def look_at_some(self) -> None:
        self.sounds.look_at_heads()

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        rate = self.sounds.rate(self.told.sample_rate)
        samples = sounds.samples_of(self.told.duration, rate)
        return {"type": self.kind, "columns": list(self.cells), "sample_rate": rate, "samples": samples}

    def decoder(self, fitted: Fitted) -> SoundDecoder:
        return SoundDecoder(fitted["sample_rate"], fitted["samples"])

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec((fitted["samples"],), "float32")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        return SPAN

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        files = self.sounds
        column, decoded = files.sounds(self.decoder(fitted))
        files.told(decoded)
        return Read(column, frozenset(index for index, _ in decoded.broken))

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        places, spans = self.places(raw, near), self.spans_of(rows)
        given = [Part(places[number], *spans[number]) if number in places else item for number, item in enumerate(raw)]
        return new_sounds(given, self.decoder(fitted))
