"""A table whose columns are numbers, categories, texts, labels or files: each an input or a target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from nnspec.data import column_encoding, many_cells
from nnspec.data.errors import DataError, Remark
from nnspec.data.fields.cells import Category, Labels, NumberList, Numbers, as_text
from nnspec.data.fields.field import Field
from nnspec.data.fields.files import Array, FileField, Image, Mask, Points
from nnspec.data.fields.same_form import misfits
from nnspec.data.fields.settings import FILES, TableColumn, TextSettings, refuse_idle_settings
from nnspec.data.fields.sounds import Audio
from nnspec.data.fields.texts import TextFiles, Texts, cutter, marks
from nnspec.data.files import is_file, new_file
from nnspec.data.formats import images, sounds
from nnspec.data.formats.cells import MISSING, CellFormat, CellType, is_number
from nnspec.data.formats.delimited_text import (
    MOST_CATEGORIES,
    BadRow,
    Column,
    Missing,
    Plan,
    Rows,
    body,
    column_names,
    read_rows,
    refuse_width,
    rows_of,
)
from nnspec.data.formats.plain_table import origins_of
from nnspec.data.formats.table_files import RECORDS, TEXTS, TYPED
from nnspec.data.formats.table_head import Head
from nnspec.data.given import check_names
from nnspec.data.keeping import Cache
from nnspec.data.protocol import Assets, doc
from nnspec.data.row_source import RowSource, flattened, settings
from nnspec.data.sound_files import described
from nnspec.data.sources.text import Text as TextSource
from nnspec.data.table import Column as TableColumnData
from nnspec.data.table_rows import RowExamples
from nnspec.data.text.subwords import TOKENIZER, Subwords
from nnspec.data.text.subwords import read as read_tokenizer
from nnspec.quick_classes import dataclass

TABLES = (TEXTS | TYPED | RECORDS) - {".txt"}  # endings of a file of new rows
FOUND = 0.9  # of the first cells, which have an ending, that a column of files has
CELLS = ("number", "boolean", "time")


def is_table(item: Any, base: Path, surely: bool) -> bool:
    """Whether a new example is the path of a table.

    Args:
        surely: whether a text that ends so can be nothing else; one word is taken for a path in any case.
    """
    if not isinstance(item, str | Path) or Path(item).suffix.lower() not in TABLES:
        return False
    return surely or is_file(new_file(base, item)) or len(str(item).split()) == 1


@dataclass(frozen=True)
class Table(RowSource):
    """Rows of a table; inputs and targets are its columns: numbers, categories, labels, texts, or names of files."""

    inputs: Mapping[str, TableColumn] = field(
        default_factory=dict, metadata=doc("By the name of each input its column, and how that is read.", column=True)
    )
    targets: Mapping[str, TableColumn] = field(
        default_factory=dict, metadata=doc("By the name of each target its column, and how that is read.", column=True)
    )
    root: str | None = field(
        default=None, metadata=doc("The folder that files are relative to; null: that of the table.", path=True)
    )
    rows: Mapping[str, Any] | None = field(
        default=None, metadata=doc("Which rows are used: {column: value, or a list of values}.", column=True)
    )
    weight: str | None = field(
        default=None, metadata=doc("The column of what each row counts in the loss.", column=True)
    )
    time: str | None = field(
        default=None, metadata=doc("The column of times: the parts are cut in that order.", column=True)
    )
    group: str | None = field(
        default=None, metadata=doc("The column of what rows belong to: no group is in two parts.", column=True)
    )
    text: TextSettings | None = field(
        default=None, metadata=doc("How texts are cut into tokens; all texts share one vocabulary.")
    )
    tokenizer: str | None = field(default=None, metadata=doc(TOKENIZER, path=True))
    cache: Cache = field(
        default="auto", metadata=doc("Where decoded images are kept: on disk, in memory, or nowhere; see ImageFolder.")
    )

    def __post_init__(self) -> None:
        """Takes the mappings of a spec. Raises DataError on a wrong setting."""
        for part in ("inputs", "targets"):
            given = getattr(self, part) or {}
            if not isinstance(given, Mapping):
                raise DataError(f"`{part}` is a mapping of settings by name, not {given!r}")
            found = {
                str(name): settings(TableColumn, told if told is not None else {}, f"{part}: {name}")
                for name, told in given.items()
            }
            object.__setattr__(self, part, found)
        object.__setattr__(self, "text", settings(TextSettings, self.text or {}, "text"))
        for told in (*self.inputs.values(), *self.targets.values()):
            self.cutter(told)

    def cutter(self, told: TableColumn, base: Path = Path()) -> TextSource:
        """What cuts the texts of a column. Raises DataError on settings that do not go together."""
        assert self.text is not None
        return cutter(self.text, told, self.tokenizer_file(base))

    def tokenizer_file(self, base: Path) -> Path | None:
        return None if self.tokenizer is None else base / self.tokenizer

    def named_tokenizer(self, base: Path) -> Subwords | None:
        path = self.tokenizer_file(base)
        return None if path is None else read_tokenizer(path)

    def refuse_settings(self) -> None:
        if both := self.inputs.keys() & self.targets.keys():
            raise DataError(f"`{min(both)}` is the name of an input and of a target")
        if self.time is not None and self.group is not None:
            raise DataError("`time` and `group` each say how a table is split: one of them is enough")

    def listing(self, base: Path) -> RowExamples:
        examples = self.load(base)
        for one in examples.fields:
            one.look_at_some()
        pictures = [one for one in examples.inputs.values() if isinstance(one, Image) and not isinstance(one, Mask)]
        for one in examples.targets.values() if len(pictures) == 1 else ():
            if isinstance(one, Mask):
                one.problems += misfits(pictures[0], one)
        return examples

    def load(self, base: Path) -> RowExamples:
        self.refuse_settings()
        head = self.head(base)
        try:
            inputs, targets = self.fields(head, base)
            extra = self.other_columns(head, inputs, targets)
        except ValueError as error:
            raise DataError(str(error), file=str(head.path)) from None
        columns = {**extra, **shared([*inputs.values(), *targets.values()], str(head.path))}
        rows = read_rows(head.path, head.dialect, head.names, columns, self.on_error)
        problems = list(on_both_sides(inputs, targets, str(head.path)))
        rows = self.chosen(rows)
        if not len(rows):
            raise DataError("the table has no row to learn from", file=str(head.path))
        rows = opened(rows, [*inputs.values(), *targets.values()], problems)
        self.refuse_negative_weight(rows)
        plan = self.plan(inputs, targets, columns)
        return RowExamples(rows, head, plan, inputs, targets, problems)

    def plan(self, inputs: Mapping[str, Field], targets: Mapping[str, Field], columns: Mapping[str, Column]) -> Plan:
        """The columns and their use, for what is told of them."""
        used = [tuple(dict.fromkeys(name for one in part.values() for name in one.cells)) for part in (inputs, targets)]
        return Plan("unknown", used[0], used[1], columns, self.weight, self.time, self.group)

    def fields(self, head: Head, base: Path) -> tuple[dict[str, Field], dict[str, Field]]:
        """Inputs and targets. Raises ValueError on what cannot be one."""
        if not self.inputs:
            raise ValueError(f"which columns are the `inputs`? There are {', '.join(head.names)}")
        found = []
        for part, is_target in ((self.inputs, False), (self.targets, True)):
            found.append({name: self.field(name, told, head, base, is_target) for name, told in part.items()})
        pictures = {name: one for name, one in found[0].items() if isinstance(one, Image)}
        for one in (*found[0].values(), *found[1].values()):
            if isinstance(one, Points):
                one.image = self.image_of(one, pictures)
        return found[0], found[1]

    def image_of(self, points: Points, pictures: Mapping[str, Image]) -> Image | None:
        if points.told.of is not None:
            if points.told.of not in pictures:
                raise ValueError(f"`{points.name}`: `of` names an input that is an image, not {points.told.of!r}")
            return pictures[points.told.of]
        sized = [name for name, one in pictures.items() if one.told.size is not None]
        if sized:
            raise ValueError(f"`{points.name}`: of which image are the points? Say `of: {sized[0]}`")
        return None

    def field(self, name: str, told: TableColumn, head: Head, base: Path, is_target: bool) -> Field:
        """One input or target, by its type or what its first cells look like."""
        names = [told.column or name] if told.columns is None else list(map(str, told.columns))
        if not names:
            raise ValueError(f"`{name}`: `columns` has none")
        for column in names:
            if column not in head.names:
                raise self.no_column(column, head.names, head.path)
        told = replace(told, missing=told.missing or self.missing)
        kind = told.type or self.guessed(names, told, head, is_target)
        if kind in (*FILES, "text", "list", "category") and len(names) > 1:
            hint = "; `type: labels` has several of 0 and 1" if kind == "category" else ""
            raise ValueError(f"`{name}`: {kind} takes one column, not {len(names)}{hint}")
        shown = head.as_number(names[0]) if kind == "category" else ""
        refuse_idle_settings(name, told if len(names) == 1 else replace(told, encode="one_hot"), kind, shown)
        cells = {column: self.cell(told, head, column, kind, is_target) for column in names}
        cells |= self.spans(name, told, head, kind)
        if kind in CELLS and is_target and (wrong := [name for name, cell in cells.items() if cell.type not in CELLS]):
            raise ValueError(f"`{name}`: column {wrong[0]!r} is not of numbers")
        return self.made(name, kind, told, cells, base, is_target)

    def spans(self, name: str, told: TableColumn, head: Head, kind: str) -> dict[str, Column]:
        """The columns of seconds from which and to which a sound is read."""
        found = {column: word for word, column in (("start", told.start), ("end", told.end)) if column is not None}
        for column in found:
            if column not in head.names:
                raise self.no_column(column, head.names, head.path)
            if head.forms[column].type != "number":
                raise ValueError(f"`{name}`: column {column!r} is not of numbers, and `{found[column]}` is in seconds")
        return {column: Column(head.form(column), "skip" if told.missing == "skip" else "fail") for column in found}

    def made(
        self, name: str, kind: str, told: TableColumn, cells: Mapping[str, Column], base: Path, is_target: bool
    ) -> Field:
        """A field of a kind, with its cells as they are read."""
        if told.mark is not None and kind not in ("text", "text_file"):
            raise ValueError(f"`{name}`: `mark` is for `type: text`, and this is {kind}")
        texts = {"settings": self.text, "tokenizer": self.tokenizer_file(base)}
        if kind in FILES:
            place = {"folder": self.folder(base) / (told.folder or ""), "on_error": self.on_error, "cache": self.cache}
            if kind == "text_file":
                return TextFiles(name, told, cells, is_target, **place, **texts)  # type: ignore[arg-type]
            return FILE_FIELDS[kind](name, told, cells, is_target, **place)  # type: ignore[arg-type]
        if kind == "text":
            return Texts(name, told, cells, is_target, **texts)  # type: ignore[arg-type]
        return CELL_FIELDS.get(kind, Numbers)(name, told, cells, is_target)

    def folder(self, base: Path) -> Path:
        """What the names of files are relative to."""
        return (
            base / self.root
            if self.root is not None
            else (base / (self.path if isinstance(self.path, str) else self.path[0])).parent
        )

    def cell(self, told: TableColumn, head: Head, column: str, kind: str, is_target: bool) -> Column:
        """How a column of a field is read. Values of a target are never made up, and keep their units unless told."""
        skip: Missing = "skip" if told.missing == "skip" else "fail"
        markers = head.forms[column].missing_values
        if kind in FILES:
            return Column(CellFormat("text", missing_values=MISSING if markers is None else markers), skip)
        if kind in ("text", "list") or (kind == "labels" and told.columns is None):
            return Column(CellFormat("text", missing_values=markers), skip if kind == "list" else "zero")
        type_: CellType = head.forms[column].type if told.type is None else kind  # type: ignore[assignment]
        if kind == "labels":
            type_ = "number" if head.forms[column].type == "number" else "boolean"
        elif kind in ("category", "points"):
            type_ = "category" if kind == "category" else "number"
        form = head.form(column, type_, self.time_format if type_ == "time" else None)
        if is_target or kind in ("labels", "points"):
            return Column(form, skip, told.scale or "none", most_categories=math.inf)
        most = math.inf if told.type else MOST_CATEGORIES
        return Column(form, told.missing or self.missing, told.scale or self.scale, told.encode, most)

    def guessed(self, names: Sequence[str], told: TableColumn, head: Head, is_target: bool) -> str:
        """What a column without a `type` is. Nothing is guessed that its first cells do not show."""
        if len(names) > 1 or told.columns is not None:
            return "number"
        texts = head.samples[names[0]].texts
        endings = [Path(text.replace("\\", "/")).suffix.lower() for text in texts]
        for kind, known in (("image", images.SUFFIXES), ("audio", sounds.SUFFIXES), ("array", {".npy"})):
            if texts and sum(ending in known for ending in endings) >= FOUND * len(endings):
                return "mask" if kind == "image" and (told.values or told.ignore is not None) else kind
        found = head.forms[names[0]].type
        return "category" if found == "category" or (is_target and found == "boolean") else "number"

    def other_columns(self, head: Head, inputs: Mapping[str, Field], targets: Mapping[str, Field]) -> dict[str, Column]:
        """The columns of weight, time and group, and those that choose rows."""
        found = {}
        used = {name for one in (*inputs.values(), *targets.values()) for name in one.cells}
        for name in filter(None, (self.weight, self.time, self.group, *(self.rows or {}))):
            if name not in head.names:
                raise self.no_column(str(name), head.names, head.path)
        if self.weight is not None:
            if head.forms[self.weight].type != "number" or self.weight in used:
                raise ValueError(f"column {self.weight!r} cannot be the weight: it needs numbers, and no other use")
            found[self.weight] = self.needed(head.form(self.weight))
        if self.time is not None and self.time not in used:
            kind = head.forms[self.time].type
            told = kind in ("time", "category") or self.time_format is not None or bool(head.samples[self.time].forms)
            found[self.time] = self.needed(head.form(self.time, "time" if told else "number", self.time_format))
        for name in filter(None, (self.group, *(self.rows or {}))):
            if name not in used:
                markers = head.forms[name].missing_values
                found[name] = self.needed(CellFormat("category", missing_values=markers))
        return found

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, TableColumnData]:
        """New rows: mappings by column, or tables, all of whose rows are meant; of one input its file or text alone.

        Names of files are relative to the table that they stand in or the current folder, else as in the training.
        """
        fields, fitted = self.saved(assets, base), assets.said("inputs")
        found: list[tuple[Mapping[str, Any], Path]] = []
        for number, item in enumerate(raw, 1):
            found += self.by_column(item, fields, base, number)
        examples, near = [row for row, _ in found], [folder for _, folder in found]
        in_cells = {name: cell for one in fields.values() for name, cell in one.read_cells.items()}
        rows = rows_of([{name: as_text(row.get(name)) for name in in_cells} for row in examples], in_cells)
        for name, one in fields.items():
            column_encoding.tell_unseen(one.unseen(rows, fitted[name]))
        return {
            name: one.new(
                rows,
                [row[one.column] for row in examples] if not one.in_cells else [],
                fitted[name],
                assets.vocabulary,
                near,
            )
            for name, one in fields.items()
        }

    def saved(self, assets: Assets, base: Path) -> dict[str, Field]:
        """The inputs, as those of a training were read; a missing cell cannot be skipped."""
        forms = {name: CellFormat.of(found) for name, found in assets.said("cells").items()}
        fields = {}
        for name, found in assets.said("inputs").items():
            told = self.inputs.get(name) or TableColumn()
            missing = told.missing or self.missing
            rule: Missing = "fail" if missing == "skip" or found["type"] == "list" else missing
            rule = "zero" if found["type"] in ("text", "labels") else rule
            cells = {column: Column(forms[column], rule) for column in found["columns"]}
            if found["type"] == "audio":  # start and end may be absent: the whole sound
                cells |= {column: Column(forms[column], "zero") for column in found["columns"][1:]}
            fields[name] = self.made(name, found["type"], told, cells, base, is_target=False)
        return fields

    def by_column(
        self, item: Any, fields: Mapping[str, Field], base: Path, number: int
    ) -> list[tuple[Mapping[str, Any], Path]]:
        """What a new example is, by column, with the folder that its files are relative to. Raises DataError."""
        alone = next(iter(fields.values())) if len(fields) == 1 else None
        direct = alone is not None and (not alone.in_cells or isinstance(alone, NumberList))
        if isinstance(item, Mapping):
            row = flattened(item)
            for name, one in fields.items():  # a lone column goes by the name of its input, too
                lone = len(one.cells) == 1 or not one.in_cells
                if lone and one.column not in row and name in row:
                    row[one.column] = row.pop(name)
            wanted = [name for one in fields.values() for name in one.cells]
            check_names(row, wanted, number, more=True, may_lack=[n for o in fields.values() for n in o.read_cells])
            return [(row, Path())]
        if is_table(item, base, surely=not isinstance(alone, Texts)):
            return self.of_table(new_file(base, item), fields)
        if direct:
            assert alone is not None
            return [({alone.column: item}, Path())]
        raise DataError(
            f"example {number} is one value, and the data have several inputs",
            hint=f"give a mapping by column, {', '.join(name for one in fields.values() for name in one.cells)}, "
            "or the path of a table",
        )

    def of_table(self, path: Path, fields: Mapping[str, Field]) -> list[tuple[Mapping[str, Any], Path]]:
        dialect = self.dialect(path)
        names = column_names(path, dialect)
        wanted = [name for one in fields.values() for name in one.cells]
        may_lack = [name for one in fields.values() if not one.in_cells for name in one.read_cells]
        check_names(dict.fromkeys(names), wanted, None, more=True, may_lack=may_lack, file=str(path))
        found: list[tuple[Mapping[str, Any], Path]] = []
        for line, cells in body(path, dialect):
            if len(cells) != len(names):
                try:
                    refuse_width(line, cells, len(names))
                except BadRow as error:
                    raise DataError(str(error), **origins_of(path).place(line)) from None
            found.append((dict(zip(names, cells[: len(names)], strict=True)), path.parent))
        return found

    @property
    def takes_texts(self) -> bool:
        return len(self.inputs) == 1 and next(iter(self.inputs.values())).type == "text"

    def examples_of(self, path: Path) -> list[Any]:
        return [str(path)] if path.suffix.lower() in TABLES else super().examples_of(path)

    def examples_in(self, lines: Iterable[str]) -> list[Any]:
        """Rows with their header; of one input that is a text or a file, one a line."""
        told = list(self.inputs.values())
        if len(told) == 1 and told[0].type in (*FILES, "text"):
            return super(RowSource, self).examples_in(lines)
        return list(self.mappings(lines))

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        found = assets.said("inputs")[feature]
        told = self.inputs.get(feature) or TableColumn()
        if found["type"] in ("text", "text_file") and self.text is not None:
            cut = dict(self.cutter(told).preprocessing(feature, assets) or {})
            before, after = marks(told)
            return cut | {"before": before, "after": after} if told.mark else cut
        if found["type"] == "category" and told.encode == "index":
            meaning = "the place of the value in the list, from 1; 0 if none"
            return {"kind": "category", "meaning": meaning, "values": found["classes"]}
        if found["type"] in ("numbers", "category"):
            entries = found.get("entries") or {found["columns"][0]: {"values": found["classes"]}}
            columns = [
                {"name": name, **({"one_hot": list(entry["values"])} if "values" in entry else dict(entry))}
                for name, entry in entries.items()
            ]
            meaning = "(value - offset) / factor of each column in order"
            return {"kind": "numbers", "meaning": meaning, "columns": columns}
        if found["type"] == "audio":
            return described(found["sample_rate"], found["samples"])
        if found["type"] == "image":
            return {
                "kind": "image",
                "meaning": "pixels from 0 to 255 as they are: whatever scales them is in the network",
                "size": found["size"],
                "color": told.color,
                "interpolation": told.interpolation,
                "range": [0, 255],
            }
        return None

    def chosen(self, rows: Rows) -> Rows:
        """The rows that `rows` chooses. Raises DataError where a value is in none."""
        kept: Sequence[int] = range(len(rows))
        for name, wanted in (self.rows or {}).items():
            values = [as_label(value) for value in (wanted if isinstance(wanted, list | tuple) else [wanted])]
            cells = rows.column(name)
            is_text = name in rows.categories
            if is_text:
                known = {text: float(number) for number, text in enumerate(rows.categories[name])}
                numbers = {known[value] for value in values if value in known}
                absent = [value for value in values if value not in known]
            else:
                known = {f"{cell:g}": cell for cell in many_cells.distinct(cells)}
                by_value = {value: number(value) for value in values}
                numbers = set(by_value.values()) & set(known.values())
                absent = [value for value, cell in by_value.items() if cell not in numbers]
            if absent:
                there = ", ".join(list(known)[:12])
                raise DataError(
                    f"`rows`: column {name!r} has no {absent[0]!r}", file=rows.file, hint=f"there are {there}"
                )
            kept = [row for row in kept if cells[row] in numbers]
        return rows if len(kept) == len(rows) else rows.only(kept)

    def refuse_negative_weight(self, rows: Rows) -> None:
        for row, value in enumerate(() if self.weight is None else rows.column(self.weight)):
            if value < 0:
                message = f"column {self.weight!r}: the weight {value:g} is below 0"
                raise DataError(message, **rows.place(row))


def on_both_sides(inputs: Mapping[str, Field], targets: Mapping[str, Field], file: str) -> Iterator[DataError]:
    """Columns whose values the network gets, and is to say."""
    ours, theirs = (
        {column: name for name, one in part.items() if one.in_cells for column in one.cells}
        for part in (inputs, targets)
    )
    for column in sorted(ours.keys() & theirs.keys()):
        message = f"column {column!r} is in the input `{ours[column]}` and the target `{theirs[column]}`"
        hint = "leave it out of the input, unless the network is to give back what it gets"
        yield Remark("W0911", message, file=file, hint=hint)


FILE_FIELDS: dict[str, type[FileField]] = {"image": Image, "mask": Mask, "array": Array, "audio": Audio}
CELL_FIELDS: dict[str, type[Field]] = {"category": Category, "labels": Labels, "list": NumberList, "points": Points}


def number(text: str) -> float:
    """NaN, which is in no column, where a text is none."""
    return float(text) if is_number(text) else math.nan


def as_label(value: Any) -> str:
    """A value of a spec as a cell has it."""
    return str(value)


def shared(fields: Sequence[Field], file: str) -> dict[str, Column]:
    """The columns of all fields. Raises DataError where two of them read one in two ways."""
    found: dict[str, Column] = {}
    by: dict[str, str] = {}
    for one in fields:
        for name, column in one.cells.items():
            other = found.setdefault(name, column)
            if other.form != column.form:
                ways = f"as {other.form.describe()} by `{by[name]}`, as {column.form.describe()} by `{one.name}`"
                raise DataError(f"column {name!r} is read {ways}", file=file, hint="say the same `type` for both")
            by.setdefault(name, one.name)
    return found


def opened(rows: Rows, fields: Sequence[Field], problems: list[DataError]) -> Rows:
    """The rows that all fields can use; the others are counted. Raises DataError where none is left."""
    lacking: dict[int, str] = {}
    for one in fields:
        for row, why in one.open(rows).items():
            lacking.setdefault(row, why)
    if not lacking:
        return rows
    first = min(lacking)
    message = f"{len(lacking):,} of {len(rows):,} rows left out, this one first: {lacking[first]}"
    problem = DataError(message, **rows.place(first))
    if len(lacking) == len(rows):
        raise problem
    problems.append(problem)
    kept = [row for row in range(len(rows)) if row not in lacking]
    for one in fields:
        one.keep(kept)
    return rows.only(kept)
