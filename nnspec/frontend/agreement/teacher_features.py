"""`train.teacher.features`: layers whose values are learned from the teacher's, and whether these can be compared.

Values of the same shape are compared as they are (Romero et al., FitNets, 2015), those that differ in the number of
channels alone by their attention maps, the mean of the squares over channels (Zagoruyko and Komodakis 2017).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from nnspec.data.table import sizes
from nnspec.frontend.agreement.ends import Shape
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.rounding import plan_for
from nnspec.frontend.spec import Graph, Spec, keras_name
from nnspec.frontend.suggest import did_you_mean

Comparison = Literal["values", "maps"]
HINT = "layers of the same shape, or maps that differ in their channels alone"


def compared(ours: Shape | None, theirs: Shape | None) -> Comparison | None:
    """How values of two shapes without the batch are compared; None: they cannot be. What is unknown may fit."""
    if ours is None or theirs is None:
        return "values"
    if len(ours) != len(theirs) or any(_differ(one, other) for one, other in zip(ours[:-1], theirs[:-1], strict=True)):
        return None
    if not ours or not _differ(ours[-1], theirs[-1]):
        return "values"
    return "maps" if len(ours) > 1 else None


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


def misfit(name: str, ours: Shape | None, partner: str, theirs: Shape | None) -> str | None:
    """Why the values of two layers cannot be compared; None where they can."""
    if compared(ours, theirs) is not None:
        return None
    assert ours is not None and theirs is not None
    return f"`{name}` gives {sizes(ours)}, and `{partner}` of the teacher {sizes(theirs)}"


def calls_of(graph: Graph) -> dict[str, tuple[str, int]]:
    """By layer of a spec the one that it calls, as Keras names it, and which of its calls that is."""
    seen: Counter[str] = Counter()
    found = {}
    for layer in graph.layers:
        owner = layer.shares or layer.name
        found[layer.name] = keras_name(owner), seen[owner]
        seen[owner] += 1
    return found


def feature_misfits(spec: Spec, other: Spec | None) -> Iterator[Diagnostic]:
    """E0708 for names of no layer, E0745 for layers whose values cannot be compared, E0703 for a weight of nothing.

    Args:
        other: the spec of the teacher's run; None where it is not known.
    """
    teacher = spec.training.teacher
    assert teacher is not None
    if not teacher.features and spec.node.get("train", "teacher", "feature_weight") is not None:
        place = spec.place("train", "teacher", "feature_weight")
        yield Diagnostic("E0703", "`feature_weight` is for `features`, and none are named", place, hint="leave it out")
    names = [layer.name for layer in spec.graph.layers]
    folded = _folded(spec)
    for name, partner in teacher.features.items():
        place = spec.place("train", "teacher", "features", name)
        if name not in names:
            yield Diagnostic("E0708", f"no layer is called `{name}`", place, hint=did_you_mean(name, names))
            continue
        if name in folded:
            message = f"`{name}` and the BatchNormalization behind it become one, so that it has no values of its own"
            yield Diagnostic("E0745", message, place, hint=f"name `{folded[name]}`")
        theirs = [] if other is None else [layer.name for layer in other.graph.layers]
        if other is not None and partner not in theirs:
            hint = did_you_mean(partner, theirs)
            yield Diagnostic("E0745", f"no layer of the teacher is called `{partner}`", place, hint=hint)
        elif other is not None:
            why = misfit(name, _shape(spec, name), partner, _shape(other, partner))
            if why is not None:
                yield Diagnostic("E0745", why, place, hint=HINT)


def _folded(spec: Spec) -> dict[str, str]:
    """Layers without values of their own in a training that rounds, each with the one that they become a part of."""
    if spec.training.quantize is None:
        return {}
    steps = plan_for(spec).steps
    by_kernel = {step.kernel: step.layer for step in steps if step.form == "folded"}
    named = {keras_name(layer.name): layer.name for layer in spec.graph.layers}
    return {named[kernel]: named[layer] for kernel, layer in by_kernel.items() if kernel is not None}


def _shape(spec: Spec, name: str) -> Shape | None:
    """That of a layer's first output, without the batch; None where it is not known."""
    fact = spec.facts.get(name)
    if fact is None or not fact.outputs:
        return None
    return tuple(size if isinstance(size, int) else None for size in fact.outputs[0].shape[1:])
