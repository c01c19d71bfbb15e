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

LOOP_IN_INT8 = Refusal(
    "int8 cannot quantize a recurrent layer that runs as a loop",
    "quantize: dynamic; or runtime: interpreter, which fuses an LSTM with tanh and sigmoid",
)

_LOOPS = {"CRF", "SimpleRNN", "GRU", "LSTM", "RNN", "JordanRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
_FUSABLE = {"activation": "tanh", "recurrent_activation": "sigmoid", "return_state": False}


def refused(kind: str, args: Mapping[str, Any]) -> Refusal | None:
    """Why no file of builtin operations can have this layer; None where it can."""
    if kind in NOT_BUILTIN:
        return Refusal(f"{kind} has no builtin operations", NOT_BUILTIN[kind])
    if kind == "Resizing" and "cubic" in str(args.get("interpolation")):
        return Refusal("bicubic resizing has no builtin operation", "interpolation: bilinear")
    return None


def refused_in(kind: str, args: Mapping[str, Any], *, int8: bool, fuse: bool) -> Refusal | None:
    """Why a TFLite file cannot have this layer, or one that it wraps.

    Args:
        args: as the spec gives them; what is left out has Keras's default.
        int8: activations are quantized too, which a loop cannot be.
        fuse: LSTMs may become the fused kernel: of the default activations, whose state nobody asks for.
    """
    found = refused(kind, args)
    if found is None and int8 and kind in _LOOPS and not (fuse and _is_fusable(kind, args)):
        found = LOOP_IN_INT8
    inner = (value for value in args.values() if isinstance(value, KindValue))
    return found or next(filter(None, (refused_in(v.kind, v.args, int8=int8, fuse=fuse) for v in inner)), None)


def _is_fusable(kind: str, args: Mapping[str, Any]) -> bool:
    return kind == "LSTM" and all(args.get(name, value) == value for name, value in _FUSABLE.items())
