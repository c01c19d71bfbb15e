"""A JSON file of records as JSON lines: an array of mappings, or lines in a file that is named `.json`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from nnspec.data.errors import DataError
from nnspec.data.formats.boxes import BOXES
from nnspec.reading import MAX_JSON, open_regular, read_json

BLANK = b"\xef\xbb\xbf \t\r\n"
FIRST = 1 << 24  # bytes of the first line
AS_LINES = "an object on each line, in a file named `.jsonl`, is read as it is"


@contextmanager
def as_lines(path: Path) -> Iterator[tuple[IO[bytes], bool]]:
    """The records as lines, and whether they are the lines of the file.

    Raises:
        DataError: it holds something else, or too much for a file that is no lines.
    """
    with open_regular(path) as file:
        if _are_lines(file):
            file.seek(0)
            yield file, True
            return
    found = _value(path)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise DataError("the JSON is no list of records", file=str(path), hint=_instead(found))
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
    yield io.BytesIO(text.encode("utf-8", "replace")), False


def _are_lines(file: IO[bytes]) -> bool:
    """Whether the first line is a record of its own, with others behind it, or one that holds no list of them."""
    first, second = (file.readline(FIRST).strip(BLANK) for _ in range(2))
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict):
        return False
    return second.startswith(b"{") or not any(isinstance(value, list | dict) for value in found.values())


def _value(path: Path) -> Any:
    if path.stat().st_size > MAX_JSON:
        raise DataError(f"a JSON array of over {MAX_JSON:,} bytes", file=str(path), hint=AS_LINES)
    try:
        return read_json(path)
    except ValueError as error:
        raise DataError(f"the JSON cannot be read: {error}", file=str(path)) from error


def _instead(found: Any) -> str:
    """How what the file holds can be given."""
    if isinstance(found, Mapping) and found.keys() >= {"images", "annotations"}:
        return f"these are boxes around objects, as COCO has them: {BOXES}"
    if isinstance(found, Mapping):
        inner = [name for name, one in found.items() if isinstance(one, list) and one and isinstance(one[0], Mapping)]
        if len(inner) == 1:
            return f"the list under {inner[0]!r} would be one: save it alone; {AS_LINES}"
        if found and all(isinstance(one, list | Mapping) for one in found.values()):
            return f'of columns `frame.to_json(path, orient="records", lines=True)` makes one; {AS_LINES}'
    return f'`[{{"column": value}}, ...]`, or {AS_LINES}'
