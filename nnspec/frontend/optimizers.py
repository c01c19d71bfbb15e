"""The optimizers that a training steps with: each phase's own, or the training's where a phase names none."""

from __future__ import annotations

from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.data.protocol import Facts
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Epochs of a training with an optimizer that begins with them; ``setting`` is where it stands in the spec."""

    epochs: int
    optimizer: KindValue
    setting: tuple[str | int, ...]

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where its arguments are."""
        return *self.setting, self.optimizer.kind

    @property
    def rate(self) -> Any:
        """The learning rate as it is given or is by default: a number or a schedule; None: the optimizer has none."""
        default = catalog().defaults("optimizer", self.optimizer.kind).get("learning_rate")
        return self.optimizer.args.get("learning_rate", default)

    def steps(self, spec: Spec, facts: Facts) -> int | None:
        """The batches of its epochs; None where they are not known."""
        count = facts.examples.get("train")
        known = count is not None and not spec.required_data.tokens_per_batch
        return self.epochs * -(-count // spec.required_data.batch_size) if count is not None and known else None


def parts_of(spec: Spec) -> list[Part]:
    """The phases of a training, or all of it. The training's optimizer is none of them where each phase has its own."""
    train = spec.training
    found: list[tuple[int, Any, tuple[str | int, ...]]] = [(train.epochs, train.optimizer, ())]
    if train.phases:
        found = [
            (one.epochs, train.optimizer, ()) if one.optimizer is None else (one.epochs, one.optimizer, ("phases", at))
            for at, one in enumerate(train.phases)
        ]
    return [
        Part(epochs, value if isinstance(value, KindValue) else KindValue(str(value), {}), ("train", *at, "optimizer"))
        for epochs, value, at in found
    ]
