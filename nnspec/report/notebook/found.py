"""What a check found, and a spec, as cards."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnspec.console.formatting import plural
from nnspec.console.tables import shortened
from nnspec.report.notebook.markup import Content, Html, card, element, grid, joined
from nnspec.report.text.layers import TITLES, layer_rows
from nnspec.report.text.totals import totals

if TYPE_CHECKING:
    from nnspec.frontend.diagnostics import Diagnostic
    from nnspec.frontend.pipeline import Checked
    from nnspec.frontend.spec import Spec

MOST_FOUND = 30  # diagnostics
LONGEST = 120  # columns of a cell
MOST_SVG = 60_000  # characters of a drawing; a larger network is drawn with its groups closed


def checked_card(found: Checked) -> Html:
    """Every diagnostic with its place, and the table of layers where there are no errors."""
    spec = () if found.spec is None or not found.ok else spec_parts(found.spec)
    if not found.diagnostics:
        return card(element("p", "ok: nothing to remark", class_="nns-found nns-ok"), spec)
    return card(diagnostics(found.diagnostics), spec)


def diagnostics(found: Sequence[Diagnostic]) -> Html:
    """Diagnostics with the lines of text that they are about."""
    rest = len(found) - MOST_FOUND
    more = element("p", f"and {rest:,} more", class_="nns-dim") if rest > 0 else None
    return joined([*(_diagnostic(one) for one in found[:MOST_FOUND]), more])


def _diagnostic(one: Diagnostic) -> Html:
    _, *lines = str(one).split("\n")
    head = element("div", element("b", f"{one.severity} {one.code}"), f"  {one.message}")
    text = element("pre", "\n".join(lines)) if lines else None
    fix = element("p", "fix: ", one.fix.title, class_="nns-dim") if one.fix else None
    return element("div", head, text, fix, class_=f"nns-found nns-{'error' if one.severity == 'error' else 'warning'}")


def spec_card(spec: Spec) -> Html:
    """A checked spec: what it costs, its layers, its diagram."""
    warnings = diagnostics(spec.warnings) if spec.warnings else None
    return card(spec_parts(spec), warnings)


def spec_parts(spec: Spec, *, full: bool = False) -> list[Content]:
    """Title, table of layers and diagram."""
    about = element("p", spec.description) if spec.description else None
    return [element("h4", spec.name, " · ", totals(spec)), about, layer_grid(spec, full=full), folded_drawing(spec)]


def layer_grid(spec: Spec, *, full: bool = False) -> Html:
    """The table of layers that `nnspec show` prints."""
    rows = [[shortened(cell, LONGEST) for cell in row] for row in layer_rows(spec, full=full)]
    return grid(TITLES, rows, right=(2, 4, 5, 6))


def folded_drawing(spec: Spec) -> Html:
    """The diagram, which opens by a click."""
    boxes = plural(len(spec.graph.layers), "layer")
    return element("details", element("summary", f"diagram of {boxes}"), drawing(spec))


def drawing(spec: Spec, *, groups: str = "auto", dark: bool | None = None) -> Html:
    """The network drawn as a picture for light pages and one for dark ones; as a page in a frame without mini-racer.

    A picture can run nothing, and the frame is one of a sandbox.
    """
    from nnspec.report.pages import diagram

    try:
        light = diagram.svg(spec, dark=bool(dark), groups=groups)
    except diagram.DrawingError:
        frame = element("iframe", srcdoc=diagram.page(spec, groups=groups), sandbox="allow-scripts", loading="lazy")
        return element("div", frame, class_="nns-drawing")
    if groups == "auto" and len(light) > MOST_SVG:
        return drawing(spec, groups="closed", dark=dark)
    if dark is not None:
        return element("div", _image(light, spec.name, None), class_="nns-drawing")
    night = _image(diagram.svg(spec, dark=True, groups=groups), spec.name, "nns-at-night")
    return element("div", _image(light, spec.name, "nns-by-day"), night, class_="nns-drawing")


def _image(svg: str, name: str, kind: str | None) -> Html:
    address = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    return element("img", src=address, alt=f"diagram of {name}", class_=kind)
