"""From a sentence of an app to numbers, and from tags to entities: code for a bundle, in Kotlin and JavaScript.

Python's is in the README. The rules are those of `preprocessing.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nnspec.export.bundle.templates import filled, kotlin_text, read, remark

SCRIPTS = ("encode.js", "decode.js")  # those of the page of `Web`
WORDS = {
    "words.kt": "from a sentence to the model's numbers, and from tags to entities, Kotlin",
    "encode.js": "from a sentence to the model's numbers, JavaScript",
}


def word_files(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, bytes]:
    """The code by name; none where the model does not take a sentence's words alone and give a tag for each."""
    values = _values(manifest, preprocessing)
    if values is None:
        return {}
    found = {"words.kt": filled(read("nnspec.export.bundle", "words.kt.template"), values).encode()}
    return found | {name: read("nnspec.export.web", f"assets/{name}").encode() for name in SCRIPTS}


def word_section(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> str:
    """Of the README; empty where there is no such code."""
    values = _values(manifest, preprocessing)
    return "" if values is None else "\n" + filled(read("nnspec.export.bundle", "words.md.template"), values)


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
        "lower": str(bool(rule["lower"])).lower(),
        "digits": str(bool(rule["digits"])).lower(),
        "unknown": str(int(rule["unknown"])),
    }


def java_pattern(pattern: str) -> str:
    """A regular expression of Python's as Java writes it, where names of groups are written otherwise."""
    return re.sub(r"\(\?P=(\w+)\)", r"\\k<\1>", pattern.replace("(?P<", "(?<"))
