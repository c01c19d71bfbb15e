"""Whole time series as examples, of one length or of several, to classify or to fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nnspec.data import scaling, split
from nnspec.data.errors import DataError
from nnspec.data.files import new_file, several
from nnspec.data.formats.ts_format import Header, Reader, Series
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Source, Task, doc
from nnspec.data.scaling import Method, Scale
from nnspec.data.table import Dense, FeatureSpec, Ragged, Table
from nnspec.data.text.corpus import Spool
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class TimeSeries(Source):
    """A file of the `.ts` format: a series of several channels a line, with its class or a number."""

    suffixes: ClassVar = (".ts",)
    written_as: ClassVar = "path"
    takes_several: ClassVar = True

    path: str | list[str] = field(metadata=doc("The file, a pattern of several, or a list of them.", path=True))
    encoding: str = field(default="utf-8", metadata=doc("The encoding of the file, as Python names it."))
    scale: Method = field(default="standard", metadata=doc("How each channel is scaled, by the training part."))
    missing: Literal["fail", "mean", "zero"] = field(
        default="fail", metadata=doc("What a missing value, `?`, becomes; mean is the channel's.")
    )
    length: int | None = field(
        default=None, metadata=doc("Pad every series to so many steps, not each batch to its longest; a limit, too.")
    )
    on_error: Literal["fail", "skip"] = field(
        default="fail", metadata=doc("Whether what cannot be read ends the loading or is skipped and reported.")
    )

    def facts(self, base: Path) -> Facts:
        classes = Reader(several(base, self.path)[0], self.encoding).header.classes
        return Facts(classes=None if classes is None else len(classes))

    def load(self, base: Path) -> SeriesExamples:
        files = several(base, self.path)
        examples = SeriesExamples(self, files, Reader(files[0], self.encoding).header)
        for path in files:
            self.read(path, examples)
        examples.tell_missing()
        return examples

    def read(self, path: Path, examples: SeriesExamples) -> None:
        """Appends the series of a file. Raises DataError where its header is not that of the first file."""
        reader, before = Reader(path, self.encoding), len(examples)
        if reader.header != examples.header:
            hint = "files that are read together have one header: the same classes, channels and lengths"
            raise DataError(f"the header is another than that of {examples.path}", file=str(path), hint=hint)
        for found in reader.series():
            problem = found if isinstance(found, DataError) else self.trouble(found, examples.channels, path)
            if problem is not None and self.on_error == "fail":
                raise problem
            if problem is not None:
                examples.problems.append(problem)
            elif isinstance(found, Series):
                examples.append(found, path)
        if len(examples) == before:
            raise DataError("the file has no series", file=str(path))

    def trouble(self, series: Series, channels: int | None, path: Path) -> DataError | None:
        """Why a series that is well written cannot be used."""
        if channels is not None and len(series.channels) != channels:
            message = f"channels: {len(series.channels)}, but {channels} in the series before"
            return DataError(message, file=str(path), line=series.line)
        if self.length is not None and series.steps > self.length:
            message = f"a series of {series.steps} steps, over the limit of {self.length}"
            return DataError(message, file=str(path), line=series.line, hint="raise `length`, or say `on_error: skip`")
        if self.missing == "fail" and any(map(math.isnan, (value for row in series.channels for value in row))):
            hint = "say what it becomes: `missing: mean` or `missing: zero`"
            return DataError("a missing value", file=str(path), line=series.line, hint=hint)
        return None

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Ragged]:
        """New series: .ts files, whose every series is an example, or arrays [steps, channels]."""
        import numpy as np

        found: list[np.ndarray] = []
        for item in raw:
            if isinstance(item, str | Path):
                path = str(new_file(base, item).absolute())
                found += TimeSeries(path, self.encoding, missing=self.missing).load(base).each()
            else:
                try:
                    found.append(np.asarray(item, np.float64))
                except (TypeError, ValueError) as error:
                    raise DataError(f"a series is an array [steps, channels] of numbers: {error}") from error
                self.refuse_missing(found[-1])
        scales = channel_scales(assets)
        for series in found:
            if series.ndim != 2 or series.shape[1] != len(scales):
                raise DataError(f"a series has the shape {list(series.shape)}, but training saw {len(scales)} channels")
            if len(series) > (self.steps(assets) or len(series)):
                raise DataError(f"a series of {len(series)} steps, but the network takes {self.steps(assets)}")
        offsets = np.cumsum([0, *map(len, found)], dtype=np.int64)
        return {"x": self.column(scaling.apply(np.concatenate(found), scales), offsets, assets)}

    def refuse_missing(self, series: np.ndarray) -> None:
        import numpy as np

        if np.isinf(series).any() or (self.missing == "fail" and np.isnan(series).any()):
            step = int((~np.isfinite(series)).reshape(len(series), -1).any(axis=1).argmax())
            raise DataError(f"a series has {series[step].ravel().tolist()} at step {step}, which are not all numbers")

    def steps(self, assets: Assets) -> int | None:
        """How long every series is padded to; None: as long as the longest of its batch."""
        return self.length or assets.extra.get("steps")

    def column(self, flat: np.ndarray, offsets: np.ndarray, assets: Assets) -> Ragged:
        length = self.steps(assets)
        return Ragged(flat, offsets, FeatureSpec((length, flat.shape[1]), "float32"), 0, length)


class SeriesExamples(Examples):
    """Series as examples: `x` in, `label` or `y` out."""

    def __init__(self, source: TimeSeries, files: Sequence[Path], header: Header) -> None:
        self.source, self.files, self.header = source, files, header
        self.path = files[0]  # for what is said of all
        self.problems: list[DataError] = []
        self.channels: int | None = header.channels
        self.values = Spool("d")
        self.labels: list[str | None] = []
        self.lines: list[tuple[Path, int]] = []  # where each series stands
        self.ends = [0]

    def append(self, series: Series, path: Path) -> None:
        self.channels = len(series.channels)
        self.values.extend(value for step in zip(*series.channels, strict=True) for value in step)
        self.ends.append(self.ends[-1] + series.steps)
        self.labels.append(series.label)
        self.lines.append((path, series.line))

    def tell_missing(self) -> None:
        """Remarks on the values that are missing and are filled by the rule of the source."""
        values, width = self.values.view(), self.channels or 1
        places = [place for place, value in enumerate(values) if value != value]  # NaN alone differs from itself
        if places:
            steps = places[0] // width
            file, first = next(place for place, end in zip(self.lines, self.ends[1:], strict=True) if steps < end)
            self.problems.append(
                DataError(
                    f"{len(places):,} missing values become "
                    + ("the mean of their channel" if self.source.missing == "mean" else "0"),
                    file=str(file),
                    line=first,
                )
            )

    @property
    def task(self) -> Task:  # type: ignore[override]  # follows from the header
        if self.header.classes is not None:
            return "classification"
        return "regression" if self.header.targets else "unknown"

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        labels = self.labels if self.header.classes is not None else [None] * len(self)
        return split.stratified(labels, fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Classes in the order of the spec, else of the file's header; a scale for each channel."""
        assert self.channels is not None
        method, missing = self.source.scale, self.source.missing
        for channel in range(self.channels):
            if all(map(math.isnan, self.channel(channel, train))):
                raise DataError(f"channel {channel} has no value in the training part", file=str(self.path))
        scales = {
            str(channel): asdict(scaling.fit(self.channel(channel, train), method, missing))
            for channel in range(self.channels)
        }
        found = classes or self.header.classes
        extra = {} if self.header.steps is None else {"steps": self.header.steps}
        return Assets(None if found is None else tuple(found), scaling={"features": scales}, extra=extra)

    def channel(self, channel: int, indices: Iterable[int]) -> Iterable[float]:
        """All values of a channel in these series."""
        values, width = self.values.view(), self.channels or 1
        for index in indices:
            yield from values[self.ends[index] * width + channel : self.ends[index + 1] * width : width]

    def matrix(self) -> np.ndarray:
        """float64 [all steps, channels], series by series."""
        import numpy as np

        return np.asarray(self.values.view()).reshape(-1, self.channels or 1)

    def each(self) -> list[np.ndarray]:
        """The series, float64 [steps, channels]."""
        matrix = self.matrix()
        return [matrix[start:end] for start, end in zip(self.ends[:-1], self.ends[1:], strict=True)]

    def columns(self, assets: Assets) -> Columns:
        self.refuse_misfits(assets)
        steps = self.source.steps(assets)
        x, varies = FeatureSpec((steps, self.channels), "float32"), steps is None
        if assets.classes is not None:
            for place in range(len(self)):
                self.number(place, assets.classes)
            return Columns({"x": x}, {"label": FeatureSpec((), "int32")}, varies=varies)
        values = [float(label or 0) for label in self.labels]
        ranges = {"y": (min(values), max(values))}
        return Columns({"x": x}, {"y": FeatureSpec((), "float32")}, varies=varies, ranges=ranges)

    def refuse_misfits(self, assets: Assets) -> None:
        """Raises DataError where the series are not as those of the training part, or have nothing to learn."""
        scales = channel_scales(assets)
        if self.channels != len(scales):
            message = f"channels: {self.channels}, but {len(scales)} in the training part"
            raise DataError(message, file=str(self.path), line=self.lines[0][1])
        self.refuse_long(self.source.steps(assets))
        if assets.classes is None and not self.header.targets:
            raise DataError("the series have neither classes nor targets", file=str(self.path), hint="say @classLabel")

    def table(self, assets: Assets) -> Table:
        """x, float32 [n, steps, channels], padded with 0 at the end; label, int32 [n], or y, float32 [n].

        Raises DataError on a class that training lacks, or on another number of channels.
        """
        import numpy as np

        self.refuse_misfits(assets)
        scales = channel_scales(assets)
        x = self.source.column(scaling.apply(self.matrix(), scales), np.array(self.ends, np.int64), assets)
        if assets.classes is not None:
            labels = np.array([self.number(place, assets.classes) for place in range(len(self))], np.int32)
            return Table({"x": x}, {"label": Dense(labels, FeatureSpec((), "int32"))})
        y = np.array([float(label or 0) for label in self.labels], np.float32)
        return Table({"x": x}, {"y": Dense(y, FeatureSpec((), "float32"))})

    def refuse_long(self, limit: int | None) -> None:
        for place in range(len(self)):
            steps = self.ends[place + 1] - self.ends[place]
            if limit is not None and steps > limit:
                message = f"a series of {steps} steps, but those of the training part have {limit}"
                file, line = self.lines[place]
                raise DataError(message, file=str(file), line=line)

    def number(self, place: int, classes: Sequence[str]) -> int:
        label = self.labels[place]
        if label not in classes:
            file, line = self.lines[place]
            raise DataError(
                f"the training part has no label {label!r}",
                file=str(file),
                line=line,
                hint=f"training has {', '.join(classes)}",
            )
        return classes.index(label)

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [f"{file.name}:{line}" for file, line in (self.lines[index] for index in indices)]


def channel_scales(assets: Assets) -> list[Scale]:
    return [Scale(**entry) for entry in assets.scales("features").values()]
