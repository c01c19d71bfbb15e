"""Keras is the oracle: every rule against Keras on random arguments and inputs, legal and not.

``NNSPEC_DRAWS=20 pytest tests/layers/test_oracle.py`` multiplies the number of draws by 20.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_cases import CASES, Case, draw

from nnspec.backend.kinds import kind_class
from nnspec.catalog.kinds import catalog
from nnspec.layers import KINDS, Inferred, ShapeError, infer
from nnspec.layers.types import KindValue, Symbol, TensorSpec
from nnspec.tools.keras_catalog import NOTHING, keras_arguments

pytestmark = pytest.mark.tf

DRAWS = 60 * int(os.environ.get("NNSPEC_DRAWS", "1"))
SLOW = {"Pipeline": 10, "AugMix": 4, "RandAugment": 4}  # draws fewer by this factor: many layers within, or traced
TAKES_A_LIST = {"Attention", "AdditiveAttention", "HashedCrossing", "Concatenate", "Dot", "MatMul"} | {
    "Add",
    "Subtract",
    "Multiply",
    "Average",
    "Maximum",
    "Minimum",
}
RECURRENT = {"SimpleRNN", "GRU", "LSTM", "JordanRNN", "RNN", "Bidirectional"}


STRICTER = {
    "RMSNormalization": "another axis than the last is scaled along the last one, where their sizes are the same",
    "MultiHeadAttention": "attention over heads, or over examples, where an axis holds no places",
    **dict.fromkeys(("RandomContrast", "RandomSaturation"), "whole numbers go through at inference, not in training"),
    **dict.fromkeys(
        ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
        "whole numbers go through where all of them are dropped, and through no other rate",
    ),
}


RULED = sorted(kind for kind, record in KINDS.items() if record.rule is not None)


def test_every_rule_has_cases() -> None:
    assert sorted(CASES) == RULED


@pytest.mark.parametrize("kind", RULED)
def test_agrees_with_keras(kind: str) -> None:
    accepted = 0
    for index in range(max(1, DRAWS // SLOW.get(kind, 1))):
        accepted += compare(flagged(draw(kind, index), Random(f"{kind} {index}")))
    assert accepted, "no legal case was drawn"


def flagged(case: Case, r: Random) -> Case:
    """The case with flags in its call, as ``call:`` gives them."""
    flags = {flag: r.choice((True, False)) for flag in catalog().call_flags(case.kind) if r.random() < 0.3}
    return replace(case, call={**flags, **case.call})


def compare(case: Case) -> bool:
    """Whether both accept the case; fails where they differ."""
    expected = ask_keras(case)
    try:
        found = infer(case.kind, with_defaults(case.kind, case.args), specs(case), case.call)
    except ShapeError as error:
        # Keras finds some misfits only with numbers at hand, and works along the batch where it is told to.
        stricter = case.kind in STRICTER or "is the batch" in str(error)
        assert stricter or isinstance(expected, Exception) or fails_on_numbers(case), (
            f"{case}\nrefused: {error}\nKeras: {expected}"
        )
        return False
    assert not isinstance(expected, Exception), f"{case}\nfound: {found}\nKeras refused: {expected}"
    assert comparable(found) == expected, f"{case}"
    return True


def ask_keras(case: Case) -> Any:
    """Outputs, weights and trained weights as Keras has them, or what it raised."""
    try:
        layer = make(case.kind, case.args)
        outputs = (
            layer.output if case.kind == "InputLayer" else call(layer, case, [symbolic(*spec) for spec in case.inputs])
        )
        return (
            [(tuple(output.shape), output.dtype) for output in keras.tree.flatten(outputs)],
            sum(int(np.prod(weight.shape)) for weight in layer.weights),
            sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights),
        )
    except Exception as error:
        return error


def comparable(found: Inferred) -> Any:
    """Unknown dimensions as Keras has them, None."""
    outputs = [
        (tuple(None if isinstance(size, Symbol) else size for size in spec.shape), spec.dtype) for spec in found.outputs
    ]
    return outputs, found.params, found.trainable_params


def fails_on_numbers(case: Case) -> bool:
    """Whether it fails on numbers as it is called, or in training, in a graph with the sizes that the spec knows."""
    flags = {"training": True} if "training" in catalog().call_flags(case.kind) else {}
    try:
        case = replace(case, call={**case.call, **flags})
        arrays = [np.ones([2, *(6 if size is None else size for size in shape)], kind) for shape, kind in case.inputs]
        layer = make(case.kind, case.args)
        tensors = [tf.TensorSpec((None, *shape), kind) for shape, kind in case.inputs]
        call(layer, case, [symbolic(*spec) for spec in case.inputs])  # its weights, outside of the graph
        tf.function(lambda *given: call(layer, case, list(given)), tensors, autograph=False)(*arrays)
    except Exception:
        return True
    return False


def symbolic(shape: tuple[int | None, ...], kind: str) -> Any:
    return keras.KerasTensor((None, *shape), dtype=kind)


def call(layer: Any, case: Case, inputs: list[Any]) -> Any:
    kind = case.kind
    if kind in TAKES_A_LIST and len(inputs) > 1:  # `lower` hands one input over as it is
        return layer(inputs, **case.call)
    if kind in RECURRENT and len(inputs) > 1:
        return layer(inputs[0], initial_state=inputs[1:], **case.call)
    return layer(*inputs, **case.call)


def make(kind: str, args: Mapping[str, Any]) -> Any:
    return kind_class("layer", kind)(**{name: made(value) for name, value in args.items()})


def made(value: Any) -> Any:
    if isinstance(value, KindValue):
        return make(value.kind, value.args)
    return [made(item) for item in value] if isinstance(value, list) else value


def specs(case: Case) -> list[TensorSpec]:
    return [
        TensorSpec(
            (
                Symbol("batch"),
                *(Symbol(f"in{index}.{axis}") if size is None else size for axis, size in enumerate(shape)),
            ),
            kind,
        )
        for index, (shape, kind) in enumerate(case.inputs)
    ]


def with_defaults(kind: str, args: Mapping[str, Any]) -> dict[str, Any]:
    arguments = keras_arguments("layer", kind, kind_class("layer", kind))
    defaults = {name: default for name, default in arguments if default is not NOTHING}
    return {**defaults, **{name: filled(value) for name, value in args.items()}}


def filled(value: Any) -> Any:
    if isinstance(value, KindValue):
        return KindValue(value.kind, with_defaults(value.kind, value.args))
    return [filled(item) for item in value] if isinstance(value, list) else value
