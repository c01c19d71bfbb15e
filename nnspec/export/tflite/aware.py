"""An int8 file of a network that was trained to be rounded: its ranges are the training's, nothing is calibrated.

The network is traced with rounded weights, folded biases and ranges as constants. What the converter then chooses is
what they already are: one scale for each channel from its largest weight, biases in steps of input times weight.
"""

from __future__ import annotations

from typing import Any

import keras

from nnspec.backend.aware.model import AwareModel
from nnspec.backend.signature import signature_of
from nnspec.catalog.targets import TFLite
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes


def is_rounded(model: Any, quantize: str | None) -> bool:
    """Whether the ranges of a model's values make the file: int8, which such a network gets by default.

    Raises:
        ExportError: it was not trained beyond its epochs in float.
    """
    if not isinstance(model, AwareModel) or quantize not in (None, "int8"):
        return False
    if not model.plan.groups or model.plan.wide:
        return False
    if model.stage == "float" or not model.has_ranges:
        raise ExportError(
            "the run has not begun to round: its best model is from the epochs in float, and has no ranges",
            hint="let it train to the end; or quantize: dynamic, float16 or none",
        )
    return True


def is_wide(model: Any) -> bool:
    """Whether its training has rounded values to 16 bits, for a file of int16x8."""
    return isinstance(model, AwareModel) and model.plan.wide and bool(model.plan.groups)


def without_ranges(model: Any) -> Any:
    """The model for files whose values are floats, or ranged by examples: of Keras's own, with rounded weights."""
    return model.plain() if isinstance(model, AwareModel) else model


def refuse_settings(target: TFLite, shapes: Shapes) -> None:
    """Raises ExportError for what a file without calibration cannot have."""
    if target.keep_float:
        message = "keep_float is for files that are quantized after training; this network was trained to be rounded"
        raise ExportError(message, hint="keep_float under `train: {quantize: ...}`, and train again")
    if target.dense_scale == "tensor":
        message = "dense_scale is for files that are quantized after training; this network was trained to be rounded"
        raise ExportError(message, hint="leave it out")
    if shapes.varies:
        raise ExportError("a network that was trained to be rounded needs inputs of a fixed size", hint="length: 100")


def traced_call(model: AwareModel, features: dict[str, Any]) -> dict[str, Any]:
    """Outputs by name, of a graph whose weights and ranges are constants."""
    inputs = keras.tree.pack_sequence_as(model.input, [features[tensor.name] for tensor in model.inputs])
    flat = keras.tree.flatten(model.traced(inputs))
    return dict(zip([port.name for port in signature_of(model).outputs], flat, strict=True))
