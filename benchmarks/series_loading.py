"""CPU seconds to load the windows of a series: this checkout, and another one in turn with it.

`python benchmarks/series_loading.py OTHER_CHECKOUT [ROWS COLUMNS]` takes the smallest of several turns: what else the
machine does adds to a measurement, and never takes from it.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

TURNS = 6
CHILD = """
import json, sys, time
from pathlib import Path
try:
    from nnspec.data.sources.csv import Csv
except ImportError:  # before sources had a room of their own
    from nnspec.data.csv import Csv
best = None
for turn in range(3):
    at = [time.process_time()]
    source = Csv(path=sys.argv[1], target="c0", window={"length": 24, "horizon": 4}, scale="standard")
    examples = source.load(Path("/"))
    at.append(time.process_time())
    parts = examples.split({"validation": 0.2}, 0)
    assets = examples.fit(parts["train"], None)
    at.append(time.process_time())
    examples.table(assets)
    at.append(time.process_time())
    seconds = [after - before for before, after in zip(at, at[1:])]
    best = min(best or seconds, seconds, key=sum)
print(json.dumps(best))
"""


def write(path: Path, rows: int, columns: int) -> None:
    draw = random.Random(1)
    lines = [",".join(f"c{column}" for column in range(columns))]
    lines += [",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(columns)) for _ in range(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def seconds(checkout: Path, file: Path, cache: Path) -> list[float]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "NNSPEC_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(file)], env=environment, capture_output=True, text=True, check=True
    )
    found: list[float] = json.loads(done.stdout)
    return found


def main() -> None:
    other, *given = sys.argv[1:]
    rows, columns = map(int, given or ("200000", "1"))
    checkouts = {"other": Path(other), "this": Path(__file__).resolve().parents[1]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "series.csv"
        write(file, rows, columns)
        turns = [{name: seconds(path, file, Path(folder)) for name, path in checkouts.items()} for _ in range(TURNS)]
    best = {name: min((turn[name] for turn in turns), key=sum) for name in checkouts}
    print(f"{rows:,} rows of {columns} columns, CPU seconds")
    for stage, before, after in zip(("read", "split and fit", "table"), best["other"], best["this"], strict=True):
        print(f"{stage:<14} {before:7.3f} {after:7.3f}   {after / before:5.2f}")
    total, now = sum(best["other"]), sum(best["this"])
    print(f"{'total':<14} {total:7.3f} {now:7.3f}   {now / total:5.2f}")


if __name__ == "__main__":
    main()
