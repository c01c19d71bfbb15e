"""A `.keras` file of anybody's, loaded by Keras after a look at what it holds.

Keras itself refuses code in a configuration. Before it sees the file this refuses what is no regular file or archive,
members that no `.keras` file has or that lead out of it, sizes that the file cannot explain, and weights that a link or
an array leads to another file for.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from nnspec.backend.hdf5_heaps import refuse_endless
from nnspec.backend.keras_internals.recurrent import masks_passing
from nnspec.reading import open_regular

MAX_CONFIG = 64 << 20  # bytes of the configuration
MAX_MEMBERS = 10_000
ALWAYS_ALLOWED = 1 << 30  # bytes of what is unpacked; above that 100 times the size of the file
MOST_UNPACKED = 100
MAX_ITEMS = 200_000  # groups and arrays of the weights
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
KNOWN = {CONFIG, "metadata.json", WEIGHTS}
ASSETS = "assets/"


class NoModelFile(Exception):
    """A file that Keras is not given: it is damaged, or leads elsewhere."""


def load_model_file(path: Path, custom_objects: Mapping[str, Any]) -> Any:
    """The model of a `.keras` file, not compiled.

    Raises:
        NoModelFile: it is not as Keras writes it, or leads to other files.
        OSError: it cannot be opened.
        Exception: whatever Keras raises on a configuration that it does not take.
    """
    import keras

    look_through(path)
    with masks_passing():
        return keras.models.load_model(path, compile=False, safe_mode=True, custom_objects=dict(custom_objects))


def said(error: Exception) -> str:
    """What is wrong with the file, without the system's number of it."""
    return str(getattr(error, "strerror", None) or error)


def look_through(path: Path) -> None:
    """Raises NoModelFile on a file that is not given to Keras, and OSError where it cannot be opened."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        limit = max(ALWAYS_ALLOWED, MOST_UNPACKED * size)
        try:
            with zipfile.ZipFile(file) as archive:
                _members(archive, limit)
                if WEIGHTS in archive.namelist():
                    with archive.open(WEIGHTS) as weights:
                        _weights(weights, limit)
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
        while waiting:
            group = waiting.pop()
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
