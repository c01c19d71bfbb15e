"""Numbers of a spec that float32, in which networks compute, makes 0, 1 or infinite, and weights that it rounds."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.data.numbers import FLOAT32, SMALLEST_FLOAT, loses_digits
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

WIDER = ("float64", "double")
SETTINGS = ("loss", "optimizer", "metrics", "weighted_metrics", "phases")
WEIGHTS = ("class_weight", "loss_weights")
Path = tuple[str | int, ...]


def held_numbers(spec: Spec) -> Iterator[Diagnostic]:
    """W0731 for what becomes another number; of weights E0207 for infinite ones, W0729 for rounded ones."""
    for layer in spec.graph.layers:
        if str(layer.args.get("dtype")) not in WIDER:
            for argument, value in layer.args.items():
                for number in _numbers(value):
                    yield from _changed(number, f"`{argument}` of {layer.written}", layer.arg_spans.get(argument))
    train = spec.resolved.get("train") or {}
    for setting in SETTINGS:
        for path, number in _walked(train.get(setting), ("train", setting)):
            yield from _changed(number, f"`{path[-1]}`", spec.place(*path))
    for setting in WEIGHTS:
        for path, number in _walked(train.get(setting), ("train", setting)):
            yield from _weight(number, f"`{setting}` of `{path[-1]}`", spec.place(*path))


def _weight(number: float, name: str, place: Span | None) -> Iterator[Diagnostic]:
    if abs(number) > FLOAT32:
        message = f"{name} is {number:g}, and float32 ends at {FLOAT32:.3g}: no loss would be a number"
        yield Diagnostic("E0207", message, place, hint="weights are about 1")
        return
    yield from _changed(number, name, place)
    lost = loses_digits([number], "float32")
    if lost is not None:
        yield Diagnostic("W0729", f"{name} is {lost}", place, "warning", "what a weight counts is about 1")


def _changed(number: float, name: str, place: Span | None) -> Iterator[Diagnostic]:
    """W0731 where float32 has a number of another meaning in its place."""
    became = _in_float32(number)
    if became is not None:
        message = f"{name} is {number!r}, which is {became} in float32"
        yield Diagnostic("W0731", message, place, "warning", f"write {became} if that is meant")


def _in_float32(number: float) -> str | None:
    if number and abs(number) < SMALLEST_FLOAT:
        return "0"
    if abs(number) > FLOAT32:
        return None if abs(number) == float("inf") else "infinite"
    (held,) = struct.unpack("f", struct.pack("f", number))
    return "1" if held == 1 and number != 1 else None


def _numbers(value: Any) -> Iterator[float]:
    """The fractions in an argument. Whole numbers count something, or are classes and seeds."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, KindValue):
        if str(value.args.get("dtype")) not in WIDER:
            yield from (number for one in value.args.values() for number in _numbers(one))
    elif isinstance(value, Mapping):
        yield from (number for one in value.values() for number in _numbers(one))
    elif isinstance(value, list | tuple):
        yield from (number for one in value for number in _numbers(one))


def _walked(value: Any, path: Path) -> Iterator[tuple[Path, float]]:
    """The numbers in plain values, with where they stand."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) or path[1] in WEIGHTS:
            yield path, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _walked(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _walked(one, (*path, index))
