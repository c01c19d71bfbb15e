"""New examples through a trained run: from files, text, rows or arrays to labels, tags and numbers in real units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import keras_run, output_of
from nnspec.catalog.comparisons import LOSSES, kind_of
from nnspec.console.displayed import Displayed
from nnspec.data.dataset import Encoder, open_encoder
from nnspec.data.errors import DataError
from nnspec.data.given import examples_of
from nnspec.data.names import name_of, names_of
from nnspec.data.new_examples import remarks
from nnspec.data.numbers import FLOAT32, all_finite
from nnspec.data.scaling import original_units
from nnspec.data.table import as_given
from nnspec.data.text import tags
from nnspec.evaluation.open_run import doubts_of_run, load_model
from nnspec.evaluation.raw_examples import raw_predictions
from nnspec.evaluation.sampling import Sampling, continued
from nnspec.frontend.agreement.ends import setting
from nnspec.frontend.spec import Spec, keras_name
from nnspec.layers.types import KindValue
from nnspec.runs.binding import bound_inputs
from nnspec.runs.run_folder import RunFolder, latest_run
from nnspec.training.compile import gives_probabilities, output_tensor
from nnspec.training.decoding import decoded
from nnspec.training.sequences import ctc_names, greedy, spelled
from nnspec.training.token_range import look_ups, refuse_no_row

Prediction = dict[str, Any]
Refused = tuple[Any, DataError]


class Predictions(list[Prediction], Displayed):
    """An answer for each example, in their order; a notebook shows them with what was given.

    Attributes:
        inputs: the examples as they were given.
        remarks: what of them the network did not see, a sentence each.
        refused: examples that cannot be read, each with the reason; they are not among the inputs. There are none
            unless the source says `on_error: skip`.
    """

    def __init__(
        self,
        found: Iterable[Prediction],
        inputs: Sequence[Any] = (),
        remarks: Sequence[str] = (),
        refused: Sequence[Refused] = (),
    ) -> None:
        super().__init__(found)
        self.inputs, self.remarks, self.refused = inputs, tuple(remarks), tuple(refused)


def predict(spec: Spec, run: Path | None, inputs: Any, how: Sampling | None = None) -> Predictions:
    """What a run's best model makes of new examples.

    Args:
        run: the run folder; None is the newest of this spec.
        how: how a language model continues a text; None: as `Sampling` does by default.
        inputs: a list of whatever the spec's data source takes: paths of images, sentences, rows as mappings, arrays,
            files; with several features a mapping by their names. A text, a path, a mapping, and an array of the shape
            of one example, are one example.

    Returns:
        For each example, also of a single one, ``input`` and, by task: ``label``, ``probability`` and
        ``probabilities``; ``tokens`` and
        ``tags`` with their places, see ``tagged``; ``labels`` of CTC, and their ``text``; ``map``, the number of a
        class for each place, with ``shares``, how much of the places each class has, and ``probabilities`` of yes
        where one unit says yes or no of each place; ``values`` in the units of the data; ``text``, what a language
        model continues it by; ``group``, of several series. With several outputs, a mapping of
        these by output.

    A spec without data says nothing of inputs: they are arrays as the network takes them, and ``values`` come back.

    Raises:
        TrainingError, DataError, SpecError: no run, or inputs that cannot be read.
        TypeError: the inputs are no list, and nothing that is one example.
    """
    inputs = [inputs] if is_one_example(spec, inputs) else examples_of(inputs)
    folder = latest_run(spec.name, run)
    if spec.data is None:
        return Predictions(raw_predictions(spec, decoded(load_model(spec, folder.path), None), inputs), inputs)
    encoder = open_encoder(spec.required_data, spec.path.parent, folder.assets)
    goes = encoder.source.taught(encoder.assets).goes_on()
    if goes is None and how is not None:
        raise DataError(f"{type(encoder.source).__name__} is no source of texts to continue")
    model = load_model(spec, folder.path)
    doubts = list(doubts_of_run(spec, folder))
    with remarks() as told:
        if goes is not None and len(spec.graph.outputs) == len(spec.graph.inputs) == 1:
            feature = keras_name(spec.graph.inputs[0].name)
            text = continued(spec, feature, encoder, model, inputs, goes, how or Sampling())
            return Predictions(text, inputs, doubts)
        try:
            return Predictions(answers(spec, folder, encoder, model, inputs), inputs, [*doubts, *told])
        except DataError as error:
            inputs, refused = readable(encoder, inputs, error)
    with remarks() as told:
        return Predictions(answers(spec, folder, encoder, model, inputs), inputs, [*doubts, *told], refused)


def readable(encoder: Encoder, inputs: Sequence[Any], why: DataError) -> tuple[Sequence[Any], list[Refused]]:
    """The examples that can be read, and those that cannot, each with the reason.

    Args:
        why: not all of them can be answered together.

    Raises:
        DataError: ``why``, unless the source says `on_error: skip` and some can be read, but not all.
    """
    if len(inputs) > 1 and encoder.source.skips is False:
        instead = "`on_error: skip` of the source answers what can be read"
        why.hint = f"{why.hint}; {instead}" if why.hint else instead
    if len(inputs) < 2 or not encoder.source.skips:
        raise why
    refused = [(given, error) for given in inputs if (error := unreadable(encoder, given)) is not None]
    if len(refused) in (0, len(inputs)):
        raise why
    left_out = {id(given) for given, _ in refused}
    return [given for given in inputs if id(given) not in left_out], refused


def unreadable(encoder: Encoder, given: Any) -> DataError | None:
    """Why an example cannot be read; None where it can."""
    try:
        with remarks():
            encoder.encode([given])
    except DataError as error:
        return error
    return None


def is_one_example(spec: Spec, given: Any) -> bool:
    """Whether an array has the shape of the network's one input, without a channel that is 1, and so is one example.

    One with an axis more is a batch. Where lengths vary, numbers of as many axes are one example.
    """
    shape = getattr(given, "shape", None)
    if not isinstance(shape, tuple) or not shape or len(spec.graph.inputs) != 1:
        return False
    wanted = spec.graph.inputs[0].shape
    if None in wanted:
        numbers = getattr(given, "dtype", None) is not None and given.dtype.kind in "biuf"
        fits = len(shape) == len(wanted) and all(size in (None, ours) for size, ours in zip(wanted, shape, strict=True))
        return numbers and fits
    return shape == wanted or (*shape, 1) == wanted


def answers(spec: Spec, folder: RunFolder, encoder: Encoder, model: Any, inputs: Sequence[Any]) -> list[Prediction]:
    """As `predict`, of a run that is open."""
    task = str(folder.read_record().get("task", "unknown"))
    model = decoded(model, encoder.assets.classes)
    run = keras_run(model)
    names = [keras_name(output.name) for output in spec.graph.outputs]
    by_ctc = ctc_names(spec)
    record = folder.read_record()
    targets, yes_no = (record.get("binding") or {}).get("outputs") or {}, record.get("yes_no") or ()
    by_class = {name: over_classes(spec, name) for name in names}
    decoders = {
        name: Decoder(
            task,
            encoder,
            model,
            name,
            name in by_ctc,
            by_class[name],
            targets.get(name),
            name in yes_no,
            form_of_targets(spec, name) == "numbers",
            gives_probabilities(spec, model, name),
        )
        for name in names
    }
    predictions: list[Prediction] = []
    scalings = encoder.source.scalings(inputs, encoder.assets, encoder.base)
    for shown, features in batches(spec, folder, encoder, inputs, spec.required_data.batch_size):
        found = run(features)
        outputs = {name: output_of(found, name) for name in names}
        for row, given in enumerate(shown):
            refuse_no_number({name: values[row] for name, values in outputs.items()}, len(predictions) + 1)
            group, scaling = (None, None) if scalings is None else scalings[len(predictions)]
            named = {name: decoder(given, outputs[name][row], scaling) for name, decoder in decoders.items()}
            answer = next(iter(named.values())) if len(named) == 1 else named
            of_group = {"group": group} if group else {}
            predictions.append({"input": _shown(given), **of_group, **answer})
    return predictions


def refuse_no_number(outputs: Mapping[str, np.ndarray], number: int) -> None:
    """Raises DataError where an answer of the network holds what is no number: the largest of those is no label."""
    for name, values in outputs.items():
        if not all_finite(values):
            bad = values[~np.isfinite(values)][0]
            hint = "an example of padding alone, or values far from those of the training part, can do that"
            raise DataError(f"example {number}: the network's answer `{name}` is {bad}, which is no number", hint=hint)


def batches(
    spec: Spec, folder: RunFolder, encoder: Encoder, inputs: Sequence[Any], size: int
) -> Iterator[tuple[list[Any], dict[str, np.ndarray]]]:
    """The examples in the order given, a batch at a time: what the user wrote, and features by model input.

    Each input takes the feature that it was trained on.
    """
    if not inputs:
        return
    columns = encoder.encode(inputs)
    sources = bound_inputs(spec, folder, columns)
    count = len(next(iter(columns.values())))
    shown = list(inputs) if len(inputs) == count else [f"example {number + 1}" for number in range(count)]
    dtypes = {keras_name(given.name): given.dtype for given in spec.graph.inputs}
    for start in range(0, count, size):
        rows = np.arange(start, min(start + size, count))
        taken = {name: columns[source].take(rows) for name, source in sources.items()}
        features = {
            name: as_input(as_given(values, columns[sources[name]].spec.dtype), dtypes[name], sources[name], start)
            for name, values in taken.items()
        }
        refuse_no_row(look_ups(spec), features, start)
        yield shown[start : start + size], features


def as_input(values: np.ndarray, dtype: str, feature: str, first: int) -> np.ndarray:
    """A batch as an input takes it.

    Args:
        first: how many examples were before this batch.

    Raises:
        DataError: a value that is not finite, a fraction where the network takes whole numbers, or a number other than
            0 and 1 where it takes booleans; with its example.
    """
    if values.dtype.kind not in "iufb":
        if dtype != "string":
            what = "texts" if values.dtype.kind in "US" else "objects"
            raise DataError(f"example {first + 1}: {feature!r} holds {what}, and the network takes numbers")
        return values
    whole, why = np.isfinite(values), "which is no finite number"
    if dtype.startswith(("int", "uint")) and whole.all():
        limits = np.iinfo(dtype)
        whole, why = values == np.trunc(values), "the network takes whole numbers"
        if whole.all():
            whole, why = (values >= limits.min) & (values <= limits.max), f"which is no {dtype}"
    elif dtype.startswith(("float", "bfloat")) and whole.all():
        whole, why = np.abs(values.astype(np.float64)) <= FLOAT32, "which is more than float32 can hold"
    elif dtype == "bool" and whole.all():
        whole, why = (values == 0) | (values == 1), "the network takes true and false, 1 and 0"
    if not whole.all():
        number = first + 1 + int(np.argwhere(~whole)[0][0])
        raise DataError(f"example {number}: {feature!r} holds {values[~whole][0]}, {why}")
    keeps = values.dtype.kind != "b" and dtype.startswith(("float", "bfloat"))
    return values if keeps else values.astype(dtype)


def over_classes(spec: Spec, output: str) -> bool:
    """Whether the loss of an output compares a value for each class."""
    return form_of_targets(spec, output) in ("numbers", "each class")


def form_of_targets(spec: Spec, output: str) -> str | None:
    """What the loss of an output takes: ``numbers`` of classes, ``each class``, ``values``, ...; None: nobody knows."""
    loss = setting(spec, "loss", output)
    kind = loss.kind if isinstance(loss, KindValue) else kind_of("loss", loss) if isinstance(loss, str) else None
    return LOSSES[kind].form if kind in LOSSES else None


class Decoder:
    """One output of the model as an answer.

    Args:
        by_ctc: whether it gives sequences of labels.
        by_class: whether its last axis has a value for each class, whatever the task.
        target: the name of what it was trained on.
        yes_no: whether its one unit says yes or no of each place.
        numbered: whether it was trained on the numbers of classes, which have no names beside them.
        is_probability: whether its values are probabilities; scores become some.
    """

    def __init__(
        self,
        task: str,
        encoder: Encoder,
        model: Any,
        output: str,
        by_ctc: bool = False,
        by_class: bool = False,
        target: str | None = None,
        yes_no: bool = False,
        numbered: bool = False,
        is_probability: bool = True,
    ) -> None:
        self.numbered = numbered
        self.about = encoder.assets.target(target)
        self.classes = encoder.assets.classes_of(target)
        self.by_ctc, self.by_class, self.yes_no = by_ctc, by_class, yes_no
        self.task, self.assets, self.source = task, encoder.assets, encoder.source
        self.is_probability = is_probability
        self.units = int(output_tensor(model, output).shape[-1] or 0)
        self.is_binary = self.units == 1

    def __call__(self, given: Any, values: np.ndarray, scaling: Mapping[str, Any] | None = None) -> Prediction:
        """
        Args:
            given: the example. scaling: of its group, in place of that of all.
        """
        values = np.asarray(values, np.float64)
        if self.by_ctc:
            return spelled(greedy(values[None])[0], self.assets.classes)
        if self.about and not self.by_class:
            return self._by_target(values)
        if self.task == "classification" and self.classes:
            return self._label(values)
        if self.task == "tagging" and self.assets.classes:
            labels = values.argmax(-1).tolist()
            located = self.source.located(given)
            if located is not None:
                return tagged(*located, self.assets.classes, labels)
            tokens = list(given)
            return {"tokens": tokens, "tags": [name_of(self.assets.classes, label) for label in labels[: len(tokens)]]}
        if self.yes_no and values.ndim > 1:
            chances = values[..., 0] if self.is_probability else 1 / (1 + np.exp(-values[..., 0]))
            return {**self._map(values), "probabilities": chances.tolist()}
        if self.by_class and values.ndim > 1:
            return self._map(values)
        if self.by_class and (self.classes or (self.numbered and self.units > 1)):
            return self._label(values)
        scaling = self.assets.scaling if scaling is None else scaling
        if scaling and scaling.get("targets"):
            values = original_units(values, scaling)
        return {"values": values.tolist()}

    def _by_target(self, values: np.ndarray) -> Prediction:
        """As the target of a table is written, by its type."""
        kind, entries = self.about["type"], self.about.get("entries", {})
        if kind == "category" and values.ndim == 1:
            return self._label(values)
        if kind == "labels" and values.ndim == 1 and len(values) == len(self.about["classes"]):
            chances = values if self.is_probability else 1 / (1 + np.exp(-values))
            named = dict(zip(self.about["classes"], chances.tolist(), strict=True))
            return {"labels": [name for name, chance in named.items() if chance > 0.5], "probabilities": named}
        if kind == "mask" and values.ndim > 1 and values.shape[-1] in (1, len(self.about["classes"])):
            return self._map(values)
        if kind == "numbers" and not any("values" in entry for entry in entries.values()):
            return {"values": original_units(values, {"targets": entries}).tolist()}
        return {"values": values.tolist()}

    def _map(self, values: np.ndarray) -> Prediction:
        if self.is_binary:
            found = (values[..., 0] > (0.5 if self.is_probability else 0)).astype(np.int64)
        else:
            found = values.argmax(-1)
        counts = np.bincount(found.ravel(), minlength=2 if self.is_binary else values.shape[-1])
        names = names_of(self.classes or list(map(str, range(len(counts)))), len(counts))
        return {"map": found.tolist(), "shares": dict(zip(names, (counts / found.size).tolist(), strict=True))}

    def _label(self, values: np.ndarray) -> Prediction:
        chances = self.chances(values)
        names = names_of(self.classes or list(map(str, range(len(chances)))), len(chances))
        best = int(chances.argmax())
        named = dict(zip(names, chances.tolist(), strict=True))
        return {"label": names[best], "probability": float(chances[best]), "probabilities": named}

    def chances(self, values: np.ndarray) -> np.ndarray:
        """A probability for each class."""
        return class_chances(values, self.is_probability)


def class_chances(values: np.ndarray, is_probability: bool) -> np.ndarray:
    """A probability for each class, of the values that a network gives one example.

    Args:
        values: float64, one for each class, or of two classes one for the second alone.
        is_probability: whether they went through a softmax or a sigmoid already.
    """
    if values.shape == (1,):
        yes = values[0] if is_probability else 1 / (1 + np.exp(-values[0]))
        return np.array([1 - yes, yes])
    if is_probability:
        return values
    powers = np.exp(values - values.max())
    chances: np.ndarray = powers / powers.sum()
    return chances


def tagged(text: str, places: list[tuple[int, int]], classes: Sequence[str], labels: Sequence[int]) -> Prediction:
    """A sentence with its tags.

    Args:
        places: where each token starts and ends in the text, in characters.
        labels: a class number for each token that the network read, and perhaps more, of padding.

    Returns:
        ``tokens``, ``tags`` and ``offsets``, the places of the tokens. Where the tags mark entities ``entities``, each
        with ``type``, ``text``, ``start`` and ``end``. Where the source's limit cut the sentence ``cut``, tokens left
        out.
    """
    kept = places[: len(labels)]
    found = [name_of(classes, label) for label in labels[: len(kept)]]
    answer: Prediction = {
        "tokens": [text[start:end] for start, end in kept],
        "tags": found,
        "offsets": [list(place) for place in kept],
    }
    if tags.detect(classes):
        spans = [(entity.type, kept[entity.start][0], kept[entity.end - 1][1]) for entity in tags.spans(found)]
        answer["entities"] = [
            {"type": kind, "text": text[start:end], "start": start, "end": end} for kind, start, end in spans
        ]
    return answer if kept == places else {**answer, "cut": len(places) - len(kept)}


def _shown(given: Any) -> Any:
    """The input as a prediction repeats it: text and rows as they are, arrays by their shape."""
    if isinstance(given, np.ndarray):
        return f"array of shape {list(given.shape)}"
    return given if isinstance(given, str | int | float | Mapping | list) else str(given)
