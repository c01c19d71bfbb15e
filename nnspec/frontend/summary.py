"""A spec as the plain data that ``--json`` prints and golden files hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.frontend.spec import Layer, LayerFacts, Spec
from nnspec.layers.types import KindValue, TensorSpec


def spec_summary(spec: Spec) -> dict[str, Any]:
    """Totals, layers and outputs of a spec, as ``check --json`` and ``build --json`` print them."""
    return {
        "name": spec.name,
        "params": spec.param_count,
        "trainable_params": spec.trainable_param_count,
        "macs": spec.macs,
        "layers": [_layer(layer, spec.facts[layer.name]) for layer in spec.graph.layers],
        "outputs": {output.name: str(output.ref) for output in spec.graph.outputs},
    }


def _layer(layer: Layer, fact: LayerFacts) -> dict[str, Any]:
    shapes = None if fact.outputs is None else [_shape(spec) for spec in fact.outputs]
    return {
        "name": layer.name,
        "kind": layer.written,
        "line": layer.span.line,
        "output_shape": shapes[0] if shapes is not None and len(shapes) == 1 else shapes,
        "params": 0 if layer.shares else fact.params,
        "macs": fact.macs,
    }


def _shape(spec: TensorSpec) -> list[int | str | None]:
    """Known sizes as numbers; the batch as null; other unknown ones as their formula."""
    return [None if axis == 0 else size if isinstance(size, int) else str(size) for axis, size in enumerate(spec.shape)]


def graph_summary(spec: Spec) -> dict[str, Any]:
    """Everything that the compiler sees of the network, for golden files: wiring and arguments too."""
    summary = spec_summary(spec)
    for entry, layer in zip(summary["layers"], spec.graph.layers, strict=True):
        entry["args"] = plain(layer.args)
        entry["inputs"] = [str(ref) for ref in layer.inputs]
        if layer.shares:
            entry["shares"] = layer.shares
        if layer.call:
            entry["call"] = list(layer.call)
        if layer.flags:
            entry["flags"] = dict(layer.flags)
    return summary


def plain(value: Any) -> Any:
    """Argument values as JSON: a kind is ``{Kind: {arguments}}`` again."""
    if isinstance(value, KindValue):
        return {value.kind: plain(value.args)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
