"""Backtesting with a new training at each origin: how a forecaster does that is trained again as time passes.

The test share of a series is cut into blocks of equal time. For each of them the network is trained again, with the
seed of the spec, on all that is before it, and judged on the block; what is after it belongs to no part. After Hyndman
and Athanasopoulos, Forecasting: Principles and Practice, section 5.10.

Each training is a run of its own below the run that is evaluated, `refits/<count>-<number>`: those that are complete
are taken as they are, and one that was interrupted resumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.console.atomic_files import write_json
from nnspec.console.progress import Reporter
from nnspec.data.pipeline import Split
from nnspec.data.protocol import Examples
from nnspec.data.split import UNUSED
from nnspec.evaluation.backtest import Errors, errors_of
from nnspec.evaluation.open_run import Trained, open_trained
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec
from nnspec.runs.errors import TrainingError
from nnspec.runs.record import spec_sha256
from nnspec.runs.run_folder import COMPLETE, RunFolder
from nnspec.training.train import train

TEST = "test"
FOLDER, FILE = "refits", "refits.json"
ROUNDED = 1e-9  # shares are sums of floats


def refit(spec: Spec, trained: Trained, count: int, reporter: Reporter) -> dict[str, Any]:
    """Trains the network ``count`` times, each on more of the past, and tells how each does on what follows.

    Args:
        trained: the spec's run, which keeps the trainings and the result, `refits.json`.

    Returns:
        ``origins``: for each of them ``run``, ``train`` and ``test`` (how many windows), ``from`` and ``to`` (the
        first and the last window of the block) and ``mean_absolute_error`` in the units of the data, by forecaster, the
        network first; ``mean`` and ``deviation``, those of the origins, by forecaster.

    Raises:
        SpecError: E0703, the data are no series, or no share of it is held back as `test`.
        TrainingError: an origin was trained before, on other data.
        Interrupted: Ctrl-C; all is saved, and the same call continues.
    """
    share = _share(spec, trained)
    origins = []
    for number in range(1, count + 1):
        folder = trained.folder.path / FOLDER / f"{count}-{number}"
        own = cut(spec, share, count, number)
        reporter.say(f"origin {number} of {count}: {folder}")
        if not _is_complete(own, folder, trained):
            train(own, folder, reporter=reporter)
        origins.append(_judged(own, folder))
    by_origin = [one["mean_absolute_error"] for one in origins]
    kinds = [kind for kind in by_origin[0] if all(kind in one for one in by_origin)]  # a season is not always found
    errors = {kind: [one[kind] for one in by_origin] for kind in kinds}
    found = {
        "origins": origins,
        "mean": {kind: float(np.mean(values)) for kind, values in errors.items()},
        "deviation": {kind: float(np.std(values)) for kind, values in errors.items()},
    }
    write_json(trained.folder.path / FILE, found)
    return found


def cut(spec: Spec, share: float, count: int, number: int) -> Spec:
    """The spec whose test part is one of ``count`` blocks of the share, and what is after it in no part."""
    assert spec.data is not None
    split = {name: value for name, value in spec.data.split.items() if name not in (TEST, UNUSED)}
    split[TEST] = share / count
    rest = spec.data.split.get(UNUSED) or 0.0
    after = rest + share * (count - number) / count
    if after > ROUNDED:
        split[UNUSED] = after
    data = {**spec.resolved["data"], "split": split}
    return replace(spec, data=replace(spec.data, split=split), resolved={**spec.resolved, "data": data})


def _share(spec: Spec, trained: Trained) -> float:
    """How much of the series is held back as `test`. Raises SpecError where the data cannot be cut in time."""
    examples = trained.dataset.loaded.parts["train"].examples
    value = spec.required_data.split.get(TEST)
    if not examples.rolls:
        message = "refitting takes a series whose parts are cut in time, and targets that are numbers"
        hint = "a `window` of Csv, with `cut: time`"
    elif not isinstance(value, int | float):
        message = "refitting cuts the share of the series that is held back as `test`, and there is none"
        hint = "`split: {validation: 0.1, test: 0.2}`"
    else:
        return float(value)
    raise SpecError([Diagnostic("E0703", message, spec.place("data", "split"), hint=hint)])


def _is_complete(spec: Spec, folder: Path, trained: Trained) -> bool:
    """Raises TrainingError where it was trained on other data than there are by now: a series grows."""
    record = RunFolder(folder).read_record()
    if record.get("status") != COMPLETE or record.get("spec_sha256") != spec_sha256(spec):
        return False
    if (record.get("data") or {}).get("sha256") != trained.dataset.fingerprint()["sha256"]:
        message = f"{folder} was trained on other data than there are by now"
        raise TrainingError(message, hint="remove it, or train the network again")
    return True


def _judged(spec: Spec, folder: Path) -> dict[str, Any]:
    trained = open_trained(spec, folder)
    split, examples = trained.dataset.splits[TEST], trained.dataset.loaded.parts[TEST].examples
    errors = errors_of(trained, split, spec.required_data.batch_size)
    assert errors is not None
    order = np.argsort(np.asarray(examples.origins(split.indices.tolist())), kind="stable")
    first, last = (split.example_texts([int(order[edge])])[0] for edge in (0, -1))
    return {
        "run": str(folder),
        "train": trained.dataset.splits["train"].size,
        "test": split.size,
        "from": first,
        "to": last,
        "mean_absolute_error": in_units(errors, trained, split, examples),
    }


def in_units(errors: Errors, trained: Trained, split: Split, examples: Examples) -> Mapping[str, float]:
    """Mean absolute errors in the units of the data: of several targets the mean."""
    assets = trained.dataset.assets
    indices = split.indices[errors.places].tolist()
    scales = examples.scalings(indices, assets) or [assets.scaling or {}] * len(indices)
    factors = np.array([[entry["factor"] for entry in scale["targets"].values()] for scale in scales])  # [n, targets]
    wide = factors[:, None, :] if factors.shape[1] > 1 else factors
    return {kind: float((one * wide).mean()) for kind, one in errors.by_kind.items()}
