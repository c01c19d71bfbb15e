"""MixUp and CutMix: each example blended with another of its batch, image or sound and targets by the same share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from nnspec.data.pipeline import Batch
from nnspec.layers.augmentation import PASTES
from nnspec.training.augmentation.draws import Draws, permutation


def mix(layer: Any, draws: Draws, batch: Batch, chosen: Sequence[str]) -> Batch:
    """The batch with what is augmented of it mixed with that of its partner: images, or floats where it has none.

    Labels, numbers and the examples' weights become ``share * own + (1 - share) * partner's``, float32; CutMix pastes
    masks, targets of the image's height and width, as it pastes images. The share is what is left of the own image:
    MixUp's is drawn, CutMix's is counted in pixels.

    Raises:
        ValueError: CutMix gets no images, there is nothing to mix, or masks of whole numbers are to be blended.
    """
    kind = type(layer).__name__
    cuts = kind in PASTES
    floats = {name: batch.features[name] for name in chosen}
    images = {name: value for name, value in floats.items() if value.shape.rank == 4}
    if cuts and not images:
        raise ValueError(f"{kind} mixes images [height, width, channels], and there are none")
    if not floats:
        raise ValueError(f"{kind} mixes floats, and there are none")
    start, ends = draws.count, []
    partner = permutation(batch.seeds, start)
    # MixUp looks at no pixel: sounds and numbers have one that stands for them.
    image = next(iter(images.values()), tf.zeros((tf.shape(partner)[0], 1, 1, 1)))
    height, width, channels = image.shape[1:]

    def drawn(given: tuple[Any, Any]) -> tuple[Any, Any]:
        """The share of one example, and where its partner's pixels stand: bool [height, width, 1]."""
        with draws.of(given[1], start):
            found = layer.get_random_transformation(given[0][None], training=True)
        ends.append(draws.count)
        pasted = found.get("batch_masks", tf.zeros((1, height, width, channels), tf.bool))[0, ..., :1]
        return tf.cast(tf.reshape(found["mix_weight"], ()), tf.float32), tf.ensure_shape(pasted, (height, width, 1))

    signature = (tf.TensorSpec((), tf.float32), tf.TensorSpec((height, width, 1), tf.bool))
    share, pasted = tf.map_fn(drawn, (image, batch.seeds), fn_output_signature=signature, parallel_iterations=16)
    draws.count = max(ends)
    if cuts:
        share = 1 - tf.reduce_mean(tf.cast(pasted[..., 0], tf.float32), (1, 2))

    def blended(value: Any) -> Any:
        value = tf.cast(value, tf.float32)
        own = tf.reshape(share, (-1, *[1] * (value.shape.rank - 1)))
        return own * value + (1 - own) * tf.gather(value, partner)

    def pasted_in(value: Any) -> Any:
        where = pasted if value.shape.rank == 4 else pasted[..., 0]
        return tf.where(where, tf.gather(value, partner), value)

    def target(name: str, value: Any) -> Any:
        is_mask = value.shape.rank in (3, 4) and value.shape[1:3] == image.shape[1:3]
        if cuts and is_mask:
            return pasted_in(value)
        if value.shape.rank > 1 and value.dtype.is_integer:
            raise ValueError(f"{kind} cannot blend `{name}`, which holds whole numbers")
        return blended(value)

    if cuts and any(value.shape[1:3] != image.shape[1:3] for value in images.values()):
        raise ValueError("CutMix pastes the same part of several images, and theirs are of several sizes")
    mixed = {name: pasted_in(value) if cuts else blended(value) for name, value in (images if cuts else floats).items()}
    targets = {name: target(name, value) for name, value in batch.targets.items()}
    weights = None if batch.weights is None else {name: blended(value) for name, value in batch.weights.items()}
    return Batch({**batch.features, **mixed}, targets, weights, batch.seeds)
