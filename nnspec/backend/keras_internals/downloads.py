"""Where `keras.applications` gets its files from, and the names that Keras counts on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras.src.backend import config
from keras.src.backend.common import global_state
from keras.src.utils import file_utils

NAMES = "object_name_uids"


@contextmanager
def files_from(fetch: Callable[..., str]) -> Iterator[None]:
    """Within it, the networks of `keras.applications` get files of weights by ``fetch``.

    They call ``keras.utils.get_file`` with a name, an address and a hash, and take no other function for it; a folder
    or a mirror in place of that address has no public way.

    Args:
        fetch: takes what ``keras.utils.get_file`` does, and gives the path of the file.
    """
    before = file_utils.get_file
    file_utils.get_file = fetch
    try:
        yield
    finally:
        file_utils.get_file = before


def kept_in() -> Path:
    """The folder that ``keras.utils.get_file`` keeps weights in; `KERAS_HOME` may move it, `/tmp` stand in for it."""
    home = Path(config.keras_home()).expanduser()
    return (home if os.access(home, os.W_OK) else Path("/tmp/.keras")) / "models"


@contextmanager
def names_from_the_start() -> Iterator[None]:
    """Within it, layers that have no name of their own are counted from the first: ``conv2d``, ``conv2d_1``.

    Keras counts them over a whole process, and forgets that publicly only together with all else
    (``keras.utils.clear_session``).
    """
    before: Any = global_state.get_global_attribute(NAMES)
    global_state.set_global_attribute(NAMES, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(NAMES, before)
