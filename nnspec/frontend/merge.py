"""One tree from several files: ``extends``, ``use`` and ``--set``.

Sections merge key by key and the later wins; every other value, lists and kinds above all, is replaced whole.
Nodes keep the places of the file, or the command line, that they came from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import COMMAND_LINE, Diagnostic, Note, Source, Span, SpecError
from nnspec.frontend.edits import reword
from nnspec.frontend.source import Node, compose, read
from nnspec.frontend.suggest import certain

# The mappings that merge key by key; what is below them, or not named here, is a value.
SECTIONS = {(), ("params",), ("inputs",), ("blocks",), ("data",), ("data", "split"), ("train",), ("budget",)}

MAX_DEPTH = 32  # files that build on files
MAX_DIGITS = 9  # of the number of an item
MAX_STEPS = 64  # of an override's path: as deep as a file may be nested


class Files:
    """The files of one spec; each is read and merged once, however often it is named.

    Args:
        unsaved: texts that take the place of files, by absolute path: documents that are open in an editor.

    Attributes:
        read: the absolute paths of all files that the spec is made of, those that cannot be read included.
    """

    def __init__(self, unsaved: Mapping[Path, str] | None = None) -> None:
        self.unsaved = unsaved or {}
        self.loaded: dict[Path, Node] = {}
        self.read: list[Path] = []

    def tree(self, spec: Path | Source, overrides: Sequence[str] = ()) -> Node:
        """A spec with its bases and used files merged in, and the overrides applied in order.

        Args:
            spec: its file, or its text.
            overrides: texts of ``--set``, such as ``train.epochs=3``.

        Raises:
            SpecError: a file that cannot be read, bases or uses that go in circles, overrides that name no place.
        """
        if isinstance(spec, Source):
            here = Path(spec.path)
            self.read.append(here)
            tree = self.merged(compose(spec), (here,))
        else:
            tree = self.load(spec, str(spec), ())
        for text in overrides:
            tree = _override(tree, text)
        return tree

    def load(self, path: Path, name: str, above: tuple[Path, ...]) -> Node:
        here = Path(os.path.abspath(path))
        if here not in self.loaded:
            self.read.append(here)
            text = self.unsaved.get(here)
            node = read(path, name) if text is None else compose(Source.from_text(text, name, str(path.parent)))
            self.loaded[here] = self.merged(node, (*above, here))
        return self.loaded[here]

    def merged(self, tree: Node, chain: tuple[Path, ...]) -> Node:
        """``tree`` on its bases, with the blocks that it uses."""
        if not tree.is_mapping:
            raise SpecError([Diagnostic("E0113", "a spec is a mapping; its first line is `nnspec: 1`", tree.span)])
        blocks = self.used_blocks(tree, chain)
        if blocks is not None:
            own = tree.get("blocks")
            tree = _with(tree, "blocks", merge(blocks, own, ("blocks",)) if own else blocks)
        result: Node | None = None
        for layer in [
            *(self.reference(node, chain) for node in _listed(tree, "extends")),
            _without(tree, "extends", "use"),
        ]:
            result = layer if result is None else merge(result, layer, ())
        assert result is not None
        return result

    def used_blocks(self, tree: Node, chain: tuple[Path, ...]) -> Node | None:
        """The blocks of every file under ``use``; no two define one in two ways, unless this file defines it itself."""
        result: Node | None = None
        own = tree.get("blocks")
        for node in _listed(tree, "use"):
            blocks = self.reference(node, chain).get("blocks")
            if blocks is None or not blocks.is_mapping:
                raise SpecError([Diagnostic("E0303", f"`{node.value}` defines no blocks", node.span)])
            for name, block in blocks.value.items() if result is not None else ():
                before = result.value.get(name) if result is not None else None
                decided = own is not None and name in own.keys
                if before is not None and not decided and before.plain() != block.plain():
                    message = f"`{node.value}` defines the block `{name}`, and so does a file before it, in another way"
                    hint = f"give one of the two another name, or define `{name}` under `blocks:` here"
                    places = (Note("one is here", before.span), Note("the other is here", block.span))
                    raise SpecError([Diagnostic("E0307", message, node.span, hint=hint, notes=places)])
            result = blocks if result is None else merge(result, blocks, ("blocks",))
        return result

    def reference(self, node: Node, chain: tuple[Path, ...]) -> Node:
        """The merged tree of the file that ``node`` names, relative to the file that names it."""
        if not isinstance(node.value, str) or not node.value:
            raise SpecError([Diagnostic("E0301", "this must be the path of a file", node.span)])
        name = os.path.normpath(os.path.join(node.span.source.folder, node.value))
        path = Path(os.path.abspath(name))
        if _is_hidden(path, node.span.source.folder):
            hint = "what is wrong with a base is shown with its line, and hidden files hold what is not to be shown"
            raise SpecError(
                [Diagnostic("E0301", f"`{node.value}` is hidden, or in a hidden folder", node.span, hint=hint)]
            )
        if os.path.isfile(path) and not os.path.splitext(os.path.realpath(path))[1]:
            hint = "what is wrong with a base is shown with its line: name it .yaml; files of passwords have no ending"
            raise SpecError([Diagnostic("E0301", f"the file of `{node.value}` has no ending", node.span, hint=hint)])
        if path in chain:
            circle = " → ".join(file.name for file in (*chain[chain.index(path) :], path))
            raise SpecError([Diagnostic("E0302", f"the files build on each other in a circle: {circle}", node.span)])
        if len(chain) >= MAX_DEPTH:
            raise SpecError([Diagnostic("E0302", f"files build on files more than {MAX_DEPTH} deep", node.span)])
        try:
            return self.load(path, name, chain)
        except SpecError as error:
            raise SpecError(_placed(diagnostic, node) for diagnostic in error.diagnostics) from None


def _placed(diagnostic: Diagnostic, reference: Node) -> Diagnostic:
    """A file that cannot be read is the fault of the line that names it; other faults are the file's own."""
    if diagnostic.span is not None:
        return replace(diagnostic, notes=(*diagnostic.notes, Note("the file is named here", reference.span)))
    found = re.fullmatch(r"did you mean `(.+)`\?", diagnostic.hint or "")
    if found is None:
        return replace(diagnostic, span=reference.span)
    meant = Path(os.path.relpath(found[1], reference.span.source.folder or ".")).as_posix()
    sure = certain(os.path.basename(str(reference.value)), [os.path.basename(meant)])
    fix = reword(reference.span, reference.value, meant, safe=sure)
    return replace(diagnostic, span=reference.span, hint=f"did you mean `{meant}`?", fix=fix)


