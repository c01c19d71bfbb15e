"""Diagnostics for the machines that look at a pull request: workflow commands of GitHub, and SARIF 2.1.0.

SARIF is the Static Analysis Results Interchange Format (OASIS Standard, 2020); section numbers below are its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nnspec.frontend.codes import CODES, Code, every_code
from nnspec.frontend.diagnostics import Diagnostic, Span

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def annotation(diagnostic: Diagnostic) -> str:
    """A workflow command of GitHub Actions; the hint follows on a line of its own."""
    place = {"title": f"nnspec {diagnostic.code}"}
    if diagnostic.span is not None:
        span = diagnostic.span
        place = {"file": span.file, "line": str(span.line), "col": str(span.column), **place}
    message = diagnostic.message + (f"\nhint: {diagnostic.hint}" if diagnostic.hint else "")
    properties = ",".join(f"{key}={_escaped(value, property=True)}" for key, value in place.items())
    return f"::{_level(diagnostic.severity)} {properties}::{_escaped(message)}"


def _escaped(text: str, *, property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text


def sarif(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """One run with a rule for each code and a result for each diagnostic; none where nothing was found."""
    from importlib.metadata import version

    diagnostics = list(diagnostics)
    own = all(diagnostic.code in CODES for diagnostic in diagnostics)
    codes = CODES if own else every_code()  # which imports packages
    driver = {
        "name": "nnspec",
        "semanticVersion": version("nnspec"),
        "rules": [_rule(key, code) for key, code in codes.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, [*codes]) for diagnostic in diagnostics],
    }
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(key: str, code: Code) -> dict[str, Any]:
    """A reportingDescriptor (3.49). Viewers show `help.markdown`, or else `help.text`."""
    text = f"{code.explanation}\n\nFor example:\n\n{code.example}\n\nWhat to do:\n\n{code.fix}"
    markdown = (
        f"{code.explanation}\n\nFor example:\n\n```yaml\n{code.example}\n```\n\nWhat to do:\n\n```yaml\n{code.fix}\n```"
    )
    return {
        "id": key,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": "error" if key.startswith("E") else "warning"},
    }


def _result(diagnostic: Diagnostic, codes: list[str]) -> dict[str, Any]:
    """A result (3.27). Notes with a place become related locations; the others, and the hint, join the message."""
    placed = [(note.message, found) for note in diagnostic.notes if note.span and (found := _location(note.span))]
    loose = [f"note: {note.message}" for note in diagnostic.notes if not (note.span and _location(note.span))]
    hint = [f"hint: {diagnostic.hint}"] if diagnostic.hint else []
    location = _location(diagnostic.span) if diagnostic.span else None
    related = [{"id": number, **where, "message": {"text": text}} for number, (text, where) in enumerate(placed, 1)]
    return {
        "ruleId": diagnostic.code,
        **({"ruleIndex": codes.index(diagnostic.code)} if diagnostic.code in codes else {}),
        "level": _level(diagnostic.severity),
        "message": {"text": "\n".join([diagnostic.message, *loose, *hint])},
        "locations": [location] if location else [],
        **({"relatedLocations": related} if related else {}),
    }


def _level(severity: str) -> str:
    return "error" if severity == "error" else "warning"


def _location(span: Span) -> dict[str, Any] | None:
    """A location (3.28), or None for a place that is in no file, such as an argument of the command line."""
    if not Path(span.file).is_file():
        return None
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file)}, "region": region}}


def _uri(file: str) -> str:
    """Relative to the current folder, in a workflow the checkout's root; a file elsewhere has an absolute one."""
    path = Path(file).resolve()
    here = Path.cwd()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()
