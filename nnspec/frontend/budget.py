"""``budget``: what a network may cost."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from nnspec.catalog.targets import known_targets
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.spec import Layer, Spec

# Bytes that a weight takes in a TFLite file; int8, dynamic range and the default may have one.
_BYTES = {"none": 4, "float16": 2, "int8x4": 0.5, "int4": 0.5, "auto": 0.5}


# The limits on what is shipped, each with what it takes to be held against it.
FILES = {
    "tflite_bytes": "a TFLite file",
    "saved_model_bytes": "a SavedModel",
    "latency_ms": "a TFLite file, which is measured",
    "memory_bytes": "a TFLite file, which is measured",
    "arena_bytes": "`runtime: micro`, whose arena is measured",
}
HINTS = {
    **dict.fromkeys(FILES, "TFLite"),
    "saved_model_bytes": "SavedModel",
    "arena_bytes": "{TFLite: {runtime: micro, quantize: int8}}",
}


class Use(NamedTuple):
    """How much of a limit of the budget, by its key, the network takes."""

    key: str
    noun: str
    limit: float
    total: int

    @property
    def share(self) -> float:
        return self.total / self.limit if self.limit else inf


def budget_use(spec: Spec) -> Iterator[Use]:
    """What is known of the network's cost before it is built, against the limits that the spec sets."""
    for key, noun, limit, total in (
        ("params", "parameters", spec.budget.params, spec.param_count),
        ("macs", "multiply-adds", spec.budget.macs, spec.macs),
    ):
        if limit is not None and total is not None:
            yield Use(key, noun, limit, total)


def check_budget(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each limit that the network exceeds; the largest layers are named."""
    for key, noun, limit, total in budget_use(spec):
        if total > limit:
            message = f"the network has {total:,} {noun}; the budget is {limit:,.0f}"
            notes = tuple(_largest(spec, key, noun))
            yield Diagnostic("E0801", message, spec.place("budget", key), notes=notes)
    yield from _file_budget(spec)
    yield from _held_by_nothing(spec)


def _file_budget(spec: Spec) -> Iterator[Diagnostic]:
    """An error where the weights alone take more than ``budget.tflite_bytes``: an export would find it only later.

    Normalizations are left out, since the converter may fold them into the layers before.
    """
    limit = spec.budget.tflite_bytes
    weights = [spec.facts[layer.name].params for layer in spec.graph.layers if _is_kept(layer)]
    if limit is None or None in weights:
        return
    total = sum(count for count in weights if count is not None)
    for _, _, target in known_targets(spec.export):
        quantize = target.quantize
        size = total * _BYTES.get(str(quantize), 1)
        if target.is_tflite and size > limit:
            how = f"with quantize: {quantize}" if quantize else "at their smallest"
            message = f"the weights take {size:,.0f} bytes {how}; the budget of a TFLite file is {limit:,.0f}"
            notes = tuple(_largest(spec, "params", "parameters"))
            yield Diagnostic("E0801", message, spec.place("budget", "tflite_bytes"), notes=notes)


def _held_by_nothing(spec: Spec) -> Iterator[Diagnostic]:
    """A warning for each limit on files that no target of `export` is held against.

    Without an `export` section the command line may ask for a file; but for one of a microcontroller it cannot.
    """
    held = {limit for _, _, target in known_targets(spec.export) for limit in target.limits()}
    foreign = len(list(known_targets(spec.export))) < len(spec.export)
    for key, needs in FILES.items():
        asked = key == "arena_bytes" or (bool(spec.export) and not foreign)
        if getattr(spec.budget, key) is not None and key not in held and asked:
            message = f"nothing is held against `budget.{key}`: `export` has no target with {needs}"
            yield Diagnostic("W0801", message, spec.place("budget", key), "warning", f"`export: [{HINTS[key]}]`")


def _is_kept(layer: Layer) -> bool:
    return layer.shares is None and layer.record.family != "normalization" and layer.record.learns is None


def _largest(spec: Spec, key: str, noun: str) -> Iterator[Note]:
    sizes = [
        (getattr(spec.facts[layer.name], key) or 0, layer)
        for layer in spec.graph.layers
        if not (key == "params" and layer.shares)
    ]
    for size, layer in sorted(sizes, key=lambda pair: -pair[0])[:3]:
        if size:
            yield Note(f"{layer.written} `{layer.name}` has {size:,} {noun}", layer.span)
