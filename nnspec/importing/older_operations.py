"""Operations of TensorFlow in models of Keras 2 (`x / 127.5`, `tf.concat`, `x[..., ::-1]`) as those of `keras.ops`.

Keras 2 wrote the name of the function and its arguments by name (TFOpLambda, SlicingOpLambda), or the node of a
TensorFlow graph with its constants (TensorFlowOpLayer). Nothing of it is run: a table says what each one is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnspec.backend.keras_internals.names import OPERATIONS
from nnspec.importing.errors import ImportFailed

Config = dict[str, Any]
KINDS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
HINT = "write it as a layer in Keras, save the model and import it again"


@dataclass(frozen=True, slots=True)
class _Function:
    """What a function of TensorFlow's is in `keras.ops`.

    Attributes:
        kind: the class of the operation.
        takes: the names of its arguments in TensorFlow, those that tensors come by first.
        tensors: how many of them.
        config: the others by the name that the operation has for each.
        says: what the operation is given beside that.
    """

    kind: str
    takes: tuple[str, ...] = ("x",)
    tensors: int = 1
    config: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, Any] = field(default_factory=dict)


def _both(kind: str) -> _Function:
    return _Function(kind, ("x", "y"), 2)


def _axis(kind: str, *more: str) -> _Function:
    return _Function(kind, ("x", "axis", *more), 1, {name: name for name in ("axis", *more)})


FUNCTIONS: Mapping[str, _Function] = {
    "add": _both("Add"),
    "subtract": _both("Subtract"),
    "multiply": _both("Multiply"),
    "divide": _both("Divide"),
    "maximum": _both("Maximum"),
    "minimum": _both("Minimum"),
    "squared_difference": _both("SquaredDifference"),
    "pow": _both("Power"),
    "equal": _both("Equal"),
    "not_equal": _both("NotEqual"),
    "greater": _both("Greater"),
    "greater_equal": _both("GreaterEqual"),
    "less": _both("Less"),
    "less_equal": _both("LessEqual"),
    "logical_and": _both("LogicalAnd"),
    "logical_or": _both("LogicalOr"),
    "logical_not": _Function("LogicalNot"),
    "where": _Function("Where", ("condition", "x", "y"), 3),
    "bias_add": _Function("Add", ("x", "bias"), 2),
    "matmul": _Function(
        "Matmul",
        ("x", "b"),
        2,
        {f"{way}_{one}": f"transpose_{one}" for way in ("transpose", "adjoint") for one in "ab"},  # of real numbers
    ),
    **{
        name: _Function(kind)
        for name, kind in {
            "negative": "Negative",
            "square": "Square",
            "exp": "Exp",
            "relu": "Relu",
            "relu6": "Relu6",
            "sigmoid": "Sigmoid",
            "tanh": "Tanh",
            "softplus": "Softplus",
            "softsign": "Softsign",
            "silu": "Silu",
            "selu": "Selu",
            "elu": "Elu",
            "log_sigmoid": "LogSigmoid",
            "abs": "Absolute",
            "ceil": "Ceil",
            "cos": "Cos",
            "erf": "Erf",
            "erfc": "Erfc",
            "zeros_like": "ZerosLike",
            "ones_like": "OnesLike",
            "rgb_to_grayscale": "RGBToGrayscale",
            "floor": "Floor",
            "log": "Log",
            "log1p": "Log1p",
            "reciprocal": "Reciprocal",
            "round": "Round",
            "rsqrt": "Rsqrt",
            "sign": "Sign",
            "sin": "Sin",
            "sqrt": "Sqrt",
        }.items()
    },
    "gelu": _Function("Gelu", ("x", "approximate"), 1, {"approximate": "approximate"}, {"approximate": False}),
    "leaky_relu": _Function("LeakyRelu", ("x", "alpha"), 1, {"alpha": "negative_slope"}),
    "softmax": _axis("Softmax"),
    "log_softmax": _axis("LogSoftmax"),
    "clip_by_value": _Function(
        "Clip", ("x", "clip_value_min", "clip_value_max"), 1, {"clip_value_min": "x_min", "clip_value_max": "x_max"}
    ),
    "reshape": _Function("Reshape", ("x", "shape"), 1, {"shape": "newshape"}),
    "expand_dims": _axis("ExpandDims"),
    "squeeze": _axis("Squeeze"),
    "transpose": _Function("Transpose", ("x", "perm"), 1, {"perm": "axes"}),
    "pad": _Function("Pad", ("x", "paddings", "mode"), 1, {"paddings": "pad_width", "mode": "mode"}),
    "reduce_mean": _axis("Mean", "keepdims"),
    "reduce_max": _axis("Max", "keepdims"),
    "reduce_min": _axis("Min", "keepdims"),
    "reduce_sum": _axis("Sum", "keepdims"),
    "reduce_variance": _axis("Var", "keepdims"),
    "reduce_std": _axis("Std", "keepdims"),
    "reduce_logsumexp": _axis("Logsumexp", "keepdims"),
    "norm": _axis("Norm", "ord", "keepdims"),
    "resize": _Function("Resize", ("x", "size", "method"), 1, {"size": "size", "method": "interpolation"}),
    "concat": _axis("Concatenate"),
    "stack": _axis("Stack"),
    # Its epsilon of 1e-12 bounds the sum of squares, that of Keras the root of it.
    "l2_normalize": _Function("Normalize", ("x", "axis"), 1, {"axis": "axis"}, {"axis": None, "epsilon": 1e-6}),
    "split": _Function(
        "SizedSplit",
        ("x", "num_or_size_splits", "axis"),
        1,
        {"num_or_size_splits": "indices_or_sections", "axis": "axis"},
    ),
    "unstack": _axis("Unstack", "num"),
    "reverse": _axis("Flip"),
    "flip_left_right": _Function("Flip", says={"axis": 2}),
    "flip_up_down": _Function("Flip", says={"axis": 1}),
    "roll": _Function("Roll", ("x", "shift", "axis"), 1, {"shift": "shift", "axis": "axis"}),
    "repeat": _Function("Repeat", ("x", "repeats", "axis"), 1, {"repeats": "repeats", "axis": "axis"}),
    "tile": _Function("Tile", ("x", "multiples"), 1, {"multiples": "repeats"}),
    "gather": _Function("Take", ("x", "indices", "axis"), 2, {"axis": "axis"}),
    "add_n": _Function("AddN"),
    "cumsum": _axis("Cumsum"),
    "argmax": _axis("Argmax"),
    "argmin": _axis("Argmin"),
    "top_k": _Function("TopK", ("x", "k"), 1, {"k": "k"}),
    "one_hot": _Function("OneHot", ("x", "depth"), 1, {"depth": "num_classes", "axis": "axis", "dtype": "dtype"}),
    "reduce_any": _axis("Any", "keepdims"),
    "reduce_all": _axis("All", "keepdims"),
    "depth_to_space": _Function("DepthToSpace", ("x", "block_size"), 1, {"block_size": "block_size"}),
    "space_to_depth": _Function("SpaceToDepth", ("x", "block_size"), 1, {"block_size": "block_size"}),
    "cast": _Function("Cast", ("x", "dtype"), 1, {"dtype": "dtype"}),
    "identity": _Function("Identity"),
}
# Other names of the same: of operators, and of the nodes of a graph.
NAMES = {"sub": "subtract", "mul": "multiply", "truediv": "divide", "div": "divide", "neg": "negative"}
NAMES |= {"realdiv": "divide", "addv2": "add", "biasadd": "bias_add", "swish": "silu", "concatv2": "concat"}
NAMES |= {"mean": "reduce_mean", "max": "reduce_max", "sum": "reduce_sum", "min": "reduce_min"}
NAMES |= {"expanddims": "expand_dims", "padv2": "pad", "pack": "stack"}
NAMES |= {"depthtospace": "depth_to_space", "spacetodepth": "space_to_depth", "batchmatmulv2": "matmul"}
NAMES |= {"leakyrelu": "leaky_relu", "logsoftmax": "log_softmax"}
NAMES |= {"eq": "equal", "ne": "not_equal", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal"}
NAMES |= {"notequal": "not_equal", "greaterequal": "greater_equal", "lessequal": "less_equal", "selectv2": "where"}
NAMES |= {f"logical{word}": f"logical_{word}" for word in ("and", "or", "not")}
# Attributes of a graph's node, by the name of the function's argument.
ATTRIBUTES = {"keep_dims": "keepdims", "squeeze_dims": "axis", "block_size": "block_size", "alpha": "alpha"}
ATTRIBUTES |= {"axis": "axis", "DstT": "dtype", "data_format": "data_format", "mode": "mode"}
ATTRIBUTES |= {"transpose_a": "transpose_a", "transpose_b": "transpose_b", "adj_x": "adjoint_a", "adj_y": "adjoint_b"}
# Arguments that change nothing where they have these values.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "data_format": ("NHWC", "NDHWC", "NWC", "N...C"),
    "conjugate": (False,),
    "antialias": (False,),
}
NEUTRAL |= {"constant_values": (0,), "preserve_aspect_ratio": (False,), "ord": ("euclidean",)}
NEUTRAL |= {f"{way}_{one}": (False,) for way in ("transpose", "adjoint") for one in "ab"}
NEUTRAL |= {"batch_dims": (0,), "epsilon": (1e-12,), "exclusive": (False,), "reverse": (False,)}
NEUTRAL |= {"sorted": (True, False), "on_value": (1, 1.0), "off_value": (0, 0.0), "output_type": ("int32", "int64")}


def as_operation(layer: Config, where: str) -> Config:
    """A layer of Keras 2 that is one operation of TensorFlow, as Keras 3 writes such an operation.

    Args:
        layer: with its calls as Keras 3 writes them.

    Raises:
        ImportFailed: it is no operation for which there is one in the table, or it is given what that has not.
    """
    config = layer["config"]
    owner = f"the layer `{where}{layer.get('name') or config.get('name')}`"
    nodes = layer.get("inbound_nodes") or []
    if layer["class_name"] == "TensorFlowOpLayer":
        name, calls = str(config["node_def"]["op"]), [_of_graph(config, node, owner) for node in nodes]
    else:
        name, calls = str(config["function"]), [_by_name(node) for node in nodes]
    word = name.rsplit(".", 1)[-1].lower()
    made: list[tuple[str, Config, list[Any]]]
    if word == "getitem":
        made = [("GetItem", {}, [call["x"], _key(call.get("slice_spec"))]) for call in calls]
    else:
        function = FUNCTIONS.get(NAMES.get(word, word))
        if function is None:
            message = (
                f"{owner} is the operation `{name}` of TensorFlow, for which there is no layer that does just that"
            )
            raise ImportFailed(message, hint=HINT)
        made = [_made(function, call, name, owner) for call in calls]
    if not made or any(other[:2] != made[0][:2] for other in made):
        raise ImportFailed(f"{owner} is called in different ways, which one layer cannot be")
    kind, said, _ = made[0]
    inbound = [{"args": args, "kwargs": {}} for _, _, args in made]
    return {**layer, "class_name": kind, "module": OPERATIONS, "config": said, "inbound_nodes": inbound}


def _function(name: str, owner: str) -> _Function:
    word = name.rsplit(".", 1)[-1].lower()
    function = FUNCTIONS.get(NAMES.get(word, word))
    if function is None:
        message = f"{owner} is the operation `{name}` of TensorFlow, for which no layer does just that"
        raise ImportFailed(message, hint=HINT)
    return function


def _made(function: _Function, call: Mapping[str, Any], name: str, owner: str) -> tuple[str, Config, list[Any]]:
    left = {
        key: value
        for key, value in call.items()
        if value is not None and key != "name" and value not in NEUTRAL.get(key, ())
    }
    args = [left.pop(key) for key in function.takes[: function.tensors] if key in left]
    config = {**function.says, **{function.config[key]: left.pop(key) for key in list(left) if key in function.config}}
    if left or len(args) < function.tensors:
        what = f"with `{next(iter(left))}`" if left else "without one of its tensors"
        raise ImportFailed(f"{owner} calls `{name}` {what}, which a spec cannot say", hint=HINT)
    if isinstance(config.get("mode"), str):
        config["mode"] = config["mode"].lower()
    elif function.kind == "Pad":
        config["mode"] = "constant"
    return function.kind, config, args


def _by_name(node: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by their names; the first, whatever TensorFlow calls it, is `x`, or a condition."""
    first, *more = node["args"]
    named = {name: _listed(value) for name, value in node["kwargs"].items()}
    begin = "condition" if "x" in named else "x"
    return {begin: first, **{f"argument {place}": value for place, value in enumerate(more, 1)}, **named}


