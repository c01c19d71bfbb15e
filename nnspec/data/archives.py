"""Files inside of zip archives, `zip://train.csv::data.zip` or `zip://data.zip!/train.csv`, unpacked into the cache."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from nnspec.data.errors import DataError
from nnspec.data.files import MOST_LOOKED_AT, matches, refuse_bomb
from nnspec.data.nearest import nearest
from nnspec.reading import open_regular

BLOCK = 1 << 20
BOMB_BYTES = 64 << 20  # what is unpacked to more than this, and a hundred times, is refused


def unpacked(archive: Path, inside: str, folder: Path, room: Callable[[int], int]) -> int:
    """Unpacks a file, all below a folder, or what a pattern matches, into `folder`, by the names in the archive.

    Args:
        room: how many bytes may be written where these are wanted. Raises DataError.

    Returns:
        Bytes.

    Raises:
        DataError: no such archive, nothing of this name in it, a bomb, or a name that would lead elsewhere.
    """
    try:
        with open_regular(archive) as file, zipfile.ZipFile(file) as packed:
            wanted = list(_wanted(packed, archive, inside))
            size = sum(entry.file_size for entry in wanted)
            # Entries may share their bytes, so that each explains its size, and the archive that of none.
            explained = min(sum(entry.compress_size for entry in wanted), os.fstat(file.fileno()).st_size)
            refuse_bomb(archive, explained, size, BOMB_BYTES)
            most = room(size)
            return sum(_written(packed, entry, folder, min(most, entry.file_size)) for entry in wanted)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise DataError(f"the archive cannot be read: {error}", file=str(archive)) from error
    except OSError as error:
        raise DataError(f"cannot read the archive: {error.strerror or error}", file=str(archive)) from error


def _wanted(packed: zipfile.ZipFile, archive: Path, inside: str) -> Iterator[zipfile.ZipInfo]:
    entries = [entry for entry in packed.infolist() if not entry.is_dir()]
    if len(entries) > MOST_LOOKED_AT:
        raise DataError(f"the archive has over {MOST_LOOKED_AT:,} files", file=str(archive))
    names = {entry.filename for entry in entries}
    if inside in names:
        chosen = [entry for entry in entries if entry.filename == inside]
    else:
        below = f"{inside}/"
        chosen = [entry for entry in entries if entry.filename.startswith(below) or matches(entry.filename, inside)]
    if not chosen:
        near = nearest(inside, names)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(sorted(names)[:5])}"
        raise DataError(f"there is no {inside!r} in the archive", file=str(archive), hint=hint)
    if len({entry.filename for entry in chosen}) < len(chosen):
        raise DataError("the archive has two files of one name", file=str(archive))
    for entry in chosen:
        parts = entry.filename.split("/")
        if any(part in ("", ".", "..") for part in parts) or set(entry.filename) & {"\\", "\0", ":"}:
            raise DataError(f"the name {entry.filename!r} is none that a copy could have", file=str(archive))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise DataError(f"{entry.filename!r} is a link, not a file", file=str(archive))
        if entry.flag_bits & 1:
            raise DataError(f"{entry.filename!r} is encrypted", file=str(archive), hint="unpack it yourself")
        yield entry


def _written(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, most: int) -> int:
    """Raises BadZipFile where the content is another than the archive says, ValueError where it is more."""
    path = folder / entry.filename
    os.makedirs(path.parent, exist_ok=True)
    with packed.open(entry) as file, open(path, "xb") as into:
        return _copied(file, into, most, entry.filename)


def _copied(file: IO[bytes], into: IO[bytes], most: int, name: str) -> int:
    done = 0
    while piece := file.read(BLOCK):
        done += len(piece)
        if done > most:
            raise ValueError(f"{name!r} is larger than the archive says")
        into.write(piece)
    return done
