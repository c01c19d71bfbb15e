"""The few activations of nnspec's own, words like Keras's: word -> function.

To add one: its function here, and its name at the end. Then ``nnspec schema --write``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


def keras2_hard_sigmoid(x: Any) -> Any:
    """``max(0, min(1, 0.2 * x + 0.5))``: ``hard_sigmoid`` before Keras 3, which calls ``relu6(x + 3) / 6`` so."""
    return keras.ops.clip(x * 0.2 + 0.5, 0.0, 1.0)


def gelu_tanh(x: Any) -> Any:
    """GELU by its formula with tanh, which `keras.ops.gelu` is by default; `gelu` is the exact one.

    Hendrycks and Gimpel, Gaussian error linear units, 2016: ``x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))``.
    """
    return keras.ops.gelu(x, approximate=True)


def abs(x: Any) -> Any:
    """The value without its sign."""
    return keras.ops.abs(x)


def ceil(x: Any) -> Any:
    """The next whole number above; its gradient is 0."""
    return keras.ops.ceil(x)


def cos(x: Any) -> Any:
    """The cosine of an angle in radians."""
    return keras.ops.cos(x)


def floor(x: Any) -> Any:
    """The next whole number below; its gradient is 0."""
    return keras.ops.floor(x)


def log(x: Any) -> Any:
    """The natural logarithm; of 0 it is minus infinity."""
    return keras.ops.log(x)


def log1p(x: Any) -> Any:
    """The natural logarithm of ``1 + x``, exact near 0; of -1 it is minus infinity."""
    return keras.ops.log1p(x)


def reciprocal(x: Any) -> Any:
    """``1 / x``; of 0 it is infinity."""
    return keras.ops.reciprocal(x)


def round(x: Any) -> Any:
    """The nearest whole number, of two the even one; its gradient is 0."""
    return keras.ops.round(x)


def rsqrt(x: Any) -> Any:
    """``1 / sqrt(x)``."""
    return keras.ops.rsqrt(x)


def sign(x: Any) -> Any:
    """-1, 0 or 1; its gradient is 0."""
    return keras.ops.sign(x)


def sin(x: Any) -> Any:
    """The sine of an angle in radians."""
    return keras.ops.sin(x)


def sqrt(x: Any) -> Any:
    """The square root; of a negative number it is no number."""
    return keras.ops.sqrt(x)


EXTRA_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    function.__name__: keras.saving.register_keras_serializable(package="nnspec")(function)
    for function in (
        gelu_tanh, keras2_hard_sigmoid, abs, ceil, cos, floor, log, log1p, reciprocal, round, rsqrt, sign, sin, sqrt,
    )
}  # fmt: skip
