"""A network as a picture: SVG, PNG, or a page whose groups open and close.

`diagram_model` says what is drawn, `assets/diagram.js` lays it out with dagre and draws it. The page brings that script
with it; for files it runs here, in V8 (mini-racer), so both look alike. Nothing imports TensorFlow.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from nnspec.console.atomic_files import replacing
from nnspec.console.formatting import visible
from nnspec.frontend.spec import Spec
from nnspec.report.pages.diagram_model import diagram_model, group_ids
from nnspec.report.pages.html import as_json, asset, filled_page
from nnspec.report.text.outline import opened, outline

ENDINGS = (".html", ".svg", ".png")
MOST_BOXES = 120  # groups are opened at first while no more than this many boxes show
MOST_PIXELS = 16_000  # the longest side of a PNG; a larger one is scaled down
MOST_AREA = 5e6  # pixels, drawn in well under a second; a larger picture gets fewer for each of the SVG's, at least one
EXTRA = 'pip install "nnspec[draw]"'


class DrawingError(Exception):
    """A picture cannot be made here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies, in pixels from the upper left; an open group holds the boxes within it."""

    id: str
    open: bool
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and the places of its boxes, outer ones first."""

    svg: str
    boxes: tuple[Box, ...]


def svg(spec: Spec, *, dark: bool | None = None, groups: str = "auto") -> str:
    """The diagram as an SVG document.

    Args:
        dark: dark colours or light ones; None leaves it to the reader's system.
        groups: "auto" opens blocks and loops while the picture stays of a readable size, "open" all, "closed" none.

    Raises:
        DrawingError: mini-racer is not installed.
    """
    return drawing(spec, dark=dark, groups=groups).svg


def drawing(spec: Spec, *, dark: bool | None = None, groups: str = "auto") -> Drawing:
    """The diagram with the places of its boxes; as `svg`."""
    arguments = ", ".join(map(as_json, (diagram_model(spec), _open(spec, groups), dark)))
    script = f"JSON.stringify(nnspecDiagram.draw({arguments}))"
    found = json.loads(_evaluated(script))
    return Drawing(found["svg"], tuple(Box(**box) for box in found["boxes"]))


def png(spec: Spec, *, dark: bool = False, groups: str = "auto", scale: float = 2.0) -> bytes:
    """The diagram as a PNG image, `scale` pixels to one of the SVG's, less where it would be huge.

    Raises:
        DrawingError: mini-racer or resvg-py is not installed.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise DrawingError(f"a PNG needs resvg-py: {EXTRA}; a page (.html) does not") from error
    text = svg(spec, dark=dark, groups=groups)
    width, height = (int(side) for side in text.split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split())
    zoom = min(scale, MOST_PIXELS / max(width, height), max(1.0, (MOST_AREA / (width * height)) ** 0.5))
    return bytes(resvg_py.svg_to_bytes(svg_string=text, zoom=zoom))


def page(spec: Spec, *, groups: str = "auto", follows: bool = False) -> str:
    """A self-contained HTML page: groups open and close by click or key, a click on a layer tells arguments, shape and
    line, and it is moved, enlarged and searched.

    It needs no network, and no package beyond nnspec's own.

    Args:
        follows: whether it is an editor's, beside the text: it is drawn again and marked as messages say, and tells of
            boxes that are clicked.
    """
    scripts = (
        "dagre.min.js",
        "diagram.js",
        "diagram_view.js",
        "diagram_page.js",
        *(("diagram_follow.js",) if follows else ()),
    )
    return filled_page(
        "diagram.html", spec.name, scripts, contents(spec, groups), description=escape(visible(spec.description))
    )


def write(spec: Spec, path: Path, *, groups: str = "auto", dark: bool | None = None) -> int:
    """Writes the diagram as a page, an SVG or a PNG, by the ending of the path, whole or not at all.

    Returns:
        How many bytes it has.

    Raises:
        ValueError: the path has another ending.
        DrawingError: a package is missing.
        OSError: the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"{path.name} ends in none of {', '.join(ENDINGS)}")
    if ending == ".html":
        content = page(spec, groups=groups).encode()
    elif ending == ".svg":
        content = svg(spec, dark=dark, groups=groups).encode()
    else:
        content = png(spec, dark=bool(dark), groups=groups)
    with replacing(path) as scratch:
        scratch.write_bytes(content)
    return len(content)


def contents(spec: Spec, groups: str = "auto") -> dict[str, Any]:
    """What the script `diagram.js` draws: the model, and the groups that are open at first."""
    return {"model": diagram_model(spec), "open": _open(spec, groups)}


def _open(spec: Spec, groups: str) -> list[str]:
    root = outline(spec)
    if groups == "auto":
        return sorted(opened(root, MOST_BOXES))
    return sorted(group_ids(root)) if groups == "open" else []


def _evaluated(script: str) -> str:
    try:
        from py_mini_racer import MiniRacer
    except ImportError as error:
        raise DrawingError(f"an SVG or a PNG needs mini-racer: {EXTRA}; a page (.html) does not") from error
    with MiniRacer() as engine:
        engine.eval(asset("dagre.min.js") + ";0")
        engine.eval(asset("diagram.js") + ";0")
        return str(engine.eval(script))
