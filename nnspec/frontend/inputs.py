"""The ``inputs`` section: names, shapes without the batch, dtypes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from nnspec.frontend.diagnostics import Diagnostic, Note, Span, SpecError
from nnspec.frontend.expressions import Failed, Scope, substitute
from nnspec.frontend.source import Node
from nnspec.frontend.spec import Input, keras_name
from nnspec.layers.types import MAX_RANK, MAX_VALUES, Symbol

MAX_DIM = 2**31


def read_inputs(node: Node, scope: Scope) -> tuple[Input, ...]:
    """The inputs in order. A shape is a list, or a mapping with ``shape`` and ``dtype`` (float32 by default).

    Raises:
        SpecError: an empty section, a dimension that is not a whole number above 0 or null, two names that are one.
    """
    problems: list[Diagnostic] = []
    found = []
    if not node.is_mapping or not node.value:
        raise SpecError(
            [Diagnostic("E0211", "a network has at least one input", node.span, hint="inputs: {image: [28, 28, 1]}")]
        )
    for name, value in node.value.items():
        try:
            found.append(_input(name, substitute(value, scope), node))
        except Failed as failed:
            problems.append(failed.diagnostic)
    problems += told_apart((name, node.keys.get(name, node.span)) for name in node.value)
    if problems:
        raise SpecError(problems)
    return tuple(found)


def told_apart(names: Iterable[tuple[str, Span]]) -> Iterator[Diagnostic]:
    """E0501 for inputs, or outputs, that Keras would give one name: of two it would have one."""
    places: dict[str, tuple[str, Span]] = {}
    for name, span in names:
        called = keras_name(name)
        if called in places:
            first, place = places[called]
            message = f"the name `{name}` is given twice"
            if first != name:
                message = f"`{name}` and `{first}` are one name for Keras, `{called}`"
            yield Diagnostic("E0501", message, span, notes=(Note("it is first given here", place),))
        places.setdefault(called, (name, span))


def _input(name: str, node: Node, inputs: Node) -> Input:
    shape = node.value.get("shape") if node.is_mapping else node
    dtype = node.value.get("dtype") if node.is_mapping else None
    if shape is None or not shape.is_list:
        raise Failed(
            Diagnostic("E0211", "a shape is a list of dimensions without the batch", node.span, hint="[28, 28, 1]")
        )
    if len(shape.value) > MAX_RANK:
        message = f"a shape of {len(shape.value):,} dimensions; at most {MAX_RANK} are possible"
        raise Failed(Diagnostic("E0207", message, node.span))
    dims = tuple(_dim(item) for item in shape.value)
    if prod(size or 1 for size in dims) >= MAX_VALUES:
        raise Failed(Diagnostic("E0207", "a shape of more values than 64 bits can count", node.span))
    return Input(
        name,
        dims,
        str(dtype.value) if dtype is not None and dtype.value else "float32",
        inputs.keys.get(name, node.span),
        frozenset(axis for axis, item in enumerate(shape.value) if isinstance(item.value, Symbol)),
    )


def _dim(node: Node) -> int | None:
    value = node.value
    if value is None or isinstance(value, Symbol):  # a Symbol: known once the data are
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MAX_DIM:
        raise Failed(
            Diagnostic(
                "E0207", "a dimension is a whole number above 0, or null where it varies", node.origin or node.span
            )
        )
    return value
