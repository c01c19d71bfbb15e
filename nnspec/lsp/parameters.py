"""What an editor may say in the parameters of a message, as far as the server reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.schema_validity import fits


def _nested(names: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of mappings within each other."""
    return {"type": "object", "properties": {name: _nested(inside) for name, inside in names.items()}}


TEXT, MAPPING = {"type": "string"}, {"type": ["object", "null"]}
NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53}  # more than LSP's, as some editors say for the end
PLACE = {"type": "object", "required": ["line", "character"], "properties": {"line": NUMBER, "character": NUMBER}}
RANGE = {"type": "object", "required": ["start", "end"], "properties": {"start": PLACE, "end": PLACE}}
FILE = {"type": "object", "required": ["uri"], "properties": {"uri": TEXT}}
FILES = {"type": ["array", "null"], "items": FILE}
CHANGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": TEXT, "range": {"anyOf": [RANGE, {"type": "null"}]}},
}
DIAGNOSTICS = {"type": ["array", "null"], "items": {"type": "object"}}
CODES = {"type": ["array", "null"], "items": TEXT}
CAPABILITIES = _nested(
    {"textDocument": {"completion": {"completionItem": {}}}}
    | {"workspace": {"inlayHint": {}, "codeLens": {}, "semanticTokens": {}}}
)
PARTS: Mapping[str, Any] = {
    "textDocument": {**FILE, "properties": {"uri": TEXT, "text": TEXT, "version": {"type": ["integer", "null"]}}},
    "position": PLACE,
    "positions": {"type": "array", "items": PLACE},
    "range": RANGE,
    "contentChanges": {"type": "array", "items": CHANGE},
    "changes": FILES,
    "workspaceFolders": FILES,
    "event": {**MAPPING, "properties": {"added": FILES, "removed": FILES}},
    "context": {**MAPPING, "properties": {"diagnostics": DIAGNOSTICS, "only": CODES}},
    "newName": TEXT,
    "rootUri": {"type": ["string", "null"]},
    "settings": MAPPING,
    "capabilities": CAPABILITIES,
}
OF_DOCUMENTS = "textDocument/"
AT_A_PLACE = ("position",)
NEEDED: Mapping[str, tuple[str, ...]] = {
    **{
        f"{OF_DOCUMENTS}{name}": AT_A_PLACE
        for name in (
            *("completion", "signatureHelp", "hover", "definition", "references", "documentHighlight"),
            *("prepareRename", "onTypeFormatting"),
        )
    },
    **{f"{OF_DOCUMENTS}{name}": ("range",) for name in ("inlayHint", "rangeFormatting", "codeAction")},
    f"{OF_DOCUMENTS}rename": ("position", "newName"),
    f"{OF_DOCUMENTS}selectionRange": ("positions",),
    f"{OF_DOCUMENTS}didChange": ("contentChanges",),
}


def are_usable(method: str, params: Mapping[str, Any]) -> bool:
    """Whether parameters are of the types that the protocol says, those that a method needs among them."""
    needed = (*(["textDocument"] if method.startswith(OF_DOCUMENTS) else []), *NEEDED.get(method, ()))
    if method == f"{OF_DOCUMENTS}didOpen" and "text" not in (params.get("textDocument") or ()):
        return False
    return fits(params, {"required": needed, "properties": PARTS}, {})
