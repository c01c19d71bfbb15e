"""`train.teacher`: a trained network whose answers to the same examples are learned beside the true ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.aware.model import rejoined
from nnspec.backend.distillation import Features, Kept, TaughtChain, TaughtClasses, TaughtYesNo, teach
from nnspec.backend.keras_internals.layers import maker
from nnspec.backend.own_layers.crf import CRF
from nnspec.backend.signature import Port, signature_of
from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.data.dataset import Dataset
from nnspec.data.protocol import Facts
from nnspec.data.table import sizes
from nnspec.frontend.agreement.ends import End, Shape
from nnspec.frontend.agreement.teacher import (
    Lesson,
    answer_misfit,
    clashes,
    classes_misfit,
    lesson,
    partners,
    teacher_misfits,
)
from nnspec.frontend.config import TeacherConfig
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Output, Ref, Spec, keras_name
from nnspec.runs.binding import Binding
from nnspec.training.compile import TOKEN_MEAN, Target, last_activation, loss_of, output_tensor
from nnspec.training.fitting import built_ends
from nnspec.training.given_model import GivenModel, open_model
from nnspec.training.state import weights_sha256
from nnspec.training.teacher_features import features_of

Tensors = Callable[[Any], Mapping[str | int, Any]]


@dataclass(frozen=True)
class Teacher:
    """
    Attributes:
        file: the model; its answers are those of inference.
        losses, shares: by output of the network that learns.
        answers: of the network's inputs gives the answer to each of its outputs, and by number the values of layers.
        features: the layers that learn the values of the teacher's.
    """

    settings: TeacherConfig
    file: Path
    weights_sha256: str
    losses: dict[str, Any]
    shares: dict[str, float]
    answers: Tensors
    features: Features | None = None

    def teach(self, model: Any, kept: Kept | None) -> None:
        teach(model, self.answers, self.losses, self.shares, self.settings.weight, self.features, kept)

    def as_json(self) -> dict[str, Any]:
        """As the record of a run keeps it."""
        settings: dict[str, Any] = {"temperature": self.settings.temperature, "weight": self.settings.weight}
        if self.features is not None:
            settings |= {"features": self.settings.features, "feature_weight": self.settings.feature_weight}
        return {"file": str(self.file), "weights_sha256": self.weights_sha256, **settings}


def open_teacher(
    spec: Spec, model: Any, dataset: Dataset, binding: Binding, targets: Mapping[str, Target]
) -> Teacher | None:
    """The teacher that a spec names, held against the network that learns; None where it names none.

    Args:
        model: compiled.

    Raises:
        SpecError: E0712, its file cannot be read; E0745, its answers cannot be learned.
    """
    settings = spec.training.teacher
    if settings is None:
        return None
    facts = Facts(task=dataset.task)
    refuse(spec, [one.message for one in teacher_misfits(spec) if one.code == "E0745"])
    given = open_model(spec, settings.run, "teacher", "run")
    refuse(spec, [] if hasattr(given.model, "inputs") else ["the teacher is no network of layers with named inputs"])
    inputs = dict(_inputs(spec, given, model, binding))
    ends, theirs = built_ends(spec, model), _ends(given.model)
    ours = {keras_name(name): end for name, end in ends.items()}
    found = dict(partners(_shapes(ours), _shapes(theirs)))
    lessons = {name: lesson(spec, end, facts, targets[name].spec) for name, end in ours.items()}
    misfits = [answer_misfit(end, theirs.get(found[name] or ""), lessons[name]) for name, end in ours.items()]
    misfits += _other_data(given, dataset, binding)
    refuse(spec, [misfit for misfit in misfits if misfit])
    names = {name: str(partner) for name, partner in found.items()}
    losses = {name: _loss(spec, model, given.model, name, names[name], lessons[name], targets) for name in ours}
    features, within, unlike = features_of(spec, model, given.model)
    refuse(spec, unlike)
    return Teacher(
        settings,
        given.file,
        weights_sha256(given.model),
        losses,
        _shares(spec, list(ours)),
        _answers(given.model, inputs, names, within),
        features,
    )


def refuse(spec: Spec, misfits: list[str]) -> None:
    """Raises SpecError, E0745, where there is anything that does not match."""
    hint = "a teacher is trained on the same data, with the same outputs"
    place = spec.place("train", "teacher", "run")
    if misfits:
        raise SpecError([Diagnostic("E0745", misfit, place, hint=hint) for misfit in dict.fromkeys(misfits)])


def _inputs(spec: Spec, given: GivenModel, model: Any, binding: Binding) -> Iterator[tuple[str, str]]:
    """By input of the teacher which of ours it sees: that of the same column where its run knows, else by name."""
    ours = {port.name: port for port in signature_of(model).inputs}
    theirs = {port.name: port for port in signature_of(given.model).inputs}
    record = given.folder.read_record() if given.folder is not None else {}
    columns = (record.get("binding") or {}).get("inputs") or {}
    by_column = {column: name for name, column in binding.inputs.items()}
    pairs = dict(partners(_shapes(theirs), _shapes(ours)))
    for name, port in theirs.items():
        partner = by_column.get(columns.get(name, "")) or pairs[name]
        if partner is None:
            refuse(spec, [f"the teacher takes `{name}`, which this network does not"])
        assert partner is not None
        if clashes(ours[partner].shape, port.shape):
            what = f"`{partner}` is {sizes(ours[partner].shape)}, and the teacher takes {sizes(port.shape)}"
            refuse(spec, [what])
        yield name, partner


def _ends(model: Any) -> dict[str, End]:
    """The outputs of any functional model, by name."""
    found = {}
    for port in signature_of(model).outputs:
        tensor = output_tensor(model, port.name) if isinstance(model.output, dict) else _alone(model, port.name)
        chain = isinstance(maker(tensor), CRF)
        output = Output(port.name, Ref(port.name), None)
        activation = "linear" if chain else _activation(model, port.name)
        found[port.name] = End(output, port.shape, activation, chain)
    return found


def _alone(model: Any, name: str) -> Any:
    names = [port.name for port in signature_of(model).outputs]
    return model.outputs[names.index(name)]


def _activation(model: Any, name: str) -> str | None:
    """That of a model with one output, or a mapping of them; None of a list, whose layers are not followed."""
    return None if isinstance(model.output, list | tuple) else last_activation(model, name)


def _other_data(given: GivenModel, dataset: Dataset, binding: Binding) -> Iterator[str]:
    """What of the data was another when the teacher learned: the same numbers would mean other things to it."""
    theirs, ours = given.assets, dataset.assets
    if theirs is None:
        return
    for target in dict.fromkeys(binding.outputs.values()):
        misfit = classes_misfit(ours.classes_of(target), theirs.classes_of(target))
        if misfit is not None:
            yield misfit
    if ours.words != theirs.words:
        yield "words have other numbers than those that the teacher was trained with: its vocabulary is another"
    if dict(ours.scaling or {}) != dict(theirs.scaling or {}):
        yield "the data are scaled otherwise than those that the teacher was trained with"
    for name in ("inputs", "characters", "image_size", "sample_rate"):
        if ours.extra.get(name) != theirs.extra.get(name):
            yield f"`{name}` of the data is not what it was when the teacher was trained"


def _loss(
    spec: Spec, model: Any, teacher: Any, ours: str, theirs: str, how: Lesson | None, targets: Mapping[str, Target]
) -> Any:
    """The loss of an output against the teacher's answer; over padded steps the mean of the real ones."""
    assert spec.training.teacher is not None
    temperature = spec.training.teacher.temperature
    if how == "values":
        return loss_of(model, spec, ours, targets)
    source, own = _source(teacher, theirs), _source(model, ours)
    if isinstance(source, CRF) or isinstance(own, CRF):
        return TaughtChain(temperature, source, own)
    kind = TaughtClasses if how == "classes" else TaughtYesNo
    return kind(temperature, source, own, TOKEN_MEAN if targets[ours].padded else "sum_over_batch_size")


