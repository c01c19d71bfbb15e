"""Layers as written to layers as called: ``repeat``, ``for`` and ``when`` unrolled, blocks put in place,
expressions evaluated. What is left is wired by the graph pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend import foreign_syntax, vocabulary
from nnspec.frontend.call_flags import no_flags, read_flags, unknown_flag
from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Fix, Frame, Note, Span
from nnspec.frontend.edits import ONE_TEXT, block_mark, reword, spelling, with_argument, without, without_mark, word_at
from nnspec.frontend.effort import TooMuch, spend
from nnspec.frontend.expressions import Failed, Scope, substitute
from nnspec.frontend.intermediate import MAX_STEPS, Call, Group, Name, Parallel, Reference, Reuse, Step, Wiring
from nnspec.frontend.meaning import of_kinds
from nnspec.frontend.schema import validate_arguments
from nnspec.frontend.schema_messages import said
from nnspec.frontend.source import Node
from nnspec.frontend.suggest import did_you_mean
from nnspec.frontend.values import read_arguments
from nnspec.layers import LayerKind, canonical
from nnspec.layers.types import Symbol

MAX_BLOCK_DEPTH = 16
NAMES_COPIED = 16  # into the scope of a round or a block, for the price of one value

SIBLINGS = {"name", "from", "when", "call"}
GROUP_KEYS = {"layers", "repeat", "as", "for"}
FORMS = {"parallel": {"parallel", "merge"}, "layers": GROUP_KEYS, "reuse": {"reuse"}}  # entries that are no one layer


def expand(
    layers: Node,
    scope: Scope,
    blocks: Mapping[str, Node],
    plugins: Mapping[str, str],
    records: Mapping[str, LayerKind] | None = None,
) -> tuple[Group, list[Diagnostic]]:
    """The steps of a network.

    Args:
        layers: the ``layers`` list of the spec.
        scope: the names that expressions see (the spec's params, ``data``).
        blocks: block definitions by name.
        plugins: kinds that plugins bring; nothing is known of their arguments.
        records: what plugins tell of their kinds, where they do.

    Returns:
        One group of steps, and the diagnostics of everything that failed.
    """
    expander = _Expander(scope, blocks, plugins, records or {})
    body: tuple[Step, ...] = ()
    try:
        body = tuple(expander.steps(layers, scope, ()))
    except _Halt:
        pass
    except TooMuch as error:
        expander.diagnostics.append(Diagnostic("E0412", str(error), layers.span))
    return Group(Wiring(layers.span), body), expander.diagnostics


class _Halt(Exception):
    """Too much to unroll: the pass ends here."""


class _Expander:
    def __init__(
        self,
        globals_: Scope,
        blocks: Mapping[str, Node],
        plugins: Mapping[str, str],
        records: Mapping[str, LayerKind],
    ) -> None:
        self.globals = globals_
        self.blocks = blocks
        self.plugins = plugins
        self.records = records
        self.open_blocks: list[str] = []
        self.count = 0
        self.unseen = 0
        self.diagnostics: list[Diagnostic] = []

    # One entry at a time: a failing one is reported and left out, so that the others are looked at too.

    def steps(self, layers: Node, scope: Scope, trail: tuple[Note, ...]) -> Iterator[Step]:
        for entry in layers.items:
            try:
                yield from self.entry(entry, scope, trail)
            except Failed as failed:
                self.report(replace(failed.diagnostic, notes=(*failed.diagnostic.notes, *trail)))

    def entry(self, entry: Node, scope: Scope, trail: tuple[Note, ...]) -> Iterator[Step]:
        self.grow(entry.span)
        if isinstance(entry.value, str) and "$" in entry.value:
            yield from self.given(substitute(entry, scope), scope, trail)
        elif entry.value is not None:
            yield from self.written(entry, scope, trail)
        elif not entry.span.source.is_command_line:  # `--set layers.3=null` takes a layer out, and means it
            hint = "remove the entry, or name a layer in it"
            fix = without(entry.span, "remove the empty entry")
            self.report(Diagnostic("W0503", "an empty entry does nothing", entry.span, "warning", hint, trail, fix))

    def given(self, layers: Node, scope: Scope, trail: tuple[Note, ...]) -> Iterator[Step]:
        """Layers that a parameter holds (`- $body`): the schema has not seen them where they stand."""
        self.unseen += 1
        try:
            if layers.is_list:
                yield from self.steps(layers, scope, trail)
            elif layers.value is not None:
                yield from self.written(layers, scope, trail)
        finally:
            self.unseen -= 1

    def written(self, entry: Node, scope: Scope, trail: tuple[Note, ...]) -> Iterator[Step]:
        if isinstance(entry.value, str):
            entry = Node({entry.value: Node(None, entry.span)}, entry.span, {entry.value: entry.span})
        if not entry.is_mapping:
            raise self.failed("E0211", "a layer is a name or a mapping, such as `Dense: 10`", entry.span)
        if self.selected(entry, scope):
            yield from self.mapping(entry, scope, trail)

    def mapping(self, entry: Node, scope: Scope, trail: tuple[Note, ...]) -> Iterator[Step]:
        wiring = self.wiring(entry, scope, trail)
        self.of_one_form(entry)
        if "parallel" in entry.value:
            no_flags(entry)
            yield self.parallel(entry, wiring, scope)
        elif "layers" in entry.value:
            no_flags(entry)
            yield self.group(entry, wiring, scope)
        elif "reuse" in entry.value:
            target = substitute(entry.value["reuse"], scope)
            yield Reuse(wiring, Reference(str(target.value), target.span), *read_flags(entry, scope))
        else:
            kinds = [key for key in entry.value if key not in SIBLINGS | {"merge"} | GROUP_KEYS]
            if "merge" in entry.value:
                raise self.failed("E0211", "`merge` joins the branches of a `parallel`", entry.keys["merge"])
            self.block_under_a_key(kinds, entry)
            self.stray_keys(kinds, entry)
            if not kinds:
                raise self.failed("E0208", "this entry names no layer", entry.span)
            if len(kinds) > 1:
                message = f"one entry names two layers, `{kinds[0]}` and `{kinds[1]}`"
                hint, blamed = "each layer is an entry of its own, begun by `-`", kinds[1]
                if written := of_kinds.under_type("layer", {key: entry.value[key].plain() for key in kinds}):
                    message, blamed = f"`{kinds[0]}` is no kind of layer", kinds[0]
                    hint = f"the kind itself is the key: write `{written}`"
                raise self.failed("E0208", message, entry.keys[blamed], hint)
            yield self.kind(kinds[0], entry, wiring, scope)

    def of_one_form(self, entry: Node) -> None:
        """Nothing stands in an entry that it has no use for."""
        form = next((key for key in FORMS if key in entry.value), None)
        allowed = SIBLINGS | FORMS[form] if form else {*entry.value} - GROUP_KEYS
        loops = form == "layers" and {"repeat", "for"} & {*entry.value}
        for key in entry.value:
            if key in allowed and (key != "as" or loops):
                continue
            span = entry.keys[key]
            if form and key not in ("merge", "as") and (key in FORMS or self.known(key)):
                message = f"one entry names two things, `{form}` and `{key}`"
                raise self.failed("E0208", message, span, "each is an entry of its own, begun by `-`")
            hint = did_you_mean(key, allowed - {*entry.value}) or "leave it out, or make it an entry of its own"
            fix = spelling(span, key, allowed, entry.value)
            if key in GROUP_KEYS:
                hint, fix = "a loop is `repeat: 3`, or `for: {name: [...]}`, with what it repeats under `layers:`", None
            raise self.failed("E0201", f"there is no key `{key}` here", span, hint, fix)

    def block_under_a_key(self, kinds: list[str], entry: Node) -> None:
        """A block that is used by a word, `use: name` with `params` beside it: its own name is the key."""
        for key in kinds:
            block = entry.value[key].value
            if not self.known(key) and isinstance(block, str) and block in self.blocks:
                others = [entry.value[other] for other in kinds if other != key]
                written = word_at(others[0].span) if len(others) == 1 else ""
                given = f" {written}" if written[:1] == "{" else ""
                hint = f"a block is used by its name, as a layer is: write `{block}:{given}`"
                raise self.failed("E0202", f"there is no layer or block `{key}`", entry.keys[key], hint)

    def stray_keys(self, kinds: list[str], entry: Node) -> None:
        """Beside a layer that is known, a key that is none is a misspelt ``name``, ``from``, ``call`` or ``when``."""
        unknown = [key for key in kinds if not self.known(key)]
        if 0 < len(unknown) < len(kinds):
            meant = vocabulary.key(unknown[0], SIBLINGS) or unknown[0]
            hint = "beside a layer stand name, from, call and when"
            hint = f"did you mean `{meant}`?" if meant in SIBLINGS else did_you_mean(unknown[0], SIBLINGS) or hint
            span = entry.keys[unknown[0]]
            fix = spelling(span, unknown[0], SIBLINGS, entry.value)
            kind = next(key for key in kinds if self.known(key))
            if unknown[0] in catalog().defaults("layer", canonical(kind)):
                hint, fix = self.argument_beside(kind, unknown[0], entry)
            raise self.failed("E0201", f"there is no key `{unknown[0]}` here", span, hint, fix)

    def argument_beside(self, kind: str, name: str, entry: Node) -> tuple[str, Fix | None]:
        """An argument that stands beside its layer, on the column of the kind."""
        value = entry.value[name]
        first = next(iter(catalog().defaults("layer", canonical(kind))))
        title = f"give `{name}` to {kind}"
        written = "..." if isinstance(value.value, dict | tuple) else word_at(value.span)
        given = with_argument(entry.keys[kind], name, written, first) if written != "..." else None
        taken = without(entry.keys[name], title)
        hint = f"`{name}` is an argument of {kind}: write `{kind}: {{..., {name}: {written}}}`"
        return hint, Fix(title, (*given.edits, *taken.edits)) if given and taken else None

    def known(self, kind: str) -> bool:
        return kind in self.blocks or kind in self.plugins or catalog().has("layer", kind)

    def selected(self, entry: Node, scope: Scope) -> bool:
        node = entry.value.get("when")
        if node is None or node.value is None:
            return True
        value = substitute(node, scope).value
        if isinstance(value, bool):
            return value
        if isinstance(value, Symbol):
            raise self.failed("E0406", "this condition depends on the data, which are not available", node.span)
        message = f"a condition is true or false, not {said(value)}"
        if not isinstance(node.value, str) or "$" in node.value:
            raise self.failed("E0406", message, node.span, _as_condition(node.value, value))
        fix = reword(node.span, node.value, f"$({node.value})", safe=node.value in scope)
        hint = _as_condition(node.value, value) or f"write `when: $({node.value})`"
        raise self.failed("E0406", message, node.span, hint, fix)

    def wiring(self, entry: Node, scope: Scope, trail: tuple[Note, ...]) -> Wiring:
        name, sources = entry.value.get("name"), entry.value.get("from")
        span = next((entry.keys[key] for key in entry.value if key not in SIBLINGS and key in entry.keys), entry.span)
        return Wiring(
            span,
            self.name(substitute(name, scope)) if name is not None and name.value is not None else None,
            tuple(self.sources(substitute(sources, scope)))
            if sources is not None and sources.value is not None
            else (),
            trail,
        )

    def name(self, node: Node) -> Name:
        text = node.value
        if not isinstance(text, str) or not _is_name(text):
            hint = "letters, digits, `_` and `-`, a letter first; `/`, `.` and `:` have meanings of their own"
            raise self.failed("E0407", "this cannot be a name", node.span, hint)
        return Name(text, node.span)

    def sources(self, node: Node) -> Iterator[Reference]:
        if node.is_mapping:
            for argument, value in node.value.items():
                for item in value.items:
                    yield Reference(str(item.value), item.span, argument, node.keys.get(argument))
        else:
            for item in node.items:
                if not isinstance(item.value, str):
                    raise self.failed("E0205", "`from` takes names of layers or inputs", item.span)
                yield Reference(item.value, item.span)

    def group(self, entry: Node, wiring: Wiring, scope: Scope) -> Group:
        """A list of layers, once or unrolled. A name opens a scope; iterations of a named loop are numbered in it."""
        body = entry.value["layers"]
        looped = "repeat" in entry.value or "for" in entry.value
        scope_name = wiring.name.text if wiring.name else None
        if not looped:
            return Group(wiring, tuple(self.steps(body, scope, wiring.trail)), scope_name)
        groups = []
        for index, (inner, note) in enumerate(self.iterations(entry, scope)):
            self.grow(entry.span)
            trail = (*wiring.trail, note)
            steps = tuple(self.steps(body, inner, trail))
            groups.append(Group(Wiring(wiring.span, trail=trail), steps, str(index) if scope_name else None))
        return Group(wiring, tuple(groups), scope_name)

    def iterations(self, entry: Node, scope: Scope) -> Iterator[tuple[Scope, Note]]:
        """The scope of each iteration, and the remark that places an error in it."""
        rounds = [scope]
        notes = [""]
        span = next(entry.keys[key] for key in ("for", "repeat") if key in entry.value)
        if "for" in entry.value:
            walked = list(self.walk(entry.value["for"], scope))
            spend(len(walked) * (1 + len(scope) // NAMES_COPIED))
            rounds = [{**scope, **names} for names in walked]
            notes = [_values(entry.value["for"].value, inner) for inner in rounds]
        times = self.times(entry.value["repeat"], scope) if "repeat" in entry.value else 1
        self.room(times * len(rounds), span)
        index_name = entry.value.get("as")
        index = 0
        for inner, values in zip(rounds, notes, strict=True):
            for _ in range(times):
                self.grow(span)
                spend(1 + len(inner) // NAMES_COPIED)
                named = {**inner, str(index_name.value): Node(index, span)} if index_name is not None else inner
                text = f"in round {index + 1} of {times * len(rounds)} of this loop" + (
                    f", with {values}" if values else ""
                )
                yield named, Frame(text, span, values, index, times * len(rounds))
                index += 1

    def times(self, node: Node, scope: Scope) -> int:
        value = substitute(node, scope).value
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            hint = "`/` gives a number with a point: `//` divides whole numbers" if isinstance(value, float) else None
            raise self.failed("E0408", f"`repeat` takes a whole number, 0 or more, not {said(value)}", node.span, hint)
        return value

    def walk(self, node: Node, scope: Scope) -> Iterator[dict[str, Node]]:
        """The names of each round of a ``for``: lists of one length, walked together."""
        lists = {name: substitute(values, scope) for name, values in node.value.items()}
        for values in lists.values():
            if not values.is_list:
                hint = "a number of rounds is a `repeat`, whose `as:` names the index, from 0: `repeat: 3`, `as: i`"
                message = "`for` walks lists, such as `for: {filters: [64, 128]}`"
                raise self.failed("E0409", message, values.span, hint)
        lengths = {name: len(values.value) for name, values in lists.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
            raise self.failed("E0409", f"the lists of a `for` have one length; {said}", node.span)
        for row in zip(*(values.value for values in lists.values()), strict=True):
            yield {name: replace(item, origin=item.origin or item.span) for name, item in zip(lists, row, strict=True)}

    def parallel(self, entry: Node, wiring: Wiring, scope: Scope) -> Parallel:
        branches = tuple(
            Group(Wiring(branch.span, trail=wiring.trail), tuple(self.steps(branch, scope, wiring.trail)))
            for branch in self.branches(entry.value["parallel"], scope)
        )
        merge = entry.value.get("merge")
        if merge is None or merge.value is None:
            return Parallel(wiring, branches)
        merge = substitute(merge, scope)
        step = next(self.entry(merge, scope, wiring.trail), None)
        if not isinstance(step, Call):
            raise self.failed("E0410", "`merge` takes one layer that joins, such as Add or Concatenate", merge.span)
        return Parallel(wiring, branches, step)

    def branches(self, node: Node, scope: Scope) -> tuple[Node, ...]:
        node = substitute(node, scope) if isinstance(node.value, str) else node
        if not node.is_list:
            raise self.failed("E0205", "`parallel` takes a list of branches, each a list of layers", node.span)
        return tuple(node.value)

    def kind(self, kind: str, entry: Node, wiring: Wiring, scope: Scope) -> Step:
        if kind in self.blocks:
            no_flags(entry)
            return self.block(kind, entry, wiring, scope)
        arguments = substitute(entry.value[kind], scope)
        flags, places = read_flags(entry, scope)
        if kind in self.plugins:
            return self.plugin(kind, arguments, wiring, flags)
        if not self.known(kind):
            raise self.unknown(kind, entry.keys.get(kind, entry.span), entry.get(kind))
        if problem := unknown_flag(kind, places):
            raise Failed(problem)
        given = read_arguments("layer", kind, arguments)
        spans = {name: node.origin or node.span for name, (_, node) in given.items()}
        if self.unseen or arguments is not entry.value[kind]:  # the file's own check never saw these values
            self.revalidate(kind, arguments, entry.keys.get(kind, entry.span), wiring.trail)
        self.require_all(kind, given, wiring)
        plain = {name: value for name, (value, _) in given.items()}
        name = canonical(kind)
        return Call(self.called(kind, wiring), name, plain, spans, flags, alias=kind if kind != name else None)

    def plugin(self, kind: str, arguments: Node, wiring: Wiring, flags: Mapping[str, bool]) -> Call:
        """A layer of a plugin, whose arguments nobody here knows: they are given by name."""
        if not arguments.is_mapping and arguments.value is not None:
            message = f"`{kind}` comes from a plugin and takes its arguments by name"
            raise self.failed("E0205", message, arguments.span, f"as in `{kind}: {{name: value}}`")
        given = arguments.value if arguments.is_mapping else {}
        spans = {name: node.origin or node.span for name, node in given.items()}
        plain = {name: node.plain() for name, node in given.items()}
        return Call(wiring, kind, plain, spans, flags, brought=self.records.get(kind))

    def revalidate(self, kind: str, arguments: Node, span: Span, trail: tuple[Note, ...]) -> None:
        for problem in validate_arguments("layer", kind, arguments, span):
            node_span = problem.span or span
            self.report(replace(problem, span=node_span, notes=(*problem.notes, *trail)))

    def require_all(self, kind: str, given: Iterable[str], wiring: Wiring) -> None:
        """Arguments left empty count as not given, so the schema alone cannot tell what is missing."""
        for argument in catalog().arguments("layer", kind):
            if argument.required and argument.name not in given:
                raise self.failed("E0204", f"{kind} needs `{argument.name}`", wiring.span)

    def called(self, kind: str, wiring: Wiring) -> Wiring:
        """The sources in the order of the layer's call, where ``from`` names its arguments."""
        known = catalog().call_arguments(kind)
        for source in wiring.sources:
            if source.argument is not None and source.argument not in known:
                message = f"{kind} is not called with `{source.argument}`"
                hint = did_you_mean(source.argument, known) or f"it takes {', '.join(known)}"
                fix = spelling(source.argument_span, source.argument, known, (s.argument or "" for s in wiring.sources))
                raise self.failed("E0203", message, source.argument_span or source.span, hint, fix)
        order = {name: position for position, name in enumerate(known)}
        ordered = sorted(wiring.sources, key=lambda source: order.get(source.argument or "", 0))
        return replace(wiring, sources=tuple(ordered))

    def block(self, name: str, entry: Node, wiring: Wiring, scope: Scope) -> Group:
        """A block in place: its own scope of names, seeing its parameters and the spec's."""
        definition = self.blocks[name]
        span = entry.keys.get(name, entry.span)
        if name in self.open_blocks:
            circle = " → ".join([*self.open_blocks[self.open_blocks.index(name) :], name])
            raise self.failed("E0411", f"the block uses itself: {circle}", span)
        if len(self.open_blocks) >= MAX_BLOCK_DEPTH:
            raise self.failed("E0411", f"blocks within blocks more than {MAX_BLOCK_DEPTH} deep", span)
        given = self.block_arguments(name, entry.value[name], scope, span)
        inner = self.block_scope(name, definition, given, span)
        said = _values(given, inner)
        title = wiring.name.text if wiring.name else name
        note = Frame(f"in block `{name}`, used here" + (f" with {said}" if said else ""), span, title)
        self.open_blocks.append(name)
        try:
            body = tuple(self.steps(definition.value["layers"], inner, (*wiring.trail, note)))
        finally:
            self.open_blocks.pop()
        return Group(wiring, body, wiring.name.text if wiring.name else f"~{name}")

    def block_arguments(self, name: str, node: Node, scope: Scope, span: Span) -> dict[str, Node]:
        """The values given to a block's parameters; as with kinds, a scalar or a list is the first one's."""
        params = _params(self.blocks[name])
        node = substitute(node, scope)
        if node.value is None or node.value == {}:
            return {}
        given = dict(node.value) if node.is_mapping else dict.fromkeys(list(params)[:1], node)
        for key in [key for key in given if key not in params] or ([] if given else [""]):
            message = (
                f"the block `{name}` has no parameter `{key}`" if key else f"the block `{name}` takes no parameters"
            )
            hint = did_you_mean(key, params) or (f"it takes {', '.join(params)}" if params and key else None)
            defined = Note(f"`{name}` is defined here", self.blocks[name].span)
            fix = spelling(node.keys.get(key), key, params, given)
            raise Failed(Diagnostic("E0203", message, node.keys.get(key, span), hint=hint, notes=(defined,), fix=fix))
        return {key: value for key, value in given.items() if value.value is not None}

    def block_scope(self, name: str, definition: Node, given: Mapping[str, Node], span: Span) -> Scope:
        spend(len(_params(definition)) + len(self.globals) // NAMES_COPIED)
        inner: dict[str, Node] = dict(self.globals)
        for param, default in _params(definition).items():
            if param in given:
                inner[param] = replace(given[param], origin=given[param].origin or given[param].span)
            elif default.value is None:
                defined = Note(
                    f"the block asks for `{param}` here",
                    definition.value["params"].keys.get(param, definition.span),
                )
                raise Failed(Diagnostic("E0204", f"the block `{name}` needs `{param}`", span, notes=(defined,)))
            else:
                inner[param] = substitute(default, inner)
        return inner

    def unknown(self, kind: str, span: Span, given: Node | None = None) -> Failed:
        reason = catalog().refused(kind)
        if reason:
            return self.failed("E0209", f"`{kind}` cannot stand in a spec: {reason}", span)
        known = [*self.blocks, *self.plugins, *catalog().kinds("layer")]
        if "\n" in kind and (mark := block_mark(span)):
            message = "a text of several lines stands where layers belong"
            return self.failed("E0202", message, span, ONE_TEXT.format(mark), without_mark(span))
        written = None if given is None else given.plain()
        if hint := of_kinds.named_layer(kind, written) or of_kinds.by_position_of_others(kind, written):
            return self.failed("E0202", f"there is no layer or block `{kind}`", span, hint)
        meant = of_kinds.kind("layer", kind, known)
        fix = meant.becomes and reword(span, kind, meant.becomes, safe=meant.sure, written=meant.written)
        return self.failed("E0202", f"there is no layer or block `{kind}`", span, meant.hint, fix or None)

    def grow(self, span: Span) -> None:
        self.room(1, span)
        self.count += 1

    def room(self, steps: int, span: Span) -> None:
        """Ends the pass where so many more are too many: a loop says so before its first round."""
        if self.count + steps > MAX_STEPS:
            message = f"more than {MAX_STEPS:,} layers once everything is unrolled"
            self.diagnostics.append(Diagnostic("E0412", message, span))
            raise _Halt

    def failed(self, code: str, message: str, span: Span, hint: str | None = None, fix: Fix | None = None) -> Failed:
        return Failed(Diagnostic(code, message, span, hint=hint, fix=fix))

    def report(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) >= MAX_PROBLEMS:
            raise _Halt


def _params(block: Node) -> dict[str, Node]:
    params = block.value.get("params")
    return dict(params.value) if params is not None and params.is_mapping else {}


def _values(names: Iterable[str], scope: Scope) -> str:
    """``filters=64, kernel_size=3``: what a reader needs to know of an iteration or a use, scalars alone."""
    found = {name: scope[name].value for name in names if name in scope}
    return ", ".join(f"{name}={value}" for name, value in found.items() if isinstance(value, str | int | float))


def _is_name(text: str) -> bool:
    return bool(NAME.fullmatch(text)) and len(text) <= 200


NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def _as_condition(written: Any, value: Any) -> str | None:
    """How to write a condition that was given as a word or a number."""
    word = foreign_syntax.value(value) if isinstance(value, str) else None
    if word in ("true", "false"):
        return f"in YAML 1.2 `{value}` is a text: write {word}"
    if isinstance(value, int | float):
        name = written if isinstance(written, str) else str(value)
        return f"compare it: `when: $({name.removeprefix('$').strip('()')} > 0)`"
    return None
