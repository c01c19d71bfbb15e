"""`train.initial_weights` of a run: its layers against those of the same names.

Of a `.keras` file the training knows it, which opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nnspec.frontend.agreement.other_runs import spec_of_run
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.layers import layers_within

SHOWN = 8  # names of layers told before the rest is counted
ANOTHER_NAME = "give the layer another name to train it from scratch"


def initial_misfits(spec: Spec) -> Iterator[Diagnostic]:
    """E0712 for a layer that is of another kind there, or has another number of weights, and for no name in common."""
    given = spec.training.initial_weights
    other = spec_of_run(spec, given) if isinstance(given, str) and given else None
    if not isinstance(given, str) or other is None:
        return
    place = spec.place("train", "initial_weights")
    ours, theirs = _with_weights(spec), _with_weights(other)
    if ours and theirs and not set(ours) & set(theirs):
        yield Diagnostic("E0712", no_name("that run", list(theirs)), place)
    for name, layer in ours.items():
        partner = theirs.get(name)
        if partner is None:
            continue
        mine, their = spec.facts[layer.name].params, other.facts[partner.name].params
        if layer.kind != partner.kind:
            message = of_another_kind(name, layer.kind, partner.kind)
        elif _adapts(layer) and not _adapts(partner):
            continue  # it adapts what was trained without
        elif mine is not None and their is not None and mine != their:
            message = f"`{name}` has {mine:,} weights, and {their:,} there"
        else:
            continue
        yield Diagnostic("E0712", message, place, hint=ANOTHER_NAME, notes=(Note("the layer is here", layer.span),))


def of_another_kind(name: str, ours: str, theirs: str) -> str:
    return f"`{name}` is a {ours}, and a {theirs} there"


def no_name(where: str, theirs: Sequence[str]) -> str:
    return f"no layer has the name of one in {where}: {listed(theirs)}"


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more


def _adapts(layer: Layer) -> bool:
    """Whether `lora_rank` adapts it, or a layer within it."""
    return any(args.get("lora_rank") for args in (layer.args, *(one.args for one in layers_within(layer.args))))


def _with_weights(spec: Spec) -> Mapping[str, Layer]:
    """By Keras's name the layers that are made and have weights, or may have some."""
    owners = (layer for layer in spec.graph.layers if layer.shares is None)
    return {keras_name(layer.name): layer for layer in owners if spec.facts[layer.name].params != 0}
