"""The front end, top to bottom: a spec's file or text in, a checked spec out. TensorFlow is never imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnspec.catalog.kinds import bringing
from nnspec.console.displayed import Displayed
from nnspec.data.glance import glancing
from nnspec.frontend.agreement import settings
from nnspec.frontend.agreement.data import against_data
from nnspec.frontend.agreement.ends import fitted_as_numbers
from nnspec.frontend.agreement.without_data import without_data
from nnspec.frontend.augmentation import check_augmentation
from nnspec.frontend.budget import check_budget
from nnspec.frontend.config import Budget
from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note, Source, Span, SpecError
from nnspec.frontend.effort import counted
from nnspec.frontend.expand import expand
from nnspec.frontend.expressions import Failed, Scope, check_syntax, substitute
from nnspec.frontend.graph import wire
from nnspec.frontend.held_numbers import held_numbers
from nnspec.frontend.inputs import read_inputs
from nnspec.frontend.learning import check_learning
from nnspec.frontend.lints import is_silenced, lint
from nnspec.frontend.masks import follow_masks, masks_against_losses
from nnspec.frontend.merge import Files
from nnspec.frontend.monitors import check_monitors
from nnspec.frontend.plugins import find_kinds, find_plugins, find_records, is_asked, run_checks
from nnspec.frontend.precision import check_precision
from nnspec.frontend.pruning import check_pruning
from nnspec.frontend.rounding import check_rounding
from nnspec.frontend.schema import validate
from nnspec.frontend.scope import DataNames, param_scope
from nnspec.frontend.sections import (
    absolute_paths,
    absolute_weights,
    budget_section,
    data_section,
    export_section,
    train_section,
)
from nnspec.frontend.sequences import check_sequences
from nnspec.frontend.settings_checks import check_settings
from nnspec.frontend.shapes import infer_shapes
from nnspec.frontend.source import Node
from nnspec.frontend.spec import Graph, LayerFacts, Spec
from nnspec.frontend.written_files import check_written_files
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Checked(Displayed):
    """What a check found: the spec, unless there are errors; every diagnostic; the files that the spec is made of.

    Attributes:
        sound: where layers do not fit each other, the spec with the layers before the first one at fault.
    """

    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[Path, ...] = ()
    sound: Spec | None = None

    def __repr__(self) -> str:
        """Short, since a session shows it: the diagnostics are ``print(*checked.diagnostics, sep="\\n")``."""
        errors = sum(diagnostic.severity == "error" for diagnostic in self.diagnostics)
        return f"Checked(ok={self.ok}, errors={errors}, warnings={len(self.diagnostics) - errors})"

    @property
    def ok(self) -> bool:
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)


def check(
    spec: Path | Source,
    overrides: Sequence[str] = (),
    plugins: Sequence[str] = (),
    *,
    unsaved: Mapping[Path, str] | None = None,
    data: bool | None = True,
    whole: bool = False,
    trusted: bool = False,
) -> Checked:
    """Checks a spec without building it.

    Args:
        spec: the spec's file, or its text: ``Source.from_text(text, name)``.
        overrides: texts of ``--set``, such as ``params.classes=10``, applied in order.
        plugins: modules named by ``--plugin``.
        unsaved: texts in place of files that the spec builds on, by absolute path.
        data: whether the network is held against its data; None: the data are asked for what the spec refers to, such
            as ``$data.classes``, and no more; False: they are not looked at.
        whole: whether large tables are read to the end; else samples will do where these have nothing wrong (W0934).
        trusted: whether code of the packages under ``requires`` may run: records of layers, sources, targets, checks.
    """
    if data and not whole:
        with counted(), glancing() as glances:
            found = _checked(spec, overrides, plugins, Files(unsaved), data, trusted)
        if not (glances.taken and any(map(_may_be_other, found.diagnostics))):
            return found
    with counted():
        return _checked(spec, overrides, plugins, Files(unsaved), data, trusted)


def _may_be_other(told: Diagnostic) -> bool:
    """Whether something told of samples of the data needs all of them, since it follows from what these hold."""
    return told.code != "W0934" and (told.severity == "error" or told.code.startswith(("W07", "W09")))


def _checked(
    spec: Path | Source,
    overrides: Sequence[str],
    plugins: Sequence[str],
    files: Files,
    data: bool | None,
    trusted: bool,
) -> Checked:
    warnings: list[Diagnostic] = []
    try:
        tree = files.tree(spec, overrides)
        brought = find_kinds(tree, plugins, trusted)
        look = is_asked(tree, brought)
        with bringing(brought):
            found = _compile(tree, _path(spec), plugins, warnings, data is not False and look, trusted)
    except SpecError as error:
        sound = error.sound if isinstance(error, _Unfit) else None
        return Checked(None, (*error.diagnostics, *warnings), tuple(files.read), sound)
    said = [*_once(warnings), *check_settings(found), *check_learning(found), *check_augmentation(found)]
    said += [*check_monitors(found), *check_rounding(found), *check_pruning(found), *check_precision(found)]
    said += [*held_numbers(found), *check_written_files(found), *masks_against_losses(found), *check_sequences(found)]
    said += [*lint(found), *settings(found), *run_checks(found, plugins, trusted)]
    if data is not None:
        said = against_data(found, said) if data and look else [*said, *without_data(found)]
    said += check_budget(found)
    warnings = [one for one in _once(said) if one.severity != "error" and not is_silenced(one)]
    errors = _once([one for one in said if one.severity == "error"])
    return Checked(replace(found, warnings=tuple(warnings)), (*errors, *warnings), tuple(files.read))


def load(
    spec: Path | Source, overrides: Sequence[str] = (), plugins: Sequence[str] = (), *, trusted: bool = False
) -> Spec:
    """The checked spec.

    Args:
        trusted: as of ``check``.

    Raises:
        SpecError: with every error that the check found.
    """
    checked = check(spec, overrides, plugins, data=None, trusted=trusted)
    if checked.spec is None or not checked.ok:
        raise SpecError(diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error")
    return checked.spec


class _Unfit(SpecError):
    """Layers that do not fit each other; ``sound`` has those before the first one at fault."""

    def __init__(self, diagnostics: Iterable[Diagnostic], sound: Spec) -> None:
        super().__init__(diagnostics)
        self.sound = sound


def _path(spec: Path | Source) -> Path:
    return spec if isinstance(spec, Path) else Path(spec.path)


def _compile(
    tree: Node, path: Path, plugins: Sequence[str], warnings: list[Diagnostic], look: bool, trusted: bool
) -> Spec:
    """The passes in order. A pass reports all that it finds; the first one with errors is the last to run."""
    _stop(check_syntax(tree), warnings)
    _stop(validate(tree), warnings)
    extra = find_plugins(tree, plugins)
    sections, scope = _settings(tree, look)
    blocks = tree.get("blocks")
    records = find_records(tree, extra, trusted, warnings)
    network, problems = expand(tree.value["layers"], scope, (blocks and blocks.value) or {}, extra, records)
    _stop([*problems, *_unknown_data(scope)], warnings)
    graph, problems = wire(_name(tree, path), read_inputs(tree.value["inputs"], scope), network, tree.get("outputs"))
    _stop(problems, warnings)
    assert graph is not None
    facts, problems = infer_shapes(graph)
    problems = problems or list(follow_masks(graph, facts).problems)
    spec = Spec(
        name=graph.name,
        description=str(_scalar(tree, "description") or ""),
        path=path,
        params={name: node.plain() for name, node in scope.items() if name != "data"},
        graph=_up_to(replace(graph, plugins=extra), facts),
        facts=facts,
        data=data_section(sections["data"]) if "data" in sections else None,
        train=train_section(sections["train"]) if "train" in sections else None,
        export=export_section(sections["export"]) if "export" in sections else (),
        budget=budget_section(sections["budget"]) if "budget" in sections else Budget(),
        resolved=_resolved(tree, sections),
        node=tree,
    )
    try:
        _stop(problems, warnings)
    except SpecError as error:
        raise _Unfit(error.diagnostics, spec) from None
    if spec.data is None or spec.train is None:
        return spec
    return replace(spec, data=replace(spec.data, numbers=fitted_as_numbers(spec)))


def _up_to(graph: Graph, facts: Mapping[str, LayerFacts]) -> Graph:
    """The graph with the layers that have facts: all, or those before the first one at fault."""
    if len(facts) == len(graph.layers):
        return graph
    names = {*facts, *(tensor.name for tensor in graph.inputs)}
    outputs = tuple(output for output in graph.outputs if output.ref.layer in names)
    return replace(graph, layers=graph.layers[: len(facts)], outputs=outputs)


def _stop(problems: Sequence[Diagnostic], warnings: list[Diagnostic]) -> None:
    warnings += [problem for problem in problems if problem.severity != "error"]
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise SpecError(_once(errors))


def _once(problems: Sequence[Diagnostic]) -> list[Diagnostic]:
    """One diagnostic for one fault: a block used ten times reports it where it stands, once, and says so.

    Of one code a bounded number is told of; the last of them says how many more there are.
    """
    groups: dict[tuple[str, Span | None], list[Diagnostic]] = {}
    for problem in problems:
        groups.setdefault((problem.code, problem.span), []).append(problem)
    counts = Counter(code for code, _ in groups)
    told: Counter[str] = Counter()
    found = []
    for (code, _), group in groups.items():
        told[code] += 1
        if told[code] <= MAX_PROBLEMS:
            found.append(_counted(group))
        if told[code] == MAX_PROBLEMS < counts[code]:
            more = Note(f"{counts[code] - MAX_PROBLEMS:,} more of these ({code}) are not listed")
            found[-1] = replace(found[-1], notes=(*found[-1].notes, more))
    return found


def _counted(group: list[Diagnostic]) -> Diagnostic:
    messages = {problem.message for problem in group}
    first = group[0] if len({problem.fix for problem in group}) == 1 else replace(group[0], fix=None)
    if len(messages) == 1:
        return first
    more = Note(f"the same happens here {len(messages) - 1} more time{'s' if len(messages) > 2 else ''}")
    return replace(first, notes=(*first.notes, more))


def _settings(tree: Node, look: bool) -> tuple[dict[str, Node], Scope]:
    """The sections beside the network with their expressions evaluated, and the names that the network sees."""
    problems: list[Diagnostic] = []
    scope: dict[str, Node] = dict(param_scope(tree.get("params"), problems))
    sections: dict[str, Node] = {}
    for key in ("data", "train", "export", "budget"):
        node = tree.get(key)
        if node is None or node.value is None:
            continue
        try:
            sections[key] = substitute(node, scope)
        except Failed as failed:
            problems.append(failed.diagnostic)
        if key == "data" and key in sections:
            sections[key] = absolute_paths(sections[key])
        if key == "train" and key in sections:
            sections[key] = absolute_weights(sections[key])
        if key == "data":
            scope["data"] = Node(DataNames(sections.get("data"), look), node.span)
    if "data" not in scope:
        scope["data"] = Node(DataNames(None), tree.span)
    if problems:
        raise SpecError(problems)
    bare = {"nnspec": tree.value["nnspec"], "inputs": tree.value["inputs"], "layers": Node((), tree.span)}
    _stop(validate(Node({**bare, **sections}, tree.span, tree.keys), evaluated=sections), [])
    return sections, scope


def _unknown_data(scope: Scope) -> list[Diagnostic]:
    """A remark where an expression asked the data for a number that is not available."""
    names, span = scope["data"].value, scope["data"].span
    if names.why_unknown is None or not names.look:
        return []
    asked = " and ".join(f"`$data.{name}`" for name in sorted(names.asked))
    message = f"{asked} cannot be told: {names.why_unknown}"
    return [Diagnostic("W0701", message, span, "warning", "sizes that follow from it are left open")]


def _resolved(tree: Node, sections: Mapping[str, Node]) -> dict[str, Any]:
    """The merged spec as plain data; its paths are absolute, so that it means the same from any folder."""
    return {key: sections.get(key, node).plain() for key, node in tree.value.items()}


def _name(tree: Node, path: Path) -> str:
    return str(_scalar(tree, "name") or path.name.split(".")[0] or "network")


def _scalar(tree: Node, key: str) -> Any:
    node = tree.get(key)
    return node.value if node is not None else None
