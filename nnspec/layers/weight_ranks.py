"""How many axes weights have, and which initializers, regularizers and constraints go with them.

Keras finds out when it makes the weight, TensorFlow when the first batch comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from nnspec.layers.rule import FLOATS, Call, Facts, ShapeError
from nnspec.layers.types import Dim, KindValue

Axes = int | tuple[Dim | None, Dim | None]  # how many, or the sizes of a matrix; None where nobody asks for one
RanksOf = Mapping[str, Axes] | Callable[[Call], Mapping[str, Axes]]

MATRIX: Final = "a matrix"
NEEDS: Final = {  # least and most axes of what an initializer draws or a regularizer looks at
    "orthogonalregularizer": (2, 2, MATRIX),
    "identity": (2, 2, MATRIX),
    "identityinitializer": (2, 2, MATRIX),
    "orthogonal": (2, 99, "a matrix, or a kernel of more axes"),
    "orthogonalinitializer": (2, 99, "a matrix, or a kernel of more axes"),
    "stft": (3, 3, "a kernel of 3 axes"),
    "stftinitializer": (3, 3, "a kernel of 3 axes"),
}


def check_ranks(ranks: RanksOf | None, call: Call, facts: Facts) -> None:
    """Refuses what does not go with the axes of a weight, or with those of the output."""
    axes = dict(ranks(call) if callable(ranks) else ranks or {})
    found = {name: len(one) if isinstance(one, tuple) else one for name, one in axes.items()}
    if call.get("use_bias") is False:
        found.pop("bias", None)
    found["activity"] = len(facts.outputs[0].shape) if facts.outputs else 0
    for argument, value in call.args.items():
        weight, _, setting = argument.rpartition("_")
        if value is None or setting not in ("initializer", "regularizer", "constraint"):
            continue
        if call.get("dtype") == "bfloat16" and _key(value).startswith("orthogonal") and setting == "initializer":
            hint = "mixed_bfloat16 keeps the weights in float32; or another initializer"
            raise ShapeError(f"{argument}: orthogonal weights cannot be drawn in bfloat16", hint, argument)
        if weight == "activity":
            _check_activity(argument, value, call, facts)
        if weight in found and _key(value).startswith("orthogonalregularizer") and _type_of_weights(call) != "float32":
            hint = "mixed_float16 and mixed_bfloat16 keep the weights in float32"
            raise ShapeError(f"{argument}: Keras's OrthogonalRegularizer computes in float32 alone", hint, argument)
        if isinstance(sizes := axes.get(weight), tuple) and _key(value).startswith("orthogonalregularizer"):
            _check_pairs(argument, value, sizes)
        if weight in found and _key(value).startswith("stft") and found[weight] == 3:
            _check_one_channel(argument, call)
        if weight in found:
            _check(argument, value, found[weight], "the output" if weight == "activity" else f"its {weight or 'table'}")


def _check_pairs(argument: str, value: Any, sizes: tuple[Dim | None, Dim | None]) -> None:
    """A mean over pairs of rows, or of columns, is no number where there is only one of them."""
    mode = value.args.get("mode", "rows") if isinstance(value, KindValue) else "rows"
    if sizes[mode == "columns"] == 1:
        message = f"{argument}: OrthogonalRegularizer compares {mode} with each other, and there is one alone"
        raise ShapeError(message, "leave it out: one vector is orthogonal by itself", argument)


def _check_one_channel(argument: str, call: Call) -> None:
    """Keras's STFT draws the kernel of one input channel, whatever it is asked for."""
    channels = call.input.shape[1 if call.get("data_format") == "channels_first" else -1]
    if isinstance(channels, int) and channels != (call.get("groups") or 1):
        message = f"{argument}: STFT is for the kernel of one input channel, and the input has {channels}"
        raise ShapeError(message, argument=argument)


def _type_of_weights(call: Call) -> str:
    name = call.get("dtype")
    return "float32" if not isinstance(name, str) or name.startswith("mixed_") else name


def _check_activity(argument: str, value: Any, call: Call, facts: Facts) -> None:
    """Refuses a penalty that cannot be taken of the outputs."""
    names = {spec.values for spec in facts.outputs}
    if not names <= FLOATS:
        hint = "`Rescaling: 1.0` before it makes floats of them"
        raise ShapeError(f"{argument} is taken of floats, and the output is {min(names - FLOATS)}", hint, argument)
    if not _key(value).startswith("orthogonalregularizer"):
        return
    by_columns = isinstance(value, KindValue) and value.args.get("mode") == "columns"
    shape = facts.outputs[0].shape
    if len(shape) == 2 and not (by_columns and isinstance(shape[1], int)):
        message = f"{argument}: OrthogonalRegularizer compares rows that it counts beforehand, and the batch varies"
        raise ShapeError(message, "`OrthogonalRegularizer: {mode: columns}` compares units", argument)
    if call.dtype != "float32":
        message = f"{argument}: Keras's OrthogonalRegularizer computes in float32 alone, and the output is {call.dtype}"
        raise ShapeError(message, None, argument)


def _check(argument: str, value: Any, rank: int, what: str) -> None:
    low, high, wanted = NEEDS.get(_key(value), (0, 99, ""))
    if not low <= rank <= high:
        name = value.kind if isinstance(value, KindValue) else value
        raise ShapeError(f"{argument}: {name} is for {wanted}, and {what} has {_axes(rank)}", argument=argument)
    axis = value.args.get("axis") if argument.endswith("_constraint") and isinstance(value, KindValue) else None
    for one in axis if isinstance(axis, list | tuple) else (axis,):
        if isinstance(one, int) and not -rank <= one < rank:
            raise ShapeError(f"{argument}: axis {one} does not exist: {what} has {_axes(rank)}", argument=argument)


def _axes(rank: int) -> str:
    return "one axis" if rank == 1 else f"{rank} axes"


def _key(value: Any) -> str:
    name = value.kind if isinstance(value, KindValue) else value
    return name.replace("_", "").lower() if isinstance(name, str) else ""
