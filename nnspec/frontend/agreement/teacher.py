"""`train.teacher`: how each output can learn from another network's answers, and whether that network has them.

What `check` knows of the teacher is its run's own spec and labels; of a `.keras` file the training knows more, which
opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from nnspec.catalog.comparisons import LOSSES
from nnspec.data.protocol import Facts
from nnspec.data.table import FeatureSpec, sizes
from nnspec.frontend.agreement.ends import End, Shape, ends_of, is_labels, loss_of
from nnspec.frontend.agreement.other_runs import labels_of_run, spec_of_run
from nnspec.frontend.agreement.teacher_features import feature_misfits
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import without_files
from nnspec.frontend.spec import Spec, keras_name

Lesson = Literal["classes", "yes or no", "chain", "values"]
BY_ACTIVATION: Mapping[str, Lesson] = {"softmax": "classes", "sigmoid": "yes or no"}
# What an output learns, and what the teacher's answers may come out of; anything where nothing is named.
ANSWERS: Mapping[Lesson, tuple[str, tuple[str, ...]]] = {
    "classes": ("one of several classes", ("softmax", "linear")),
    "chain": ("a label for each step", ("softmax", "linear")),
    "yes or no": ("yes or no for each value", ("sigmoid", "linear")),
    "values": ("values", ()),
}


def lesson(spec: Spec, end: End, facts: Facts, target: FeatureSpec | None) -> Lesson | None:
    """How an output learns from another network's answer; None where its loss can compare no two answers.

    ``classes``: a distribution over the last axis; ``yes or no``: each value is the chance of a yes; ``chain``: the
    chances of each label within a whole sequence; ``values``: the answer takes the place of the target in the loss.
    """
    if end.chain:
        return "chain"
    loss = loss_of(spec, end, facts, target or FeatureSpec(end.shape or (), "int32"))
    if loss is None and spec.training.loss is None:
        return BY_ACTIVATION.get(end.activation or "", "values")
    takes = None if loss is None else LOSSES.get(loss.kind)
    if takes is None:  # a package's
        return None if target is not None and is_labels(target) else "values"
    if takes.over_classes:
        return "classes"
    if takes.form == "sequences":
        return None
    if takes.yes_no and takes.labels:
        return "yes or no"
    return None if takes.whole else "values"


def partners(ours: Mapping[str, Shape | None], theirs: Mapping[str, Shape | None]) -> Iterator[tuple[str, str | None]]:
    """By name which of the teacher's inputs or outputs goes with which of ours; one alone goes with one alone."""
    if len(ours) == len(theirs) == 1:
        yield next(iter(ours)), next(iter(theirs))
        return
    named = {keras_name(name): name for name in theirs}
    for name in ours:
        yield name, named.get(keras_name(name))


def clashes(ours: Shape | None, theirs: Shape | None) -> bool:
    """Whether two shapes are never the same; what is not known may be anything."""
    if ours is None or theirs is None:
        return False
    return len(ours) != len(theirs) or any(
        one is not None and other is not None and one != other for one, other in zip(ours, theirs, strict=True)
    )


def teacher_misfits(spec: Spec, facts: Facts | None = None) -> Iterator[Diagnostic]:
    """E0745 for what cannot be learned from the teacher, E0703 for a temperature that nothing uses.

    Args:
        facts: of the data; None: what their source alone tells.
    """
    teacher = spec.training.teacher
    if teacher is None:
        return
    place = spec.place("train", "teacher", "run")
    facts = facts or without_files(spec.data)
    targets = list(facts.columns.targets.values()) if facts.columns else []
    ends = ends_of(spec)
    lessons = {end.name: lesson(spec, end, facts, targets[0] if len(targets) == 1 else None) for end in ends.values()}
    for name, found in lessons.items():
        if found is None:
            message = f"`{name}` learns labels by a loss that cannot compare two answers, so that no teacher helps it"
            hint = "a crossentropy, or a loss over values, can"
            yield Diagnostic("E0745", message, spec.place("train", "loss"), hint=hint)
    if spec.node.get("train", "teacher", "temperature") is not None and set(lessons.values()) == {"values"}:
        message = "`temperature` is for classes, and this network learns values"
        yield Diagnostic("E0703", message, spec.place("train", "teacher", "temperature"), hint="leave it out")
    other = spec_of_run(spec, teacher.run)
    yield from feature_misfits(spec, other)
    if other is None:
        return
    their_ends = ends_of(other)
    pairs = partners(
        {end.name: end.shape for end in ends.values()}, {end.name: end.shape for end in their_ends.values()}
    )
    for name, partner in pairs:
        misfit = answer_misfit(ends[name], their_ends.get(partner or ""), lessons[name])
        if misfit is not None:
            yield Diagnostic("E0745", misfit, place, notes=ends[name].notes)
    their_inputs = {given.name: given.shape for given in other.graph.inputs}
    if len(their_inputs) == len(spec.graph.inputs) == 1:
        ours, theirs = spec.graph.inputs[0], other.graph.inputs[0]
        if clashes(ours.shape, theirs.shape):
            message = f"`{ours.name}` is {sizes(ours.shape)}, and the teacher takes {sizes(theirs.shape)}"
            yield Diagnostic("E0745", message, place)
    yield from _labels(spec, teacher.run, facts)


def answer_misfit(ours: End, theirs: End | None, how: Lesson | None) -> str | None:
    """Why an output cannot learn from one of the teacher's; None if it can.

    Args:
        how: the lesson; None: it can learn from nobody, which is told elsewhere.
    """
    if theirs is None:
        return f"the teacher has no output `{ours.name}`"
    if clashes(ours.shape, theirs.shape):
        assert ours.shape is not None and theirs.shape is not None
        return f"`{ours.name}` is {sizes(ours.shape)}, and the teacher's answer is {sizes(theirs.shape)}"
    what, wanted = ANSWERS[how] if how else ("", ())
    if theirs.chain:
        told = "" if how in ("classes", "chain", None) else "are labels of a sequence"
    else:
        unknown = not wanted or theirs.activation is None
        told = "" if unknown or theirs.activation in wanted else f"come out of {theirs.activation}"
    return f"`{ours.name}` learns {what}, and the teacher's answers {told}" if told else None


def _labels(spec: Spec, run: str, facts: Facts) -> Iterator[Diagnostic]:
    misfit = classes_misfit(facts.labels, labels_of_run(spec, run))
    if misfit is not None:
        hint = "train both on the same data, or list `classes` in the same order in both"
        yield Diagnostic("E0745", misfit, spec.place("train", "teacher", "run"), hint=hint)


def classes_misfit(ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None) -> str | None:
    """The first class that is another one there; None where they are the same, or one side has no names."""
    if ours is None or theirs is None or ours == theirs:
        return None
    at = next((at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return f"there are {len(ours):,} classes, and the teacher knows {len(theirs):,}"
    return f"class {at} is `{ours[at]}`, and `{theirs[at]}` to the teacher"
