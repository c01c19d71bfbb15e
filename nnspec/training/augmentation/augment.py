"""`data.augment`: Keras's random layers as a function of the example's own seed, and of nothing else.

Keras's layers draw from seed generators that count their calls, so that what an image becomes depends on all the
images before it. Here each draw takes its seed from (seed, epoch, example): the same after a resume, with another
batch size, or on another worker. Layers that mix examples take the partner from the same batch of all replicas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import tensorflow as tf

from nnspec.backend.keras_errors import refused
from nnspec.backend.keras_internals.layers import ImageLayer
from nnspec.backend.kinds import instantiate
from nnspec.backend.own_layers.sound_augmentation import ExampleAugmentation
from nnspec.data.pipeline import Augmenter, Batch
from nnspec.frontend.augment_edges import beyond
from nnspec.frontend.augment_steps import steps_of
from nnspec.frontend.augmentation import NOTHING, is_mask, moves_of
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec
from nnspec.layers.augmentation import MIXES, MOVES
from nnspec.training.augmentation.draws import Draws
from nnspec.training.augmentation.mixing import mix
from nnspec.training.augmentation.moved_points import moved

Values = dict[str, Any]
IMAGE = "image"  # how a target moves that is the input itself: as it, and nothing else is done to it


def make_augmenter(spec: Spec) -> Augmenter | None:
    """What changes the batches of the training part.

    It changes the images, float features of rank 3 (and of rank 4: the frames of one example all alike); without
    images, every float feature. Targets of the size of the image move with it, by the nearest pixel, and so do those
    that ``data.moves`` names.

    Raises:
        SpecError: E0722, a layer that Keras refuses or that changes the shape of what it augments.
    """
    values = spec.required_data.augment
    if not values:
        return None
    span = spec.place("data", "augment")
    try:
        layers = _unpacked(instantiate("layer", list(values), spec.graph.plugins))
    except Exception as error:
        raise refused("E0722", "Keras refuses the augmentation", span, error) from error
    draws = Draws(layers)
    if not draws.generators:
        message = "nothing here is random: `augment` is for random layers, the others belong to the network"
        raise SpecError([Diagnostic("E0722", message, span)])
    stages = _stages(layers)
    moves = dict(moves_of(spec))
    as_input = spec.required_data.targets == "inputs"

    def augment(batch: Batch, epoch: int) -> Batch:
        draws.restart(epoch)
        try:
            for stage in stages:
                if _mixes(stage[0]):
                    batch = mix(stage[0], draws, batch, chosen_features(batch.features))
                else:
                    how = {**dict.fromkeys(batch.targets, IMAGE), **moves} if as_input else moves
                    empty = {name: beyond(spec, name, batch.targets) for name in batch.targets}
                    batch = _each_example(stage, draws, batch, how, empty)
        except (ValueError, TypeError) as error:
            raise refused("E0722", "the augmentation does not suit the data", span, error) from error
        return batch

    return Augmenter(augment, mixes=any(_mixes(layer) for layer in layers))


def chosen_features(features: Mapping[str, Any]) -> list[str]:
    """The features that are augmented: images (or frames of them), or else all floats."""
    floats = [name for name, value in features.items() if value.dtype.is_floating]
    return [name for name in floats if features[name].shape.rank in (4, 5)] or floats


def augmented_and_not(spec: Spec, features: Mapping[str, Any]) -> str | None:
    """What is augmented and what stays as it is, in words; None where nothing is left out.

    Args:
        features: with ``shape``, without the batch, and ``dtype``.
    """
    if not steps_of(spec):
        return None
    floats = [name for name, column in features.items() if column.dtype.startswith("float")]
    chosen = [name for name in floats if len(features[name].shape) in (3, 4)] or floats
    rest = [name for name in features if name not in chosen]
    if not rest:
        return None
    return f"augmented: {', '.join(chosen) or 'nothing'}; as they are: {', '.join(rest)}"


def _unpacked(layers: list[Any]) -> list[Any]:
    """The layers with those of a Pipeline in its place."""
    found = []
    for layer in layers:
        found += _unpacked(layer.layers) if type(layer).__name__ == "Pipeline" else [layer]
    return found


def _mixes(layer: Any) -> bool:
    return type(layer).__name__ in MIXES


def _stages(layers: list[Any]) -> list[list[Any]]:
    """Layers in a row that work on single examples, and each that works on a batch for itself."""
    stages: list[list[Any]] = []
    for layer in layers:
        if stages and not _mixes(layer) and not _mixes(stages[-1][0]):
            stages[-1].append(layer)
        else:
            stages.append([layer])
    return stages


def _each_example(
    layers: list[Any], draws: Draws, batch: Batch, moves: Mapping[str, str], empty: Mapping[str, int]
) -> Batch:
    """The layers over the examples of a batch, side by side; what an example has of several images moves alike.

    Args:
        empty: what masks are where an image is left empty, by target.
    """
    taken = {name: batch.features[name] for name in chosen_features(batch.features)}
    followers = _followers(layers, taken, batch.targets, moves)
    moving = {name: batch.targets[name] for name in followers}
    start, ends = draws.count, [draws.count]

    def through(value: Any, targets: Values, seed: Any) -> tuple[Any, Values]:
        with draws.of(seed, start):
            found = _through(layers, draws, value, targets, followers, empty)
        ends.append(draws.count)
        return found

    def one(given: tuple[Values, Values, Any]) -> tuple[Values, Values]:
        features, targets, seed = given
        changed: Values = {}
        places = targets
        for number, (name, value) in enumerate(features.items()):
            if value.shape.rank == 4:  # frames
                changed[name] = tf.map_fn(lambda frame: through(frame, {}, seed)[0], value)
            elif number:
                changed[name], _ = through(value, {}, seed)
            else:
                changed[name], places = through(value, targets, seed)
        return changed, places

    signature = tf.nest.map_structure(lambda value: tf.TensorSpec(value.shape[1:], value.dtype), (taken, moving))
    features, targets = tf.map_fn(
        one, (taken, moving, batch.seeds), fn_output_signature=signature, parallel_iterations=16
    )
    draws.count = max(ends)
    return replace(batch, features={**batch.features, **features}, targets={**batch.targets, **targets})


def _followers(layers: list[Any], taken: Values, targets: Values, moves: Mapping[str, str]) -> dict[str, str]:
    """The targets that move with the first image: ``mask``, or as ``data.moves`` says."""
    image = next(iter(taken.values()), None)
    if image is None or image.shape.rank != 4 or not any(type(layer).__name__ in MOVES for layer in layers):
        return {}
    found = {
        name: moves.get(name, "mask" if is_mask(value[0], image[0]) else NOTHING) for name, value in targets.items()
    }
    found = {name: NOTHING if how == IMAGE and targets[name].shape.rank != 4 else how for name, how in found.items()}
    return {name: how for name, how in found.items() if how != NOTHING}


def _through(
    layers: list[Any], draws: Draws, value: Any, targets: Values, how: Mapping[str, str], empty: Mapping[str, int]
) -> tuple[Any, Values]:
    """One example through the layers: an image (or other floats), and the targets that move with it."""
    dtype, shape = value.dtype, value.shape
    targets = dict(targets)
    for layer in layers:
        if isinstance(layer, ExampleAugmentation):
            value = layer(value[None], training=True)[0]
            continue
        if not isinstance(layer, ImageLayer) or value.shape.rank != 3:
            value = layer(value, training=True)
            continue
        images = value[None]
        if not layer.built:
            layer.build(images.shape)
        transformation = layer.get_random_transformation(images, training=True)
        before = draws.count
        value = layer.transform_images(images, transformation, training=True)[0]
        after = draws.count
        for name, target in targets.items():
            if how[name] == "mask":
                draws.count = before  # a layer may draw again while it moves pixels: the same for the mask
                targets[name] = _mask(layer, transformation, target, empty[name])
            elif how[name] == IMAGE and type(layer).__name__ in MOVES:
                draws.count = before
                moved_image = layer.transform_images(target[None], transformation, training=True)[0]
                targets[name] = tf.ensure_shape(tf.cast(moved_image, target.dtype), target.shape)
            elif how[name] != IMAGE and type(layer).__name__ in MOVES:
                size = (shape[0], shape[1])
                targets[name] = tf.cast(moved(layer, transformation, target, how[name], size), target.dtype)
        draws.count = after
    return tf.ensure_shape(tf.cast(value, dtype), shape), targets


def _mask(layer: Any, transformation: Any, mask: Any, empty: int) -> Any:
    """A mask [height, width] or [height, width, channels] as the layer moves it: by the nearest pixel, values kept.

    Args:
        empty: what it is where there is no pixel: the layer's own `fill_value` is a colour.
    """
    pixels = tf.cast(mask if mask.shape.rank == 3 else mask[..., None], tf.float32)
    colour = getattr(layer, "fill_value", None)
    layer.fill_value = float(empty)
    found = layer.transform_segmentation_masks(pixels[None], transformation, training=True)[0]
    layer.fill_value = colour
    found = found if mask.shape.rank == 3 else found[..., 0]
    return tf.ensure_shape(tf.cast(found, mask.dtype), mask.shape)
