"""What is in a configuration but no public layer of Keras's, as public layers that compute the same to the bit.

Two sources: operations on tensors (``x + 3.0``, ``a * b``, ``keras.ops.relu``), and the layers that the files of
``keras.applications`` keep to themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnspec.backend.keras_internals import names
from nnspec.importing.cuts import cut
from nnspec.importing.einsum import summed
from nnspec.importing.errors import ImportFailed
from nnspec.importing.rearranged import taken
from nnspec.importing.steps import PREVIOUS, Step, Tensor
from nnspec.importing.tensor_operations import JOINING, bounded, of_one_tensor
from nnspec.importing.truths import COMPARISONS, LOGIC, TAKING, TRUTH, with_truths
from nnspec.layers.types import KindValue, is_number

MERGING = ("Add", "Subtract", "Multiply", "Maximum", "Minimum")


def is_operation(layer: Mapping[str, Any]) -> bool:
    """Whether a configuration's entry is an operation or a private layer, not a public one."""
    module = str(layer.get("module", ""))
    return names.is_operation(module) or names.is_private_layer(module, layer.get("class_name"))


def as_layers(layer: Mapping[str, Any], call: Mapping[str, Any], owner: str, masked: bool) -> tuple[Step, ...]:
    """The layers that compute what an operation does, one after the other.

    Args:
        call: ``args`` and ``kwargs``, with every tensor a ``Tensor``.
        masked: whether the model makes masks: a layer looks at them where the operation did not.

    Raises:
        ImportFailed: no layer does.
    """
    kind, config = str(layer["class_name"]), layer.get("config") or {}
    given = [*call["args"], *(value for value in call["kwargs"].values() if value is not None)]
    if kind == "LayerScale":
        return (_layer_scale(config, given[0]),)
    if kind == "CustomScaleLayer":
        left, right = given[0]
        return (Step("Rescaling", {"scale": config["scale"]}, (right,)), Step("Add", {}, (left, PREVIOUS)))
    steps: Sequence[Step] | None = None
    if kind not in TAKING and any(isinstance(one, Tensor) and one.dtype == TRUTH for one in given):
        steps = None
    elif kind in COMPARISONS or kind in LOGIC or kind == "Where":
        steps = with_truths(kind, given)
    elif kind in JOINING and given and isinstance(given[0], list):
        steps = JOINING[kind](given[0], config)
    elif kind == "Einsum":
        steps = summed(given, str(config.get("subscripts")))
    elif len(given) == 1 and isinstance(given[0], Tensor):
        steps = of_one_tensor(kind, given[0], config, masked)
    elif kind == "GetItem" and len(given) == 2 and isinstance(given[0], Tensor):
        steps = cut(*given)
    elif kind == "Take" and len(given) == 2 and isinstance(given[0], Tensor):
        steps = taken(given[0], given[1], config)
    elif kind == "Pad" and given[1:] == [0]:  # the value, which is 0 anyhow
        steps = of_one_tensor(kind, given[0], config, masked)
    elif kind == "Append" and len(given) == 2:
        steps = JOINING["Concatenate"](given, config)
    elif len(given) == 2:
        steps = _multiplied(given, config) if kind == "Matmul" else _binary(kind, *given)
    if not steps:
        message = f"{owner} is the operation `{kind}` of keras.ops, for which there is no layer that does just that"
        raise ImportFailed(message, hint="write it as a layer in Keras, save the model and import it again")
    return tuple(steps)


def gives_its_tensor(layer: Mapping[str, Any], call: Mapping[str, Any]) -> bool:
    """Whether an operation gives the very tensor that it takes, with its mask: a cast to the type that it has."""
    given = call["args"][0] if call["args"] else None
    if layer["class_name"] not in ("Cast", "ConvertToTensor") or not isinstance(given, Tensor):
        return False
    return (layer.get("config") or {}).get("dtype") in (None, given.dtype)


def _layer_scale(config: Mapping[str, Any], tensor: Tensor) -> Step:
    """A trainable factor for each channel: a product with a vector, which is its kernel."""
    axes = "abcdefgh"[: len(tensor.shape)]
    shape = [None] * (len(axes) - 2) + [config["projection_dim"]]
    initializer = KindValue("Constant", {"value": config["init_values"]})
    equation = f"{axes},{axes[-1]}->{axes}"
    return Step(
        "EinsumDense", {"equation": equation, "output_shape": shape, "kernel_initializer": initializer}, (tensor,)
    )


