"""Time and memory to the first batch as tables and texts grow tenfold and a hundredfold: docs/pictures/growth.svg.

`python benchmarks/growth.py` measures each size in a process of its own (about three CPU minutes), prints the numbers
and draws them, both axes logarithmic. A straight line that rises by one decade in a decade grows with the data.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from table_loading import MEASURED, OURS, ROWS, measured, write

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "growth.svg"
TOKENS = (100_000, 1_000_000, 10_000_000)
TAGGED = (
    MEASURED
    + """
from pathlib import Path
import tensorflow as tf
from nnspec.data.config import DataConfig
from nnspec.data.dataset import open_dataset
from nnspec.layers.types import KindValue
next(iter(tf.data.Dataset.range(1).map(lambda number: number + 1).prefetch(1)))
begun, grown = time.process_time(), peak()
dataset = open_dataset(DataConfig(KindValue("Conll", {"path": sys.argv[1]}), {"validation": 0.1}), Path("/"), 0)
next(iter(dataset.splits["train"].batches(32, epoch=0)))
tell(begun, grown, first_batch=time.process_time() - begun)
"""
)


def write_tagged(path: Path, tokens: int) -> Path:
    """Sentences of 20 words, few of them frequent, with entities of one word."""
    draw = random.Random(0)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(tokens):
            word = int(draw.paretovariate(0.7)) % 50_000
            file.write(f"w{word} {'B-name' if word % 9 == 0 else 'O'}\n" + "\n" * (number % 20 == 19))
    return path


def found() -> dict[str, dict[int, Mapping[str, float]]]:
    """By kind of data and size what was measured."""
    tables: dict[int, Mapping[str, float]] = {}
    texts: dict[int, Mapping[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in ROWS:
            tables[rows] = measured(OURS, write(Path(folder), rows)[0], Path(folder))
        for tokens in TOKENS:
            texts[tokens] = measured(TAGGED, write_tagged(Path(folder) / f"{tokens}.conll", tokens), Path(folder))
    return {"rows of a CSV of 12 columns": tables, "tokens of a CoNLL file": texts}


def draw(data: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for panel, key, title, scale in (
        (panels[0], "first_batch", "CPU seconds to the first batch", 1),
        (panels[1], "bytes", "memory, MB beyond the imports", 1e6),
    ):
        for name, sizes in data.items():
            panel.plot(list(sizes), [one[key] / scale for one in sizes.values()], "o-", label=name)
        panel.set(xscale="log", yscale="log", title=title, xlabel="rows or tokens")
        panel.grid(True, which="major", alpha=0.3)
    panels[0].legend(frameon=False)
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    data = found()
    for name, sizes in data.items():
        print(name)
        for size, one in sizes.items():
            print(f"{size:>12,} {one['first_batch']:8.2f} s {one['bytes'] / 1e6:8.0f} MB")
    draw(data)


if __name__ == "__main__":
    main()
