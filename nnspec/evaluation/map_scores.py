"""How well outputs that give a class for each place, a pixel above all, cover what they should: IoU and Dice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnspec.backend.signature import keras_run
from nnspec.data.pipeline import Split
from nnspec.evaluation.open_run import Trained
from nnspec.evaluation.results.masks import Masks
from nnspec.training.compile import output_tensor
from nnspec.training.map_scoring import is_map
from nnspec.training.scoring import all_outcomes, threshold


def map_scores(trained: Trained, split: Split, batch_size: int) -> tuple[dict[str, float], dict[str, Any]]:
    """
    Returns:
        Metrics, ``mean_iou`` and ``mean_dice`` over the classes that occur; and by output, by class ``iou``, ``dice``
        and ``support``, how many places have it. With several outputs the metrics begin with the output's name. Places
        whose target is no class do not count.
    """
    sheets = dict(sheets_of(trained, split))
    if not sheets:
        return {}, {}
    for found in all_outcomes(trained.binding, split, batch_size, keras_run(trained.model), trained.masks):
        for output, sheet in sheets.items():
            sheet.add(found[output])
    metrics: dict[str, float] = {}
    by_class: dict[str, Any] = {}
    for output, sheet in sheets.items():
        rows = [row for row in sheet.scores() if row["iou"] is not None]
        prefix = "" if len(trained.binding.outputs) == 1 else f"{output}_"
        metrics[f"{prefix}mean_iou"] = sum(row["iou"] for row in rows) / max(1, len(rows))
        metrics[f"{prefix}mean_dice"] = sum(row["f1"] for row in rows) / max(1, len(rows))
        by_class[output] = {
            row["label"]: {"iou": row["iou"], "dice": row["f1"], "support": row["support"]} for row in rows
        }
    return metrics, by_class


def sheets_of(trained: Trained, split: Split) -> Iterator[tuple[str, Masks]]:
    """The outputs whose target is a class for each place of height and width, or of more axes."""
    for output, column in trained.binding.outputs.items():
        if not is_map(trained, split, output):
            continue
        width = max(2, output_tensor(trained.model, output).shape[-1] or 0)
        known = trained.dataset.assets.classes_of(column) or ()
        names = known if len(known) == width else tuple(map(str, range(width)))
        yield output, Masks(names, split, threshold(trained, output))
