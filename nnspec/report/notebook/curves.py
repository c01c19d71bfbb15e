"""Curves of a training as drawings for a notebook: one panel for the loss and one for each metric, no script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from nnspec.console.formatting import metric
from nnspec.report.notebook.markup import Content, Html, element

WIDTH, HEIGHT = 330, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 24, 24
COLOURS = ("#3f7fc4", "#d9822b")  # of the training and the validation part: told apart by those who see few colours
MOST_PANELS = 4
MOST_POINTS = 400  # of a curve; of more, some are left out
Series = Mapping[str, Sequence[float | None]]


def panels(epochs: Sequence[int], series: Series) -> Html:
    """The curves, those of a metric in the training and in the validation part in one panel."""
    groups: dict[str, list[str]] = {}
    for name in series:
        groups.setdefault(name.removeprefix("val_"), []).append(name)
    shown = list(groups)[:MOST_PANELS]
    drawn = [_panel(title, epochs, {name: series[name] for name in sorted(groups[title])}) for title in shown]
    rest = list(groups)[MOST_PANELS:]
    more = element("p", f"not drawn: {', '.join(rest)}", class_="nns-dim") if rest else None
    return element("div", element("div", drawn, class_="nns-tiles"), more)


def _panel(title: str, epochs: Sequence[int], series: Series) -> Html:
    known = [value for values in series.values() for value in values if value is not None and math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        low, high = low - (abs(low) or 1) / 10, high + (abs(high) or 1) / 10
    last = max(len(epochs) - 1, 1)

    def place(number: int, value: float) -> tuple[float, float]:
        across = LEFT + (WIDTH - LEFT - RIGHT) * number / last
        return across, TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    contents: list[Content] = [element("text", title, x="2", y="14", font_weight="600")]
    for value in (low, (low + high) / 2, high):
        height = f"{place(0, value)[1]:.1f}"
        contents.append(element("line", x1=str(LEFT), x2=str(WIDTH - RIGHT), y1=height, y2=height, class_="nns-grid"))
        contents.append(element("text", metric(value), x=str(LEFT - 5), y=height, dy="4", text_anchor="end"))
    for name, values in series.items():
        contents += _curve(name, values, place)
    if epochs:
        foot = {"y": str(HEIGHT - 6)}
        contents.append(element("text", f"epoch {epochs[0]}", x=str(LEFT), **foot))
        if len(epochs) > 1:
            contents.append(element("text", str(epochs[-1]), x=str(WIDTH - RIGHT), text_anchor="end", **foot))
    size = {"width": str(WIDTH), "height": str(HEIGHT), "viewBox": f"0 0 {WIDTH} {HEIGHT}"}
    said = ", ".join(f"{name} {metric(_last(values))}" for name, values in series.items())
    legend = element("div", [_legend(name, values) for name, values in series.items()])
    drawing = element("svg", *contents, role="img", aria_label=f"{title}: {said}", **size)
    return element("figure", drawing, legend, style=f"max-width:{WIDTH}px")


def _legend(name: str, values: Sequence[float | None]) -> Html:
    mark = element("span", "■ ", style=f"color:{_colour(name)}")
    part = "validation" if name.startswith("val_") else "training"
    return element("span", mark, f"{part} {metric(_last(values))}", style="margin-right:12px")


def _colour(name: str) -> str:
    return COLOURS[name.startswith("val_")]


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _curve(name: str, values: Sequence[float | None], place) -> Iterator[Html]:  # type: ignore[no-untyped-def]
    """A line through the values, broken where one is missing; a dot where a value stands alone."""
    step = max(1, len(values) // MOST_POINTS)
    numbers = [*range(0, len(values), step)]
    if values and numbers[-1] != len(values) - 1:
        numbers.append(len(values) - 1)
    line: list[tuple[float, float]] = []
    for number in [*numbers, None]:
        value = None if number is None else values[number]
        if number is not None and value is not None and math.isfinite(value):
            line.append(place(number, value))
            continue
        if len(line) == 1:
            yield element("circle", cx=f"{line[0][0]:.1f}", cy=f"{line[0][1]:.1f}", r="2.5", fill=_colour(name))
        elif line:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
            yield element("polyline", points=points, fill="none", stroke=_colour(name), stroke_width="1.8")
        line = []