def _source(model: Any, name: str) -> CRF | bool:
    """The CRF that an output comes from; else whether its values are probabilities."""
    layer = maker(_alone(model, name))
    return layer if isinstance(layer, CRF) else _activation(model, name) in PROBABILITIES


def _shares(spec: Spec, outputs: list[str]) -> dict[str, float]:
    given = spec.training.loss_weights
    if isinstance(given, Mapping):
        return dict.fromkeys(outputs, 1.0) | {keras_name(name): float(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return dict(zip(outputs, map(float, given), strict=True))
    return dict.fromkeys(outputs, 1.0 if given is None else float(given))


def _shapes(named: Mapping[str, End] | Mapping[str, Port]) -> dict[str, Shape | None]:
    return {name: one.shape for name, one in named.items()}


def _answers(teacher: Any, inputs: Mapping[str, str], outputs: Mapping[str, str], within: list[Any]) -> Tensors:
    """Of a network's inputs gives the teacher's outputs by ours, and its tensors within by their places."""
    teacher.trainable = False
    names = [port.name for port in signature_of(teacher).outputs]
    whole = rejoined(teacher, teacher.input, [*teacher.outputs, *within])
    places: dict[str | int, int] = {ours: names.index(theirs) for ours, theirs in outputs.items()}
    places |= {place: len(names) + place for place in range(len(within))}

    def answers(given: Any) -> Mapping[str | int, Any]:
        taken = {name: given[ours] if isinstance(given, Mapping) else given for name, ours in inputs.items()}
        tensors = keras.tree.pack_sequence_as(teacher.input, [taken[tensor.name] for tensor in teacher.inputs])
        found = keras.tree.flatten(whole(tensors, training=False))
        return {ours: tf.stop_gradient(found[place]) for ours, place in places.items()}

    return answers
