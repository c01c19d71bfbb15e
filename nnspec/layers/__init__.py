"""What is known of each layer kind without TensorFlow: output shapes and types, weights, multiply-adds.

One entry a kind, in one table a family. A rule that is missing makes an output unknown to ``check``, no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.layers.attention import ATTENTION
from nnspec.layers.convolution import CONVOLUTION
from nnspec.layers.core import CORE
from nnspec.layers.einsum import EINSUM
from nnspec.layers.images import IMAGES
from nnspec.layers.merging import MERGING
from nnspec.layers.normalization import NORMALIZATION
from nnspec.layers.pooling import POOLING
from nnspec.layers.preprocessing import PREPROCESSING
from nnspec.layers.recurrent import RECURRENT
from nnspec.layers.regularization import REGULARIZATION
from nnspec.layers.reshaping import RESHAPING
from nnspec.layers.rule import Call, Facts, NoRule, Rule, ShapeError, freeze
from nnspec.layers.types import Symbol, TensorSpec
from nnspec.layers.wrappers import WRAPPERS

__all__ = ["ALIASES", "KINDS", "WITHOUT_RULE", "Call", "Facts", "Inferred", "NoRule", "Rule", "ShapeError", "infer"]

ALIASES = {
    **{
        f"{short}{rank}D": f"{long}{rank}D"
        for rank in (1, 2, 3)
        for short, long in {
            "Convolution": "Conv",
            "MaxPool": "MaxPooling",
            "AvgPool": "AveragePooling",
            "GlobalMaxPool": "GlobalMaxPooling",
            "GlobalAvgPool": "GlobalAveragePooling",
        }.items()
    },
    **{f"Convolution{rank}DTranspose": f"Conv{rank}DTranspose" for rank in (1, 2, 3)},
    **{f"SeparableConvolution{rank}D": f"SeparableConv{rank}D" for rank in (1, 2)},
}

KINDS: dict[str, Rule] = {
    **CORE,
    **EINSUM,
    **CONVOLUTION,
    **POOLING,
    **RECURRENT,
    **ATTENTION,
    **MERGING,
    **RESHAPING,
    **NORMALIZATION,
    **REGULARIZATION,
    **PREPROCESSING,
    **IMAGES,
    **WRAPPERS,
}
KINDS.update({alias: KINDS[kind] for alias, kind in ALIASES.items()})

# Keras's layers that have none, and why
WITHOUT_RULE = {
    "Lambda": "runs code",
    "TFSMLayer": "is a file",
    "JaxLayer": "runs code",
    "FlaxLayer": "runs code",
    "TorchModuleWrapper": "runs code",
    "MaxNumBoundingBoxes": "works on dictionaries of boxes",
    "SimpleRNNCell": "is walked by RNN, not called",
    "GRUCell": "is walked by RNN, not called",
    "LSTMCell": "is walked by RNN, not called",
    "StackedRNNCells": "is walked by RNN, not called",
    "JordanCell": "is walked by RNN, not called",
    "Layer": "is a base class",
    "Wrapper": "is a base class",
}


@dataclass(frozen=True, slots=True)
class Inferred:
    """What one call of a layer gives and holds.

    Attributes:
        outputs: shapes, batch first, and types, in the order in which the layer returns them, flattened.
        params: numbers in all weights, as Keras's ``count_params``; None only where an argument is a ``Symbol``.
        trainable_params: those that training changes.
        macs: multiply-adds of convolutions and matrix products for one example; None where a dimension that they
            depend on varies.
    """

    outputs: tuple[TensorSpec, ...]
    params: int | None
    trainable_params: int | None
    macs: int | None


def infer(
    kind: str, args: Mapping[str, Any], inputs: Sequence[TensorSpec], call: Mapping[str, Any] | None = None
) -> Inferred:
    """What a layer gives and holds.

    Args:
        kind: the name of the layer's class in ``keras.layers``.
        args: every argument, defaults filled in; layers within as ``KindValue``, filled in likewise. A ``Symbol``
            is a number that is not known yet, such as the number of classes before the data are seen.
        inputs: in the order in which the layer is called with them: a merging layer's list; query, value, key;
            a sequence and its initial states.
        call: further arguments of the call: ``return_attention_scores``, ``reverse``.

    Raises:
        ShapeError: the layer cannot take its input, or its arguments do not go together.
        NoRule: nothing is known of the kind, or of one within it.
    """
    if kind not in KINDS:
        raise NoRule(kind)
    found = freeze(KINDS[kind](Call(kind, _settled(args), tuple(inputs), call or {}, KINDS)), args)
    return Inferred(found.outputs, _number(found.weights + found.frozen), _number(found.weights), _number(found.macs))


def _settled(args: Mapping[str, Any]) -> dict[str, Any]:
    """An unknown argument is the same for all examples, unlike an unknown dimension."""
    return {name: Symbol(str(value), True) if isinstance(value, Symbol) else value for name, value in args.items()}


def _number(value: int | Symbol) -> int | None:
    return value if isinstance(value, int) else None
