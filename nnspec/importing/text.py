"""The plain data of a spec as YAML text: a layer a line where it fits, braces around its arguments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from textwrap import fill
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.source import resolve
from nnspec.importing.expressions import Pattern
from nnspec.layers.types import KindValue

WIDTH = 120
_PLAIN = re.compile(r"(?:\.{1,2}/)*[A-Za-z_$][\w$()+* ./-]*")
GAP = object()  # nothing, as in `{Flatten: , name: flat}`, or a parameter that has no default


def lines_of(entry: Any, indent: int = 0) -> list[str]:
    """The lines of one entry of a list, its dash at ``indent``."""
    first, *rest = _mapping(entry, indent + 2) if isinstance(entry, Mapping) else [" " * (indent + 2) + scalar(entry)]
    return [" " * indent + "- " + first.lstrip(), *rest]


def section(name: str, value: Any) -> list[str]:
    """The lines of a section: a mapping, a list of entries, or a scalar."""
    return _pair(name, value, 0)


def _mapping(entry: Mapping[str, Any], indent: int) -> list[str]:
    margin = " " * indent
    if "parallel" not in entry and "layers" not in entry:
        inline = _entry_inline(entry)
        if len(margin) + len(inline) <= WIDTH:
            return [margin + inline]
    lines = []
    for key, value in entry.items():
        lines += _pair(key, value, indent)
    return lines


def _pair(key: str, value: Any, indent: int) -> list[str]:
    head = f"{' ' * indent}{key}:"
    value = _kind_alone(value) if key == "merge" else _short(key, value)
    if key == "parallel":
        return [head, *(line for branch in value for line in _branch(branch, indent + 2))]
    if key in ("layers", "export", "phases") and isinstance(value, list):
        return [head, *(line for entry in value for line in lines_of(entry, indent + 2))]
    if value is GAP:
        return [head]
    inline = f"{head} {flow(value)}"
    if isinstance(value, list) and len(inline) > WIDTH and not any(isinstance(item, list | dict) for item in value):
        return fill(inline, WIDTH, subsequent_indent=" " * (indent + 2), break_on_hyphens=False).splitlines()
    if (
        not isinstance(value, Mapping)
        or not value
        or (len(inline) <= WIDTH and key not in ("inputs", "train", "blocks"))
    ):
        return [inline]
    return [head, *(line for name, inner in value.items() for line in _pair(name, inner, indent + 2))]


def _branch(branch: list[Any], indent: int) -> list[str]:
    if not branch:
        return [" " * indent + "- []"]
    lines = [line for entry in branch for line in lines_of(entry, indent + 2)]
    return [" " * indent + "- " + lines[0].lstrip(), *lines[1:]]


def _entry_inline(entry: Mapping[str, Any]) -> str:
    """``Flatten``, ``Dense: 10`` or ``{Dense: 10, name: scores}``."""
    parts = []
    for key, value in entry.items():
        short = _short(key, value)
        parts.append(f"{key}: " if short is GAP else f"{key}: {flow(short)}")
    if len(parts) > 1:
        return "{" + ", ".join(parts) + "}"
    return parts[0].removesuffix(": ")


def _short(key: str, value: Any) -> Any:
    """The arguments of a kind in their shortest form: none, the first alone, or all by name."""
    if isinstance(value, Mapping) and not value:
        return GAP
    if not key[:1].isupper() or not isinstance(value, Mapping):
        return value
    return _arguments("layer", key, value)


def _kind_alone(entry: Mapping[str, Any] | str) -> Any:
    """``Add``, or ``{Concatenate: 1}``, as ``merge`` takes it."""
    if isinstance(entry, str):
        return entry
    kind, args = next(iter(entry.items()))
    return entry if args else kind


def _arguments(category: str, kind: str, args: Mapping[str, Any]) -> Any:
    if not args:
        return GAP
    names = [argument.name for argument in catalog().arguments(category, kind)]
    if len(args) == 1 and names[:1] == list(args):
        value = args[names[0]]
        if value is not None and not isinstance(value, Mapping | KindValue):
            return value
    return args


def flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, KindValue):
        args = _kind_arguments(value)
        return value.kind if args is GAP else f"{{{value.kind}: {flow(args)}}}"
    if isinstance(value, Mapping):
        pairs = ((scalar(name), _short(name, item)) for name, item in value.items())
        return "{" + ", ".join(f"{name}: " if item is GAP else f"{name}: {flow(item)}" for name, item in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def _kind_arguments(value: KindValue) -> Any:
    category = next((name for name in _CATEGORIES if catalog().has(name, value.kind)), "layer")
    return _arguments(category, value.kind, value.args)


_CATEGORIES = ("initializer", "regularizer", "constraint", "optimizer", "schedule", "loss", "metric", "layer")


def scalar(value: Any) -> str:
    """A number, a text or null as YAML 1.2 reads it back."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return str(value)
    text = value.text() if isinstance(value, Pattern) else str(value).replace("$", "$$")
    return text if _is_plain(text) else '"' + text.translate(_ESCAPES) + '"'


def _number(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    return (".inf" if value > 0 else "-.inf") if math.isinf(value) else repr(value)


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text.endswith(" ") or " #" in text or text.lower() in _OLD_WORDS:
        return False
    return resolve(text) == text


_OLD_WORDS = {"yes", "no", "on", "off", "y", "n"}  # YAML 1.1 takes these for true and false
_ESCAPES = {34: '\\"', 92: "\\\\", **{code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160)]}}
# What breaks a line for YAML, and what is no text.
_ESCAPES |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)}
