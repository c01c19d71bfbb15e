"""Operations on one tensor, or on a list of them, as the layers that compute the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import log, prod
from typing import Any

from nnspec.importing import places, rearranged, statistics
from nnspec.importing.statistics import log_softmax
from nnspec.importing.steps import PREVIOUS, Earlier, Step, Steps, Tensor
from nnspec.importing.truths import REDUCING, TRUTH

Config = Mapping[str, Any]

ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Silu": "silu",
    "Selu": "selu",
    "Mish": "mish",
    "Exp": "exponential",
    "LogSigmoid": "log_sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "Abs": "abs",
    "Absolute": "abs",
    "Cos": "cos",
    "Erf": "erf",
    "Ceil": "ceil",
    "Floor": "floor",
    "Log": "log",
    "Log1p": "log1p",
    "Reciprocal": "reciprocal",
    "Round": "round",
    "Rsqrt": "rsqrt",
    "Sign": "sign",
    "Sin": "sin",
    "Sqrt": "sqrt",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "SparsePlus": "sparse_plus",
    "SparseSigmoid": "sparse_sigmoid",
    "TanhShrink": "tanh_shrink",
}
# Those with an argument, which the word says where it has this value.
WITH_ARGUMENT: Mapping[str, tuple[str, str, Any]] = {
    "Celu": ("celu", "alpha", 1.0),
    "HardShrink": ("hard_shrink", "threshold", 0.5),
    "SoftShrink": ("soft_shrink", "threshold", 0.5),
    "Sparsemax": ("sparsemax", "axis", -1),
    "Squareplus": ("squareplus", "b", 4),
}
# Functions of nnspec's own, which would make floats of whole numbers.
OF_OWN = ("abs", "ceil", "cos", "erf", "floor", "log", "log1p", "reciprocal", "round", "rsqrt", "sign", "sin", "sqrt")
ON_FLOATS = {kind for kind, word in ACTIVATIONS.items() if word in OF_OWN}
REDUCED = {"Sum": "sum", "Mean": "mean", "Max": "max", "Min": "min", "Amax": "max", "Amin": "min", **REDUCING}
WIDER = {
    (narrow, wide)
    for narrow in ("int8", "uint8", "int16", "uint16", "int32")
    for wide in ("int32", "int64")
    if narrow != wide
}
POOLED = {"Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"}
RANKS = {3: "1D", 4: "2D", 5: "3D"}


def of_one_tensor(kind: str, tensor: Tensor, config: Config, masked: bool) -> Steps:
    """The layers of an operation on a tensor; None where there are none.

    Args:
        masked: whether the model makes masks, which a layer looks at and the operation did not.
    """
    if kind in ("Softmax", "LogSoftmax") and config.get("axis", -1) not in (-1, len(tensor.shape) - 1):
        return (_softmax_along if kind == "Softmax" else log_softmax)(tensor, config.get("axis"))
    if kind in ON_FLOATS and not _is_float(tensor):
        return None  # the layer would make floats of whole numbers
    if kind in ACTIVATIONS:
        return _one("Activation", tensor, activation=ACTIVATIONS[kind])
    if kind in WITH_ARGUMENT:
        word, name, value = WITH_ARGUMENT[kind]
        return _one("Activation", tensor, activation=word) if config.get(name, value) == value else None
    if kind in REDUCING and tensor.dtype == TRUTH:
        return _reduced(kind, replace(tensor, dtype="float32"), config)
    if kind in REDUCED:
        return (_pooled(kind, tensor, config, masked) if kind in POOLED else None) or _reduced(kind, tensor, config)
    rule = RULES.get(kind)
    return rule(tensor, config) if rule else None


def _one(kind: str, tensor: Tensor, **args: Any) -> Steps:
    """A layer on the tensor."""
    return (Step(kind, args, (tensor,)),)


def _is_float(tensor: Tensor) -> bool:
    return tensor.dtype.startswith(("float", "bfloat"))


def _axes(config: Config) -> list[int]:
    """One axis, a list of them, or none that is named."""
    given = config.get("axis")
    return [] if given is None else list(given) if isinstance(given, list | tuple) else [given]


def _softmax_along(tensor: Tensor, axis: Any) -> Steps:
    """The layer, which looks at masks, along another axis than the last; not over the examples of a batch."""
    if not isinstance(axis, int) or axis % len(tensor.shape) == 0:
        return None
    return _one("Softmax", tensor, axis=axis)


def _gelu(tensor: Tensor, config: Config) -> Steps:
    return _one("Activation", tensor, activation="gelu_tanh" if config.get("approximate", True) else "gelu")


def _glu(tensor: Tensor, config: Config) -> Steps:
    """One half by the sigmoid of the other."""
    halves = rearranged.RULES["Split"](tensor, {"indices_or_sections": 2, "axis": config.get("axis", -1)})
    if halves is None or tensor.dtype[:5] != "float":
        return None
    gate = Step("Activation", {"activation": "sigmoid"}, (Earlier(1),))
    return (*(replace(half, comes_out=False) for half in halves), gate, Step("Multiply", {}, (Earlier(0), PREVIOUS)))


def _logarithm(base: float) -> Callable[[Tensor, Config], Steps]:
    def rule(tensor: Tensor, config: Config) -> Steps:
        if not _is_float(tensor):
            return None
        natural = Step("Activation", {"activation": "log"}, (tensor,))
        return natural, Step("Rescaling", {"scale": 1 / log(base)}, (PREVIOUS,))

    return rule


def _clip(tensor: Tensor, config: Config) -> Steps:
    if (config.get("x_min"), config.get("x_max")) == (-1, 1) and tensor.dtype.startswith("float"):
        return _one("Activation", tensor, activation="hard_tanh")
    return bounded(tensor, config.get("x_min"), config.get("x_max"))


def bounded(tensor: Tensor, low: Any, high: Any) -> Steps:
    """Values cut off below one number, above another, or both."""
    given = [bound for bound in (low, high) if bound is not None]
    if not given or any(isinstance(bound, bool) or not isinstance(bound, int | float) for bound in given):
        return None
    if not _is_float(tensor) or (len(given) == 2 and low >= high):
        return None
    kind, bounds = ("ReLU", {"max_value": high}) if low == 0 else ("Clip", {"low": low, "high": high})
    return _one(kind, tensor, **{name: float(bound) for name, bound in bounds.items() if bound is not None})


# Shapes


def _reshape(tensor: Tensor, config: Config) -> Steps:
    batch, *sizes = config["newshape"]
    inside = [size for size in tensor.shape[1:] if size is not None]
    known = len(inside) == len(tensor.shape) - 1 and all(isinstance(size, int) and size > 0 for size in sizes)
    if batch not in (-1, None) or not known or prod(sizes) != prod(inside):
        return None  # examples would be mixed
    return _one("Reshape", tensor, target_shape=list(sizes))


def _laid_out(tensor: Tensor, sizes: Sequence[int | None]) -> Steps:
    """A Reshape to sizes of which one may vary."""
    if sum(size is None for size in sizes) > 1:
        return None
    return _one("Reshape", tensor, target_shape=[-1 if size is None else size for size in sizes])


def expanded(tensor: Tensor, axis: int) -> Steps:
    """The tensor with an axis of size 1 more; ``axis`` is one of the result, the batch's 0 excluded."""
    place = axis % (len(tensor.shape) + 1)
    sizes = list(tensor.shape)
    sizes.insert(place, 1)
    return _laid_out(tensor, sizes[1:]) if place else None


