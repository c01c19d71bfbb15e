"""What a convolutional network sees in one image: filters, feature maps, and what its answer rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from nnspec.console.formatting import plural
from nnspec.report.inside.figures import Figure, overlaid, tiles

FILTERS, MAPS = 64, 24  # so many are shown of each layer
LAYERS = 12  # with feature maps, spread over the network, unless a layer is asked for
RANGE = "; each from its own least value, the darkest, to its largest"


def filters(model: Any, only: str | None = None) -> Iterator[Figure]:
    """The kernels of the first convolution, as colours where it sees three channels; of another layer if asked for."""
    import keras

    found = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    chosen = [layer for layer in found if layer.name == only] if only else found[:1]
    for layer in chosen:
        kernel = np.moveaxis(np.asarray(layer.kernel), -1, 0)  # [filters, height, width, channels]
        if min(kernel.shape[1:3]) < 2:
            continue
        shown = kernel[:FILTERS] if kernel.shape[-1] == 3 else kernel[:FILTERS].mean(-1)
        note = f"{len(shown)} of {len(kernel)} filters" if len(kernel) > len(shown) else plural(len(kernel), "filter")
        how = "" if kernel.shape[-1] in (1, 3) else f", the mean of their {kernel.shape[-1]} channels"
        yield Figure(f"filters-{layer.name}", f"Filters of {layer.name}", f"{note}{how}{RANGE}", tiles(shown))


def feature_maps(outputs: Mapping[str, np.ndarray], only: str | None = None) -> Iterator[Figure]:
    """The strongest maps of layers whose output is [height, width, channels]."""
    names = [name for name, values in outputs.items() if values.ndim == 3 and min(values.shape[:2]) > 1]
    if only:
        names = [name for name in names if name == only]
    for name in _spread(names, LAYERS):
        maps = np.moveaxis(outputs[name], -1, 0)
        strongest = np.argsort(-np.abs(maps).mean((1, 2)), kind="stable")[:MAPS]
        shown = maps[np.sort(strongest)]
        note = f"the {len(shown)} strongest of {len(maps)} maps" if len(maps) > len(shown) else plural(len(maps), "map")
        size = f"{maps.shape[1]} × {maps.shape[2]}"
        yield Figure(f"maps-{name}", f"Feature maps of {name}", f"{note} of {size}{RANGE}", tiles(shown))


def _spread(names: list[str], most: int) -> list[str]:
    if len(names) <= most:
        return names
    return [names[round(place)] for place in np.linspace(0, len(names) - 1, most)]


def grad_cam(
    model: Any, features: Any, output: Any, wanted: int | None = None, *, over_classes: bool = True
) -> tuple[np.ndarray, str, int] | None:
    """Where in an image the evidence for a class lies.

    Selvaraju et al., Grad-CAM: visual explanations from deep networks via gradient-based localization, 2017, section 3:
    the last feature maps, weighted by the mean gradient of the class's score before the softmax; their positive part.

    Args:
        output: the model's tensor that answers.
        wanted: the class; by default the one that the network answers.
        over_classes: whether it tells classes apart: one value alone is then the score of the second, and less it the
            score of the first.

    Returns:
        The map [height, width] of 0 to 1, the layer that it is of, and the class. None where no layer has maps.
    """
    import keras
    import tensorflow as tf

    layer = next((layer for layer in reversed(model.layers) if _has_maps(layer)), None)
    if layer is None or len(output.shape) != 2:
        return None
    tensor, finish = _before_the_last_activation(model, output)
    split = keras.Model(model.input, [layer.output, tensor])
    with tf.GradientTape() as tape:
        maps, given = split(features, training=False)
        scores = finish(given)
        if over_classes and scores.shape[-1] == 1:
            scores = tf.concat([-scores, scores], axis=-1)
        chosen = int(np.argmax(scores[0])) if wanted is None else wanted
        score = scores[0, min(chosen, scores.shape[-1] - 1)]
    gradient = tape.gradient(score, maps)
    if gradient is None:  # the maps are of another branch, or of another output
        return None
    heat = np.maximum((maps[0] * tf.reduce_mean(gradient, axis=(1, 2))[0]).numpy().sum(-1), 0)
    return heat / (heat.max() or 1), layer.name, chosen


def _has_maps(layer: Any) -> bool:
    import keras

    shape = list(getattr(output_of_layer(layer), "shape", ()))
    sizes = [size for size in shape[1:3] if size is not None]
    return not isinstance(layer, keras.layers.InputLayer) and len(shape) == 4 and min(sizes, default=2) > 1


def output_of_layer(layer: Any) -> Any:
    """The tensor that a layer gives; None where it is called several times, or never."""
    try:
        return layer.output
    except (AttributeError, ValueError):
        return None


def _before_the_last_activation(model: Any, output: Any) -> tuple[Any, Callable[[Any], Any]]:
    """A tensor, and what makes the classes' scores of it, without the softmax that would squeeze them."""
    import keras

    last = next((layer for layer in model.layers if output_of_layer(layer) is output), None)
    if isinstance(last, keras.layers.Dense):
        return last.input, lambda given: given @ last.kernel + (last.bias if last.use_bias else 0.0)
    if isinstance(last, keras.layers.Softmax | keras.layers.Activation):
        return last.input, lambda given: given
    return output, lambda given: given


def cam_figure(heat: np.ndarray, image: np.ndarray, label: str, layer: str) -> Figure:
    note = f"Grad-CAM of {layer}: the lighter, the more it speaks for {label}"
    return Figure("grad-cam", f"What speaks for {label}", note, overlaid(image, heat))
