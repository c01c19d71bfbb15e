"""Data of a Python program as a spec has them: NumPy's numbers, tuples, arrays and paths; the rest is refused by name.

``nnspec.load`` takes a spec as a mapping, and values to replace in one. What YAML has no word for, such as a layer that
was made already, is refused with its place and with what to give.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

from nnspec.frontend.source import MAX_BYTES, MAX_DEPTH, MAX_NODES


def plain(value: Any, place: str = "") -> Any:
    """The value as numbers, texts, lists and mappings.

    Args:
        place: the keys that lead to it, for a message.

    Raises:
        TypeError: it holds something else, itself, or more than the text of a spec may: lists that are shared, or an
            array, would be written out without an end.
    """
    return _plain(value, place, 0, Counter())


def _plain(value: Any, place: str, depth: int, spent: Counter[str]) -> Any:
    if depth > MAX_DEPTH:
        raise TypeError(f"{_where(place[:80])} is nested deeper than {MAX_DEPTH} levels, or holds itself")
    size = getattr(value, "size", 1)
    spent["values"] += size if isinstance(size, int) else 1
    spent["characters"] += len(value) if isinstance(value, str) else 0
    if spent["values"] > MAX_NODES or spent["characters"] > MAX_BYTES:
        most = f"{MAX_NODES:,} values and {MAX_BYTES:,} characters"
        raise TypeError(f"up to {_where(place[:80])} are more than {most}, which a spec may have at most")
    if value is None or isinstance(value, bool | int | float | str):
        return value if type(value) in (type(None), bool, int, float, str) else _base(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        entries = ((_key(key, place), inner) for key, inner in value.items())
        return {key: _plain(inner, f"{place}.{key}" if place else key, depth + 1, spent) for key, inner in entries}
    if isinstance(value, list | tuple | range):
        return [_plain(inner, f"{place}.{number}", depth + 1, spent) for number, inner in enumerate(value)]
    if callable(getattr(value, "tolist", None)) and not isinstance(value, type):  # of NumPy, pandas, PyTorch
        return _plain(value.tolist(), place, depth + 1, spent)
    if type(value).__name__ == "EagerTensor":
        return _plain(value.numpy(), place, depth + 1, spent)
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
