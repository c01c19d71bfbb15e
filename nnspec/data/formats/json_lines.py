"""JSON lines by Apache Arrow, a small block at a time: what a block may hold of columns and nests is bounded.

Arrow gives every row of a block a cell for each key that stands anywhere in it, and a type as deep as the text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nnspec.data.errors import DataError
from nnspec.data.files import refuse_bomb
from nnspec.reading import MAX_DEPTH

BLOCK = 1 << 14  # bytes; Arrow holds a cell of every key in it for each of its rows
LONGEST_LINE = 1 << 24  # bytes
MOST_KEYS = 20_000
MOST_BLANK = 10_000  # lines without a row that are kept in mind: with more of them rows are told by their number
_TEXT, _MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+"'), re.compile(rb"[\[{\]}]")


@dataclass
class JsonLines:
    """
    Attributes:
        file: open, at its start; it is read twice, since a key may first stand in the last line.
        bomb_bytes: more cells than this, and than a hundred for each byte, are refused.
        blank: the lines that hold no row, once all are read; None where these are many, or a line holds several rows.
        lines: that hold something.
    """

    path: Path
    file: IO[bytes]
    bomb_bytes: int
    blank: list[int] | None = None
    lines: int = 0

    def batches(self) -> Iterator[Any]:
        """The rows, as record batches with the columns of the whole file.

        Raises:
            DataError: a line is too long or too deep, or the file has too many keys.
            pyarrow.ArrowException: it is no JSON lines, or a key has values of other types than before.
        """
        schema, rows, size = None, 0, 0
        for block in self.blocks():
            found = _read(block, None)
            schema = found.schema if schema is None else _both(schema, found.schema)
            rows += found.num_rows
            size += len(block)
            if len(schema) > MOST_KEYS:
                raise DataError(f"the lines have more than {MOST_KEYS:,} keys", file=str(self.path))
            refuse_bomb(self.path, size, rows * len(schema), self.bomb_bytes)
        if schema is None:
            raise DataError("the file has no line", file=str(self.path))
        self.file.seek(0)
        for block in self.blocks():
            yield from _read(block, schema).to_batches()
        if self.lines != rows or len(self.blank or ()) > MOST_BLANK:
            self.blank = None

    def blocks(self) -> Iterator[bytes]:
        """Whole lines, of about so many bytes together."""
        block: list[bytes] = []
        blank: list[int] = []
        self.blank, self.lines = blank, 0
        size = 0
        for number, line in enumerate(iter(lambda: self.file.readline(LONGEST_LINE), b""), 1):
            if len(line) == LONGEST_LINE:
                raise DataError(f"a line of more than {LONGEST_LINE:,} bytes", file=str(self.path), line=number)
            if _is_deep(line):
                raise DataError(f"nested deeper than {MAX_DEPTH} levels", file=str(self.path), line=number)
            if text := line.strip():
                # Arrow crashes on rows that begin with one that is null, and makes a row without values of others.
                if text == b"null" or (not block and not text.startswith(b"{")):
                    hint = 'a line is a row: `{"column": value, ...}`'
                    raise DataError(
                        "the table cannot be read: this line is no mapping", file=str(self.path), line=number, hint=hint
                    )
                block.append(line)
                size += len(line)
                self.lines += 1
            elif len(blank) <= MOST_BLANK:
                blank.append(number)
            if size >= BLOCK:
                yield b"".join(block)
                block, size = [], 0
        if block:
            yield b"".join(block)


def _is_deep(line: bytes) -> bool:
    if line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for mark in _MARKS.findall(_TEXT.sub(b"", line)):
        depth += 1 if mark in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _read(block: bytes, schema: Any) -> Any:
    from pyarrow import json

    options = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer")
    return json.read_json(io.BytesIO(block), json.ReadOptions(use_threads=False, block_size=len(block) + 1), options)


def _both(one: Any, other: Any) -> Any:
    """The columns of two blocks. A column of times in one, and of other texts in the other, is of texts."""
    import pyarrow as pa
    import pyarrow.types as of

    if one == other:
        return one

    def is_text(schema: Any, name: str) -> bool:
        place = schema.get_field_index(name)
        return place >= 0 and bool(of.is_string(schema.field(place).type))

    def is_time(schema: Any, name: str) -> bool:
        place = schema.get_field_index(name)
        return place >= 0 and bool(of.is_timestamp(schema.field(place).type))

    texts = [
        name
        for name in other.names
        if (is_text(one, name) and is_time(other, name)) or (is_time(one, name) and is_text(other, name))
    ]
    return pa.unify_schemas([_with_texts(one, texts), _with_texts(other, texts)], promote_options="permissive")


def _with_texts(schema: Any, names: list[str]) -> Any:
    import pyarrow as pa

    for name in names:
        schema = schema.set(schema.get_field_index(name), pa.field(name, pa.string()))
    return schema
