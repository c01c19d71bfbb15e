"""HTML for notebooks, in which no text can become markup: `element` escapes every text that is not markup already.

A card lies in somebody else's page: it takes that page's colours and fonts, has styles under one class of its own, no
script, no link, and loads nothing. Lines and backgrounds are shades of the page's own ink.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from nnspec.console.formatting import visible
from nnspec.report.pages.html import asset

MOST_ROWS = 200  # of a table; the others are counted
VOID = ("img", "br", "hr")  # elements without an end


class Html(str):
    """Text that is markup."""


Content = str | Iterable["Content"] | None


def element(tag: str, *contents: Content, **attributes: str | None) -> Html:
    """An element. Contents that are not `Html` are texts; an attribute that is None is left out.

    Args:
        attributes: `class_` is written `class`; other underscores are hyphens.
    """
    found = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_text(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Html(f"<{tag}{found}>")
    return Html(f"<{tag}{found}>{joined(contents)}</{tag}>")


def joined(contents: Content) -> Html:
    """Contents one after the other."""
    if contents is None:
        return Html("")
    if isinstance(contents, Html):
        return contents
    if isinstance(contents, str):
        return Html(_text(contents))
    return Html("".join(joined(one) for one in contents))


def _text(value: str) -> str:
    return escape(visible(value))


def card(*contents: Content) -> Html:
    """A card with its style, which has no text of a stranger in it."""
    return Html(f"<style>{asset('card.css')}</style>{element('div', *contents, class_='nnspec-card')}")


def grid(titles: Sequence[str], rows: Sequence[Sequence[Content]], right: Sequence[int] = ()) -> Html:
    """A table; columns whose numbers are in ``right`` are set to the right. Rows beyond a limit are counted."""

    def line(tag: str, cells: Sequence[Content]) -> Html:
        return element(
            "tr",
            [element(tag, cell, class_="nns-right" if number in right else None) for number, cell in enumerate(cells)],
        )

    shown = rows[:MOST_ROWS]
    more = (
        element("p", f"and {len(rows) - len(shown):,} more rows", class_="nns-dim") if len(rows) > len(shown) else None
    )
    head = element("thead", line("th", titles)) if any(titles) else None
    body = element("tbody", [line("td", row) for row in shown])
    return joined([element("div", element("table", head, body), class_="nns-wide"), more])


def tiles(values: Iterable[tuple[str, str]]) -> Html:
    """Numbers with what they are of."""
    return element(
        "div",
        [element("div", element("b", value), element("span", name), class_="nns-tile") for name, value in values],
        class_="nns-tiles",
    )


def picture(address: str, caption: Content, width: int | None = None, *, wide: bool = False) -> Html:
    """A picture that stands in the page itself, with words below; the words alone where it stands elsewhere.

    Args:
        wide: as wide as it is, not as a small one.
    """
    size = None if width is None else str(width)
    own = address.startswith("data:image/")
    image = element("img", src=address, alt="", width=size) if own else None
    return element("figure", image, element("figcaption", caption), class_="nns-whole" if wide else None)
