"""The ``data`` section of a spec as a value: its settings and their defaults, of which this is the one home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class DataConfig:
    """
    Attributes:
        source: where the examples come from.
        split: by part, what is held back: a share of the source, a path, arguments of the source to replace, or None.
        batch_size: examples a step, over all replicas.
        bucket_by_length: whether the sequences of a batch are of about the same length.
        tokens_per_batch: steps of a training batch at most, padding included, in place of `batch_size` examples.
        shuffle: whether each epoch has a new order.
        seed: of a random split. (That of the order is the training's.)
        augment: preprocessing layers for the training part.
        moves: by target that is a place in the image, how it is written: "points", "relative_boxes", ...
        classes: the labels in order; None where the data say.
        one_hot: whether labels become vectors.
        silence: codes of warnings on the data that are not told, or `all`.
        targets: "inputs": the network learns to give its own inputs, whatever targets the source has.
        numbers: outputs whose loss fits numbers, so that whole numbers among their targets are no classes; follows from
            `train` and the network.
    """

    source: KindValue
    split: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int = 32
    bucket_by_length: bool = False
    tokens_per_batch: int | None = None
    shuffle: bool = True
    seed: int = 0
    augment: tuple[KindValue, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)
    classes: Sequence[str | bool | float] | None = None
    one_hot: bool = False
    silence: Sequence[str] = ()

    def silences(self, code: str) -> bool:
        """Whether a warning on the data is not to be told."""
        return code in self.silence or "all" in self.silence

    targets: Literal["inputs"] | None = None
    numbers: Literal["all"] | tuple[str, ...] = ()
