"""`nnspec check` against `import keras`, and how checking grows with the number of layers.

python benchmarks/check_speed.py [--runs 7]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from timing import in_turn, whole_process

RESNET50 = Path(__file__).parent.parent / "specs" / "resnet50.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    nnspec = str(Path(sys.executable).with_name("nnspec"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))  # compiled for both, by the round to warm up
        pair = in_turn(
            lambda: whole_process([nnspec, "check", str(RESNET50)]),
            lambda: whole_process([sys.executable, "-c", "import keras"]),
            runs,
        )
        print(pair.line("check ResNet-50 / import keras"))
        for count in (1_000, 10_000):
            print(f"{count:>6,} layers written out: {in_process(Path(folder), count):.2f} s")


def in_process(folder: Path, count: int) -> float:
    """Seconds to check a file with ``count`` layers, each an entry of its own, without start-up."""
    from nnspec.frontend.pipeline import check

    layers = "\n".join(f"  - Dense: {{units: {8 + index % 8}, activation: relu}}" for index in range(count))
    path = folder / f"deep{count}.yaml"
    path.write_text(f"nnspec: 1\ninputs: {{x: [8]}}\nlayers:\n{layers}\n", encoding="utf-8")
    start = time.perf_counter()
    checked = check(path)
    assert checked.ok, checked.diagnostics[:3]
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
