"""``EinsumDense``: a product of the input with a kernel, in Einstein's notation."""

from __future__ import annotations

import re
from dataclasses import replace

from nnspec.layers import operations
from nnspec.layers.core import adapted
from nnspec.layers.fields import pointwise
from nnspec.layers.kind import ARGUMENT, LayerKind
from nnspec.layers.masks import dropped
from nnspec.layers.rule import UNKNOWN, Call, Facts, ShapeError, product, weights
from nnspec.layers.types import Dim, Symbol
from nnspec.layers.value_types import QUANTIZED, WEIGHED

# input,kernel->result; "..." stands for leading dimensions of input and result alike, or for trailing ones
EQUATIONS = (
    r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)",
    r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)",
    r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.",
)


def _einsum_dense(call: Call) -> Facts:
    equation, shape = str(call.get("equation")), call.input.shape
    if "..." in equation and str(call.get("dtype")).startswith(("int8_from_", "int4_from_")):
        hint = "name every axis, as in abc,cd->abd"
        raise ShapeError("Keras cannot quantize an equation with an ellipsis", hint, "equation")
    source, kernel, result = _labels(equation)
    elided = len(shape) - len(source)
    if elided < 0 or (elided and "..." not in equation):
        message = f"`{equation}` names {len(source)} dimensions of the input, which has {len(shape)}"
        raise ShapeError(message, argument="equation")
    first = elided if equation.startswith("...") else 0  # where the named dimensions begin
    named, others = shape[first : first + len(source)], shape[:first] + shape[first + len(source) :]
    given = dict(zip(source, named, strict=True))
    output = _output(call, given, result, others, first)
    sizes = {**given, **dict(zip(result, output[first:], strict=False))}
    kernel_weights = weights(*(sizes[label] for label in kernel))
    bias = weights(*(sizes[label] for label in _bias_labels(call, result))) if call.get("bias_axes") is not None else 0
    per_batch = product(given[label] if label in given else sizes[label] for label in {*source, *kernel})
    macs = per_batch * product(others) // shape[0]
    facts = Facts((call.output(*output),), kernel_weights + bias, macs=macs, columns=sizes[kernel[-1]])
    return adapted(call, facts, kernel_weights)


def _labels(equation: str) -> tuple[str, str, str]:
    found = next(filter(None, (re.fullmatch(form, equation) for form in EQUATIONS)), None)
    if found is None:
        hint = "as in abc,cd->abd, or with an ellipsis ...c,cd->...d"
        raise ShapeError(f"`{equation}` is not of the form input,kernel->result", hint, "equation")
    source, kernel, result = found.groups()
    for label in result:
        if label not in source + kernel:
            raise ShapeError(f"`{label}` of the result is in neither the input nor the kernel", None, "equation")
    for label in kernel:
        if label not in source + result:
            raise ShapeError(f"`{label}` of the kernel is in neither the input nor the result", None, "equation")
    return source, kernel, result


def _output(call: Call, given: dict[str, Dim], result: str, others: tuple[Dim, ...], first: int) -> tuple[Dim, ...]:
    """The whole output shape: ``output_shape`` gives the named dimensions after the batch, null takes the input's."""
    sizes = call.several("output_shape")
    if not all(size is None or (isinstance(size, int | Symbol) and size is not True) for size in sizes):
        raise ShapeError(f"output_shape holds sizes, or null, not {sizes!r}", argument="output_shape")
    for size in sizes:
        if isinstance(size, int) and size < 1:
            raise ShapeError(f"output_shape holds sizes above 0, or null, not {size}", argument="output_shape")
    batch = [] if first else [call.input.shape[0]]
    if len(batch) + len(sizes) != len(result):
        raise ShapeError(f"output_shape has {len(sizes)} sizes for `{result}` of the result", None, "output_shape")
    named: list[Dim] = []
    for label, size in zip(result, [*batch, *sizes], strict=True):
        from_input = given.get(label, UNKNOWN)
        if size is None:  # Keras leaves it open even where the input has it
            size = from_input if isinstance(from_input, Symbol) else UNKNOWN
        elif label in given and size != from_input:
            raise ShapeError(f"`{label}` is {from_input} in the input and {size} in output_shape", None, "output_shape")
        named.append(size)
    # Keras gives several leading dimensions in reverse, and builds what follows on that
    return (*others[: min(first, 1)], *others[1:first][::-1], *named, *others[first:])


def _bias_labels(call: Call, result: str) -> str:
    labels = call.get("bias_axes")
    if not isinstance(labels, str) or not labels or any(label not in result for label in labels):
        raise ShapeError(f"bias_axes {labels!r} names dimensions other than `{result}`", argument="bias_axes")
    return labels


def _ranks(call: Call) -> dict[str, int]:
    """Of the bias those from its first named axis on, and the ones behind the named axes of the result."""
    equation = str(call.get("equation"))
    source, kernel, result = _labels(equation)
    found = {"kernel": len(kernel)}
    if call.get("bias_axes") is not None:
        behind = len(call.input.shape) - len(source) if not equation.startswith("...") else 0
        found["bias"] = len(result) - min(map(result.find, _bias_labels(call, result))) + behind
    return found


EINSUM: dict[str, LayerKind] = {
    "EinsumDense": LayerKind(
        says="A dense layer whose product is any einsum of input and kernel.",
        family="dense",
        rule=_einsum_dense,
        operations=operations.einsum,
        mask=dropped,
        field=pointwise,
        activation=ARGUMENT,
        ranks=_ranks,
        types=replace(WEIGHED, quantized=QUANTIZED),
    )
}
