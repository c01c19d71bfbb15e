"""Dense layers, embeddings, activations and other layers of the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nnspec.layers import operations
from nnspec.layers.fields import looked_up, pointwise
from nnspec.layers.kind import ARGUMENT, OVER_CHANNELS, LayerKind, Mobile
from nnspec.layers.masks import UsesMask, dropped, made, marked, over_values
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import (
    IN_FLOAT,
    OWN,
    SAME,
    Rounding,
    RoundingOf,
    by_argument,
    kernel,
    rectifier,
    softmax,
)
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, differ, product, show, weights
from nnspec.layers.types import Dim, Symbol, TensorSpec
from nnspec.layers.value_types import (
    ARRANGING,
    KEEPING,
    NUMBERS,
    ON_FLOATS,
    ON_OWN_FLOATS,
    QUANTIZED,
    RECTIFYING,
    WEIGHED,
    TypesOf,
    ValueTypes,
)
from nnspec.layers.weight_ranks import Axes, RanksOf


def same(call: Call) -> Facts:
    """The shape of the input in the layer's own type: whatever works number by number."""
    return Facts((call.output(*call.input.shape),))


def adapted(call: Call, facts: Facts, kernel: Dim) -> Facts:
    """Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685), where ``lora_rank`` asks for it.

    The kernel is frozen and two thin matrices (rows, r) and (r, columns) are trained in its place.
    """
    if not call.get("lora_rank") or facts.columns is None:
        return facts
    constraint = "embeddings_constraint" if "embeddings_constraint" in call.args else "kernel_constraint"
    if call.get(constraint) is not None:
        raise ShapeError(f"lora_rank and {constraint} cannot be used together", argument=constraint)
    rank = call.size("lora_rank")
    thin = kernel // facts.columns * rank + rank * facts.columns
    return replace(facts, weights=facts.weights - kernel + thin, frozen=facts.frozen + kernel)


def _dense(call: Call) -> Facts:
    units = call.size("units")
    *rest, features = call.at_least(2)
    kernel = weights(features, units)
    bias = weights(units) if call.flag("use_bias") else 0
    facts = Facts((call.output(*rest, units),), kernel + bias, macs=product(rest[1:]) * kernel, columns=units)
    return adapted(call, facts, kernel)


def _crf(call: Call) -> Facts:
    """Scores by a dense layer, always in float32; the weights of neighbours, of the start and the end take no part."""
    units = call.size("units")
    spec = call.at_least(3)
    if len(spec) != 3:
        raise ShapeError(f"it takes (batch, steps, features), not {show(spec)}")
    batch, steps, features = spec
    kernel = weights(features, units)
    pairs = weights(units, units) + 3 * units
    return Facts((TensorSpec((batch, steps, units), "float32"),), kernel + pairs, macs=product((steps,)) * kernel)


def _embedding(call: Call) -> Facts:
    """A lookup: no multiply-adds."""
    rows, columns = call.size("input_dim"), call.size("output_dim")
    table = weights(rows, columns)
    return adapted(call, Facts((call.output(*call.input.shape, columns),), table, columns=columns), table)


def _positions(call: Call) -> Facts:
    """A table of vectors, one for each step."""
    *_, steps, features = call.at_least(3)
    length = call.size("sequence_length")
    if isinstance(steps, int) and isinstance(length, int) and steps > length:
        message = f"there are {length} positions, and {steps} steps"
        raise ShapeError(message, f"sequence_length: {steps}", "sequence_length")
    return replace(same(call), weights=weights(length, features))


def _matrix(call: Call) -> Mapping[str, Axes]:
    return {"kernel": (call.input.shape[-1], call.get("units")), "bias": 1}


def _matrices(call: Call) -> Mapping[str, Axes]:
    """Scores of each label, and of each label after each other one."""
    return {**_matrix(call), "transition": (call.get("units"), call.get("units"))}


def _table(call: Call) -> Mapping[str, Axes]:
    return {"embeddings": (call.get("input_dim"), call.get("output_dim"))}


def _reversible_embedding(call: Call) -> Facts:
    """With ``reverse: true`` as call argument, vectors back to scores of each row of the table."""
    if call.get("lora_rank") is not None and call.get("tie_weights") is False:
        raise ShapeError("Keras's lora_rank goes with tied weights alone", argument="lora_rank")
    if call.get("reverse_dtype") not in (None, *NUMBERS):
        raise ShapeError(
            f"reverse_dtype is a type of numbers, not {call.get('reverse_dtype')}", argument="reverse_dtype"
        )
    facts, rows, columns = _embedding(call), call.size("input_dim"), call.size("output_dim")
    facts = facts if call.flag("tie_weights") else replace(facts, weights=facts.weights + weights(columns, rows))
    if not call.options.get("reverse"):
        return facts
    *rest, features = call.input.shape
    if differ(features, columns):
        raise ShapeError(f"it turns {columns} features back and gets {features}")
    return replace(facts, outputs=(call.output(*rest, rows),), macs=product(rest[1:]) * weights(columns, rows))


