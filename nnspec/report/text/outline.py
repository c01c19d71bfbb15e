"""The layers of a network as the spec groups them: blocks, loops and their rounds, equal rounds in a row as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from nnspec.frontend.diagnostics import Frame, Span
from nnspec.frontend.spec import Layer, Spec
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Layers that belong together, in the order of calling.

    Attributes:
        key: unique in the outline.
        title: a block's name, a round's number and values; empty for a loop as a whole.
        members: layers and groups, at least two of them but for the outermost group.
        span: where the block is used or the loop stands; None for the outermost group.
        times: how many equal rounds these are, each one member; 1 where they differ or there is no loop.
    """

    key: str
    title: str
    members: tuple[Layer | Group, ...]
    span: Span | None = None
    times: int = 1

    @property
    def layers(self) -> Iterator[Layer]:
        """Every layer within, however deep."""
        for member in self.members:
            if isinstance(member, Layer):
                yield member
            else:
                yield from member.layers

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(member for member in self.members if isinstance(member, Group))


# A step on the way from the network to a layer: a loop as a whole is one, each of its rounds another.
_Step = tuple[Frame, bool]


def outline(spec: Spec) -> Group:
    """The outermost group, titled by the network's name."""
    paths = [(tuple(_path(layer)), layer) for layer in spec.graph.layers]
    return Group("", spec.name, tuple(_members(paths, 0, "", spec)))


def opened(root: Group, most: int) -> frozenset[str]:
    """Keys of the groups to open, from the outside in, level by level, while at most `most` rows or boxes show.

    Equal rounds stay closed: one stands for all.
    """
    keys = {root.key}
    showing = len(root.members)
    level = [group for group in root.groups if group.times == 1]
    while level:
        showing += sum(len(group.members) - 1 for group in level)
        if showing > most:
            break
        keys |= {group.key for group in level}
        level = [inner for group in level for inner in group.groups if inner.times == 1]
    return frozenset(keys)


def _path(layer: Layer) -> Iterator[_Step]:
    for note in layer.trail:
        if isinstance(note, Frame):
            if note.rounds:
                yield replace(note, message="", title="", round=0), True
            yield note, False


def _members(
    paths: Sequence[tuple[tuple[_Step, ...], Layer]], depth: int, key: str, spec: Spec
) -> Iterator[Layer | Group]:
    """What stands `depth` steps down: neighbours that took the same step make a group."""
    for index, (step, found) in enumerate(groupby(paths, lambda item: item[0][depth : depth + 1])):
        inside = list(found)
        if not step:
            yield from (layer for _, layer in inside)
        else:
            frame, is_loop = step[0]
            inner = f"{key}/{index}"
            yield _group(frame, is_loop, tuple(_members(inside, depth + 1, inner, spec)), inner, spec)


def _group(frame: Frame, is_loop: bool, members: tuple[Layer | Group, ...], key: str, spec: Spec) -> Layer | Group:
    if is_loop:
        members = tuple(_folded(members, key, frame, spec))
    title = "" if is_loop else _title(frame)
    if len(members) > 1:
        return Group(key, title, members, frame.span)
    only = members[0]
    return replace(only, title=title) if isinstance(only, Group) and not only.title else only


def _title(frame: Frame) -> str:
    if not frame.rounds:
        return frame.title
    return f"round {frame.round + 1} of {frame.rounds}" + (f": {frame.title}" if frame.title else "")


def _folded(rounds: Sequence[Layer | Group], key: str, frame: Frame, spec: Spec) -> Iterator[Layer | Group]:
    """Rounds of a loop, those in a row that are equal as one group."""
    for index, (_, found) in enumerate(groupby(rounds, lambda round_: _signature(round_, spec))):
        equal = tuple(found)
        if len(equal) == 1:
            yield equal[0]
        else:
            yield Group(f"{key}/x{index}", _common_title(equal[0]), equal, frame.span, len(equal))


def _common_title(member: Layer | Group) -> str:
    if isinstance(member, Layer):
        return member.kind
    return "rounds" if member.title.startswith("round ") else member.title


def _signature(member: Layer | Group, spec: Spec) -> Any:
    """Equal for what computes alike: kinds, arguments, output shapes and numbers of weights."""
    if isinstance(member, Layer):
        facts = spec.facts[member.name]
        return member.kind, repr(sorted(member.args.items())), facts.outputs, facts.params, member.shares is None
    return member.times, tuple(_signature(inner, spec) for inner in member.members)
