"""Learning-rate schedules against how long the training is: rates that are 0 for most of it, or are never reached."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.data.protocol import Facts
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

_NOTHING = 1e-4  # of the first rate: what is left then moves no weight
_DECAYS = ("CosineDecay", "PolynomialDecay", "ExponentialDecay", "InverseTimeDecay")


def schedules(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0713 for a schedule under which little or nothing is learnt."""
    train, count = spec.training, facts.examples.get("train")
    optimizer = train.optimizer
    rate = optimizer.args.get("learning_rate") if isinstance(optimizer, KindValue) else None
    if train.phases or not isinstance(optimizer, KindValue) or not isinstance(rate, KindValue):
        return
    args = {**catalog().defaults("schedule", rate.kind), **rate.args}
    path = ("train", "optimizer", optimizer.kind, "learning_rate", rate.kind)

    def warned(argument: str, message: str, hint: str) -> Diagnostic:
        return Diagnostic("W0713", message, spec.place(*path, argument), "warning", hint)

    warm, target = args.get("warmup_steps") or 0, args.get("warmup_target")
    if warm and target is None:
        yield warned(
            "warmup_steps", "without `warmup_target` Keras does not warm up", "say `warmup_target:`, the rate after it"
        )
        warm = 0
    if rate.kind == "ExponentialDecay" and args["decay_rate"] > 1:
        message = f"the rate becomes {args['decay_rate']:g} times larger every {args['decay_steps']:,} steps"
        yield warned("decay_rate", message, "below 1 it falls, such as 0.9")
    if count is None or spec.required_data.tokens_per_batch:
        return
    steps = train.epochs * -(-count // spec.required_data.batch_size)
    if warm > steps:
        message = f"the rate is warmed up for {warm:,} steps, and the training has {steps:,}: it never gets there"
        yield warned("warmup_steps", message, "fewer steps of it, or more epochs")
        return
    first = target if warm else args.get("initial_learning_rate")
    middle = _at(rate.kind, args, steps // 2 - warm, first) if rate.kind in _DECAYS and steps > 2 else None
    if middle is not None and isinstance(first, int | float) and 0 <= middle < _NOTHING * first:
        message = (
            f"from the middle of the {steps:,} steps of the training on the rate is {middle:.2g}: little is learnt then"
        )
        yield warned("decay_steps", message, f"a training of {steps:,} steps: say `decay_steps: {steps - warm}`")


def _at(kind: str, args: dict[str, Any], step: int, first: Any) -> float | None:
    """The rate after so many steps of a decay; None where it is not told."""
    over = args.get("decay_steps")
    if step < 0 or not isinstance(over, int) or not isinstance(first, int | float):
        return None
    done = step / over
    if kind == "CosineDecay":
        alpha = args["alpha"]
        return float(first * ((1 - alpha) * 0.5 * (1 + math.cos(math.pi * min(done, 1))) + alpha))
    if kind == "PolynomialDecay":
        end = args["end_learning_rate"]
        return None if args["cycle"] else float((first - end) * (1 - min(done, 1)) ** args["power"] + end)
    done = math.floor(done) if args.get("staircase") else done
    return (
        float(first * args["decay_rate"] ** done)
        if kind == "ExponentialDecay"
        else float(first / (1 + args["decay_rate"] * done))
    )
