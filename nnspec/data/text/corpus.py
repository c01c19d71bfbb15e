"""Text read line by line and kept at four bytes a token: each distinct token once, a sequence as numbers.

What outgrows memory goes to a temporary file in the cache folder and is mapped from there, without NumPy.
"""

from __future__ import annotations

import math
import mmap
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from nnspec.data import cache
from nnspec.data.cache import HINT, CacheError
from nnspec.data.errors import DataError
from nnspec.data.formats.signatures import HEAD_BYTES, ends_lines_with_cr, refuse_binary
from nnspec.data.many_cells import MANY
from nnspec.data.memory import aligned
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

SPOOL_BYTES = 64 << 20
LONGEST_LINE = 1 << 24  # characters
CHUNK = 1 << 20  # numbers turned into others at once
EDGE = -1  # of a sequence, beside the numbers of its tokens

Pair = tuple[str | None, str | None]  # a token and the one after it; None is the edge of the sequence


def read_lines(path: Path, encoding: str, *, is_table: bool = False) -> Iterator[str]:
    """The lines of a text file with their ends, LF or CRLF, or CR alone; a byte order mark is dropped.

    Args:
        is_table: whether it is read as a table, whose packed forms are known by the name's end.

    Raises DataError: no such file, not readable, no text, or not in this encoding (with the line).
    """
    try:
        with open_regular(path) as raw:
            head = raw.read(HEAD_BYTES)
            refuse_binary(head, str(path), is_table=is_table)
            raw.seek(0)
            end = "\r" if ends_lines_with_cr(head) else "\n"
            file = TextIOWrapper(raw, "utf-8-sig" if is_utf8(encoding) else encoding, newline=end)
            for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), ""), 1):
                if len(line) == LONGEST_LINE:
                    raise DataError(f"a line of more than {LONGEST_LINE:,} characters", file=str(path), line=number)
                yield line
    except UnicodeDecodeError as error:
        raise undecodable(path, encoding, error) from error
    except UnicodeError as error:
        raise DataError(f"the file is not {encoding}: {error}", file=str(path)) from error
    except (LookupError, ValueError) as error:  # ValueError: a NUL in it
        raise DataError(f"unknown encoding {encoding!r}", file=str(path)) from error
    except OSError as error:
        raise DataError(f"cannot read the file: {error.strerror}", file=str(path)) from error


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises DataError where it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise DataError(f"cannot read the file: {error.strerror}", file=str(path)) from error


def is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def undecodable(path: Path, encoding: str, error: UnicodeDecodeError) -> DataError:
    """Finds the line: the error of a buffered reader only knows the place in its chunk."""
    line = None
    with open_regular(path) as file:
        for number, raw in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), 1):
            try:
                raw.decode(encoding)
            except UnicodeDecodeError as found:
                error, line = found, number
                break
    other = likely_encoding(error.object)
    return DataError(
        f"byte 0x{error.object[error.start]:02x} at column {error.start + 1} is not {encoding}",
        file=str(path),
        line=line,
        hint=f"say what it is with `encoding: {other}`, for instance",
    )


def likely_encoding(raw: bytes) -> str:
    """Which other encoding bytes that are not UTF-8 are likely to be in."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    # Latin-1 has control characters where Windows has quotes and dashes.
    return "cp1252" if any(0x80 <= byte < 0xA0 for byte in raw) else "latin-1"


class Spool:
    """Numbers of one C type appended to an array, which moves to a temporary file when it grows large."""

    def __init__(self, typecode: Literal["i", "q", "d"]) -> None:
        self.buffer: array[Any] = array(typecode)
        self.typecode = typecode
        self.file: IO[bytes] | None = None

    def extend(self, numbers: Iterable[float]) -> None:
        self.buffer.extend(numbers)
        if len(self.buffer) * self.buffer.itemsize >= SPOOL_BYTES:
            self.flush()

    def flush(self) -> None:
        with cache_errors():
            self.file = self.file or scratch()
            self.buffer.tofile(self.file)
            self.file.flush()
        del self.buffer[:]

    def view(self) -> memoryview[Any]:
        """All numbers, read-only by agreement: from memory, or mapped from the file."""
        if self.file is None:
            return memoryview(self.buffer)
        self.flush()
        mapped: memoryview[Any] = memoryview(mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ))
        return mapped.cast(self.typecode)


def scratch() -> IO[bytes]:
    """A file that is gone when it is closed, in the cache folder: the system's temporary one may be memory."""
    folder = cache.root()
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.NamedTemporaryFile(dir=folder)


