"""What TFLite's builtin operations can stand for: one table, for ``check`` and for the export.

Measured with TensorFlow 2.21 and LiteRT 2.3; a layer that is not named here converts, or nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nnspec.layers.types import KindValue


class Refusal(NamedTuple):
    """Why a file cannot have a layer, and what to do instead."""

    reason: str
    hint: str


NOT_BUILTIN = {
    "TextVectorization": "look tokens up outside the model; its vocabulary travels beside the file",
    "StringLookup": "look strings up outside the model; its vocabulary travels beside the file",
    "IntegerLookup": "look values up outside the model",
    "Hashing": "hash outside the model",
    "HashedCrossing": "hash outside the model",
}

ACTIVATIONS = ("int8", "int16x8")  # quantizations of activations too, not of weights alone
NO_LOOP = Refusal(
    "int8 and int16x8 cannot quantize a recurrent layer that runs as a loop",
    "quantize: dynamic; or int8 with runtime: interpreter, which fuses an LSTM with tanh and sigmoid",
)
NO_WIDE_LSTM = Refusal("int16x8 has no fused LSTM", "quantize: int8 or dynamic")
NO_WIDE_HARD_SWISH = Refusal("int16x8 has no HARD_SWISH", "quantize: int8, or activation: silu")
NO_RECURRENT_INT4 = Refusal("int4 is for convolutions and Dense, and knows no recurrent layer", "quantize: dynamic")

HARD_SWISH = ("hard_silu", "hard_swish")
_LOOPS = {"CRF", "SimpleRNN", "GRU", "LSTM", "RNN", "JordanRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
_FUSABLE = {"activation": "tanh", "recurrent_activation": "sigmoid", "return_state": False}


def refused(kind: str, args: Mapping[str, Any]) -> Refusal | None:
    """Why no file of builtin operations can have this layer; None where it can."""
    if kind in NOT_BUILTIN:
        return Refusal(f"{kind} has no builtin operations", NOT_BUILTIN[kind])
    if kind == "Resizing" and "cubic" in str(args.get("interpolation")):
        return Refusal("bicubic resizing has no builtin operation", "interpolation: bilinear")
    return None


def refused_in(kind: str, args: Mapping[str, Any], *, quantize: str | None, fuse: bool) -> Refusal | None:
    """Why a TFLite file cannot have this layer, or one that it wraps.

    Args:
        args: as the spec gives them; what is left out has Keras's default.
        quantize: how the file is quantized; None where that is not said.
        fuse: LSTMs may become the fused kernel: of the default activations, whose state nobody asks for.
    """
    found = refused(kind, args) or _refused_by(quantize, kind, args, fuse and _is_fusable(kind, args))
    inner = (value for value in args.values() if isinstance(value, KindValue))
    return found or next(filter(None, (refused_in(v.kind, v.args, quantize=quantize, fuse=fuse) for v in inner)), None)


def _refused_by(quantize: str | None, kind: str, args: Mapping[str, Any], fused: bool) -> Refusal | None:
    if quantize in ACTIVATIONS and kind in _LOOPS and not fused:
        return NO_LOOP
    if quantize == "int16x8" and kind in _LOOPS:
        return NO_WIDE_LSTM
    if quantize == "int16x8" and args.get("activation") in HARD_SWISH:
        return NO_WIDE_HARD_SWISH
    return NO_RECURRENT_INT4 if quantize == "int4" and kind in _LOOPS else None


def _is_fusable(kind: str, args: Mapping[str, Any]) -> bool:
    return kind == "LSTM" and all(args.get(name, value) == value for name, value in _FUSABLE.items())
