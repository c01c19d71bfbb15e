"""What callbacks do that others must know of. A test holds it against Keras's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What a callback does.

    Attributes:
        looks_if: the argument without which it looks at no quantity, whatever `monitor` says.
        sets_rate: it sets the optimizer's learning rate.
        needs_average: it takes the averages of the weights that an optimizer with `use_ema` keeps.
        endings: by whether it saves weights alone, how the name of its file ends: Keras tells the format by that.
        puts_if: the argument with which the averages stay in place after the epoch, for who saves the model then.
        chooses: it knows the best epoch by the quantity that it monitors. stops: it ends the training by that.
    """

    looks_if: str | None = None
    sets_rate: bool = False
    needs_average: bool = False
    puts_if: str | None = None
    chooses: bool = False
    stops: bool = False
    endings: Mapping[bool, tuple[str, ...]] = field(default_factory=dict)


_NOTHING: Final = Acts()
CALLBACKS: Final = {
    "EarlyStopping": Acts(chooses=True, stops=True),
    "ModelCheckpoint": Acts(
        looks_if="save_best_only", chooses=True, endings={False: (".keras", ".h5"), True: (".weights.h5",)}
    ),
    "ReduceLROnPlateau": Acts(sets_rate=True),
    "SwapEMAWeights": Acts(needs_average=True, puts_if="swap_on_epoch"),
}


def acts(callback: KindValue) -> Acts:
    return CALLBACKS.get(callback.kind, _NOTHING)
