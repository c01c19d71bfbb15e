"""The names of a file: where each is defined, and where it is used. For going there, and for renaming.

A name belongs to the network as a whole (a parameter, a block, a layer, an input), or to a part of it (a block's
parameters and layers, a loop's variables, the layers of a group that has a name). Names of the whole, and of blocks,
are shared with the files that build on this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nnspec.frontend.diagnostics import Span
from nnspec.frontend.edits import stretch
from nnspec.frontend.expand import NAME
from nnspec.frontend.scope import RESERVED
from nnspec.frontend.source import Node

WHOLE = ""  # the part that names of the whole network belong to

_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_KEYWORDS = {*RESERVED, "and", "or", "not", "in", "if", "else"}
# Settings that name layers or outputs, as items or as keys.
_SETTINGS = ("loss", "loss_weights", "metrics", "trainable", "keep_float", "max_metric_drop")


@dataclass(frozen=True)
class Place:
    """A stretch of a file's text that is a name.

    Attributes:
        what: ``value`` (of an expression), ``block`` or ``layer``: names of different sorts may be equal.
        owner: the part of the network that it belongs to; empty for the whole.
        start, end: where it stands, as indices.
        defines: whether it is defined here.
    """

    what: str
    name: str
    owner: str
    start: int
    end: int
    defines: bool

    def is_same(self, other: Place) -> bool:
        return (self.what, self.name, self.owner) == (other.what, other.name, other.owner)

    @property
    def is_shared(self) -> bool:
        """Whether other files may have the name."""
        return self.owner == WHOLE or re.fullmatch(r"blocks/[^/]+", self.owner) is not None


def places(tree: Node, blocks: Mapping[str, Node] | None = None) -> list[Place]:
    """Every name of a file, in the order of its text.

    Args:
        tree: the file alone.
        blocks: those that other files bring to it.
    """
    return sorted(dict.fromkeys(_Walk(tree, blocks or {}).found), key=lambda place: (place.start, place.end))


def place_at(found: Sequence[Place], index: int) -> Place | None:
    """The name that stands at an index of the text."""
    return next((place for place in found if place.start <= index <= place.end), None)


@dataclass(frozen=True)
class _Scope:
    """What a layer sees: the names of expressions with the parts that they belong to, and the part that it is in."""

    values: Mapping[str, str]
    part: str


@dataclass
class _Parts:
    """The layers of each part of a network: their names, and the parts that named groups and blocks open."""

    names: dict[str, set[str]] = field(default_factory=dict)
    inner: dict[tuple[str, str], str] = field(default_factory=dict)

    def inside(self, way: str, part: str) -> str | None:
        """The part that a group opens, by the way to it from another part."""
        steps = way.split("/")
        found = self.owner(steps[0], part)
        for step in steps:
            found = None if found is None else self.inner.get((found, step))
        return found

    def owner(self, name: str, part: str) -> str | None:
        """The part that a name belongs to, looked for in a part and then outwards."""
        while True:
            if name in self.names.get(part, ()):
                return part
            if part == WHOLE or (part.startswith("blocks/") and part.count("/") == 1):
                return None
            part = part.rpartition("/")[0]


class _Walk:
    def __init__(self, tree: Node, brought: Mapping[str, Node]) -> None:
        self.text = tree.span.source.text
        self.found: list[Place] = []
        self.parts = _Parts()
        own = tree.get("blocks")
        mine = own.value if own is not None and own.is_mapping else {}
        self.blocks = {**brought, **mine}
        for name, block in self.blocks.items():
            self.register(block.get("layers"), f"blocks/{name}")
        self.register(tree.get("layers"), WHOLE)
        self.network(tree, own, mine)

    def network(self, tree: Node, own: Node | None, mine: Mapping[str, Node]) -> None:
        top = _Scope({}, WHOLE)
        for section, what in (("params", "value"), ("inputs", "layer")):
            node = tree.get(section)
            if node is not None:
                for name, span in node.keys.items():
                    self.add(what, name, WHOLE, span, defines=True)
                    self.parts.names.setdefault(WHOLE, set()).update([name] if what == "layer" else [])
                self.values(node, top)
        for name, block in mine.items():
            assert own is not None
            self.block(name, block, own.keys[name])
        layers, outputs = tree.get("layers"), tree.get("outputs")
        if layers is not None:
            self.entries(layers, top, "")
        if outputs is not None:
            self.sources(outputs, top)
        for section in ("data", "train", "export", "budget"):
            node = tree.get(section)
            if node is not None:
                self.values(node, top)
                self.settings(node, top)

    def add(self, what: str, name: str, owner: str, span: Span, defines: bool = False) -> None:
        """A name that a scalar is, or begins with."""
        start, end = stretch(self.text, span)
        at = self.text.find(name, start, end)
        if at >= 0:
            self.found.append(Place(what, name, owner, at, at + len(name), defines))

    def register(self, node: Node | None, part: str) -> None:
        """The names of a part, before anything refers to them: those of groups without a name are its own."""
        for entry in () if node is None else node.items:
            if not entry.is_mapping:
                continue
            inside = part
            name = entry.get("name")
            if name is not None and isinstance(name.value, str):
                self.parts.names.setdefault(part, set()).add(name.value)
                block = next((key for key in entry.value if key in self.blocks), None)
                inside = f"{part}/{name.value}" if block is None else f"blocks/{block}"
                reused = entry.get("reuse")
                if reused is not None and isinstance(reused.value, str):  # its layers go by the names of those
                    inside = self.parts.inside(reused.value, part) or inside
                self.parts.inner[part, name.value] = inside
            self.register(entry.get("layers"), inside if "layers" in entry.value else part)
            branches = entry.get("parallel")
            for branch in branches.value if branches is not None and branches.is_list else ():
                self.register(branch, part)

    # Expressions.

    def values(self, node: Node, scope: _Scope) -> None:
        """Every ``$name``, and every name within ``$(...)``, below a node."""
        for scalar in node.scalars():
            if isinstance(scalar.value, str) and "$" in scalar.value:
                start, end = stretch(self.text, scalar.span)
                for at, stop, name in _names_in(self.text[start:end]):
                    owner = scope.values.get(name, WHOLE)
                    self.found.append(Place("value", name, owner, start + at, start + stop, False))

    def variables(self, entry: Node, part: str) -> dict[str, str]:
        """What a loop defines, by the part that each name belongs to."""
        loop, index = entry.get("for"), entry.get("as")
        spans = dict(loop.keys) if loop is not None and loop.is_mapping else {}
        if index is not None and isinstance(index.value, str):
            spans[index.value] = index.span
        for name, span in spans.items():
            self.add("value", name, part, span, defines=True)
        return dict.fromkeys(spans, part)

    # Layers.

    def entries(self, node: Node, scope: _Scope, path: str) -> None:
        for number, entry in enumerate(node.items):
            self.entry(entry, scope, f"{path}/{number}")

    def entry(self, entry: Node, scope: _Scope, path: str) -> None:
        if isinstance(entry.value, str) and entry.value in self.blocks:
            self.add("block", entry.value, WHOLE, entry.span)
        if not entry.is_mapping:
            self.values(entry, scope)
            return
        name = entry.get("name")
        inside = self.parts.inner.get((scope.part, str(name.value)), scope.part) if name is not None else scope.part
        body = _Scope({**scope.values, **self.variables(entry, f"loop{path}")}, inside)
        for key, value in entry.value.items():
            if key == "name" and isinstance(value.value, str) and NAME.fullmatch(value.value):
                self.add("layer", value.value, scope.part, value.span, defines=True)
            elif key in ("from", "reuse"):
                self.sources(value, scope)
                self.values(value, scope)
            elif key == "layers":
                self.entries(value, body, path)
            elif key == "parallel" and value.is_list:
                for number, branch in enumerate(value.value):
                    self.entries(branch, scope, f"{path}/{number}")
            else:
                self.argument(key, value, entry.keys[key], body if key == "name" else scope)

    def argument(self, key: str, value: Node, span: Span, scope: _Scope) -> None:
        if key in self.blocks:
            self.add("block", key, WHOLE, span)
            for argument in value.keys if value.is_mapping else ():
                self.add("value", argument, f"blocks/{key}", value.keys[argument])
        if key != "as":
            self.values(value, scope)

    def sources(self, node: Node, scope: _Scope) -> None:
        for scalar in node.scalars():
            if isinstance(scalar.value, str) and "$" not in scalar.value:
                self.source(scalar.value.partition(":")[0], scalar.span, scope.part)

    def source(self, text: str, span: Span, part: str) -> None:
        """A layer's name, or the way to it through groups: ``stage2/conv1``."""
        start, end = stretch(self.text, span)
        at = self.text.find(text, start, end)
        steps = text.split("/")
        owner = self.parts.owner(steps[0], part)
        for number, step in enumerate(steps):
            if at < 0 or owner is None:
                return
            if not step.isdigit():
                self.found.append(Place("layer", step, owner, at, at + len(step), False))
                if number < len(steps) - 1:
                    owner = self.parts.inner.get((owner, step))
            at += len(step) + 1

    def block(self, name: str, node: Node, span: Span) -> None:
        owner = f"blocks/{name}"
        self.add("block", name, WHOLE, span, defines=True)
        params, layers = node.get("params"), node.get("layers")
        names = params.keys if params is not None and params.is_mapping else {}
        for one, place in names.items():
            self.add("value", one, owner, place, defines=True)
        scope = _Scope(dict.fromkeys(names, owner), owner)
        if params is not None:
            self.values(params, scope)
        if layers is not None:
            self.entries(layers, scope, owner)

    # Sections behind the network.

    def settings(self, node: Node, scope: _Scope, named: bool = False) -> None:
        """What names a layer or an output in them."""
        if node.is_mapping:
            for key, value in node.value.items():
                if named:
                    self.source(key, node.keys[key], WHOLE)
                self.settings(value, scope, key in _SETTINGS)
        elif node.is_list:
            for one in node.value:
                self.settings(one, scope, named)
        elif named and isinstance(node.value, str):
            self.source(node.value, node.span, WHOLE)


def expressions(raw: str) -> Iterator[tuple[int, int, bool]]:
    """Where the expressions of a text begin and end, without the dollar and the brackets, and whether it has them."""
    at = 0
    while (at := raw.find("$", at)) >= 0:
        if raw.startswith("(", at + 1):
            end = _closing(raw, at + 1)
            yield at + 2, end, True
        else:
            match = None if raw.startswith("$", at + 1) else _REFERENCE.match(raw, at + 1)
            end = at + 2 if match is None else match.end()
            if match is not None:
                yield match.start(), end, False
        at = end


def _names_in(raw: str) -> Iterator[tuple[int, int, str]]:
    """The names that the expressions of a text refer to; outside of them words are texts."""
    for start, end, _ in expressions(raw):
        inside = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), raw[start:end])
        for match in _WORD.finditer(inside):
            if match.group() not in _KEYWORDS:
                yield start + match.start(), start + match.end(), match.group()


def _closing(raw: str, start: int) -> int:
    depth = 0
    for at in range(start, len(raw)):
        depth += {"(": 1, ")": -1}.get(raw[at], 0)
        if depth == 0:
            return at
    return len(raw)
