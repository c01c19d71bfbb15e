"""How many numbers a layer gives, and below what those that it takes are: as Keras has it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from nnspec.layers import layer_kind

pytestmark = pytest.mark.tf

NUMBERS = np.arange(-3, 60)
GIVING: dict[str, tuple[str, dict[str, Any], Any]] = {
    "hashes": ("Hashing", {"num_bins": 5}, NUMBERS),
    "bins": ("Discretization", {"bin_boundaries": [0.0, 10.0, 20.0]}, NUMBERS),
    "whole numbers": ("IntegerLookup", {"vocabulary": [3, 5, 7]}, NUMBERS),
    "several unknown ones": ("IntegerLookup", {"vocabulary": [3, 5], "num_oov_indices": 3}, NUMBERS),
    "padding": ("IntegerLookup", {"vocabulary": [3, 5], "mask_token": 0}, NUMBERS),
    "words": ("StringLookup", {"vocabulary": ["a", "b"], "mask_token": ""}, np.array(["", "a", "b", "c"])),
}


@pytest.mark.parametrize("case", GIVING)
def test_all_numbers_below_what_is_told_come_out(case: str) -> None:
    kind, arguments, values = GIVING[case]
    found = np.asarray(getattr(keras.layers, kind)(**arguments)(values))
    told = layer_kind(kind).tells(arguments)
    assert told is not None and set(found.tolist()) == set(range(told))


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot"])
def test_modes_that_give_vectors_tell_no_numbers(mode: str) -> None:
    for kind, arguments, _ in GIVING.values():
        assert layer_kind(kind).tells({**arguments, "output_mode": mode}) is None


def test_what_is_beyond_an_encoding_is_left_out_without_a_word() -> None:
    argument = layer_kind("CategoryEncoding").below
    assert argument == "num_tokens"
    layer = keras.layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")
    assert np.asarray(layer(np.array([3]))).sum() == 1
