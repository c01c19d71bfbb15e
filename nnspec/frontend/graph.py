"""Steps to a graph: names made unique, ``from`` and ``reuse`` resolved, outputs found, and what a legal graph is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from nnspec.catalog.kinds import snake
from nnspec.frontend.call_flags import unknown_flag
from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note, Span
from nnspec.frontend.edits import spelling
from nnspec.frontend.expressions import Failed
from nnspec.frontend.inputs import told_apart
from nnspec.frontend.intermediate import MAX_STEPS, Call, Group, Parallel, Reference, Reuse, Step, Wiring
from nnspec.frontend.source import Node
from nnspec.frontend.spec import Graph, Input, Layer, Output, Ref
from nnspec.frontend.suggest import did_you_mean

Refs = tuple[Ref, ...]

MAX_TENSORS = 200_000  # that layers take, all together; what a group gives may be many, and groups may take it on
MAX_DIGITS = 9  # of the number of an output
NAME_PART = 64  # characters of a name that count as one more


def wire(
    name: str, inputs: tuple[Input, ...], network: Group, outputs: Node | None
) -> tuple[Graph | None, list[Diagnostic]]:
    """The graph of a network, and everything that is wrong with its wiring.

    Layers that reach no output are left out, as Keras leaves them out, each with a warning.
    """
    builder = _Builder(inputs)
    start = (Ref(inputs[0].name),) if len(inputs) == 1 else ()
    found: tuple[Output, ...] = ()
    with contextlib.suppress(_Halt):
        end = builder.run(network.body, start, "")
        found = builder.outputs(outputs, end, network.wiring.span)
    errors = [problem for problem in builder.diagnostics if problem.severity == "error"]
    if errors:
        return None, builder.diagnostics
    graph, dead = _pruned(Graph(name, inputs, tuple(builder.layers), found))
    verify(graph)
    return graph, [*builder.diagnostics, *_unreached(dead), *_unused(graph)]


@dataclass(slots=True)
class _Scope:
    """What ``reuse`` needs of a named group: the layers made in it, and what it was fed with."""

    first: int
    last: int
    entry: Refs
    end: Refs


class _Halt(Exception):
    """Too large a network, or too much wrong with it: the pass ends here."""


@dataclass(slots=True)
class _Builder:
    inputs: tuple[Input, ...]
    layers: list[Layer] = field(default_factory=list)
    made: dict[str, Layer] = field(default_factory=dict)
    tensors: int = 0
    values: dict[str, Refs] = field(default_factory=dict)  # full name of a layer, group or input -> its outputs
    scopes: dict[str, _Scope] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        for tensor in self.inputs:
            self.values[tensor.name] = (Ref(tensor.name),)
            self.places[tensor.name] = tensor.span

    def run(self, steps: tuple[Step, ...], current: Refs, scope: str) -> Refs:
        """Wires steps in a row; each takes what the one before gives. A failing step is skipped."""
        self.reserve(steps, scope)
        for step in steps:
            try:
                current = self.step(step, current, scope)
            except Failed as failed:
                self.report(failed, step)
        return current

    def report(self, failed: Failed, step: Step) -> None:
        notes = (*failed.diagnostic.notes, *step.wiring.trail)
        self.diagnostics.append(replace(failed.diagnostic, notes=notes))
        if len(self.diagnostics) >= MAX_PROBLEMS:
            raise _Halt

    def add(self, layer: Layer) -> None:
        self.take(len(layer.inputs) + len(layer.name) // NAME_PART, layer.span)
        if len(self.layers) >= MAX_STEPS:
            self.halt(f"more than {MAX_STEPS:,} layers, those that `reuse` calls again counted each time", layer.span)
        self.layers.append(layer)
        self.made[layer.name] = layer
        self.values[layer.name] = (Ref(layer.name),)

    def take(self, tensors: int, span: Span) -> None:
        self.tensors += tensors
        if self.tensors > MAX_TENSORS:
            self.halt(f"the layers take more than {MAX_TENSORS:,} tensors in all", span)

    def halt(self, message: str, span: Span) -> None:
        self.diagnostics.append(Diagnostic("E0412", message, span))
        raise _Halt

    def reserve(self, steps: tuple[Step, ...], scope: str) -> None:
        """Given names come first: an unnamed layer must not take a name that a later one is given."""
        for step in steps:
            name = step.wiring.name
            if name is not None:
                full = scope + name.text
                if full in self.places:
                    hint = "in a loop a name needs the index: `name: conv$(i + 1)` with `as: i`; or name the loop"
                    notes = (Note("it is first given here", self.places[full]), *step.wiring.trail)
                    problem = Diagnostic(
                        "E0501", f"the name `{full}` is given twice", name.span, hint=hint, notes=notes
                    )
                    self.diagnostics.append(problem)
                self.places[full] = name.span
            if isinstance(step, Group) and step.scope is None:
                self.reserve(step.body, scope)
            if isinstance(step, Parallel):
                for branch in step.branches:
                    self.reserve(branch.body, scope)

    def step(self, step: Step, current: Refs, scope: str) -> Refs:
        entry = self.sources(step.wiring, scope) or current
        if isinstance(step, Call):
            result = self.call(step, entry, scope)
        elif isinstance(step, Reuse):
            result = self.reuse(step, entry, scope)
        elif isinstance(step, Group):
            result = self.group(step, entry, scope)
        else:
            result = self.parallel(step, entry, scope)
        if step.wiring.name is not None:
            self.values[scope + step.wiring.name.text] = result
        return result

    def call(self, step: Call, entry: Refs, scope: str) -> Refs:
        self.require(entry, step.wiring)
        name = (
            scope + step.wiring.name.text
            if step.wiring.name
            else self.unique(scope + snake(step.alias or step.kind), step.wiring.span)
        )
        arguments = tuple(self.arguments(step.wiring, scope))
        wiring = step.wiring
        self.add(
            Layer(
                name=name,
                kind=step.kind,
                args=step.args,
                inputs=entry,
                span=wiring.span,
                call=arguments,
                arg_spans=step.arg_spans,
                trail=wiring.trail,
                flags=step.flags,
                alias=step.alias,
                brought=step.brought,
            )
        )
        return (Ref(name),)

    def group(self, step: Group, entry: Refs, scope: str) -> Refs:
        if step.scope is None:
            return self.inner(step, entry, scope)
        if step.scope.startswith("~"):  # a block without a name goes by its own
            full = self.unique(scope + step.scope[1:], step.wiring.span)
        else:
            full = scope + step.scope
        first = len(self.layers)
        end = self.inner(step, entry, full + "/")
        self.values[full] = end
        self.scopes[full] = _Scope(first, len(self.layers), entry, end)
        return end

    def inner(self, step: Group, entry: Refs, scope: str) -> Refs:
        if step.scope is None:  # its names were reserved with those around it
            current = entry
            for item in step.body:
                try:
                    current = self.step(item, current, scope)
                except Failed as failed:
                    self.report(failed, item)
            return current
        return self.run(step.body, entry, scope)

    def parallel(self, step: Parallel, entry: Refs, scope: str) -> Refs:
        self.require(entry, step.wiring)
        found: list[Ref] = []
        for branch in step.branches:
            found += self.inner(branch, entry, scope)
            self.take(1, branch.wiring.span)
        ends = tuple(found)
        if step.merge is None:
            return ends
        # The merge carries the group's name: it is what the group gives.
        merge = replace(step.merge, wiring=replace(step.merge.wiring, name=step.wiring.name, sources=()))
        return self.call(merge, ends, scope)

    def reuse(self, step: Reuse, entry: Refs, scope: str) -> Refs:
        self.require(entry, step.wiring)
        full = self.resolve(step.target, scope)
        if full in self.scopes:
            if step.flags:
                message = f"`{step.target.text}` is a group: `call` says how one layer is called"
                raise Failed(Diagnostic("E0203", message, next(iter(step.flag_spans.values()))))
            return self.replay(full, step, entry, scope)
        original = self.made.get(full)
        if original is None:
            message = f"`{step.target.text}` is an input; only layers and named groups can be used again"
            raise Failed(Diagnostic("E0504", message, step.target.span))
        name = scope + step.wiring.name.text if step.wiring.name else self.unique(f"{full}_again", step.wiring.span)
        if problem := unknown_flag(original.kind, step.flag_spans):
            raise Failed(problem)
        again = self.again(original, name, entry, step.wiring)
        self.add(replace(again, flags={**original.flags, **step.flags}))
        return (Ref(name),)

    def replay(self, full: str, step: Reuse, entry: Refs, scope: str) -> Refs:
        """Every layer of a named group called again, wired as before but for what the group is fed with."""
        group = self.scopes[full]
        if len(group.entry) != len(entry):
            message = f"`{step.target.text}` was fed with {len(group.entry)} tensors, not {len(entry)}"
            raise Failed(Diagnostic("E0504", message, step.target.span))
        new = scope + step.wiring.name.text if step.wiring.name else self.unique(f"{full}_again", step.wiring.span)
        moved = dict(zip(group.entry, entry, strict=True))
        for original in self.layers[group.first : group.last]:
            name = new + original.name[len(full) :]
            inputs = tuple(_moved(ref, moved) for ref in original.inputs)
            self.add(self.again(original, name, inputs, step.wiring))
            moved[Ref(original.name)] = Ref(name)
        return tuple(_moved(ref, moved) for ref in group.end)

    def again(self, original: Layer, name: str, inputs: Refs, wiring: Wiring) -> Layer:
        shares = original.shares or original.name
        trail = (*wiring.trail, Note("its weights belong to this layer", original.span))
        return replace(original, name=name, inputs=inputs, shares=shares, span=wiring.span, trail=trail)

    def sources(self, wiring: Wiring, scope: str) -> Refs:
        refs: list[Ref] = []
        for source in wiring.sources:
            name, _, index = source.text.partition(":")
            full = self.resolve(replace(source, text=name), scope)
            found = self.values[full]
            if not found:
                message = f"`{name}` holds no layer, and nothing stands before it that it could hand on"
                raise Failed(Diagnostic("E0505", message, source.span))
            if index:
                found = (_numbered(found, index, source),)
            self.take(len(found), source.span)
            refs += found
        return tuple(refs)

    def arguments(self, wiring: Wiring, scope: str) -> Iterator[str]:
        """The call argument of each tensor, where ``from`` names them; a group may give one several."""
        for source in wiring.sources:
            if source.argument:
                yield from [source.argument] * len(self.sources(replace(wiring, sources=(source,)), scope))

    def resolve(self, source: Reference, scope: str) -> str:
        """The full name that ``source`` means: inside first, then outwards."""
        inside = scope
        while True:
            if inside + source.text in self.values:
                return inside + source.text
            if not inside:
                break
            inside = inside[: inside.rstrip("/").rfind("/") + 1]
        later = self.places.get(scope + source.text)
        if later is not None:
            notes = (Note("it is given to this one", later),)
            message = f"`{source.text}` comes later: a layer takes only what stands before it"
            raise Failed(Diagnostic("E0503", message, source.span, notes=notes))
        known = [name.removeprefix(scope) for name in self.values]
        hint = did_you_mean(source.text, known) or "give the layer a `name:` to refer to it"
        fix = spelling(source.span, source.text, known)
        raise Failed(
            Diagnostic("E0502", f"no layer or input is called `{source.text}`", source.span, hint=hint, fix=fix)
        )

    def require(self, entry: Refs, wiring: Wiring) -> None:
        if not entry:
            names = ", ".join(tensor.name for tensor in self.inputs)
            message = "this layer has nothing before it: say with `from:` which input it takes"
            raise Failed(Diagnostic("E0505", message, wiring.span, hint=f"the inputs are {names}"))

    def unique(self, wanted: str, span: Span) -> str:
        name = wanted
        counter = self.counters.get(wanted, 0)
        while name in self.places:
            counter += 1
            name = f"{wanted}_{counter}"
        self.counters[wanted] = counter
        self.places[name] = span
        return name

    def outputs(self, node: Node | None, end: Refs, span: Span) -> tuple[Output, ...]:
        if node is None or node.value is None:
            inputs = {tensor.name for tensor in self.inputs}
            if not self.diagnostics and all(ref.layer in inputs for ref in end):
                self.diagnostics.append(Diagnostic("E0506", "the network has no layers", span))
            return tuple(Output(_output_name(ref), ref) for ref in end)
        found = []
        for name, item in _named_outputs(node):
            try:
                refs = self.sources(Wiring(item.span, sources=(Reference(str(item.value), item.span),)), "")
            except Failed as failed:
                self.diagnostics.append(failed.diagnostic)
                if len(self.diagnostics) >= MAX_PROBLEMS:
                    raise _Halt from None
                continue
            if name is not None and len(refs) > 1:
                message = f"`{item.value}` gives {len(refs)} tensors, which cannot all be the output `{name}`"
                hint = "`merge: Concatenate` makes one of them; or name the end of each branch, an output each"
                self.diagnostics.append(Diagnostic("E0501", message, item.span, hint=hint))
                continue
            found += [Output(name or _output_name(ref), ref, item.span) for ref in refs]
        self.diagnostics += told_apart((output.name, output.span or span) for output in found)
        return tuple(found)


def _numbered(found: Refs, index: str, source: Reference) -> Ref:
    """The tensor of a number: an output of the layer, or one of those that a group gives."""
    if not (index.isascii() and index.isdigit()) or len(index) > MAX_DIGITS:
        message = f"`{source.text}`: after the colon comes the number of an output"
        raise Failed(Diagnostic("E0502", message, source.span))
    number = int(index)
    if len(found) == 1 and not found[0].index:
        return Ref(found[0].layer, number)
    if number >= len(found):
        given = f"{len(found)} tensors" if len(found) > 1 else "one tensor"
        message = f"`{source.text.partition(':')[0]}` gives {given}, so there is no `{source.text}` (counted from 0)"
        raise Failed(Diagnostic("E0502", message, source.span))
    return found[number]


def _moved(ref: Ref, moved: dict[Ref, Ref]) -> Ref:
    """``ref``, or where it went: ``moved`` holds whole layers by their first output."""
    target = moved.get(ref)
    if target is None and Ref(ref.layer) in moved:
        target = Ref(moved[Ref(ref.layer)].layer, ref.index)
    return target or ref


def _named_outputs(node: Node) -> Iterator[tuple[str | None, Node]]:
    if node.is_mapping:
        yield from node.value.items()
    else:
        for item in node.items:
            yield None, item


def _output_name(ref: Ref) -> str:
    name = ref.layer.replace("/", ".")
    return f"{name}_{ref.index}" if ref.index else name


def _pruned(graph: Graph) -> tuple[Graph, list[Layer]]:
    """The graph without the layers that reach no output, and those."""
    needed = {output.ref.layer for output in graph.outputs}
    for layer in reversed(graph.layers):
        if layer.name in needed:
            needed.update(ref.layer for ref in layer.inputs)
    kept = [layer for layer in graph.layers if layer.name in needed]
    owners: dict[str, str] = {}  # a pruned owner of weights -> the first call that is left of it
    for position, layer in enumerate(kept):
        if layer.shares is not None and layer.shares not in needed:
            owner = owners.setdefault(layer.shares, layer.name)
            kept[position] = replace(layer, shares=None if owner == layer.name else owner)
    dead = [layer for layer in graph.layers if layer.name not in needed]
    return replace(graph, layers=tuple(kept)), dead


def _unreached(dead: list[Layer]) -> Iterator[Diagnostic]:
    """A warning for each end of what reaches no output; the layers that lead there need none of their own."""
    taken = {ref.layer for layer in dead for ref in layer.inputs}
    for layer in dead:
        if layer.name not in taken:
            message = f"`{layer.name}` reaches no output and is left out"
            yield Diagnostic(
                "W0501", message, layer.span, "warning", "name it under `outputs:` to keep it", layer.trail
            )


def _unused(graph: Graph) -> Iterator[Diagnostic]:
    used = {ref.layer for layer in graph.layers for ref in layer.inputs} | {
        output.ref.layer for output in graph.outputs
    }
    for tensor in graph.inputs:
        if tensor.name not in used:
            yield Diagnostic("W0502", f"the input `{tensor.name}` is never used", tensor.span, "warning")


def verify(graph: Graph) -> None:
    """What a legal graph is; a violation is a fault of nnspec's own, never of a spec.

    Names are unique and known kinds have no say in it; every reference points at an input or an earlier layer;
    shared weights belong to an earlier layer of the same kind; there is at least one output.
    """
    seen = {tensor.name for tensor in graph.inputs}
    kinds: dict[str, str] = {}
    for layer in graph.layers:
        assert layer.name not in seen, f"{layer.name} is twice in the graph"
        assert layer.inputs, f"{layer.name} takes nothing"
        assert all(ref.layer in seen for ref in layer.inputs), f"{layer.name} takes what is not there"
        assert layer.shares is None or kinds.get(layer.shares) == layer.kind, f"{layer.name} shares with no layer"
        assert not layer.call or len(layer.call) == len(layer.inputs), f"{layer.name} names some of its inputs"
        seen.add(layer.name)
        kinds[layer.name] = layer.kind
    assert graph.outputs and all(output.ref.layer in seen for output in graph.outputs), "an output is not there"