def _softmax(call: Call) -> Facts:
    axes = call.axes(call.input.shape)
    if not axes:
        raise ShapeError("axis names one axis or more", argument="axis")
    if 0 in axes:
        raise ShapeError("axis 0 is the batch: each example has a softmax of its own", argument="axis")
    return same(call)


def _prelu(call: Call) -> Facts:
    """A slope for each position, or one along each of ``shared_axes``."""
    slopes = list(call.input.shape[1:])
    for axis in call.several("shared_axes") if call.get("shared_axes") is not None else ():
        if not isinstance(axis, int) or not -len(slopes) < axis <= len(slopes):
            raise ShapeError(f"axis {axis!r} does not exist in {len(slopes) + 1} dimensions", argument="shared_axes")
        slopes[axis - 1] = 1
    return replace(same(call), weights=weights(*slopes))


def _not_negative(*names: str, optional: tuple[str, ...] = ()) -> Rule:
    def rule(call: Call) -> Facts:
        for name in (*names, *(one for one in optional if call.get(one) is not None)):
            value = call.get(name)
            if not isinstance(value, int | float) or value < 0:
                raise ShapeError(f"{name} is 0 or more, not {value!r}", argument=name)
        return same(call)

    return rule


def _clip(call: Call) -> Facts:
    low, high = call.get("low"), call.get("high")
    if low is None and high is None:
        raise ShapeError("low or high is given", argument="low")
    for name in ("low", "high"):
        if not isinstance(call.get(name), int | float | None):
            raise ShapeError(f"{name} is a number, not {call.get(name)!r}", argument=name)
    if low is not None and high is not None and low >= high:
        raise ShapeError(f"low is below high: {low}, {high}", argument="low")
    return same(call)


def _masking(call: Call) -> Facts:
    if isinstance(call.get("mask_value"), str):
        raise ShapeError("mask_value is a number, as the steps are made of", argument="mask_value")
    return same(call)


def kept(call: Call) -> Facts:
    return Facts((call.kept(call.input, call.input.shape),))


def _input(call: Call) -> Facts:
    given = "shape" if call.get("batch_shape") is None else "batch_shape"
    sizes = call.listed(given, int, type(None))
    if given == "shape":
        sizes = [call.get("batch_size"), *sizes]
    elif call.get("shape") is not None or call.get("batch_size") is not None:
        raise ShapeError("batch_shape takes the place of shape and batch_size", argument="batch_shape")
    if not sizes:
        raise ShapeError("batch_shape begins with the batch", argument="batch_shape")
    named = (
        Symbol("batch" if axis == 0 else f"axis{axis}") if size is None else size for axis, size in enumerate(sizes)
    )
    return Facts((TensorSpec(tuple(named), call.dtype),))


def _types_of_function(args: Mapping[str, Any]) -> ValueTypes:
    return ACTIVATIONS_OF_NUMBERS.get(str(args.get("activation")), ON_FLOATS)


def _activation(
    says: str,
    function: str,
    rule: Rule,
    uses_mask: UsesMask | None = None,
    types: ValueTypes | TypesOf = ON_FLOATS,
    ranks: RanksOf | None = None,
    rounding: RoundingOf = IN_FLOAT,
    becomes: OperationsOf = operations.activation,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="activation",
        operations=becomes,
        rule=rule,
        mask=keeps_mask,
        uses_mask=uses_mask,
        field=pointwise,
        activation=function,
        types=types,
        ranks=ranks,
        rounding=rounding,
        channels=None if function in OVER_CHANNELS else "keeps",
    )


def _slopes(call: Call) -> dict[str, int]:
    return {"alpha": len(call.input.shape) - 1}


ACTIVATIONS_OF_NUMBERS: dict[str, ValueTypes] = {
    "None": KEEPING,
    "linear": KEEPING,
    "relu": RECTIFYING,
    "relu6": RECTIFYING,
}


