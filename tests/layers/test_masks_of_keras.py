"""Keras is the oracle for masks: of every kind, with masks of fitting and of other axes on its inputs."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
from layer_cases import CASES, Case, draw
from test_oracle import call, make, specs, symbolic, with_defaults

from nnspec.layers import KINDS, ShapeError, infer
from nnspec.layers.masks import Mask, Masked, MaskError
from nnspec.layers.rule import Call, NoRule
from nnspec.layers.types import Symbol

pytestmark = pytest.mark.tf

DRAWS = 8 * int(os.environ.get("NNSPEC_DRAWS", "1"))
LENGTH = 6  # of what varies, with numbers
AT_RUN = {"ReversibleEmbedding"}  # its mask is set while it runs, and not while a network is built
TAKEN: dict[str, set[bool]] = {}  # by kind, whether the masks were off its inputs after a call with numbers
FEWER = {"AugMix": 4, "RandAugment": 4, "Pipeline": 4}


@pytest.mark.parametrize("kind", sorted(CASES.keys() - {"InputLayer"}))
def test_masks_agree_with_keras(kind: str) -> None:
    found = set()
    for index in range(DRAWS // FEWER.get(kind, 1)):
        case, r = draw(kind, index), Random(f"mask {kind} {index}")
        found.add(compare(case, [mask_of(shape, r) for shape, _ in case.inputs]))
    assert (True, False) not in found or (True, True) in found  # a mask may hide what makes no difference, once
    assert TAKEN.get(kind, {KINDS[kind].takes_masks_off}) == {KINDS[kind].takes_masks_off}


def mask_of(shape: tuple[int | None, ...], r: Random) -> tuple[int | None, ...] | None:
    """A mask without the batch: mostly over all axes but the last, or over the first alone; at times there is none."""
    if r.random() < 0.25:
        return None
    fitting = shape[:-1]
    return fitting if r.random() < 0.7 else shape[: r.randint(0, len(shape))]


def compare(case: Case, masks: list[tuple[int | None, ...] | None]) -> tuple[bool, bool]:
    """Whether the record says that the masks count, and whether they do; fails where record and Keras differ."""
    record, args = KINDS[case.kind], with_defaults(case.kind, case.args)
    inputs = specs(case)
    try:
        outputs = infer(case.kind, args, inputs, case.call).outputs
    except (ShapeError, NoRule):
        return False, False
    given = tuple(
        None if mask is None else Mask(spec.shape[: 1 + len(mask)]) for mask, spec in zip(masks, inputs, strict=True)
    )
    masked = Masked(Call(case.kind, args, tuple(inputs), case.call, KINDS), given, outputs)
    assert record.mask is not None
    try:
        uses_mask = record.uses_mask is not None and record.uses_mask(masked)
        found = record.mask(masked)
    except MaskError as error:
        assert misfits(case, masks), f"{case} {masks}\nrefused: {error}"
        return False, False
    expected = ask_keras(case, masks)
    shapes = [None if mask is None else comparable(mask) for mask in found]
    shapes += [None] * (len(expected) - len(shapes))
    assert shapes == expected, f"{case} {masks}\nfound: {shapes}\nKeras: {expected}"
    counts = depends(case, masks)
    assert uses_mask or not counts, f"{case} {masks}: the mask counts"
    return uses_mask, counts


def comparable(mask: Mask) -> tuple[int | None, ...]:
    return tuple(None if isinstance(size, Symbol) else size for size in mask.shape)


def ask_keras(case: Case, masks: list[tuple[int | None, ...] | None]) -> list[tuple[int | None, ...] | None]:
    """The shape of each output's mask, as Keras sets it while a network is built."""
    if case.kind in AT_RUN:
        arrays = [
            keras.ops.zeros([2, *(LENGTH if n is None else n for n in shape)], kind) for shape, kind in case.inputs
        ]
        output = call(make(case.kind, case.args), case, arrays)
        (shape, _), *_ = case.inputs
        return [None if getattr(output, "_keras_mask", None) is None else (None, *shape)]
    tensors = [symbolic(*spec) for spec in case.inputs]
    for tensor, mask in zip(tensors, masks, strict=True):
        if mask is not None:
            tensor._keras_mask = keras.KerasTensor((None, *mask), dtype="bool")
    outputs = keras.tree.flatten(call(make(case.kind, case.args), case, tensors))
    passed = [any(output is tensor for tensor in tensors) for output in outputs]  # then its mask comes along by chance
    found = [None if by else getattr(output, "_keras_mask", None) for output, by in zip(outputs, passed, strict=True)]
    return [None if mask is None else tuple(mask.shape) for mask in found]


