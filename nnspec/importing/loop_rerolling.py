"""Repetition found again: runs of entries that are alike become ``repeat`` and ``for``, loops within loops.

Which folding is best is not known beforehand: a loop that saves nothing by itself may make others possible. So a few
ways are tried, and the one with the fewest lines is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from keyword import iskeyword
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.scope import RESERVED
from nnspec.importing.anti_unification import Defaults, Slot, Unlike, alike, filled, single_round, slots
from nnspec.importing.expressions import Name, names_in
from nnspec.importing.text import lines_of
from nnspec.layers import layer_kind

Entry = dict[str, Any]

MAX_LISTS = 7  # names that one `for` walks: beyond, nobody can read it
MAX_PERIOD = 120  # entries of one round
LONG_ROUND = 6  # entries: from this length on, the shortest round need not be the block
SPELLED_OUT = 8  # rounds up to which a `for` lists numbers that only count
# Least gain in lines of a loop, at first; whether single rounds count as loops of one; how many entries longer than
# the shortest a round may be.
TRIES = tuple(product((1, -4), (False, True), (0, 5)))
IN_NAMES = ""  # the hint of lists whose numbers are parts of names
WORTH_A_LOOP = 1
# A round that begins with a layer of one of these families was cut in the middle of a block.
CLOSING = ("activation", "normalization", "regularization")


def keras_default(kind: str, argument: str) -> Any:
    return catalog().defaults("layer", kind).get(argument)


def folded(entries: list[Entry], defaults: Defaults = keras_default) -> list[Entry]:
    """The shortest of a few foldings of a ``layers`` section."""
    tries = [_Folder(defaults, *gains).fold(entries) for gains in TRIES]
    return min(tries, key=weight)


def weight(entries: Sequence[Entry]) -> int:
    """What entries ask of a reader: their lines, and every list that a loop walks beside the first."""
    return lines(entries) + sum(_effort(entry) for entry in entries)


def _effort(entry: Entry) -> int:
    inner = [*entry.get("layers", ()), *(inner for branch in entry.get("parallel", ()) for inner in branch)]
    return _walking(entry) + sum(_effort(item) for item in inner)


def _walking(entry: Entry) -> int:
    """A loop of two rounds that differ in several things is harder to read than the two written out."""
    lists = list(entry.get("for", {}).values())
    short = bool(lists) and isinstance(lists[0], list) and len(lists[0]) == 2
    return max(0, len(lists) - 1) * (2 if short else 1)


def lines(entries: Sequence[Entry]) -> int:
    """How many lines entries take."""
    return sum(len(lines_of(entry)) for entry in entries)


@dataclass(frozen=True, slots=True)
class _Run:
    """A loop that could stand for entries ``start`` to ``end``."""

    start: int
    end: int
    loop: Entry
    gain: int
    rank: tuple[int, ...]  # the lower the better, among runs that gain the same


@dataclass(slots=True)
class Shapes:
    """Numbers for entries: those that differ in values alone have one in common."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def of(self, entry: Entry) -> int:
        parts: list[Any] = [tuple(entry)]
        if "parallel" in entry:
            parts += [tuple(self.of(inner) for inner in branch) for branch in entry["parallel"]]
            parts.append(tuple(entry["merge"]))
        if "layers" in entry:
            parts += [tuple(self.of(inner) for inner in entry["layers"]), tuple(entry.get("for", ()))]
        return self.numbers.setdefault(tuple(parts), len(self.numbers))


