"""What a trained run does on data that it never saw, beyond one number: `results.json` in the run folder.

Which classes are confused, which examples are mistaken and how they look, where entities begin or end wrongly, how
predicted numbers follow the true ones. The run's page shows it; nothing here is needed to go on with a run.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import keras_run
from nnspec.data import tags
from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.data.report import report_of
from nnspec.frontend.spec import Spec
from nnspec.training.feed import Binding
from nnspec.training.results.labels import Labels
from nnspec.training.results.numbers import Numbers
from nnspec.training.results.tagging import Tagging
from nnspec.training.run_folder import RunFolder, write_text
from nnspec.training.scoring import first_output, outcomes
from nnspec.training.trained import Trained, load_model, part

FILE, DATA = "results.json", "data.json"
AT_ONCE = 2000  # examples that a run is judged on when its training ends; `evaluate` takes all


def look_back(spec: Spec, run: Path, dataset: Dataset, binding: Binding) -> None:
    """After a training: what its best model does on data held back, and what the data are, into the run folder."""
    trained = Trained(RunFolder(run), load_model(spec, run), dataset, binding)
    report = report_of(trained.dataset)
    write_text(trained.folder.path / DATA, json.dumps({name: report[name] for name in ("splits", "warnings")}) + "\n")
    if len(trained.dataset.splits) > 1:
        save(trained.folder, judge(spec, trained, limit=AT_ONCE))


def judge(spec: Spec, trained: Trained, split: str | None = None, limit: int | None = None) -> dict[str, Any]:
    """The results of a run's best model on a part of its data, as plain values fit for JSON.

    Args:
        split: ``train``, ``validation`` or ``test``; by default ``test``, or else ``validation``.
        limit: so many examples at most, spread evenly over the part.

    Returns:
        ``part``, ``examples`` (of the part), ``judged`` (how many of them), and by task ``labels``, ``tagging`` or
        ``numbers``: see the classes of this package.

    Raises:
        SpecError: E0703, no part is held back, or there is none of that name.
    """
    name, examples = part(spec, trained.dataset, split)
    judged = spread(examples, limit)
    size = int((spec.data or {}).get("batch_size", 32))
    found = _judge(trained, judged)
    for example in outcomes(trained.binding, judged, size, keras_run(trained.deciding)):
        found.add(example)
    return {"part": name, "examples": examples.size, "judged": judged.size, found.name: found.summary()}


def spread(split: Split, limit: int | None) -> Split:
    """The part, or every so manieth example of it."""
    if limit is None or split.size <= limit:
        return split
    return replace(split, indices=split.indices[np.linspace(0, split.size - 1, limit).astype(np.int64)])


def save(folder: RunFolder, results: dict[str, Any]) -> None:
    write_text(folder.path / FILE, json.dumps(results, ensure_ascii=False) + "\n")


def _judge(trained: Trained, split: Split) -> Labels | Tagging | Numbers:
    classes, task = trained.dataset.classes, trained.dataset.task
    if task == "tagging" and classes:
        return Tagging(classes, split, entities=tags.detect(classes) is not None)
    if task == "classification" and classes:
        return Labels(classes, split, trained, first_output(trained))
    return Numbers(trained)
