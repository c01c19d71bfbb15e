"""docs/python.md: the functions and classes of `nnspec`, out of their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import nnspec

GROUPS = {
    "A spec": ("load", "SpecFile", "show", "draw", "Checked", "Spec", "Diagnostic", "Span", "Note", "SpecError"),
    "Data": ("data", "open_data", "DataError"),
    "Training": ("train", "evaluate", "predict", "inspect", "compare", "sweep", "TrainingError", "Interrupted"),
    "Export": ("export", "Artifact", "bench", "compress", "prune", "verify", "ExportError"),
    "Keras": ("build", "save", "import_model", "to_python", "register_layers"),
    "scikit-learn": ("Classifier", "Regressor"),
}
SECTIONS = ("Args", "Returns", "Raises", "Attributes")


def python() -> str:
    """The page."""
    parts = [
        "# Python",
        "What `import nnspec` gives. Nothing that takes time is imported before a function needs it. "
        "[In a notebook](notebook.md) tells how these are used.",
    ]
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        for name in names:
            parts += _entry(name, getattr(nnspec, name))
    return "\n\n".join(parts) + "\n"


def _entry(name: str, found: Any) -> Iterator[str]:
    yield f"### {name}"
    yield f"```python\nnnspec.{name}{signature(found)}\n```"
    yield described(found.__doc__ or "")
    if inspect.isclass(found):
        for method, function in _methods(found):
            yield f"```python\n{name}.{method}{signature(function)}\n```"
            yield described(inspect.getdoc(function) or "")


def _methods(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods that this package wrote."""
    for base in [one for one in reversed(kind.__mro__) if one.__module__.startswith("nnspec.")]:
        for name, function in vars(base).items():
            if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
                yield name, function


def signature(found: Any) -> str:
    """Arguments with their types, a line each where they are long; without what a reader of a method need not give."""
    if inspect.isclass(found) and issubclass(found, Exception):
        return ""
    given = inspect.signature(found)
    kept = [one for one in given.parameters.values() if one.name != "self"]
    text = str(given.replace(parameters=kept)).replace("'", "")
    if len(text) <= 90:
        return text
    head, _, result = text.rpartition(")")
    return "(\n    " + ",\n    ".join(_split(head[1:])) + f",\n){result}"


def _split(arguments: str) -> list[str]:
    """Arguments at the commas that stand in no bracket."""
    found, depth = [""], 0
    for char in arguments:
        depth += (char in "[({") - (char in "])}")
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return [one.strip() for one in found]


def described(text: str) -> str:
    """A docstring as Markdown: its sections become lists."""
    parts, section = [], ""
    for block in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        title, _, rest = block.partition(":\n")
        if title in SECTIONS:
            section = title
            parts.append(f"*{title}*\n\n{_listed(rest)}")
        elif block.startswith("    ") and not section:
            parts.append(f"```python\n{inspect.cleandoc(block)}\n```")
        else:
            parts.append(_plain(block))
    return "\n\n".join(parts)


def _listed(text: str) -> str:
    """`name: what it is` in lines, each a point of a list."""
    lines = inspect.cleandoc(text).split("\n")
    points: list[str] = []
    for line in lines:
        if line.startswith(" ") and points:
            points[-1] += f" {line.strip()}"
        else:
            points.append(line)
    named = [re.match(r"([\w., *]+): (.*)", point) for point in points]
    if not all(named):
        return _plain(" ".join(line.strip() for line in lines))
    return "\n".join(f"- `{found[1]}`: {_plain(found[2])}" for found in named if found)


def _plain(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).replace("``", "`")
