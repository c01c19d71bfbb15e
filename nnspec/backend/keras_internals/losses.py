"""Losses: their settings, and how the losses of elements become one number."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras.src.losses import loss as reductions
from keras.src.losses.losses import LossFunctionWrapper

MEANS = ("mean", "sum_over_batch_size")  # of masked steps
WEIGHTED = "mean_with_sample_weight"


def from_logits(loss: Any) -> bool | None:
    """Whether a loss takes logits; None where it makes no difference to it.

    Some losses keep it as an attribute and others among the arguments of their function. ``get_config`` would serialize
    a loss's function too, which fails for one that is not registered.
    """
    setting = getattr(loss, "from_logits", None)
    return getattr(loss, "_fn_kwargs", {}).get("from_logits") if setting is None else setting


def is_one_function(cls: type) -> bool:
    """Whether a class of losses is a function that Keras knows by words too, and can be made without arguments.

    The base of these classes has no public name.
    """
    return issubclass(cls, LossFunctionWrapper) and all(
        parameter.default is not parameter.empty
        for parameter in list(inspect.signature(cls).parameters.values())
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    )


def reduced(values: Any, weight: Any, reduction: str) -> Any:
    """Losses, already weighted, as the one number that Keras makes of them.

    ``Loss.__call__`` is the public way, but it takes the output's mask for itself, which a loss of whole sequences
    needs. The function is looked up at each call, so that ``scaled_means`` holds for it.
    """
    return reductions.reduce_values(values, weight, reduction)


@contextmanager
def scaled_means(share: Callable[[Any], Any]) -> Iterator[None]:
    """Within it, traced losses that are means over real steps are multiplied by ``share`` of their mask or weights.

    Keras 3.15 divides by the steps of each replica and takes the mean of these means. No setting changes the divisor;
    all losses go through these two functions of one module.

    Args:
        share: takes a mask or weights, and returns a float scalar.
    """
    apply_mask, reduce_values = reductions.apply_mask, reductions.reduce_values

    def masked(sample_weight: Any, mask: Any, dtype: Any, reduction: str) -> Any:
        weight = apply_mask(sample_weight, mask, dtype, reduction)
        return weight if mask is None or reduction not in MEANS else weight * _like(share(mask), weight)

    def whole(values: Any, sample_weight: Any = None, reduction: str = "sum_over_batch_size") -> Any:
        loss = reduce_values(values, sample_weight, reduction)
        if sample_weight is None or reduction != WEIGHTED:
            return loss
        return loss * _like(share(sample_weight), loss)

    reductions.apply_mask, reductions.reduce_values = masked, whole
    try:
        yield
    finally:
        reductions.apply_mask, reductions.reduce_values = apply_mask, reduce_values


def _like(number: Any, values: Any) -> Any:
    return tf.cast(number, values.dtype)
