"""The network as a table of layers, and in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnspec.console.formatting import count, plural, scaled
from nnspec.console.tables import Column, table
from nnspec.frontend.diagnostics import COMMAND_LINE
from nnspec.frontend.shapes import with_defaults
from nnspec.frontend.spec import Layer, LayerFacts, Spec, total
from nnspec.layers.receptive_field import Field, Reach, receptive_field, start
from nnspec.layers.types import TensorSpec
from nnspec.report.text.outline import Group, opened, outline

MOST_ROWS = 40  # groups are folded to a row each from here on
NARROW = 100  # columns; below them titles are short and shapes close together
TITLES = ("layer", "kind", "line", "output", "parameters", "multiply-adds", "receptive field")
SHORT_TITLES = ("layer", "kind", "line", "output", "params", "macs", "field")
YIELDS = {"layer", "kind", "line", "output"}


def layer_table(spec: Spec, width: int, *, full: bool = False) -> str:
    """One row a layer: name, kind, line of the spec, output shape without the batch, cost, receptive field.

    Equal rounds of a loop are one row with their sum, and so are blocks where the table would be long.

    Args:
        full: a row for every layer.
    """
    rows = layer_rows(spec, full=full)
    footer = (
        spec.name,
        plural(len(spec.graph.layers), "layer"),
        "",
        "",
        count(spec.param_count),
        scaled(spec.macs),
        "",
    )
    titles = TITLES
    if width < NARROW:
        titles, rows = SHORT_TITLES, [(*row[:3], row[3].replace(" × ", "×"), *row[4:]) for row in rows]
    right = {titles[index] for index in (2, 4, 5, 6)}
    columns = [Column(title, right=title in right, yields=title in YIELDS) for title in titles]
    return table(columns, rows, width, footer)


def layer_rows(spec: Spec, *, full: bool = False) -> list[tuple[str, ...]]:
    """The cells of `layer_table`, under `TITLES`."""
    fields = receptive_fields(spec)
    rows: list[tuple[str, ...]] = [
        (tensor.name, "input", str(tensor.span.line), shape_text(("", *tensor.shape), tensor.dtype), "", "", "")
        for tensor in spec.graph.inputs
    ]
    root = outline(spec)
    shown = opened(root, MOST_ROWS)
    for member in spec.graph.layers if full else _folded(root, shown):
        rows.append(_row(member, spec, fields) if isinstance(member, Layer) else _group_row(member, spec, fields))
    return rows


def is_folded(spec: Spec) -> bool:
    """Whether the table of a spec has rows that stand for several layers."""
    root = outline(spec)
    return any(isinstance(member, Group) for member in _folded(root, opened(root, MOST_ROWS)))


def receptive_fields(spec: Spec) -> dict[str, Reach]:
    """The receptive field of each layer, by name."""
    found: dict[str, Reach] = {tensor.name: start(len(tensor.shape)) for tensor in spec.graph.inputs}
    for layer in spec.graph.layers:
        inputs = [found[ref.layer] for ref in layer.inputs]
        arguments = with_defaults(layer.kind, layer.args)
        found[layer.name] = receptive_field(layer.kind, arguments, inputs, layer.record)
    return {layer.name: found[layer.name] for layer in spec.graph.layers}


def field_text(reach: Reach) -> str:
    """``212 /32``: size and stride in positions of the input; ``all`` of it; nothing where it has no axes."""
    if not isinstance(reach, Field):
        return reach or "?"
    if not reach.sizes:
        return ""
    sizes, strides = _axes(reach.sizes), _axes(reach.strides)
    return sizes if strides == "1" else f"{sizes} /{strides}"


def _axes(values: tuple[object, ...]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "×".join(map(str, values))


def _folded(group: Group, shown: frozenset[str]) -> Iterator[Layer | Group]:
    for member in group.members:
        if isinstance(member, Group) and member.key in shown:
            yield from _folded(member, shown)
        else:
            yield member


def _group_row(group: Group, spec: Spec, fields: Mapping[str, Reach]) -> tuple[str, ...]:
    layers = list(group.layers)
    params = total(0 if layer.shares else spec.facts[layer.name].params for layer in layers)
    macs = total(spec.facts[layer.name].macs for layer in layers)
    title = f"{group.times} × {group.title}" if group.times > 1 else group.title or "loop"
    last = layers[-1]
    return (
        title,
        plural(len(layers), "layer"),
        "" if group.span is None else _line(group.span.file, group.span.line, spec),
        _outputs(spec.facts[last.name].outputs),
        count(params) if params != 0 else "",
        scaled(macs) if macs != 0 else "",
        field_text(fields[last.name]),
    )


def _row(layer: Layer, spec: Spec, fields: Mapping[str, Reach]) -> tuple[str, ...]:
    facts: LayerFacts = spec.facts[layer.name]
    params = f"of {layer.shares}" if layer.shares else count(facts.params) if facts.params != 0 else ""
    return (
        layer.name,
        layer.written,
        _line(layer.span.file, layer.span.line, spec),
        _outputs(facts.outputs),
        params,
        scaled(facts.macs) if facts.macs != 0 else "",
        field_text(fields[layer.name]),
    )


def _line(file: str, line: int, spec: Spec) -> str:
    """The line, after its file's name where that is another file than the spec; `set` where it is of none."""
    if file == COMMAND_LINE:
        return "set"
    name = file.rsplit("/", 1)[-1]
    return str(line) if name == spec.path.name else f"{name}:{line}"


def _outputs(outputs: tuple[TensorSpec, ...] | None) -> str:
    if outputs is None:
        return "?"
    return ", ".join(shape_text(output.shape, output.dtype) for output in outputs)


def shape_text(shape: tuple[object, ...], dtype: str) -> str:
    """`28 × 28 × 1`; the batch is left out, and float32 goes without saying."""
    sizes = " × ".join("?" if size is None else str(size) for size in shape[1:]) or "scalar"
    return sizes if dtype == "float32" else f"{sizes} {dtype}"