def _expand(tensor: Tensor, config: Config) -> Steps:
    axis = config.get("axis")
    return expanded(tensor, axis) if isinstance(axis, int) else None


def _squeeze(tensor: Tensor, config: Config) -> Steps:
    axes = {axis % len(tensor.shape) for axis in _axes(config)}
    if config.get("axis") is None:
        axes = {place for place, size in enumerate(tensor.shape) if size == 1 and place}
    if 0 in axes or any(tensor.shape[axis] != 1 for axis in axes):
        return None
    return _laid_out(tensor, [size for place, size in enumerate(tensor.shape) if place and place not in axes])


def _permuted(order: Sequence[int], tensor: Tensor) -> Steps:
    if sorted(order) != list(range(len(tensor.shape))) or order[0] != 0:
        return None
    return _one("Permute", tensor, dims=list(order[1:]))


def _transpose(tensor: Tensor, config: Config) -> Steps:
    axes = config.get("axes")
    return _permuted([axis % len(tensor.shape) for axis in axes], tensor) if axes else None


def _swapaxes(tensor: Tensor, config: Config) -> Steps:
    order = list(range(len(tensor.shape)))
    one, other = (config[name] % len(order) for name in ("axis1", "axis2"))
    order[one], order[other] = order[other], order[one]
    return _permuted(order, tensor)


