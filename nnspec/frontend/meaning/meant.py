"""What was meant in the place of something unknown, and how it is written in a hint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend import foreign_syntax, vocabulary
from nnspec.frontend.source import resolve
from nnspec.frontend.suggest import closest
from nnspec.quick_classes import dataclass

MAX_LISTED = 12  # names that a hint lists at most
MAX_OWNERS = 3  # kinds that it names as those that have an argument


@dataclass(frozen=True, slots=True)
class Meant:
    """What may have been meant.

    Attributes:
        hint: it, as a sentence.
        name: the word in the place of the one that is not known.
        becomes: what the text is to be replaced by.
        sure: whether that is certain.
        written: ``becomes`` is YAML that may hold more than one word.
        whole: ``becomes`` replaces a list or a mapping.
        goes: the whole entry goes.
        home: the keys that lead to the entry that was meant, in another section.
        listing: what may stand there, for want of anything better.
    """

    hint: str | None
    name: str | None = None
    becomes: str | None = None
    sure: bool = False
    written: bool = False
    whole: bool = False
    goes: bool = False
    home: tuple[str, ...] = ()
    listing: str | None = None


def did_you_mean(name: str, sure: bool) -> Meant:
    return Meant(f"did you mean `{name}`?", name, name, sure)


def write(text: str, *, sure: bool, braces: bool) -> Meant:
    return Meant(f"write `{text}`", None, f"{{{text}}}" if braces else text, sure, written=True)


def listing(verb: str, names: Sequence[str]) -> str | None:
    shown = ", ".join(names[:MAX_LISTED])
    return f"{verb} {shown}{', ...' if len(names) > MAX_LISTED else ''}" if names else None


def is_kind(category: str, given: Any) -> bool:
    """Whether it is a kind of the category, with or without arguments, or a word for one."""
    name = next(iter(given)) if isinstance(given, dict) and len(given) == 1 else given
    return isinstance(name, str) and (catalog().has(category, name) or name in catalog().words(category))


def brief(given: Any) -> str:
    """A plain value, or a list of plain ones, as YAML; three dots for more."""
    if isinstance(given, list) and not any(isinstance(one, dict | list) for one in given):
        return f"[{', '.join(map(yaml_scalar, given))}]"
    return "..." if isinstance(given, dict | list) else yaml_scalar(given)


def in_braces(given: Any) -> str:
    if isinstance(given, dict):
        return f"{{{', '.join(f'{one}: {brief(inner)}' for one, inner in given.items())}}}"
    return "{}" if given is None else brief(given)


def by_position(category: str, kind: str, given: Any) -> str | None:
    """Arguments without names, as those of a call in Python, with their names: ``units: 3, activation: softmax``."""
    names = [one.name for one in catalog().arguments(category, kind)]
    if isinstance(given, list) and given and given[-1] in catalog().words("activation") and "activation" in names:
        names = [*names[: len(given) - 1], "activation"]
    elif isinstance(given, list) and "activation" in names[: len(given)]:
        return None
    if (
        isinstance(given, list)
        and 1 < len(given) <= len(names)
        and not any(isinstance(one, dict) or brief(one) == "..." for one in given)
    ):
        return ", ".join(f"{name}: {brief(one)}" for name, one in zip(names, given, strict=False))
    if isinstance(given, str) and "=" in given:
        written = foreign_syntax.call(category, f"{kind}({given})")
        return written and written.partition(": ")[2][1:-1]
    if isinstance(given, str) and len(words := [one for one in re.split(r"[,\s]+", given) if one]) > 1:
        plain = [resolve(one) for one in words]
        simple = all(not isinstance(one, str) or one.isidentifier() for one in plain)
        return by_position(category, kind, plain) if simple else None
    return None


def source_of(text: str) -> str | None:
    """``Csv: {path: pets.csv, ...}`` for the name of a file; for any other path what reads folders."""
    from nnspec.data.sources import SOURCES

    called = text.partition(":")[0]  # as of TensorFlow Datasets: ``tfds:mnist``
    if not text or "(" in text or catalog().has("source", text) or vocabulary.kind("source", called):
        return None
    ends = {name: getattr(SOURCES[name], "suffixes", ()) for name in SOURCES}
    found = next((name for name, suffixes in ends.items() if suffixes and text.lower().endswith(suffixes)), None)
    is_path = "/" in text or "\\" in text or "." in text
    if found is None and (is_path or closest(text, catalog().kinds("source")) is None):
        found = next((name for name, suffixes in ends.items() if "/" in suffixes), None)
    if found is None:
        return None
    first, *rest = (one.name for one in catalog().arguments("source", found) if one.required)
    return f"{found}: {{{', '.join([f'{first}: {text}', *(f'{name}: ...' for name in rest)])}}}"
