"""`nnspec check` against `import keras`, and how checking grows with the number of layers.

python benchmarks/check_speed.py [--runs 7]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from timing import in_turn, whole_process

RESNET50 = """
nnspec: 1
inputs: {image: [224, 224, 3]}
blocks:
  bottleneck:
    params: {filters: , strides: 1, project: false}
    layers:
      - parallel:
          - - Conv2D: {filters: $filters, kernel_size: 1, strides: $strides}
            - BatchNormalization: {epsilon: 1.001e-5}
            - ReLU
            - Conv2D: {filters: $filters, kernel_size: 3, padding: same}
            - BatchNormalization: {epsilon: 1.001e-5}
            - ReLU
            - Conv2D: {filters: $(4 * filters), kernel_size: 1}
            - BatchNormalization: {epsilon: 1.001e-5}
          - - when: $project
              layers:
                - Conv2D: {filters: $(4 * filters), kernel_size: 1, strides: $strides}
                - BatchNormalization: {epsilon: 1.001e-5}
        merge: Add
      - ReLU
layers:
  - ZeroPadding2D: 3
  - Conv2D: {filters: 64, kernel_size: 7, strides: 2}
  - BatchNormalization: {epsilon: 1.001e-5}
  - ReLU
  - ZeroPadding2D: 1
  - MaxPooling2D: {pool_size: 3, strides: 2}
  - for: {filters: [64, 128, 256, 512], depth: [3, 4, 6, 3], strides: [1, 2, 2, 2]}
    layers:
      - bottleneck: {filters: $filters, strides: $strides, project: true}
      - repeat: $(depth - 1)
        layers: [{bottleneck: {filters: $filters}}]
  - GlobalAveragePooling2D
  - Dense: {units: 1000, activation: softmax}
budget: {params: 25636712}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    nnspec = str(Path(sys.executable).with_name("nnspec"))
    with tempfile.TemporaryDirectory() as folder:
        resnet = Path(folder, "resnet50.yaml")
        resnet.write_text(RESNET50, encoding="utf-8")
        pair = in_turn(
            lambda: whole_process([nnspec, "check", str(resnet)]),
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
