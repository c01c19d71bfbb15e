"""What is in a configuration but no public layer of Keras's, as public layers that compute the same to the bit.

Two sources: operations on tensors (``x + 3.0``, ``a * b``, ``keras.ops.relu``), and the layers that the files of
``keras.applications`` keep to themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.backend.keras_internals import names
from nnspec.importing.errors import ImportFailed
from nnspec.layers.types import KindValue

MERGING = ("Add", "Subtract", "Multiply", "Maximum", "Minimum")
ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Silu": "silu",
    "Selu": "selu",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor among the arguments of a call: which, and what is known of it."""

    source: Any
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of what stands for an operation. It takes ``inputs``; ``PREVIOUS`` is the step before."""

    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()


PREVIOUS = object()


def is_operation(layer: Mapping[str, Any]) -> bool:
    """Whether a configuration's entry is an operation or a private layer, not a public one."""
    module = str(layer.get("module", ""))
    return names.is_operation(module) or names.is_private_layer(module, layer.get("class_name"))


def as_layers(layer: Mapping[str, Any], call: Mapping[str, Any], owner: str) -> tuple[Step, ...]:
    """The layers that compute what an operation does.

    Args:
        call: ``args`` and ``kwargs``, with every tensor a ``Tensor``.

    Raises:
        ImportFailed: no layer does.
    """
    kind, config = str(layer["class_name"]), layer.get("config") or {}
    given = [*call["args"], *call["kwargs"].values()]
    if kind == "LayerScale":
        return (_layer_scale(config, given[0]),)
    if kind == "CustomScaleLayer":
        left, right = given[0]
        return (Step("Rescaling", {"scale": config["scale"]}, (right,)), Step("Add", {}, (left, PREVIOUS)))
    steps = None
    if kind == "Concatenate" and given and isinstance(given[0], list):
        axis = config.get("axis", 0)
        steps = Step("Concatenate", {} if axis == -1 else {"axis": axis}, tuple(given[0]))
    elif len(given) == 1 and isinstance(given[0], Tensor):
        steps = Step("Activation", {"activation": ACTIVATIONS[kind]}, (given[0],)) if kind in ACTIVATIONS else None
    elif len(given) == 2:
        steps = _binary(kind, *given)
    if steps is None:
        message = f"{owner} is the operation `{kind}` of keras.ops, for which there is no layer that does just that"
        raise ImportFailed(message, hint="write it as a layer in Keras, save the model and import it again")
    return (steps,)


def _layer_scale(config: Mapping[str, Any], tensor: Tensor) -> Step:
    """A trainable factor for each channel: a product with a vector, which is its kernel."""
    axes = "abcdefgh"[: len(tensor.shape)]
    shape = [None] * (len(axes) - 2) + [config["projection_dim"]]
    initializer = KindValue("Constant", {"value": config["init_values"]})
    equation = f"{axes},{axes[-1]}->{axes}"
    return Step(
        "EinsumDense", {"equation": equation, "output_shape": shape, "kernel_initializer": initializer}, (tensor,)
    )


def _binary(kind: str, left: Any, right: Any) -> Step | None:
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        # Tensors of unlike rank are aligned by their last dimension here, by their first in a merging layer.
        fits = kind in MERGING and len(left.shape) == len(right.shape)
        return Step(kind, {}, (left, right)) if fits else None
    tensor, number = (left, right) if isinstance(left, Tensor) else (right, left)
    if not isinstance(tensor, Tensor) or isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if not tensor.dtype.startswith(("float", "bfloat")):
        return None  # Rescaling would turn whole numbers into real ones
    scale, offset = _affine(kind, number, tensor is left)
    if scale is None:
        return None
    return Step("Rescaling", {"scale": scale, **({"offset": offset} if offset else {})}, (tensor,))


def _affine(kind: str, number: float, tensor_first: bool) -> tuple[float | None, float]:
    """``scale`` and ``offset`` that give the same bits; no scale where none do."""
    if kind == "Add":
        return 1.0, number
    if kind == "Subtract":
        return (1.0, -number) if tensor_first else (-1.0, number)
    if kind == "Multiply":
        return number, 0.0
    if kind in ("Divide", "TrueDivide") and tensor_first and number and abs(math.frexp(number)[0]) == 0.5:
        return 1 / number, 0.0  # exact for powers of two alone
    return None, 0.0
