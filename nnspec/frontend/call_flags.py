"""``call:`` beside a layer: what its call takes that is no tensor, such as ``training`` or ``use_causal_mask``."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.edits import spelling
from nnspec.frontend.expressions import Failed, Scope, substitute
from nnspec.frontend.source import Node
from nnspec.frontend.suggest import did_you_mean

Flags = tuple[dict[str, bool], dict[str, Span]]


def read_flags(entry: Node, scope: Scope) -> Flags:
    """The flags of an entry that are given, and the place of each name.

    Raises:
        Failed: something else than a mapping, or a value that is neither true nor false.
    """
    if "call" not in entry.value:
        return {}, {}
    node = substitute(entry.value["call"], scope)
    if node.value is None:
        return {}, {}
    if not node.is_mapping:
        hint = "for example `call: {training: false}`"
        raise Failed(Diagnostic("E0205", "`call` takes a mapping from call argument to value", node.span, hint=hint))
    given = {name: value for name, value in node.value.items() if value.value is not None}
    for name, value in given.items():
        if not isinstance(value.value, bool):
            span = value.origin or value.span
            raise Failed(Diagnostic("E0205", f"`{name}` under `call` is true or false", span))
    places = {name: node.keys.get(name, node.span) for name in given}
    return {name: value.value for name, value in given.items()}, places


def unknown_flag(kind: str, places: Mapping[str, Span]) -> Diagnostic | None:
    """What is wrong where a layer's call does not know a flag; nothing is known of a plugin's layer."""
    if not catalog().has("layer", kind):
        return None
    known = catalog().call_flags(kind)
    for name, span in places.items():
        if name in known:
            continue
        if name in catalog().call_arguments(kind):
            hint = f"`{name}` is a tensor: name the layer that makes it, `from: {{{name}: ...}}`"
        else:
            hint = did_you_mean(name, known) or (f"it takes {', '.join(known)}" if known else "it takes no flag")
        fix = spelling(span, name, known, places)
        return Diagnostic("E0203", f"{kind} is not called with `{name}`", span, hint=hint, fix=fix)
    return None


def no_flags(entry: Node) -> None:
    """For an entry that is no single layer.

    Raises:
        Failed: it has a ``call``.
    """
    if "call" in entry.value and entry.value["call"].value is not None:
        message = "`call` stands beside one layer, not beside a block or a group"
        hint = "write it inside, beside the layer that it is for"
        raise Failed(Diagnostic("E0211", message, entry.keys.get("call", entry.span), hint=hint))
