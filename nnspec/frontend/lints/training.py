"""Callbacks that wait for what never comes, or set what is set already."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Note, Span
from nnspec.frontend.edits import spelling
from nnspec.frontend.lints.network import warning
from nnspec.frontend.metric_names import named
from nnspec.frontend.spec import Spec
from nnspec.frontend.suggest import did_you_mean
from nnspec.layers.types import KindValue

_MONITORS = {"EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"}
_SETS_RATE = {"ReduceLROnPlateau", "LearningRateScheduler"}


def monitored_quantities(spec: Spec) -> Iterator[Diagnostic]:
    """A callback that monitors a metric which nothing measures: it would never act."""
    known = _quantities(spec)
    validated = _has_validation(spec)
    for index, callback in _callbacks(spec):
        if callback.kind not in _MONITORS or _saves_all(callback):
            continue
        name = callback.args.get("monitor", "val_loss")
        if not isinstance(name, str):
            continue
        place = spec.place("train", "callbacks", index, callback.kind, "monitor")
        if name.startswith("val_") and validated is False:
            message = f"{callback.kind} monitors `{name}`, and the data have no validation part"
            yield warning("W0704", message, place, "`split: {validation: 0.1}` holds one back, under `data`")
        elif known is not None and name.removeprefix("val_") not in known:
            prefix = "val_" if name.startswith("val_") else ""
            choices = [prefix + item for item in sorted(known)]
            hint = did_you_mean(name, choices) or f"there are {', '.join(choices)}"
            fix = spelling(_value(spec, index, callback.kind), name, choices)
            message = f"{callback.kind} monitors `{name}`, which nothing measures"
            yield warning("W0704", message, place, hint, fix=fix)


def _value(spec: Spec, index: int, kind: str) -> Span | None:
    """Where the quantity that a callback monitors stands, if the spec says it."""
    node = spec.node.get("train", "callbacks", index, kind, "monitor")
    return None if node is None else node.span


def learning_rate_clash(spec: Spec) -> Iterator[Diagnostic]:
    """A callback sets the learning rate that a schedule rules: Keras refuses that, at the first time it tries."""
    optimizer = spec.training.optimizer
    rate = optimizer.args.get("learning_rate") if isinstance(optimizer, KindValue) else None
    if not isinstance(rate, KindValue):
        return
    for index, callback in _callbacks(spec):
        if callback.kind in _SETS_RATE:
            assert isinstance(optimizer, KindValue)
            place = spec.place("train", "optimizer", optimizer.kind, "learning_rate")
            message = f"{callback.kind} sets the learning rate, and the schedule {rate.kind} rules it"
            notes = (Note("the schedule stands here", place),)
            span = spec.place("train", "callbacks", index, callback.kind)
            yield warning("W0705", message, span, "keep one of the two; Keras refuses both", notes)


def _callbacks(spec: Spec) -> Iterator[tuple[int, KindValue]]:
    for index, value in enumerate(spec.training.callbacks):
        if isinstance(value, str):
            value = KindValue(value, {})
        if isinstance(value, KindValue):
            yield index, value


def _saves_all(callback: KindValue) -> bool:
    """A checkpoint of every epoch looks at nothing."""
    return callback.kind == "ModelCheckpoint" and not callback.args.get("save_best_only")


def _has_validation(spec: Spec) -> bool | None:
    return None if spec.data is None else bool(spec.data.split.get("validation"))


def _quantities(spec: Spec) -> set[str] | None:
    """What an epoch's log holds, without ``val_``; None where the spec alone does not tell."""
    train = spec.training
    metrics = [given for given in (train.metrics, train.weighted_metrics) if given]
    if len(spec.graph.outputs) > 1 or not train.metrics or any(isinstance(item, Mapping) for item in metrics):
        return None
    found = {"loss", "learning_rate"}
    counts: Counter[str] = Counter()
    for item in (item for group in metrics for item in (group if isinstance(group, list) else [group])):
        name = _logged_name(item, counts)
        if name is None:
            return None
        found.add(name)
    return found


def _logged_name(metric: Any, counts: Counter[str]) -> str | None:
    if isinstance(metric, str):
        metric = KindValue(metric, {}) if catalog().has("metric", metric) else metric
    metric = named(metric, counts)
    if isinstance(metric, str):
        return metric if re.fullmatch(r"[a-z0-9_]+", metric) else None
    if not isinstance(metric, KindValue):
        return None
    name = metric.args.get("name") or catalog().defaults("metric", metric.kind).get("name")
    return name if isinstance(name, str) else None
