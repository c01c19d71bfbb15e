"""What stands above a spec: what the network costs, of which budget, and the commands that it is for."""

from __future__ import annotations

from typing import Any

from nnspec.frontend.budget import budget_use
from nnspec.frontend.spec import Spec
from nnspec.lsp.workspace import Analysis
from nnspec.report.text.totals import totals

COMMANDS = ("check", "show", "draw", "train")


def code_lenses(analysis: Analysis) -> list[dict[str, Any]]:
    """Lenses at the first section; a command is the editor's to run: ``nnspec.run`` with its name and the file."""
    tree = analysis.tree
    if analysis.known is None or tree is None or not tree.keys:
        return []
    line = min(span.line for span in tree.keys.values()) - 1
    place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 0}}
    lenses = [
        {"title": name, "command": "nnspec.run", "arguments": [name, str(analysis.document.path)]} for name in COMMANDS
    ]
    whole = analysis.known.checked.spec
    if whole is not None:
        lenses.append({"title": _cost(whole), "command": "nnspec.run", "arguments": ["show", str(whole.path)]})
    return [{"range": place, "command": command} for command in lenses]


def _cost(spec: Spec) -> str:
    shares = [f"{use.share:.0%} of the budget of {use.noun}" for use in budget_use(spec)]
    return ", ".join([totals(spec), *shares])
