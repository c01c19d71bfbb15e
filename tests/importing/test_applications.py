"""Every network of keras.applications: configuration to spec to network, to the bit.

The small ones always run; all of them with NNSPEC_FULL=1 (`make applications`). What Keras adds is walked too.
"""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import nnspec
from nnspec.importing.imported import import_config

pytestmark = pytest.mark.tf

# Each has something that the others lack: an operation, a private layer, a nested model, a block, a cell.
QUICK = {"ConvNeXtTiny", "EfficientNetB0", "InceptionV3", "MobileNetV2", "MobileNetV3Small", "ResNet50", "VGG16"}
FULL = os.environ.get("NNSPEC_FULL") == "1"
LEAST = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}  # pixels; 32 do for the others


def applications() -> dict[str, Any]:
    return {name: value for name, value in vars(keras.applications).items() if inspect.isfunction(value)}


def wanted() -> list[str]:
    return sorted(name for name in applications() if FULL or name in QUICK)


def randomize(model: keras.Model) -> None:
    """Every weight another number: a bias, a mean or a variance that is swapped or forgotten shows."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        if len(weight.shape) > 1:
            value = random.normal(0, np.sqrt(1 / max(1, np.prod(weight.shape[:-1]))), weight.shape)
        else:
            value = random.uniform(0.5, 1.5, weight.shape)
        weight.assign(value.astype(weight.dtype))


def test_the_quick_ones_exist() -> None:
    assert set(applications()) >= QUICK and len(applications()) >= 38


@pytest.mark.parametrize("name", wanted())
@pytest.mark.long
def test_a_network_comes_back_to_the_bit(name: str, tmp_path: Path) -> None:
    keras.backend.clear_session()
    size = LEAST.get(name, 32)
    original = applications()[name](weights=None, input_shape=(size, size, 3), classes=10)
    randomize(original)

    imported = import_config(json.loads(original.to_json()))
    path = tmp_path / "imported.yaml"
    path.write_text(imported.text, encoding="utf-8")
    spec = nnspec.load(path).spec
    assert spec.param_count == original.count_params()

    model = nnspec.build(spec)
    assert [weight.shape for weight in model.weights] == [weight.shape for weight in original.weights]
    model.set_weights(original.get_weights())
    images = np.random.default_rng(2).uniform(0, 255, (2, size, size, 3)).astype("float32")
    expected, found = np.asarray(original(images)), np.asarray(model(images))
    assert np.isfinite(expected).all() and np.ptp(expected) > 0
    assert np.array_equal(expected, found)
