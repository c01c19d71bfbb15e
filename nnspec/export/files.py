"""Putting a finished file or folder in its place: whole or not at all."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnspec.console.atomic_files import sweep, unfinished
from nnspec.export.errors import ExportError


@contextmanager
def workshop(out: Path) -> Iterator[Path]:
    """A scratch folder inside `out` (so on its file system), gone afterwards whatever happens.

    Raises:
        ExportError: `out` cannot be made or written, or the disk is full.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        sweep(out)
        scratch = Path(tempfile.mkdtemp(prefix=unfinished("export"), dir=out))
    except OSError as error:
        raise _unwritable(out, error) from error
    try:
        yield scratch
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def publish(made: Path, place: Path) -> None:
    """Moves a finished file or folder from a workshop to its place, over what stood there.

    Raises:
        OSError: it cannot be moved; what stood there stands there again.
    """
    if made.is_file() and not place.is_dir():
        os.replace(made, place)
        return
    if place.exists() and _exchanged(made, place):
        return
    old = made.parent / f"old-{place.name}"  # goes with the workshop: a folder cannot be overwritten
    there = place.exists()
    if there:
        os.replace(place, old)
    try:
        os.replace(made, place)
    except OSError:
        if there:
            os.replace(old, place)
        raise


def _exchanged(one: Path, other: Path) -> bool:
    """Whether two names were exchanged in one step, so that whoever is killed leaves the one or the other (Linux)."""
    if sys.platform != "linux":
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of linux/fs.h
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def remove(path: Path) -> None:
    """Removes a file or folder that may be there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(part.stat().st_size for part in [path, *path.rglob("*")] if part.is_file())


def _unwritable(out: Path, error: OSError) -> ExportError:
    return ExportError(
        f"cannot write to {out}: {error.strerror or error}", hint="is there space, and the right to write?"
    )
