"""What was meant by one value where a section, or another mapping, belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend import vocabulary
from nnspec.frontend.meaning.meant import Meant, listing, source_of
from nnspec.frontend.meaning.slot import Slot, choices_of, is_of, types_of

_PARTS = re.compile(r"\d+(?:\.\d+)?%?(?: ?([/,:]) ?\d+(?:\.\d+)?%?){1,2}")  # 80/20, 70/15/15


def section(given: Any, slot: Slot) -> Meant:
    """What the mapping would be."""
    known = slot.schema.get("properties", ())
    if isinstance(given, str) and "source" in known:
        return _data(given)
    if "validation" in known:
        return _parts(given)
    if "from names to shapes" in slot.says and isinstance(given, int) and not isinstance(given, bool):
        return Meant(f"a shape has a name: `{{x: [{given}]}}`", None, f"{{x: [{given}]}}", written=True)
    if {"params", "macs"} <= {*known} and not isinstance(given, dict | list | bool) and given is not None:
        return Meant(f"a budget is of something: `{{params: {given}}}`, `{{macs: ...}}` or others")
    if {"length", "horizon"} <= {*known} and isinstance(given, int) and not isinstance(given, bool):
        return Meant(f"write `{{length: {given}}}`", None, f"{{length: {given}}}", written=True)
    if isinstance(given, str) and "to list" in slot.says and given.isidentifier():
        return Meant(f"the name and what it goes through stand together: `{{{given}: [...]}}`")
    return _entry(given, slot)


def _entry(given: Any, slot: Slot) -> Meant:
    """The entry of a section that one value alone is; else the keys that stand there."""
    known = slot.schema.get("properties", {})
    if not known or given is None or isinstance(given, dict) or "such as" in slot.says:
        return Meant(None)
    if category := slot.schema.get("x-category"):
        return Meant(None, listing=listing("there are", catalog().kinds(category)))
    required = slot.schema.get("required", ())
    keys = Meant(None, listing=listing("its keys:", list(known)))
    if not required and given is True:
        return Meant("write `{}`: each of its keys has a default", None, "{}", written=True)
    if isinstance(given, list | bool):
        return keys
    if not required and (same := [name for name, inner in known.items() if inner.get("default") == given]):
        return Meant(f"write `{{}}`: `{same[0]}` is {given} unless told", None, "{}", True, written=True)
    fitting = [name for name, inner in known.items() if given in choices_of(inner)]
    fitting += [name for name in required if _fits(given, known[name])]
    if not fitting or len(required) > 1:
        return keys
    written = f"{{{fitting[0]}: {yaml_scalar(given)}}}"
    return Meant(f"write `{written}`", None, written, bool(required), written=True)


def _fits(given: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(given, str) and "pattern" in schema:
        return re.search(schema["pattern"], given) is not None
    return is_of(given, types_of(schema))


def _parts(given: Any) -> Meant:
    """Shares of the data without the names of their parts."""
    if isinstance(given, int | float) and 0 < given < 1:
        return Meant(f"parts have names: `{{validation: {given:g}}}`", None, f"{{validation: {given:g}}}", written=True)
    if isinstance(given, str) and (found := _PARTS.fullmatch(given)):
        parts = [float(part) for part in found[0].replace("%", "").split(found[1])]
        shares = [part / sum(parts) for part in parts[1:]]
        names = ("validation", "test")
        written = ", ".join(f"{name}: {share:.4g}" for name, share in zip(names, shares, strict=False))
        return Meant(f"parts have names, and the rest is trained on: `{{{written}}}`")
    if isinstance(given, str | bool | list):
        return Meant("parts have names: `{validation: 0.1, test: 0.1}`; the rest is trained on")
    return Meant(None)


def _data(text: str) -> Meant:
    """The name of a data set, or of a file, where the section with its source belongs."""
    word = vocabulary.kind("source", text)
    if word is not None and word.says is not None and word.name is not None:
        written = word.says.removeprefix("write ").strip("`")
    else:
        written = source_of(text) or ""
    return Meant(f"write `data: {{source: {{{written}}}}}`" if written else None)