def _moveaxis(tensor: Tensor, config: Config) -> Steps:
    one, other = config["source"], config["destination"]
    if not isinstance(one, int) or not isinstance(other, int):
        return None
    order = list(range(len(tensor.shape)))
    order.insert(other % len(order), order.pop(one % len(order)))
    return _permuted(order, tensor)


# Several values to one, images


def _pooled(kind: str, tensor: Tensor, config: Config, masked: bool) -> Steps:
    """A mean or a largest value over all places is a pooling layer, which looks at masks where there are steps."""
    rank = len(tensor.shape)
    axes = sorted(axis % rank for axis in _axes(config))
    if axes != list(range(1, rank - 1)) or rank not in RANKS or config.get("initial") is not None:
        return None
    if kind == "Mean" and rank == 3 and masked:
        return None
    return _one(f"{POOLED[kind]}{RANKS[rank]}", tensor, **_kept(config))


def _kept(config: Config) -> dict[str, Any]:
    return {"keepdims": True} if config.get("keepdims") else {}


def _reduced(kind: str, tensor: Tensor, config: Config) -> Steps:
    """Along any axes but the batch's, of floats."""
    axes = _axes(config)
    if not axes or config.get("initial") is not None or not _is_float(tensor):
        return None
    if any(not isinstance(axis, int) or axis % len(tensor.shape) == 0 for axis in axes):
        return None  # over the examples of a batch
    axis = axes[0] if len(axes) == 1 else axes
    return _one("Reduce", tensor, function=REDUCED[kind], axis=axis, **_kept(config))


def _window(kind: str) -> Callable[[Tensor, Config], Steps]:
    def rule(tensor: Tensor, config: Config) -> Steps:
        if len(tensor.shape) not in RANKS:
            return None
        names = ("pool_size", "strides", "padding", "data_format")
        args = {name: config[name] for name in names if config.get(name) not in (None, "valid", "channels_last")}
        return _one(f"{kind}{RANKS[len(tensor.shape)]}", tensor, **args)

    return rule


def _resize(tensor: Tensor, config: Config) -> Steps:
    if config.get("antialias") or config.get("data_format") == "channels_first" or len(tensor.shape) != 4:
        return None
    if not tensor.dtype.startswith("float"):
        return None  # the operation gives whole numbers, the layer floats
    names = ("crop_to_aspect_ratio", "pad_to_aspect_ratio")
    height, width = config["size"]
    args = {"height": height, "width": width, **{name: True for name in names if config.get(name)}}
    if config.get("interpolation", "bilinear") != "bilinear":
        args["interpolation"] = config["interpolation"]
    if args.get("pad_to_aspect_ratio"):
        args |= {name: config[name] for name in ("fill_mode", "fill_value") if name in config}
    return _one("Resizing", tensor, **args)


def _blocks(kind: str) -> Callable[[Tensor, Config], Steps]:
    def rule(tensor: Tensor, config: Config) -> Steps:
        if len(tensor.shape) != 4 or config.get("data_format", "NHWC") != "NHWC":
            return None
        return _one(kind, tensor, block_size=config["block_size"])

    return rule


def _patches(tensor: Tensor, config: Config) -> Steps:
    """Squares side by side, of which each becomes one place."""
    size = config["size"]
    sides = set(size if isinstance(size, list) else [size])
    strides, dilation = config.get("strides"), config.get("dilation_rate", 1)
    if len(sides) > 1 or strides not in (None, size) or dilation != 1 or config.get("padding", "valid") != "valid":
        return None
    side = sides.pop()
    if len(tensor.shape) != 4 or any(one is None or one % side for one in tensor.shape[1:3]):
        return None
    if config.get("data_format") == "channels_first":
        return None
    return _one("SpaceToDepth", tensor, block_size=side)


