"""What the records say of channels: a layer that keeps them gives each of its own, whatever is in the others."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nnspec.backend.kinds import instantiate
from nnspec.layers import KINDS
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

ARGUMENTS = {
    "DepthwiseConv1D": {"kernel_size": 2, "depth_multiplier": 2},
    "DepthwiseConv2D": {"kernel_size": 2, "depth_multiplier": 2},
    "Activation": {"activation": "relu"},
    "Clip": {"low": 0.0},
    "GaussianNoise": {"stddev": 0.1},
    **{f"Adaptive{how}Pooling{rank}D": {"output_size": 2} for how in ("Max", "Average") for rank in (1, 2, 3)},
    **{name: {"rate": 0.1} for name in ("Dropout", "AlphaDropout", "GaussianDropout")},
    **{f"AveragePooling{rank}D": {"pool_size": 2} for rank in (1, 2, 3)},
    **{f"SpatialDropout{rank}D": {"rate": 0.1} for rank in (1, 2, 3)},
}


@pytest.mark.parametrize("kind", [kind for kind, record in KINDS.items() if record.channels == "keeps"])
def test_a_channel_comes_of_its_own(kind: str) -> None:
    rank = int(kind[-2]) if kind[-1] == "D" else 2
    layer = instantiate("layer", KindValue(kind, ARGUMENTS.get(kind, {})))
    values = np.random.default_rng(0).normal(size=(2, *[6] * rank, 3)).astype("float32")
    other = values.copy()
    other[..., 1] += 1
    one, two = (keras.ops.convert_to_numpy(layer(given)) for given in (values, other))
    many = one.shape[-1] // 3
    same = np.r_[0:many, 2 * many : 3 * many]
    np.testing.assert_allclose(one[..., same], two[..., same], rtol=1e-6, atol=1e-6)
