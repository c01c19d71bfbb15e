"""What a layer is called with: tensors by the names of its arguments, and flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.importing.call_defaults import is_default
from nnspec.importing.call_order import Key
from nnspec.importing.errors import ImportFailed
from nnspec.importing.steps import Tensor


def call_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """A call as ``args`` and ``kwargs``."""
    return {"args": list(node.get("args") or ()), "kwargs": dict(node.get("kwargs") or {})}


def key_of(tensor: Mapping[str, Any]) -> Key:
    name, call, _ = tensor["keras_history"]
    return name, call


def flat(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield from flat(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from flat(item)


def inputs_of(kind: str, call: dict[str, Any], owner: str) -> tuple[tuple[str, ...], list[Tensor], dict[str, bool]]:
    """What a layer is called with: the names of its arguments where they are needed, the tensors, the flags."""
    names = catalog().call_arguments(kind)
    given = dict(zip(names, call["args"], strict=False))
    if len(call["args"]) > len(names):
        given = {**given, **{f"argument {len(names)}": value for value in call["args"][len(names) :]}}
    flags: dict[str, bool] = {}
    for name, value in call["kwargs"].items():
        if any(True for _ in flat(value)):
            given[name] = value
        elif isinstance(value, bool) and name in catalog().call_flags(kind):
            flags |= {} if is_default(kind, name, value) else {name: value}
        elif value not in (None, False):
            raise ImportFailed(f"{owner} is called with `{name}`, which a spec cannot say")
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        if name not in names or not list(flat(value)):
            raise ImportFailed(f"{owner} is called with a value for `{name}`, which a spec cannot say")
    tensors = [(name, tensor) for name, value in given.items() for tensor in flat(value)]
    alone = len(given) == 1 and next(iter(given)) == names[0]
    if alone and isinstance(call["args"][0] if call["args"] else None, list) and len(tensors) == 1:
        raise ImportFailed(f"{owner} is called with a list of one tensor, which a spec cannot say")
    return () if alone else tuple(name for name, _ in tensors), [tensor for _, tensor in tensors], flags
