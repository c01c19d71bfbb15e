"""What sets two specs, or two runs, apart: settings, layers, cost and metrics.

Layers are matched in order by kind and arguments, as a line-by-line comparison of texts would, and not by name: one
layer put in shifts every generated name after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import yaml

from nnspec.console.formatting import count, metric, scaled, styled
from nnspec.console.prose import filled
from nnspec.console.tables import Column, table
from nnspec.frontend.differences import ABSENT, differences
from nnspec.frontend.spec import Layer, Ref, Spec
from nnspec.frontend.summary import plain

# The network is compared layer by layer, so its text is not compared again.
NETWORK = {"nnspec", "name", "description", "layers", "blocks", "inputs", "outputs", "use", "extends", "params"}
LONG = 3000  # layers, from which on the matching may take popular lines for noise to stay quick


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: how it is called, its spec, and its last metrics if it is a run."""

    label: str
    spec: Spec
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A layer that only one side has (the other is None), or one whose arguments or wiring differ."""

    left: Layer | None
    right: Layer | None

    @property
    def what(self) -> str:
        if self.left is None:
            return "added"
        if self.right is None:
            return "removed"
        return "rewired" if _line(self.left) == _line(self.right) else "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs; values come in pairs, left then right, None or ``ABSENT`` where a side has none."""

    left: Side
    right: Side
    settings: Mapping[str, tuple[Any, Any]]
    layers: tuple[Change, ...]
    totals: Mapping[str, tuple[int | None, int | None]]
    metrics: Mapping[str, tuple[Any, Any]]

    @property
    def same(self) -> bool:
        """Whether the two describe the same network with the same settings; metrics do not count."""
        return not self.settings and not self.layers


def difference(left: Side, right: Side) -> Difference:
    """Compares two checked specs, with the metrics of their runs where there are any."""
    return Difference(
        left,
        right,
        _settings(left.spec, right.spec),
        tuple(_changes(left.spec, right.spec)),
        {
            "params": (left.spec.param_count, right.spec.param_count),
            "trainable_params": (left.spec.trainable_param_count, right.spec.trainable_param_count),
            "macs": (left.spec.macs, right.spec.macs),
            "layers": (len(left.spec.graph.layers), len(right.spec.graph.layers)),
        },
        {
            name: (left.metrics.get(name), right.metrics.get(name))
            for name in dict.fromkeys((*left.metrics, *right.metrics))
        },
    )


def _settings(left: Spec, right: Spec) -> dict[str, tuple[Any, Any]]:
    """The settings outside the network that differ, by dotted path; the inputs' shapes are settings too."""
    return dict(differences(_tree(left), _tree(right)))


def _tree(spec: Spec) -> dict[str, Any]:
    inputs = {tensor.name: f"{list(tensor.shape)} {tensor.dtype}" for tensor in spec.graph.inputs}
    return {"inputs": inputs, **{key: plain(value) for key, value in spec.resolved.items() if key not in NETWORK}}


def _changes(left: Spec, right: Spec) -> Iterator[Change]:
    """The layers apart, in order, and the matched ones that are wired to other places."""
    pairs = list(_matched(left.graph.layers, right.graph.layers))
    places = _Places(pairs)
    for a, b, equal in pairs:
        if not equal or (a and b and places.of(a, left=True) != places.of(b, left=False)):
            yield Change(a, b)


def _matched(left: tuple[Layer, ...], right: tuple[Layer, ...]) -> Iterator[tuple[Layer | None, Layer | None, bool]]:
    """Layers side by side, and whether they are equal in kind and arguments."""
    lines = [_line(layer) for layer in left], [_line(layer) for layer in right]
    matcher = SequenceMatcher(None, *lines, autojunk=max(map(len, lines)) > LONG)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        for a, b in _paired(left[start:end], right[begin:stop]):
            yield a, b, tag == "equal"


class _Places:
    """Where layers take their inputs from, under the right side's names.

    A layer that only one side has is looked through: putting one into a chain does not rewire the next.
    """

    def __init__(self, pairs: list[tuple[Layer | None, Layer | None, bool]]) -> None:
        self.names = {a.name: b.name for a, b, _ in pairs if a and b}
        self.through = (
            {b.name: b.inputs[0] for a, b, _ in pairs if b and not a and len(b.inputs) == 1},
            {a.name: a.inputs[0] for a, b, _ in pairs if a and not b and len(a.inputs) == 1},
        )

    def of(self, layer: Layer, *, left: bool) -> list[Ref]:
        found = []
        for ref in layer.inputs:
            while ref.layer in self.through[left]:
                ref = self.through[left][ref.layer]
            found.append(Ref(self.names.get(ref.layer, ref.layer), ref.index) if left else ref)
        return found


