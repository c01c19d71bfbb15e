"""What a log calls a metric that has no name: as Keras in a process of its own, whatever was compiled before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from nnspec.catalog.kinds import catalog, snake
from nnspec.layers.types import KindValue


def named(metric: Any, counts: Counter[str]) -> Any:
    """The metric with the name that Keras makes up: ``auc``, and ``auc_1`` for a second one.

    Keras counts over all that the process has ever made, so that a second phase or a second training would log under
    other names, and what monitors them would never act.

    Args:
        metric: as a section of the spec holds it.
        counts: how many of each name there are already; counted on.
    """
    if not isinstance(metric, KindValue) or metric.args.get("name"):
        return metric
    defaults = catalog().defaults("metric", metric.kind)
    if "name" not in defaults or defaults["name"] is not None:
        return metric
    base = snake(metric.kind)
    number = counts[base]
    counts[base] += 1
    return replace(metric, args={**metric.args, "name": f"{base}_{number}" if number else base})
