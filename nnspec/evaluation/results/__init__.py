"""What a trained run does on data that it never saw, beyond one number: `results.json` in the run folder.

Which classes are confused, which examples are mistaken and how they look, where entities begin or end wrongly, how
predicted numbers follow the true ones. The run's page shows it; nothing here is needed to resume a run.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import keras_run
from nnspec.console.atomic_files import write_text
from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.data.report import report_of, warning_text
from nnspec.data.text import tags
from nnspec.evaluation.open_run import Trained, load_model, part, with_probabilities
from nnspec.evaluation.results.first_batch import first_batch
from nnspec.evaluation.results.images import Images
from nnspec.evaluation.results.labels import Labels
from nnspec.evaluation.results.masks import Masks
from nnspec.evaluation.results.numbers import Numbers
from nnspec.evaluation.results.sequences import Sequences
from nnspec.evaluation.results.several import SeveralLabels
from nnspec.evaluation.results.tagging import Tagging
from nnspec.frontend.agreement.single_examples import said_of_examples
from nnspec.frontend.spec import Spec
from nnspec.runs.binding import Binding
from nnspec.runs.run_folder import RunFolder
from nnspec.runs.seals import seal
from nnspec.training.compile import output_tensor
from nnspec.training.scoring import Example, all_outcomes, threshold
from nnspec.training.sequences import ctc_names

Sheet = Labels | SeveralLabels | Tagging | Masks | Images | Numbers | Sequences
FILE, DATA = "results.json", "data.json"
EXAMPLES = ("confident", "worst", "right", "mistakes", "examples")  # parts of results that show single ones
AT_ONCE = 2000  # examples that a run is judged on when its training ends; `evaluate` takes all


def look_back(spec: Spec, run: Path, dataset: Dataset, binding: Binding) -> None:
    """After a training: what its best model does on data held back, and what the data are, into the run folder."""
    model = load_model(spec, run)
    chances = with_probabilities(spec, model, binding)
    trained = Trained(RunFolder(run), model, dataset, binding, ctc_names(spec), chances)
    report = report_of(trained.dataset, said_of_examples(spec, trained.dataset))
    shown = {"splits": report["splits"], "warnings": [warning_text(one) for one in report["warnings"]]}
    shown["first_batch"] = first_batch(dataset, spec.required_data.batch_size)
    write_text(trained.folder.path / DATA, json.dumps(shown) + "\n")
    seal(trained.folder, DATA)
    if len(trained.dataset.splits) > 1:
        save(trained.folder, judge(spec, trained, limit=AT_ONCE))


def judge(spec: Spec, trained: Trained, split: str | None = None, limit: int | None = None) -> dict[str, Any]:
    """The results of a run's best model on a part of its data, as plain values fit for JSON.

    Args:
        split: ``train``, ``validation`` or ``test``; by default ``test``, or else ``validation``.
        limit: so many examples at most, spread evenly over the part.

    Returns:
        ``part``, ``examples`` (of the part), ``judged`` (how many of them), and by what the output says ``labels``,
        ``several``, ``tagging``, ``masks``, ``images``, ``sequences`` or ``numbers``: see the classes of this
        package. With several outputs a network has these for each of them by name, in ``outputs``.

    Raises:
        SpecError: E0703, no part is held back, or there is none of that name.
    """
    name, examples = part(spec, trained.dataset, split)
    judged = spread(examples, limit)
    size = spec.required_data.batch_size
    sheets: dict[str, Sheet] = {}
    for found in all_outcomes(trained.binding, judged, size, keras_run(trained.deciding), trained.masks):
        for output, example in found.items():
            sheets.setdefault(output, _sheet(trained, name, judged, output, example)).add(example)
    results = {output: {sheet.name: sheet.summary()} for output, sheet in sheets.items()}
    whole = next(iter(results.values())) if len(results) == 1 else {"outputs": results}
    return {"part": name, "examples": examples.size, "judged": judged.size, **whole}


def spread(split: Split, limit: int | None) -> Split:
    """The part, or every so manieth example of it."""
    if limit is None or split.size <= limit:
        return split
    return replace(split, indices=split.indices[np.linspace(0, split.size - 1, limit).astype(np.int64)])


def save(folder: RunFolder, results: dict[str, Any]) -> None:
    write_text(folder.path / FILE, json.dumps(plain(results), ensure_ascii=False, allow_nan=False) + "\n")
    seal(folder, FILE)


def told(results: dict[str, Any]) -> dict[str, Any]:
    """The results without single examples and their pictures, for who reads JSON."""

    def of_examples(name: str, item: Any) -> bool:
        return name in EXAMPLES and isinstance(item, list)

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(item) for name, item in value.items() if not of_examples(name, item)}
        return value

    found: dict[str, Any] = plain(without(results))
    return found


def plain(value: Any) -> Any:
    """Values as JSON takes them: a number that is not finite is null."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _sheet(trained: Trained, part: str, split: Split, output: str, first: Example) -> Sheet:
    """What gathers the answers of an output: by its shape, and by what it is trained on.

    Args:
        first: the first batch.
    """
    dataset = trained.dataset
    column = trained.binding.outputs[output]
    if output in trained.by_ctc:
        return Sequences(dataset.classes, split)
    target, shape = split.targets[column], tuple(output_tensor(trained.model, output).shape[1:])
    if dataset.task == "tagging" and dataset.classes and len(shape) == 2:
        return Tagging(dataset.classes, split, entities=tags.detect(dataset.classes) is not None)
    known = dataset.assets.classes_of(column)
    if known and dataset.assets.target(column).get("type") == "labels" and shape == (len(known),):
        return SeveralLabels(known, split, trained, output)
    if dataset.task == "classification" and known and len(shape) == 1:
        return Labels(known, split, trained, output)
    width = classes_said(shape, first.target)
    if width is not None:
        classes = known if known and len(known) == width else None
        names = classes or tuple(map(str, range(width)))
        if len(shape) == 1:
            return Labels(names, split, trained, output)
        return Masks(names, split, threshold(trained, output))
    if len(target.shape) >= 3:
        return Images(split)
    examples = dataset.loaded.parts[part].examples
    return Numbers(dataset, column, examples.scalings(split.indices.tolist(), dataset.assets))


def classes_said(shape: tuple[int | None, ...], target: np.ndarray) -> int | None:
    """How many classes an output of this shape chooses from, if its target, a batch, holds class numbers."""
    if target.dtype.kind not in "iu" or not shape:
        return None
    axes = target.ndim - 1
    if shape[-1] == 1:
        return 2 if axes in (len(shape), len(shape) - 1) and target.min() >= 0 and target.max() <= 1 else None
    return shape[-1] if axes == len(shape) - 1 else None
