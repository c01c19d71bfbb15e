"""Data of a Python program as a spec has them: NumPy's numbers, tuples, arrays and paths; the rest is refused by name.

``nnspec.load`` takes a spec as a mapping, and values to replace in one. What YAML has no word for, such as a layer that
was made already, is refused with its place and with what to give.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 64


def plain(value: Any, place: str = "", depth: int = 0) -> Any:
    """The value as numbers, texts, lists and mappings.

    Args:
        place: the keys that lead to it, for a message.

    Raises:
        TypeError: it holds something else, or itself.
    """
    if depth > MAX_DEPTH:
        raise TypeError(f"{_where(place[:80])} is nested deeper than {MAX_DEPTH} levels, or holds itself")
    if value is None or isinstance(value, bool | int | float | str):
        return value if type(value) in (type(None), bool, int, float, str) else _base(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        entries = ((_key(key, place), inner) for key, inner in value.items())
        return {key: plain(inner, f"{place}.{key}" if place else key, depth + 1) for key, inner in entries}
    if isinstance(value, list | tuple | range):
        return [plain(inner, f"{place}.{number}", depth + 1) for number, inner in enumerate(value)]
    if callable(getattr(value, "tolist", None)) and not isinstance(value, type):  # of NumPy, pandas, PyTorch
        return plain(value.tolist(), place, depth + 1)
    if type(value).__name__ == "EagerTensor":
        return plain(value.numpy(), place, depth + 1)
    raise TypeError(f"{_where(place)} is {_what(value)}")


def _base(value: Any) -> Any:
    """A number or a text of a subclass, such as NumPy's, as that of Python; a member of an Enum as its value."""
    return next(kind(value) for kind in (bool, int, float, str) if isinstance(value, kind))


def _key(key: Any, place: str) -> str:
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    key = plain(key, f"a key of {place}" if place else "a key")
    if isinstance(key, list | dict):
        raise TypeError(f"a key of {_where(place)} is a {type(key).__name__}: keys are texts")
    return str(key)


def _where(place: str) -> str:
    return f"`{place}`" if place else "the spec"


def _what(value: Any) -> str:
    """What a value is, and what to give in its place."""
    kind = type(value)
    name = f"{'an' if kind.__name__[:1] in 'aeiouAEIOU' else 'a'} {kind.__name__}"
    if isinstance(value, set | frozenset):
        return f"{name}, which has no order: give a list"
    if isinstance(value, bytes | bytearray):
        return f"{name}: give a text"
    if hasattr(value, "__next__"):
        return f"{name}: give a list"
    if kind.__module__.partition(".")[0] in ("keras", "tensorflow", "tf_keras", "torch"):
        library = kind.__module__.partition(".")[0]
        return f'an object of {library}: give its kind by name, "{kind.__name__}" or {{"{kind.__name__}": {{...}}}}'
    if callable(value):
        called = getattr(value, "__name__", kind.__name__)
        return f'a function or class: give its name as a text, "{called}"'
    return f"{name}: a spec holds numbers, texts, lists and mappings"
