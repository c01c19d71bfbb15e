"""Which feature of the data each input takes, and which target each output is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnspec.data.table import FeatureSpec
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Spec

Names = dict[str, str]  # of the network, to those of the data


def pairs(
    spec: Spec, features: Mapping[str, FeatureSpec], targets: Mapping[str, FeatureSpec]
) -> tuple[Names, Names, list[Diagnostic]]:
    """Inputs with their features and outputs with their targets, by name, or the only one there is.

    A lone target is that of every output: a network with auxiliary classifiers gives the same answer several times.

    Returns:
        By input its feature, by output its target, and E0702 for names that do not match.
    """
    problems: list[Diagnostic] = []
    inputs = [given.name for given in spec.graph.inputs]
    outputs = [given.name for given in spec.graph.outputs]
    taken = _pair(spec, inputs, features, "input", "feature", problems)
    trained = _pair(spec, outputs, targets, "output", "target", problems)
    return taken, trained, problems or list(_not_taken(spec, taken, features))


def _pair(
    spec: Spec, names: list[str], columns: Mapping[str, FeatureSpec], ours: str, theirs: str, problems: list[Diagnostic]
) -> Names:
    if len(columns) == 1 and (len(names) == 1 or theirs == "target"):
        return {name: next(iter(columns)) for name in names}
    missing = [name for name in names if name not in columns]
    if missing:
        listed = ", ".join(f"`{name}`" for name in columns) or f"no {theirs}"
        message = f"the {ours} `{missing[0]}` has no {theirs} in the data, which have {listed}"
        hint = f"with several {ours}s or {theirs}s they go together by name" if columns else None
        problems.append(Diagnostic("E0702", message, spec.place("data", "source"), hint=hint))
    return {name: name for name in names if name in columns}


def _not_taken(spec: Spec, taken: Names, features: Mapping[str, FeatureSpec]) -> Iterator[Diagnostic]:
    left = [name for name in features if name not in taken.values()]
    if left:
        message = f"the data give {', '.join(f'`{name}`' for name in left)}, which no input takes"
        hint = "an input of that name takes it; else leave it out of the source"
        yield Diagnostic("W0714", message, spec.place("data", "source"), "warning", hint)