@contextmanager
def cache_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CacheError(
            f"cannot write to the cache folder: {error.strerror}", file=str(cache.root()), hint=HINT
        ) from error


class Numbering(dict[str, int]):
    """A number for each key, in the order in which they are first asked for."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


class Corpus:
    """Sequences of tokens: sequence i is `ids[offsets[i]:offsets[i + 1]]`, numbers into `tokens`."""

    def __init__(self) -> None:
        self.numbering = Numbering()
        self.id_spool, self.offset_spool = Spool("i"), Spool("q")
        self.end = 0
        self.offset_spool.extend((0,))

    def append(self, tokens: Sequence[str]) -> None:
        self.id_spool.extend(map(self.numbering.__getitem__, tokens))
        self.end += len(tokens)
        self.offset_spool.extend((self.end,))

    def close(self) -> Corpus:
        """Ends the appending; the rest of the methods may be used from here on."""
        self.tokens = tuple(self.numbering)
        self.ids, self.offsets = self.id_spool.view(), self.offset_spool.view()
        return self

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> list[str]:
        tokens = self.tokens
        return [tokens[number] for number in self.ids[self.offsets[index] : self.offsets[index + 1]]]

    def lengths(self, indices: Iterable[int]) -> list[int]:
        return [self.offsets[index + 1] - self.offsets[index] for index in indices]

    def counts(self, indices: Iterable[int]) -> dict[str, int]:
        """How often each token stands in these sequences."""
        counter: Counter[int] = Counter()
        if len(self.ids) < MANY:
            for index in indices:
                counter.update(self.ids[self.offsets[index] : self.offsets[index + 1]])
        else:
            import numpy as np

            for _, _, ids in self.chunks(indices):
                found, first, times = np.unique(ids, return_index=True, return_counts=True)
                order = np.argsort(first)  # as they would be met one by one
                counter.update(dict(zip(found[order].tolist(), times[order].tolist(), strict=True)))
        return {self.tokens[number]: count for number, count in counter.items()}

    def counted(self, span: Sequence[int]) -> dict[str, int]:
        """How often each token stands in these steps, one after the other, of all sequences."""
        counter = Counter(self.ids[span[0] : span[-1] + 1].tolist() if span else ())
        return {self.tokens[number]: count for number, count in counter.items()}

    def pairs(self, indices: Iterable[int] | None = None) -> dict[Pair, int]:
        """How often each token follows each in these sequences, by default in all; None is the edge on either side."""
        indices = range(len(self)) if indices is None else indices
        found: Counter[tuple[int, int]] = Counter()
        if len(self.ids) < MANY:
            for index in indices:
                own = self.ids[self.offsets[index] : self.offsets[index + 1]].tolist()
                found.update(zip((EDGE, *own), (*own, EDGE), strict=True))
        else:
            import numpy as np

            for _, starts, ids in self.chunks(indices):
                codes, times = np.unique(self.pair_codes(starts, ids), return_counts=True)
                for code, count in zip(codes.tolist(), times.tolist(), strict=True):
                    before, after = divmod(code, len(self.tokens) + 1)
                    found[before - 1, after - 1] += count
        told = (*self.tokens, None)  # EDGE is the last
        return {(told[before], told[after]): count for (before, after), count in found.items()}

    def with_pairs(self, wanted: Collection[Pair]) -> Iterator[int]:
        """The numbers of the sequences in which one of these pairs stands, as `pairs` tells them."""
        if len(self.ids) < MANY:
            yield from (index for index in range(len(self)) if not set(wanted).isdisjoint(self.pairs((index,))))
            return
        import numpy as np

        numbers: dict[str | None, int] = {None: EDGE, **{token: number for number, token in enumerate(self.tokens)}}
        codes = [(numbers[before] + 1) * (len(self.tokens) + 1) + numbers[after] + 1 for before, after in wanted]
        for first, starts, ids in self.chunks(range(len(self))):
            places = np.flatnonzero(np.isin(self.pair_codes(starts, ids), codes))
            ends = starts[1:] + np.arange(1, len(starts))  # a sequence has a pair more than tokens
            yield from (first + np.unique(np.searchsorted(ends, places, side="right"))).tolist()

    def pair_codes(self, starts: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """A number for each token with the one before it, and for the end of each sequence: int64 [tokens + sequences].

        Args:
            starts: where each sequence starts in `ids`, and the end.
        """
        import numpy as np

        numbers = ids.astype(np.int64) + 1
        before, after = np.insert(numbers, starts[:-1], 0), np.insert(numbers, starts[1:], 0)
        return before * (len(self.tokens) + 1) + after

    def chunks(self, indices: Iterable[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """The tokens of many sequences, a part at a time.

        Yields:
            Which of the sequences is the first of the part, where each starts in the part, with its end, and the
            numbers of its tokens.
        """
        import numpy as np

        chosen = np.asarray(indices, np.int64)
        offsets, ids = self.starts(), np.asarray(self.ids)
        lengths = offsets[chosen + 1] - offsets[chosen]
        ends = np.cumsum(lengths)
        first = 0
        while first < len(chosen):
            done = int(ends[first - 1]) if first else 0
            stop = max(first + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
            starts = np.concatenate([[0], ends[first:stop] - done])
            places = np.arange(starts[-1]) + np.repeat(offsets[chosen[first:stop]] - starts[:-1], lengths[first:stop])
            yield first, starts, ids[places]
            first = stop

    def flat(self, encode: Callable[[Sequence[str]], Sequence[int]]) -> np.ndarray:
        """All sequences one after the other, int32, by `encode`, which gets each distinct token once."""
        import numpy as np

        codes = np.asarray(encode(self.tokens), np.int32)
        flat = allocate((len(self.ids),), "int32")
        for start in range(0, len(flat), CHUNK):
            flat[start : start + CHUNK] = codes[np.asarray(self.ids[start : start + CHUNK])]
        return flat

    def cut(self, pieces: Callable[[str], Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """As `flat` and `starts`, where each token, given once, becomes several numbers, or none."""
        import numpy as np

        codes = [pieces(token) for token in self.tokens]
        sizes = np.array([len(found) for found in codes] or [0], np.int64)
        table = np.array([number for found in codes for number in found] or [0], np.int32)
        first, ids, offsets = np.cumsum(sizes) - sizes, np.asarray(self.ids), self.starts()
        parts = range(0, len(ids), CHUNK)
        found = allocate((sum(int(sizes[ids[at : at + CHUNK]].sum()) for at in parts),), "int32")
        starts, done = np.zeros(len(offsets), np.int64), 0
        for at in parts:
            own = ids[at : at + CHUNK]
            ends = np.cumsum(sizes[own])
            places = np.arange(ends[-1]) + np.repeat(first[own] - (ends - sizes[own]), sizes[own])
            found[done : done + ends[-1]] = table[places]
            inside = slice(*np.searchsorted(offsets, [at + 1, at + len(own) + 1]))
            starts[inside] = done + ends[offsets[inside] - at - 1]
            done += int(ends[-1])
        return found, starts

    def rows(self, encode: Callable[[Sequence[str]], np.ndarray]) -> np.ndarray:
        """As `flat`, where a token is a row of numbers: int32 [tokens, width]."""
        import numpy as np

        codes = encode(self.tokens)
        found = allocate((len(self.ids), codes.shape[1]), "int32")
        for start in range(0, len(found), CHUNK):
            found[start : start + CHUNK] = codes[np.asarray(self.ids[start : start + CHUNK])]
        return found

    def starts(self) -> np.ndarray:
        """Where each sequence starts in `flat`, and its end: int64 [n + 1]."""
        import numpy as np

        return np.asarray(self.offsets)


def allocate(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """An array to fill: in memory, where TensorFlow can take it as it lies, or a large one in a temporary file."""
    import numpy as np

    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < 8 * SPOOL_BYTES:
        return aligned(shape, dtype)
    with cache_errors(), scratch() as file:  # the map outlives the file's name
        return cache.allocate(file, shape, dtype)
