"""Whether a configuration is that of a model: types, names, calls and sizes, looked at once before anything is read.

A file may come from a stranger or a broken program. What is wrong is said with the layer that it is wrong in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.importing.errors import ImportFailed

MODELS = ("Functional", "Sequential", "Model")
COUNTS_MAKING = "counts_making"  # beside `class_name`, of a model in which calls are counted as by Keras 2
MAX_LAYERS = 10_000  # of all models together; shared ones count each time they are called


def require_model(config: Mapping[str, Any]) -> None:
    """Raises ImportFailed where a configuration, as Keras 3 writes it, is not one of a model."""
    _Validator().model(config, "")


class _Validator:
    def __init__(self) -> None:
        self.layers = 0

    def model(self, model: Mapping[str, Any], place: str) -> None:
        inner = model["config"]
        said = f"the model `{place.rstrip('/')}`" if place else "the model"
        if not isinstance(inner, Mapping):
            raise ImportFailed(f"{said}: its `config` is no mapping")
        layers = inner.get("layers")
        if layers is None:
            return  # what else it is, is said where it is read
        if not isinstance(layers, list):
            raise ImportFailed(f"{said}: `layers` is no list")
        self.layers += len(layers)
        if self.layers > MAX_LAYERS:
            raise ImportFailed(f"the model has more than {MAX_LAYERS:,} layers")
        names = [self.layer(layer, number, place) for number, layer in enumerate(layers)]
        for name, count in Counter(names).items():
            if count > 1:
                raise ImportFailed(f"{said} has {count} layers of the name `{name}`: which one is meant cannot be told")
        if model["class_name"] != "Sequential":
            for key in ("input_layers", "output_layers"):
                if not _is_structure(inner.get(key)):
                    raise ImportFailed(f"{said}: `{key}` does not say layers by name, call and tensor")
            self.ends(inner, dict(zip(names, layers, strict=True)), said)

    def ends(self, inner: Mapping[str, Any], layers: Mapping[str, Mapping[str, Any]], said: str) -> None:
        for name, *_ in triples(inner["input_layers"]):
            if layers.get(name, {}).get("class_name") != "InputLayer":
                raise ImportFailed(f"{said}: its input `{name}` is no InputLayer of it")
        for name, *_ in triples(inner["output_layers"]):
            if name not in layers:
                raise ImportFailed(f"{said}: its output `{name}` is none of its layers")

    def layer(self, layer: Any, number: int, place: str) -> str:
        """The name of a layer that is as it must be."""
        said = f"the layer number {number} of `{place.rstrip('/')}`" if place else f"the layer number {number}"
        if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
            raise ImportFailed(f"{said} is no mapping with a `config`")
        name = layer.get("name") or layer["config"].get("name")
        kind = layer.get("class_name")
        if not isinstance(name, str) or len(name) > 200:
            raise ImportFailed(f"{said}: its name is no text of up to 200 characters")
        said = f"the layer `{place}{name}`"
        if not isinstance(kind, str):
            raise ImportFailed(f"{said}: `class_name` is no text")
        if not isinstance(layer.get("module", ""), str | None):
            raise ImportFailed(f"{said}: `module` is no text")
        if kind == "InputLayer":
            _input(layer["config"], said)
        for call, node in enumerate(_list(layer.get("inbound_nodes"), said, "inbound_nodes")):
            _call(node, f"{said}, call {call}")
        wrapped = layer["config"].get("layer")  # of a wrapper, which may be around a model
        inner = wrapped if isinstance(wrapped, Mapping) and wrapped.get("class_name") in MODELS else layer
        if inner.get("class_name") in MODELS:
            self.model(inner, f"{place}{name}/")
        return name


def _input(config: Mapping[str, Any], said: str) -> None:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    sizes = shape if isinstance(shape, list) else [None]
    if (shape is not None and not isinstance(shape, list)) or not all(size is None or _is_size(size) for size in sizes):
        raise ImportFailed(f"{said}: its shape is no list of sizes")
    if not isinstance(config.get("dtype") or "", str):
        raise ImportFailed(f"{said}: its dtype is no text")


def _call(node: Any, said: str) -> None:
    if not isinstance(node, Mapping) or not isinstance(node.get("kwargs") or {}, Mapping):
        raise ImportFailed(f"{said} is no mapping with `args` and `kwargs`")
    _list(node.get("args"), said, "args")
    for tensor in tensors_of(node):
        config = tensor.get("config")
        if not isinstance(config, Mapping) or not _is_triple(config.get("keras_history")):
            raise ImportFailed(f"{said} takes a tensor that does not say its layer, call and number")
        if not isinstance(config.get("shape", []), list) or not isinstance(config.get("dtype", ""), str):
            raise ImportFailed(f"{said} takes a tensor whose shape is no list, or whose dtype is no text")


def _list(value: Any, said: str, key: str) -> list[Any]:
    if not isinstance(value, list | None):
        raise ImportFailed(f"{said}: `{key}` is no list")
    return value or []


def tensors_of(value: Any) -> Iterator[Mapping[str, Any]]:
    """The tensors that a call takes, wherever they stand in its arguments."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping) and one.get("class_name") == "__keras_tensor__":
            yield one
        elif isinstance(one, Mapping | list):
            waiting += one.values() if isinstance(one, Mapping) else one


def _is_structure(value: Any) -> bool:
    """Whether a value is `[layer, call, tensor]`, or a list or mapping of such."""
    if isinstance(value, Mapping):
        return bool(value) and all(map(_is_structure, value.values()))
    return isinstance(value, list) and bool(value) and (_is_triple(value) or all(map(_is_structure, value)))


def triples(value: Any) -> Iterator[Any]:
    """``[layer, call, tensor]`` of each tensor, in Keras's order: mappings by their sorted keys."""
    if _is_triple(value):
        yield value
    else:
        for item in (value[key] for key in sorted(value)) if isinstance(value, Mapping) else value:
            yield from triples(item)


def _is_triple(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in value[1:])
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
