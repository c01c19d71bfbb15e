"""What the log of an epoch holds: each metric by the name that it has there, and whether more of it is better."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.comparisons import kind_of, rises
from nnspec.catalog.kinds import catalog
from nnspec.frontend.agreement.ends import setting
from nnspec.frontend.metric_names import named
from nnspec.frontend.spec import Spec, keras_name
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

_WORD = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """
    Attributes:
        rises: whether more of it is better; None where nobody says so.
        told: whether Keras finds that out by itself, by the name of the metric.
        each_class: the setting that makes one number of the list that it is; None where it is one.
    """

    rises: bool | None = None
    told: bool = False
    each_class: str | None = None


# What is logged at most where the spec lists no metrics: which of them, the data say.
_BY_ITSELF = {
    "loss": Quantity(rises=False, told=True),
    "learning_rate": Quantity(),
    "accuracy": Quantity(rises=True, told=True),
    "mae": Quantity(rises=False, told=True),
}
# What nnspec measures itself of the held-out part of taggers and of sequences of labels: Keras knows no direction.
OF_TAGGERS = {
    "label_error_rate": Quantity(rises=False),
    **dict.fromkeys(("entity_f1", "entity_precision", "entity_recall"), Quantity(rises=True)),
}


def quantities(spec: Spec) -> dict[str, Quantity] | None:
    """Every quantity of an epoch's log by its name, without ``val_``; None where the spec alone does not tell."""
    train = spec.training
    if not train.metrics:
        return None if len(spec.graph.outputs) > 1 or train.weighted_metrics else {**_BY_ITSELF, **OF_TAGGERS}
    found = {"loss": Quantity(rises=False, told=True), "learning_rate": Quantity()}
    counts: Counter[str] = Counter()
    outputs = [output.name for output in spec.graph.outputs]
    several = len(outputs) > 1
    if several:
        found |= {f"{keras_name(name)}_loss": Quantity(rises=False) for name in outputs}
        found |= {f"{keras_name(name)}_label_error_rate": Quantity(rises=False) for name in outputs}
    found |= OF_TAGGERS
    for key in ("metrics", "weighted_metrics"):
        for output in outputs:
            prefix = f"{keras_name(output)}_" if several else ""
            for metric in _listed(setting(spec, key, output)):
                name, quantity = _quantity(metric, counts)
                if name is None:
                    return None
                logged = _free(prefix, name, found, weighted=key != "metrics")
                found[logged] = quantity if logged == name else Quantity(quantity.rises, False, quantity.each_class)
    return found


def _listed(given: Any) -> Iterator[Any]:
    yield from given if isinstance(given, list | tuple) else [] if given is None else [given]


def _free(prefix: str, name: str, taken: Mapping[str, Quantity], weighted: bool) -> str:
    """The name in the log: a second metric of the same name has a word or a number more."""
    if prefix + name in taken and weighted:
        name = f"weighted_{name}"
    logged, number = prefix + name, 0
    while logged in taken:
        number += 1
        logged = f"{prefix}{name}_{number}"
    return logged


def _quantity(metric: Any, counts: Counter[str]) -> tuple[str | None, Quantity]:
    """A metric's own name, None where it is unknown, and what it is."""
    if isinstance(metric, str) and catalog().has("metric", metric):
        metric = KindValue(metric, {})
    metric = named(metric, counts)
    if isinstance(metric, str):
        kind = kind_of("metric", metric)
        up = True if metric in ("accuracy", "acc") else None if kind is None else rises(kind)
        return (metric if _WORD.fullmatch(metric) else None), Quantity(up, up is not None)
    if not isinstance(metric, KindValue):
        return None, Quantity()
    name = metric.args.get("name") or catalog().defaults("metric", metric.kind).get("name")
    up = rises(metric.kind)
    return (name if isinstance(name, str) else None), Quantity(up, up is not None, _each_class(metric))


def _each_class(metric: KindValue) -> str | None:
    """The setting that makes one number of a metric that gives one for each class."""
    for argument, one in (("average", "macro"), ("class_aggregation", "uniform_average")):
        known = catalog().defaults("metric", metric.kind)
        if argument in known and metric.args.get(argument, known[argument]) is None:
            return f"{argument}: {one}"
    return None
