"""The network as a table of layers, and in one line."""

from __future__ import annotations

from nnspec.frontend.spec import Layer, LayerFacts, Spec
from nnspec.layers.types import TensorSpec
from nnspec.report.amounts import count, plural, scaled
from nnspec.report.tables import Column, table

COLUMNS = (
    Column("layer", yields=True),
    Column("kind", yields=True),
    Column("line", right=True),
    Column("output", yields=True),
    Column("parameters", right=True),
    Column("multiply-adds", right=True),
)


def layer_table(spec: Spec, width: int) -> str:
    """One row a layer: name, kind, line of the spec, output shape without the batch, cost."""
    rows: list[tuple[str, ...]] = [
        (tensor.name, "input", str(tensor.span.line), _shape(("", *tensor.shape), tensor.dtype), "", "")
        for tensor in spec.graph.inputs
    ]
    rows += [_row(layer, spec.facts[layer.name], spec.path.name) for layer in spec.graph.layers]
    footer = (spec.name, "", "", "", count(spec.param_count), scaled(spec.macs))
    return table(COLUMNS, rows, width, footer)


def _row(layer: Layer, facts: LayerFacts, file: str) -> tuple[str, ...]:
    """The line has its file's name before it where the layer comes from another file."""
    other = layer.span.file.rsplit("/", 1)[-1]
    line = str(layer.span.line) if other == file else f"{other}:{layer.span.line}"
    params = f"of {layer.shares}" if layer.shares else count(facts.params) if facts.params != 0 else ""
    return (
        layer.name,
        layer.kind,
        line,
        _outputs(facts.outputs),
        params,
        scaled(facts.macs) if facts.macs != 0 else "",
    )


def _outputs(outputs: tuple[TensorSpec, ...] | None) -> str:
    if outputs is None:
        return "?"
    return ", ".join(_shape(output.shape, output.dtype) for output in outputs)


def _shape(shape: tuple[object, ...], dtype: str) -> str:
    """`28 × 28 × 1`; the batch is left out, and float32 goes without saying."""
    sizes = " × ".join("?" if size is None else str(size) for size in shape[1:]) or "scalar"
    return sizes if dtype == "float32" else f"{sizes} {dtype}"


def totals(spec: Spec) -> str:
    """``138,357,544 parameters, 15.5 G multiply-adds, 23 layers``."""
    params = "parameters not known" if spec.param_count is None else plural(spec.param_count, "parameter")
    macs = "multiply-adds not known" if spec.macs is None else f"{scaled(spec.macs)} multiply-adds"
    return f"{params}, {macs}, {plural(len(spec.graph.layers), 'layer')}"