def _paired(left: tuple[Layer, ...], right: tuple[Layer, ...]) -> Iterator[tuple[Layer | None, Layer | None]]:
    """Layers of one kind that stand at the same place among those apart are one layer with other arguments."""
    kinds = [layer.kind for layer in left], [layer.kind for layer in right]
    for _, start, end, begin, stop in SequenceMatcher(None, *kinds, autojunk=False).get_opcodes():
        if end - start == stop - begin and kinds[0][start:end] == kinds[1][begin:stop]:
            yield from zip(left[start:end], right[begin:stop], strict=True)
        else:
            yield from ((layer, None) for layer in left[start:end])
            yield from ((None, layer) for layer in right[begin:stop])


def _line(layer: Layer) -> str:
    arguments = ", ".join(f"{name}={_value(value)}" for name, value in sorted(layer.args.items()))
    return f"{layer.kind}({arguments})"


def _value(value: Any) -> str:
    found = plain(value)
    return found if isinstance(found, str) else repr(found)


def as_json(found: Difference) -> dict[str, Any]:
    """What ``nnspec diff --json`` prints."""
    return {
        "ok": True,
        "same": found.same,
        "left": found.left.label,
        "right": found.right.label,
        "totals": {name: list(pair) for name, pair in found.totals.items()},
        "settings": {path: [_given(value) for value in pair] for path, pair in found.settings.items()},
        "layers": [
            {"change": change.what, "left": _described(change.left), "right": _described(change.right)}
            for change in found.layers
        ],
        "metrics": {name: list(pair) for name, pair in found.metrics.items()},
    }


def _given(value: Any) -> Any:
    return None if value is ABSENT else value


def _described(layer: Layer | None) -> dict[str, Any] | None:
    if layer is None:
        return None
    inputs = [str(ref) for ref in layer.inputs]
    return {"name": layer.name, "kind": layer.kind, "args": plain(layer.args), "inputs": inputs}


def text(found: Difference, width: int) -> str:
    """The difference for people: totals and metrics side by side, then settings and layers with - and +."""
    parts = [_side_by_side(found, width)]
    if found.settings:
        parts.append("\n".join(filled(_setting(path, pair), width, "    ") for path, pair in found.settings.items()))
    if found.layers:
        parts.append("\n".join(filled(line, width, "    ") for change in found.layers for line in _change(change)))
    if found.same:
        parts.append("the same network and settings")
    return "\n\n".join(parts)


def _side_by_side(found: Difference, width: int) -> str:
    rows: list[tuple[str, str, str, str]] = []
    for name, (left, right) in found.totals.items():
        show = scaled if name == "macs" else count
        rows.append((name.replace("_", " "), show(left), show(right), _ratio(left, right)))
    rows += [
        (name, metric(left), metric(right), _step(left, right))
        for name, (left, right) in found.metrics.items()
        if isinstance(left, int | float | None) and isinstance(right, int | float | None)
    ]
    columns = (
        Column(""),
        Column(found.left.label, right=True, yields=True),
        Column(found.right.label, right=True, yields=True),
        Column("", right=True),
    )
    return table(columns, rows, width)


def _ratio(left: float | None, right: float | None) -> str:
    return f"× {right / left:.3g}" if left and right is not None and left != right else ""


def _step(left: float | None, right: float | None) -> str:
    return f"{right - left:+.4g}" if left is not None and right is not None and left != right else ""


def _setting(path: str, pair: tuple[Any, Any]) -> str:
    return f"{path}: {_red(written(pair[0]))} → {_green(written(pair[1]))}"


def written(value: Any) -> str:
    """A value as a spec has it, on one line."""
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("...").rstrip()


def _change(change: Change) -> Iterator[str]:
    """One line, or two for a layer whose arguments or wiring differ."""
    moved = change.what == "rewired"
    for sign, layer, paint in (("-", change.left, _red), ("+", change.right, _green)):
        if layer is not None:
            wiring = f" from {', '.join(map(str, layer.inputs))}" if moved else ""
            yield paint(f"{sign} {layer.name}: {_line(layer)}{wiring}") + f"  line {layer.span.line}"


def _red(text: str) -> str:
    return styled(text, fg="red")


def _green(text: str) -> str:
    return styled(text, fg="green")
