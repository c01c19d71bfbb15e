"""Optuna's TPE sampler over the axes of a search (Bergstra 2011; for several goals within bounds, Ozaki 2022)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnspec.runs.errors import TrainingError
from nnspec.sweeps.search_space import Axis, Values


def tried_next(
    axes: Sequence[Axis], goals: Sequence[str], done: Iterable[Mapping[str, Any]], seed: int, **options: Any
) -> Values:
    """The values that the sampler tries next, given the trials before.

    The study is made again from those each time, with a seed of the caller's: nothing else to keep.

    Args:
        goals: ``minimize`` or ``maximize``, for each value of a trial.
        done: arguments of ``optuna.trial.create_trial``: ``params``, ``values`` and ``constraints``.
        options: of the sampler.

    Raises:
        TrainingError: Optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise TrainingError("the search needs Optuna", hint='pip install "nnspec[optuna]"') from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {axis.path: _distribution(optuna.distributions, axis) for axis in axes}
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **options), directions=list(goals))
    study.add_trials([optuna.trial.create_trial(distributions=space, **trial) for trial in done])
    return dict(study.ask(space).params)


def _distribution(kinds: Any, axis: Axis) -> Any:
    """What Optuna calls an axis; ``kinds`` is its module ``optuna.distributions``."""
    if axis.choices:
        return kinds.CategoricalDistribution(axis.choices)
    if axis.scale == "int":
        return kinds.IntDistribution(int(axis.low), int(axis.high))
    return kinds.FloatDistribution(axis.low, axis.high, log=axis.scale == "log")
