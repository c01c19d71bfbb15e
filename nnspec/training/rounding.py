"""A training that rounds: the model that does so, brought into the stage of each epoch."""

from __future__ import annotations

from typing import Any

from nnspec.backend.aware.model import AwareModel, Stage
from nnspec.frontend.config import TrainConfig
from nnspec.frontend.rounding import float_epochs, frozen_epochs
from nnspec.frontend.rounding_plan import plan_of
from nnspec.frontend.spec import Spec


def rounding(spec: Spec, model: Any) -> Any:
    """The model as ``train.quantize`` wants it, with the same layers; as it is where that is not given."""
    settings = spec.training.quantize
    if settings is None:
        return model
    return AwareModel.of(model, plan_of(spec.graph, settings), settings.ranges == "learned")


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
