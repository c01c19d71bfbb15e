"""What a diagram shows, as plain data: a tree of boxes, edges with shapes, colours by family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.console.formatting import count, plural, scaled
from nnspec.frontend.spec import Input, Layer, LayerFacts, Ref, Spec
from nnspec.frontend.summary import plain
from nnspec.layers import layer_kind
from nnspec.layers.types import KindValue, TensorSpec
from nnspec.report.text.layers import shape_text
from nnspec.report.text.outline import Group, outline

Takers = defaultdict[str, list[tuple[Ref, str]]]

# Fill and stroke of each family; text on every fill keeps a contrast of 4.5 and more.
LIGHT = {
    "input": ("#eceff4", "#6b7688"),
    "convolution": ("#cfe3fb", "#2f6fb3"),
    "pooling": ("#cdeee4", "#1c8467"),
    "dense": ("#fde3c0", "#b26a0d"),
    "recurrent": ("#e4d9fb", "#6f4fc0"),
    "attention": ("#fbd3e6", "#b8367d"),
    "normalization": ("#eef0c5", "#81841b"),
    "activation": ("#fdd9d3", "#bf4a37"),
    "merge": ("#d5dbe4", "#465366"),
    "regularization": ("#f0f0f0", "#8b8b8b"),
    "reshaping": ("#e9e2d8", "#85714f"),
    "preprocessing": ("#d4eef7", "#2a819c"),
    "other": ("#f4f4f4", "#777777"),
    "output": ("#ffffff", "#2b3340"),
}
DARK = {
    "input": ("#2b3240", "#8996ab"),
    "convolution": ("#173a5f", "#5fa3e8"),
    "pooling": ("#12463a", "#46c2a1"),
    "dense": ("#56370c", "#e7a142"),
    "recurrent": ("#3a2a68", "#a68cf0"),
    "attention": ("#5a1c3e", "#ec78b2"),
    "normalization": ("#3f4111", "#c3c754"),
    "activation": ("#5d251b", "#f0866f"),
    "merge": ("#353f4d", "#a5b3c7"),
    "regularization": ("#333333", "#999999"),
    "reshaping": ("#41382a", "#bfa77e"),
    "preprocessing": ("#143f4d", "#5bb9d6"),
    "other": ("#333333", "#aaaaaa"),
    "output": ("#161b22", "#dfe5ee"),
}
# The keys of `group`: fill where it is open, stroke, fill where it is closed.
PALETTE = {
    "light": {
        "ink": "#1b2330",
        "quiet": "#4d5869",
        "page": "#ffffff",
        "group": ("#f5f7fa", "#8a97aa", "#e6eaf1"),
        "families": LIGHT,
    },
    "dark": {
        "ink": "#f1f4f9",
        "quiet": "#b3bfd0",
        "page": "#10141a",
        "group": ("#171d26", "#6c7a8f", "#252e3b"),
        "families": DARK,
    },
}


def diagram_model(spec: Spec) -> dict[str, Any]:
    """Boxes, edges and colours, as `assets/diagram.js` takes them.

    The inputs are boxes of their own at the top, the outputs at the bottom. Ids of leaves are `in:`, `layer:` and
    `out:` with a name, those of groups are the outline's keys.
    """
    root = outline(spec)
    outputs = [
        {
            "id": f"out:{output.name}",
            "label": output.name,
            "gist": "",
            "family": "output",
            "hover": f"output {output.name}",
        }
        for output in spec.graph.outputs
    ]
    inputs = [_input(tensor) for tensor in spec.graph.inputs]
    takers = _takers(spec)
    body = [_box(member, spec, takers) for member in root.members]
    return {
        "name": spec.name,
        "root": {"id": "", "title": spec.name, "times": 1, "hover": "", "children": [*inputs, *body, *outputs]},
        "edges": list(_edges(spec)),
        "palette": PALETTE,
    }


def group_ids(group: Group) -> Iterator[str]:
    """The ids of a group and of all within it."""
    yield group.key
    for inner in group.groups:
        yield from group_ids(inner)


def family(kind: str, args: Mapping[str, Any]) -> str:
    """The family of a layer; a wrapper belongs to that of the layer within."""
    inner = args.get("layer")
    if isinstance(inner, KindValue):
        return family(inner.kind, inner.args)
    return layer_kind(kind).family


def _takers(spec: Spec) -> Takers:
    """Of each layer what is taken of it, and by which layer; "" for an output of the network."""
    takers = Takers(list)
    for layer in spec.graph.layers:
        for ref in layer.inputs:
            takers[ref.layer].append((ref, layer.name))
    for output in spec.graph.outputs:
        takers[output.ref.layer].append((output.ref, ""))
    return takers


def _box(member: Layer | Group, spec: Spec, takers: Takers) -> dict[str, Any]:
    if isinstance(member, Layer):
        return _leaf(member, spec.facts[member.name])
    return {
        "id": member.key,
        "title": member.title,
        "times": member.times,
        "gist": _cost(member, spec),
        "detail": _leaves(member, spec, takers),
        "hover": _lines(member.title, f"line {member.span.line}" if member.span else "", _cost(member, spec)),
        "children": [_box(inner, spec, takers) for inner in member.members],
    }


def _cost(group: Group, spec: Spec) -> str:
    layers = list(group.layers)
    params = [spec.facts[layer.name].params for layer in layers if layer.shares is None]
    known = None if None in params else sum(number or 0 for number in params)
    return f"{plural(len(layers), 'layer')}, {scaled(known)} parameters"


def _leaves(group: Group, spec: Spec, takers: Takers) -> str:
    """What leaves a group: ``→ 28 × 28 × 512``; nothing where it is not known, or is several tensors."""
    names = {layer.name for layer in group.layers}
    shapes = {_carried(ref, spec) for name in names for ref, taker in takers[name] if taker not in names}
    return f"→ {shapes.pop()}" if len(shapes) == 1 else ""


def _input(tensor: Input) -> dict[str, Any]:
    shape = shape_text(("", *tensor.shape), tensor.dtype)
    hover = _lines(f"input {tensor.name}", f"line {tensor.span.line}", shape)
    return {"id": f"in:{tensor.name}", "label": tensor.name, "gist": shape, "family": "input", "hover": hover}


def _leaf(layer: Layer, facts: LayerFacts) -> dict[str, Any]:
    params = f"weights of {layer.shares}" if layer.shares else f"{count(facts.params)} parameters"
    file = layer.span.file.rsplit("/", 1)[-1]
    hover = _lines(
        f"{layer.name}: {layer.written}",
        f"{file}, line {layer.span.line}",
        *(f"{name}: {_value(value)}" for name, value in layer.args.items()),
        "" if facts.outputs is None else "output " + ", ".join(_shape(output) for output in facts.outputs),
        params,
        f"{scaled(facts.macs)} multiply-adds" if facts.macs != 0 else "",
    )
    label = _label(layer.written, layer.args) + (f" of {layer.shares}" if layer.shares else "")
    return {
        "id": f"layer:{layer.name}",
        "label": label,
        "gist": _gist(layer.args),
        "detail": params if layer.shares is None and facts.params else "",
        "family": family(layer.kind, layer.args),
        "hover": hover,
    }


def _label(kind: str, args: Mapping[str, Any]) -> str:
    """``Bidirectional LSTM``: a wrapper with what it wraps."""
    inner = args.get("layer")
    return f"{kind} {_label(inner.kind, inner.args)}" if isinstance(inner, KindValue) else kind


def _gist(args: Mapping[str, Any]) -> str:
    """The arguments that tell layers of a kind apart: ``64 · 3×3 · /2 · relu``."""
    inner = args.get("layer")
    if isinstance(inner, KindValue):
        return _gist(inner.args)
    parts = [str(args[name]) for name in ("filters", "units", "output_dim", "num_heads", "rate") if name in args]
    for name in ("kernel_size", "pool_size", "size"):
        if name in args:
            parts.append(_window(args[name]))
    strides = args.get("strides")
    if strides not in (None, 1) and not (isinstance(strides, list | tuple) and set(strides) == {1}):
        parts.append(f"/{_window(strides).split('×')[0] if isinstance(strides, int) else _window(strides)}")
    activation = args.get("activation")
    if isinstance(activation, str) and activation != "linear":
        parts.append(activation)
    return " · ".join(parts)


def _window(value: Any) -> str:
    sizes = list(value) if isinstance(value, list | tuple) else [value, value]
    return "×".join(str(size) for size in sizes)


def _value(value: Any) -> str:
    text = str(plain(value))
    return text if len(text) <= 120 else text[:119] + "…"


def _edges(spec: Spec) -> Iterator[dict[str, str]]:
    for layer in spec.graph.layers:
        for ref in layer.inputs:
            yield {"from": _source(ref, spec), "to": f"layer:{layer.name}", "shape": _carried(ref, spec)}
    for output in spec.graph.outputs:
        yield {"from": _source(output.ref, spec), "to": f"out:{output.name}", "shape": _carried(output.ref, spec)}


def _source(ref: Ref, spec: Spec) -> str:
    return f"in:{ref.layer}" if any(ref.layer == tensor.name for tensor in spec.graph.inputs) else f"layer:{ref.layer}"


def _carried(ref: Ref, spec: Spec) -> str:
    facts = spec.facts.get(ref.layer)
    if facts is None:
        tensor = next(tensor for tensor in spec.graph.inputs if tensor.name == ref.layer)
        return shape_text(("", *tensor.shape), tensor.dtype)
    return "?" if facts.outputs is None or ref.index >= len(facts.outputs) else _shape(facts.outputs[ref.index])


def _shape(output: TensorSpec) -> str:
    return shape_text(output.shape, output.dtype)


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
