"""Between which values the outputs of an activation are: what it can answer, and what is left for a layer behind it."""

from __future__ import annotations

from math import inf

UNIT = (0.0, 1.0)
# Keras's formulas; of the smooth ones the least value, rounded down. What is not here is not known.
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("sigmoid", "softmax", "hard_sigmoid", "keras2_hard_sigmoid", "sparse_sigmoid", "sparsemax"), UNIT),
    **dict.fromkeys(("erf", "tanh", "softsign", "hard_tanh"), (-1.0, 1.0)),
    **dict.fromkeys(("relu", "softplus", "exponential", "squareplus"), (0.0, inf)),
    **dict.fromkeys(("log_softmax", "log_sigmoid"), (-inf, 0.0)),
    "relu6": (0.0, 6.0),
    **dict.fromkeys(("elu", "celu"), (-1.0, inf)),
    "selu": (-1.76, inf),
    "gelu": (-0.18, inf),
    "silu": (-0.28, inf),
    "mish": (-0.31, inf),
    "hard_silu": (-0.38, inf),
    **dict.fromkeys(("leaky_relu", "hard_shrink", "soft_shrink", "tanh_shrink"), (-inf, inf)),
}
# After which an output is a distribution or a probability.
PROBABILITIES = frozenset(name for name, ends in RANGES.items() if ends == UNIT)
FLAT = frozenset(("ceil", "floor", "round", "sign"))  # their gradient is 0
# Of numbers below 0 they have no value: one of them, and the loss is nan.
FROM_ZERO = frozenset(("log", "sqrt", "rsqrt"))
