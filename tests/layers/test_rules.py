"""Multiply-adds counted by hand, unknown numbers in arguments, and what the errors say."""

from __future__ import annotations

import contextlib
import os
from random import Random
from typing import Any

import pytest
from layer_cases import draw

from nnspec.frontend.shapes import with_defaults
from nnspec.layers import KINDS, Inferred, NoRule, ShapeError, infer
from nnspec.layers.types import Dim, KindValue, Symbol, TensorSpec

RULED = sorted(kind for kind, record in KINDS.items() if record.rule is not None)

BATCH, LENGTH = Symbol("batch"), Symbol("length")


def ask(kind: str, args: dict[str, Any], *shapes: tuple[Dim, ...], **call: Any) -> Inferred:
    return infer(kind, with_defaults(kind, args), [TensorSpec((BATCH, *shape), "float32") for shape in shapes], call)


@pytest.mark.parametrize(
    ("kind", "args", "shapes", "macs"),
    [
        # VGG-16's first convolution: 64 kernels of 3 x 3 x 3 at 224 x 224 places
        ("Conv2D", {"filters": 64, "kernel_size": 3, "padding": "same"}, [(224, 224, 3)], 86_704_128),
        ("Conv2D", {"filters": 64, "kernel_size": 3, "padding": "same", "groups": 2}, [(8, 8, 4)], 64 * 9 * 2 * 64),
        ("Conv2D", {"filters": 5, "kernel_size": [1, 3], "strides": 2}, [(9, 9, 4)], 5 * 4 * 3 * 4 * 5),
        ("Conv2DTranspose", {"filters": 5, "kernel_size": 3, "strides": 2}, [(4, 4, 2)], 16 * 9 * 2 * 5),
        ("DepthwiseConv2D", {"kernel_size": 3, "padding": "same"}, [(10, 10, 6)], 100 * 9 * 6),
        ("SeparableConv1D", {"filters": 7, "kernel_size": 3, "padding": "same"}, [(10, 6)], 10 * (3 * 6 + 6 * 7)),
        ("Dense", {"units": 10}, [(784,)], 7840),
        ("Dense", {"units": 10}, [(5, 784)], 5 * 7840),
        ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 8]}, [(5, 3)], 5 * 3 * 8),
        ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 8}, [(5, 3)], 5 * 3 * 8),
        ("LSTM", {"units": 100}, [(7, 20)], 7 * 4 * (20 * 100 + 100 * 100)),
        ("GRU", {"units": 10}, [(7, 20)], 7 * 3 * (20 * 10 + 10 * 10)),
        ("Bidirectional", {"layer": KindValue("LSTM", {"units": 3})}, [(7, 2)], 2 * 7 * 4 * (2 * 3 + 3 * 3)),
        ("TimeDistributed", {"layer": KindValue("Dense", {"units": 4})}, [(6, 3)], 6 * 12),
        ("ConvLSTM1D", {"filters": 2, "kernel_size": 3, "padding": "same"}, [(5, 8, 3)], 5 * 8 * 3 * (3 + 2) * 8),
        ("Dot", {"axes": 2}, [(4, 3), (5, 3)], 4 * 5 * 3),
        ("MatMul", {"transpose_b": True}, [(2, 4, 3), (2, 5, 3)], 2 * 4 * 5 * 3),
        ("Attention", {}, [(4, 8), (6, 8)], 4 * 6 * (8 + 8)),
        ("AdditiveAttention", {}, [(4, 8), (6, 8)], 4 * 6 * 8),
        # query, key, value and output projections of 8 x (2 heads of 3), then 5 x 7 scores used twice
        (
            "MultiHeadAttention",
            {"num_heads": 2, "key_dim": 3},
            [(5, 8), (7, 8)],
            8 * 6 * (5 + 7 + 7 + 5) + 5 * 7 * 6 * 2,
        ),
        ("Embedding", {"input_dim": 1000, "output_dim": 8}, [(20,)], 0),
        ("MaxPooling2D", {}, [(8, 8, 3)], 0),
        ("Conv1D", {"filters": 4, "kernel_size": 3}, [(LENGTH, 2)], None),
        ("LSTM", {"units": 4}, [(LENGTH, 2)], None),
    ],
)
def test_multiply_adds(kind: str, args: dict[str, Any], shapes: list[tuple[Dim, ...]], macs: int | None) -> None:
    assert ask(kind, args, *shapes).macs == macs


def test_vgg16_adds_up() -> None:
    """Simonyan and Zisserman 2014, configuration D: 138 million weights, 15.5 billion multiply-adds."""
    params = macs = 0
    shape: tuple[Dim, ...] = (224, 224, 3)

    def add(kind: str, **args: Any) -> None:
        nonlocal shape, params, macs
        found = ask(kind, args, shape)
        shape = found.outputs[0].shape[1:]
        params += found.params or 0
        macs += found.macs or 0

    for filters, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convolutions):
            add("Conv2D", filters=filters, kernel_size=3, padding="same")
        add("MaxPooling2D")
    add("Flatten")
    for units in (4096, 4096, 1000):
        add("Dense", units=units)
    assert (params, macs) == (138_357_544, 15_470_264_320)


def test_a_length_keeps_its_formula() -> None:
    found = ask("Conv1D", {"filters": 4, "kernel_size": 5, "strides": 2}, (LENGTH, 3))
    assert [str(size) for size in found.outputs[0].shape] == ["batch", "(length - 3)//2", "4"]


