"""The names that expressions see: the spec's ``params``, and what the data tell as ``data``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic
from nnspec.frontend.expressions import Failed, NotTold, substitute
from nnspec.frontend.sections import data_section
from nnspec.frontend.source import Node
from nnspec.layers.types import Symbol

RESERVED = {"data", "true", "false", "null", "True", "False", "None", "min", "max", "round", "ceil", "floor", "len"}


def param_scope(params: Node | None, problems: list[Diagnostic]) -> dict[str, Node]:
    """The spec's parameters; each may use those before it. A value keeps the place where it was given."""
    scope: dict[str, Node] = {}
    if params is None or not params.is_mapping:
        return scope
    for name, node in params.value.items():
        if len(problems) >= MAX_PROBLEMS:
            break
        if name in RESERVED or not name.isidentifier():
            problems.append(Diagnostic("E0407", f"`{name}` cannot be the name of a parameter", params.keys.get(name)))
            continue
        try:
            scope[name] = substitute(node, scope)
        except Failed as failed:
            problems.append(failed.diagnostic)
            scope[name] = Node(None, node.span)
    return scope


class DataNames(Mapping[str, Any]):
    """``data.classes`` and its like: as the spec lists them, else of the data.

    The data are looked at only when an expression asks. Where neither is available the value is a ``Symbol``,
    an unknown number that shapes carry along. What data that are there do not tell raises ``NotTold``.
    """

    COUNTS = ("classes", "vocabulary_size", "alphabet_size")
    SHAPES = ("features", "channels", "length", "sample_rate", "targets")  # which take a look at all columns
    NAMES = (*COUNTS, *SHAPES)

    def __init__(self, section: Node | None, look: bool = True) -> None:
        """`look`: whether the data may be looked at."""
        self.section = section
        self.look = look
        self.found: dict[str, int | Symbol] = {}
        self.asked: set[str] = set()
        self.lacking: set[str] = set()
        self._why: str | None = None

    def __getitem__(self, name: str) -> int | Symbol:
        if name not in self.NAMES:
            raise KeyError(name)
        if name not in self.found:
            self.found |= self._look(self.SHAPES if name in self.SHAPES else self.COUNTS)
        self.asked.add(name)
        return self._told_by_all(name) if name in self.lacking else self.found[name]

    def _told_by_all(self, name: str) -> int:
        """What a source does not tell at once, by reading all. Raises NotTold, with what the data tell in its place."""
        from nnspec.data.errors import DataError
        from nnspec.data.facts import known

        assert self.section is not None
        told = {other: value for other, value in self.found.items() if isinstance(value, int)}
        try:
            seen = known(data_section(self.section), Path(os.curdir))
        except DataError as error:
            raise NotTold(f"`data.{name}` cannot be told: {error.message}", "mend the data first") from None
        told |= {other: value for other in self.NAMES if (value := getattr(seen, other)) is not None}
        if name in told:
            return told[name]
        hint = "they tell " + (", ".join(f"{other} ({told[other]})" for other in self.NAMES if other in told) or "none")
        if name == "length":
            hint += "; where lengths vary, an input has `null` steps"
        if name == "classes" and seen.task == "regression":
            hint += "; the target is read as numbers, which `task: classification` of the source takes for classes"
        raise NotTold(f"these data do not tell `data.{name}`", hint)

    @property
    def why_unknown(self) -> str | None:
        """Why something that was asked for cannot be told; None where all of it was."""
        if not any(isinstance(self.found[name], Symbol) for name in self.asked):
            return None
        return self._why

    def __iter__(self) -> Iterator[str]:
        return iter(self.NAMES)

    def __len__(self) -> int:
        return len(self.NAMES)

    def _look(self, names: tuple[str, ...]) -> dict[str, int | Symbol]:
        unknown: dict[str, int | Symbol] = {name: Symbol(f"data.{name}") for name in names}
        if self.section is None:
            self._why = "the spec has no `data` section"
            return unknown
        listed = self.section.get("classes")
        if listed is not None and listed.is_list and "classes" in names:
            unknown["classes"] = len(listed.value)
        if not self.look:
            self._why = "the data are not looked at"
            return unknown
        from nnspec.data.errors import DataError
        from nnspec.data.facts import facts, shapes

        try:
            seen = (facts if names == self.COUNTS else shapes)(data_section(self.section), Path(os.curdir))
        except DataError as error:
            self._why = error.message
            return unknown
        for name in names:
            value = getattr(seen, name)
            if value is not None and not isinstance(unknown[name], int):
                unknown[name] = value
        self.lacking |= {name for name in names if isinstance(unknown[name], Symbol)}
        return unknown
