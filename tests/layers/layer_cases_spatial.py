"""Random calls of layers over space: windows, borders, images."""

from __future__ import annotations

from random import Random
from typing import Any

from layer_draws import FORMATS, RECURRENT_FLAGS, Case, common, dim, dims, number, rarely, sizes, some, spatial


def convolution(r: Random, kind: str) -> Case:
    rank = int(kind[kind.index("D") - 1]) if not kind.startswith("D") else int(kind[-2])
    args = {"kernel_size": sizes(r, rank), **common(r)}
    args |= some(r, strides=(1, 2, 3), padding=("valid", "same"), use_bias=(True, False), data_format=FORMATS)
    if rarely(r, 0.25):
        args["dilation_rate"] = sizes(r, rank)
    if "Depthwise" not in kind:
        args["filters"] = r.choice((1, 2, 3, 4, 6, 6, 8)) if not rarely(r, 0.02) else r.choice((0, -1))
    if "Depthwise" in kind or "Separable" in kind:
        args |= some(r, depth_multiplier=(1, 2, 3))
    elif "Transpose" in kind:
        args |= some(r, output_padding=(None, 0, 1, [1] * rank))
    else:
        args |= some(r, groups=(1, 1, 2, 3), lora_rank=(None, None, None, 2))
        if rank == 1:
            args |= some(r, padding=("valid", "same", "causal"))
    return Case(kind, args, [(spatial(r, rank, args), number(r))])


def pooling(r: Random, kind: str) -> Case:
    rank = int(kind[-2])
    args = {**common(r), **some(r, data_format=FORMATS)}
    if kind.startswith("Adaptive"):
        # With a wrong number of dimensions Keras says one shape and computes another, and where a window is larger than
        # the input, as it always is for one output, it ends the process on some processors: no oracle there.
        args["output_size"] = r.choice((2, 3, [2] * rank))
        inner = [dim(r, low=2) for _ in range(rank)]
        inner.insert(0 if args.get("data_format") == "channels_first" else rank, dim(r))
        return Case(kind, args, [(tuple(inner), number(r))])
    elif kind.startswith("Global"):
        args |= some(r, keepdims=(True, False))
    else:
        args |= some(r, padding=("valid", "same"), pool_size=(1, 2, 3, [2] * rank), strides=(None, 1, 2, [3] * rank))
    return Case(kind, args, [(spatial(r, rank, args), number(r))])


def bordered(r: Random, kind: str, name: str) -> Case:
    rank = int(kind[-2])
    args: dict[str, Any] = common(r)
    if r.random() < 0.8:
        pairs = [[r.randint(0, 3), r.randint(0, 3)] for _ in range(rank)]
        args[name] = r.choice(
            (r.randint(0, 3), pairs[0] if rank == 1 else pairs, [1] * (rank if rank > 1 else 2), [1] * 5)
        )
    if not (rank == 1 and name == "cropping"):
        args |= some(r, data_format=FORMATS)
    return Case(kind, args, [(spatial(r, rank, args), number(r))])


def upsampling(r: Random, kind: str) -> Case:
    rank = int(kind[-2])
    args: dict[str, Any] = {"size": sizes(r, rank) if rank > 1 else r.choice((0, 1, 2, 3)), **common(r)}
    if rank > 1:
        args |= some(r, data_format=FORMATS)
    return Case(kind, args, [(spatial(r, rank, args), number(r))])


def spatial_dropout(r: Random, kind: str) -> Case:
    args: dict[str, Any] = {
        "rate": r.choice((0, 0.3, 1, 1.5)),
        **(some(r, data_format=FORMATS) if kind[-2] != "1" else {}),
    }
    return Case(kind, args, [(dims(r, int(kind[-2]) + 1), number(r))])


def image(r: Random, kind: str, /, **choices: Any) -> Case:
    args = {name: r.choice(values) for name, values in choices.items()} | {
        name: value for name, value in common(r).items() if kind not in ("RandAugment", "AugMix")
    }
    formats = some(r, data_format=FORMATS)
    channels = 3 if not rarely(r, 0.2) else dim(r, 1, 4)
    inner = [dim(r, 4, 9), dim(r, 4, 9)]
    inner.insert(0 if formats.get("data_format") == "channels_first" else 2, channels)
    return Case(kind, {**args, **formats}, [(tuple(inner), r.choice(("float32", "float32", "uint8")))])


def stft_spectrogram(r: Random) -> Case:
    args = {
        "frame_length": r.choice((4, 5, 8)),
        **some(r, frame_step=(None, 1, 3, 9), fft_length=(None, 4, 8, 16)),
        **common(r),
    }
    args |= some(
        r, mode=("log", "real", "imag", "stft", "psd", "angle"), padding=("valid", "same"), expand_dims=(True, False)
    )
    args |= some(r, data_format=FORMATS)
    inner = [dim(r, 2, 30, unknown=0.2)]
    inner.insert(0 if args.get("data_format") == "channels_first" else 1, dim(r, 1, 3, unknown=0.03))
    return Case("STFTSpectrogram", args, [(tuple(inner), "float32")])


def conv_lstm(r: Random, kind: str) -> Case:
    rank = int(kind[-2])
    args = {"filters": r.randint(1, 3), "kernel_size": sizes(r, rank), **some(r, **RECURRENT_FLAGS), **common(r)}
    args |= some(r, padding=("valid", "same"), strides=(1, 2), data_format=FORMATS)
    if rarely(r, 0.2):
        args["dilation_rate"] = r.choice((1, 2))
    inner = list(dims(r, rank + 1, low=2, high=7, unknown=0.03))
    return Case(kind, args, [((dim(r, unknown=0.3), *inner), number(r))])
