"""Specs of the zoo on Fashion-MNIST at 28 x 28, by ``--set`` alone: parameters, multiply-adds, test accuracy, time.

Writes ``zoo_training.md`` and ``zoo_training.json`` into the output folder. An interrupted run goes on where it was: a
network that is done is kept, the one that was in training is taken up at its last checkpoint.

    python benchmarks/zoo_training.py FOLDER_OF_FASHION_MNIST [--only resnet20_cifar10] [--epochs 1] [--images 2000]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parent.parent / "specs"
NNSPEC = str(Path(sys.executable).with_name("nnspec"))
IMAGES = 60_000
BATCH = 128
SMALL = ("params.classes=10", "params.image_size=28", "params.channels=1")
FLIP = "{RandomFlip: horizontal}"
SHIFT = "{RandomTranslation: {height_factor: 0.08, width_factor: 0.08, fill_mode: constant, interpolation: nearest}}"


@dataclass(frozen=True)
class Training:
    """One spec, what ``--set`` makes of its network, and how long and from which learning rate it is trained."""

    spec: str
    epochs: int
    settings: tuple[str, ...] = ()
    learning_rate: float = 2e-3
    augment: tuple[str, ...] = (FLIP,)

    def overrides(self, folder: Path, images: int, epochs: int | None) -> list[str]:
        """The values of ``--set``: the network's own, Fashion-MNIST, and Adam down a cosine."""
        epochs = epochs or self.epochs
        steps = math.ceil(images / BATCH) * epochs
        schedule = f"{{CosineDecay: {{initial_learning_rate: {self.learning_rate}, decay_steps: {steps}}}}}"
        share = "" if images == IMAGES else f"{1 - images / IMAGES}"
        return [
            *self.settings,
            f"data.source={_idx(folder, 'train')}",
            f"data.split={{validation: {share}, test: {{{_files(folder, 't10k')}}}}}",
            f"data.batch_size={BATCH}",
            f"data.augment=[{', '.join(self.augment)}]",
            f"train.epochs={epochs}",
            f"train.optimizer={{Adam: {{learning_rate: {schedule}}}}}",
            "train.callbacks=[]",
        ]


@dataclass(frozen=True)
class Row:
    network: str
    settings: str
    params: int
    macs: int
    epochs: int
    accuracy: float
    minutes: float


TRAININGS = (
    Training("lenet", 8),
    Training("vgg", 6, (*SMALL, "params.convs=[2, 2, 2]", "params.width=16", "params.hidden=256")),
    Training("nin_cifar10", 5, (*SMALL, "params.width=64", "params.dropout=0.2")),
    Training("googlenet_main", 4, (*SMALL, "params.small_images=true", "params.width=0.125", "params.dropout=0.2")),
    Training("resnet18", 5, (*SMALL, "params.small_images=true", "params.width=16", "params.depths=[1, 1, 1]")),
    Training("resnet20_cifar10", 16, (*SMALL, "params.n=2"), 4e-3, (FLIP, SHIFT)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with the four IDX files")
    parser.add_argument("--out", type=Path, default=Path("runs/zoo_training"))
    parser.add_argument("--only", action="append", metavar="SPEC", help="repeatable")
    parser.add_argument("--epochs", type=int, help="instead of each network's own")
    parser.add_argument("--images", type=int, default=IMAGES, help="train on so many of the 60,000, to try it out")
    given = parser.parse_args()
    if not (given.folder / "train-images-idx3-ubyte.gz").is_file():
        raise SystemExit(f"{given.folder} does not hold Fashion-MNIST; nothing was trained")
    given.out.mkdir(parents=True, exist_ok=True)
    done = given.out / "zoo_training.json"
    rows = [Row(**row) for row in json.loads(done.read_text())] if done.is_file() else []
    for training in TRAININGS:
        if (given.only and training.spec not in given.only) or training.spec in {row.network for row in rows}:
            continue
        overrides = training.overrides(given.folder.absolute(), given.images, given.epochs)
        rows.append(measure(training, overrides, given.out / training.spec))
        done.write_text(json.dumps([asdict(row) for row in rows], indent=1))
        (given.out / "zoo_training.md").write_text(table(rows))
    print(table(rows))


def measure(training: Training, overrides: Sequence[str], run: Path) -> Row:
    """Trains one network, or resumes it, and measures it on the test set.

    Where an earlier session did some of the epochs, their minutes are taken to be those of this session's.
    """
    spec = str(SPECS / f"{training.spec}.yaml")
    options = [option for value in overrides for option in ("--set", value)]
    size = nnspec("check", spec, *options)
    log = run / "metrics.jsonl"
    before = len(log.read_text().splitlines()) if log.is_file() else 0
    start = time.perf_counter()
    epochs = nnspec("train", spec, *options, "--run", str(run))["epochs"]
    minutes = (time.perf_counter() - start) / 60 * epochs / max(1, epochs - before)
    metrics = nnspec("evaluate", spec, *options, "--run", str(run), "--split", "test")["metrics"]
    accuracy = next(value for name, value in metrics.items() if name.endswith("accuracy"))
    changes = " ".join(training.settings[len(SMALL) :]).replace("params.", "")
    return Row(training.spec, changes, size["params"], size["macs"], epochs, accuracy, minutes)


def nnspec(command: str, *arguments: str) -> dict[str, Any]:
    """What a command says in JSON; its progress goes to standard error."""
    done = subprocess.run([NNSPEC, command, *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"nnspec {command} {' '.join(arguments)}\n{done.stdout}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(rows: Sequence[Row]) -> str:
    lines = ["| network | `--set params` | parameters | multiply-adds | epochs | test accuracy | minutes |"]
    lines.append("|---|---|---|---|---|---|---|")
    for row in rows:
        settings = f"`{row.settings}`" if row.settings else ""
        numbers = f"{row.params:,} | {row.macs / 1e6:.1f} M | {row.epochs} | {row.accuracy:.4f} | {row.minutes:.1f}"
        lines.append(f"| {row.network} | {settings} | {numbers} |")
    return "\n".join(lines) + "\n"


def _idx(folder: Path, part: str) -> str:
    return f"{{IDX: {{{_files(folder, part)}}}}}"


def _files(folder: Path, part: str) -> str:
    return f"images: '{folder}/{part}-images-idx3-ubyte.gz', labels: '{folder}/{part}-labels-idx1-ubyte.gz'"


if __name__ == "__main__":
    main()
