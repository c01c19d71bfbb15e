"""The parts of a training: which epochs, which layers learn, and by which optimizer.

Between two parts the model is compiled anew, so that a new optimizer begins without moments, as by hand (Chollet, Deep
learning with Python, 2nd edition, section 8.3: the new layers first, then all with a small learning rate).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.frontend.phases import matched
from nnspec.frontend.spec import Spec, keras_name
from nnspec.training.compile import Target, compile_model
from nnspec.training.workers import adapt, is_multi_worker


@dataclass(frozen=True, slots=True)
class Phase:
    """`end` is the first epoch after it; `trainable` are patterns of names, None for what the layers say themselves."""

    end: int
    trainable: tuple[str, ...] | None
    optimizer: Any | None


def phases_of(spec: Spec) -> tuple[Phase, ...]:
    """The phases of a spec; one, of all epochs, where it names none."""
    train = spec.train or {}
    common = train.get("trainable")
    found: list[Phase] = []
    for given in train.get("phases") or [{"epochs": train.get("epochs", 10)}]:
        patterns = given.get("trainable", common)
        end = (found[-1].end if found else 0) + int(given["epochs"])
        found.append(Phase(end, None if patterns is None else tuple(patterns), given.get("optimizer")))
    return tuple(found)


@dataclass
class Phases:
    """Brings a model into the phase of an epoch."""

    spec: Spec
    model: Any
    targets: Mapping[str, Target]
    strategy: Any | None
    phases: tuple[Phase, ...] = ()
    current: Phase | None = None
    own: dict[str, bool] = field(default_factory=dict)  # what the layers say of themselves

    def __post_init__(self) -> None:
        self.phases = phases_of(self.spec)
        self.own = {layer.name: layer.trainable for layer in self.model.layers}

    def enter(self, epoch: int) -> bool:
        """Puts the model into the phase of an epoch; whether it was compiled for that.

        Raises:
            SpecError: Keras refuses the phase's optimizer.
        """
        phase = next((phase for phase in self.phases if epoch < phase.end), self.phases[-1])
        if phase is self.current:
            return False
        before, self.current = self.current, phase
        for layer in self.spec.graph.layers:
            made = self.model.get_layer(keras_name(layer.shares or layer.name))
            made.trainable = self.own[made.name] if phase.trainable is None else matched(phase.trainable, layer.name)
        if before is None and phase.optimizer is None and phase.trainable is None:
            return False  # compiled as it is
        compile_model(self.model, self.spec, self.targets, phase.optimizer)
        if is_multi_worker(self.strategy):
            adapt(self.model)
        return True
