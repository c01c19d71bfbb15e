"""From a sentence of an app to numbers, and from tags to entities: code for a bundle, in four languages.

Python's is in the README. The rules are those of `preprocessing.json`. C++ has no regular expressions that know
letters: its code has the ways to cut a text that nnspec's sources have, and there is none for a pattern of one's own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.data.text.tokens import PATTERNS, TokenSource
from nnspec.export.bundle.templates import filled, kotlin_text, read, remark, section, source, sources, swift_text

LACKS = """
There is no code in C++ for the regular expression of these words: its library knows English letters alone.
"""
# How C++ cuts a text, by the pattern.
CUTS = {PATTERNS["whitespace"]: "kSpaces", PATTERNS["characters"]: "kCharacters", str(TokenSource.pattern): "kWords"}
# Python's classes as ICU writes them, which takes combining marks for letters and fewer signs for white space.
ICU = {"w": r"\p{L}\p{N}_", "d": r"\p{Nd}", "s": r"\s\x0b\x1c-\x1f\x85"}
SCRIPTS = ("encode.js", "decode.js")  # those of the page of `Web`
WORDS = {
    "words.kt": "from a sentence to the model's numbers, and from tags to entities, Kotlin",
    "words.swift": "the same, Swift",
    "words.h": "the same, C++",
    "encode.js": "from a sentence to the model's numbers, JavaScript",
}


def word_files(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, bytes]:
    """The code by name; none where the model does not take a sentence's words alone and give a tag for each."""
    values = _values(manifest, preprocessing)
    made = sources(("words.kt", "words.swift"), values, SCRIPTS)
    return made | ({"words.h": source("words.h", values | unicode_tables())} if values and values["cut"] else {})


def word_section(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> str:
    """Of the README; empty where there is no such code."""
    values = _values(manifest, preprocessing)
    known = read("nnspec.export.bundle", "words_cpp.md.template") if values and values["cut"] else LACKS
    return section("words", values) + (filled(known, values) if values else "")


def _values(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, str] | None:
    inputs, kinds = manifest["inputs"], preprocessing.get("outputs", {})
    tagged = [name for name in manifest["outputs"] if kinds.get(name, {}).get("kind") == "tags"]
    if len(inputs) != 1 or len(tagged) != 1:
        return None
    [name] = inputs
    rule = preprocessing.get("inputs", {}).get(name, {})
    if rule.get("kind") != "words":
        return None
    return {
        "name": remark(str(manifest["name"])),
        "input": name,
        "output": tagged[0],
        "pattern": kotlin_text(java_pattern(rule["pattern"])),
        "swift_pattern": swift_text(icu_pattern(rule["pattern"])),
        "cut": CUTS.get(rule["pattern"], ""),
        "lower": str(bool(rule["lower"])).lower(),
        "digits": str(bool(rule["digits"])).lower(),
        "unknown": str(int(rule["unknown"])),
    }


def java_pattern(pattern: str) -> str:
    """A regular expression of Python's as Java writes it, where names of groups are written otherwise."""
    return re.sub(r"\(\?P=(\w+)\)", r"\\k<\1>", pattern.replace("(?P<", "(?<"))


def icu_pattern(pattern: str) -> str:
    """A regular expression of Python's as Apple's systems write it, with the same letters."""
    return re.sub(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.", _icu_part, java_pattern(pattern), flags=re.DOTALL)


def _icu_part(match: re.Match[str]) -> str:
    """An escape, or what stands in brackets, where a bracket that opens, or closes at first, is itself in Python."""
    part = match[0]
    if part.startswith("\\"):
        known = ICU.get(part[1].lower())
        return part if known is None else f"[{known}]" if part[1].islower() else f"[^{known}]"
    head = "[^" if part.startswith("[^") else "["
    body = part[len(head) : -1]
    body = "\\]" + body[1:] if body.startswith("]") else body
    inner = re.sub(r"\\.|\[", lambda found: "\\[" if found[0] == "[" else _icu_part(found), body, flags=re.DOTALL)
    for letter, known in ICU.items():  # a class within a class needs no brackets of its own
        inner = inner.replace(f"[{known}]", known) if f"\\{letter}" in body else inner
    return f"{head}{inner}]"


def unicode_tables() -> dict[str, str]:
    """What C++ has to know of letters, of this Python's version of Unicode."""
    small = [(point, ord(chr(point).lower()[0])) for point in _points() if chr(point).lower() != chr(point)]
    return {
        "unicode": unicodedata.unidata_version,
        "letters": _written(_ranges(r"\w")),
        "white": _written(_ranges(r"\s")),
        "decimal": _written(_ranges(r"\d")),
        "small": _written(small),
    }


def _points() -> Iterator[int]:
    """All code points but for halves of pairs."""
    yield from range(0xD800)
    yield from range(0xE000, 0x110000)


def _ranges(pattern: str) -> list[tuple[int, int]]:
    """The first and the last of the neighbours that match."""
    matches, found = re.compile(pattern).match, [(-2, -2)]
    for point in _points():
        if matches(chr(point)):
            found[-1:] = [(found[-1][0], point)] if found[-1][1] == point - 1 else [found[-1], (point, point)]
    return found[1:]


def _written(pairs: list[tuple[int, int]]) -> str:
    rows = [
        ", ".join(f"{{{first:#x}, {last:#x}}}" for first, last in pairs[at : at + 8]) for at in range(0, len(pairs), 8)
    ]
    return ",\n    ".join(rows)
