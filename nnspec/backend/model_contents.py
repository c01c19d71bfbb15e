"""What a `.keras` file of anybody's holds, looked through before Keras gets it.

Keras itself refuses code in a configuration. This refuses what is no regular file or archive, members that no `.keras`
file has or that lead out of it, sizes that the file cannot explain, weights on which the HDF5 library ends, and those
that a link or an array leads to another file for.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO

from nnspec.backend.hdf5_heaps import refuse_endless
from nnspec.backend.hdf5_trial import MAX_ITEMS, WEIGHTS, LibraryEnds, most, survive
from nnspec.reading import open_regular

MAX_CONFIG = 64 << 20  # bytes of the configuration
MAX_MEMBERS = 10_000
CONFIG = "config.json"
KNOWN = {CONFIG, "metadata.json", WEIGHTS}
ASSETS = "assets/"


class NoModelFile(Exception):
    """A file that Keras is not given: it is damaged, or leads elsewhere."""


def look_through(path: Path) -> None:
    """Raises NoModelFile on a file that is not given to Keras, and OSError where it cannot be opened."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        limit = most(size)
        try:
            with zipfile.ZipFile(file) as archive:
                _members(archive, limit)
                if WEIGHTS in archive.namelist():
                    survive(path)
                    with archive.open(WEIGHTS) as weights:
                        _weights(weights, limit)
        except LibraryEnds as error:
            raise NoModelFile(f"its weights are damaged: {error}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OverflowError) as error:
            raise NoModelFile(f"it is no .keras file, or damaged: {error}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:  # of seeking to a place that is none; of HDF5
            raise NoModelFile(f"it is damaged: {error}") from error


def _members(archive: zipfile.ZipFile, limit: int) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    if CONFIG not in names:
        raise NoModelFile(f"it is no .keras file: it holds no {CONFIG}")
    if len(members) > MAX_MEMBERS or len(set(names)) < len(names):
        raise NoModelFile("it holds too many members, or two of one name")
    for member in members:
        if member.filename not in KNOWN and not _is_asset(member.filename):
            raise NoModelFile(f"no .keras file has {member.filename!r:.80}")
    if archive.getinfo(CONFIG).file_size > MAX_CONFIG:
        raise NoModelFile(f"its configuration has more than {MAX_CONFIG >> 20} MB")
    if sum(member.file_size for member in members) > limit:
        raise NoModelFile(f"it unpacks to more than {limit:,} bytes")


def _is_asset(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return name.startswith(ASSETS) and "\\" not in name and not {"", ".", ".."} & set(parts)


def _weights(content: IO[bytes], limit: int) -> None:
    """Raises NoModelFile on weights that lie in other files, or are larger than they are stored."""
    import h5py

    refuse_endless(content)
    with h5py.File(content, "r") as file:
        waiting, total, items = [file["/"]], 0, 0
        known: set[int] = set()  # places of groups in the file
        while waiting:
            group = waiting.pop()
            place = h5py.h5o.get_info(group.id).addr
            if place in known:
                raise NoModelFile(f"a group of its weights stands in it twice: {group.name!r:.80}")
            known.add(place)
            for name in group:
                items += 1
                if items > MAX_ITEMS:
                    raise NoModelFile(f"its weights have more than {MAX_ITEMS:,} parts")
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise NoModelFile(f"its weights lead to another place or file, at {name!r:.80}")
                found = group[name]
                if isinstance(found, h5py.Group):
                    waiting.append(found)
                elif isinstance(found, h5py.Dataset):
                    if found.is_virtual or found.external:
                        raise NoModelFile(f"the values of {name!r:.80} lie in another file")
                    total += math.prod(found.shape or ()) * found.dtype.itemsize
                if total > limit:
                    raise NoModelFile(f"its weights claim more than {limit:,} bytes")
