"""What a layer becomes in a TFLite file: the names of builtin operations, without making the file.

Read off files that TensorFlow 2.21 wrote of networks of each kind, in float32 and int8, and compared with such files by
``tests/export/test_operations_of_files.py``. An operation may be missing in the file where the converter folds it into
another one or finds its values constant; one that is not named here must not be in the file. QUANTIZE and DEQUANTIZE,
which int8 puts between whole numbers and floats, belong to no layer and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from nnspec.layers.rule import Call
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

Names = frozenset[str]


Loops = Literal["while", "fused", "unrolled"]


@dataclass(frozen=True, slots=True)
class Form:
    """How a file writes what it has several forms for.

    Attributes:
        loops: what recurrent layers become: a WHILE, the fused kernel of an LSTM where there is one, or no loop.
        masked: whether a mask reaches the layer.
        after_linear: whether the layer stands right behind a convolution or a matrix product without an activation,
            into which the converter folds factors and sums by channel.
    """

    loops: Loops = "while"
    masked: bool = False
    after_linear: bool = False


OperationsOf = Callable[[Call, Form], Names]


def names(text: str = "", when: object = True) -> Names:
    """Those in a text; none unless a condition holds."""
    return frozenset(text.split()) if when else frozenset()


def always(text: str = "") -> OperationsOf:
    """The same operations whatever the arguments are."""
    found = names(text)
    return lambda call, form: found


# By the name of Keras's activation; those without a line are not known.
FUNCTIONS: dict[str, Names] = {
    "linear": names(),
    "relu": names("RELU"),
    "relu6": names("RELU6"),
    "sigmoid": names("LOGISTIC"),
    "softmax": names("SOFTMAX"),
    "tanh": names("TANH"),
    "elu": names("ELU"),
    "selu": names("EXP GREATER MUL SELECT SELECT_V2 SUB"),
    "softplus": names("ADD EXP LOG"),
    "softsign": names("ABS ADD DIV"),
    "exponential": names("EXP"),
    "gelu": names("GELU"),
    "silu": names("LOGISTIC MUL"),
    "swish": names("LOGISTIC MUL"),
    "hard_sigmoid": names("ADD MUL RELU6"),
    "hard_silu": names("HARD_SWISH"),
    "hard_swish": names("HARD_SWISH"),
    "leaky_relu": names("LEAKY_RELU"),
    "mish": names("ADD EXP LOG MUL TANH"),
    "log_softmax": names("LOG_SOFTMAX"),
    "celu": names("ADD EXP MINIMUM RELU SUB"),
    "glu": names("LOGISTIC MUL SPLIT"),
    "hard_shrink": names("ABS GREATER SELECT_V2"),
    "hard_tanh": names("RELU_N1_TO_1"),
    "log_sigmoid": names("ADD EXP LOG NEG"),
    "soft_shrink": names("ADD GREATER LESS SELECT SELECT_V2 SUB"),
    "sparse_plus": names("ADD LESS LESS_EQUAL MUL SELECT SELECT_V2"),
    "sparse_sigmoid": names("ADD GREATER_EQUAL LESS_EQUAL MUL SELECT_V2"),
    "sparsemax": names("CAST CUMSUM DIV GREATER MUL SELECT_V2 SUB SUM TOPK_V2"),
    "squareplus": names("ADD MUL SQRT SQUARE"),
    "tanh_shrink": names("SUB TANH"),
    "abs": names("ABS"),
    "ceil": names("CEIL"),
    "cos": names("COS"),
    "erf": names("ADD DIV MAXIMUM MINIMUM MUL RELU_N1_TO_1"),
    "floor": names("FLOOR"),
    "log": names("LOG"),
    "log1p": names("ADD LOG"),
    "reciprocal": names("DIV"),
    "round": names("ROUND"),
    "rsqrt": names("RSQRT"),
    "sign": names("SIGN"),
    "sin": names("SIN"),
    "sqrt": names("SQRT"),
}
FOLDED = ("linear", "relu", "relu6")  # the end of the operation before, and none of their own


class UnknownOperations(Exception):
    """What a layer becomes is not known: a kind or a function of a plugin."""


def function(value: Any) -> Names:
    """Of an argument `activation`.

    Raises:
        UnknownOperations: it is none of Keras's.
    """
    name = "linear" if value is None else value
    if not isinstance(name, str) or name not in FUNCTIONS:
        raise UnknownOperations
    return FUNCTIONS[name]


def ending(call: Call) -> Names:
    """The activation that a layer ends in, which the operation before it may do by itself."""
    value = call.get("activation")
    return names() if value is None or value in FOLDED else function(value)


def _moved(call: Call) -> Names:
    """Channels that stand first are moved to the end and back."""
    return names("TRANSPOSE", call.get("data_format") == "channels_first")


def _places(call: Call) -> int:
    """How many axes of places the input has."""
    return len(call.inputs[0].shape) - 2


def convolution(call: Call, form: Form) -> Names:
    """Along one axis, an image of height 1; along three, an operation of its own."""
    if _places(call) == 3:
        return names("CONV_3D") | _moved(call) | ending(call) | activation(call)
    one = names("RESHAPE", _places(call) == 1)
    causal = names("PAD", call.get("padding") == "causal")
    dilated = _dilated(call)
    grouped = names("SPLIT CONCATENATION ADD", call.get("groups") not in (None, 1))
    return names("CONV_2D") | one | causal | dilated | grouped | _moved(call) | ending(call)


def activation(call: Call, form: Form | None = None) -> Names:
    """Behind an operation that does not end in a function itself."""
    return function(call.get("activation"))


def _dilated(call: Call) -> Names:
    """Dilation along one of two axes, or along the one, is written by moving places into the batch."""
    rates = call.get("dilation_rate")
    spread = [rate for rate in (rates if isinstance(rates, list | tuple) else [rates]) if rate not in (None, 1)]
    if not spread:
        return names()
    return names("SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND PAD STRIDED_SLICE")


def transposed(call: Call, form: Form) -> Names:
    if _places(call) == 3:
        return names("CONV_3D_TRANSPOSE") | _moved(call) | activation(call)
    one = names("RESHAPE", _places(call) == 1)
    return names("TRANSPOSE_CONV") | one | _moved(call) | activation(call)


def depthwise(call: Call, form: Form) -> Names:
    one = names("RESHAPE", _places(call) == 1)
    return names("DEPTHWISE_CONV_2D") | one | _dilated(call) | _moved(call) | ending(call)


def separable(call: Call, form: Form) -> Names:
    """Channels that stand first are moved by reshaping where there is but one."""
    causal = names("PAD", call.get("padding") == "causal")
    return depthwise(call, form) | names("CONV_2D") | causal | names("RESHAPE", _moved(call))


def pooled(call: Call, form: Form, *, largest: bool) -> Names:
    """Along one axis, an image of height 1; along three, means and maxima of slices."""
    if _places(call) == 3:
        raise UnknownOperations
    one = names("RESHAPE", _places(call) == 1)
    return names("MAX_POOL_2D" if largest else "AVERAGE_POOL_2D") | one | _moved(call)


def overall(call: Call, form: Form, *, largest: bool) -> Names:
    """Over all places; a mean over unmasked steps divides a sum by their number."""
    shape = names("RESHAPE", call.flag("keepdims"))
    if form.masked and not largest:
        return names("CAST MUL SUM DIV RESHAPE EXPAND_DIMS NOT_EQUAL")
    return names("REDUCE_MAX" if largest else "MEAN") | shape


def adaptive(call: Call, form: Form, *, largest: bool) -> Names:
    """Windows of two widths, and then the outputs of both in turn."""
    return pooled(call, form, largest=largest) | names("CONCATENATION GATHER TRANSPOSE")


def dense(call: Call, form: Form) -> Names:
    """A product with one matrix; of a matrix of one row, value by value."""
    lora = names("MUL ADD", call.get("lora_rank"))
    one = names("MUL", call.inputs[0].shape[-1] == 1)
    return names("FULLY_CONNECTED RESHAPE") | lora | one | ending(call)


def embedding(call: Call, form: Form) -> Names:
    """Rows of a table."""
    whole = names("CAST", call.inputs[0].dtype != "int32")
    lora = names("MUL ADD FULLY_CONNECTED LESS SELECT SELECT_V2", call.get("lora_rank"))
    mask = names("NOT_EQUAL", call.flag("mask_zero"))
    return names("GATHER") | whole | lora | mask


def reversible(call: Call, form: Form) -> Names:
    """An embedding, in which negative numbers count from the end, or the product with its table."""
    if call.options.get("reverse"):
        return names("FULLY_CONNECTED MUL RESHAPE TRANSPOSE TANH DIV")
    return embedding(call, form) | names("LESS ADD SELECT")


def rectifier(call: Call, form: Form) -> Names:
    """ReLU with its bound, slope and threshold."""
    bound, slope, threshold = call.get("max_value"), call.get("negative_slope") or 0, call.get("threshold") or 0
    if threshold:
        return names("GREATER SELECT_V2 CAST MUL SUB MAXIMUM MINIMUM RELU LEAKY_RELU ADD NEG")
    if slope:
        return names("LEAKY_RELU MINIMUM MAXIMUM RELU MUL SUB NEG")
    return {None: names("RELU"), 6: names("RELU6")}.get(bound, names("RELU MINIMUM"))


def softmax(call: Call, form: Form) -> Names:
    """Over the last axis it is an operation; over another one, or several, more."""
    masked = names("CAST MUL ADD SUB", form.masked or len(call.inputs) > 1)
    if call.get("axis") in (-1, None):
        return names("SOFTMAX") | masked
    return names("SOFTMAX TRANSPOSE EXP SUM SUB DIV REDUCE_MAX LOG") | masked


def masking(call: Call, form: Form) -> Names:
    flat = names("SELECT", len(call.inputs[0].shape) < 3)
    return names("NOT_EQUAL CAST REDUCE_MAX GREATER SELECT_V2") | flat


def by_channel(call: Call, form: Form) -> Names:
    """Factors and sums by channel; nothing where a convolution or a product before takes them in."""
    return names("RESHAPE") if form.after_linear else names("MUL ADD RESHAPE")


by_moments = always("MEAN SQUARED_DIFFERENCE RSQRT SUB MUL ADD NEG RESHAPE")  # taken in the file


def by_groups(call: Call, form: Form) -> Names:
    """As by moments, of parts of the channels; with many axes, factors are laid out to full size first."""
    many = names("BROADCAST_TO", len(call.inputs[0].shape) > 5)
    return by_moments(call, form) | names("SQUARE") | many


by_root_mean_square = always("SQUARE MEAN ADD RSQRT MUL RESHAPE")


unit_length = always("SQUARE SUM MAXIMUM RSQRT MUL")


def by_neighbours(call: Call, form: Form) -> Names:
    return names("LOCAL_RESPONSE_NORMALIZATION") | _moved(call)


def reshaped(call: Call, form: Form) -> Names:
    return names("RESHAPE") | _moved(call)


cropped = always("STRIDED_SLICE")


def reduced(call: Call, form: Form) -> Names:
    return names({"sum": "SUM", "mean": "MEAN", "max": "REDUCE_MAX", "min": "REDUCE_MIN"}[call.get("function")])


repeated = always("RESHAPE TILE")


padded = always("PAD")


def upsampled(call: Call, form: Form) -> Names:
    """Images by an operation of their own; sequences, volumes, and images whose channels stand first, by copies."""
    if _places(call) != 2:
        return names("RESHAPE TILE")
    nearest = call.get("interpolation") in (None, "nearest")
    if not nearest and call.get("interpolation") != "bilinear":
        raise UnknownOperations
    if nearest and _moved(call):
        return names("RESHAPE TILE TRANSPOSE")
    return names("RESIZE_NEAREST_NEIGHBOR" if nearest else "RESIZE_BILINEAR") | _moved(call)


def blocks(operation: str) -> OperationsOf:
    return lambda call, form: names(operation) | _moved(call)


def merged(operation: str) -> OperationsOf:
    """Two inputs by one operation, three by two of them; other ranks are reshaped, other types cast first."""
    found = names(operation)
    return lambda call, form: found | _made_alike(call)


def _made_alike(call: Call) -> Names:
    shapes, types = {len(spec.shape) for spec in call.inputs}, {spec.dtype for spec in call.inputs}
    same_rank = len(shapes) == 1 and shapes != {2}
    return (names() if same_rank else names("RESHAPE")) | names("CAST", len(types) > 1)


def averaged(call: Call, form: Form) -> Names:
    return names("ADD MUL") | _made_alike(call)


def dotted(call: Call, form: Form) -> Names:
    scaled = names("SQUARE SUM MAXIMUM RSQRT MUL", call.flag("normalize"))
    return names("BATCH_MATMUL RESHAPE TRANSPOSE") | scaled


def einsum(call: Call, form: Form) -> Names:
    return names("FULLY_CONNECTED RESHAPE TRANSPOSE ADD MUL") | activation(call)


ATTENDED = names("BATCH_MATMUL FULLY_CONNECTED SOFTMAX TRANSPOSE RESHAPE MUL ADD")
HIDING = names("CAST SUB LOGICAL_AND LOGICAL_NOT SELECT SELECT_V2 EXPAND_DIMS NOT_EQUAL")


def attended(call: Call, form: Form) -> Names:
    additive = names("TANH SUM")
    return ATTENDED | additive | (HIDING if _hides(call, form) else names())


def attended_by_heads(call: Call, form: Form) -> Names:
    """Of several axes of places, scores are scaled without the operation SOFTMAX, which knows one."""
    several = names("EXP SUM SUB REDUCE_MAX LOG EQUAL SELECT SELECT_V2", len(call.inputs[0].shape) > 3)
    return ATTENDED | several | (HIDING if _hides(call, form) else names())


def attended_by_groups(call: Call, form: Form) -> Names:
    """Keys and values are copied for each query head of their group."""
    gate = names("LOGISTIC MUL", call.flag("use_gate"))
    return attended_by_heads(call, form) | names("TILE") | gate


def _hides(call: Call, form: Form) -> bool:
    return form.masked or call.flag("use_causal_mask") or bool(call.options.get("use_causal_mask"))


STEP = names("FULLY_CONNECTED RESHAPE STRIDED_SLICE ADD SUB MUL SPLIT")
COUNTED = names("CAST GREATER SELECT_V2 NOT_EQUAL")
TAIL = names("CAST SUM GATHER REVERSE_V2 SUB MAXIMUM MINIMUM NOT_EQUAL LESS GREATER_EQUAL SELECT_V2 SLICE")


def walked(call: Call, form: Form) -> Names:
    """A loop over steps, or the steps; or, of an LSTM with Keras's own functions, the fused kernel."""
    kernel = call.kinds[call.kind].mobile.fused
    if form.loops == "fused" and kernel is not None and all(call.get(name) == value for name, value in kernel.items()):
        backwards = names("REVERSE_V2", call.flag("go_backwards"))
        varies = not isinstance(call.inputs[0].shape[1], int)
        hidden = (TAIL | (names("RANGE SHAPE ADD") if varies else names())) if form.masked else names()
        return names("UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE SLICE RESHAPE") | backwards | hidden
    functions = ("activation", "recurrent_activation", "output_activation")
    return _loop(call, form) | frozenset().union(*(function(call.get(one)) for one in functions))


