"""What `train.class_weight` says of each output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeGuard

from nnspec.frontend.spec import Spec, keras_name

ClassWeight = Literal["balanced"] | Mapping[str, float]


def is_by_output(wanted: Any) -> TypeGuard[Mapping[str, ClassWeight | float]]:
    """Whether weights are given by output: for one of them at least a mapping by label, or ``balanced``."""
    return isinstance(wanted, Mapping) and any(not isinstance(one, int | float) for one in wanted.values())


def by_output(spec: Spec) -> dict[str, ClassWeight]:
    """The class weights of each output that has some, by its name in the spec; given once, they hold for all."""
    wanted = spec.training.class_weight
    outputs = [output.name for output in spec.graph.outputs]
    if not wanted:
        return {}
    if not is_by_output(wanted):
        return dict.fromkeys(outputs, wanted)
    given = {keras_name(name): one for name, one in wanted.items()}
    found = {name: given.get(keras_name(name)) for name in outputs}
    return {name: one for name, one in found.items() if one and not isinstance(one, int | float)}
