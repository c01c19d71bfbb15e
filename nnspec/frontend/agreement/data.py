"""What the data of a spec are, as far as they are there, and what cannot be used of them: as diagnostics."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.frontend.agreement import agreement
from nnspec.frontend.agreement.initial_weights import initial_misfits
from nnspec.frontend.agreement.teacher import teacher_misfits
from nnspec.frontend.agreement.unusable import shown, unusable, where
from nnspec.frontend.agreement.without_data import without_data
from nnspec.frontend.diagnostics import Diagnostic, Note, SpecError
from nnspec.frontend.spec import Spec
from nnspec.frontend.suggest import did_you_mean

if TYPE_CHECKING:
    from nnspec.data.errors import DataError
    from nnspec.data.protocol import Facts

UNKNOWN = "W0701"  # what is said of data that are not there


def against_data(spec: Spec, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What was found of a spec, with what its data say to it.

    A path that does not exist is a warning, once: a spec is checked without its data, too.
    """
    found = [*found, *weights_not_found(spec), *initial_misfits(spec)]
    if spec.data is None:
        return [*found, *without_data(spec), *teacher_misfits(spec)]
    from nnspec.data.errors import DataError
    from nnspec.data.facts import absent, known, refuse_settings

    base = spec.path.parent
    try:
        missing = absent(spec.data, base)
        if missing is not None:
            refuse_settings(spec.data)
            said = any(one.code == UNKNOWN for one in found)
            told_of_teacher = teacher_misfits(spec)
            return [*found, *without_data(spec), *told_of_teacher, *([] if said else [not_found(spec, missing)])]
        facts = known(spec.data, base)
    except DataError as error:
        return [*(one for one in found if one.code != UNKNOWN), unusable(error, spec.place("data", "source"))]
    told = {(one.code, one.span) for one in found}  # what the spec alone tells of an augmentation, the data tell again
    held = (one for one in agreement(spec, facts) if (one.code, one.span) not in told)
    return [*found, *held, *teacher_misfits(spec, facts), *remarks(spec, facts)]


def refuse_absent(spec: Spec) -> None:
    """Looks for the data of a spec before TensorFlow takes its seconds, and for what is known of them.

    Raises:
        DataError: a file or folder is not there, or is known to be unusable.
        SpecError: the data are known not to go with the network.
    """
    from nnspec.data.errors import DataError
    from nnspec.data.facts import absent, remembered

    data = spec.required_data
    missing = absent(data, spec.path.parent)
    if missing is not None:
        raise DataError("no such file or folder", file=missing, hint=_similar(missing))
    missing_models = [
        Diagnostic("E0712", f"there is no trained model at {path}", spec.place("train", *setting))
        for path, setting, _ in missing_weights(spec)
    ]
    if missing_models:
        raise SpecError(missing_models)
    facts = remembered(data, spec.path.parent)
    problems = [] if facts is None else agreement(spec, facts)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise SpecError(errors)


def not_found(spec: Spec, path: str) -> Diagnostic:
    message = f"the data are not found, so they are not compared with the network: {shown(path)}"
    return Diagnostic("W0901", message, spec.place("data", "source"), "warning", _similar(path))


def missing_weights(spec: Spec) -> Iterator[tuple[Path, tuple[str, ...], str]]:
    """The files or folders that `initial_weights` and `teacher` name and that are not there, where, and what it is."""
    teacher = spec.training.teacher
    for given, setting, what in (
        (spec.training.initial_weights, ("initial_weights",), "the weights to begin from are"),
        (teacher and teacher.run, ("teacher", "run"), "the teacher is"),
    ):
        path = spec.path.parent / Path(given).expanduser() if isinstance(given, str) and given else None
        if path is not None and not os.path.exists(path):  # a name that no file can have is not there either
            yield path, setting, what


def weights_not_found(spec: Spec) -> Iterator[Diagnostic]:
    """A warning where weights are not there: they may be trained later."""
    for path, setting, what in missing_weights(spec):
        message = f"{what} not there: {shown(path)}"
        yield Diagnostic("W0920", message, spec.place("train", *setting), "warning", _similar(str(path)))


def remarks(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """What reading the data told, the first of each code."""
    from nnspec.data.errors import Remark

    by_code: dict[str, list[DataError]] = {}
    for problem in facts.problems:
        code = (isinstance(problem, Remark) and problem.code) or "W0902"
        by_code.setdefault(code, []).append(problem)
    for code, problems in by_code.items():
        first, others = problems[0], len(problems) - 1
        if code == "W0902":  # so many are known that only the first are kept
            others += facts.problem_count - len(facts.problems)
        more = (Note(f"{others:,} more of these: `nnspec data` lists them"),) if others else ()
        if not spec.required_data.silences(code):
            place = spec.place("data", "source")
            yield Diagnostic(code, first.message, place, "warning", first.hint, (*where(first), *more))


def _similar(path: str) -> str | None:
    """A name beside a missing one that was probably meant, or where the way to it ends."""
    parent = Path(path).parent
    if os.path.isdir(parent):  # a name that is too long is none, and no error
        return did_you_mean(Path(path).name, os.listdir(parent)[:1000])
    while not os.path.isdir(parent):
        parent, missing = parent.parent, parent
    return f"paths are relative to the file that they are written in; there is no folder {shown(missing)}"
