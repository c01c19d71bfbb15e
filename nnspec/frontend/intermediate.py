"""What expanding leaves of a list of layers: no loop, no condition, no block, no expression, only calls and wiring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from nnspec.frontend.diagnostics import Note, Span
from nnspec.layers import LayerKind
from nnspec.quick_classes import dataclass

MAX_STEPS = 20_000  # layers and iterations: all loops unrolled, and all that is used again called again


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the spec gives to a step, and where."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """One name under ``from:``, and the call argument that it is for, with its place, where the spec says so."""

    text: str
    span: Span
    argument: str | None = None
    argument_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every step can carry: its own name, and what it takes instead of the step before."""

    span: Span
    name: Name | None = None
    sources: tuple[Reference, ...] = ()
    trail: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A layer, with its arguments evaluated. ``flags`` are what its call takes beside tensors.

    ``kind`` is no alias; ``alias`` is what the spec says where that is one. ``brought`` is a plugin's record of it.
    """

    wiring: Wiring
    kind: str
    args: Mapping[str, Any]
    arg_spans: Mapping[str, Span]
    flags: Mapping[str, bool] = field(default_factory=dict)
    alias: str | None = None
    brought: LayerKind | None = None


@dataclass(frozen=True, slots=True)
class Reuse:
    """A layer or a named group called again with the same weights; ``flags`` are those of this call.

    ``flag_spans`` holds the place of each flag: what it may be is known once the layer is found.
    """

    wiring: Wiring
    target: Reference
    flags: Mapping[str, bool] = field(default_factory=dict)
    flag_spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Steps in a row. ``scope`` is what the names inside are prefixed with: None for none of its own."""

    wiring: Wiring
    body: tuple[Step, ...]
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches from one input, joined by ``merge`` if there is one."""

    wiring: Wiring
    branches: tuple[Group, ...]
    merge: Call | None = field(default=None)


Step = Call | Reuse | Group | Parallel
