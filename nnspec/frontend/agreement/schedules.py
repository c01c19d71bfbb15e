"""Learning-rate schedules against how long the training is: rates that are 0 for most of it, or are never reached."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.data.protocol import Facts
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.optimizers import Part, parts_of
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

_NOTHING = 1e-4  # of the first rate: what is left then moves no weight
_DECAYS = ("CosineDecay", "PolynomialDecay", "ExponentialDecay", "InverseTimeDecay")


def schedules(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0713 for a schedule under which little or nothing is learnt, or that begins again before it is over."""
    parts, told = parts_of(spec), set[str]()
    for part in parts:
        same = [one for one in parts if one.path == part.path]
        found = _begins_again(spec, facts, same) if len(same) > 1 else _of_part(spec, facts, part)
        for one in found:
            if (text := str(one)) not in told:
                told.add(text)
                yield one


def _begins_again(spec: Spec, facts: Facts, parts: list[Part]) -> Iterator[Diagnostic]:
    """A schedule that several phases share is that of each of them, from its first step on."""
    rate = parts[0].optimizer.args.get("learning_rate")
    steps = min((found for part in parts if (found := part.steps(spec, facts)) is not None), default=None)
    if not isinstance(rate, KindValue) or steps is None:
        return
    boundaries = rate.args.get("boundaries")
    lasts = boundaries[-1] if isinstance(boundaries, list) and boundaries else rate.args.get("decay_steps")
    if isinstance(lasts, int) and lasts > steps:
        message = f"{rate.kind} takes {lasts:,} steps, and begins again with each phase: one of them has {steps:,}"
        place = spec.place(*parts[0].path, "learning_rate", rate.kind)
        yield Diagnostic("W0713", message, place, "warning", "give each phase an `optimizer` with a rate of its own")


def _of_part(spec: Spec, facts: Facts, part: Part) -> Iterator[Diagnostic]:
    rate = part.optimizer.args.get("learning_rate")
    if not isinstance(rate, KindValue):
        return
    args, what = (
        {**catalog().defaults("schedule", rate.kind), **rate.args},
        "phase" if spec.training.phases else "training",
    )
    path = (*part.path, "learning_rate", rate.kind)

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
    steps = part.steps(spec, facts)
    if steps is None:
        return
    boundaries = args.get("boundaries")
    late = next((one for one in boundaries if one >= steps), None) if isinstance(boundaries, list) else None
    if late is not None:
        message = f"the rate changes after step {late:,}, and the {what} has {steps:,}: it never does"
        yield warned("boundaries", message, "boundaries are steps, batches: smaller ones, or more epochs")
    if warm > steps:
        message = f"the rate is warmed up for {warm:,} steps, and the {what} has {steps:,}: it never gets there"
        yield warned("warmup_steps", message, "fewer steps of it, or more epochs")
        return
    first = target if warm else args.get("initial_learning_rate")
    middle = _at(rate.kind, args, steps // 2 - warm, first) if rate.kind in _DECAYS and steps > 2 else None
    if middle is not None and isinstance(first, int | float) and 0 <= middle < _NOTHING * first:
        message = (
            f"from the middle of the {steps:,} steps of the {what} on the rate is {middle:.2g}: little is learnt then"
        )
        yield warned("decay_steps", message, f"a {what} of {steps:,} steps: say `decay_steps: {steps - warm}`")


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
