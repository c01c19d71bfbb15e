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


# Fitted for this: x times the one over the other is erf(x) to 2e-8 where x is below ERF_END, and 1 beyond. By powers of
# the square of x, the highest first.
ERF_OVER = (2.0664569e-06, 0.00028504626, 0.0037379223, 0.052666749, 0.18965788, 1.1283793)
ERF_UNDER = (3.8269014e-05, 0.0011572615, 0.014913428, 0.11381511, 0.50141268, 1.0)
ERF_END = 3.9


def erf(x: Any) -> Any:
    """The error function, to 6e-7: a quotient of two polynomials, since TFLite has no operation for it."""
    x = keras.ops.clip(x, -ERF_END, ERF_END)
    square, over, under = x * x, ERF_OVER[0], ERF_UNDER[0]
    for more, less in zip(ERF_OVER[1:], ERF_UNDER[1:], strict=True):
        over, under = over * square + more, under * square + less
    return keras.ops.clip(x * over / under, -1.0, 1.0)


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
        gelu_tanh, keras2_hard_sigmoid, abs, ceil, cos, erf, floor, log, log1p, reciprocal, round, rsqrt, sign, sin,
        sqrt,
    )
}  # fmt: skip
