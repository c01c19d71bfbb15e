"""`--epochs 5` and its like: short forms of `--set` for what people change most."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.output import Answer, say

if TYPE_CHECKING:
    from nnspec.api import SpecFile


def short_forms(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """`--epochs`, `--batch-size`, `--lr` and `--seed`: the function gets a `spec` that has them as overrides."""

    @wraps(function)
    def command(
        spec: SpecFile, epochs: int | None, batch_size: int | None, lr: float | None, seed: int | None, **rest: Any
    ) -> Answer:
        given = {"train.epochs": epochs, "data.batch_size": batch_size, "train.seed": seed}
        texts = [f"{path}={value}" for path, value in given.items() if value is not None]
        if lr is not None:
            texts.append(f"{_learning_rate(spec)}={lr}")
        return function(spec=dataclasses.replace(spec, overrides=(*spec.overrides, *texts)), **rest)

    for name, kind, says in reversed(
        (
            ("--epochs", click.IntRange(1), "Passes over the data: --set train.epochs=N."),
            ("--batch-size", click.IntRange(1), "Examples of a step: --set data.batch_size=N."),
            ("--lr", click.FloatRange(0), "The optimizer's learning rate, in the place of a schedule, too."),
            ("--seed", click.IntRange(0), "The seed of all that is drawn: --set train.seed=N."),
        )
    ):
        metavar = "RATE" if name == "--lr" else "N"
        command = click.option(name, type=kind, metavar=metavar, help=says)(command)
    return command


def _learning_rate(spec: SpecFile) -> str:
    """The path of the learning rate in this spec, by the optimizer that it names or has by default."""
    from nnspec.frontend.config import TrainConfig
    from nnspec.frontend.merge import Files

    tree = Files().tree(spec.text, spec.overrides)
    optimizer = tree.get("train", "optimizer")
    if optimizer is None or optimizer.value is None:
        return f"train.optimizer.{TrainConfig().optimizer_kind}.learning_rate"
    kind = next(iter(optimizer.value), "") if optimizer.is_mapping else str(optimizer.value)
    before = optimizer.get(kind, "learning_rate")
    if before is not None and before.is_mapping:
        say(f"--lr takes the place of the schedule {next(iter(before.value), '')}", err=True)
    return f"train.optimizer.{kind}.learning_rate"
