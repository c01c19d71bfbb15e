"""What a network costs, in a line."""

from __future__ import annotations

from nnspec.console.formatting import plural, scaled
from nnspec.frontend.spec import Spec


def totals(spec: Spec) -> str:
    """``138,357,544 parameters, 15.5 G multiply-adds, 23 layers``."""
    params = "parameters not known" if spec.param_count is None else plural(spec.param_count, "parameter")
    macs = "multiply-adds not known" if spec.macs is None else f"{scaled(spec.macs)} multiply-adds"
    return f"{params}, {macs}, {plural(len(spec.graph.layers), 'layer')}"
