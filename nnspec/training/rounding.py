"""A training that rounds: the model that does so, brought into the stage of each epoch."""

from __future__ import annotations

from typing import Any

from nnspec.backend.aware.model import AwareModel, Stage
from nnspec.backend.equalize import equalized
from nnspec.backend.weights import give_weights
from nnspec.data.pipeline import Split
from nnspec.frontend.config import TrainConfig
from nnspec.frontend.rounding import float_epochs, frozen_epochs, plan_for
from nnspec.frontend.spec import Spec
from nnspec.runs.binding import Binding

EXAMPLES = 64  # that ranges of channels follow from


def rounding(spec: Spec, model: Any) -> Any:
    """The model as ``train.quantize`` wants it, with the same layers; as it is where that is not given."""
    settings = spec.training.quantize
    if settings is None:
        return model
    return AwareModel.of(model, plan_for(spec), settings.ranges == "learned")


def balance(spec: Spec, model: Any, split: Split, binding: Binding) -> tuple[str, ...]:
    """Makes channels alike where ``train.quantize.equalize`` says so, before anything is rounded.

    Args:
        model: as it begins; its weights are changed.
        split: of which some examples tell the ranges of channels.

    Returns:
        A remark for each pair of layers that was changed.
    """
    settings = spec.training.quantize
    if settings is None or settings.equalize == "none":
        return ()
    features = next(split.batches(EXAMPLES).as_numpy_iterator())[0]
    made, remarks = equalized(model, [{name: features[source] for name, source in binding.inputs.items()}])
    for mine, theirs in zip(model.layers, made.layers, strict=True):
        if made is not model:
            give_weights(mine, theirs.get_weights())
    return remarks


def stage_of(train: TrainConfig, epoch: int) -> Stage:
    """The stage of an epoch, from 0."""
    if epoch < float_epochs(train):
        return "float"
    return "live" if epoch < train.epochs - frozen_epochs(train) else "frozen"


def enter_stage(train: TrainConfig, model: Any, epoch: int) -> None:
    """Brings a model into the stage of an epoch. Its functions are made again where that is another one.

    It is not compiled again: the optimizer keeps its moments.
    """
    if not isinstance(model, AwareModel):
        return
    stage = stage_of(train, epoch)
    if stage != model.stage:
        model.stage = stage
        model.train_function = model.test_function = model.predict_function = None
