"""nnspec's side of the training benchmarks: `fashion_cnn.yaml` by way of the Python API, timed like `keras_recipe.py`.

python benchmarks/nnspec_side.py FOLDER --epochs 3 --batch 128 --run RUN_FOLDER
"""

from __future__ import annotations

import time

START = time.time()

import argparse  # noqa: E402
import json  # noqa: E402
from collections.abc import Mapping  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from nnspec.frontend.pipeline import load  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    spec = load(
        Path(__file__).with_name("fashion_cnn.yaml"),
        [
            f"params.folder={arguments.folder.absolute()}",
            f"train.epochs={arguments.epochs}",
            f"data.batch_size={arguments.batch}",
            "params.convs=1",
            "data.split.validation=",  # the recipe has none
            "train.optimizer=adam",
        ],
    )
    from nnspec.console.progress import Reporter
    from nnspec.training.train import train

    class Clock(Reporter):
        """When the first step ended, and how long each epoch took."""

        def __init__(self) -> None:
            self.first_step: float | None = None
            self.epochs: list[float] = []

        def step(self, done: int, logs: Mapping[str, Any]) -> None:
            if self.first_step is None:
                self.first_step = time.time()

        def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
            self.epochs.append(seconds)

    clock = Clock()
    train(spec, run=arguments.run, reporter=clock)
    assert clock.first_step is not None
    print(json.dumps({"first_step": clock.first_step - START, "epochs": clock.epochs, "total": time.time() - START}))


if __name__ == "__main__":
    main()