def _listed(value: Any) -> Any:
    """A tuple of Python's, which SavedModels tell from a list."""
    if isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
        value = value["items"]
    return [_listed(item) for item in value] if isinstance(value, list) else value


def _of_graph(config: Mapping[str, Any], node: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The arguments of a node of a graph by their names: tensors and constants in order, then attributes."""
    tensors = list(node["args"][0]) if isinstance(node["args"][0], list) else list(node["args"])
    constants = {int(place): value for place, value in (config.get("constants") or {}).items()}
    waiting = iter(tensors)
    count = len(tensors) + len(constants)
    given = [constants[place] if place in constants else next(waiting) for place in range(count)]
    attributes = config["node_def"].get("attr") or {}
    function = _function(str(config["node_def"]["op"]), owner)
    if function.kind in ("Concatenate", "Stack"):  # a list of tensors, and the axis last where it is no attribute
        ends = len(given) - (function.kind == "Concatenate")
        given = [given[:ends], *given[ends:]]
    if len(given) > len(function.takes):
        operation = config["node_def"]["op"]
        raise ImportFailed(f"{owner}: `{operation}` has {len(given)} inputs, of which {len(function.takes)} are known")
    named = dict(zip(function.takes, given, strict=False))  # the others are attributes, or left out
    for name, value in attributes.items():
        if name in ATTRIBUTES and (plain := _attribute(value)) not in (None, []):
            named.setdefault(ATTRIBUTES[name], plain)
    return named


def _attribute(value: Any) -> Any:
    """An attribute's value, which stands under the letter of its type."""
    if not isinstance(value, Mapping):
        return None
    if "list" in value:
        return [int(item) for item in value["list"].get("i", ())]
    if "i" in value:
        return int(value["i"])
    if "type" in value:
        return {"DT_FLOAT": "float32", "DT_INT32": "int32", "DT_INT64": "int64"}.get(value["type"], value["type"])
    if "s" in value:
        return _text(value["s"])
    return value.get("b", value.get("f"))


def _text(value: Any) -> Any:
    """Bytes, which stand in base 64."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError, TypeError):
        return value


def _key(spec: Any) -> Any:
    """What stands between the brackets of `x[...]`, as Keras 3 writes it."""
    if isinstance(spec, Mapping) and spec.get("class_name") == "__tuple__":
        spec = spec["items"]
    parts: Sequence[Any] = spec if isinstance(spec, list) else [spec]
    return [_part(part) for part in parts]


def _part(part: Any) -> Any:
    if isinstance(part, Mapping) and {"start", "stop", "step"} <= part.keys():
        return {"class_name": "__slice__", "config": {name: part[name] for name in ("start", "stop", "step")}}
    if isinstance(part, Mapping) and part.get("class_name") in ("__ellipsis__", "__tuple__"):
        return {"class_name": "__ellipsis__", "config": {}} if part["class_name"] == "__ellipsis__" else part
    return part
