"""Whether two graphs are one network: the same layers, called and wired alike, whatever their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.spec import Graph, Layer
from nnspec.importing.structure import keeps_name
from nnspec.importing.values import single
from nnspec.layers.types import KindValue


def paired(wanted: Graph, found: Graph, names: str) -> dict[str, str] | None:
    """The layer of ``found`` for each layer of ``wanted``, or None where the two are not one network.

    Both are walked from their outputs back to their inputs, side by side. Names count where ``wanted`` keeps them
    (``names`` as of ``structure.sections``), and those of inputs always.
    """
    if [_input(given) for given in wanted.inputs] != [_input(given) for given in found.inputs]:
        return None
    if len(wanted.outputs) != len(found.outputs):
        return None
    left, right = ({layer.name: layer for layer in graph.layers} for graph in (wanted, found))
    pairs = {given.name: given.name for given in wanted.inputs}
    waiting = [(one.ref, other.ref) for one, other in zip(wanted.outputs, found.outputs, strict=True)]
    if len(waiting) > 1 and [output.name for output in wanted.outputs] != [output.name for output in found.outputs]:
        return None
    while waiting:
        one, other = waiting.pop()
        if one.index != other.index or pairs.get(one.layer, other.layer) != other.layer:
            return None
        if one.layer in pairs:
            continue
        if one.layer not in left or other.layer not in right or not _alike(left[one.layer], right[other.layer], names):
            return None
        pairs[one.layer] = other.layer
        waiting += zip(left[one.layer].inputs, right[other.layer].inputs, strict=True)
    if len(set(pairs.values())) != len(pairs) or not _share_alike(pairs, left, right):
        return None
    return {name: other for name, other in pairs.items() if name in left}


def _input(given: Any) -> Any:
    return given.name, given.shape, given.dtype


def _alike(one: Layer, other: Layer, names: str) -> bool:
    return (
        one.kind == other.kind
        and (not keeps_name(one, names) or one.name == other.name)
        and _frozen(_told(one)) == _frozen(_told(other))
        and (one.call, dict(one.flags), len(one.inputs)) == (other.call, dict(other.flags), len(other.inputs))
    )


def _share_alike(pairs: Mapping[str, str], left: Mapping[str, Layer], right: Mapping[str, Layer]) -> bool:
    """Whether calls that share weights do so in both."""
    groups: dict[str, str] = {}
    for name, other in pairs.items():
        if name in left:
            owner = left[name].shares or name
            if groups.setdefault(owner, right[other].shares or other) != (right[other].shares or other):
                return False
    return len(set(groups.values())) == len(groups)


def _told(layer: Layer) -> dict[str, Any]:
    """The arguments that are not the default: a loop spells out some that are."""
    defaults = catalog().defaults("layer", layer.kind)
    return {
        name: value
        for name, value in layer.args.items()
        if name not in defaults or _frozen(single(value)) != _frozen(single(defaults[name]))
    }


def _frozen(value: Any) -> Any:
    """Data as something that can be compared, 1 and 1.0 and true told apart."""
    if isinstance(value, KindValue):
        return value.kind, _frozen(value.args)
    if isinstance(value, Mapping):
        return tuple(sorted((name, _frozen(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    return type(value).__name__, str(value)
