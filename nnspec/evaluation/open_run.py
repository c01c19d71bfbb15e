"""A trained run opened again: its model, compiled as the spec says, and data encoded with the run's own assets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.messages import keras_message
from nnspec.backend.kinds import custom_objects
from nnspec.backend.model_file import NoModelFile, load_model_file, said
from nnspec.backend.signature import Run, masks_run
from nnspec.console.progress import Reporter
from nnspec.data.dataset import Dataset
from nnspec.data.numbers import all_finite
from nnspec.data.pipeline import Split
from nnspec.data.protocol import Assets
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.binding import Binding, bound_inputs, bound_outputs
from nnspec.runs.errors import TrainingError
from nnspec.runs.other_settings import READ_OTHERWISE, read_otherwise
from nnspec.runs.run_folder import RunFolder, latest_run
from nnspec.runs.same_network import refuse_other_network
from nnspec.runs.seals import refuse_others
from nnspec.training.compile import compile_model, gives_probabilities
from nnspec.training.decoding import decoded
from nnspec.training.fitting import agree, columns_of, ignored_classes
from nnspec.training.prepare import open_data, targets_of
from nnspec.training.sequences import check_label_sequences, ctc_names
from nnspec.training.token_range import check_tokens


@dataclass(frozen=True)
class Trained:
    """A run's best model and the data set that its spec names, read with the labels and scales of the run."""

    folder: RunFolder
    model: Any
    dataset: Dataset
    binding: Binding
    by_ctc: frozenset[str] = frozenset()  # outputs, by their names in the model, that give sequences of labels
    by_probability: frozenset[str] = frozenset()  # those whose values are probabilities, and no scores

    @cached_property
    def deciding(self) -> Any:
        """The model as it is used: where it ends in a CRF, with the decoder behind it."""
        return decoded(self.model, self.dataset.classes)

    @cached_property
    def masks(self) -> Run | None:
        """The masks of the outputs, by which Keras's metrics leave padding out; None where no output has one."""
        return masks_run(self.model)


def load_model(spec: Spec, run: Path | None = None) -> Any:
    """The best model of a run, not compiled.

    Raises:
        TrainingError: there is no run, it was trained with another network, or its file cannot be read, is another
            network's, or holds weights that are not finite; or a file of the run is not what its training wrote.
    """
    folder = latest_run(spec.name, run)
    refuse_other_network(spec, folder)
    file = folder.model
    assert file is not None
    try:
        model = load_model_file(file, custom_objects(spec.graph.plugins))
    except (NoModelFile, OSError) as error:
        raise TrainingError(f"{file} cannot be loaded: {said(error)}", hint="train again") from error
    except Exception as error:  # whatever a damaged file leads Keras to raise
        raise TrainingError(f"{file} cannot be loaded: {keras_message(error)}", hint="train again") from error
    _refuse_file(spec, file, model)
    refuse_others(folder)
    return model


def _refuse_file(spec: Spec, file: Path, model: Any) -> None:
    """Raises TrainingError where a file that can be read is not what a training of this network leaves."""
    owners = {layer.name: layer.shares or layer.name for layer in spec.graph.layers}
    wanted = {keras_name(owners.get(output.ref.layer, output.ref.layer)) for output in spec.graph.outputs}
    inputs = {keras_name(given.name) for given in spec.graph.inputs}
    found = {layer.name for layer in getattr(model, "layers", ())}
    missing = sorted((wanted | inputs) - found)
    if missing:
        message = f"{file} holds another network than the run was trained with: it has no layer `{missing[0]}`"
        raise TrainingError(message, hint="the file was replaced: train again")
    for weight in model.weights:
        values = np.asarray(keras.ops.convert_to_numpy(weight))
        if not all_finite(values):
            raise TrainingError(
                f"{file} holds weights that are no finite numbers: `{weight.path}`; its training diverged",
                hint="train again with a smaller learning rate, or `clipnorm: 1`",
            )


def open_trained(spec: Spec, run: Path | None = None, reporter: Reporter | None = None) -> Trained:
    """A run with its data, for evaluating and exporting. The model is compiled with the spec's loss and metrics.

    Raises:
        TrainingError, DataError, SpecError: no run, unusable data, or data that do not fit the network.
    """
    folder = latest_run(spec.name, run)
    model = load_model(spec, folder.path)
    if reporter is not None:
        for doubt in doubts_of_run(spec, folder):
            reporter.say(f"warning: {doubt}")
    dataset = open_data(spec, reporter or Reporter(), Assets.load(folder.assets))
    inputs, outputs = bound_inputs(spec, folder, dataset.features), bound_outputs(spec, folder, dataset.targets)
    binding = Binding(inputs, outputs, columns_of(spec, dataset, outputs), ignored_classes(spec))
    agree(spec, dataset, model, binding)
    check_tokens(spec, dataset, binding)
    compile_model(model, spec, targets_of(dataset, binding))
    check_label_sequences(spec, model, dataset, binding)
    return Trained(folder, model, dataset, binding, ctc_names(spec), with_probabilities(spec, model, binding))


def doubts_of_run(spec: Spec, folder: RunFolder) -> Iterator[str]:
    """What of a run is not as whoever asks it expects."""
    if folder.so_far is not None:
        yield folder.so_far
    if settings := read_otherwise(spec, folder):
        yield f"{READ_OTHERWISE}: {settings}"


def with_probabilities(spec: Spec, model: Any, binding: Binding) -> frozenset[str]:
    """The outputs whose values are probabilities."""
    return frozenset(name for name in binding.outputs if gives_probabilities(spec, model, name))


def part(spec: Spec, dataset: Dataset, name: str | None) -> tuple[str, Split]:
    """A part of the data by name; without one the test part, or else the validation part.

    Raises:
        SpecError: E0703, the data have no such part.
    """
    wanted = [name] if name else ["test", "validation"]
    for found in wanted:
        if found in dataset.splits:
            return found, dataset.splits[found]
    message = f"the data have no part `{wanted[0]}`: there are {', '.join(f'`{part}`' for part in dataset.splits)}"
    hint = "hold some back: `split: {test: 0.1}`"
    raise SpecError([Diagnostic("E0703", message, spec.place("data", "split"), hint=hint)])
