"""From a spec to what is trained: data opened, model built and compiled, and all checks on how they fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras

from nnspec.backend.lower import build
from nnspec.console.progress import Reporter
from nnspec.console.waiting import doing
from nnspec.data.dataset import Dataset, open_dataset
from nnspec.data.doubts import doubts as doubts_of_data
from nnspec.data.errors import Remark
from nnspec.data.facts import keep
from nnspec.data.protocol import Assets
from nnspec.data.report import heard, remarks
from nnspec.frontend.agreement.single_examples import odd_labels, padding_alone
from nnspec.frontend.spec import Spec
from nnspec.runs.binding import Binding
from nnspec.training.adapting import learn
from nnspec.training.augmentation.augment import augmented_and_not, make_augmenter
from nnspec.training.batches import Feed
from nnspec.training.class_weights import class_weights
from nnspec.training.compile import Target, compile_model
from nnspec.training.distributed.strategy import choose_strategy, share_of, surprises, synchronize
from nnspec.training.distributed.workers import adapt, is_multi_worker
from nnspec.training.fitting import agree, bind, doubts
from nnspec.training.initial_weights import open_initial_weights
from nnspec.training.learned import Learned
from nnspec.training.phases import Phases
from nnspec.training.precision import precision
from nnspec.training.rounding import balance, rounding
from nnspec.training.sequences import check_label_sequences
from nnspec.training.teacher import Teacher, open_teacher
from nnspec.training.teacher_answers import keep_answers
from nnspec.training.teacher_check import tell_agreement
from nnspec.training.token_range import check_tokens
from nnspec.training.word_vectors import take_word_vectors

SHOWN = 20  # remarks on the data that are told before the rest is counted


@dataclass(frozen=True)
class Prepared:
    """A compiled model with the data that it is trained on."""

    model: Any
    dataset: Dataset
    feed: Feed
    phases: Phases
    learned: Learned
    teacher: Teacher | None = None


def prepare(spec: Spec, reporter: Reporter, learned: Learned | None = None) -> Prepared:
    """Everything up to the first step; nothing is written.

    The seed of the spec (0 by default) is set first, so that the weights are those of the same network written by
    hand after ``keras.utils.set_random_seed``.

    Args:
        learned: what layers learned from the data when the run was begun; None: they learn now.

    Raises:
        SpecError: a setting that Keras refuses, or data that do not fit the network.
        DataError: the data cannot be used.
    """
    strategy = choose_strategy(spec)
    dataset = open_data(spec, reporter)
    agree(spec, dataset)
    binding = bind(spec, dataset)
    check_tokens(spec, dataset, binding)
    for error in padding_alone(spec, dataset):
        raise error
    warn(dataset, odd_labels(spec, dataset), reporter)
    targets = targets_of(dataset, binding)
    feed = Feed(
        dataset.splits["train"],
        dataset.splits.get("validation"),
        binding,
        spec.required_data.batch_size,
        class_weights(spec, dataset, binding),
        strategy,
        share_of(strategy),
    )
    initial = open_initial_weights(spec)
    if learned is None:
        learned = learn(spec, dataset, binding, reporter, initial.learned() if initial else None)
    keras.utils.set_random_seed(spec.training.seed)
    with feed.scope(), precision(spec.training.precision):
        model = build(learned.network(spec.graph))
        learned.apply(model)
        if strategy is not None:
            synchronize(spec, model)
        vectors = take_word_vectors(spec, model, dataset, binding)
        left = initial.take(model) if initial else []
        balanced = balance(spec, model, dataset.splits["train"], binding)
        model = rounding(spec, model)
        compile_model(model, spec, targets)
        teacher = open_teacher(spec, model, dataset, binding, targets)
        if teacher is not None:
            reporter.say(f"the teacher is {teacher.file}, weights {teacher.weights_sha256[:12]}")
            tell_agreement(spec, teacher, feed, reporter)
            feed = replace(feed, kept=keep_answers(spec, teacher, feed, reporter))
            teacher.teach(model, feed.kept)
        if is_multi_worker(strategy):
            adapt(model)
    warnings = agree(spec, dataset, model)
    check_label_sequences(spec, model, dataset, binding)
    moved = initial.doubts(model, dataset) if initial else ()
    for warning in (*surprises(spec, strategy), *doubts(spec, model), *warnings, *moved):
        reporter.warn(warning)
    unused = initial.unused(model) if initial else []
    for remark in (
        vectors,
        augmented_and_not(spec, dataset.features),
        f"layers of {initial.file.name} that are not used: {', '.join(unused)}" if initial and unused else None,
        f"layers with new weights: {', '.join(left)}" if left else None,
        *balanced,
    ):
        if remark:
            reporter.say(remark)
    return Prepared(model, dataset, feed, Phases(spec, model, targets), learned, teacher)


def open_data(spec: Spec, reporter: Reporter, assets: Assets | None = None) -> Dataset:
    """The data of a spec. Raises DataError."""
    with doing("reading the data"):
        dataset = open_dataset(
            spec.required_data,
            spec.path.parent,
            spec.training.seed,
            assets=assets,
            augmenter=None if assets is not None else make_augmenter(spec),
            progress=reporter.reading,
        )
    if assets is None:
        keep(spec.required_data, spec.path.parent, dataset.loaded)
    left_out = [problem for problem in dataset.problems if not isinstance(problem, Remark)]
    for problem in left_out[:SHOWN]:
        reporter.say(f"warning: {problem}")
    if len(left_out) > SHOWN:
        more = f"{len(left_out) - SHOWN:,} more are left out: `nnspec data` counts and lists them"
        reporter.say(f"warning: {more}")
    warn(dataset, [*remarks(dataset), *(doubts_of_data(dataset) if assets is None else ())], reporter)
    return dataset


def warn(dataset: Dataset, told: Iterable[Remark], reporter: Reporter) -> None:
    """Tells the warnings on the data that the spec does not silence, and how many it does."""
    found, silenced = heard(dataset, told)
    for warning in found[:SHOWN]:
        reporter.say(f"warning[{warning.code}]: {warning}")
    if len(found) > SHOWN:
        more = f"{len(found) - SHOWN:,} more warnings on the data: `nnspec data` counts and lists them"
        reporter.say(f"warning: {more}")
    if silenced:
        reporter.say("silenced: " + ", ".join(f"{code} ({number:,})" for code, number in silenced.items()))


def targets_of(dataset: Dataset, binding: Binding) -> Mapping[str, Target]:
    """What each output is trained on."""
    classes = {name: dataset.assets.classes_of(name) for name in binding.outputs.values()}
    padded = dataset.splits["train"].table.padded is not None
    return {
        output: Target(dataset.targets[name], dataset.task, len(found) if (found := classes[name]) else None, padded)
        for output, name in binding.outputs.items()
    }
