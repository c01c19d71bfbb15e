"""Inlay hints: what leaves each layer, and what it costs, behind its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nnspec.console.formatting import count, scaled
from nnspec.frontend.budget import budget_use
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers.portable import refused_in
from nnspec.lsp.documents import Range, text_of
from nnspec.lsp.lines import Line, lines_of, macs_of, params_of, shapes_of
from nnspec.lsp.workspace import Analysis
from nnspec.report.text.layers import field_text, receptive_fields


@dataclass(frozen=True)
class HintSettings:
    """Which hints an editor shows."""

    shapes: bool = True
    parameters: bool = True
    multiplyAdds: bool = False
    receptiveField: bool = False
    budget: bool = True
    mobile: bool = False

    @classmethod
    def of(cls, settings: Any) -> HintSettings:
        """Those of a client's settings ``{"hints": {...}}``; what is no switch of ours is passed over."""
        given = settings.get("hints") if isinstance(settings, Mapping) else None
        names = [one.name for one in fields(cls)]
        if not isinstance(given, Mapping):
            return cls()
        return cls(**{name: given[name] for name in names if isinstance(given.get(name), bool)})


def inlay_hints(analysis: Analysis, wanted: Range, settings: HintSettings) -> list[dict[str, Any]]:
    """The hints of the lines from the first to the last of a range."""
    places = text_of(analysis.document.text)
    first, last = wanted["start"]["line"], min(wanted["end"]["line"], len(places.starts) - 1)
    hints = []
    for number, (label, tip) in sorted(_labels(analysis, settings, first, last).items()):
        end = places.position(places.starts[number] + len(places.line(number).rstrip()))
        hints.append({"position": end, "label": label, "kind": 1, "paddingLeft": True, "tooltip": tip})
    return hints


def _labels(analysis: Analysis, settings: HintSettings, first: int, last: int) -> dict[int, tuple[str, str]]:
    """By line, from one to another: the hint, and what hovering over it says."""
    path, found = analysis.document.path, dict[int, tuple[str, str]]()
    now = None if analysis.spec is None else _Labels(analysis.spec, settings)
    partial = None if analysis.known is None else analysis.known.partial
    if now is not None:
        found.update(now.of_file(path, first, last if partial is None else min(last, partial - 1)))
    if analysis.whole is not None and (analysis.known is None or analysis.known.checked.spec is None):
        text, spec = analysis.whole
        head, tail, shift = _unchanged(text, analysis.document.text)
        before = _Labels(spec, settings)
        for number, pair in before.of_file(path, max(first - shift, tail), last - shift):
            found.setdefault(number + shift, pair)
        for number, pair in before.of_file(path, first, min(last, head - 1), own=True):
            found.setdefault(number, pair)
    if now is not None and partial is not None:
        for number, pair in now.of_file(path, max(first, partial), last, own=True):
            found.setdefault(number, pair)
    return {number: pair for number, pair in found.items() if pair[0]}


def _unchanged(before: str, now: str) -> tuple[int, int, int]:
    """Up to which line a text begins as another one does, from which on it ends so, and how far those have moved."""
    old, new = before.split("\n"), now.split("\n")
    same = 0
    while same < min(len(old), len(new)) and old[-1 - same] == new[-1 - same]:
        same += 1
    head = next((number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    return min(head, len(new)), len(old) - same, len(new) - len(old)


class _Labels:
    def __init__(self, spec: Spec, settings: HintSettings) -> None:
        self.spec, self.settings = spec, settings
        self.params = spec.param_count
        self.fields = receptive_fields(spec) if settings.receptiveField else {}

    def of_file(self, path: Path, first: int, last: int, *, own: bool = False) -> Iterator[tuple[int, tuple[str, str]]]:
        """The labels of lines; with `own` those of layers alone, without the sums of groups, which hold more lines."""
        for number, line in lines_of(self.spec, path).items():
            if first <= number <= last and (line.own or not own):
                yield number, (self.label(line), self.tip(line.layers))
        if self.settings.budget and not own:
            yield from (pair for pair in self.budget(str(path)) if first <= pair[0] <= last)

    def label(self, line: Line) -> str:
        layers, spec, parts = line.layers, self.spec, []
        if self.settings.shapes:
            shapes = shapes_of(layers, spec) if line.own else f"→ {shapes_of(layers[-1:], spec)}"
            parts.append(shapes + (f", {len(layers)} times" if line.own and len(layers) > 1 else ""))
        if self.settings.parameters and params_of(layers, spec) != 0:
            parts.append(f"{scaled(params_of(layers, spec))} parameters")
        if self.settings.multiplyAdds and macs_of(layers, spec) != 0:
            parts.append(f"{scaled(macs_of(layers, spec))} multiply-adds")
        if self.settings.receptiveField and (field := field_text(self.fields[layers[-1].name])):
            parts.append(f"sees {field}")
        if self.settings.mobile and not all(_is_mobile(layer) for layer in layers):
            parts.append("not in TFLite")
        return ", ".join(parts)

    def tip(self, layers: Sequence[Layer]) -> str:
        own, total = params_of(layers, self.spec), self.params
        what = layers[0].name if len(layers) == 1 else f"{len(layers)} layers"
        share = f", {own / total:.1%} of the network's parameters" if own and total else ""
        return f"{what}: {count(own)} parameters, {count(macs_of(layers, self.spec))} multiply-adds{share}"

    def budget(self, file: str) -> Iterator[tuple[int, tuple[str, str]]]:
        """How much of its budget the network takes, behind the budget's line."""
        found: dict[int, list[str]] = {}
        for use in budget_use(self.spec):
            place = self.spec.place("budget", use.key)
            if place is not None and place.source.path == file:
                found.setdefault(place.line - 1, []).append(f"{use.share:.0%} of {use.key}")
        for number, parts in found.items():
            yield number, (", ".join(parts), "how much of its budget the network takes")


def _is_mobile(layer: Layer) -> bool:
    return refused_in(layer.kind, layer.args, quantize=None, fuse=False) is None
