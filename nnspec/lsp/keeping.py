"""Whether a spec written in another way stays what it was: its network, and what its settings and other files mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check
from nnspec.frontend.settings_checks import matched
from nnspec.frontend.spec import Spec
from nnspec.importing.graph_match import paired
from nnspec.lsp.workspace import Workspace

_NETWORK = ("nnspec", "name", "description", "params", "inputs", "blocks", "layers", "outputs")


def spec_of(workspace: Workspace, text: str, path: Path, unsaved: Mapping[Path, str]) -> Spec | None:
    """The spec that a text would be; None where it has errors."""
    return check(Source.from_text(text, str(path)), unsaved=unsaved, data=workspace.looks(text)).spec


def is_kept(before: Spec, after: Spec) -> bool:
    """Whether both have one network, and what names layers in the sections behind it names the same ones.

    Layers without a name of their own may go by another one.
    """
    pairs = paired(before.graph, after.graph, "new")
    if pairs is None:
        return False
    sections = (value for key, value in before.resolved.items() if key not in _NETWORK)
    return all(
        matched([text], old) == matched([text], new)
        for text in {text for section in sections for text in _texts(section)}
        for old, new in pairs.items()
    )


def renamed_output(before: Spec, after: Spec) -> tuple[str, str] | None:
    """The name of an output, and the other one that it would go by."""
    both = zip(before.graph.outputs, after.graph.outputs, strict=True)
    return next(((one.name, other.name) for one, other in both if one.name != other.name), None)


def keeps_others(workspace: Workspace, path: Path, text: str) -> bool:
    """Whether the files that build on one stay what they are with another text of it."""
    unsaved = {**workspace.unsaved, path: text}
    for other in workspace.related(path)[1:]:
        now = workspace.text(other) or ""
        before = spec_of(workspace, now, other, workspace.unsaved)
        if before is None:
            continue
        after = spec_of(workspace, now, other, unsaved)
        if after is None or not is_kept(before, after) or renamed_output(before, after):
            return False
    return True


def _texts(value: Any) -> Iterator[str]:
    """Every text and every key below a value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
