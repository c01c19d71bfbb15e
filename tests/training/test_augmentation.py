"""What is mixed or moved: labels by the share of their images, masks and points with their pixels, the same at a resume."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.layers.preprocessing.image_preprocessing.base_image_preprocessing_layer import (
    BaseImagePreprocessingLayer,
)
from training_specs import WriteSpec

from nnspec.console.progress import Reporter
from nnspec.data.pipeline import Share
from nnspec.frontend.diagnostics import SpecError
from nnspec.layers.augmentation import BLENDS_MASKS, MIXES, MOVES, MOVES_POINTS, SAME_IN_ANY_RANGE
from nnspec.training.batches import bound
from nnspec.training.prepare import prepare
from nnspec.training.train import train

pytestmark = pytest.mark.tf

MIXED = """
name: mixed
inputs: {image: [8, 8, 1]}
layers: [Flatten, {Dense: {units: 3, activation: softmax}}]
data: {source: {Arrays: images.npz}, one_hot: true, batch_size: 8, split: {validation: 0.2}, augment: [MixUp]}
train: {epochs: 2, seed: 4, loss: CategoricalCrossentropy}
"""
SEGMENTED = """
name: segmented
inputs: {image: [12, 10, 3]}
layers: [{Conv2D: {filters: 5, kernel_size: 1, activation: softmax}}]
data: {source: {Arrays: {path: masks.npz, targets: flat}}, batch_size: 8, augment: [RandomFlip]}
train: {epochs: 1, loss: SparseCategoricalCrossentropy}
"""
POINTS = """
name: points
inputs: {image: [21, 31, 1]}
layers: [Flatten, {Dense: 2}]
data: {source: {Arrays: points.npz}, batch_size: 16, augment: [RandomFlip], moves: {y: points}}
train: {epochs: 1, loss: MeanSquaredError}
"""
ARGUMENTS = {
    "RandomCrop": "{height: 12, width: 10}",
    "RandomRotation": "{factor: 0.3, interpolation: nearest}",
    "RandomTranslation": "{height_factor: 0.3, width_factor: 0.3, interpolation: nearest}",
    "RandomZoom": "{height_factor: 0.4, interpolation: nearest}",
    "RandomShear": "{x_factor: 0.5, y_factor: 0.5, interpolation: nearest}",
    "RandomPerspective": "{interpolation: nearest}",
    "RandomElasticTransform": "{interpolation: nearest, factor: 1.0, scale: 1.0}",
}


def mixed_batches(spec: WriteSpec, layer: str) -> list[tuple[Any, Any]]:
    feed = prepare(spec(MIXED, f"data.augment=[{layer}]"), Reporter()).feed
    return list(feed.training(1, 0).as_numpy_iterator())


def plain(spec: WriteSpec, epoch: int = 1) -> list[tuple[Any, Any]]:
    feed = prepare(spec(MIXED), Reporter()).feed
    return list(bound(feed.train.batches(8, epoch=epoch), feed.binding).as_numpy_iterator())


@pytest.mark.parametrize("layer", ["MixUp: {alpha: 0.4}", "CutMix"])
def test_images_and_labels_are_mixed_by_one_share(spec: WriteSpec, layer: str) -> None:
    """Held against NumPy: each example is explained by one partner of its batch and one share."""
    changed = 0
    for (images, labels), (own, classes) in zip(mixed_batches(spec, f"{{{layer}}}"), plain(spec), strict=True):
        for image, label, mine, known in zip(images, labels, own, classes, strict=True):
            errors = []
            for other, theirs in zip(own, classes, strict=True):
                if layer == "CutMix":
                    kept = (image == mine).mean()
                    fits = ((image == mine) | (image == other)).all()
                    error = np.abs(kept * known + (1 - kept) * theirs - label).max() if fits else 1.0
                else:
                    ours = np.abs(mine - other).sum()
                    kept = np.abs(image - other).sum() / ours if ours else 1.0
                    error = np.abs(kept * mine + (1 - kept) * other - image).max()
                    error = max(error, np.abs(kept * known + (1 - kept) * theirs - label).max())
                errors.append(error)
            assert min(errors) < 1e-5
            assert label.sum() == pytest.approx(1, abs=1e-6)
        changed += int((images != own).any((1, 2, 3)).sum())
    assert changed > 30


def test_sounds_are_mixed_and_drawn_again_at_a_resume(spec: WriteSpec) -> None:
    with np.load("images.npz") as arrays:
        labels = np.arange(len(arrays["x"]), dtype="int32") % 3
        np.savez("images.npz", x=np.eye(3, 64, dtype="float32")[labels], y=labels)
    text = MIXED.replace("image: [8, 8, 1]", "sound: [64]")
    feed = prepare(spec(text, "data.augment=[MixUp]"), Reporter()).feed
    batches = list(feed.training(1, 0).as_numpy_iterator())
    assert all(np.array_equal(sounds[:, :3], shares) for sounds, shares in batches), "what a sound is, its label says"
    assert sum(int(((shares > 0) & (shares < 1)).any()) for _, shares in batches) > 1
    filters = "data.augment=[MixUp, {RandomEqualizer: 12}, RandomLowPass]"
    feed = prepare(spec(text, filters), Reporter()).feed
    batches = list(feed.training(1, 0).as_numpy_iterator())
    assert not any(np.array_equal(sounds[:, :3], shares) for sounds, shares in batches)
    np.testing.assert_array_equal(batches[-1][0], next(iter(feed.training(1, len(batches) - 1).as_numpy_iterator()))[0])
    with pytest.raises(SpecError, match="CutMix: it takes 4 dimensions"):
        prepare(spec(text, "data.augment=[CutMix]"), Reporter())


@pytest.mark.long
def test_a_resume_draws_the_same_mixtures_and_so_does_a_part_of_the_batch(spec: WriteSpec) -> None:
    prepared = prepare(spec(MIXED, "data.augment=[RandomFlip, CutMix, MixUp]"), Reporter()).feed
    whole = list(prepared.training(1, 0).as_numpy_iterator())
    for mine, again in zip(whole[3:], prepared.training(1, 3).as_numpy_iterator(), strict=True):
        for one, other in zip(mine, again, strict=True):
            np.testing.assert_array_equal(one, other)
    parts = [
        list(
            bound(
                prepared.train.batches(8, epoch=1, augment=True, share=Share(first, 1, 2)), prepared.binding
            ).as_numpy_iterator()
        )
        for first in (0, 1)
    ]
    for mine, first, second in zip(whole, *parts, strict=True):
        for tensor, one, other in zip(mine, first, second, strict=True):
            np.testing.assert_array_equal(tensor, np.concatenate([one, other]))
    other_epoch = next(iter(prepared.training(2, 0).as_numpy_iterator()))
    assert not np.array_equal(whole[0][0], other_epoch[0])


@pytest.mark.long
def test_weights_of_a_training_with_mixtures_are_those_of_keras(spec: WriteSpec) -> None:
    loaded = spec(MIXED, "data.augment=[MixUp, CutMix]")
    result = train(loaded)
    prepared = prepare(loaded, Reporter())
    model = prepared.model
    model.compile("adam", keras.losses.CategoricalCrossentropy())
    for epoch in range(2):
        model.fit(prepared.feed.training(epoch, 0), epochs=1, verbose=0)
    for mine, other in zip(result.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


def test_labels_of_yes_and_no_become_shares(spec: WriteSpec, folder: Path) -> None:
    with np.load("images.npz") as arrays:
        np.savez("images.npz", x=arrays["x"], y=(arrays["y"] > 0).astype("int32"))
    text = MIXED.replace("one_hot: true, ", "").replace(
        "units: 3, activation: softmax", "units: 1, activation: sigmoid"
    )
    loaded = spec(text, "train.loss=BinaryCrossentropy", "train.class_weight=balanced")
    _, labels, weights = next(iter(prepare(loaded, Reporter()).feed.training(0, 0).as_numpy_iterator()))
    assert labels.dtype == np.float32 and ((labels > 0) & (labels < 1)).any()
    by_class = prepare(loaded, Reporter()).feed.class_weights["dense"]
    shares = labels.reshape(-1)
    np.testing.assert_allclose(weights, by_class[0] * (1 - shares) + by_class[1] * shares, rtol=1e-5)
    assert np.isfinite(train(loaded).metrics["loss"])


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("train.loss=SparseCategoricalCrossentropy", "data.one_hot=false"), "takes no shares"),
        (("data.one_hot=false", "train.loss=null"), "class numbers"),
    ],
)
def test_labels_without_shares_are_refused(spec: WriteSpec, overrides: Sequence[str], told: str) -> None:
    with pytest.raises(SpecError, match=told) as caught:
        prepare(spec(MIXED, *overrides), Reporter())
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0720" and "one_hot: true" in str(problem.hint)


@pytest.fixture
def masks(folder: Path) -> Path:
    """Images whose every channel is forty times their mask."""
    mask = np.random.default_rng(1).integers(0, 5, (48, 12, 10, 1)).astype("uint8")
    np.savez("masks.npz", x=np.repeat(mask * 40, 3, -1), y=mask, flat=mask[..., 0])
    return folder


@pytest.mark.parametrize("kind", sorted(MOVES - BLENDS_MASKS - {"RandAugment"} | {"CutMix"}))
def test_masks_move_with_their_images(spec: WriteSpec, masks: Path, kind: str) -> None:
    feed = prepare(spec(SEGMENTED, f"data.augment=[{{{kind}: {ARGUMENTS.get(kind, '')}}}]"), Reporter()).feed
    untouched = list(bound(feed.train.batches(8, epoch=0), feed.binding).as_numpy_iterator())
    moved = 0
    for (images, found), (before, _) in zip(feed.training(0, 0).as_numpy_iterator(), untouched, strict=True):
        assert found.dtype == np.int32
        np.testing.assert_allclose(images[..., 0], found * 40, atol=1e-3)
        moved += int((images != before).any((1, 2, 3)).sum())
    assert moved > 5 or kind == "RandomCrop"  # a crop of the size of the image changes nothing


@pytest.mark.long
def test_masks_without_channels_and_random_choices_of_layers(spec: WriteSpec, masks: Path) -> None:
    layers = "[{RandAugment: {interpolation: nearest}}, RandomFlip]"
    feed = prepare(spec(SEGMENTED, f"data.augment={layers}"), Reporter()).feed
    before = np.concatenate([y for _, y in bound(feed.train.batches(8, epoch=0), feed.binding).as_numpy_iterator()])
    found = np.concatenate([y for _, y in feed.training(0, 0).as_numpy_iterator()])
    assert found.shape == before.shape and set(np.unique(found)) <= set(range(5)) and (found != before).any()


@pytest.mark.parametrize(
    ("layer", "loss", "empty"),
    [
        (
            "RandomTranslation: {height_factor: [0.5, 0.5], width_factor: 0, fill_mode: constant, fill_value: 3}",
            255,
            255,
        ),
        ("RandomTranslation: {height_factor: [0.5, 0.5], width_factor: 0, fill_mode: constant, fill_value: 3}", "", 0),
        ("RandomPerspective: {factor: 1.0, scale: 0.5, fill_value: 200}", -1, -1),
    ],
)
def test_empty_places_of_masks_are_no_class(
    spec: WriteSpec, masks: Path, layer: str, loss: int | str, empty: int
) -> None:
    """The colour that fills an image is no class of its mask."""
    found = f"{{SparseCategoricalCrossentropy: {{ignore_class: {loss}}}}}" if loss else "SparseCategoricalCrossentropy"
    np.savez("masks.npz", x=np.ones((8, 12, 10, 3), "float32"), flat=np.full((8, 12, 10), 4, "uint8"))
    feed = prepare(spec(SEGMENTED, f"data.augment=[{{{layer}}}]", f"train.loss={found}"), Reporter()).feed
    (targets,) = (y for _, y in feed.training(0, 0).as_numpy_iterator())
    assert set(np.unique(targets)) == {4, empty}
    if "Translation" in layer:
        assert (targets[:, :6] == empty).all() and (targets[:, 6:] == 4).all()


@pytest.mark.long
def test_the_facts_of_layers_are_those_of_keras() -> None:
    """Which layers of Keras's family move a mask, alone."""
    mask = np.random.default_rng(2).integers(0, 5, (1, 12, 10, 1)).astype("float32")
    images = np.repeat(mask * 40, 3, -1)
    moving, mixing = set(), set()
    for name, kind in inspect.getmembers(keras.layers, inspect.isclass):
        if not issubclass(kind, BaseImagePreprocessingLayer) or kind is BaseImagePreprocessingLayer:
            continue
        needed = {"RandomCrop": {"height": 9, "width": 7}, "Resizing": {"height": 9, "width": 7}}
        arguments = {**needed.get(name, {})}
        for argument, value in inspect.signature(kind).parameters.items():
            if value.default is inspect.Parameter.empty and argument not in {**arguments, "kwargs": 0}:
                arguments[argument] = 1 if "osterization" in name else 9 if argument in ("height", "width") else 0.3
        if name == "RandomShear":
            arguments = {"x_factor": 0.5}
        if "seed" not in inspect.signature(kind).parameters:
            continue
        layer = kind(**arguments)
        if "permutation_order" in str(inspect.getsource(kind)):
            mixing.add(name)
            continue
        for _ in range(8):
            found = layer.get_random_transformation(keras.ops.convert_to_tensor(images), training=True)
            after = np.asarray(layer.transform_segmentation_masks(keras.ops.convert_to_tensor(mask), found))
            if after.shape != mask.shape or (after != mask).any():
                moving.add(name)
    assert moving == MOVES and mixing == MIXES


