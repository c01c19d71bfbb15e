"""Sizes that vary in the spec and are the same in all the data: the network is followed with them, too."""

from __future__ import annotations

from dataclasses import replace

from nnspec.data.protocol import Columns
from nnspec.frontend.agreement.binding import Names
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.shapes import infer_shapes
from nnspec.frontend.spec import Spec


def with_data_sizes(spec: Spec, columns: Columns, taken: Names) -> tuple[Spec, list[Diagnostic]]:
    """The spec with the sizes of the data, and E0601 for layers that cannot take them.

    A Reshape of `[null, 3]` to rows of 5, or a kernel of 6 steps, goes with some lengths: with that of the data
    TensorFlow would stop in the first step.
    """
    inputs = tuple(
        replace(given, shape=_known(given.shape, columns.features[taken[given.name]].shape))
        for given in spec.graph.inputs
    )
    changed = {
        new.name: new.shape for new, old in zip(inputs, spec.graph.inputs, strict=True) if new.shape != old.shape
    }
    if not changed:
        return spec, []
    graph = replace(spec.graph, inputs=inputs)
    facts, problems = infer_shapes(graph)
    told = tuple(Note(f"the data give `{name}` as {list(changed[name])}") for name in changed)
    return replace(spec, graph=graph, facts=facts), [replace(one, notes=(*one.notes, *told)) for one in problems]


def _known(ours: tuple[int | None, ...], theirs: tuple[int | None, ...]) -> tuple[int | None, ...]:
    if len(ours) != len(theirs):
        return ours  # said as a misfit
    return tuple(have if want is None else want for want, have in zip(ours, theirs, strict=True))
