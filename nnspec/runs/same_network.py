"""Whether a run is of the network that a spec describes: one that was changed since then has no trained weights.

Imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Graph, Layer, Spec
from nnspec.layers.types import KindValue, Symbol
from nnspec.runs.errors import TrainingError
from nnspec.runs.record import decisive, spec_sha256, stored
from nnspec.runs.run_folder import RunFolder

BESIDE = ("data", "train")  # what of a spec decides a training, but not what is trained


def refuse_other_network(spec: Spec, folder: RunFolder) -> None:
    """Nothing where data, training or export alone differ: a run is evaluated on other data, and shipped otherwise.

    Raises:
        TrainingError: the run was trained with another network; the first thing that differs is named.
    """
    if folder.read_record().get("spec_sha256") == spec_sha256(spec):
        return
    try:
        why = _other(_network(stored(folder)), _network(decisive(spec)))
    except SpecError:  # it cannot be told: of another version, or with kinds of a package
        return
    if why is not None:
        raise TrainingError(
            f"{folder.path} was trained with another network: {why}",
            hint=f"train again, or use the run's own spec, {folder.spec}",
        )


def _network(resolved: Mapping[str, Any]) -> Graph:
    """The network alone, without data: what only they tell stays unknown, since a run may be judged on others."""
    text = json.dumps({name: value for name, value in resolved.items() if name not in BESIDE}, default=str)
    return load(Source.from_text(text, "network.yaml")).graph


def _other(trained: Graph, wanted: Graph) -> str | None:
    """The first thing that differs."""
    inputs = [[(one.name, one.shape, one.dtype) for one in graph.inputs] for graph in (trained, wanted)]
    if not _alike(*inputs):
        return "its inputs are others"
    for ours, theirs in zip(trained.layers, wanted.layers, strict=False):
        if (ours.name, ours.kind) != (theirs.name, theirs.kind):
            return f"it has {ours.kind} `{ours.name}` where the spec has {theirs.kind} `{theirs.name}`"
        if (why := _other_layer(ours, theirs)) is not None:
            return f"`{ours.name}` {why}"
    if len(trained.layers) != len(wanted.layers):
        return f"it has {len(trained.layers)} layers, the spec {len(wanted.layers)}"
    outputs = [[(one.name, one.ref) for one in graph.outputs] for graph in (trained, wanted)]
    return None if outputs[0] == outputs[1] else "its outputs are others"


def _other_layer(ours: Layer, theirs: Layer) -> str | None:
    for name in {**ours.args, **theirs.args}:
        one, other = ours.args.get(name), theirs.args.get(name)
        if not _alike(one, other):
            return f"had {name} {_text(one)} and has {_text(other)} in the spec"
    wiring = [(layer.inputs, layer.call, layer.shares, dict(layer.flags)) for layer in (ours, theirs)]
    return None if wiring[0] == wiring[1] else "is called otherwise"


def _alike(one: Any, other: Any) -> bool:
    """Equal; a number that only the data tell may be any."""
    if isinstance(one, Symbol) or isinstance(other, Symbol):
        return True
    if isinstance(one, KindValue) and isinstance(other, KindValue):
        return one.kind == other.kind and _alike(one.args, other.args)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def _text(value: Any) -> str:
    if isinstance(value, KindValue):
        return value.kind
    return "nothing" if value is None else str(value)
