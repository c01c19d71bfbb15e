"""From the scores that a network is trained on to the labels that it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.layers import maker
from nnspec.backend.own_layers.crf import CRF, ViterbiDecoder
from nnspec.data.text import tags


def decoded(model: Any, classes: Sequence[str] | None = None) -> Any:
    """The model with a decoder behind each CRF that is an output: ``argmax`` of its output is the likeliest sequence.

    Any other model is returned as it is. The decoder holds a copy of the weights of pairs: see ``take_again``.

    Args:
        classes: the labels; where they are tags of a scheme, sequences that break it are never chosen.
    """
    outputs = model.output if isinstance(model.output, dict) else {"": model.output}
    if not any(isinstance(maker(tensor), CRF) for tensor in outputs.values()):
        return model
    found = {name: _decoded(tensor) for name, tensor in outputs.items()}
    deciding = keras.Model(model.input, found if isinstance(model.output, dict) else found[""])
    take_again(deciding, classes)
    return deciding


def _decoded(tensor: Any) -> Any:
    layer = maker(tensor)
    if not isinstance(layer, CRF):
        return tensor
    return ViterbiDecoder(layer.units, name=f"{layer.name}_viterbi")(tensor)


def take_again(deciding: Any, classes: Sequence[str] | None) -> None:
    """Gives the decoders of a `decoded` model the weights that their layers have now."""
    for decoder in deciding.layers:
        if isinstance(decoder, ViterbiDecoder):
            layer = maker(decoder.input[0] if isinstance(decoder.input, list) else decoder.input)
            decoder.take(layer, allowed(classes) if classes and len(classes) == layer.units else None)


def allowed(classes: Sequence[str]) -> np.ndarray | None:
    """Which tag may follow which: booleans ``[tags + 1, tags + 1]``, the edge of the sentence last on both axes.

    None where the tags are of no scheme.
    """
    scheme = tags.detect(classes)
    if scheme is None:
        return None
    places = [*classes, None]
    return np.array([[tags.may_follow(before, after, scheme) for after in places] for before in places])
