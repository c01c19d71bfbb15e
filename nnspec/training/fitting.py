"""The contract of `nnspec.frontend.agreement` held with data that are open and a network that is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.backend.keras_internals.layers import maker
from nnspec.backend.keras_internals.losses import from_logits
from nnspec.backend.own_layers.crf import CRF
from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.data.dataset import Dataset
from nnspec.frontend.agreement import agreement, settings
from nnspec.frontend.agreement.binding import pairs
from nnspec.frontend.agreement.ends import End, ends_of, lacks_last_axis
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.lints.network import ignored_class
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.binding import Binding
from nnspec.training.compile import last_activation, output_tensor


def bind(spec: Spec, dataset: Dataset) -> Binding:
    """Which feature each input takes and which target each output is trained on.

    Raises:
        SpecError: E0702, names that do not match.
    """
    inputs, outputs, problems = pairs(spec, dataset.features, dataset.targets)
    refuse(problems)
    taken = {keras_name(name): feature for name, feature in inputs.items()}
    trained = {keras_name(name): target for name, target in outputs.items()}
    return Binding(taken, trained, columns_of(spec, dataset, trained), ignored_classes(spec))


def columns_of(spec: Spec, dataset: Dataset, outputs: Mapping[str, str]) -> frozenset[str]:
    """The outputs whose targets lack a last axis of one value, by the model's names."""
    known = {keras_name(name): end for name, end in ends_of(spec).items()}
    return frozenset(name for name, target in outputs.items() if lacks_last_axis(known[name], dataset.targets[target]))


def ignored_classes(spec: Spec) -> dict[str, int]:
    """The class number that the loss of each output leaves out, by the model's names."""
    found = {keras_name(output.name): ignored_class(spec, output) for output in spec.graph.outputs}
    return {name: number for name, number in found.items() if number is not None}


def agree(spec: Spec, dataset: Dataset, model: Any | None = None, binding: Binding | None = None) -> list[Diagnostic]:
    """The warnings of the contract.

    Args:
        model: of its outputs more is known than of the spec's; None: it is not built yet.
        binding: which column goes where; None: by name.

    Raises:
        SpecError: what `check` refuses, too, where it knows the data.
    """
    ends = None if model is None else built_ends(spec, model)
    names = None
    if binding is not None:
        inputs = {given.name: binding.inputs[keras_name(given.name)] for given in spec.graph.inputs}
        names = inputs, {given.name: binding.outputs[keras_name(given.name)] for given in spec.graph.outputs}
    found = [*settings(spec), *agreement(spec, dataset.facts, ends, names)]
    refuse(found)
    return found


def built_ends(spec: Spec, model: Any) -> dict[str, End]:
    """The outputs as they were built."""
    told, found = ends_of(spec), {}
    for output in spec.graph.outputs:
        name = keras_name(output.name)
        tensor = output_tensor(model, name)
        chain = isinstance(maker(tensor), CRF)
        layer = told[output.name].layer
        found[output.name] = End(output, tuple(tensor.shape[1:]), last_activation(model, name), chain, layer)
    return found


def refuse(problems: list[Diagnostic]) -> None:
    """Raises SpecError where there is an error."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise SpecError(errors)


def doubts(spec: Spec, model: Any) -> Iterator[Diagnostic]:
    """Losses that take probabilities from an output that has none, or the other way round."""
    known = {keras_name(name): end.activation for name, end in ends_of(spec).items()}
    losses = model.loss if isinstance(model.loss, dict) else dict.fromkeys(known, model.loss)
    for name, loss in losses.items():
        logits = from_logits(loss)
        if logits is None:
            continue
        activation = last_activation(model, name)
        if activation is not None and logits == (activation in PROBABILITIES):
            what = "logits, but the output has gone through" if logits else "probabilities, but the output is"
            message = f"the loss takes {what} {activation}"
            hint = f"say `from_logits: {str(not logits).lower()}`, or change the last activation"
            yield Diagnostic("W0702", message, spec.place("train", "loss"), "warning", hint)
