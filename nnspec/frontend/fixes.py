"""Applies the safe fixes of checks until there are none left, and takes none that makes a spec worse."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnspec.frontend.diagnostics import Diagnostic, Edit, Fix
from nnspec.frontend.edits import apply, stretch
from nnspec.frontend.pipeline import Checked

MAX_TRIES = 200  # checks of one call

# Reads texts in place of the files of these absolute paths, and checks all specs.
Check = Callable[[Mapping[Path, str]], Sequence[Checked]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What came of it.

    Attributes:
        before: the texts of the files that change, as they are.
        after: as they should be.
        done: the diagnostics whose fixes were applied; each has its place in the text that it was found in.
        refused: those whose fixes would have brought new errors.
        elsewhere: those with a safe fix in a file that is not to be changed.
        checked: the specs after it.
    """

    before: Mapping[Path, str]
    after: Mapping[Path, str]
    done: tuple[Diagnostic, ...]
    refused: tuple[Diagnostic, ...]
    elsewhere: tuple[Diagnostic, ...]
    checked: tuple[Checked, ...]


@dataclass(slots=True)
class _State:
    """The texts so far. ``alone`` is set once several fixes at a time have failed."""

    checked: Sequence[Checked]
    before: dict[Path, str] = field(default_factory=dict)
    after: dict[Path, str] = field(default_factory=dict)
    done: list[Diagnostic] = field(default_factory=list)
    refused: list[Diagnostic] = field(default_factory=list)
    alone: bool = False


def fix(check: Check, files: set[Path]) -> Fixed:
    """Applies every safe fix to the text of files, round by round: what one fix brings to light is looked at again.

    Args:
        files: absolute paths of the files that may change.
    """
    state = _State(check({}))
    for _ in range(MAX_TRIES):
        batch = _batch(state, files)
        if not batch:
            break
        changed = _applied(batch)
        after = {**state.after, **changed}
        checked = check(after)
        if _is_worse(state.checked, checked, batch):
            if len(batch) == 1:
                state.refused += batch
            state.alone = True
            continue
        for diagnostic in batch:
            for edit in _edits(diagnostic):
                state.before.setdefault(Path(edit.span.source.path), edit.span.source.text)
        state.checked, state.after = checked, after
        state.done += batch
    changes = {path: text for path, text in state.after.items() if text != state.before[path]}
    return Fixed(
        {path: state.before[path] for path in changes},
        changes,
        tuple(state.done),
        tuple(state.refused),
        tuple(_elsewhere(state, files)),
        tuple(state.checked),
    )


def _batch(state: _State, files: set[Path]) -> list[Diagnostic]:
    """The diagnostics whose fixes come next: they are safe, in files that may change, and do not overlap."""
    refused = {_identity(diagnostic) for diagnostic in state.refused}
    batch: list[Diagnostic] = []
    taken: dict[str, list[tuple[int, int]]] = {}  # the stretches of each file, in order
    for diagnostic in _with_safe_fix(state.checked):
        if not _paths(diagnostic) <= files or _identity(diagnostic) in refused:
            continue
        edits = _edits(diagnostic)
        wanted = [(edit.span.source.path, stretch(edit.span.source.text, edit.span)) for edit in edits]
        if not any(_touches(taken.get(path, []), place) for path, place in wanted):
            batch.append(diagnostic)
            for path, place in wanted:
                insort(taken.setdefault(path, []), place)
        if state.alone:
            break
    return batch


def _touches(taken: Sequence[tuple[int, int]], place: tuple[int, int]) -> bool:
    """Whether a stretch touches one of those that are taken, which do not overlap."""
    at = bisect_left(taken, place)
    return (at > 0 and taken[at - 1][1] >= place[0]) or (at < len(taken) and taken[at][0] <= place[1])


def _with_safe_fix(checked: Sequence[Checked]) -> Iterator[Diagnostic]:
    """Each once, though several specs build on the file."""
    seen: set[tuple[str, ...]] = set()
    for one in checked:
        for diagnostic in one.diagnostics:
            if diagnostic.fix is not None and diagnostic.fix.safe and (key := _place(diagnostic)) not in seen:
                seen.add(key)
                yield diagnostic


def _elsewhere(state: _State, files: set[Path]) -> Iterator[Diagnostic]:
    return (diagnostic for diagnostic in _with_safe_fix(state.checked) if not _paths(diagnostic) <= files)


def _applied(batch: Sequence[Diagnostic]) -> dict[Path, str]:
    edits = [edit for diagnostic in batch for edit in _edits(diagnostic)]
    texts = {Path(edit.span.source.path): edit.span.source.text for edit in edits}
    return {
        path: apply(text, [edit for edit in edits if Path(edit.span.source.path) == path])
        for path, text in texts.items()
    }


def _is_worse(before: Sequence[Checked], after: Sequence[Checked], batch: Sequence[Diagnostic]) -> bool:
    """Whether the fixes did not help, or brought errors.

    Of a spec that every pass has seen any new error is one that they brought. Where a pass had stopped at errors, the
    next one may find what was there before, but what breaks the reading of a file is new.
    """
    left = Counter() if any(_reads_further(*pair) for pair in zip(before, after, strict=True)) else _counts(after)
    if any(left[key] >= count for key, count in _counts(before).items() if key in {_said(one) for one in batch}):
        return True
    for old, new in zip(before, after, strict=True):
        known = {_said(error) for error in _errors(old)}
        if (further := _reads_further(old, new)) is not None:
            return not further
        found = [error for error in _errors(new) if _said(error) not in known]
        if any(old.spec is not None or error.code[:3] in ("E01", "E03") for error in found):
            return True
    return False


def _reads_further(old: Checked, new: Checked) -> bool | None:
    """Whether a text that is not YAML, and still is not, stops later than before; None of any other."""
    places = [error.span.line for one in (old, new) for error in _errors(one) if error.code == "E0105" and error.span]
    return places[1] > places[0] if len(places) == 2 else None


def _errors(checked: Checked) -> Iterator[Diagnostic]:
    return (diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error")


def _counts(checked: Sequence[Checked]) -> Counter[tuple[str, str]]:
    """How often each thing is said; of a place that several specs build on, once."""
    places = {(*_said(diagnostic), str(diagnostic.span)) for one in checked for diagnostic in one.diagnostics}
    return Counter((code, message) for code, message, _ in places)


def _said(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, diagnostic.message


def _identity(diagnostic: Diagnostic) -> tuple[str, ...]:
    """What a diagnostic is, wherever its line has moved to."""
    return (*_said(diagnostic), _fix(diagnostic).title, *sorted(map(str, _paths(diagnostic))))


def _place(diagnostic: Diagnostic) -> tuple[str, ...]:
    return (*_said(diagnostic), *(f"{edit.span} {edit.text}" for edit in _edits(diagnostic)))


def _paths(diagnostic: Diagnostic) -> set[Path]:
    return {Path(edit.span.source.path) for edit in _edits(diagnostic)}


def _edits(diagnostic: Diagnostic) -> tuple[Edit, ...]:
    return _fix(diagnostic).edits


def _fix(diagnostic: Diagnostic) -> Fix:
    assert diagnostic.fix is not None
    return diagnostic.fix
