"""From a text of an app to the numbers of its pieces: code for a bundle, in JavaScript. Python's is in the README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.data.text.subwords import Subwords
from nnspec.export.bundle.templates import filled, read

SCRIPT = "subwords.js"  # of the page of `Web`
WORDS = {SCRIPT: "from a text to the pieces of vocabulary.txt, JavaScript"}


def subword_files(tokenizer: str | None) -> dict[str, bytes]:
    """The code by name; none without subwords, and of a tokenizer with parts that the code does not have."""
    if tokenizer is None or Subwords(tokenizer).foreign_to_page() is not None:
        return {}
    return {SCRIPT: read("nnspec.export.web", f"assets/{SCRIPT}").encode()}


def subword_section(tokenizer: str | None, preprocessing: Mapping[str, Any]) -> str:
    """Of the README; empty where there is no such code."""
    if not subword_files(tokenizer):
        return ""
    names = [name for name, rule in preprocessing.get("inputs", {}).items() if rule["kind"] == "subwords"]
    return "\n" + filled(read("nnspec.export.bundle", "subwords.md.template").lstrip("\n"), {"input": names[0]})
