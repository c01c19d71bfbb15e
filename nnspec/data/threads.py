"""Threads that decode files: the libraries let go of the interpreter while they decode and resize."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from nnspec.data.errors import DataError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


def pool() -> ThreadPoolExecutor:
    """As many threads as there are processors."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(os.cpu_count() or 1)


def attempt(read: Callable[[Any], T], place: Any) -> T | DataError:
    """What `read` makes of a file, or why it cannot be read."""
    try:
        return read(place)
    except DataError as error:
        return error


class OneByOne:
    """What reads several files one after the other."""

    at_once: ClassVar = 16

    def looked(self, place: Any) -> Any:
        raise NotImplementedError

    def several(self, places: Sequence[Any]) -> list[Any]:
        """As `looked` of each, with the error of what cannot be read."""
        return [attempt(self.looked, place) for place in places]
