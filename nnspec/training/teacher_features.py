"""`train.teacher.features`: the layers of both networks whose values are compared while one learns from the other."""

from __future__ import annotations

from typing import Any

from nnspec.backend.aware.model import AwareModel
from nnspec.backend.distillation import Features, TaughtFeatures
from nnspec.backend.keras_internals.layers import nodes_of
from nnspec.frontend.agreement.other_runs import spec_of_run
from nnspec.frontend.agreement.teacher_features import calls_of, compared, misfit
from nnspec.frontend.spec import Spec, keras_name

Call = tuple[str, int]


def features_of(spec: Spec, model: Any, teacher: Any) -> tuple[Features | None, list[Any], list[str]]:
    """The layers that learn, for each the tensor of the teacher, and why some cannot.

    Args:
        model, teacher: functional models.
    """
    settings = spec.training.teacher
    assert settings is not None
    if not settings.features:
        return None, [], []
    ours, theirs = calls_of(spec.graph), _calls_of_teacher(spec)
    mine, given = _tensors(model), _tensors(teacher)
    calls, losses, tensors, misfits = [], [], [], []
    for name, partner in settings.features.items():
        call = theirs.get(partner, (keras_name(partner), 0))
        why = _refusal(teacher, given, partner, call) or misfit(
            name, _shape(mine[ours[name]]), partner, _shape(given[call])
        )
        if why is not None:
            misfits.append(why)
            continue
        how = compared(_shape(mine[ours[name]]), _shape(given[call]))
        calls.append(ours[name])
        losses.append(TaughtFeatures(how == "maps"))
        tensors.append(given[call])
    return Features(tuple(calls), tuple(losses), settings.feature_weight), tensors, misfits


def _calls_of_teacher(spec: Spec) -> dict[str, Call]:
    assert spec.training.teacher is not None
    other = spec_of_run(spec, spec.training.teacher.run)
    return {} if other is None else calls_of(other.graph)


def _tensors(model: Any) -> dict[Call, Any]:
    """By call of a layer the first tensor that it gives."""
    return {(operation.name, number): node.outputs[0] for operation, number, node in nodes_of(model)}


def _refusal(teacher: Any, given: dict[Call, Any], partner: str, call: Call) -> str | None:
    """Why a layer of the teacher has no values to learn; None where it has."""
    if call not in given:
        return f"no layer of the teacher is called `{partner}`"
    if isinstance(teacher, AwareModel):
        step = teacher.steps.get(call)
        if step is not None and step.form == "deferred":
            return f"`{partner}` of the teacher and the BatchNormalization behind it are one, and it has no values"
    return None


def _shape(tensor: Any) -> tuple[int | None, ...]:
    return tuple(tensor.shape[1:])
