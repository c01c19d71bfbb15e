"""`data.augment`: Keras's random layers as a function of the example's own seed, and of nothing else.

Keras's layers draw from seed generators that count their calls, so that what an image becomes depends on all the
images before it. Here each draw takes its seed from (seed, epoch, example): the same after a resume, with another
batch size, or on another worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_errors import refused
from nnspec.backend.kinds import instantiate
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec

Augmenter = Callable[[dict[str, Any], Any], dict[str, Any]]
STRIDE = 0x9E3779B9 - 2**32  # between the seeds of two draws for one example, as int32: 2**32 over the golden ratio


def make_augmenter(spec: Spec) -> Augmenter | None:
    """A function from features and a seed pair for each example, int32 [batch, 2], to augmented features.

    It changes the images, float features of rank 3; without images, every float feature.

    Raises:
        SpecError: E0703, a layer that Keras refuses or that changes the shape of what it augments.
    """
    values = (spec.data or {}).get("augment") or []
    if not values:
        return None
    span = spec.place("data", "augment")
    try:
        layers = instantiate("layer", values, spec.graph.plugins)
    except Exception as error:
        raise refused("E0703", "Keras refuses the augmentation", span, error) from error
    generators = list(seed_generators(layers))

    def one(example: Any, seed: Any) -> Any:
        with drawing_from(generators, seed):
            result = example
            for layer in layers:
                result = layer(result, training=True)
        return tf.ensure_shape(tf.cast(result, example.dtype), example.shape)

    def augment(features: dict[str, Any], seeds: Any) -> dict[str, Any]:
        chosen = [name for name, value in features.items() if value.dtype.is_floating]
        chosen = [name for name in chosen if features[name].shape.rank == 4] or chosen
        try:
            return {name: each(one, value, seeds) if name in chosen else value for name, value in features.items()}
        except (ValueError, TypeError) as error:
            raise refused("E0703", "the augmentation does not suit the data", span, error) from error

    if not generators:
        message = "nothing here is random: `augment` is for random layers, the others belong to the network"
        raise SpecError([Diagnostic("E0703", message, span)])
    return augment


def each(function: Callable[[Any, Any], Any], values: Any, seeds: Any) -> Any:
    """``function`` over the examples of a batch, side by side."""
    return tf.map_fn(
        lambda pair: function(*pair),
        (values, seeds),
        fn_output_signature=tf.TensorSpec(values.shape[1:], values.dtype),
        parallel_iterations=16,
    )


def seed_generators(layers: list[Any]) -> Iterator[Any]:
    """Every seed generator of the layers and of those inside them."""
    for layer in layers:
        for part in layer._flatten_layers():
            for value in vars(part).values():
                if isinstance(value, keras.random.SeedGenerator):
                    yield value


@contextmanager
def drawing_from(generators: list[Any], seed: Any) -> Iterator[None]:
    """Within it the generators' draws are numbered from ``seed``, int32 [2], instead of from their own state."""
    drawn = 0

    def draw(ordered: bool = True) -> Any:
        nonlocal drawn
        drawn += 1
        return seed + tf.constant([0, (drawn * STRIDE + 2**31) % 2**32 - 2**31], tf.int32)

    for generator in generators:
        generator.next = draw
    try:
        yield
    finally:
        for generator in generators:
            del generator.next