def _loop(call: Call, form: Form) -> Names:
    every = names("PACK", call.flag("return_sequences"))
    if form.loops == "unrolled":
        return STEP | every | names("CAST", form.masked)
    written = names("DYNAMIC_UPDATE_SLICE", every)
    return STEP | names("WHILE LESS GATHER") | every | written | (COUNTED if form.masked else names())


def walked_by_cell(call: Call, form: Form) -> Names:
    """`RNN` walks with any cell; the functions are the cell's."""
    found = _loop(call, form)
    cells: list[Any] = [call.get("cell")]
    while cells:
        cell = cells.pop()
        if isinstance(cell, list | tuple):
            cells += cell
        elif isinstance(cell, KindValue):
            cells.append(cell.args.get("cells"))
            functions = (cell.args.get(name) for name in ("activation", "recurrent_activation", "output_activation"))
            found |= frozenset().union(*(function(one) for one in functions))
    return found


def walked_over_maps(call: Call, form: Form) -> Names:
    """A loop whose products are convolutions."""
    product = names("CONV_3D" if len(call.inputs[0].shape) == 6 else "CONV_2D")
    functions = (function(call.get(name)) for name in ("activation", "recurrent_activation"))
    return _loop(call, form) | product | _moved(call) | frozenset().union(*functions)


