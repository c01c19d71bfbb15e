"""New examples through a trained run: from files, text, rows or arrays to labels, tags and numbers in real units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import keras_run
from nnspec.data import tags
from nnspec.data.conll import Conll
from nnspec.data.dataset import Encoder, open_encoder
from nnspec.data.scaling import original_units
from nnspec.frontend.spec import Spec, keras_name
from nnspec.needs import require
from nnspec.training.compile import PROBABILITIES, last_activation, output_tensor
from nnspec.training.decoding import decoded
from nnspec.training.errors import TrainingError
from nnspec.training.run_folder import RunFolder, latest_run
from nnspec.training.trained import load_model

Prediction = dict[str, Any]


def predict(spec: Spec, run: Path | None, inputs: Sequence[Any]) -> list[Prediction]:
    """What a run's best model makes of new examples.

    Args:
        run: the run folder; None is the newest of this spec.
        inputs: whatever the spec's data source takes: paths of images, sentences, rows as mappings, arrays, files.

    Returns:
        For each example ``input`` and, by task: ``label``, ``probability`` and ``probabilities``; ``tokens`` and
        ``tags`` with their places, see ``tagged``; ``values`` in the units of the data. With several outputs, a mapping
        of these by output.

    Raises:
        TrainingError, DataError, SpecError: no run, or inputs that cannot be read.
    """
    require(spec, "predict", "data")
    folder = latest_run(spec.name, run)
    encoder = open_encoder(spec.data or {}, spec.path.parent, folder.assets)
    return answers(spec, folder, encoder, load_model(spec, folder.path), inputs)


def answers(spec: Spec, folder: RunFolder, encoder: Encoder, model: Any, inputs: Sequence[Any]) -> list[Prediction]:
    """As `predict`, of a run that is open."""
    task = str(folder.read_record().get("task", "unknown"))
    model = decoded(model, encoder.assets.classes)
    run = keras_run(model)
    names = [keras_name(output.name) for output in spec.graph.outputs]
    decoders = [Decoder(task, encoder, model, name) for name in names]
    predictions: list[Prediction] = []
    for shown, features in batches(spec, encoder, inputs, int((spec.data or {}).get("batch_size", 32))):
        found = run(features)
        outputs = [found[name] if name in found else next(iter(found.values())) for name in names]
        for row, given in enumerate(shown):
            named = {
                name: decoder(given, values[row])
                for name, decoder, values in zip(names, decoders, outputs, strict=True)
            }
            answer = next(iter(named.values())) if len(named) == 1 else named
            predictions.append({"input": _shown(given), **answer})
    return predictions


def batches(
    spec: Spec, encoder: Encoder, inputs: Sequence[Any], size: int
) -> Iterator[tuple[list[Any], dict[str, np.ndarray]]]:
    """The examples in the order given, a batch at a time: what the user wrote, and features by model input."""
    columns = encoder.encode(inputs)
    names = [given.name for given in spec.graph.inputs]
    sources = names if len(names) > 1 else list(columns)
    missing = [name for name in sources if name not in columns]
    if missing:
        raise TrainingError(f"the inputs have no feature `{missing[0]}`: there are {', '.join(columns)}")
    count = len(columns[sources[0]])
    shown = list(inputs) if len(inputs) == count else [f"example {number + 1}" for number in range(count)]
    for start in range(0, count, size):
        rows = np.arange(start, min(start + size, count))
        features = {
            keras_name(name): columns[source].take(rows).astype(columns[source].spec.dtype)
            for name, source in zip(names, sources, strict=False)
        }
        yield shown[start : start + size], features


class Decoder:
    """One output of the model as an answer."""

    def __init__(self, task: str, encoder: Encoder, model: Any, output: str) -> None:
        self.task, self.assets, self.source = task, encoder.assets, encoder.source
        self.is_probability = last_activation(model, output) in PROBABILITIES
        self.is_binary = output_tensor(model, output).shape[-1] == 1

    def __call__(self, given: Any, values: np.ndarray) -> Prediction:
        values = np.asarray(values, np.float64)
        if self.task == "classification" and self.assets.classes:
            return self._label(values)
        if self.task == "tagging" and self.assets.classes:
            labels = values.argmax(-1).tolist()
            if isinstance(self.source, Conll):
                return tagged(self.source, given, self.assets.classes, labels)
            tokens = list(given)
            return {"tokens": tokens, "tags": [self.assets.classes[label] for label in labels[: len(tokens)]]}
        if self.assets.scaling and self.assets.scaling.get("targets"):
            values = original_units(values, self.assets.scaling)
        return {"values": values.tolist()}

    def _label(self, values: np.ndarray) -> Prediction:
        chances = self.chances(values)
        classes = self.assets.classes or ()
        best = int(chances.argmax())
        named = dict(zip(classes, chances.tolist(), strict=False))
        return {"label": classes[best], "probability": float(chances[best]), "probabilities": named}

    def chances(self, values: np.ndarray) -> np.ndarray:
        """A probability for each class."""
        if self.is_binary:
            yes = values[0] if self.is_probability else 1 / (1 + np.exp(-values[0]))
            return np.array([1 - yes, yes])
        if self.is_probability:
            return values
        powers = np.exp(values - values.max())
        chances: np.ndarray = powers / powers.sum()
        return chances


def tagged(source: Conll, given: str | Sequence[str], classes: Sequence[str], labels: Sequence[int]) -> Prediction:
    """A sentence with its tags.

    Args:
        given: a text, or its tokens.
        labels: a class number for each token that the network read, and perhaps more, of padding.

    Returns:
        ``tokens``, ``tags`` and ``offsets``, where each token starts and ends in the text, in characters; tokens that
        were given count as a text with spaces between them. Where the tags mark entities ``entities``, each with
        ``type``, ``text``, ``start`` and ``end``. Where the source's limit cut the sentence ``cut``, tokens left out.
    """
    text, places = source.located(given)
    kept = places[: len(labels)]
    found = [classes[label] for label in labels[: len(kept)]]
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
