"""Training by nnspec against the usual hand-written Keras recipe, on all of Fashion-MNIST and in turn.

Three ratios, each nnspec over Keras: from the start of the process to the end of the first step, an epoch (the
second one, without start-up), and the whole process from start to saved model.

    python benchmarks/train_speed.py FOLDER_OF_FASHION_MNIST [--runs 3] [--epochs 3]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from timing import Pair

HERE = Path(__file__).parent


def measured(command: list[str]) -> dict[str, Any]:
    """What the last line of a command says, and ``process``: seconds from starting the command to its end."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return {**json.loads(done.stdout.strip().splitlines()[-1]), "process": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()
    if not (arguments.folder / "train-images-idx3-ubyte.gz").is_file():
        raise SystemExit(f"{arguments.folder} does not hold Fashion-MNIST; nothing was measured")
    options = [str(arguments.folder), "--epochs", str(arguments.epochs), "--batch", str(arguments.batch)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.runs):
            ours = measured([str(HERE / "nnspec_side.py"), *options, "--run", f"{folder}/run{number}"])
            theirs = measured([str(HERE / "keras_recipe.py"), *options, "--out", f"{folder}/recipe.keras"])
            rows.append((ours, theirs))
            print(f"pair {number + 1}: {ours['process']:.1f} s, {theirs['process']:.1f} s", file=sys.stderr)
    for name, value in {
        "start to first step": lambda row: row["first_step"],
        "an epoch": lambda row: row["epochs"][1],
        "whole process": lambda row: row["process"],
    }.items():
        print(Pair(tuple(value(ours) for ours, _ in rows), tuple(value(theirs) for _, theirs in rows)).line(name))


if __name__ == "__main__":
    main()