def both_ways(call: Call, form: Form) -> Names:
    """The layer within, twice, and how both are joined."""
    modes = {"concat": "CONCATENATION", "sum": "ADD", "mul": "MUL", "ave": "ADD MUL DIV"}
    joined = names(modes.get(str(call.get("merge_mode") or ""), ""))
    return within(call, form) | names("REVERSE_V2") | joined


def within(call: Call, form: Form) -> Names:
    """Of the layer within, which sees what the wrapper sees."""
    inner = call.get("layer")
    if not isinstance(inner, KindValue):
        raise UnknownOperations
    return operations_of(Call(inner.kind, inner.args, call.inputs, call.options, call.kinds), form)


def each_step(call: Call, form: Form) -> Names:
    """The layer within on a step of the input, which has one axis less: as many calls, or a loop of any length."""
    inner = call.get("layer")
    if not isinstance(inner, KindValue):
        raise UnknownOperations
    found = [replace(spec, shape=(spec.shape[0], *spec.shape[2:])) for spec in call.inputs if len(spec.shape) > 2]
    varies = bool(call.inputs) and not isinstance(call.inputs[0].shape[1], int)
    steps = names("WHILE LESS DYNAMIC_UPDATE_SLICE GATHER ADD", varies)
    made = operations_of(Call(inner.kind, inner.args, tuple(found), call.options, call.kinds), form)
    return names("RESHAPE PACK STRIDED_SLICE") | steps | made


