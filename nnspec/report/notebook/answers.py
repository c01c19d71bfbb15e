"""What a network said of new examples, as a card: labels with bars, words with their tags, pictures where there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.console.formatting import metric
from nnspec.data.formats.images import readable
from nnspec.data.formats.thumbnails import is_image, png
from nnspec.report.notebook.markup import Content, Html, card, element, grid, picture
from nnspec.report.text.prediction_rows import columns_of, rows_of, top_labels

if TYPE_CHECKING:
    from nnspec.evaluation.predict import Predictions

MOST = 50  # predictions
TOP = 3  # labels
COLOURS = ("#3f7fc4", "#b8367d", "#1c8467", "#b26a0d", "#6f4fc0", "#2a819c")


def predictions_card(found: Predictions) -> Html:
    """Each example with its answer, in the order that they were given."""
    shown = found[:MOST]
    more = element("p", f"and {len(found) - MOST:,} more", class_="nns-dim") if len(found) > MOST else None
    types = sorted({entity["type"] for one in shown for entity in one.get("entities", ())})
    if all("label" in one for one in shown):
        body = element(
            "div", [_labelled(one, _picture(found, row)) for row, one in enumerate(shown)], class_="nns-pictures"
        )
    elif all("tokens" in one for one in shown):
        body = element("div", [_sentence(one, types) for one in shown])
    else:
        rows = rows_of(shown, TOP)
        names = columns_of(rows)
        body = grid(names, [[_cell(row.get(name, "")) for name in names] for row in rows])
    return card(body, more)


def _cell(value: str | float) -> str:
    return value[:200] if isinstance(value, str) else metric(value)


def _labelled(one: Mapping[str, Any], image: str | None) -> Html:
    """The likeliest labels, each with a bar as long as it is likely."""
    lines = [
        (
            label,
            element("span", class_="nns-bar", style=f"width:{70 * max(0.0, min(1.0, chance)):.0f}px"),
            f"{chance:.1%}",
        )
        for label, chance in top_labels(one, TOP)
    ]
    bars = grid(("", "", ""), lines)
    if image:
        return picture(image, [_short(one["input"]), bars], 96)
    return element("figure", element("figcaption", _short(one["input"]), bars))


def _short(given: Any) -> str:
    text = given if isinstance(given, str) else str(given)
    name = Path(text).name if "/" in text and "\n" not in text and len(text) < 300 else text
    return name if len(name) <= 160 else f"{name[:159]}…"


def _sentence(one: Mapping[str, Any], types: Sequence[str]) -> Html:
    """The words; those of an entity are marked in the colour of its type, with its name."""
    parts: list[Content] = []
    for token, tag in zip(one["tokens"], one["tags"], strict=False):
        kind = tag.partition("-")[2]
        if kind in types:
            colour = COLOURS[types.index(kind) % len(COLOURS)]
            style = f"border-bottom:2px solid {colour};padding-bottom:1px"
            parts.append(element("span", str(token), element("sub", f" {tag}", style=f"color:{colour}"), style=style))
        elif tag != "O":
            parts.append(element("span", str(token), element("sub", f" {tag}", class_="nns-dim")))
        else:
            parts.append(str(token))
        parts.append(" ")
    cut = element("span", f"({one['cut']:,} more words were cut)", class_="nns-dim") if "cut" in one else None
    return element("p", parts, cut)


def _picture(found: Predictions, row: int) -> str | None:
    """What was given, where it is an image."""
    given: Any = found.inputs[row] if len(found.inputs) == len(found) else None
    try:
        if isinstance(given, str | Path):
            return png(readable(str(given), str(given), _pixels)) if Path(given).is_file() else None
        shape = getattr(given, "shape", ())
        return png(given) if is_image(shape) else png(given[..., None]) if len(shape) == 2 else None
    except Exception:  # the network could read it; a card without a picture is still a card
        return None


def _pixels(image: Any) -> Any:
    import numpy as np

    return np.asarray(image.convert("RGB"))
