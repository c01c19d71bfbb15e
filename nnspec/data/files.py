"""Files that data come from: whether one can be read, and whether it is still the one that it was."""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from nnspec.data.errors import DataError
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular, require_regular

BLOCK = 16 << 10  # bytes of a sample
CONTENT_BYTES = 256 << 20  # files up to this size together are hashed whole
LARGE = 4 << 20  # a file of more bytes than this has more samples
BLOCKS, LARGE_BLOCKS = 3, 64
MOST_LOOKED_AT = 200_000  # files and folders for one pattern
BOMB_BYTES, BOMB_RATIO = 1 << 30, 100  # what is unpacked to more than both is refused
BEGINNING = 4  # times as many bytes, where it is told by the beginning of a file


def is_file(path: Path | str) -> bool:
    """Whether there is such a file; a text may be no path at all."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def new_file(base: Path, name: Path | str) -> Path:
    """A file of new examples: relative to the current folder, or else to that of the spec."""
    return Path(name) if is_file(name) else base / name


def identity(path: str | Path) -> list[int]:
    """Size, times of modification and of change (nanoseconds), and inode.

    It changes with every write, and with what leaves the size and the time of modification as they were: another file
    that takes the name, an archive that is unpacked with the times of its files, a time that is set by hand.
    Raises OSError.
    """
    found = os.stat(path)
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def sampled(path: Path) -> str:
    """A hash of the size of a file and of samples of its content: head, tail, and blocks at even distances between.

    It is the same for a copy, wherever that lies and whenever it was made. Of a file that is not larger than its
    samples it is a hash of the whole content. Raises OSError.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        count = LARGE_BLOCKS if size > LARGE else BLOCKS
        digest = hashlib.sha256(str(size).encode())
        if size <= count * BLOCK:
            digest.update(file.read())
        else:
            for number in range(count):
                file.seek((size - BLOCK) * number // (count - 1))
                digest.update(file.read(BLOCK))
    return digest.hexdigest()[:32]


@dataclass(frozen=True)
class Hashes:
    """
    Attributes:
        by_file: by path, a hash of the file.
        content: whether it is of the whole content; of files that are large together it is of samples (see `sampled`).
    """

    by_file: Mapping[Path, str]
    content: bool


def hashes_of(files: Iterable[Path]) -> Hashes:
    """A hash of each file. Raises OSError where one is gone."""
    sizes = {file: file.stat().st_size for file in sorted(set(files))}
    content = sum(sizes.values()) <= CONTENT_BYTES
    return Hashes({file: whole(file) if content else sampled(file) for file in sizes}, content)


def whole(path: Path) -> str:
    """A hash of the whole content of a file."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def matching(base: Path, pattern: str) -> list[Path]:
    """The files that a path with ``*``, ``?`` or ``[...]`` stands for, sorted; the path itself where it is there.

    Args:
        base: the folder that the pattern is relative to; what looks like a pattern in its name is none.

    Raises DataError where more would have to be looked at than any data set has, and on a folder that cannot be read.
    """
    if os.path.exists(base / pattern):
        return [base / pattern]
    first, *parts = Path(pattern).parts or (".",)
    found = [str(base)]  # texts: an object for each of 200,000 files takes seconds
    count = 0
    for part in (first, *parts):
        if not glob.has_magic(part):
            found = [place for path in found if os.path.lexists(place := os.path.join(path, part))]
            continue
        folders, found = found, []
        for folder in folders:
            for name in names_in(folder):
                count += 1
                if count > MOST_LOOKED_AT:
                    hint = "name the folder that the files lie in"
                    raise DataError(f"{pattern} has over {MOST_LOOKED_AT:,} files to look at", hint=hint)
                if fnmatch.fnmatchcase(name, part) and (part[0] == "." or name[0] != "."):
                    found.append(os.path.join(folder, name))
    return sorted(map(Path, found))


def several(base: Path, given: str | Sequence[str]) -> list[Path]:
    """The files of a path, a pattern or a list of them, each in its place. Raises DataError on one that is there twice.

    A path where there is nothing stays: whoever reads it says so.
    """
    texts = [given] if isinstance(given, str) else given
    found = [file for text in texts for file in matching(base, text) or [base / text]]
    if not found:
        raise DataError("`path` lists no file")
    twice = next((file for number, file in enumerate(found) if file in found[:number]), None)
    if twice is not None:
        raise DataError("`path` lists the file twice", file=str(twice))
    return found


def matches(name: str, pattern: str) -> bool:
    """Whether a path with `/` is one that a pattern stands for, part by part as ``matching`` does."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        fnmatch.fnmatchcase(part, one) and (one[:1] == "." or part[:1] != ".")
        for part, one in zip(parts, wanted, strict=True)
    )


def names_in(folder: str) -> Iterator[str]:
    """The names in a folder; of a file, or where there is nothing, none. Raises DataError where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise DataError(f"the folder cannot be read: {error.strerror}", file=folder) from None


def require_file(path: Path) -> Path:
    """The path of a regular file. Raises DataError where there is none."""
    try:
        require_regular(path)
    except FileNotFoundError:
        raise DataError("no such file", file=str(path)) from None
    except OSError as error:
        raise DataError(str(error.strerror), file=str(path)) from None
    return path


def refuse_bomb(path: Path, packed: int, plain: int, most: int = BOMB_BYTES) -> None:
    """Raises DataError where what a file unpacks to is large, and so much larger than the file that no data are.

    Args:
        packed, plain: bytes with and without the compression.
        most: what is unpacked to so much is fine, whatever the ratio.
    """
    if plain > most and plain > BOMB_RATIO * packed:
        raise DataError(
            f"it unpacks to {plain:,} bytes or more, over {BOMB_RATIO} times its size",
            file=str(path),
            hint="unpack it yourself if that is meant",
        )


def unpack(
    path: Path, packed: IO[bytes], into: IO[bytes], most: int = BOMB_BYTES, taken: Callable[[], int] | None = None
) -> None:
    """Copies what a compressed file holds. Raises DataError where it is a bomb, and what the format raises.

    Args:
        taken: how many bytes of the file were read so far: they tell a bomb long before its end.
    """
    size, done = path.stat().st_size, 0
    while chunk := packed.read(1 << 20):
        done += len(chunk)
        refuse_bomb(path, size, done, most)
        if taken is not None:
            refuse_bomb(path, taken(), done, BEGINNING * most)
        into.write(chunk)
