"""Whole numbers that the type of an input or of a target cannot tell apart: ids, codes and times in seconds."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.data.numbers import SMALLEST_FLOAT, loses_digits
from nnspec.data.protocol import WEIGHT, Columns, Range
from nnspec.frontend.agreement.binding import Names
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.spec import Spec


def rounded_numbers(spec: Spec, columns: Columns, taken: Names, trained: Names) -> Iterator[Diagnostic]:
    """W0729 where the smallest or largest value is a rounded whole number, W0730 where no example counts.

    Features, targets and weights of examples are looked at.

    Args:
        taken: the feature of each input.
        trained: the target of each output.
    """
    for given in spec.graph.inputs:
        name = taken[given.name]
        whole = columns.features[name].dtype.startswith(("int", "uint"))
        hint = f"`{given.name}: {{dtype: int32}}` under `inputs` keeps them, for an Embedding or a lookup; " * whole
        hint += "leave ids out, and take from dates and times what is the same in all"
        yield from _rounded(columns.ranges.get(name), name, given.dtype, given.span, hint)
    place = spec.place("data", "source")
    yield from _rounded(columns.ranges.get(WEIGHT), WEIGHT, "float32", place, "what an example counts is about 1")
    if WEIGHT in columns.ranges and columns.ranges[WEIGHT][1] < SMALLEST_FLOAT:
        message = "every example weighs 0, so that nothing is learnt"
        yield Diagnostic("W0730", message, place, "warning", "what an example counts is about 1")
    for name in dict.fromkeys(trained.values()):
        if columns.targets[name].dtype.startswith("float"):
            hint = "take from them what is the same in all, or scale them"
            yield from _rounded(columns.ranges.get(name), name, "float32", place, hint)


def _rounded(ends: Range | None, name: str, dtype: str, span: Span | None, hint: str) -> Iterator[Diagnostic]:
    lost = loses_digits(ends or (), dtype)
    if lost is not None:
        yield Diagnostic("W0729", f"`{name}` holds {lost}", span, "warning", hint)