def test_layers_whose_range_changes_nothing_within_it_are_those_of_keras() -> None:
    images = np.random.default_rng(0).random((3, 16, 16, 3)).astype("float32")
    arguments: dict[str, dict[str, Any]] = {
        "RandomColorJitter": {"brightness_factor": 0.3},
        "RandomSaturation": {"factor": (0.9, 1)},
        "RandomPosterization": {"factor": 3},
        "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.3},
    }
    same, other = set(), set()
    for name, kind in inspect.getmembers(keras.layers, inspect.isclass):
        parameters = inspect.signature(kind).parameters
        if not issubclass(kind, BaseImagePreprocessingLayer) or "value_range" not in parameters:
            continue
        given = arguments.get(name, {})
        if name not in arguments and "factor" in parameters:
            given = {"factor": 0.5 if parameters["factor"].default is inspect.Parameter.empty else 1.0}
        seed = {"seed": 1} if "seed" in parameters else {}
        one, two = (
            np.asarray(kind(**given, **seed, value_range=end)(images, training=True)) for end in ((0, 1), (0, 255))
        )
        (same if np.allclose(one, two, atol=1e-3) else other).add(name)
    assert same == SAME_IN_ANY_RANGE and len(other) > 8


@pytest.mark.parametrize("how", ["points", "relative_points"])
@pytest.mark.parametrize("kind", sorted(MOVES_POINTS))
def test_points_stay_on_their_pixels(spec: WriteSpec, folder: Path, kind: str, how: str) -> None:
    """A bright dot in a dark image, and the point that names its place."""
    draw = np.random.default_rng(3)
    x, y = draw.integers(9, 22, 32), draw.integers(7, 14, 32)
    rows, columns = np.mgrid[:21, :31]
    images = 200 * np.exp(-((columns - x[:, None, None]) ** 2 + (rows - y[:, None, None]) ** 2) / 4.0)
    places = np.stack([x, y], -1).astype("float32")
    if how == "relative_points":
        places = (places + 0.5) / np.array([31, 21])
    np.savez("points.npz", x=images[..., None].astype("float32"), y=places.astype("float32"))
    arguments = (
        ARGUMENTS.get(kind, "").replace(", interpolation: nearest", ", fill_mode: constant").replace("0.5", "0.2")
    )
    feed = prepare(spec(POINTS, f"data.augment=[{{{kind}: {arguments}}}]", f"data.moves.y={how}"), Reporter()).feed
    moved, seen = [], 0
    for found, points in feed.training(0, 0).as_numpy_iterator():
        for image, point in zip(found[..., 0], points, strict=True):
            if how == "relative_points":
                point = point * np.array([31, 21]) - 0.5
            if not (2 < point[0] < 28 and 2 < point[1] < 18):
                continue
            total = image.sum()
            middle = np.array([(image * columns).sum(), (image * rows).sum()]) / total
            moved.append(np.abs(middle - point).max())
            seen += 1
    assert seen > 10 and np.median(moved) < 0.3 and np.quantile(moved, 0.8) < 1


