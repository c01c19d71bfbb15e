"""The contract between a network and its data, in one home: `check` holds it with facts, `train` with the opened data.

What is said here is said with the same code, in the same words and at the same place by both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from nnspec.data.protocol import Facts
from nnspec.frontend.agreement.binding import Names, pairs
from nnspec.frontend.agreement.class_weights import class_weight_misfits, class_weight_names
from nnspec.frontend.agreement.data_sizes import with_data_sizes
from nnspec.frontend.agreement.ends import End, ends_of
from nnspec.frontend.agreement.inputs import input_misfits, lookups_of_bins, raw_ranges, scaled_twice
from nnspec.frontend.agreement.metrics import metric_misfits
from nnspec.frontend.agreement.rounding import rounded_numbers
from nnspec.frontend.agreement.sample_rates import sample_rates
from nnspec.frontend.agreement.schedules import schedules
from nnspec.frontend.agreement.settings import (
    batches,
    gathered_steps,
    lagging_averages,
    lagging_weights,
    learning_rates,
    lone_examples,
    loss_arguments,
    metric_arguments,
    one_hot_of_numbers,
    output_names,
    seldom_saved,
)
from nnspec.frontend.agreement.targets import target_misfits
from nnspec.frontend.agreement.tokenizers import tokenizers_of_pages
from nnspec.frontend.agreement.value_ranges import units_of_places, value_ranges
from nnspec.frontend.agreement.word_vectors import vector_misfits
from nnspec.frontend.augmentation import augmentation_against_data
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.sequences import is_by_ctc, sequences_against_data
from nnspec.frontend.spec import Spec

__all__ = ["agreement", "settings"]


def settings(spec: Spec) -> list[Diagnostic]:
    """What the settings of a training alone tell, without the data."""
    return (
        [
            *output_names(spec),
            *class_weight_names(spec),
            *learning_rates(spec),
            *loss_arguments(spec),
            *metric_arguments(spec),
        ]
        if spec.train
        else []
    )


def agreement(
    spec: Spec, facts: Facts, ends: Mapping[str, End] | None = None, names: tuple[Names, Names] | None = None
) -> list[Diagnostic]:
    """Every way in which a spec and its data do not go together, and what is doubtful, as warnings.

    Args:
        facts: with their columns.
        ends: the outputs as they were built, in place of what the spec tells of them.
        names: by input its feature and by output its target, where that is settled.
    """
    columns = facts.columns
    if columns is None:
        return []
    found: list[Diagnostic] = []
    if names is None:
        taken, trained, found = pairs(spec, columns.features, columns.targets)
        names = taken, trained
    if any(problem.severity == "error" for problem in found):
        return found
    taken, trained = names
    found += [*input_misfits(spec, columns, taken), *lookups_of_bins(spec), *raw_ranges(spec, columns, taken)]
    found += scaled_twice(spec, columns, taken)
    found += [
        *augmentation_against_data(spec, columns.features, columns.targets, trained),
        *value_ranges(spec, columns, taken),
        *units_of_places(spec, columns),
        *rounded_numbers(spec, columns, taken, trained),
        *vector_misfits(spec, taken),
        *tokenizers_of_pages(spec),
        *sample_rates(spec, facts),
    ]
    sized, clashes = with_data_sizes(spec, columns, taken)
    if clashes:
        return [*found, *clashes]
    if spec.train is not None:
        known = ends or ends_of(sized)
        for output in spec.graph.outputs:
            found += _of_output(spec, known[output.name], facts, trained[output.name])
        found += class_weight_misfits(spec, known, facts, trained)
        found += [*one_hot_of_numbers(spec, facts), *batches(spec, facts)]
        found += gathered_steps(spec, facts)
        found += [
            *lone_examples(spec, facts),
            *lagging_averages(spec, facts),
            *lagging_weights(spec, facts),
            *schedules(spec, facts),
            *seldom_saved(spec, facts),
        ]
    return found


def _of_output(spec: Spec, end: End, facts: Facts, target: str) -> Iterator[Diagnostic]:
    """A metric is judged where its loss fits: else it would say the same again."""
    facts = replace(facts, classes=facts.classes_of(target))
    assert facts.columns is not None
    if is_by_ctc(spec, end.output):
        yield from sequences_against_data(spec, end.output, facts.columns.targets[target], target)
        return
    found = list(target_misfits(spec, end, facts, target))
    yield from found
    if all(problem.severity != "error" for problem in found):
        yield from metric_misfits(spec, end, facts, target)
