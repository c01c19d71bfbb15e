"""The parts of a training: which epochs, which layers learn, and by which optimizer.

Between two parts the model is compiled again, so that a new optimizer begins without moments, as by hand (Chollet, Deep
learning with Python, 2nd edition, section 8.3: the new layers first, then all with a small learning rate).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.backend.keras_internals.layers import parts
from nnspec.frontend.config import PhaseConfig
from nnspec.frontend.settings_checks import matched
from nnspec.frontend.spec import Spec, keras_name
from nnspec.training.compile import Target, compile_model
from nnspec.training.rounding import enter_stage


@dataclass(frozen=True, slots=True)
class Phase:
    """`end` is the first epoch after it; `trainable` are patterns of names, None for what the layers say themselves."""

    end: int
    trainable: tuple[str, ...] | None
    optimizer: Any | None


def phases_of(spec: Spec) -> tuple[Phase, ...]:
    """The phases of a spec; one, of all epochs, where it names none."""
    train = spec.training
    found: list[Phase] = []
    for given in train.phases or (PhaseConfig(train.epochs),):
        patterns = train.trainable if given.trainable is None else given.trainable
        end = (found[-1].end if found else 0) + given.epochs
        found.append(Phase(end, patterns, given.optimizer))
    return tuple(found)


@dataclass
class Phases:
    """Brings a model into the phase of an epoch."""

    spec: Spec
    model: Any
    targets: Mapping[str, Target]
    phases: tuple[Phase, ...] = field(init=False)
    current: Phase | None = field(init=False, default=None)
    own: list[tuple[Any, bool]] = field(init=False)  # what layers, and those within them, say of themselves
    fixed: list[Any] = field(init=False)  # weights that never learn, such as a kernel that `lora_rank` adapts

    def __post_init__(self) -> None:
        self.phases = phases_of(self.spec)
        self.own = [(layer, layer.trainable) for layer in parts(self.model, include_self=False)]
        resting = {id(variable) for layer in self.model.layers if not layer.trainable for variable in _learning(layer)}
        self.fixed = [one for one in self.model.variables if not one.trainable and id(one) not in resting]

    def enter(self, epoch: int) -> bool:
        """Puts the model into the phase of an epoch; whether it was compiled for that.

        Raises:
            SpecError: Keras refuses the phase's optimizer.
        """
        enter_stage(self.spec.training, self.model, epoch)
        phase = next((phase for phase in self.phases if epoch < phase.end), self.phases[-1])
        if phase is self.current:
            return False
        before, self.current = self.current, phase
        for layer, own in self.own if phase.trainable is None else ():  # the outer ones first
            layer.trainable = own
        patterns = phase.trainable
        graph = self.spec.graph
        for layer in graph.layers if patterns is not None else ():
            if layer.shares is None:
                learns = any(matched(patterns or (), name) for name in graph.calls(layer))
                self.model.get_layer(keras_name(layer.name)).trainable = learns
        for variable in self.fixed:  # Keras has all weights of a layer learn where the layer does
            variable.trainable = False
        if before is None and phase.optimizer is None and phase.trainable is None:
            return False  # compiled as it is
        compile_model(self.model, self.spec, self.targets, phase.optimizer)
        return True


def _learning(layer: Any) -> list[Any]:
    """The weights of a layer at rest that may learn once a phase names it: all but a kernel that `lora_rank` adapts."""
    adapted = ("kernel", "embeddings") if getattr(layer, "lora_enabled", False) else ()
    return [variable for variable in layer.variables if variable.name not in adapted]
