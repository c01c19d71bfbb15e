"""The main metric of a task, computed in NumPy from any function that runs the network: Keras's or an artifact's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnspec.backend.signature import Run, keras_run, output_of
from nnspec.data.dataset import Dataset
from nnspec.data.names import name_of
from nnspec.data.pipeline import Split
from nnspec.data.text import tags
from nnspec.runs.binding import Binding
from nnspec.training.batches import Feed
from nnspec.training.compile import output_tensor
from nnspec.training.decoding import decoded, take_again
from nnspec.training.map_scoring import Overlap, is_map
from nnspec.training.sequences import greedy, label_error_rate, without_padding

if TYPE_CHECKING:
    from nnspec.evaluation.open_run import Trained


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
    """The outcome of a batch: outputs, targets, and which places count (None: all), no padding and no ignored class."""

    output: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None


def output_metrics(trained: Trained, split: Split, batch_size: int = 32) -> dict[str, Metric]:
    """The metric of each output by its name, the one that the task is judged by first."""
    first, *others = trained.binding.outputs
    found = {first: model_metric(trained, split, batch_size)}
    return found | {name: _metric_of(trained, split, batch_size, name) for name in others}


def model_metric(trained: Trained, split: Split, batch_size: int = 32) -> Metric:
    """The metric that a task is judged by.

    Classification, and any target of whole numbers with a distribution for each: accuracy. Tagging: F1 of whole
    entities, where the tags mark entities, else accuracy over real tokens. A class for each pixel: the mean
    intersection over union, of pixels that are a class. CTC: the label error rate. Regression and forecasts: mean
    absolute error, in scaled units. Several outputs: that of the first.
    """

    dataset, first = trained.dataset, next(iter(trained.binding.outputs))

    def seen(run: Run) -> Iterator[Example]:
        return outcomes(trained.binding, split, batch_size, run, masks=trained.masks)

    if dataset.task == "tagging" and dataset.classes and tags.detect(dataset.classes):
        classes = dataset.classes
        return Metric(
            "f1",
            "max",
            lambda run: tags_of(classes, seen(run)).entity_scores().overall.f1,
        )
    return _metric_of(trained, split, batch_size, first, dataset.task in ("classification", "tagging"))


def _metric_of(trained: Trained, split: Split, batch_size: int, output: str, classes: bool = False) -> Metric:
    """The metric of one output. ``classes``: it is known to tell classes, whatever its target looks like."""

    def seen(run: Run) -> Iterator[Example]:
        return outcomes(trained.binding, split, batch_size, run, output, trained.masks)

    if output in trained.by_ctc:
        return Metric("label_error_rate", "min", lambda run: sequence_errors(seen(run)))
    if is_map(trained, split, output):
        return Metric("mean_iou", "max", lambda run: mean_iou(seen(run), threshold(trained, output)))
    if classes or is_labelled(trained, split, output):
        return Metric("accuracy", "max", lambda run: accuracy(seen(run), threshold(trained, output)))
    return Metric("mae", "min", lambda run: mean_absolute_error(seen(run)))


def is_labelled(trained: Trained, split: Split, output: str) -> bool:
    """Whether the output's target holds class numbers, and the output has one axis more: a value for each class."""
    target = split.targets[trained.binding.outputs[output]]
    axes = len(output_tensor(trained.model, output).shape) - 1  # without the batch
    return target.dtype.startswith(("int", "uint")) and axes == len(target.shape) + 1


def threshold(trained: Trained, output: str) -> float:
    """Above which a single unit says yes: of a probability 0.5, of a score 0."""
    return 0.5 if output in trained.by_probability else 0.0


def outcomes(
    binding: Binding, split: Split, batch_size: int, run: Run, output: str | None = None, masks: Run | None = None
) -> Iterator[Example]:
    """What ``run`` makes of each batch of a part, in file order. ``output``: by default the first one."""
    name = output or next(iter(binding.outputs))
    return (found[name] for found in all_outcomes(binding, split, batch_size, run, masks))


def all_outcomes(
    binding: Binding, split: Split, batch_size: int, run: Run, masks: Run | None = None
) -> Iterator[dict[str, Example]]:
    """As `outcomes`, of every output by name; the network runs once for each batch.

    Args:
        masks: those that outputs carry in Keras, by `masks_run`: its losses and metrics leave these steps out.
    """
    padded = split.table.padded is not None
    for features, targets, *weights in split.batches(batch_size).as_numpy_iterator():
        given = {name: features[source] for name, source in binding.inputs.items()}
        found, kept = run(given), {} if masks is None else masks(given)
        examples = {}
        for output, target in binding.outputs.items():
            values = output_of(found, output)
            mask = _over_places(
                kept.get(output) if len(binding.outputs) > 1 else next(iter(kept.values()), None), values
            )
            real = weights[0][target] > 0 if padded else None
            both = real & mask if real is not None and mask is not None and real.shape == mask.shape else None
            counted = both if both is not None else mask if real is None else real
            ignored = binding.ignored.get(output, -1)  # what is no class of the output counts nowhere
            if 0 <= ignored < values.shape[-1] and targets[target].ndim == values.ndim - 1:
                others = targets[target] != ignored
                counted = others if counted is None else others & counted
            examples[output] = Example(values, targets[target], counted)
        yield examples