def misfits(case: Case, masks: list[tuple[int | None, ...] | None]) -> bool:
    """Whether Keras fails with numbers, or aligns a mask at other axes than its tensor's, which sizes may allow."""
    given = [(mask, shape) for mask, (shape, _) in zip(masks, case.inputs, strict=True) if mask is not None]
    if any(len(mask) + 1 != len(shape) for mask, shape in given) or len({len(mask) for mask, _ in given}) > 1:
        return True
    if case.args.get("data_format") == "channels_first":
        return True  # the last axis is one of places
    try:
        run(case, masks, filled=True)
    except Exception:
        return True
    return False


def depends(case: Case, masks: list[tuple[int | None, ...] | None]) -> bool:
    """Whether what comes out is another where the mask hides something."""
    if not any(mask is not None for mask in masks):
        return False
    try:
        whole, hidden = run(case, masks, filled=True), run(case, masks, filled=False)
        if same(whole, hidden):
            return False
        # Some kernels give other numbers at times, with a mask and without: what counts is there each time.
        again = [(run(case, masks, filled=True), run(case, masks, filled=False)) for _ in range(2)]
    except Exception:  # Keras or TensorFlow finds a fault with numbers, with a mask or without
        return False
    return all(same(whole, one) and same(hidden, other) for one, other in again)


def same(ones: list[Any], others: list[Any]) -> bool:
    return all(alike(one, other) for one, other in zip(ones, others, strict=True))


def alike(one: Any, two: Any) -> bool:
    """Whether two outputs are the same, but for the last bits that a convolution rounds in another order each time."""
    if one.shape == two.shape and one.dtype.kind == "f":
        return np.allclose(one, two, rtol=1e-4, atol=1e-5, equal_nan=True)
    return np.array_equal(one, two)


def run(case: Case, masks: list[tuple[int | None, ...] | None], *, filled: bool) -> list[Any]:
    """Outputs of one layer with numbers. Without ``filled`` masks hide the second half of the places of each axis."""
    keras.utils.set_random_seed(1)
    layer = make(case.kind, case.args)
    r = np.random.default_rng(0)
    arrays = []
    for (shape, dtype), mask in zip(case.inputs, masks, strict=True):
        sizes = [2, *(LENGTH if size is None else size for size in shape)]
        values = r.integers(0, 2, sizes) if dtype.startswith(("int", "bool")) else r.normal(size=sizes) * 3
        tensor = keras.ops.convert_to_tensor(np.asarray(values).astype(dtype))
        if mask is not None:
            tensor._keras_mask = keras.ops.convert_to_tensor(hiding([2, *(sizes[1 : 1 + len(mask)])], filled))
        arrays.append(tensor)
    training = {"training": True} if case.kind == "BatchNormalization" else {}
    case = Case(case.kind, case.args, case.inputs, {**case.call, **training})
    outputs = keras.tree.flatten(call(layer, case, arrays))
    given = [array for array, mask in zip(arrays, masks, strict=True) if mask is not None]
    TAKEN.setdefault(case.kind, set()).add(any(array._keras_mask is None for array in given))
    return [keras.ops.convert_to_numpy(output) for output in outputs]


def hiding(sizes: list[int], filled: bool) -> Any:
    mask = np.ones(sizes, bool)
    if not filled:
        mask[..., sizes[-1] // 2 :] = False
    return mask
