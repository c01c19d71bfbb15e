"""What is known of each layer kind without TensorFlow: one record a kind, in one table a family.

A rule that is missing makes an output unknown to ``check``, no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.layers.attention import ATTENTION
from nnspec.layers.convolution import CONVOLUTION
from nnspec.layers.core import CORE
from nnspec.layers.einsum import EINSUM
from nnspec.layers.images import IMAGES
from nnspec.layers.kind import NOTHING_KNOWN, LayerKind
from nnspec.layers.merging import MERGING
from nnspec.layers.normalization import NORMALIZATION
from nnspec.layers.pooling import POOLING
from nnspec.layers.preprocessing import PREPROCESSING
from nnspec.layers.recurrent import RECURRENT
from nnspec.layers.regularization import REGULARIZATION
from nnspec.layers.reshaping import RESHAPING
from nnspec.layers.rule import Call, Facts, NoRule, Rule, ShapeError, freeze
from nnspec.layers.sounds import SOUNDS
from nnspec.layers.types import KindValue, Symbol, TensorSpec
from nnspec.layers.wrappers import WRAPPERS
from nnspec.quick_classes import dataclass

__all__ = [
    "ALIASES",
    "KINDS",
    "Call",
    "Facts",
    "Inferred",
    "LayerKind",
    "NoRule",
    "Rule",
    "ShapeError",
    "canonical",
    "draws_random",
    "infer",
    "layer_kind",
    "layers_within",
]

KINDS: dict[str, LayerKind] = {
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
    **SOUNDS,
    **IMAGES,
    **WRAPPERS,
}
ALIASES = {alias: kind for kind, record in KINDS.items() for alias in record.aliases}


def canonical(kind: str) -> str:
    """The name of a kind under which its record stands; a name that is no alias stays."""
    return ALIASES.get(kind, kind)


def layer_kind(kind: str) -> LayerKind:
    """What is known of a kind, by any of its names; nothing of one that is neither Keras's nor nnspec's own."""
    return KINDS.get(canonical(kind), NOTHING_KNOWN)


def draws_random(record: LayerKind, args: Mapping[str, Any]) -> bool:
    """Whether a layer, or one within it, draws random numbers in training."""
    return record.draws_in(args) or any(draws_random(layer_kind(v.kind), v.args) for v in layers_within(args))


def layers_within(args: Mapping[str, Any]) -> Iterator[KindValue]:
    """The kinds that stand among a layer's arguments: layers and cells within, and initializers and the like."""
    for value in args.values():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, KindValue):
                yield item


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
    kind: str,
    args: Mapping[str, Any],
    inputs: Sequence[TensorSpec],
    call: Mapping[str, Any] | None = None,
    record: LayerKind | None = None,
) -> Inferred:
    """What a layer gives and holds.

    Args:
        kind: the name of the layer's class in ``keras.layers``.
        args: every argument, defaults filled in; layers within as ``KindValue``, filled in likewise. A ``Symbol``
            is a number that is not known yet, such as the number of classes before the data are seen.
        inputs: in the order in which the layer is called with them: a merging layer's list; query, value, key;
            a sequence and its initial states.
        call: further arguments of the call: ``return_attention_scores``, ``reverse``.
        record: of a kind that a plugin brings.

    Raises:
        ShapeError: the layer cannot take its input, or its arguments do not go together.
        NoRule: nothing is known of the kind, or of one within it.
    """
    record = record or layer_kind(kind)
    found = freeze(record.facts(Call(kind, _settled(args), tuple(inputs), call or {}, KINDS)), args)
    return Inferred(found.outputs, _number(found.weights + found.frozen), _number(found.weights), _number(found.macs))


def _settled(args: Mapping[str, Any]) -> dict[str, Any]:
    """An unknown argument is the same for all examples, unlike an unknown dimension."""
    return {name: Symbol(str(value), True) if isinstance(value, Symbol) else value for name, value in args.items()}


def _number(value: int | Symbol) -> int | None:
    return value if isinstance(value, int) else None
