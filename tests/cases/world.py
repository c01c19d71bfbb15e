"""A case of the world: one YAML file that holds a spec, the data that it needs and what is right.

A file under one of the folders here is a test; `README.md` says how to write one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from makers import MAKERS

HERE = Path(__file__).parent
HEADER = re.compile(r"^# (expect|file|make|set|small|pending|slow|says|data|hint|fix)\b:? ?(.*)$")
MARK = re.compile(r"(?:error|warning): ([EW][\d?]{4})")
KEPT = "#| "  # a line of the file named last


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        header: the lines `# key: value`, in order.
        blocks: the content of each `# file:`.
    """

    path: Path
    text: str
    header: tuple[tuple[str, str], ...]
    blocks: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    def all(self, key: str) -> list[str]:
        return [value for found, value in self.header if found == key]

    def pending(self, where: str) -> str | None:
        """Who mends what this case shows in `check` or in `train`: `# pending: OWNER check`. Until then it must fail."""
        return next((value for value in self.all("pending") if where in value.split()), None)

    @property
    def slow(self) -> bool:
        return any(key == "slow" for key, _ in self.header)

    @property
    def overrides(self) -> list[str]:
        return self.all("set")

    @property
    def small(self) -> list[str]:
        """Overrides with which it is trained, where the whole network is large."""
        return [*self.overrides, *self.all("small")]

    @cached_property
    def marks(self) -> set[tuple[int, str]]:
        """Line and code of each diagnostic."""
        return {
            (number, code)
            for number, line in enumerate(self.text.splitlines(), 1)
            for code in MARK.findall(line.rpartition(" # ")[2])
        }

    def agrees(self, found: set[tuple[int | None, str]]) -> bool:
        """Whether these are the marked diagnostics and no others; `?` in a mark stands for any digit."""
        marks = sorted(self.marks)
        given = sorted(found, key=lambda item: (item[0] or 0, item[1]))
        return len(marks) == len(given) and all(
            line == at and re.fullmatch(code.replace("?", "."), other)
            for (line, code), (at, other) in zip(marks, given, strict=True)
        )

    @property
    def refused(self) -> bool:
        return any(code.startswith("E") for _, code in self.marks)

    @property
    def says(self) -> list[str]:
        """Texts that must be among what reading the data remarks on."""
        return self.all("says")

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the opened data must have: `parts`, `classes`, `features`, `targets`, `vocabulary_size`."""
        found: dict[str, Any] = {}
        for value in self.all("data"):
            found |= yaml.load(value, yaml.CSafeLoader)
        return found

    @cached_property
    def params(self) -> int | None:
        return next((int(value.split()[1]) for value in self.all("expect") if value.startswith("params ")), None)

    @cached_property
    def trains(self) -> dict[str, float] | None:
        """The metrics that training must end with; None if it is not trained."""
        for value in self.all("expect"):
            first, *rest = value.split()
            if first == "trains":
                return {name: float(number) for name, number in (item.split("=") for item in rest)}
        return None

    def build(self, folder: Path) -> Path:
        """Writes the spec and its data into a folder. Returns the spec's path."""
        for key, value in self.header:
            if key == "file":
                self.write(folder, value)
            elif key == "make":
                maker, name, *given = value.split(maxsplit=2)
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                MAKERS[maker](place, **(yaml.load(given[0], yaml.CSafeLoader) if given else {}))
        path = folder / "spec.yaml"
        path.write_text(self.text, encoding="utf-8")
        return path

    def write(self, folder: Path, value: str) -> None:
        """A text file: `# file: NAME`, with an encoding, and `crlf` or `cut` (no line break at the end) after it."""
        name, *how = value.split()
        content = self.blocks[value]
        if "crlf" in how:
            content = content.replace("\n", "\r\n")
        if "cut" in how:
            content = content.removesuffix("\n")
        encoding = next((word for word in how if word not in ("crlf", "cut")), "utf-8")
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode(encoding))


def read(path: Path) -> Case:
    """Raises ValueError where the file says nothing that could be held against nnspec."""
    text = path.read_text(encoding="utf-8")
    header: list[tuple[str, str]] = []
    blocks: dict[str, str] = {}
    for line in text.splitlines():
        found = HEADER.match(line)
        if found:
            header.append((found.group(1), found.group(2).strip()))
            if found.group(1) == "file":
                blocks[header[-1][1]] = ""
        elif line.startswith(KEPT.rstrip()) and blocks:
            last = next(value for key, value in reversed(header) if key == "file")
            blocks[last] += line.removeprefix(KEPT.rstrip()).removeprefix(" ") + "\n"
    case = Case(path, text, tuple(header), blocks)
    if not (case.marks or case.all("expect") or case.says or case.data):
        raise ValueError(f"{path}: it expects nothing")
    return case


def cases() -> list[Case]:
    return [read(path) for path in sorted(HERE.glob("*/*.yaml"))]
