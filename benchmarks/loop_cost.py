"""What nnspec's loop costs a step over Keras's `fit`: the same network, compiled alike, on the very same batches.

nnspec's side writes a checkpoint every 100 steps. Epochs are taken in turn within one process; the first of each side,
which traces, does not count. The ratio is nnspec over Keras, epoch by epoch.

    python benchmarks/loop_cost.py FOLDER_OF_FASHION_MNIST [--epochs 6]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from timing import Pair

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=6, help="epochs of each side that count")
    arguments = parser.parse_args()
    if not (arguments.folder / "train-images-idx3-ubyte.gz").is_file():
        raise SystemExit(f"{arguments.folder} does not hold Fashion-MNIST; nothing was measured")
    with tempfile.TemporaryDirectory() as folder:
        print(
            in_turn(arguments.folder.absolute(), arguments.epochs, Path(folder)).line("an epoch, checkpoints included")
        )


def in_turn(data: Path, epochs: int, scratch: Path) -> Pair:
    """Trains by nnspec; after each of its epochs Keras trains another model for one, while nnspec's clock stands."""
    from nnspec.console.progress import Reporter
    from nnspec.frontend.pipeline import load
    from nnspec.training.prepare import prepare
    from nnspec.training.train import train

    spec = load(
        Path(__file__).with_name("fashion_cnn.yaml"),
        [
            f"params.folder={data}",
            f"train.epochs={epochs + 1}",
            "train.checkpoint_every=100",
            "data.split.validation=",
            "params.convs=1",
        ],
    )
    theirs = prepare(spec, Reporter())
    found: list[tuple[float, float]] = []

    class Turns(Reporter):
        def epoch(self, epoch: int, logs: Any, seconds: float) -> None:
            batches = theirs.feed.training(epoch, 0)
            start = time.perf_counter()
            theirs.model.fit(batches, epochs=1, verbose=0)
            found.append((seconds, time.perf_counter() - start))
            print(f"epoch {epoch}: {seconds:.2f} s, {found[-1][1]:.2f} s", file=sys.stderr)

    train(spec, run=scratch / "run", reporter=Turns())
    ours, fit = zip(*found[1:], strict=True)
    return Pair(ours, fit)


if __name__ == "__main__":
    main()
