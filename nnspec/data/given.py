"""New examples as a user gives them: one or many, and mappings by name whose names are checked."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.nearest import nearest


def examples_of(given: Any) -> list[Any]:
    """The examples of what a caller gives: a list of them, or one that stands for itself.

    A text, a path and a mapping are one example; so is anything in a list. An array is as many as its first axis says.

    Raises:
        TypeError: it is nothing that holds examples.
    """
    if isinstance(given, str | os.PathLike | Mapping):
        return [given]
    if isinstance(given, bytes | bytearray):
        raise TypeError("examples are texts, paths, mappings or arrays, not bytes: decode them first")
    if hasattr(given, "iterrows"):  # iterating over a DataFrame gives the names of its columns
        raise TypeError('examples are a list: of a DataFrame give `frame.to_dict("records")`')
    if not isinstance(given, Iterable) or getattr(given, "shape", None) == ():
        raise TypeError(f"examples are a list, not {type(given).__name__}: give one as `[example]`")
    return list(given)


def check_texts(examples: Iterable[Any], *, tokens: bool) -> None:
    """Raises DataError where an example is no text.

    Args:
        tokens: whether it may be a list of tokens too.
    """
    for number, example in enumerate(examples, 1):
        if isinstance(example, str):
            continue
        if not tokens:
            raise DataError(f"example {number} is a text, not {type(example).__name__}")
        if not isinstance(example, list | tuple) or not all(isinstance(token, str) for token in example):
            raise DataError(f"example {number} is a text or a list of tokens, not {type(example).__name__}")


def check_names(
    example: Mapping[str, Any],
    wanted: Collection[str],
    number: int | None,
    *,
    more: bool,
    may_lack: Collection[str] = (),
    file: str | None = None,
) -> None:
    """Raises DataError where an example by name lacks a feature or has one that is not known.

    Args:
        number: the example's, from 1; None for a file as a whole.
        more: whether names that are not wanted are allowed, as in the rows of a file.
        may_lack: features that may be missing, unless a name of the example looks like a misspelt one.
        file: where the example comes from.
    """
    extra = [str(name) for name in example if name not in wanted]
    place = "the file" if number is None else f"example {number}"
    near = {name: nearest(name, extra) for name in wanted if name not in example}
    missing = [name for name, other in near.items() if other or name not in may_lack]
    if missing:
        hint = f"it has {', '.join(map(repr, example)) or 'nothing'}"
        other = next(filter(None, near.values()), None)
        raise DataError(
            f"{place} has no {_listed(missing)}", file=file, hint=f"is it {other!r} of the example?" if other else hint
        )
    if extra and not more:
        raise DataError(
            f"{place} has {_listed(extra)}, which training did not have", file=file, hint=f"it takes {_listed(wanted)}"
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(map(repr, names))
