"""How an address is told from a path, and what is inside of an archive from the archive."""

from __future__ import annotations

import os
import re

from nnspec.data.errors import DataError

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
ZIP = "zip://"
HINT = "`zip://train.csv::data.zip`: what is inside, then the archive"


def in_archive(address: str) -> tuple[str, str]:
    """The archive, a path or an address, and what is inside of it: a file, a folder or a pattern.

    Raises DataError on what names none.
    """
    rest = address.removeprefix(ZIP)
    inside, mark, archive = rest.partition("::")
    if not mark:
        archive, mark, inside = rest.partition("!/")
    inside = inside.strip("/")
    if not archive or not inside or ".." in inside.split("/"):
        raise DataError("this names nothing inside of an archive", file=address, hint=HINT)
    return archive, inside


def anchored(address: str, folder: str) -> str:
    """An address whose archive is a path, with that path from the root: it was relative to `folder`."""
    if not address.startswith(ZIP):
        return address
    try:
        archive, inside = in_archive(address)
    except DataError:
        return address  # the reading says so
    if ADDRESS.match(archive):
        return address
    return f"{ZIP}{inside}::{os.path.abspath(os.path.join(folder, os.path.expanduser(archive)))}"
