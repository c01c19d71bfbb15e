"""The ranges of activations against Keras's own values."""

from __future__ import annotations

from math import inf

import keras
import numpy as np
import pytest

from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.catalog.activation_ranges import RANGES

pytestmark = pytest.mark.tf

STEPS = np.linspace(-40, 40, 4001, dtype="float32")


@pytest.mark.parametrize("name", RANGES)
def test_values_reach_both_ends_and_no_further(name: str) -> None:
    function = EXTRA_ACTIVATIONS.get(name) or keras.activations.get(name)
    pairs = np.stack([STEPS, np.zeros_like(STEPS)], axis=-1)  # a softmax is over the last axis
    values = keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(pairs)))[:, 0]
    low, high = RANGES[name]
    assert values.min() < -5 if low == -inf else low <= values.min() <= low + 0.03  # of softsign, the slowest, at -40
    assert (values.max() > 30) if high == inf else (high - 0.03 <= values.max() <= high)