def several(call: Call, form: Form) -> Names:
    """Of the layers of a `Pipeline`, one after another."""
    inner = [value for value in call.get("layers") or () if isinstance(value, KindValue)]
    return frozenset().union(
        *(operations_of(Call(one.kind, one.args, call.inputs, {}, call.kinds), form) for one in inner)
    )


def resized(call: Call, form: Form) -> Names:
    how = {"nearest": "RESIZE_NEAREST_NEIGHBOR", "bilinear": "RESIZE_BILINEAR"}.get(
        str(call.get("interpolation") or "bilinear")
    )
    if how is None:
        raise UnknownOperations
    around = (
        names("PAD STRIDED_SLICE SLICE")
        if call.flag("crop_to_aspect_ratio") or call.flag("pad_to_aspect_ratio")
        else names()
    )
    return names(how) | names("CAST") | around


IN_FLOATS = ("activation", "convolution", "dense", "attention", "normalization", "pooling")


def _made_floats(call: Call) -> Names:
    return names("CAST", any(spec.dtype != "float32" for spec in call.inputs))


encoded = always("CAST ONE_HOT REDUCE_MAX SUM MUL RESHAPE")  # one-hot vectors, and their maximum or sum over a list


def binned(call: Call, form: Form) -> Names:
    return names("BUCKETIZE CAST") | (encoded(call, form) if call.get("output_mode") not in (None, "int") else names())


standardized = always("SUB MUL ADD DIV CAST")


# Products of frames with fixed matrices.
sounding = always(
    "ADD CONCATENATION FULLY_CONNECTED LOG MAXIMUM MUL PAD RESHAPE SQRT SQUARE STRIDED_SLICE SUB TRANSPOSE"
)


def centred(call: Call, form: Form) -> Names:
    """Images that are smaller than the middle that is cut out are resized."""
    first = 2 if call.get("data_format") == "channels_first" else 1
    sizes = zip(call.inputs[0].shape[first : first + 2], (call.get("height"), call.get("width")), strict=False)
    fits = all(isinstance(size, int) and isinstance(cut, int) and size >= cut for size, cut in sizes)
    return names("STRIDED_SLICE") if fits else names("STRIDED_SLICE RESIZE_BILINEAR CAST")


def operations_of(call: Call, form: Form) -> Names:
    """What a call of a layer becomes.

    Raises:
        UnknownOperations: nobody has told for its kind.
    """
    record: Any = call.kinds.get(call.kind)
    if record is None or record.operations is None:
        raise UnknownOperations
    found: Names = record.operations(call, form)
    return found | (_made_floats(call) if record.family in IN_FLOATS and record.rows is None else names())
