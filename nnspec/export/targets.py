"""The arguments of a target as they come from Python: what `check` has not seen."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nnspec.catalog.targets import TARGETS, Target, target_of
from nnspec.export.errors import ExportError


def read_target(kind: str, args: Mapping[str, Any]) -> Target:
    """The target that `kind: args` describes.

    Raises:
        ExportError: an unknown target or argument, or a value outside what the argument takes.
    """
    if kind not in TARGETS:
        raise ExportError(f"no export target is called {kind!r}", hint=f"one of {', '.join(TARGETS)}")
    target = TARGETS[kind]
    known = {entry.name for entry in fields(target)}  # type: ignore[arg-type]
    hints = {name: hint for name, hint in get_type_hints(target).items() if name in known}
    for name, value in args.items():
        if name not in hints:
            raise ExportError(f"{kind} has no argument {name!r}", hint=f"it takes {', '.join(hints)}")
        if not _admits(hints[name], value):
            raise ExportError(f"{kind}: {name} cannot be {value!r}", hint=_meaning(target, name))
    return target_of(kind, args)


def _admits(hint: Any, value: Any) -> bool:
    """Whether a value of an argument is of its annotated type; the numbers must be positive (a drop may be 0)."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_admits(part, value) for part in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    if origin is dict:
        return (
            isinstance(value, Mapping)
            and bool(value)
            and all(_admits(get_args(hint)[1], one) for one in value.values())
        )
    if isinstance(value, bool) or value is None:  # True is an int to Python
        return hint is type(value)
    if hint is float:
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, hint) and (hint is str or value > 0)


def _meaning(target: type[Target], name: str) -> str:
    documented: dict[str, Field[Any]] = {entry.name: entry for entry in fields(target)}  # type: ignore[arg-type]
    entry = documented[name]
    default = "" if entry.default in (None, MISSING) else f" (default {entry.default})"
    return f"{name}: {entry.metadata['doc']}{default}"
