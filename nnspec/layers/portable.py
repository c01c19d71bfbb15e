"""What TFLite's builtin operations can stand for, for ``check`` and for the export: the question to a kind's record.

A layer whose record says nothing converts, or nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.layers import layer_kind, layers_within
from nnspec.layers.kind import Mobile, Refusal

ACTIVATIONS = ("int8", "int16x8", "int8x4")  # quantizations of activations too, not of weights alone
WHOLE_NUMBERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
FOUR_BITS = ("int4", "int8x4")  # of weights
NO_LOOP = Refusal(
    "int8 and int16x8 cannot quantize a recurrent layer that runs as a loop",
    "quantize: dynamic; or int8 with runtime: unrolled, of a fixed length, or with runtime: interpreter, which fuses "
    "an LSTM with tanh and sigmoid",
)
NO_WIDE_LSTM = Refusal("int16x8 has no fused LSTM", "quantize: int8 or dynamic")
NO_WIDE_HARD_SWISH = Refusal("int16x8 has no HARD_SWISH", "quantize: int8, or activation: silu")
NO_RECURRENT_INT4 = Refusal(
    "weights of 4 bits are for convolutions and Dense, not for recurrent layers", "quantize: dynamic or int8"
)

HARD_SWISH = ("hard_silu", "hard_swish")


def refused(kind: str, args: Mapping[str, Any], makes: str | None = None) -> Refusal | None:
    """Why no file of builtin operations can have this layer; None where it can.

    Args:
        makes: the type of the numbers that it makes; None where that is not known.
    """
    mobile = layer_kind(kind).mobile
    if mobile.instead is not None:
        return Refusal(f"{kind} has no builtin operations", mobile.instead)
    if mobile.whole is not None and makes in WHOLE_NUMBERS:
        return mobile.whole
    return mobile.refuses(args) if mobile.refuses is not None else None


def refused_in(
    kind: str,
    args: Mapping[str, Any],
    *,
    quantize: str | None,
    fuse: bool,
    unroll: bool = False,
    makes: str | None = None,
) -> Refusal | None:
    """Why a TFLite file cannot have this layer, or one that it wraps.

    Args:
        args: as the spec gives them; what is left out has Keras's default.
        quantize: how the file is quantized; None where that is not said.
        fuse: LSTMs may become the fused kernel: of the default activations, whose state nobody asks for.
        unroll: steps are written out one by one, so that there are no loops.
        makes: the type of the numbers that it makes; None where that is not known.
    """
    mobile = layer_kind(kind).mobile
    found = refused(kind, args, makes) or _refused_by(
        quantize, mobile, fuse and _is_fusable(mobile, args), args, unroll
    )
    inner = layers_within(args)
    return found or next(
        filter(
            None, (refused_in(v.kind, v.args, quantize=quantize, fuse=fuse, unroll=unroll, makes=makes) for v in inner)
        ),
        None,
    )


def _refused_by(
    quantize: str | None, mobile: Mobile, fused: bool, args: Mapping[str, Any], unroll: bool
) -> Refusal | None:
    if quantize in FOUR_BITS and mobile.loop:
        return NO_RECURRENT_INT4
    if quantize in ACTIVATIONS and mobile.loop and not fused and not unroll:
        return NO_LOOP
    if quantize == "int16x8" and mobile.loop and not unroll:
        return NO_WIDE_LSTM
    if quantize == "int16x8" and args.get("activation") in HARD_SWISH:
        return NO_WIDE_HARD_SWISH
    return None


def _is_fusable(mobile: Mobile, args: Mapping[str, Any]) -> bool:
    return mobile.fused is not None and all(args.get(name, value) == value for name, value in mobile.fused.items())
