"""What is allowed but rarely meant: warnings, each silenced by ``# nnspec: ignore W0601`` on the line it blames.

A rule is a function from a checked spec to warnings, in the file of its subject. A false alarm is worse than a
missing one: where a rule cannot tell, it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note
from nnspec.frontend.learning import unlearned
from nnspec.frontend.lints.ahead import sees_the_answer
from nnspec.frontend.lints.augmentation import seeds_that_do_nothing, shares_of_labels_in_metrics
from nnspec.frontend.lints.axes import channels_that_come_first, normalized_along_another, stretched
from nnspec.frontend.lints.exports import unmeasured, unportable_layers
from nnspec.frontend.lints.idle import directions_apart, idle_arguments, of_no_phase
from nnspec.frontend.lints.losses import activation_against_loss, direction_of_one_value, single_unit_softmax
from nnspec.frontend.lints.machines import counted_by_nnspec, gpu_alone, several_devices
from nnspec.frontend.lints.structure import (
    activation_twice,
    bias_before_normalization,
    dropout_last,
    dropout_of_everything,
    linear_pair,
    nothing_learns,
    rows_of_what_is_computed,
)
from nnspec.frontend.lints.unused import unused_definitions, unused_variables
from nnspec.frontend.lints.values import averages_of_a_batch, normalized_by_itself, roots_below_zero
from nnspec.frontend.rounding import stays_in_float
from nnspec.frontend.silence import silences
from nnspec.frontend.spec import Spec

__all__ = ["RULES", "is_silenced", "lint"]

RULES: tuple[Callable[[Spec], Iterator[Diagnostic]], ...] = (
    bias_before_normalization,
    dropout_last,
    dropout_of_everything,
    linear_pair,
    activation_twice,
    rows_of_what_is_computed,
    nothing_learns,
    normalized_along_another,
    channels_that_come_first,
    stretched,
    normalized_by_itself,
    averages_of_a_batch,
    roots_below_zero,
    directions_apart,
    idle_arguments,
    of_no_phase,
    sees_the_answer,
    activation_against_loss,
    single_unit_softmax,
    direction_of_one_value,
    unlearned,
    unused_definitions,
    unused_variables,
    several_devices,
    gpu_alone,
    counted_by_nnspec,
    seeds_that_do_nothing,
    shares_of_labels_in_metrics,
    unportable_layers,
    unmeasured,
    stays_in_float,
)


def lint(spec: Spec) -> list[Diagnostic]:
    """Every warning about a spec that its lines do not silence."""
    return [warning for rule in RULES for warning in _some(rule(spec))]


def _some(warnings: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
    """As many of one rule as anybody reads, the last of which says that there are more."""
    told = list(islice((warning for warning in warnings if not is_silenced(warning)), MAX_PROBLEMS + 1))
    if len(told) > MAX_PROBLEMS:
        more = Note("there are more of these, which are not listed")
        told[MAX_PROBLEMS - 1 :] = [replace(told[MAX_PROBLEMS - 1], notes=(*told[MAX_PROBLEMS - 1].notes, more))]
    yield from told


def is_silenced(warning: Diagnostic) -> bool:
    """Whether the line that a warning blames carries ``# nnspec: ignore`` for its code, or for all."""
    return silences(warning.span, warning.code)
