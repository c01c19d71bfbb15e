"""What the cases are made of: numbers and shapes drawn at random, now and then unknown or wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Shape = tuple[int | None, ...]  # without the batch


@dataclass(frozen=True)
class Case:
    """A layer, the arguments that a user would give, and what it is called with."""

    kind: str
    args: dict[str, Any]
    inputs: list[tuple[Shape, str]]
    call: dict[str, Any] = field(default_factory=dict)


Draw = Callable[[Random], Case]


def rarely(r: Random, chance: float = 0.05) -> bool:
    return r.random() < chance


def dim(r: Random, low: int = 1, high: int = 9, unknown: float = 0.12) -> int | None:
    return None if rarely(r, unknown) else r.randint(low, high)


def dims(r: Random, count: int, **limits: Any) -> Shape:
    if rarely(r):
        count = max(0, count + r.choice((-1, 1)))
    return tuple(dim(r, **limits) for _ in range(count))


def number(r: Random) -> str:
    return r.choices(("float32", "int32", "float16"), (10, 1, 1))[0]


def common(r: Random) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if rarely(r, 0.1):  # bfloat16 alone is left out: TensorFlow cannot draw orthogonal weights in it
        args["dtype"] = r.choice(("float16", "float64", "mixed_bfloat16", "mixed_float16"))
    if rarely(r, 0.1):
        args["trainable"] = False
    if rarely(r, 0.05):
        args["autocast"] = False
    return args


def some(r: Random, **choices: Any) -> dict[str, Any]:
    """Each argument now and then, with one of its values."""
    return {name: r.choice(values) for name, values in choices.items() if r.random() < 0.5}


def sizes(r: Random, rank: int, low: int = 1, high: int = 3) -> Any:
    """One number, a number for each axis, or something else."""
    if rarely(r, 0.03):
        return r.choice((0, -1, [1] * (rank + 1)))
    return r.randint(low, high) if r.random() < 0.5 else [r.randint(low, high) for _ in range(rank)]


def spatial(r: Random, rank: int, args: dict[str, Any]) -> Shape:
    """An input of ``rank`` spatial dimensions; the channels are known more often than not."""
    shape = list(dims(r, rank))
    channels = dim(r, 1, 6, unknown=0.04)
    shape.insert(0 if args.get("data_format") == "channels_first" else len(shape), channels)
    return tuple(shape)


FORMATS = (None, "channels_last", "channels_first")


RECURRENT_FLAGS: dict[str, Any] = {
    "return_sequences": (True, False),
    "return_state": (True, False),
    "go_backwards": (False, False, True),
    "stateful": (False,) * 9 + (True,),
    "use_bias": (True, False),
}
