"""Values with the names of a loop or a block in them, as its body holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Name:
    """``$name``, or a number computed from it: ``$(factor * name + plus + offset)``, ``plus`` another name."""

    name: str
    factor: int = 1
    offset: int = 0
    plus: str = ""

    def text(self, inside: bool = False) -> str:
        """As a spec says it; within a longer text in parentheses."""
        scaled = self.name if self.factor == 1 else f"{self.factor} * {self.name}"
        if self.plus:
            scaled += f" + {self.plus}"
        if self.offset:
            scaled += f" {'+' if self.offset > 0 else '-'} {abs(self.offset)}"
        return f"$({scaled})" if inside or scaled != self.name else f"${self.name}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with names in it, or one name alone, which keeps its type.

    ``parts`` are texts and ``Name``s; while pieces are compared, also the slots of ``alike``.
    """

    parts: tuple[Any, ...]

    def text(self) -> str:
        alone = len(self.parts) == 1
        return "".join(
            part.replace("$", "$$") if isinstance(part, str) else part.text(not alone) for part in self.parts
        )


def names_in(value: Any) -> Iterator[str]:
    """The names that a value refers to or defines, at any depth."""
    if isinstance(value, Pattern):
        for part in value.parts:
            if isinstance(part, Name):
                yield part.name
                if part.plus:
                    yield part.plus
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == "for":
                yield from item
            if key == "as":
                yield item
            yield from names_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from names_in(item)
