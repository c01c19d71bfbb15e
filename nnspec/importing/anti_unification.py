"""What several pieces of a spec have in common: one piece with slots where they differ.

Arguments may be left out in some of them: their default stands in. Names differ by numbers or words within them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.importing.expressions import Name, Pattern, names_in
from nnspec.importing.values import SIZES, single
from nnspec.layers.types import KindValue

Defaults = Callable[[str, str], Any]  # of a kind's or a block's argument

SIBLINGS = ("name", "from", "reuse")
SHAPES = ("target_shape", "output_shape")
_TOKEN = re.compile(r"\d+|[A-Za-z]+|[^A-Za-z\d]+")


class Unlike(Exception):
    """Pieces that differ in more than numbers and words."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where pieces differ: the value of each, in order, and what it is, which may become its name.

    ``in_text``: it is part of a name; nothing else may be said in its place but a text or a number.
    """

    values: tuple[Any, ...]
    hint: str
    in_text: bool = False

    @property
    def key(self) -> str:
        return repr(self.values)


@dataclass(frozen=True, slots=True)
class Shifted:
    """In a name, the index of an inner loop plus what pieces differ in."""

    index: str
    slot: Slot


def alike(pieces: Sequence[list[Any]], defaults: Defaults) -> list[Any]:
    """Lists of entries as one list with slots.

    Raises:
        Unlike: there is no such list.
    """
    if len({len(piece) for piece in pieces}) != 1:
        raise Unlike
    return [_entry(entries, defaults) for entries in zip(*pieces, strict=True)]


def _entry(entries: Sequence[Mapping[str, Any]], defaults: Defaults) -> dict[str, Any]:
    first = entries[0]
    if any(list(entry) != list(first) for entry in entries):
        raise Unlike
    return {key: _value(key, [entry[key] for entry in entries], defaults) for key in first}


def _value(key: str, values: list[Any], defaults: Defaults) -> Any:
    if key in SIBLINGS:
        return _reference(values)
    if key == "parallel":
        if len({len(value) for value in values}) != 1:
            raise Unlike
        return [alike(branches, defaults) for branches in zip(*values, strict=True)]
    if key == "layers":
        return alike(values, defaults)
    if key == "merge":
        return _entry(values, defaults)
    if key == "repeat":
        return _leaf(values, "rounds")
    if key == "for":
        if any(list(value) != list(values[0]) for value in values):
            raise Unlike
        return {name: _leaf([value[name] for value in values], f"{name}_lists") for name in values[0]}
    if key in ("as", "call"):
        return _same(values)
    return _arguments(key, values, defaults)


def _arguments(kind: str, values: list[Any], defaults: Defaults) -> dict[str, Any]:
    names = dict.fromkeys(name for value in values for name in value)
    found = {}
    for name in names:
        default = defaults(kind, name)
        given = [value[name] if name in value else single(default) if name in SIZES else default for value in values]
        found[name] = _shape(given) if name in SHAPES else _leaf(given, name)
    return found


def _shape(values: list[Any]) -> Any:
    """A shape by its dimensions: one that differs is mostly a number of filters."""
    if any(not isinstance(value, list) or len(value) != len(values[0]) for value in values):
        return _leaf(values, "shape")
    return [_leaf(list(sizes), "filters") for sizes in zip(*values, strict=True)]


def _leaf(values: list[Any], hint: str) -> Any:
    if _equal(values):
        return values[0]
    if any(isinstance(value, Pattern | KindValue | Mapping) or _holds_objects(value) for value in values):
        raise Unlike
    return Slot(tuple(values), hint)


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(item, Pattern | KindValue | Mapping) or _holds_objects(item) for item in value
    )


def _same(values: list[Any]) -> Any:
    if not _equal(values):
        raise Unlike
    return values[0]


def _equal(values: list[Any]) -> bool:
    return all(type(value) is type(values[0]) and value == values[0] for value in values)


def _reference(values: list[Any]) -> Any:
    """``name:`` and ``from:``, where a name is text with numbers in it."""
    first = values[0]
    if any(type(value) is not type(first) and not isinstance(value, str | Pattern) for value in values):
        raise Unlike
    if isinstance(first, Mapping):
        if any(list(value) != list(first) for value in values):
            raise Unlike
        return {key: _reference([value[key] for value in values]) for key in first}
    if isinstance(first, list):
        if any(not isinstance(value, list) or len(value) != len(first) for value in values):
            raise Unlike
        return [_reference(list(items)) for items in zip(*values, strict=True)]
    return _text(values)


def _text(values: list[Any]) -> Any:
    if _equal(values):
        return values[0]
    rows = [list(_tokens(value)) for value in values]
    if len({len(row) for row in rows}) != 1:
        raise Unlike
    parts: list[Any] = []
    hint = ""
    for tokens in zip(*rows, strict=True):
        part = tokens[0] if _equal(list(tokens)) else _token_slot(tokens, hint)
        if isinstance(part, str) and part.isalpha():
            hint = part
        if parts and isinstance(part, str) and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return Pattern(tuple(parts))


def _tokens(value: str | Pattern) -> Iterator[str | Name]:
    for part in value.parts if isinstance(value, Pattern) else (value,):
        if isinstance(part, str):
            yield from _TOKEN.findall(part)
        else:
            yield part


def _shifted(tokens: Sequence[Any]) -> Shifted:
    """The index of an inner loop that counts from another number in each piece."""
    first = tokens[0]
    if any(
        not isinstance(token, Name) or (token.name, token.factor, token.plus) != (first.name, 1, "") for token in tokens
    ):
        raise Unlike
    return Shifted(first.name, Slot(tuple(token.offset for token in tokens), "first", in_text=True))


def _token_slot(tokens: Sequence[Any], hint: str) -> Slot | Shifted:
    if isinstance(tokens[0], Name):
        return _shifted(tokens)
    if any(isinstance(token, Name) for token in tokens):
        raise Unlike
    if all(token.isdecimal() and str(int(token)) == token for token in tokens):
        return Slot(tuple(int(token) for token in tokens), hint or "i", in_text=True)
    if all(token.isalnum() for token in tokens):
        return Slot(tuple(tokens), "part", in_text=True)
    raise Unlike


def slots(value: Any) -> Iterator[Slot]:
    """The slots of a piece, in the order of reading."""
    if isinstance(value, Slot):
        yield value
    elif isinstance(value, Pattern):
        yield from (part.slot if isinstance(part, Shifted) else part for part in value.parts if not _is_said(part))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from slots(item)
    elif isinstance(value, list):
        for item in value:
            yield from slots(item)


def _is_said(part: Any) -> bool:
    return not isinstance(part, Slot | Shifted)


def _named(part: Slot | Shifted, names: Mapping[str, Name]) -> Name:
    if isinstance(part, Slot):
        return names[part.key]
    base = names[part.slot.key]
    if base.factor != 1 or base.plus:
        raise Unlike
    return Name(part.index, offset=base.offset, plus=base.name)


def filled(value: Any, names: Mapping[str, Name]) -> Any:
    """The piece with a name in each slot, by the slot's key."""
    if isinstance(value, Slot):
        return Pattern((names[value.key],))
    if isinstance(value, Pattern):
        return Pattern(tuple(part if _is_said(part) else _named(part, names) for part in value.parts))
    if isinstance(value, Mapping):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return value


def single_round(loop: Mapping[str, Any], piece: list[Any]) -> list[Any]:
    """A piece as the body of a loop of one round, its names numbered by the index as in ``loop``.

    Raises:
        Unlike: a name is not of the loop's form.
    """
    return [_numbered(inside, entry, loop.get("as", "")) for inside, entry in zip(loop["layers"], piece, strict=True)]


def _numbered(inside: Any, given: Any, index: str) -> Any:
    if isinstance(inside, Mapping) and isinstance(given, Mapping):
        return {key: _numbered(inside.get(key), value, index) for key, value in given.items()}
    if isinstance(inside, list) and isinstance(given, list) and len(inside) == len(given):
        return [_numbered(left, right, index) for left, right in zip(inside, given, strict=True)]
    if not isinstance(inside, Pattern) or not isinstance(given, str) or index not in names_in(inside):
        return given
    form = "".join(re.escape(part) if isinstance(part, str) else r"(\d+)" for part in inside.parts)
    found = re.fullmatch(form, given)
    if found is None:
        raise Unlike
    numbers = iter(found.groups())
    return Pattern(
        tuple(part if isinstance(part, str) else Name(index, offset=int(next(numbers))) for part in inside.parts)
    )
