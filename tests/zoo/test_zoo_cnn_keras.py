"""The zoo's convolutional networks as Keras builds them: equal to keras.applications, and each one trains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from families import one_of_each

from nnspec.backend.kinds import instantiate
from nnspec.backend.lower import build
from nnspec.frontend.pipeline import load
from nnspec.training.train import train

pytestmark = pytest.mark.tf

SPECS = Path(__file__).parents[2] / "specs"
SHAPES = SPECS.parent / "examples/data/shapes"


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    """Hundreds of megabytes a network: none outlives its test."""
    yield
    keras.backend.clear_session(free_memory=True)


def random_values(model: Any) -> list[np.ndarray]:
    """A value for each weight, small enough for 152 layers; variances above 0."""
    random = np.random.default_rng(7)
    return [
        random.uniform(0.5, 1.5, weight.shape).astype("float32")
        if weight.path.endswith(("moving_variance", "gamma"))
        else random.standard_normal(weight.shape, np.float32) * np.float32(0.05)
        for weight in model.weights
    ]


APPLICATIONS = [
    ("resnet50", "ResNet50"),
    *(
        pytest.param(*names, marks=pytest.mark.proof)
        for names in (("vgg", "VGG16"), ("vgg19", "VGG19"), ("resnet101", "ResNet101"), ("resnet152", "ResNet152"))
    ),
]


@pytest.mark.parametrize(("name", "application"), APPLICATIONS)
@pytest.mark.long
def test_equal_to_keras_applications_weight_for_weight(name: str, application: str) -> None:
    """Same shapes in the same order, and with the weights copied the same bits out of the same pixels."""
    theirs = getattr(keras.applications, application)(weights=None)
    ours = build(load(SPECS / f"{name}.yaml").graph)
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in theirs.weights]
    values = random_values(theirs)
    theirs.set_weights(values)
    ours.set_weights(values)
    del values
    pixels = np.random.default_rng(1).uniform(0, 255, (2, 224, 224, 3)).astype("float32")
    scaled = ours.layers[1](pixels)  # keras.applications scale outside the network
    assert isinstance(ours.layers[1], keras.layers.Rescaling)
    found = np.asarray(ours(pixels, training=False))
    assert np.isfinite(found).all() and found.std() > 0
    np.testing.assert_array_equal(found, np.asarray(theirs(scaled, training=False)))


# What makes each network tiny; a doubtful size would be refused by name.
PIXELS_67 = ("params.classes=5", "params.image_size=67")
PIXELS_32 = ("params.classes=5", "params.image_size=32", "params.width=4")
INCEPTION = ("params.classes=5", "params.image_size=28", "params.small_images=true", "params.width=0.05")
TINY = {
    "alexnet": (*PIXELS_67, "params.hidden=8"),
    "alexnet_single": (*PIXELS_67, "params.hidden=8"),
    **dict.fromkeys(("vgg", "vgg11", "vgg13", "vgg19"), (*PIXELS_32, "params.hidden=8")),
    "nin": PIXELS_67,
    "nin_cifar10": PIXELS_32,
    **dict.fromkeys(("googlenet", "googlenet_main"), INCEPTION),
    **dict.fromkeys(("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), PIXELS_32),
    **dict.fromkeys(("resnet20_cifar10", "resnet56_cifar10"), PIXELS_32),
}
# Several outputs with weights of their losses train in tests/cases, too.
TRAINED = (
    "alexnet",
    "nin_cifar10",
    *(pytest.param(name, marks=pytest.mark.proof) for name in ("vgg", "googlenet", "resnet20_cifar10")),
)


@pytest.mark.long
@pytest.mark.parametrize("name", one_of_each(TINY))
def test_runs_and_its_training_settings_can_be_made(name: str) -> None:
    spec = load(SPECS / f"{name}.yaml", TINY[name])
    model = build(spec.graph, seed=1)
    pixels = np.random.default_rng(1).uniform(0, 255, (2, *spec.graph.inputs[0].shape)).astype("float32")
    for output in keras.tree.flatten(model(pixels, training=False)):
        assert output.shape == (2, 5)
        np.testing.assert_allclose(np.asarray(output).sum(-1), 1, rtol=1e-5)
    assert spec.train is not None
    assert isinstance(instantiate("optimizer", spec.train.optimizer), keras.optimizers.SGD)
    for callback in spec.train.callbacks:
        assert isinstance(instantiate("callback", callback), keras.callbacks.Callback)


@pytest.mark.long
@pytest.mark.parametrize("name", TRAINED)
def test_takes_a_step_as_its_spec_says(name: str, tmp_path: Path) -> None:
    """On ten drawn shapes, with the optimizer, schedule and augmentation of the spec."""
    size = next(value.split("=")[1] for value in TINY[name] if value.startswith("params.image_size"))
    files = tmp_path / "images.txt"
    files.write_text(
        "\n".join(f"{folder.name}/{number:02}.png" for folder in sorted(SHAPES.iterdir()) for number in (0, 1))
    )
    source = f"{{ImageFolder: {{path: {SHAPES}, image_size: [{size}, {size}], files: {files}, cache: memory}}}}"
    spec = load(
        SPECS / f"{name}.yaml",
        (*TINY[name], f"data.source={source}", "data.split=", "train.epochs=1", "train.callbacks=[]"),
    )
    result = train(spec, run=tmp_path / "run")
    assert result.steps == 1
    losses = {name: value for name, value in result.metrics.items() if name.endswith("loss")}
    assert losses and all(np.isfinite(value) for value in losses.values())
    if name == "googlenet":
        assert set(losses) == {"loss", "main_loss", "auxiliary1_loss", "auxiliary2_loss"}
        parts = losses["main_loss"] + 0.3 * (losses["auxiliary1_loss"] + losses["auxiliary2_loss"])
        assert losses["loss"] == pytest.approx(parts, rel=1e-5)
