"""Pieces that come again in different places as ``blocks``, with what they differ in as parameters.

Only pieces whose layers have no names of their own: a block would put its name before theirs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.catalog.kinds import catalog, snake
from nnspec.importing.anti_unification import Slot, Unlike, alike, filled, slots
from nnspec.importing.expressions import Name, Pattern, names_in
from nnspec.importing.loop_rerolling import Entry, Shapes, free_name, keras_default, lines
from nnspec.importing.text import GAP

MOST_BLOCKS = 12
MOST_PARAMS = 6
LONGEST = 30  # entries
WORTH = 4  # lines saved
OWN_KEYS = {"name", "from", "reuse", "for", "repeat"}
SHORT = {"BatchNormalization": "bn", "LayerNormalization": "ln", "Conv2D": "conv", "SeparableConv2D": "sepconv"}

Place = tuple[int, int]  # which list, and where in it


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block, and how it is called in each of the places that it stands for."""

    name: str
    definition: dict[str, Any]
    calls: Mapping[Place, Entry]
    length: int


@dataclass(slots=True)
class Blocks:
    """Blocks found so far, and the entries that use them."""

    entries: list[Entry]
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def default(self, kind: str, argument: str) -> Any:
        """That of a block's parameter, or of a layer's argument."""
        if kind in self.definitions:
            value = self.definitions[kind]["params"].get(argument)
            return None if value is GAP else value
        return keras_default(kind, argument)


def with_blocks(entries: list[Entry]) -> Blocks:
    """The entries with blocks for as long as one saves lines."""
    found = Blocks(entries)
    while len(found.definitions) < MOST_BLOCKS:
        piece = _best(found)
        if piece is None:
            break
        numbers = iter(range(1_000_000))
        found = Blocks(_replaced(found.entries, piece, numbers), {**found.definitions, piece.name: piece.definition})
    return found


def _lists(entries: list[Entry], numbers: Iterator[int]) -> Iterator[tuple[int, list[Entry]]]:
    """Every list of entries, at any depth, numbered in the order of reading."""
    yield next(numbers), entries
    for entry in entries:
        for branch in entry.get("parallel", ()):
            yield from _lists(branch, numbers)


def _replaced(entries: list[Entry], piece: _Piece, numbers: Iterator[int]) -> list[Entry]:
    number, position = next(numbers), 0
    found: list[Entry] = []
    while position < len(entries):
        entry, call = entries[position], piece.calls.get((number, position))
        if call is not None:
            for inner in entries[position : position + piece.length]:  # their lists are gone, but were counted
                _replaced([inner], piece, iter([-1, *(next(numbers) for _ in range(_count(inner)))]))
            found.append(call)
            position += piece.length
            continue
        if "parallel" in entry:
            entry = {**entry, "parallel": [_replaced(branch, piece, numbers) for branch in entry["parallel"]]}
        found.append(entry)
        position += 1
    return found


def _count(entry: Entry) -> int:
    """How many lists are inside an entry."""
    return sum(1 + sum(_count(inner) for inner in branch) for branch in entry.get("parallel", ()))


def _best(found: Blocks) -> _Piece | None:
    """The piece that saves the most lines; candidates are looked at in the order of what they could save."""
    lists = dict(_lists(found.entries, iter(range(1_000_000))))
    places = _repeated(lists)
    pieces = {key: [lists[number][at : at + len(key)] for number, at in where] for key, where in places.items()}
    gains = {key: _gain(lines(found_pieces[0]), len(found_pieces)) for key, found_pieces in pieces.items()}
    for key in sorted((key for key in gains if gains[key] >= WORTH), key=lambda key: (-gains[key], len(key)))[:60]:
        try:
            return _block(pieces[key], places[key], found)
        except Unlike:
            continue
    return None


def _gain(size: int, times: int) -> int:
    return times * (size - 1) - size - 4


def _repeated(lists: Mapping[int, list[Entry]]) -> dict[tuple[int, ...], list[Place]]:
    """Where pieces of one structure are, those that overlap left out; by the structure of their entries."""
    shapes = Shapes()
    places: dict[tuple[int, ...], list[Place]] = defaultdict(list)
    for number, entries in lists.items():
        row = [shapes.of(entry) if _is_anonymous(entry) else -1 for entry in entries]
        for start in range(len(row)):
            for end in range(start + 1, min(start + LONGEST, len(row)) + 1):
                if row[end - 1] < 0:
                    break
                if end - start == 1 and "parallel" not in entries[start]:
                    continue
                where = places[tuple(row[start:end])]
                if not where or where[-1][0] != number or where[-1][1] + end - start <= start:
                    where.append((number, start))
    return {key: where for key, where in places.items() if len(where) > 1}


def _is_anonymous(entry: Entry) -> bool:
    return not OWN_KEYS & set(entry) and all(
        _is_anonymous(inner) for branch in entry.get("parallel", ()) for inner in branch
    )


def _block(pieces: list[list[Entry]], places: list[Place], found: Blocks) -> _Piece:
    """
    Raises:
        Unlike: the pieces differ in too much.
    """
    body = alike(pieces, found.default)
    vectors: dict[str, Slot] = {}
    for slot in slots(body):
        vectors.setdefault(slot.key, slot)
    if _gain(lines(pieces[0]), len(pieces)) < WORTH + len(vectors):
        raise Unlike
    if len(vectors) > MOST_PARAMS or any(value is None for slot in vectors.values() for value in slot.values):
        raise Unlike
    taken = set(names_in(body))
    names = {key: Name(free_name(slot.hint, taken)) for key, slot in vectors.items()}
    params = {names[key].name: _default(slot) for key, slot in vectors.items()}
    params = dict(sorted(params.items(), key=lambda pair: pair[1] is not GAP))
    name = _name(pieces[0], set(found.definitions) | set(params))
    calls = {}
    for number, place in enumerate(places):
        values = {names[key].name: slot.values[number] for key, slot in vectors.items()}
        calls[place] = {name: {param: values[param] for param in params if not _same(values[param], params[param])}}
    definition = {"params": params, "layers": filled(body, names)}
    return _Piece(name, definition, calls, len(pieces[0]))


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _default(slot: Slot) -> Any:
    """What most pieces have, or nothing."""
    (text, count), *_ = Counter(map(repr, slot.values)).most_common(1)
    return next(value for value in slot.values if repr(value) == text) if 2 * count > len(slot.values) else GAP


def _name(piece: list[Entry], taken: set[str]) -> str:
    """``conv_bn_relu`` of a few layers, ``block`` of more."""
    words = [_word(entry) for entry in piece]
    base = "_".join(words) if len(words) < 4 and all(words) else "block"
    name, count = base, 1
    while name in taken or catalog().has("layer", name):
        count += 1
        name = f"{base}_{count}"
    return name


def _word(entry: Entry) -> str:
    if "parallel" in entry:
        return ""
    kind, args = next(iter(entry.items()))
    word = args.get("activation") if kind == "Activation" else SHORT.get(kind, snake(kind))
    return word if isinstance(word, str) and not isinstance(word, Pattern) else snake(kind)
