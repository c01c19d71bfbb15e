"""What a training step that rounds costs, against one in float: CPU seconds of the same batches, in turn, as a ratio.

CPU time of the process does not depend on what else the machine does, as wall time would.

    python step_cost.py depthwise.yaml params.folder=data/fashion-mnist
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from nnspec.console.progress import Reporter
from nnspec.frontend.pipeline import load
from nnspec.training.prepare import prepare

STEPS, ROUNDS, WARM = 20, 5, 3
STAGES = ("float", "live", "frozen")


def main(path: str, *settings: str) -> None:
    spec = load(Path(path), [*settings, "train.epochs=3", "train.quantize={float_epochs: 1, frozen_epochs: 1}"])
    prepared = prepare(spec, Reporter())
    batches = list(itertools.islice(iter(prepared.feed.training(0, 0)), STEPS))
    found: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for stage in itertools.chain.from_iterable(itertools.repeat(STAGES, ROUNDS)):
        found[stage].append(cpu(prepared.model, stage, batches))
    median = {stage: statistics.median(values) for stage, values in found.items()}
    for stage, value in median.items():
        print(f"{stage}: {1000 * value / STEPS:.1f} ms of CPU a step, {value / median['float']:.2f} of float")


def cpu(model: Any, stage: str, batches: list[Any]) -> float:
    """CPU seconds of all batches, after a few that trace the step."""
    model.stage = stage
    model.train_function = None
    for batch in batches[:WARM]:
        model.train_on_batch(*batch)
    start = time.process_time()
    for batch in batches:
        model.train_on_batch(*batch)
    return time.process_time() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