def _cast(tensor: Tensor, config: Config) -> Steps:
    """To float32, in which layers compute; or of whole numbers to a type that holds them all."""
    wanted = config.get("dtype")
    if (tensor.dtype, wanted) in WIDER:
        return _identity(tensor, config)
    return _one("Rescaling", tensor, scale=1.0) if wanted == "float32" else None


def _grey(tensor: Tensor, config: Config) -> Steps:
    """The brightness of red, green and blue, as Keras weighs them."""
    if not _is_float(tensor) or tensor.shape[-1] != 3 or config.get("data_format") == "channels_first":
        return None
    weighed = Step("Rescaling", {"scale": [0.2989, 0.587, 0.114]}, (tensor,))
    return weighed, Step("Reduce", {"function": "sum", "axis": -1, "keepdims": True}, (PREVIOUS,))


def _filled(value: float) -> Callable[[Tensor, Config], Steps]:
    def rule(tensor: Tensor, config: Config) -> Steps:
        if not _is_float(tensor) or config.get("dtype") not in (None, tensor.dtype):
            return None
        return _one("Rescaling", tensor, scale=0.0, **({"offset": value} if value else {}))

    return rule


def _identity(tensor: Tensor, config: Config) -> Steps:
    return _one("Activation", tensor, activation="linear")


RULES: Mapping[str, Callable[[Tensor, Config], Steps]] = {
    "Gelu": _gelu,
    "Glu": _glu,
    "Log2": _logarithm(2.0),
    "Log10": _logarithm(10.0),
    "LeakyRelu": lambda tensor, config: _one("LeakyReLU", tensor, negative_slope=config.get("negative_slope", 0.2)),
    "Elu": lambda tensor, config: _one("ELU", tensor, alpha=config.get("alpha", 1.0)),
    "Negative": lambda tensor, _: _one("Rescaling", tensor, scale=-1.0) if tensor.dtype.startswith("float") else None,
    "Square": lambda tensor, _: (Step("Multiply", {}, (tensor, tensor)),),
    "Clip": _clip,
    "Reshape": _reshape,
    "ExpandDims": _expand,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Swapaxes": _swapaxes,
    "Moveaxis": _moveaxis,
    "MaxPool": _window("MaxPooling"),
    "AveragePool": _window("AveragePooling"),
    "Resize": _resize,
    "DepthToSpace": _blocks("DepthToSpace"),
    "SpaceToDepth": _blocks("SpaceToDepth"),
    "ExtractPatches": _patches,
    "Cast": _cast,
    "RGBToGrayscale": _grey,
    "ZerosLike": _filled(0.0),
    "OnesLike": _filled(1.0),
    "Erfc": lambda tensor, config: (
        (
            Step("Activation", {"activation": "erf"}, (tensor,)),
            Step("Rescaling", {"scale": -1.0, "offset": 1.0}, (PREVIOUS,)),
        )
        if _is_float(tensor)
        else None
    ),
    "ConvertToTensor": lambda tensor, config: (
        _identity(tensor, config) if config.get("dtype") in (None, tensor.dtype) else None
    ),
    "Identity": _identity,
    **rearranged.RULES,
    **statistics.RULES,
    **places.RULES,
}


# Lists of tensors


def _concatenate(tensors: Sequence[Tensor], config: Config) -> Steps:
    axis = config.get("axis", 0)
    return (Step("Concatenate", {} if axis == -1 else {"axis": axis}, tuple(tensors)),)


def _stack(tensors: Sequence[Tensor], config: Config) -> Steps:
    axis = config.get("axis", 0)
    steps: list[Step] = []
    for tensor in tensors:
        wider = expanded(tensor, axis)
        if wider is None:
            return None
        steps += wider
    parts = tuple(Earlier(number) for number in range(len(steps)))
    return (*steps, Step("Concatenate", {} if axis == -1 else {"axis": axis}, parts))


JOINING: Mapping[str, Callable[[Sequence[Tensor], Config], Steps]] = {
    "Concatenate": _concatenate,
    "Stack": _stack,
    "Hstack": lambda tensors, _: _concatenate(tensors, {"axis": 1}),
    "AddN": lambda tensors, _: (Step("Add", {}, tuple(tensors)),) if len(tensors) > 1 else None,
}