def _multiplied(given: Sequence[Any], config: Mapping[str, Any]) -> Sequence[Step] | None:
    """Matrices of each example, either of them turned where TensorFlow says so; several of each by a layer of ours."""
    if any(not isinstance(one, Tensor) or len(one.shape) != len(given[0].shape) for one in given):
        return None
    if len(given[0].shape) > 3:
        return _of_several(given, config)
    if len(given[0].shape) < 3:
        return None
    axes = [1 if config.get("transpose_a") else 2, 2 if config.get("transpose_b") else 1]
    return (Step("Dot", {"axes": axes}, tuple(given)),)


def _of_several(given: Sequence[Tensor], config: Mapping[str, Any]) -> Sequence[Step] | None:
    left, right = given
    alike = all(one == two and one is not None for one, two in zip(left.shape[1:-2], right.shape[1:-2], strict=True))
    if not alike or any(not one.dtype.startswith(("float", "bfloat")) for one in given):
        return None  # Keras would repeat the one for each of the other
    turned = {name: True for name in ("transpose_a", "transpose_b") if config.get(name)}
    return (Step("MatMul", turned, (left, right)),)


def _binary(kind: str, left: Any, right: Any) -> Sequence[Step] | None:
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        # Tensors of unlike rank are aligned by their last dimension here, by their first in a merging layer.
        if len(left.shape) != len(right.shape):
            return None
        if kind in ("Divide", "TrueDivide") and all(one.dtype.startswith(("float", "bfloat")) for one in (left, right)):
            return (_function("reciprocal", right), Step("Multiply", {}, (left, PREVIOUS)))
        if kind == "SquaredDifference":
            return (Step("Subtract", {}, (left, right)), Step("Multiply", {}, (PREVIOUS, PREVIOUS)))
        if {left.dtype, right.dtype} == {TRUTH}:
            return None
        return (Step(kind, {}, (left, right)),) if kind in MERGING else None
    tensor, value = (left, right) if isinstance(left, Tensor) else (right, left)
    number = constant(value)
    if not isinstance(tensor, Tensor) or number is None:
        return None
    if not tensor.dtype.startswith(("float", "bfloat")):
        return None  # Rescaling would turn whole numbers into real ones
    if isinstance(number, list):
        if tensor.shape[-1] != len(number):
            return None
    elif kind == "Power" and tensor is left and number == 2:
        return (Step("Multiply", {}, (tensor, tensor)),)
    elif kind == "Power" and tensor is left and number in ROOTS:
        return (_function(ROOTS[number], tensor),)
    elif kind in ("Divide", "TrueDivide") and tensor is right:
        scaled = () if number == 1 else (Step("Rescaling", {"scale": number}, (PREVIOUS,)),)
        return (_function("reciprocal", tensor), *scaled)
    elif kind == "Power" and tensor is left and number in (3, 4):
        return (Step("Multiply", {}, (tensor,) * int(number)),)
    elif kind in ("Maximum", "Minimum"):
        return bounded(tensor, *((number, None) if kind == "Maximum" else (None, number)))
    scale, offset = _affine(kind, number, tensor is left)
    if scale is None:
        return None
    nothing = 0.0 if not isinstance(offset, list) else None
    return (Step("Rescaling", {"scale": scale, **({} if offset == nothing else {"offset": offset})}, (tensor,)),)


ROOTS = {0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}


def _function(name: str, tensor: Tensor) -> Step:
    return Step("Activation", {"activation": name}, (tensor,))


def constant(value: Any) -> float | list[float] | None:
    """A number, or one for each channel: an array of a single row, which stands for all places before the channels."""
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        value = value["config"]["value"]
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
    if isinstance(value, list):
        return value if all(is_number(item) for item in value) else None
    return value if is_number(value) else None


def _affine(kind: str, number: Any, tensor_first: bool) -> tuple[Any, Any]:
    """``scale`` and ``offset`` that say the same; no scale where none do.

    All give the same bits but a division: it is by a product with the inverse, which may differ in the last one.
    """
    if kind == "Add":
        return 1.0, number
    if kind == "Subtract":
        return (1.0, _each(number, float.__neg__)) if tensor_first else (-1.0, number)
    if kind == "Multiply":
        return number, 0.0
    if kind in ("Divide", "TrueDivide") and tensor_first and (all(number) if isinstance(number, list) else number):
        return _each(number, lambda value: 1 / value), 0.0
    return None, 0.0


def _each(number: Any, function: Callable[[float], float]) -> Any:
    return [function(float(item)) for item in number] if isinstance(number, list) else function(float(number))