def _is_hidden(path: Path, folder: str) -> bool:
    """Whether a file is hidden from the folder that it is named in, or what it is a link to."""
    way = os.path.relpath(os.path.realpath(path), os.path.realpath(folder or "."))
    return any(part.startswith(".") and part != os.pardir for part in Path(way).parts)


def _listed(tree: Node, key: str) -> tuple[Node, ...]:
    node = tree.get(key)
    if node is None or node.value is None:
        return ()
    return node.items


def merge(base: Node, over: Node, path: tuple[str, ...]) -> Node:
    """``over`` laid on ``base``: key by key where ``path`` is a section, else ``over`` alone."""
    if path not in SECTIONS or not base.is_mapping or not over.is_mapping:
        return over
    value = dict(base.value)
    for key, node in over.value.items():
        value[key] = merge(value[key], node, (*path, key)) if key in value else node
    return Node(value, over.span, {**base.keys, **over.keys})


def _with(tree: Node, key: str, node: Node) -> Node:
    return replace(tree, value={**tree.value, key: node}, keys={key: node.span, **tree.keys})


def _without(tree: Node, *keys: str) -> Node:
    return replace(tree, value={key: node for key, node in tree.value.items() if key not in keys})


def _override(tree: Node, text: str) -> Node:
    """Applies one ``--set path=value``; diagnostics about it point at the command line."""
    source = Source(COMMAND_LINE, f"--set {text}", os.curdir)
    start = len("--set ") + 1
    path, equals, value = text.partition("=")
    whole = Span(source, 1, start, 1, start + len(text))
    steps = path.split(".")
    if equals and (bracket := re.search(r"\[(\d+)\]", path)):
        hint = f"write `{path[: bracket.start()]}.{bracket[1]}{path[bracket.end() :]}`"
        message = "an item of a list is named by its number, from 0, after a dot"
        raise SpecError([Diagnostic("E0304", message, whole, hint=hint)])
    if not equals or not all(steps) or len(steps) > MAX_STEPS:
        hint = "for example `--set train.epochs=3`"
        raise SpecError([Diagnostic("E0304", "an override is a dotted path, `=` and a value", whole, hint=hint)])
    offset = start + len(path)
    node = compose(source, offset, value) if value.strip() else Node(None, Span(source, 1, offset, 1, offset + 1))
    return _set(tree, steps, node, Span(source, 1, start, 1, start + len(path)))


