"""A spec with fewer channels in its own words: the numbers change where they stand, and all else stays as it is.

That is possible where each number belongs to layers that keep equally many. Rounds of a loop, or uses of a block, that
keep different numbers have no words for them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.frontend.diagnostics import Edit, Fix, Source, Span, SpecError
from nnspec.frontend.edits import apply, with_argument, without, word_at
from nnspec.frontend.pipeline import check, load
from nnspec.frontend.spec import Spec
from nnspec.importing.text import flow

UNUSED = ("W0605", "W0607")  # parameters that nothing refers to any more

Arguments = Mapping[str, Mapping[str, Any]]


def in_own_words(
    spec: Spec, sizes: Arguments, train: Mapping[str, Any], folder: Path, sections: tuple[str, ...]
) -> tuple[Spec, str] | None:
    """The spec with other arguments of layers, and its text; None where its text cannot say them.

    Args:
        sizes: by layer the arguments that say how many channels it gives, with their new values.
        train: settings to add to `train`, or to put in the place of what is there.
        folder: where the text is going to be; relative paths in it start from there.
        sections: those that must say the same as they do in the spec, but for these settings.
    """
    for whole in (False, True):
        text = _edited(spec, _sizes(spec, sizes, whole), train, folder)
        if text is None:
            return None
        try:
            text = _without_unused(text, spec, folder)
            found = load(Source.from_text(text, str(folder / "pruned.yaml")), trusted=True)
        except SpecError:
            continue
        if _is_meant(spec, found, sizes, train, sections):
            return found, text
    return None


def _edited(spec: Spec, edits: list[Edit] | None, train: Mapping[str, Any], folder: Path) -> str | None:
    source = spec.node.span.source
    if edits is None or source.is_command_line:
        return None
    text: str | None = apply(source.text, [*edits, *_paths(spec, folder)])
    for name, value in train.items():
        text = None if text is None else _with_setting(text, source, name, value)
    return text


def at_one_place(spec: Spec) -> list[list[str]]:
    """Names of layers whose numbers of channels are one number of the text: rounds of a loop, uses of a block."""
    found: dict[object, list[str]] = {}
    for layer in spec.graph.layers:
        span = layer.arg_spans.get("units") or layer.arg_spans.get("filters")
        if span is not None and layer.shares is None:
            found.setdefault((span.file, span.line, span.column), []).append(layer.name)
    return [names for names in found.values() if len(names) > 1]


def _sizes(spec: Spec, sizes: Arguments, whole: bool) -> list[Edit] | None:
    """The edits of numbers; None where one stands for layers that keep different numbers, or in another file.

    Args:
        whole: also of expressions whose value stays, since a parameter in them may be another one now.
    """
    wanted: dict[tuple[int, int], Any] = {}
    edits: dict[tuple[int, int], Edit] = {}
    for layer in spec.graph.layers:
        for name, value in sizes.get(layer.name, {}).items():
            span = layer.arg_spans.get(name)
            if span is None or span.source is not spec.node.span.source or span.line != span.end_line:
                return None
            place = span.line, span.column
            if wanted.setdefault(place, value) != value:
                return None
            computed = whole and word_at(span).startswith("$(")
            if computed or value != _plain(layer.args[name]):
                edits[place] = Edit(span, flow(value))
    return list(edits.values())


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _paths(spec: Spec, folder: Path) -> Iterator[Edit]:
    """Paths that are relative to the spec's file as they are from another folder."""
    source = spec.node.span.source
    if folder.resolve() == Path(source.folder or ".").resolve():
        return
    for path, value in _leaves(spec.resolved):
        node = spec.node.get(*path)
        if node is None or node.span.source is not source or not isinstance(node.value, str) or node.value == value:
            continue
        given = spec.params.get(node.value[1:].split("/")[0]) if node.value[:1] == "$" else node.value
        if os.path.isabs(value) and not str(given).startswith(("/", "~")):
            yield Edit(node.span, flow(Path(os.path.relpath(value, folder.resolve())).as_posix()))


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts of plain data, each with the keys that lead to it."""
    if isinstance(value, str):
        yield path, value
    for key, item in (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from _leaves(item, (*path, key))


def _with_setting(text: str, source: Source, name: str, value: Any) -> str | None:
    """The text with a setting of `train`; None where it does not stand as expected."""
    node = _checked(text, source)
    if node is None:
        return None
    place, given = node.place("train"), node.node.get("train", name)
    if node.node.get("train") is None:
        return f"{text.rstrip()}\n\ntrain: {{{name}: {flow(value)}}}\n"
    if given is not None and not (given.is_mapping or given.is_list):
        return apply(text, [Edit(given.span, flow(value))])
    if given is not None:
        fix = without(node.place("train", name), name)
        return None if fix is None else _with_setting(apply(text, fix.edits), source, name, value)
    fix = _added(place, name, value)
    return None if fix is None else apply(text, fix.edits)


def _added(place: Span | None, name: str, value: Any) -> Fix | None:
    return with_argument(place, name, flow(value), name)


def _without_unused(text: str, spec: Spec, folder: Path) -> str:
    """The text without the parameters that its new numbers stand in the place of."""
    before = {warning.message for warning in spec.warnings}
    while True:
        found = check(Source.from_text(text, str(folder / "pruned.yaml")), data=None, trusted=True)
        unused = [one for one in found.diagnostics if one.code in UNUSED and one.message not in before]
        fix = next((one.fix for one in unused if one.fix), None)
        if fix is None or (cut := apply(text, fix.edits)) == text:
            return text
        text = cut


def _checked(text: str, source: Source) -> Spec | None:
    return check(Source.from_text(text, source.name, source.folder), data=False, trusted=True).spec


def _is_meant(spec: Spec, found: Spec, sizes: Arguments, train: Mapping[str, Any], sections: tuple[str, ...]) -> bool:
    """Whether a spec is another one with these arguments and settings, and nothing else is different."""
    layers = [(one.name, one.kind, one.inputs, {**one.args, **sizes.get(one.name, {})}) for one in spec.graph.layers]
    other = [(one.name, one.kind, one.inputs, dict(one.args)) for one in found.graph.layers]
    said = {key: spec.resolved[key] for key in sections if spec.resolved.get(key)}
    again = {key: found.resolved[key] for key in sections if found.resolved.get(key)}
    for settings in (said, again):
        settings["train"] = {key: item for key, item in (settings.get("train") or {}).items() if key not in train}
    return layers == other and said == again