def test_numbers_that_the_data_will_tell() -> None:
    """``units: $data.classes`` before the data are seen: the shape carries the name, the count is unknown."""
    found = ask("Dense", {"units": Symbol("data.classes")}, (20,))
    assert found.outputs[0].shape == (BATCH, Symbol("data.classes"))
    assert (found.params, found.trainable_params, found.macs) == (None, None, None)
    assert infer("Dense", with_defaults("Dense", {"units": 3}), found.outputs).params is None


def test_a_kind_without_a_rule() -> None:
    with pytest.raises(NoRule):
        infer("Lambda", {}, [])
    with pytest.raises(NoRule):
        ask("TimeDistributed", {"layer": KindValue("Mystery", {})}, (4, 3))


@pytest.mark.parametrize(
    ("kind", "args", "shapes", "message", "argument", "hint"),
    [
        (
            "Conv2D",
            {"filters": 8, "kernel_size": 5},
            [(3, 28, 1)],
            "kernel 5 with padding valid does not fit an input of height 3",
            "kernel_size",
            "padding: same",
        ),
        (
            "Conv1D",
            {"filters": 8, "kernel_size": 3, "dilation_rate": 4},
            [(8, 1)],
            "kernel 3 dilated by 4, 9 wide, with padding valid does not fit an input of length 8",
            "kernel_size",
            "",
        ),
        (
            "MaxPooling2D",
            {"pool_size": 2},
            [(1, 4, 8)],
            "pool 2 with padding valid does not fit an input of height 1",
            "pool_size",
            "",
        ),
        (
            "Conv2D",
            {"filters": 8, "kernel_size": 3},
            [(28, 28)],
            "it takes 4 dimensions (batch, height, width, channels) and gets 3: (batch, 28, 28)",
            None,
            "1 channel",
        ),
        (
            "LSTM",
            {"units": 8},
            [(64,)],
            "it takes 3 dimensions (batch, steps, features) and gets 2: (batch, 64)",
            None,
            "return_sequences: true",
        ),
        (
            "Conv2D",
            {"filters": 6, "kernel_size": 1, "groups": 3},
            [(4, 4, 4)],
            "4 input channels cannot be divided into 3 groups",
            "groups",
            "",
        ),
        (
            "Add",
            {},
            [(8, 8, 64), (8, 8, 32)],
            "(batch, 8, 8, 64) and (batch, 8, 8, 32) do not go together: 64 against 32",
            None,
            "kernel_size 1",
        ),
        (
            "Add",
            {},
            [(LENGTH, 4), (LENGTH - 2, 4)],
            "(batch, length, 4) and (batch, length - 2, 4) do not go together: length against length - 2",
            None,
            "padding: same",
        ),
        (
            "Concatenate",
            {},
            [(8, 3), (9, 3)],
            "(batch, 8, 3) and (batch, 9, 3) cannot be joined along axis 2: 8 against 9",
            None,
            "",
        ),
        (
            "Reshape",
            {"target_shape": [5, -1]},
            [(4, 3)],
            "(4, 3) holds 12 numbers and cannot be laid out as (5, -1)",
            "target_shape",
            "",
        ),
        ("Dense", {"units": 5}, [(LENGTH,)], "its weights need a fixed size, and `length` varies", None, "known size"),
        ("Dense", {"units": 0}, [(3,)], "units is a whole number, 1 or more, not 0", "units", ""),
        (
            "Cropping1D",
            {"cropping": 2},
            [(4, 1)],
            "cropping 2 and 2 leaves nothing of an input of length 4",
            "cropping",
            "",
        ),
        ("Dropout", {"rate": 50}, [(4,)], "rate lies between 0 and 1, not at 50", "rate", ""),
        ("LSTM", {"units": 4}, [(5, 3), (4,), (4,), (4,)], "it carries 2 states and gets 3 to begin with", None, ""),
        ("Resizing", {"height": 4, "width": 4}, [(28, 28)], "it takes 4 dimensions", None, "1 channel"),
        ("AdaptiveMaxPooling2D", {"output_size": 2}, [(8, 3)], "it takes 4 dimensions", None, "1 channel"),
        (
            "MultiHeadAttention",
            {"num_heads": 1, "key_dim": 2},
            [(5, 3)],
            "it takes a query, a value",
            None,
            "from: [x, x]",
        ),
    ],
)
def test_errors(
    kind: str, args: dict[str, Any], shapes: list[tuple[Dim, ...]], message: str, argument: str | None, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        ask(kind, args, *shapes)
    assert caught.value.message.startswith(message)
    assert caught.value.argument == argument
    assert hint in (caught.value.hint or "")


DRAWS = 300 if os.environ.get("NNSPEC_FULL") == "1" else 100
GARBAGE = (
    None,
    -1,
    0,
    1.5,
    True,
    "x",
    "",
    [],
    {},
    [None],
    [1, "a"],
    [0, 10**30],
    [[1]],
    KindValue("Dense", {}),
    10**30,
)


@pytest.mark.parametrize("kind", RULED)
def test_any_value_is_refused_or_taken(kind: str) -> None:
    """Whatever an argument holds, a rule says so with a ShapeError; it never falls over."""
    r = Random(kind)
    for index in range(DRAWS):
        case = draw(kind, index)
        args = with_defaults(kind, case.args)
        args[r.choice(sorted(args) or ["shape"])] = r.choice(GARBAGE)
        specs = [
            TensorSpec((BATCH, *(LENGTH if size is None else size for size in shape)), t) for shape, t in case.inputs
        ]
        specs = r.choice((specs, specs, specs[1:], specs * 2))
        with contextlib.suppress(ShapeError, NoRule):
            infer(kind, args, specs, case.call)
