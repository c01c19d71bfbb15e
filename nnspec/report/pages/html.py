"""Self-contained HTML pages: a template of `assets`, filled with scripts, styles and data, that asks no other file.

What a stranger may have written (names, labels, texts, numbers) is never part of a script: it stands as JSON in an
element that no browser runs, and reaches the page as text. A policy names each script by its hash, so that nothing else
runs, and lets nothing be loaded from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from nnspec.console.formatting import visible

# Styles of elements are set by scripts and within drawings; no text of a stranger's is part of one.
POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)


@cache
def asset(name: str) -> str:
    return files("nnspec.report.pages").joinpath("assets", name).read_text(encoding="utf-8")


def report_page(title: str, scripts: Sequence[str], contents: Any) -> str:
    """A page of curves and tables: the scripts of `assets`, the last of which defines ``show``, given the contents."""
    used = ("uplot.min.js", "charts.js", *scripts, "show.js")
    return filled_page("page.html", title, used, contents, curves=asset("uplot.min.css"))


def filled_page(template: str, title: str, scripts: Sequence[str], contents: Any, **styles: str) -> str:
    """A page of `assets` with its policy, the scripts of `assets` at its end, and the contents that they find in it."""
    texts = [asset(name) for name in scripts]
    values = {
        "policy": POLICY.format(" ".join(map(fingerprint, texts))),
        "title": escape(visible(title)),
        "scripts": "\n".join(f"<script>{text}</script>" for text in texts),
        "contents": embedded(contents),
        **styles,
    }
    return filled(asset(template), values)


def fingerprint(script: str) -> str:
    """A script as a policy names it."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``<!--name-->`` replaced; what is put in is not looked through again."""
    parts = template.split("<!--")
    found = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("-->")
        found.append(values[name] + rest)
    return "".join(found)


def as_json(value: Any) -> str:
    """JSON, what would turn a text around or hide in it written out."""
    return json.dumps(_visible(value), ensure_ascii=True)


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(str(key)): _visible(item) for key, item in value.items()}
    return [_visible(item) for item in value] if isinstance(value, list | tuple) else value


def embedded(value: Any) -> str:
    """JSON that may stand in a script of a page: no text in it can end the script, or begin a comment."""
    return as_json(value).replace("<", "\\u003c").replace(">", "\\u003e")
