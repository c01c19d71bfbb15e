"""``budget``: what a network may cost."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.spec import Spec


def check_budget(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each limit that the network exceeds; the largest layers are named."""
    for key, total, noun in (
        ("params", spec.param_count, "parameters"),
        ("macs", spec.macs, "multiply-adds"),
    ):
        limit = spec.budget.get(key)
        if limit is None or total is None or total <= limit:
            continue
        message = f"the network has {total:,} {noun}; the budget is {limit:,.0f}"
        notes = tuple(_largest(spec, key, noun))
        yield Diagnostic("E0801", message, spec.place("budget", key), notes=notes)


def _largest(spec: Spec, key: str, noun: str) -> Iterator[Note]:
    sizes = [
        (getattr(spec.facts[layer.name], key) or 0, layer)
        for layer in spec.graph.layers
        if not (key == "params" and layer.shares)
    ]
    for size, layer in sorted(sizes, key=lambda pair: -pair[0])[:3]:
        if size:
            yield Note(f"{layer.kind} `{layer.name}` has {size:,} {noun}", layer.span)
