"""A trained run on a part of its data, with the loss and metrics of its training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.backend.signature import keras_run
from nnspec.console.progress import Reporter
from nnspec.data.text import tags
from nnspec.evaluation.backtest import backtest
from nnspec.evaluation.baselines import baselines, better
from nnspec.evaluation.map_scores import map_scores
from nnspec.evaluation.open_run import Trained, doubts_of_run, open_trained, part
from nnspec.evaluation.perplexity import perplexity
from nnspec.evaluation.results.tagging import entity_errors, most_confused
from nnspec.evaluation.sampling import AHEAD, sees_ahead
from nnspec.frontend.lints.network import loss_of
from nnspec.frontend.requirements import require
from nnspec.frontend.spec import Spec
from nnspec.runs.other_settings import read_otherwise
from nnspec.training.batches import bound
from nnspec.training.callbacks import finite
from nnspec.training.loop import test
from nnspec.training.precision import fix_operations
from nnspec.training.scoring import Tags, outcomes, sequence_errors, tags_of


def evaluate(
    spec: Spec, run: Path | None = None, split: str | None = None, reporter: Reporter | None = None
) -> dict[str, Any]:
    """Loss and metrics of a run's best model: the numbers that its training printed, for the same part.

    Tagging adds ``token_accuracy``, and where tags mark entities ``precision``, ``recall`` and ``f1`` of whole ones;
    ``entities``, the same by type; ``errors``, how many are right, have another type or boundary, are missed or
    invented; ``confused``, which types are taken for which. CTC adds
    ``label_error_rate``, running text ``perplexity``. Masks, and other targets
    of a class for each place, add ``mean_iou`` and ``mean_dice``, and ``maps``, these by output and class.

    Args:
        run: the run folder; by default the newest of this spec.
        split: ``train``, ``validation`` or ``test``; by default ``test``, or else ``validation``.

    Returns:
        ``run``, ``split``, ``examples`` (how many) and ``metrics``; for classes, numbers and series ``baselines``, what
        one gets without a network, and ``better_without``, which of them are no worse than this one; for series
        ``by_step`` and ``by_origin``, the errors by how far ahead and by when (see `nnspec.evaluation.backtest`).

        ``warnings``, where the run has not ended, or its data are read otherwise or shared out otherwise by now, a
        sentence each; ``doubt``, where a language model sees what it is to foretell.

    Raises:
        TrainingError, DataError, SpecError: no run, unusable data, no such part.
    """
    return measured(spec, run, split, reporter)[0]


def measured(
    spec: Spec, run: Path | None, split: str | None, reporter: Reporter | None
) -> tuple[dict[str, Any], Trained]:
    """As ``evaluate``, with the run that was opened for it."""
    require(spec, "evaluate", "data")
    fix_operations(spec.training.deterministic)
    trained = open_trained(spec, run, reporter)
    name, examples = part(spec, trained.dataset, split)
    doubt = other_data(spec, trained, name)
    if reporter is not None and doubt:
        reporter.say(f"warning: {doubt}")
    size = spec.required_data.batch_size
    metrics = test(trained.model, bound(examples.batches(size), trained.binding), examples.steps(size))
    result: dict[str, Any] = {"run": str(trained.folder.path), "split": name, "examples": examples.size}
    if warnings := [*doubts_of_run(spec, trained.folder), *([doubt] if doubt else [])]:
        result["warnings"] = warnings
    classes = trained.dataset.classes
    if trained.dataset.task == "tagging" and classes:
        found = tags_of(
            classes, outcomes(trained.binding, examples, size, keras_run(trained.deciding), masks=trained.masks)
        )
        metrics["token_accuracy"] = found.accuracy()
        if tags.detect(classes):
            more, by_entity = _entities(found)
            metrics |= more
            result |= by_entity
    for output in sorted(trained.by_ctc):
        key = "label_error_rate" if len(trained.binding.outputs) == 1 else f"{output}_label_error_rate"
        seen = outcomes(trained.binding, examples, size, keras_run(trained.model), output)
        metrics[key] = sequence_errors(seen)
    goes = trained.dataset.loaded.source.goes_on()
    if goes is not None and len(trained.binding.outputs) == len(trained.binding.inputs) == 1:
        metrics["perplexity"] = perplexity(trained, examples, size)
        (feature,), (output,), words = trained.binding.inputs, trained.binding.outputs, trained.dataset.vocabulary
        if not goes.last and sees_ahead(keras_run(trained.model), feature, output, goes.length, len(words or ())):
            result["doubt"] = AHEAD
    of_maps, by_class = map_scores(trained, examples, size)
    if by_class:
        metrics |= of_maps
        result["maps"] = by_class
    result["metrics"] = finite(metrics)
    if simple := baselines(trained.dataset, examples):
        result |= {"baselines": simple, "better_without": better(simple, _by_measure(spec, result["metrics"]))}
    if ahead := backtest(trained, name, examples, size):
        result |= ahead
    return result, trained


def other_data(spec: Spec, trained: Trained, name: str) -> str | None:
    """What is to be said where a part is a share of data that are not those of the training, or another share."""
    if not isinstance(spec.required_data.split.get(name), int | float):
        return None
    before, settings = trained.folder.read_record().get("data"), read_otherwise(spec, trained.folder, parts=True)
    if isinstance(before, dict) and before.get("sha256") != trained.dataset.fingerprint()["sha256"]:
        why = f"the data are not those that the run was trained on, and {name} is a share of them"
    elif settings is not None:
        why = f"{name} is another share of the data than in the training ({settings})"
    else:
        return None
    return f"{why}: it may have examples that the network learned from"


def _by_measure(spec: Spec, metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of one output by what they measure: a loss may be one of them."""
    if len(spec.graph.outputs) > 1:
        return {}
    loss, _ = loss_of(spec, spec.graph.outputs[0])
    named = {"MeanSquaredError": "mean_squared_error", "MeanAbsoluteError": "mean_absolute_error"}.get(loss or "")
    found = {name: value for name, value in metrics.items() if isinstance(value, float)}
    return {named: found["loss"], **found} if named and "loss" in found else found


def _entities(found: Tags) -> tuple[dict[str, float], dict[str, Any]]:
    """Scores of all entities together, and what is to be told of them by type."""
    scores = found.entity_scores()
    overall = scores.overall
    errors, confused = entity_errors(found.true, found.predicted)
    return {"precision": overall.precision, "recall": overall.recall, "f1": overall.f1}, {
        "entities": {kind: score.as_dict() for kind, score in scores.by_type.items()},
        "errors": errors,
        "confused": most_confused(confused),
    }
