"""Outputs of one unit for each place that say yes or no: their targets are masks of 0 and 1, and nothing between."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.catalog.comparisons import LOSSES, kind_of
from nnspec.data.dataset import Dataset
from nnspec.frontend.agreement.ends import setting
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.runs.binding import Binding
from nnspec.training.compile import last_activation, output_tensor

LOOKED_AT = 256  # examples: an image that is given back, not a mask, has a value between in its first ones


def outputs_of_yes_or_no(spec: Spec, model: Any, dataset: Dataset, binding: Binding) -> list[str]:
    """The names of these outputs, as far as some examples of the training part tell. For the run's record."""
    return [
        name
        for name, target in binding.outputs.items()
        if _is_unit_by_place(model, name) and _says_yes(spec, model, name) and _is_mask(dataset, target)
    ]


def _is_unit_by_place(model: Any, output: str) -> bool:
    shape = output_tensor(model, output).shape
    return len(shape) > 2 and shape[-1] == 1


def _says_yes(spec: Spec, model: Any, output: str) -> bool:
    loss = setting(spec, "loss", output)
    kind = loss.kind if isinstance(loss, KindValue) else kind_of("loss", loss) if isinstance(loss, str) else None
    return last_activation(model, output) == "sigmoid" or (kind in LOSSES and LOSSES[kind].yes_no)


def _is_mask(dataset: Dataset, target: str) -> bool:
    split = dataset.splits["train"]
    rows = split.indices[:: max(1, -(-split.size // LOOKED_AT))]
    values = split.table.targets[target].take(rows)
    return values.dtype.kind in "iufb" and bool(np.isin(values, (0, 1)).all())