@dataclass(slots=True)
class _Folder:
    defaults: Defaults
    least: int
    lonely: bool
    slack: int
    shapes: Shapes = field(default_factory=Shapes)
    unfolded: dict[int, tuple[Entry, list[Entry]]] = field(default_factory=dict)  # a loop, and what it stands for
    sizes: dict[int, tuple[Entry, int]] = field(default_factory=dict)

    def fold(self, entries: list[Entry]) -> list[Entry]:
        return self.worthy(self.looped(entries))

    def looped(self, entries: list[Entry]) -> list[Entry]:
        current = [
            {**entry, "parallel": [self.looped(branch) for branch in entry["parallel"]]}
            if "parallel" in entry
            else entry
            for entry in entries
        ]
        period = 1
        while period <= min(MAX_PERIOD, len(current) // 2):
            runs = self.runs_about(current, period)
            current = self.replaced(current, runs)
            if runs and self.lonely:
                current = self.with_single_rounds(current)
            period = 1 if runs else period + 1
        return current

    def with_single_rounds(self, entries: list[Entry]) -> list[Entry]:
        """Where a loop stands elsewhere over entries like these, a loop of one round: stages then are alike."""
        loops = {
            tuple(self.shapes.of(inner) for inner in entry["layers"]): entry for entry in entries if "repeat" in entry
        }
        found: list[Entry] = []
        position = 0
        while position < len(entries):
            for shapes, loop in loops.items():
                piece = entries[position : position + len(shapes)]
                if shapes == tuple(self.shapes.of(entry) for entry in piece):
                    try:
                        found.append({**loop, "repeat": 1, "layers": single_round(loop, piece)})
                    except Unlike:
                        continue
                    self.unfolded[id(found[-1])] = (found[-1], piece)
                    position += len(piece)
                    break
            else:
                found.append(entries[position])
                position += 1
        return found

    def replaced(self, entries: list[Entry], runs: list[_Run]) -> list[Entry]:
        """The entries with loops in place of runs, which follow each other."""
        found: list[Entry] = []
        position = 0
        for run in runs:
            if run.start >= position:
                found += [*entries[position : run.start], run.loop]
                self.unfolded[id(run.loop)] = (run.loop, entries[run.start : run.end])
                position = run.end
        return found + entries[position:]

    def runs_about(self, entries: list[Entry], period: int) -> list[_Run]:
        """The runs of a period; of long rounds the one that gains most, among somewhat longer ones too."""
        runs = list(self.runs(entries, period))
        if runs and self.slack and period >= LONG_ROUND:
            for longer in range(period + 1, min(period + self.slack, len(entries) // 2) + 1):
                runs += self.runs(entries, longer)
            runs = [max(runs, key=lambda run: run.gain)]
        return runs

    def runs(self, entries: list[Entry], period: int) -> Iterator[_Run]:
        shapes = [self.shapes.of(entry) for entry in entries]
        same = [left == right for left, right in zip(shapes, shapes[period:], strict=False)] + [False]
        start = 0
        while start < len(same):
            end = same.index(False, start)
            if end - start >= period:
                best = self.best(entries, start, end + period, period)
                if best is not None and best.gain >= self.least:
                    yield best
            start = end + 1

    def best(self, entries: list[Entry], start: int, end: int, period: int) -> _Run | None:
        """The best loop within a stretch that has this period: the most rounds, then the clearest cut."""
        for rounds in range((end - start) // period, 1, -1):
            room = end - start - rounds * period
            offsets = range(min(room, 24) + 1)
            runs = [self.run(entries, start + offset, rounds, period) for offset in offsets]
            found = [run for run in runs if run is not None]
            if found:
                return min(found, key=lambda run: (-run.gain, run.rank))
        return None

    def run(self, entries: list[Entry], start: int, rounds: int, period: int) -> _Run | None:
        end = start + rounds * period
        pieces = [entries[first : first + period] for first in range(start, end, period)]
        try:
            body = alike(pieces, self.defaults)
            loop = _loop(body, rounds)
        except Unlike:
            return None
        gain = sum(self.size(entry) for entry in entries[start:end]) - len(lines_of(loop)) - _walking(loop)
        closing = layer_kind(next(iter(pieces[0][0]))).family in CLOSING
        return _Run(start, end, loop, gain, (len({slot.key for slot in slots(body)}), int(closing), start))

    def size(self, entry: Entry) -> int:
        if id(entry) not in self.sizes:
            self.sizes[id(entry)] = (entry, len(lines_of(entry)))  # kept alive, so that its id stays its own
        return self.sizes[id(entry)][1]

    def worthy(self, entries: list[Entry]) -> list[Entry]:
        """Without the loops that served no larger one and save too little by themselves."""
        found: list[Entry] = []
        for entry in entries:
            if "parallel" in entry:
                found.append({**entry, "parallel": [self.worthy(branch) for branch in entry["parallel"]]})
                continue
            _, inside = self.unfolded.get(id(entry), (None, None))
            if inside is None:
                found.append(entry)
                continue
            inside = self.worthy(inside)
            found += inside if weight(inside) - weight([entry]) < WORTH_A_LOOP else [entry]
        return found


def _loop(body: list[Entry], rounds: int) -> Entry:
    """The entry of a loop over a body with slots.

    Raises:
        Unlike: it would walk too many lists.
    """
    vectors: dict[str, Slot] = {}
    for slot in slots(body):
        vectors.setdefault(slot.key, slot)
    taken = {*names_in(body)}
    counting = [slot for slot in vectors.values() if _counts(slot)]
    others = [slot for slot in vectors.values() if not _counts(slot)]
    names: dict[str, Name] = {}
    lists: dict[str, list[Any]] = {}
    hints: dict[str, str] = {}  # what a list is for: numbers of one sort alone are multiples of each other
    index = None
    if counting:
        first = counting[0]
        name = free_name(first.hint, taken)
        spelled = bool(others) and rounds <= SPELLED_OUT
        if spelled:
            lists[name] = list(first.values)
        else:
            index = name
        base = first.values[0] if spelled else 0
        names |= {slot.key: Name(name, offset=slot.values[0] - base) for slot in counting}
    for slot in sorted(others, key=_magnitude):
        derived = _multiple(slot, {name: lists[name] for name, hint in hints.items() if hint == slot.hint})
        derived = derived or _shift(slot, {name: lists[name] for name, hint in hints.items() if hint == IN_NAMES})
        if derived is None:
            name = free_name(slot.hint, taken)
            lists[name], hints[name] = list(slot.values), IN_NAMES if slot.in_text else slot.hint
            derived = Name(name)
        names[slot.key] = derived
    if len(lists) > MAX_LISTS:
        raise Unlike
    loop: Entry = {"for": lists} if lists else {"repeat": rounds}
    if index is not None:
        loop["as"] = index
    return {**loop, "layers": filled(body, names)}


def _counts(slot: Slot) -> bool:
    """Whether its values go up by one: part of a name that numbers the rounds."""
    steps = {
        right - left if type(left) is int and type(right) is int else None
        for left, right in zip(slot.values, slot.values[1:], strict=False)
    }
    return slot.in_text and steps == {1}


def _magnitude(slot: Slot) -> tuple[int, float]:
    """Numbers first, the smallest first: the others may be multiples of them."""
    numbers = all(type(value) is int for value in slot.values)
    return (0, sum(slot.values)) if numbers else (1, 0)


def _multiple(slot: Slot, lists: Mapping[str, list[Any]]) -> Name | None:
    """``$(4 * filters)``, where a list is there whose multiple this one is."""
    if not all(type(value) is int and value > 0 for value in slot.values):
        return None
    for name, values in lists.items():
        if not all(type(value) is int and value > 0 for value in values):
            continue
        factor, rest = divmod(slot.values[0], values[0])
        if (
            not rest
            and factor > 1
            and all(value == factor * base for value, base in zip(slot.values, values, strict=True))
        ):
            return Name(name, factor=factor)
    return None


def _shift(slot: Slot, lists: Mapping[str, list[Any]]) -> Name | None:
    """``$(block + 1)`` in a name, where a list is there that runs at this distance."""
    if not slot.in_text or not all(type(value) is int for value in slot.values):
        return None
    for name, values in lists.items():
        if all(type(base) is int for base in values):
            steps = {value - base for value, base in zip(slot.values, values, strict=True)}
            if len(steps) == 1:
                return Name(name, offset=steps.pop())
    return None


def free_name(hint: str, taken: set[str]) -> str:
    """A name that is free, and takes it."""
    usable = hint if hint.isidentifier() and not iskeyword(hint) and hint not in RESERVED else "value"
    found, count = usable, 1
    while found in taken:
        count += 1
        found = f"{usable}_{count}"
    taken.add(found)
    return found
