"""The main metric of a task, computed in NumPy from any function that runs the network: Keras's or an artifact's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from nnspec.data import tags
from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.training.compile import PROBABILITIES, last_activation, output_tensor
from nnspec.training.decoding import take_again
from nnspec.training.feed import Feed
from nnspec.training.run_folder import RunFolder
from nnspec.training.trained import Trained

Batch = dict[str, np.ndarray]
Run = Callable[[Batch], Batch]  # features by input name to outputs by output name


@dataclass(frozen=True)
class Metric:
    """A task's metric on one part of the data: its name, whether ``max`` or ``min`` is better, and how to measure."""

    name: str
    goal: Literal["max", "min"]
    measure: Callable[[Run], float]

    def __call__(self, run: Run) -> float:
        return self.measure(run)


@dataclass(frozen=True)
class Example:
    """The outcome of a batch: outputs, targets, and which tokens are real (None where nothing is padded)."""

    output: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None


def model_metric(trained: Trained, split: Split, batch_size: int = 32) -> Metric:
    """The metric that a task is judged by.

    Classification, and any target of whole numbers with a distribution for each: accuracy. Tagging: F1 of whole
    entities, where the tags mark entities, else accuracy over real tokens. Regression and forecasts: mean absolute
    error, in scaled units. Several outputs: that of the first.
    """
    dataset = trained.dataset
    if dataset.task == "tagging" and dataset.classes and tags.detect(dataset.classes):
        classes = dataset.classes
        return Metric(
            "f1", "max", lambda run: entity_scores(classes, outcomes(trained, split, batch_size, run)).overall.f1
        )
    if dataset.task in ("classification", "tagging") or _is_labelled(trained, split):
        threshold = 0.5 if last_activation(trained.model, first_output(trained)) in PROBABILITIES else 0.0
        return Metric("accuracy", "max", lambda run: accuracy(outcomes(trained, split, batch_size, run), threshold))
    return Metric("mae", "min", lambda run: mean_absolute_error(outcomes(trained, split, batch_size, run)))


def _is_labelled(trained: Trained, split: Split) -> bool:
    """Whether the target holds class numbers, and the output has one axis more: a value for each class."""
    output, column = next(iter(trained.binding.outputs.items()))
    target = split.targets[column]
    axes = len(output_tensor(trained.model, output).shape) - 1  # without the batch
    return target.dtype.startswith(("int", "uint")) and axes == len(target.shape) + 1


def first_output(trained: Trained) -> str:
    return next(iter(trained.binding.outputs))


def outcomes(trained: Trained, split: Split, batch_size: int, run: Run) -> Iterator[Example]:
    """What ``run`` makes of each batch of a part, in file order."""
    output, target = next(iter(trained.binding.outputs.items()))
    for features, targets, *weights in split.batches(batch_size).as_numpy_iterator():
        given = {name: features[source] for name, source in trained.binding.inputs.items()}
        found = run(given)
        values = found[output] if output in found else next(iter(found.values()))
        yield Example(values, targets[target], weights[0][target] > 0 if weights else None)


def labels(values: np.ndarray, target: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Class numbers: the largest of the last axis; of a single unit, whether it is above the threshold."""
    if values.shape[-1] == 1:
        return (values[..., 0] > threshold).astype(np.int64)
    found: np.ndarray = values.argmax(-1)
    return found


def accuracy(examples: Iterator[Example], threshold: float = 0.5) -> float:
    """The share of right labels, of real tokens where there is padding."""
    right = total = 0
    for example in examples:
        found = labels(example.output, example.target, threshold)
        wanted = example.target if example.target.ndim == found.ndim else example.target.argmax(-1)
        kept = np.ones(found.shape, bool) if example.mask is None else example.mask
        right += int(((found == wanted.reshape(found.shape)) & kept).sum())
        total += int(kept.sum())
    return right / total if total else 0.0


def mean_absolute_error(examples: Iterator[Example]) -> float:
    error, total = 0.0, 0
    for example in examples:
        difference = example.output.reshape(example.target.shape).astype(np.float64) - example.target
        error += float(np.abs(difference).sum())
        total += example.target.size
    return error / total if total else 0.0


def entity_scores(classes: tuple[str, ...], examples: Iterator[Example]) -> tags.EntityScores:
    """Precision, recall and F1 of whole entities over the real tokens of each sentence."""
    true: list[list[str]] = []
    predicted: list[list[str]] = []
    for example in examples:
        found = labels(example.output, example.target)
        wanted = example.target if example.target.ndim == found.ndim else example.target.argmax(-1)
        lengths = example.mask.sum(-1) if example.mask is not None else [found.shape[1]] * len(found)
        for row, length in enumerate(lengths):
            true.append([classes[label] for label in wanted[row, : int(length)]])
            predicted.append([classes[label] for label in found[row, : int(length)]])
    return tags.entity_scores(true, predicted)


def entity_scorer(model: Any, dataset: Dataset, feed: Feed) -> Callable[[], dict[str, float]] | None:
    """``entity_f1``, ``entity_precision``, ``entity_recall`` of the validation part, as the weights stand when called.

    None where nothing is held back or the tags mark no entities.
    """
    classes, split = dataset.classes, feed.held_back
    if split is None or dataset.task != "tagging" or not classes or not tags.detect(classes):
        return None
    trained = Trained(RunFolder(Path()), model, dataset, feed.binding)
    run: Run | None = None

    def scores() -> dict[str, float]:
        nonlocal run
        run = run or keras_run(trained.deciding)
        take_again(trained.deciding, classes)
        found = entity_scores(classes, outcomes(trained, split, feed.batch_size, run)).overall
        return {"entity_f1": found.f1, "entity_precision": found.precision, "entity_recall": found.recall}

    return scores


def keras_run(model: Any) -> Run:
    """A Keras model as a function of NumPy batches, both sides by name."""

    # One trace serves all lengths; Keras's predict makes one for each, and complains.
    call = tf.function(lambda given: model(given, training=False), reduce_retracing=True)

    def run(features: Batch) -> Batch:
        given = {name: tf.convert_to_tensor(value) for name, value in features.items()}
        found = call(given if isinstance(model.input, dict) else next(iter(given.values())))
        named = found if isinstance(found, dict) else {"output": found}
        return {name: np.asarray(value) for name, value in named.items()}

    return run