def test_boxes_are_the_upright_ones_around_what_they_held(spec: WriteSpec, folder: Path) -> None:
    np.savez("points.npz", x=np.zeros((8, 21, 31, 1), "float32"), y=np.tile([3.0, 4, 9, 6], (8, 1)).astype("float32"))
    text = POINTS.replace("Dense: 2", "Dense: 4")
    feed = prepare(spec(text, "data.augment=[{RandomFlip: horizontal}]", "data.moves.y=boxes"), Reporter()).feed
    found = {tuple(box) for _, boxes in feed.training(0, 0).as_numpy_iterator() for box in boxes.tolist()}
    assert found == {(3.0, 4.0, 9.0, 6.0), (21.0, 4.0, 27.0, 6.0)}


def test_two_images_of_an_example_and_the_frames_of_one_move_alike(spec: WriteSpec, folder: Path) -> None:
    frames = np.random.default_rng(4).random((16, 4, 6, 5, 1)).astype("float32")
    frames = np.repeat(frames[:, :1], 4, 1)
    np.savez("pairs.npz", a=frames[:, 0], b=frames[:, 0], video=frames, y=np.zeros(16, "int32"))
    pair = """
    name: pair
    inputs: {a: [6, 5, 1], b: [6, 5, 1]}
    layers: [{Subtract: , from: [a, b]}, Flatten, {Dense: 2}]
    data: {source: {Arrays: {path: pairs.npz, inputs: [a, b]}}, augment: [{RandomRotation: 0.3}, {RandomBrightness: 0.2}]}
    train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
    """
    for images, _ in prepare(spec(pair), Reporter()).feed.training(0, 0).as_numpy_iterator():
        np.testing.assert_array_equal(images["a"], images["b"])
    video = """
    name: video
    inputs: {video: [4, 6, 5, 1]}
    layers: [Flatten, {Dense: 2}]
    data: {source: {Arrays: {path: pairs.npz, inputs: {video: video}}}, augment: [{RandomRotation: 0.3}]}
    train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
    """
    changed = next(iter(prepare(spec(video), Reporter()).feed.training(0, 0).as_numpy_iterator()))[0]
    assert (changed != frames).any()
    for frame in range(1, 4):
        np.testing.assert_array_equal(changed[:, frame], changed[:, 0])


def test_layers_that_pick_layers_pick_the_same_in_another_process(spec: WriteSpec) -> None:
    text = MIXED.replace("[MixUp]", "[{AugMix: {value_range: [-10, 10]}}]")
    first = prepare(spec(text), Reporter()).feed
    keras.utils.set_random_seed(99)
    images = [x for x, _ in first.training(1, 0).as_numpy_iterator()]
    again = [x for x, _ in prepare(spec(text), Reporter()).feed.training(1, 3).as_numpy_iterator()]
    for one, other in zip(images[3:], again, strict=True):
        np.testing.assert_array_equal(one, other)
