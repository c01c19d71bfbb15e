"""The layers of `data.augment`, one by one, with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from nnspec.frontend.diagnostics import Span
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass


@dataclass(frozen=True)
class Step:
    """One layer of `data.augment` and where it stands; the layers of a Pipeline are steps of their own.

    Attributes:
        seed: where its seed stands, if it is no step of a Pipeline.
    """

    kind: str
    args: Mapping[str, Any]
    span: Span | None
    seed: Span | None = None


def steps_of(spec: Spec) -> list[Step]:
    values = () if spec.data is None else spec.data.augment
    return [
        replace(step, seed=_seed(spec, number, step.kind))
        for number, value in enumerate(values)
        for step in unpacked(value, _place(spec, number))
    ]


def _seed(spec: Spec, number: int, kind: str) -> Span | None:
    node = spec.node.get("data", "augment", number, kind)
    return None if node is None else node.keys.get("seed")


def _place(spec: Spec, number: int) -> Span | None:
    node = spec.node.get("data", "augment", number)
    if node is None:
        return spec.place("data", "augment")
    return next(iter(node.keys.values()), node.span) if node.is_mapping else node.span


def unpacked(value: Any, span: Span | None) -> Iterator[Step]:
    """A layer as a step; of a Pipeline the steps in it."""
    kind, args = (value.kind, value.args) if isinstance(value, KindValue) else (str(value), {})
    if kind == "Pipeline":
        for inner in _as_list(args.get("layers") or []):
            yield from unpacked(inner, span)
    else:
        yield Step(kind, args, span)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
