"""The diagram of a spec that is being typed, with the line of each box: what an editor shows beside the text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnspec.frontend.diagnostics import Span
from nnspec.frontend.spec import Spec
from nnspec.lsp.workspace import Analysis
from nnspec.report.pages import diagram

METHOD = "nnspec/diagram"  # a request of our own, `textDocument` and `page`; no editor sends it unasked


def drawn(analysis: Analysis, page: bool) -> dict[str, Any] | None:
    """The diagram of a document; None while it has a fault: what was drawn before stays.

    Args:
        page: whether the whole page is wanted, and not only what it shows.

    Returns:
        `name`; `places`, for each box that this document makes `id`, `line` and `character`, from 0; `page`, HTML that
        takes `{contents}` and `{mark: ids}` as messages and posts `{id}` where a box is clicked; or `contents`.
    """
    spec = None if analysis.known is None else analysis.known.checked.spec
    if spec is None:
        return None
    found: dict[str, Any] = {"name": spec.name, "places": list(_places(spec, analysis.document.path))}
    if page:
        return {**found, "page": diagram.page(spec, follows=True)}
    return {**found, "contents": diagram.contents(spec)}


def _places(spec: Spec, path: Path) -> Iterator[dict[str, Any]]:
    """The places of inputs, layers and outputs in a file; of a layer that another file makes, those of its use."""
    boxes: list[tuple[str, tuple[Span | None, ...]]] = [(f"in:{one.name}", (one.span,)) for one in spec.graph.inputs]
    for layer in spec.graph.layers:
        boxes.append((f"layer:{layer.name}", (layer.span, *(note.span for note in reversed(layer.trail)))))
    boxes += [(f"out:{one.name}", (one.span,)) for one in spec.graph.outputs]
    for box, spans in boxes:
        span = next((one for one in spans if one is not None and one.source.path == str(path)), None)
        if span is not None:
            yield {"id": box, "line": span.line - 1, "character": span.column - 1}
