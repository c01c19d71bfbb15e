"""The network against what is known of its data without looking at them: warnings, in the words of `agreement`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nnspec.catalog.comparisons import LOSSES, Takes
from nnspec.data.protocol import Facts
from nnspec.data.table import FeatureSpec, sizes
from nnspec.frontend.agreement.ends import End, ends_of, loss_of
from nnspec.frontend.agreement.targets import FLATTEN, misfit, remedy
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.edits import flattened
from nnspec.frontend.lints.network import by_name, loss_note, without_files
from nnspec.frontend.sequences import is_by_ctc
from nnspec.frontend.spec import Layer, Spec

_BY_PLACE = ("dense", "activation", "normalization", "regularization")  # families that take each place for itself


def without_data(spec: Spec) -> Iterator[Diagnostic]:
    """W0706 for each output that its targets will not fit, as far as the source, `classes` and the network tell."""
    if spec.train is None:
        return
    facts = without_files(spec.data)
    if spec.data is not None and spec.data.classes is not None:
        facts = replace(facts, classes=len(spec.data.classes))
    for end in ends_of(spec).values():
        if end.layer is None or not end.shape or is_by_ctc(spec, end.output):
            continue
        known = next(iter(facts.columns.targets.values()), None) if facts.columns else None
        target = known or FeatureSpec(end.shape[:-1], "int32")  # what a loss over class numbers would take
        loss = loss_of(spec, end, facts, target)
        takes = None if loss is None else LOSSES.get(loss.kind)
        if takes is not None and not end.chain and (known is not None or takes.form == "numbers"):
            yield from _misfit(spec, end, end.layer, target, takes, facts)
        if takes is not None and known is None and takes.form in ("numbers", "each class") and _by_place(spec, end):
            message = f"the output `{end.name}` has shape {sizes(end.shape)}, a class for each place of an example"
            fix = flattened(end.layer.span)
            yield _warning(spec, end, end.layer, message, FLATTEN, fix=fix)


def _misfit(
    spec: Spec, end: End, layer: Layer, target: FeatureSpec, takes: Takes, facts: Facts
) -> Iterator[Diagnostic]:
    if spec.data is not None and spec.data.one_hot:
        target = target.one_hot(facts.classes)
    found = misfit("its loss", end, target, takes, facts.classes)
    if found is None or (takes.form == "numbers" and end.units == 1):  # one unit is told of whatever the data are
        return
    assert end.shape is not None
    message = f"the output `{end.name}` has shape {sizes(end.shape)}, {found[0]}"
    yield _warning(spec, end, layer, message, found[1], fix=remedy(spec, end, target, takes, facts.classes))


def _warning(spec: Spec, end: End, layer: Layer, message: str, hint: str | None, **more: object) -> Diagnostic:
    notes = (loss_note(spec, end.output), *layer.trail)
    return Diagnostic("W0706", message, layer.span, "warning", hint, notes, **more)  # type: ignore[arg-type]


def _by_place(spec: Spec, end: End) -> bool:
    """Whether a Dense makes classes of each place though nothing else of the network is by place: Flatten is forgotten.

    Either no layer looks beyond a place, or those before have made the image smaller, so that no mask has its size.
    """
    shape, layer = end.shape or (), end.layer
    if layer is None or layer.record.family != "dense" or len(shape) < 2:
        return False
    layers, inputs = by_name(spec), {given.name: given.shape for given in spec.graph.inputs}
    before: list[Layer] = []
    found: set[str] = set()
    waiting = [ref.layer for ref in layer.inputs]
    while waiting:
        name = waiting.pop()
        if name in layers and name not in found:
            before.append(layers[name])
            waiting += [ref.layer for ref in layers[name].inputs]
        found.add(name)
    sources = [given for name, given in inputs.items() if name in found]
    if len(sources) != 1 or len(sources[0]) != len(shape):
        return False
    if all(one.record.family in _BY_PLACE or one.record.arranges or one.record.affine for one in before):
        return True
    places, whole = shape[:-1], sources[0][:-1]
    pairs = [
        (ours, theirs) for ours, theirs in zip(places, whole, strict=True) if ours is not None and theirs is not None
    ]
    return len(places) > 1 and bool(pairs) and all(ours < theirs for ours, theirs in pairs)