def _set(node: Node | None, steps: Sequence[str], value: Node, span: Span, above: str = "") -> Node:
    """Args: above: the key that the node stands under."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    node = node and _by_name(node, above, step)
    if node is None or node.value is None:
        return Node({step: _set(None, rest, value, span, step)}, span, {step: span})
    if node.is_list:
        if not (step.isascii() and step.isdigit()) or len(step) > MAX_DIGITS or int(step) >= len(node.value):
            message = f"`{step}` names no item: the list has {len(node.value)}, counted from 0"
            notes = (Note("the list stands here", node.span),)
            raise SpecError([Diagnostic("E0304", message, span, hint=_counted(node, step), notes=notes)])
        items = list(node.value)
        items[int(step)] = _set(items[int(step)], rest, value, span)
        return replace(node, value=tuple(items))
    if node.value == step:  # a bare kind, about to get its first argument
        return Node({step: _set(None, rest, value, span, step)}, node.span, {step: node.span})
    if not node.is_mapping:
        message = f"`{step}` cannot be set inside a plain value"
        hint = "set the value whole"
        raise SpecError(
            [Diagnostic("E0304", message, span, hint=hint, notes=(Note("the value stands here", node.span),))]
        )
    child = _set(node.value.get(step), rest, value, span, step)
    return Node(
        {**node.value, step: child}, node.span, {**node.keys, step: node.keys.get(step, span) if rest else span}
    )


def _counted(items: Node, word: str) -> str | None:
    """The numbers of the items of a list that hold a kind or a name."""
    found = [str(at) for at, item in enumerate(items.value) if _goes_by(item, word)]
    if not found:
        return None
    return (
        f"`{word}` is item {found[0]}" if len(found) == 1 else f"`{word}` is an item more than once: {', '.join(found)}"
    )


def _goes_by(item: Node, word: str) -> bool:
    if not item.is_mapping:
        return bool(item.value == word)
    named = [item.get("name"), *(inner.get("name") for inner in item.value.values() if inner.is_mapping)]
    return word in item.value or any(one is not None and one.value == word for one in named)


def _by_name(node: Node, kind: str, argument: str) -> Node:
    """The one argument of `Adam: 1e-3` or `Dense: 10` under its name, where another is to stand beside or for it."""
    if node.value is None or node.is_mapping or not kind[:1].isupper():
        return node
    known = catalog()
    for category in known.categories_of(kind):
        names = [one.name for one in known.arguments(category, kind)]
        if argument in names:
            return Node({names[0]: node}, node.span, {names[0]: node.span})
    return node
