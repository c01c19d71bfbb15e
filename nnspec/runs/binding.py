"""Which column of the data each model input and output goes with: made by a training, kept in its run, used ever after.

Imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.frontend.spec import Spec, keras_name
from nnspec.frontend.suggest import did_you_mean
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder


@dataclass(frozen=True)
class Binding:
    """Which feature each model input takes, and which target belongs to each output: model's name -> data's name.

    Attributes:
        columns: the outputs with one value in their last axis whose targets lack that axis. They get it: some of
            Keras's metrics would broadcast the one against the other, [batch, 1] and [batch], without a word.
        ignored: by output the class number that its loss leaves out, where there is one.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    columns: frozenset[str] = frozenset()
    ignored: Mapping[str, int] = field(default_factory=dict)

    def features(self, features: Mapping[str, Any]) -> Any:
        """The features as the model takes them: a tensor for a single input, else a mapping by name."""
        return alone({name: features[source] for name, source in self.inputs.items()})

    def answers(self, targets: Mapping[str, Any]) -> Any:
        """The targets as losses and metrics compare them: of the rank of the outputs."""
        found = {name: targets[source] for name, source in self.outputs.items()}
        return alone({name: value[..., None] if name in self.columns else value for name, value in found.items()})

    def as_json(self) -> dict[str, dict[str, str]]:
        """As a run's record keeps it."""
        return {"inputs": dict(self.inputs), "outputs": dict(self.outputs)}


def alone(tensors: Mapping[str, Any]) -> Any:
    """As Keras takes what is given by input or output: the tensor where there is one, else the mapping."""
    return next(iter(tensors.values())) if len(tensors) == 1 else tensors


def bound_inputs(spec: Spec, folder: RunFolder, features: Iterable[str]) -> dict[str, str]:
    """The feature that each input of a run's model takes, by the binding of its training.

    Args:
        features: those of the data, or of new examples.

    Raises:
        TrainingError: a feature that an input was trained on is not among them.
    """
    names = [given.name for given in spec.graph.inputs]
    return _bound(folder, "inputs", "input", "feature", names, list(features))


def bound_outputs(spec: Spec, folder: RunFolder, targets: Iterable[str]) -> dict[str, str]:
    """The target of each output of a run's model, as `bound_inputs`."""
    names = [given.name for given in spec.graph.outputs]
    return _bound(folder, "outputs", "output", "target", names, list(targets))


def _bound(
    folder: RunFolder, part: str, ours: str, theirs: str, names: list[str], columns: list[str]
) -> dict[str, str]:
    stored = (folder.read_record().get("binding") or {}).get(part)
    found = stored or _by_name(folder, part, theirs, names, columns)
    for name, column in found.items():
        if column in columns:
            continue
        if len(columns) == 1 and len(set(found.values())) == 1:  # the same column under another name
            return dict.fromkeys(found, columns[0])
        message = f"the {ours} `{name}` was trained on the {theirs} `{column}`, and there is only {_listed(columns)}"
        raise TrainingError(message, hint=did_you_mean(column, columns))
    return dict(found)


def _by_name(folder: RunFolder, part: str, theirs: str, names: list[str], columns: list[str]) -> dict[str, str]:
    """The binding of a run that an older version made, where names leave no doubt."""
    if len(columns) == 1 and (len(names) == 1 or part == "outputs"):
        return {keras_name(name): columns[0] for name in names}
    if all(name in columns for name in names):
        return {keras_name(name): name for name in names}
    raise TrainingError(
        f"{folder.path} does not say which {theirs} goes with which of {_listed(names)}: there are {_listed(columns)}",
        hint="it was made by an older version: train again",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
