"""What stands for an operation: layers one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor among the arguments of a call: which, and what is known of it; its shape begins with the batch."""

    source: Any
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The output of an earlier step of the same operation: a number from 0, or -1 for the one before."""

    step: int


PREVIOUS = Earlier(-1)


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of what stands for an operation.

    Attributes:
        inputs: tensors, or earlier steps.
        comes_out: whether it is an output of the operation; the last step is in any case.
        outputs: how many outputs the layer has.
    """

    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Tensor | Earlier, ...] = ()
    comes_out: bool = False
    outputs: int = 1


Steps = Sequence[Step] | None  # None: no layer does just that
