"""Local response normalization against the formula of Krizhevsky et al. 2012, section 3.3, written as a loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nnspec.backend.own_layers.lrn import LocalResponseNormalization
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

OTHER = {"n": 3, "k": 1.5, "alpha": 0.1, "beta": 0.6}


def formula(a: np.ndarray, n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75) -> np.ndarray:
    """The paper's equation, map by map; the maps are the last axis."""
    count = a.shape[-1]
    b = np.empty_like(a)
    for i in range(count):
        near = a[..., max(0, i - n // 2) : min(count - 1, i + n // 2) + 1]
        b[..., i] = a[..., i] / (k + alpha * (near**2).sum(-1)) ** beta
    return b


def images(channels: int = 9, scale: float = 3.0) -> np.ndarray:
    return np.random.default_rng(1).normal(0, scale, (2, 4, 5, channels))


@pytest.mark.parametrize("args", [{}, OTHER, {"n": 1}, {"n": 11}], ids=["paper", "other", "one map", "all maps"])
def test_is_the_formula(args: dict[str, Any]) -> None:
    a = images(scale=30.0)
    found = LocalResponseNormalization(**args)(a.astype("float32"))
    np.testing.assert_allclose(found, formula(a, **args), rtol=1e-5)


def test_channels_first() -> None:
    a = np.moveaxis(images(), -1, 1)
    found = LocalResponseNormalization(**OTHER, data_format="channels_first")(a.astype("float32"))
    np.testing.assert_allclose(found, np.moveaxis(formula(np.moveaxis(a, 1, -1), **OTHER), -1, 1), rtol=1e-5)


@pytest.mark.parametrize(("policy", "tolerance"), [("mixed_float16", 1e-3), ("bfloat16", 8e-3), ("float16", 1e-3)])
def test_in_half_precision_the_sum_keeps_its_range(policy: str, tolerance: float) -> None:
    """The square of 300 is beyond float16, whose largest number is 65,504."""
    a = np.full((1, 2, 2, 6), 300.0)
    found = LocalResponseNormalization(dtype=policy)(a)
    assert found.dtype == keras.DTypePolicy(policy).compute_dtype
    np.testing.assert_allclose(np.asarray(found, "float64"), formula(a), rtol=tolerance)


def test_gradient_is_that_of_finite_differences() -> None:
    layer, a = LocalResponseNormalization(**OTHER), tf.constant(images(channels=4)[:1, :2, :2], tf.float32)
    weights = tf.constant(np.random.default_rng(2).normal(size=a.shape), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(a)
        loss = tf.reduce_sum(weights * layer(a))
    found = tape.gradient(loss, a).numpy()
    exact = a.numpy().astype("float64")
    for index in np.ndindex(*exact.shape):
        step = np.zeros_like(exact)
        step[index] = 1e-5
        change = formula(exact + step, **OTHER) - formula(exact - step, **OTHER)
        assert found[index] == pytest.approx((weights.numpy() * change).sum() / 2e-5, rel=1e-3, abs=1e-4)


def test_symbolic_sizes_stay_open() -> None:
    output = LocalResponseNormalization()(keras.Input((None, None, 3)))
    assert output.shape == (None, None, None, 3)


@pytest.mark.parametrize("args", [{"n": 4}, {"n": 0}, {"data_format": "last"}])
def test_refuses_what_has_no_meaning(args: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        LocalResponseNormalization(**args)


def test_takes_images_alone() -> None:
    with pytest.raises(ValueError, match="ndim=4"):
        LocalResponseNormalization()(np.ones((2, 3)))


def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(6, 3, groups=3, activation="relu")(image)
    return keras.Model(image, LocalResponseNormalization(**OTHER)(x))


def test_config_gives_the_layer_back() -> None:
    layer = LocalResponseNormalization(**OTHER, data_format="channels_first", name="norm1")
    assert LocalResponseNormalization.from_config(layer.get_config()).get_config() == layer.get_config()


def test_tflite_has_it_as_a_builtin(tmp_path: Path) -> None:
    artifact = export(model(), KindValue("TFLite", {}), tmp_path, name="lrn")
    assert artifact.ok and artifact.ops["LOCAL_RESPONSE_NORMALIZATION"] == 1
    assert not artifact.flex_ops and not artifact.custom_ops


def test_saved_model_computes_the_same(tmp_path: Path) -> None:
    artifact = export(model(), KindValue("SavedModel", {}), tmp_path, name="lrn")
    assert artifact.ok and artifact.max_abs_diff == 0
