"""Self-contained HTML pages: a template of `assets`, filled with scripts, styles and data, that asks no other file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any


@cache
def asset(name: str) -> str:
    return files("nnspec.report.pages").joinpath("assets", name).read_text(encoding="utf-8")


def report_page(title: str, scripts: Sequence[str], contents: Any) -> str:
    """A page of curves and tables: the scripts of `assets`, the last of which defines ``show``, given the contents."""
    used = ("uplot.min.js", "charts.js", *scripts)
    values = {
        "title": escape(title),
        "curves": asset("uplot.min.css"),
        "scripts": "\n".join(f"<script>{asset(name)}</script>" for name in used),
        "contents": embedded(contents),
    }
    return filled(asset("page.html"), values)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``<!--name-->`` replaced; what is put in is not looked through again."""
    parts = template.split("<!--")
    found = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("-->")
        found.append(values[name] + rest)
    return "".join(found)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def embedded(value: Any) -> str:
    """JSON that may stand in a script of a page: no text in it can end the script, or begin a comment."""
    return as_json(value).replace("<", "\\u003c").replace(">", "\\u003e")
