"""Convolutions: plain, transposed, depthwise, separable. Multiply-adds: one for each kernel weight at each place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.core import adapted
from nnspec.layers.fields import FieldRule, convolved, transposed
from nnspec.layers.geometry import join, slide, split
from nnspec.layers.kind import ARGUMENT, LayerKind, Mobile, Refusal, channels_first, never
from nnspec.layers.masks import dropped
from nnspec.layers.rounding import IN_FLOAT, kernel
from nnspec.layers.rule import Call, Facts, ShapeError, product, weights
from nnspec.layers.types import Dim
from nnspec.layers.value_types import ON_OWN_FLOATS


def _convolution(call: Call, rank: int) -> Facts:
    filters, groups = call.size("filters"), call.sizes("groups", 1)[0]
    kernel, strides, dilations = _window(call, rank)
    _refuse_strided_dilation(strides, dilations)
    spatial, channels = split(call, rank)
    for name, count in (("filters", filters), ("input channels", channels)):
        if isinstance(count, int) and count % groups:
            raise ShapeError(f"{count} {name} cannot be divided into {groups} groups", argument="groups")
    places = slide(spatial, kernel, strides, dilations, _padding(call, causal=rank == 1))
    kernel_weights = weights(*kernel, channels // groups, filters)
    facts = Facts(
        (call.output(*join(call, places, filters)),),
        kernel_weights + _bias(call, filters),
        macs=product(places) * kernel_weights,
        columns=filters,
    )
    return adapted(call, facts, kernel_weights)


def _transposed(call: Call, rank: int) -> Facts:
    filters = call.size("filters")
    kernel, strides, dilations = _window(call, rank)
    _refuse_strided_dilation(strides, dilations)
    extra = call.sizes("output_padding", rank, least=0) if call.get("output_padding") is not None else None
    for padded, stride in zip(extra or (), strides, strict=False):
        if padded >= stride:
            raise ShapeError(f"output_padding {padded} is not below the stride {stride}", argument="output_padding")
    spatial, channels = split(call, rank)
    padding = _padding(call)
    grown: list[Dim] = []
    for axis, (size, window, stride, dilation) in enumerate(zip(spatial, kernel, strides, dilations, strict=True)):
        reach = (window - 1) * dilation + 1
        if extra is not None:
            grown.append((size - 1) * stride + (reach if padding == "valid" else reach % 2) + extra[axis])
        elif padding == "valid":
            grown.append((size - 1) * stride + max(reach, stride))
        else:
            grown.append(size * stride)
    kernel_weights = weights(*kernel, filters, channels)
    return Facts(
        (call.output(*join(call, tuple(grown), filters)),),
        kernel_weights + _bias(call, filters),
        macs=product(spatial) * kernel_weights,
        columns=channels,
    )


def _depthwise(call: Call, rank: int) -> Facts:
    multiplier = call.size("depth_multiplier")
    kernel, strides, dilations = _window(call, rank)
    spatial, channels = split(call, rank)
    places = slide(spatial, kernel, strides, dilations, _padding(call))
    kernel_weights = weights(*kernel, channels, multiplier)
    return Facts(
        (call.output(*join(call, places, channels * multiplier)),),
        kernel_weights + _bias(call, channels * multiplier),
        macs=product(places) * kernel_weights,
        columns=multiplier,
    )


def _separable(call: Call, rank: int) -> Facts:
    multiplier, filters = call.size("depth_multiplier"), call.size("filters")
    kernel, strides, dilations = _window(call, rank)
    spatial, channels = split(call, rank)
    places = slide(spatial, kernel, strides, dilations, _padding(call))
    kernel_weights = weights(*kernel, channels, multiplier) + weights(channels, multiplier, filters)
    return Facts(
        (call.output(*join(call, places, filters)),),
        kernel_weights + _bias(call, filters),
        macs=product(places) * kernel_weights,
    )


def _window(call: Call, rank: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    return call.sizes("kernel_size", rank), call.sizes("strides", rank), call.sizes("dilation_rate", rank)


def _padding(call: Call, causal: bool = False) -> str:
    return call.choice("padding", "valid", "same", *(("causal",) if causal else ()))


def _bias(call: Call, filters: Dim) -> Dim:
    return weights(filters) if call.flag("use_bias") else 0


def _refuse_strided_dilation(strides: tuple[int, ...], dilations: tuple[int, ...]) -> None:
    if max(strides) > 1 and max(dilations) > 1:
        raise ShapeError(
            f"strides {max(strides)} and dilation_rate {max(dilations)} cannot be used together",
            argument="dilation_rate",
        )


def _dilated(args: Mapping[str, Any]) -> Refusal | None:
    if args.get("dilation_rate") in (None, 1, [1], [1, 1], [1, 1, 1], (1,), (1, 1), (1, 1, 1)):
        return None
    return Refusal("a transposed convolution with holes has no builtin operation", "dilation_rate: 1, a wider kernel")


def skips(args: Mapping[str, Any]) -> Refusal | None:
    """A convolution of three axes whose strides pass over the kernel by two places or more, in padding same.

    TensorFlow's kernel for CPUs begins before the first place there (its padding is negative), unlike XLA's, that of
    GPUs and TFLite's.
    """
    kernel, strides = (_along_three(args.get(name)) for name in ("kernel_size", "strides"))
    if args.get("padding") != "same" or all(size + 2 > stride for size, stride in zip(kernel, strides, strict=True)):
        return None
    return Refusal(
        "TensorFlow computes it on a CPU at other places than TFLite and GPUs do, where strides are larger than the "
        "kernel by two or more",
        "padding: valid, a larger kernel, or smaller strides",
    )


def _along_three(given: Any) -> tuple[int, ...]:
    return tuple(given) if isinstance(given, list | tuple) else (given if isinstance(given, int) else 1,) * 3


RANKS = (1, 2, 3)


def _kind(says: str, rule: Callable[..., Facts], rank: int, field: FieldRule = convolved, **more: Any) -> LayerKind:
    return LayerKind(
        says=says,
        family="convolution",
        rule=partial(rule, rank=rank),
        mask=dropped,
        field=field,
        activation=ARGUMENT,
        linear=True,
        ranks={"kernel": rank + 2, "depthwise": rank + 2, "pointwise": rank + 2, "bias": 1},
        types=ON_OWN_FLOATS,
        **more,
    )


CONVOLUTION: dict[str, LayerKind] = {
    **{
        f"Conv{rank}D": _kind(
            "Slides learned kernels over the input and sums what lies under them.",
            _convolution,
            rank,
            operations=operations.convolution,
            width="filters",
            aliases=(f"Convolution{rank}D",),
            mobile=Mobile(refuses=skips) if rank == 3 else Mobile(),
            gpu_only=channels_first if rank < 3 else never,
            rounding=kernel(kernel=(-1,)) if rank < 3 else IN_FLOAT,
            sparse={"kernel": -2},
            channels="makes",
        )
        for rank in RANKS
    },
    **{
        f"Conv{rank}DTranspose": _kind(
            "The transpose of a convolution: strides make the output larger, not smaller.",
            _transposed,
            rank,
            transposed,
            operations=operations.transposed,
            mobile=Mobile(refuses=_dilated),
            aliases=(f"Convolution{rank}DTranspose",),
            gpu_only=channels_first,
            rounding=kernel(kernel=(-2,), four_bits=False) if rank < 3 else IN_FLOAT,
            sparse={"kernel": -1},
            channels="makes",
        )
        for rank in RANKS
    },
    **{
        f"DepthwiseConv{rank}D": _kind(
            "Convolves each channel by itself, with kernels of its own.",
            _depthwise,
            rank,
            operations=operations.depthwise,
            rounding=kernel(kernel=(-2, -1)),
            channels="keeps",
        )
        for rank in (1, 2)
    },
    **{
        f"SeparableConv{rank}D": _kind(
            "A depthwise convolution followed by a pointwise one that mixes the channels.",
            _separable,
            rank,
            operations=operations.separable,
            aliases=(f"SeparableConvolution{rank}D",),
            rounding=kernel(depthwise_kernel=(-2, -1), pointwise_kernel=(-1,)),
            sparse={"pointwise_kernel": -2},
            channels="makes",
        )
        for rank in (1, 2)
    },
}