def _over_places(mask: np.ndarray | None, values: np.ndarray) -> np.ndarray | None:
    """A mask, [batch, steps], over all places of an output, whose last axis is of classes or units."""
    if mask is None or mask.ndim >= values.ndim:
        return None
    wide = mask.reshape(mask.shape + (1,) * (values.ndim - 1 - mask.ndim))
    return np.broadcast_to(wide, values.shape[:-1])


def labels(values: np.ndarray, limit: float = 0.5) -> np.ndarray:
    """Class numbers: the largest of the last axis; of a single unit, whether it is above the limit."""
    if values.shape[-1] == 1:
        return (values[..., 0] > limit).astype(np.int64)
    found: np.ndarray = values.argmax(-1)
    return found


def accuracy(examples: Iterator[Example], limit: float = 0.5) -> float:
    """The share of right labels, of real tokens where there is padding; a target that is no class does not count."""
    right = total = 0
    for example in examples:
        found = labels(example.output, limit)
        wanted = example.target if example.target.ndim == found.ndim else example.target.argmax(-1)
        wanted = wanted.reshape(found.shape)
        kept = np.ones(found.shape, bool) if example.mask is None else example.mask
        kept = kept & (wanted >= 0) & (wanted < max(2, example.output.shape[-1]))
        right += int(((found == wanted) & kept).sum())
        total += int(kept.sum())
    return right / total if total else 0.0


def mean_iou(examples: Iterator[Example], limit: float) -> float:
    """The mean intersection over union of the classes that occur, over all places whose target is a class."""
    overlap: Overlap | None = None
    for example in examples:
        overlap = overlap or Overlap(max(2, example.output.shape[-1]))
        overlap.add(labels(example.output, limit), example.target, example.mask)
    return overlap.mean() if overlap else 0.0


def mean_absolute_error(examples: Iterator[Example]) -> float:
    error, total = 0.0, 0
    for example in examples:
        difference = example.output.reshape(example.target.shape).astype(np.float64) - example.target
        if example.mask is not None:
            difference = difference[example.mask]
        error += float(np.abs(difference).sum())
        total += difference.size
    return error / total if total else 0.0


@dataclass
class Tags:
    """The tags of sentences, true and predicted, without padding."""

    classes: Sequence[str]
    true: list[list[str]] = field(default_factory=list)
    predicted: list[list[str]] = field(default_factory=list)

    def add(self, example: Example) -> None:
        found = labels(example.output)
        wanted = example.target if example.target.ndim == found.ndim else example.target.argmax(-1)
        kept = np.ones(found.shape, bool) if example.mask is None else example.mask
        for true, predicted, real in zip(wanted, found, kept, strict=True):
            self.true.append([name_of(self.classes, label) for label in true[real]])
            self.predicted.append([name_of(self.classes, label) for label in predicted[real]])

    def wrong(self) -> list[int]:
        """How many tokens of each sentence have another tag."""
        pairs = zip(self.true, self.predicted, strict=True)
        return [sum(a != b for a, b in zip(true, found, strict=True)) for true, found in pairs]

    def accuracy(self) -> float:
        """The share of tokens whose tag is right."""
        return 1 - sum(self.wrong()) / max(1, sum(map(len, self.true)))

    def entity_scores(self) -> tags.EntityScores:
        """Precision, recall and F1 of whole entities."""
        return tags.entity_scores(self.true, self.predicted)


def tags_of(classes: Sequence[str], examples: Iterator[Example]) -> Tags:
    found = Tags(classes)
    for example in examples:
        found.add(example)
    return found


def sequence_errors(examples: Iterator[Example]) -> float:
    """The label error rate of outputs that are trained by CTC."""
    pairs = ((without_padding(example.target), greedy(example.output)) for example in examples)
    return label_error_rate(pair for true, found in pairs for pair in zip(true, found, strict=True))


def sequence_scorer(model: Any, by_ctc: Collection[str], feed: Feed) -> Callable[[], dict[str, float]] | None:
    """``label_error_rate`` of the validation part, as the weights stand when called; with several outputs by output.

    None where nothing is held back or no output is trained by CTC.
    """
    split = feed.held_back
    if split is None or not by_ctc:
        return None
    run = keras_run(model)
    alone = len(feed.binding.outputs) == 1

    def scores() -> dict[str, float]:
        return {
            "label_error_rate" if alone else f"{name}_label_error_rate": sequence_errors(
                outcomes(feed.binding, split, feed.batch_size, run, name)
            )
            for name in sorted(by_ctc)
        }

    return scores


def entity_scorer(model: Any, dataset: Dataset, feed: Feed) -> Callable[[], dict[str, float]] | None:
    """``entity_f1``, ``entity_precision``, ``entity_recall`` of the validation part, as the weights stand when called.

    None where nothing is held back or the tags mark no entities.
    """
    classes, split = dataset.classes, feed.held_back
    if split is None or dataset.task != "tagging" or not classes or not tags.detect(classes):
        return None
    deciding = decoded(model, classes)
    run = keras_run(deciding)

    def scores() -> dict[str, float]:
        take_again(deciding, classes)
        found = tags_of(classes, outcomes(feed.binding, split, feed.batch_size, run)).entity_scores().overall
        return {"entity_f1": found.f1, "entity_precision": found.precision, "entity_recall": found.recall}

    return scores
