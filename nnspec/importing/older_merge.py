"""`Merge` of Keras 1: one layer for every way to join, alone or at the head of a Sequential with what it joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.importing.errors import ImportFailed

Config = dict[str, Any]
MODES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}


def joined(config: Mapping[str, Any], owner: str) -> tuple[str, Config]:
    """The layer of today that joins as a `Merge` with this configuration did.

    Raises:
        ImportFailed: it joins by code, or by the cosine, which Keras 3 lays out otherwise.
    """
    mode, named = config.get("mode"), {"name": config.get("name")}
    if mode in MODES:
        return MODES[mode], named
    if mode == "concat":
        return "Concatenate", {**named, "axis": config.get("concat_axis", -1)}
    if mode == "dot":
        axes = config.get("dot_axes", -1)
        return "Dot", {**named, "axes": axes}
    what = f"by `{mode}`" if isinstance(mode, str) and mode == "cos" else "by code"
    message = f"{owner} is a Merge that joins {what}, which no layer does just so"
    raise ImportFailed(message, hint="join by Dot or by a layer of your own, save the model and import it again")


def begins_with_merge(layers: Sequence[Any]) -> bool:
    """Whether a Sequential of Keras 1 begins by joining models that stand within its first layer."""
    first = layers[0] if layers and isinstance(layers[0], Mapping) else {}
    config = first.get("config")
    return first.get("class_name") == "Merge" and isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def as_functional(model: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> Config:
    """A Sequential that begins with a `Merge` of models, as a functional model with an input for each of them.

    Raises:
        ImportFailed: a model that is joined does not say the shape of its input.
    """
    merge, *rest = layers
    listed: list[Config] = []
    ends: list[list[Any]] = []
    inputs: list[list[Any]] = []
    for number, branch in enumerate(merge["config"]["layers"]):
        inner = branch.get("config")
        inner = inner if isinstance(inner, Mapping) else {"name": f"branch_{number + 1}", "layers": inner}
        name = str(inner.get("name") or f"branch_{number + 1}")
        first = (inner["layers"] or [{}])[0].get("config", {})
        shape = first.get("batch_input_shape")
        if shape is None and first.get("input_dim"):
            shape = [None, first["input_dim"]]
        if branch.get("class_name") != "Sequential" or shape is None:
            message = (
                f"the model `{name}` that `{merge['config'].get('name')}` joins does not say the shape of its input"
            )
            raise ImportFailed(message, hint="load the model with the Keras that wrote it, and save it again")
        given = f"{name}_input"
        dtype = "int32" if inner["layers"][0].get("class_name") == "Embedding" else "float32"
        entry = {"batch_input_shape": shape, "dtype": dtype, "name": given, "sparse": False}
        listed.append({"class_name": "InputLayer", "name": given, "config": entry, "inbound_nodes": []})
        found = {"class_name": "Sequential", "name": name, "config": {**inner, "name": name}}
        listed.append({**found, "inbound_nodes": [[[given, 0, 0, {}]]]})
        inputs.append([given, 0, 0])
        ends.append([name, 1, 0, {}])  # its own making was its first call
    name = str(merge["config"].get("name") or "merge")
    own = {key: value for key, value in merge["config"].items() if key != "layers"}
    listed.append({"class_name": "Merge", "name": name, "config": own, "inbound_nodes": [ends]})
    for layer in rest:
        called = [[[name, 0, 0, {}]]]
        name = str(layer.get("name") or layer["config"].get("name"))
        listed.append({**layer, "name": name, "inbound_nodes": called})
    outer = model.get("config")
    title = outer.get("name") if isinstance(outer, Mapping) else None
    inside = {"name": title or "sequential", "layers": listed, "input_layers": inputs, "output_layers": [[name, 0, 0]]}
    return {**model, "class_name": "Functional", "config": inside}