CORE: dict[str, LayerKind] = {
    "InputLayer": LayerKind(says="An input of the network.", rule=_input, mask=dropped, operations=operations.always()),
    "Dense": LayerKind(
        says="Multiplies the last axis by a learned matrix and adds a bias.",
        family="dense",
        rule=_dense,
        operations=operations.dense,
        mask=keeps_mask,
        field=pointwise,
        activation=ARGUMENT,
        linear=True,
        width="units",
        ranks=_matrix,
        types=replace(WEIGHED, quantized=QUANTIZED),
        rounding=kernel(kernel=(-1,)),
        sparse={"kernel": -2},
        channels="makes",
    ),
    "CRF": LayerKind(
        says="A linear-chain conditional random field: a sequence's labels are chosen together, by a loss of its own.",
        family="dense",
        rule=_crf,
        mask=keeps_mask,
        field=pointwise,
        own_loss=True,
        ranks=_matrices,
        types=WEIGHED,
        mobile=Mobile(loop=True),
    ),
    "Embedding": LayerKind(
        says="Looks up a learned vector for each index.",
        family="dense",
        rule=_embedding,
        operations=operations.embedding,
        mask=made,
        field=looked_up,
        ranks=_table,
        types=replace(WEIGHED, quantized=QUANTIZED - {"float8"}),
        takes="int32",
        rows="input_dim",
        rounding=OWN,
    ),
    "PositionEmbedding": LayerKind(
        says="Adds a learned vector to each step of a sequence, by the step's number.",
        rule=_positions,
        operations=operations.always("ADD"),
        mask=keeps_mask,
        field=pointwise,
        ranks={"": 2},
        types=WEIGHED,
    ),
    "ReversibleEmbedding": LayerKind(
        says="An embedding that can also turn vectors back into scores over its vocabulary.",
        family="dense",
        rule=_reversible_embedding,
        operations=operations.reversible,
        mask=made,
        ranks=_table,
        types=replace(WEIGHED, quantized=QUANTIZED - {"float8"}),
        takes="int32",
        rows="input_dim",
    ),
    "Identity": LayerKind(
        says="Gives back what it is given.",
        rule=kept,
        operations=operations.always(),
        mask=keeps_mask,
        field=pointwise,
        arranges=True,
        types=ARRANGING,
        rounding=SAME,
        channels="keeps",
    ),
    "Masking": LayerKind(
        says="Marks the steps of a sequence that hold nothing but one value, so that later layers skip them.",
        rule=_masking,
        operations=operations.masking,
        mask=marked,
        field=pointwise,
        types=KEEPING,
    ),
    "Activation": _activation(
        "Applies a function to each value.", ARGUMENT, same, types=_types_of_function, rounding=by_argument
    ),
    "ELU": _activation(
        "Exponential linear unit: x above zero, alpha (e^x - 1) below.", "elu", same, becomes=operations.always("ELU")
    ),
    "LeakyReLU": _activation(
        "A rectifier with a small slope below zero.",
        "leaky_relu",
        _not_negative("negative_slope"),
        types=replace(RECTIFYING, keeps=False),
        rounding=Rounding(form="function", function="leaky_relu"),
        becomes=operations.always("LEAKY_RELU"),
    ),
    "ReLU": _activation(
        "max(0, x), with an optional bound, threshold and slope below it.",
        "relu",
        _not_negative("negative_slope", "threshold", optional=("max_value",)),
        types=RECTIFYING,
        rounding=rectifier,
        becomes=operations.rectifier,
    ),
    "PReLU": _activation(
        "A rectifier whose slope below zero is learned.",
        "prelu",
        _prelu,
        ranks=_slopes,
        rounding=Rounding(form="function", function="prelu"),
        becomes=operations.always("PRELU"),
        types=ON_OWN_FLOATS,
    ),
    "Clip": LayerKind(
        says="Cuts values off below one bound and above another.",
        family="activation",
        operations=operations.always("MINIMUM MAXIMUM RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1"),
        rule=_clip,
        mask=keeps_mask,
        field=pointwise,
        types=ON_FLOATS,
        channels="keeps",
    ),
    "Softmax": _activation(
        "Turns scores into probabilities that add up to 1.",
        "softmax",
        _softmax,
        over_values,
        rounding=softmax,
        becomes=operations.softmax,
    ),
    **{
        kind: LayerKind(no_rule=reason, training=False if kind in ("TFSMLayer", "JaxLayer", "FlaxLayer") else None)
        for kind, reason in {
            "Lambda": "runs code",
            "TFSMLayer": "is a file",
            "JaxLayer": "runs code",
            "FlaxLayer": "runs code",
            "TorchModuleWrapper": "runs code",
            "Layer": "is a base class",
            "Wrapper": "is a base class",
        }.items()
    },
}
