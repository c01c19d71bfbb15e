"""Images as a phone has them: the network behind inputs of bytes, so that an app need not make floats of a photo."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from nnspec.backend.aware.model import rejoined
from nnspec.backend.signature import Batch
from nnspec.export.errors import ExportError
from nnspec.export.quantize import Representative

CHANNELS = (1, 3)


def takes_bytes(model: Any, representative: Representative | None) -> Any:
    """The model with uint8 inputs in place of its images; it shares all layers with the one given.

    Raises:
        ExportError: no input is an image of floats, or the data are not whole numbers from 0 to 255.
    """
    images = [tensor.name for tensor in model.inputs if _is_image(tensor)]
    if not images:
        raise ExportError(
            "preprocess: inside is for images of floats, [height, width, 1 or 3], and no input is one",
            hint="words are looked up outside of a TFLite file; its bundle says how",
        )
    if representative is not None:
        _refuse_fractions(next(iter(representative()), {}), images)
    given = [
        keras.Input(
            batch_shape=tensor.shape, dtype="uint8" if tensor.name in images else tensor.dtype, name=tensor.name
        )
        for tensor in model.inputs
    ]
    floats = [keras.ops.cast(new, old.dtype) for new, old in zip(given, model.inputs, strict=True)]
    # `call` joins the layers themselves to the new inputs; calling the model would nest it, and hide them.
    outputs = model.call(keras.tree.pack_sequence_as(model.input, floats))
    return rejoined(model, keras.tree.pack_sequence_as(model.input, given), outputs)


def _is_image(tensor: Any) -> bool:
    return len(tensor.shape) == 4 and tensor.shape[-1] in CHANNELS and tensor.dtype.startswith("float")


def _refuse_fractions(batch: Batch, images: list[str]) -> None:
    for name in images:
        values = np.asarray(batch.get(name, 0))
        if np.any(values != np.clip(np.round(values), 0, 255)):
            raise ExportError(
                f"preprocess: inside takes bytes, but the data's {name!r} are not whole numbers from 0 to 255",
                hint="scale in the network, by a Rescaling layer, and not in the data",
            )
