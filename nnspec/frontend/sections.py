"""The sections beside the network as plain values: every kind a ``KindValue``, paths made absolute, defaults set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.data.addresses import ADDRESS, anchored
from nnspec.data.config import DataConfig
from nnspec.frontend.config import (
    Budget,
    PhaseConfig,
    PretrainedConfig,
    PruneConfig,
    QuantizeConfig,
    TeacherConfig,
    TrainConfig,
)
from nnspec.frontend.silence import silenced_at
from nnspec.frontend.source import Node
from nnspec.frontend.values import named, read_kind, read_value
from nnspec.layers.types import KindValue, Symbol

_UNITS = {"K": 1e3, "M": 1e6, "G": 1e9}
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def data_section(node: Node) -> DataConfig:
    """The ``data`` section; ``node`` has its expressions evaluated and its paths absolute."""
    values = _given(node)
    values["source"] = _kind("source", node.value["source"])
    if "classes" in values:
        classes = values["classes"]  # a number stands for its text
        values["classes"] = tuple(map(str, classes)) if isinstance(classes, list) else None
    if "augment" in values:
        values["augment"] = _kinds("layer", node.value["augment"])
    values["silence"] = (*values.get("silence", ()), *silenced_at(node.keys.get("source")))
    return DataConfig(**values)


def train_section(node: Node) -> TrainConfig:
    """The ``train`` section. ``loss`` and ``metrics`` may be given by output; they stay mappings then.

    ``checkpoint_every`` in steps stays; a time becomes ``checkpoint_seconds``.
    """
    values = _schedule(node)
    if "callbacks" in values:
        values["callbacks"] = tuple(read_value(item, "callback") for item in node.value["callbacks"].value)
    for key, category in (("loss", "loss"), ("metrics", "metric"), ("weighted_metrics", "metric")):
        if key in values:
            values[key] = _by_output(node.value[key], category)
    if isinstance(values.get("checkpoint_every"), str):
        values["checkpoint_seconds"] = seconds(values.pop("checkpoint_every"))
    if "phases" in values:
        unknown = {"epochs": 1}  # until the data are there
        values["phases"] = tuple(PhaseConfig(**{**unknown, **_schedule(item)}) for item in node.value["phases"].value)
        if values["phases"]:
            values["epochs"] = sum(phase.epochs for phase in values["phases"])
    if "quantize" in values:
        values["quantize"] = QuantizeConfig(**_with_patterns(_given(node.value["quantize"]), "keep_float"))
    if isinstance(values.get("initial_weights"), Mapping):
        values["initial_weights"] = PretrainedConfig(**_given(node.value["initial_weights"]))
    if "teacher" in values:
        values["teacher"] = TeacherConfig(**_given(node.value["teacher"]))
    if "prune" in values:
        values["prune"] = PruneConfig(**_with_patterns(_given(node.value["prune"]), "layers"))
    return TrainConfig(**_with_patterns(values, "track"))


def _schedule(node: Node) -> dict[str, Any]:
    """The settings of a training, or of one of its phases, with what both may say: the optimizer and who learns."""
    values = _given(node)
    if "optimizer" in values:
        values["optimizer"] = read_value(node.value["optimizer"], "optimizer")
    return _with_patterns(values, "trainable")


def _with_patterns(values: dict[str, Any], key: str) -> dict[str, Any]:
    """The settings with one of names as a tuple: a name alone, or a list."""
    if key in values:
        patterns = values[key]
        values[key] = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    return values


def export_section(node: Node) -> tuple[KindValue, ...]:
    return _kinds("target", node)


def budget_section(node: Node) -> Budget:
    """Limits as numbers: ``140M`` is 140,000,000."""
    return Budget(**{key: amount(value) for key, value in _given(node).items()})


def amount(value: Any) -> float:
    if isinstance(value, str):
        return float(value[:-1]) * _UNITS[value[-1]] if value[-1:] in _UNITS else float(value)
    return float(value)


def seconds(time: str) -> float:
    """``5min`` is 300."""
    unit = time.lstrip("0123456789. ")
    return float(time.removesuffix(unit)) * _SECONDS[unit]


def absolute_paths(data: Node) -> Node:
    """The ``data`` section with each path argument of its source (and of split overrides) made absolute.

    A path is relative to the file that it was written in, or to the current folder if it came by the command line.
    """
    source = data.get("source")
    if source is None or not source.is_mapping or len(source.value) != 1:
        return data
    kind, arguments = next(iter(source.value.items()))
    given = named("source", kind, arguments)
    paths = {argument.name for argument in catalog().arguments("source", kind) if argument.is_path}
    if not paths:
        return data
    span = arguments.span
    fixed = Node(
        {name: _absolute(value) if name in paths else value for name, value in given.items()}, span, arguments.keys
    )
    values = {**data.value, "source": Node({kind: fixed}, source.span, source.keys)}
    split = data.get("split")
    if split is not None and split.is_mapping:
        values["split"] = Node(
            {part: _split_paths(value, paths) for part, value in split.value.items()}, split.span, split.keys
        )
    return Node(values, data.span, data.keys)


def absolute_weights(train: Node) -> Node:
    """The ``train`` section with ``initial_weights`` and the teacher made absolute, as the paths of ``data`` are."""
    values = dict(train.value) if train.is_mapping else {}
    given, teacher = values.get("initial_weights"), values.get("teacher")
    if given is not None and not given.is_mapping:
        values["initial_weights"] = _absolute(given)
    if teacher is not None and teacher.is_mapping and "run" in teacher.value:
        named_run = {**teacher.value, "run": _absolute(teacher.value["run"])}
        values["teacher"] = Node(named_run, teacher.span, teacher.keys)
    return Node(values, train.span, train.keys) if given is not None or teacher is not None else train


def _split_paths(node: Node, paths: set[str]) -> Node:
    if node.is_mapping:
        return Node(
            {name: _absolute(value) if name in paths else value for name, value in node.value.items()},
            node.span,
            node.keys,
        )
    return _absolute(node)


def _absolute(node: Node) -> Node:
    if node.is_list:
        return Node(tuple(_absolute(item) for item in node.value), node.span)
    if node.is_mapping:
        return Node({key: _absolute(value) for key, value in node.value.items()}, node.span, node.keys)
    if not isinstance(node.value, str):
        return node
    folder = (node.origin or node.span).source.folder
    if ADDRESS.match(node.value):
        return Node(anchored(node.value, str(folder)), node.span, origin=node.origin)
    return Node(os.path.abspath(os.path.join(folder, os.path.expanduser(node.value))), node.span, origin=node.origin)


def _given(node: Node) -> dict[str, Any]:
    """The settings that have a value. What data that are not available would tell has none yet; check has said so."""
    return {
        key: value.plain()
        for key, value in node.value.items()
        if value.value is not None and not isinstance(value.value, Symbol)
    }


def _kind(category: str, node: Node) -> KindValue:
    if node.is_mapping and len(node.value) == 1:
        kind, arguments = next(iter(node.value.items()))
        return read_kind(category, kind, arguments)
    return KindValue(str(node.value), {})


def _kinds(category: str, node: Node) -> tuple[KindValue, ...]:
    return tuple(_kind(category, item) for item in node.items)


def _by_output(node: Node, category: str) -> Any:
    """One kind (or list) for all outputs, or a mapping from output to its own."""
    is_kind = node.is_mapping and len(node.value) == 1 and catalog().has(category, next(iter(node.value)))
    if node.is_mapping and not is_kind:
        return {output: read_value(value, category) for output, value in node.value.items()}
    return read_value(node, category)
