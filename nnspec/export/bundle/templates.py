"""Files of a bundle that are made of templates: sources in several languages, and the README.

What a spec says goes into them as text: it ends no comment, begins no code, and is shown as what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files

from nnspec.console.formatting import visible

MARK = re.compile(r"\{\{(\w+)\}\}")
PARAGRAPHS = re.compile(r"\n\s*\n")
# What begins HTML, a link or a block of code in Markdown, and what makes another thing than a paragraph of a line.
MARKUP = re.compile(r"[<\[]|`{2,}|~{2,}")
BLOCK = re.compile(r"^([#>|=+-]|\d+[.)])")


def read(package: str, name: str) -> str:
    return files(package).joinpath(*name.split("/")).read_text(encoding="utf-8")


def source(name: str, values: Mapping[str, str]) -> bytes:
    """A file of code; what it does to the scores of classes is the same for pictures and sounds."""
    text = read("nnspec.export.bundle", f"{name}.template")
    if "{{scored}}" in text:
        text = text.replace("{{scored}}\n", read("nnspec.export.bundle", f"scores.{name.rpartition('.')[2]}.part"))
    return filled(text, values).encode()


def sources(names: Iterable[str], values: Mapping[str, str] | None, scripts: Iterable[str] = ()) -> dict[str, bytes]:
    """The code by name, with scripts of the page of `Web`; none where there are no values."""
    if values is None:
        return {}
    made = {name: source(name, values) for name in names}
    return made | {name: read("nnspec.export.web", f"assets/{name}").encode() for name in scripts}


def section(name: str, values: Mapping[str, str] | None) -> str:
    """A part of the README; empty where there are no values."""
    return "" if values is None else "\n" + filled(read("nnspec.export.bundle", f"{name}.md.template"), values)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with its marks replaced, ``{{name}}`` by the value of that name; marks within values stay."""
    return MARK.sub(lambda mark: values.get(mark[1], mark[0]), text)


def remark(text: str) -> str:
    """A text for a comment of a source, on the comment's line."""
    return visible(" ".join(text.split()))


def paragraphs(text: str) -> str:
    """A text for Markdown, as paragraphs alone: what would be HTML, a link, code or a heading is shown as written."""
    found = (remark(one) for one in PARAGRAPHS.split(text))
    return "\n\n".join(BLOCK.sub(r"\\\1", MARKUP.sub(_escaped, one)) for one in found if one)


def _escaped(mark: re.Match[str]) -> str:
    return "&lt;" if mark[0] == "<" else "".join(f"\\{char}" for char in mark[0])


def kotlin_text(text: str) -> str:
    """A text as Kotlin writes it, in quotes."""
    written = json.dumps(text).replace("$", "\\$")
    return re.sub(r"(?<!\\)((?:\\\\)*)\\f", r"\1\\u000c", written)  # Kotlin has no `\f`


def swift_text(text: str) -> str:
    """A text as Swift writes it, in quotes."""
    escaped = (f"\\{char}" if char in '"\\' else char for char in text)
    letters = (one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in escaped)
    return f'"{"".join(letters)}"'
