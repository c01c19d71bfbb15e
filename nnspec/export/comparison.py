"""A network that was trained to be rounded beside what it would be otherwise: float, and rounded after training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnspec.backend.aware.model import AwareModel
from nnspec.backend.signature import keras_run, signature_of
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError
from nnspec.export.gate.metric import Judge, Metric

Origin = Callable[[], Any]


def float_network(model: AwareModel, origin: Origin | None) -> Any:
    """The float network that the training began from; without one, or where that is another, its unrounded weights."""
    found = origin() if origin is not None else None
    if found is None or isinstance(found, AwareModel) or signature_of(found) != signature_of(model):
        return model.unrounded()
    return found


def side_by_side(network: Any, make: Callable[[Any], Candidate], metric: Metric, judge: Judge, after: float) -> str:
    """The metric of float, of int8 by calibration, and of the training in Keras and in the file, as a remark."""
    try:
        draft = make(network)
        with draft.open() as run:
            rounded = f"{metric(run):.4g}"
    except ExportError as error:
        rounded = f"not possible, {error.message}"
    name = getattr(metric, "name", "metric")
    return (
        f"{name}: {metric(keras_run(network)):.4g} in float, {rounded} rounded after training, trained to be rounded "
        f"{judge.before:.4g} in Keras and {after:.4g} in the file"
    )
