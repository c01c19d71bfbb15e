"""CPU seconds and memory from a table's file to the first batch, beside what Arrow takes to read it and no more.

`python benchmarks/table_loading.py [ROWS ...]` makes tables of 12 columns as CSV and Parquet, and tells for each size
what `train` pays before its first step beyond its imports: reading, split, scales, remarks, encoding, pipeline. Each
number is that of a process of its own. Memory is what the process grew by at most, after imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = (20_000, 200_000, 2_000_000)
MEASURED = """
import json, resource, sys, time
import numpy, pyarrow, pyarrow.csv, pyarrow.parquet
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def tell(begun, grown, **more):
    print(json.dumps({"seconds": time.process_time() - begun, "bytes": peak() - grown, **more}))
"""
ARROW = (
    MEASURED
    + """
begun, grown = time.process_time(), peak()
read = pyarrow.csv.read_csv if sys.argv[1].endswith(".csv") else pyarrow.parquet.read_table
table = read(sys.argv[1])
tell(begun, grown, table=table.nbytes)
"""
)
OURS = (
    MEASURED
    + """
from pathlib import Path
import tensorflow as tf
from nnspec.data.config import DataConfig
from nnspec.data.dataset import open_dataset
from nnspec.data.doubts import doubts
from nnspec.layers.types import KindValue
next(iter(tf.data.Dataset.range(1).map(lambda number: number + 1).prefetch(1)))  # what every pipeline loads
source = KindValue("Csv", {"path": sys.argv[1], "target": "label", "scale": "standard"})
begun, grown = time.process_time(), peak()
dataset = open_dataset(DataConfig(source, {"validation": 0.1}), Path("/"), 0)
next(iter(dataset.splits["train"].batches(256, epoch=0)))
seconds = time.process_time() - begun
doubts(dataset)
tell(begun, grown, first_batch=seconds)
"""
)


def write(folder: Path, rows: int) -> tuple[Path, Path]:
    """A table of numbers of four sizes, whole numbers, and two columns of words."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv, parquet

    draw = np.random.default_rng(0)
    columns = {f"c{place}": np.round(draw.normal(0, 10 ** (place % 4), rows), 4) for place in range(8)}
    columns |= {"few": draw.integers(0, 100, rows), "many": draw.integers(0, 100_000, rows)}
    columns |= {"city": draw.choice(["Bern", "Basel", "Chur"], rows), "label": draw.choice(["yes", "no"], rows)}
    table = pa.table(columns)
    csv.write_csv(table, folder / f"{rows}.csv")
    parquet.write_table(table, folder / f"{rows}.parquet")
    return folder / f"{rows}.csv", folder / f"{rows}.parquet"


def measured(program: str, file: Path, cache: Path) -> dict[str, float]:
    """What a process of its own tells of reading a file; its cache is empty."""
    environment = {**os.environ, "NNSPEC_CACHE": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or list(ROWS)
    heads = ("file", "Arrow s", "ours s", "ratio", "+ doubts", "table MB", "grew MB")
    print(f"{'rows':>10} {heads[0]:<8}" + "".join(f"{head:>10}" for head in heads[1:]))
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            for file in write(Path(folder), rows):
                arrow = measured(ARROW, file, Path(folder))
                ours = measured(OURS, file, Path(folder))
                seconds = (
                    arrow["seconds"],
                    ours["first_batch"],
                    ours["first_batch"] / arrow["seconds"],
                    ours["seconds"],
                )
                sizes_in_mb = (arrow["table"] / 1e6, ours["bytes"] / 1e6)
                numbers = "".join(f"{number:10.2f}" for number in seconds) + "".join(
                    f"{size:10.0f}" for size in sizes_in_mb
                )
                print(f"{rows:>10,} {file.suffix:<8}{numbers}")


if __name__ == "__main__":
    main()
