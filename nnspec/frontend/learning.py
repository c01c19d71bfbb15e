"""Layers that learn from the training data before the training: which they are, and whether they can.

Such a layer sees what reaches it through layers without weights: what stands behind weights is not known before they
are trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nnspec.frontend.diagnostics import Diagnostic, Note, SpecError
from nnspec.frontend.spec import Graph, Layer, Spec
from nnspec.layers.learning import LEARNS, learns, size_follows
from nnspec.layers.types import KindValue, values_in


def learners(graph: Graph) -> list[Layer]:
    """The layers that have something to learn from data, each once."""
    return [layer for layer in graph.layers if layer.shares is None and learns(layer.kind, layer.args)]


def calls_of(graph: Graph, owner: Layer) -> list[Layer]:
    """The calls of a layer: its own, and those that use it again."""
    return [layer for layer in graph.layers if owner.name in (layer.name, layer.shares)]


def check_learning(spec: Spec) -> Iterator[Diagnostic]:
    """An error, E0725, for each layer that cannot learn where it stands.

    A network alone may have its values from elsewhere: nothing is wrong before it has data to learn from.
    """
    if spec.data is not None and not spec.training.initial_weights:
        yield from misplaced(spec, learners(spec.graph))
        yield from _inside_others(spec)


def misplaced(spec: Spec, owners: Iterable[Layer]) -> Iterator[Diagnostic]:
    """An error, E0725, for each of these layers that no example of what it learns from reaches."""
    before = _weights_before(spec)
    for owner in owners:
        facts = LEARNS[owner.kind]
        if facts.reversed_by and owner.args.get(facts.reversed_by):
            message = f"`{owner.name}` turns values back, so what reaches it does not tell its {facts.what}"
            yield _cannot(owner, message, f"give it {facts.given}, as learned by the layer that it reverses")
            continue
        for call in calls_of(spec.graph, owner):
            blocking = before[call.name]
            if blocking is not None:
                yield behind_weights(owner, call, blocking)


def behind_weights(owner: Layer, call: Layer, blocking: Layer) -> Diagnostic:
    """The error of a layer that takes what another one's weights make."""
    what = LEARNS[owner.kind].what
    if blocking.name == owner.name:
        message = f"`{call.name}` takes what `{owner.name}` makes, which has its {what} still to learn"
        return _cannot(call, message, "use another layer there")
    message = f"`{owner.name}` learns its {what} before the training, but it stands behind {blocking.kind} "
    message += f"`{blocking.name}`, which has weights"
    note = Note(f"{blocking.kind} `{blocking.name}` stands here", blocking.span)
    return _cannot(call, message, f"put it first, or give it {LEARNS[owner.kind].given}{_instead(owner)}", note)


def _instead(owner: Layer) -> str:
    moments = LEARNS[owner.kind].how == "moments"
    return "; within a network BatchNormalization learns while training" if moments else ""


def _cannot(layer: Layer, message: str, hint: str, *notes: Note) -> Diagnostic:
    return Diagnostic("E0725", message, layer.span, hint=hint, notes=(*notes, *layer.trail))


def _weights_before(spec: Spec) -> dict[str, Layer | None]:
    """For each layer the first one before it whose output only training tells; None where there is none."""
    owners = {layer.name: layer for layer in spec.graph.layers}
    found: dict[str, Layer | None] = {}
    makes: dict[str, Layer | None] = {given.name: None for given in spec.graph.inputs}
    learned: dict[str, frozenset[str]] = {given.name: frozenset() for given in spec.graph.inputs}
    for layer in spec.graph.layers:
        owner = owners[layer.shares or layer.name]
        sources = [ref.layer for ref in layer.inputs]
        above = frozenset[str]().union(*(learned[name] for name in sources))
        found[layer.name] = next((makes[name] for name in sources if makes[name] is not None), None)
        if owner.name in above and found[layer.name] is None:
            found[layer.name] = owner
        weighs = bool(spec.facts[layer.name].params) and owner.kind not in LEARNS
        makes[layer.name] = found[layer.name] or (owner if weighs else None)
        learned[layer.name] = above | ({owner.name} if learns(owner.kind, owner.args) else frozenset())
    return found


def _inside_others(spec: Spec) -> Iterator[Diagnostic]:
    """Layers with something to learn that are arguments of others, which nobody adapts."""
    for layer in spec.graph.layers:
        if layer.shares is not None:
            continue
        for inner in _learners(layer.args):
            message = f"the {inner.kind} inside {layer.kind} `{layer.name}` cannot learn its {LEARNS[inner.kind].what}"
            yield _cannot(layer, message, f"make it a layer of its own, or give it {LEARNS[inner.kind].given}")
    for inner in _learners(() if spec.data is None else spec.data.augment):
        message = f"a {inner.kind} in `augment` cannot learn its {LEARNS[inner.kind].what}"
        hint = "it belongs to the network: make it one of the `layers`"
        yield Diagnostic("E0725", message, spec.place("data", "augment"), hint=hint)


def _learners(value: Any) -> Iterator[KindValue]:
    return (one for one in values_in(value) if isinstance(one, KindValue) and learns(one.kind, one.args))


def unlearned(spec: Spec) -> Iterator[Diagnostic]:
    """A warning, W0725, for each layer that has nothing to learn from: there is no ``data`` section."""
    if spec.data is None and not spec.training.initial_weights:
        yield from not_yet_learned(spec, "the spec has no `data` section")


def not_yet_learned(spec: Spec, why: str) -> Iterator[Diagnostic]:
    """A warning, W0725, for each layer whose values are not known yet."""
    for layer in learners(spec.graph):
        facts = LEARNS[layer.kind]
        message = f"`{layer.name}` has not learned its {facts.what}: {why}"
        hint = f"`nnspec train` adapts it to the training part; or give it {facts.given}"
        yield Diagnostic("W0725", message, layer.span, "warning", hint, layer.trail)


def require_sizes(graph: Graph) -> None:
    """Raises SpecError, E0725, where the network's sizes follow from a vocabulary that is not learned yet."""
    problems = []
    for layer in learners(graph):
        if size_follows(layer.kind, layer.args):
            message = f"the output of `{layer.name}` is as wide as its vocabulary, which only training learns"
            problems.append(_cannot(layer, message, "train it, give it `vocabulary`, or `max_tokens` with padding"))
    if problems:
        raise SpecError(problems)
