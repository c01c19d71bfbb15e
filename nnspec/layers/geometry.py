"""Sliding windows and channel orders: what convolution, pooling, cropping and padding share."""

from __future__ import annotations

from nnspec.layers.rule import Call, ShapeError
from nnspec.layers.types import Dim

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def channels_first(call: Call) -> bool:
    return call.choice("data_format", "channels_last", "channels_first") == "channels_first"


def split(call: Call, rank: int) -> tuple[tuple[Dim, ...], Dim]:
    """The spatial dimensions and the channels of the input, in either channel order."""
    first = channels_first(call)
    axes = ("channels", *AXES[rank]) if first else (*AXES[rank], "channels")
    shape = call.ranked(rank + 2, *axes)
    return (shape[2:], shape[1]) if first else (shape[1:-1], shape[-1])


def join(call: Call, spatial: tuple[Dim, ...], channels: Dim) -> tuple[Dim, ...]:
    """A shape with the batch of the input, in the channel order of the layer."""
    batch = call.input.shape[0]
    return (batch, channels, *spatial) if channels_first(call) else (batch, *spatial, channels)


def slide(
    sizes: tuple[Dim, ...],
    windows: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    padding: str,
    noun: str = "kernel",
) -> tuple[Dim, ...]:
    """How many places a window takes along each axis.

    Args:
        sizes: of the input, one for each spatial axis, as are the next three.
        windows: kernel or pool sizes.
        padding: ``valid`` keeps inside, ``same`` and ``causal`` pad.
        noun: what the window is called, for messages; also the argument's name less ``_size``.

    Raises:
        ShapeError: a window wider than its axis.
    """
    places: list[Dim] = []
    axes = zip(AXES[len(sizes)], sizes, windows, strides, dilations, strict=True)
    for axis, size, window, stride, dilation in axes:
        reach = (window - 1) * dilation + 1
        if padding != "valid":
            reach = 1
        elif isinstance(size, int) and size < reach:
            wide = f" dilated by {dilation}, {reach} wide," if dilation > 1 else ""
            raise ShapeError(
                f"{noun} {window}{wide} with padding valid does not fit an input of {axis} {size}",
                "padding: same keeps the size, or shrink less before",
                f"{noun}_size",
            )
        places.append(size if reach == stride == 1 else (size - reach) // stride + 1)
    return tuple(places)
