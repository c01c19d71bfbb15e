"""A diagnostic of the package: strokes have few patterns, and a layer of a thousand units learns them by heart."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.frontend.codes import Code
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Spec

FEW_UNITS = Code(
    "Many units for strokes",
    "Strokes have few patterns; a layer of more than 1,000 units learns them by heart.",
    "layers: [{Dense: 2000}]",
    "Give the layer fewer units.",
)


def few_units(spec: Spec) -> Iterator[Diagnostic]:
    for layer in spec.graph.layers:
        units = layer.args.get("units", 0)
        if isinstance(units, int) and units > 1000:
            yield Diagnostic("WTALLY0001", f"{units:,} units for strokes", layer.span, "warning")
