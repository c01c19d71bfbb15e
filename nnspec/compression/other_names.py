"""Settings that name layers, by the names that these have in a spec that was written again."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.frontend.settings_checks import layer_patterns, matched
from nnspec.frontend.spec import Spec, keras_name
from nnspec.importing.imported import ImportedSpec

SECOND = "_out"  # what the second of two layers is called that one became


def with_names(spec: Spec, found: ImportedSpec) -> dict[str, Any]:
    """The spec as plain data, where its settings name the layers of an imported one.

    A pattern stays where it means the same layers in both; else it becomes their names. What names none stays, too,
    and is refused as any name of no layer.
    """
    resolved = copy.deepcopy(dict(spec.resolved))
    names = _names(spec, found)
    for path, patterns in layer_patterns(spec):
        if patterns:
            _put(resolved, path, _translated(patterns, names))
    for number, target in enumerate(spec.export):
        if target.args.get("keep_float"):
            kept = [name for given in target.args["keep_float"] for name in names.get(given, [given])]
            _put(resolved, ("export", number, target.kind, "keep_float"), kept)
    teacher = spec.training.teacher
    if teacher is not None and teacher.features:
        features = {names.get(name, [name])[-1]: partner for name, partner in teacher.features.items()}
        _put(resolved, ("train", "teacher", "features"), features)
    return resolved


def _names(spec: Spec, found: ImportedSpec) -> dict[str, list[str]]:
    """By name of a layer its names in the imported spec: two where it became two."""
    owners = {keras_name(layer.name): layer.name for layer in spec.graph.layers if layer.shares is None}
    names: dict[str, list[str]] = {}
    for name, place in found.origins.items():
        owner = owners.get(place[-1]) or owners.get(place[-1].rstrip("_").removesuffix(SECOND))
        if owner is not None:
            names.setdefault(owner, []).append(name)
    calls = {layer.name: names[layer.shares] for layer in spec.graph.layers if layer.shares in names}
    return names | calls  # a name of any call means the layer


def _translated(patterns: Sequence[str], names: Mapping[str, list[str]]) -> list[str]:
    known, found = [one for given in names.values() for one in given], dict[str, None]()
    for pattern in patterns:
        meant = [one for name, given in names.items() if matched([pattern], name) for one in given]
        same = set(meant) == {one for one in known if matched([pattern], one)}
        found |= dict.fromkeys([pattern] if same or not meant else meant)
    return list(found)


def _put(data: Any, path: Sequence[str | int], value: Any) -> None:
    *above, last = path
    for step in above:
        data = data[step]
    data[last] = value
