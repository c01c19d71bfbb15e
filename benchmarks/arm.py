"""A small matrix of bundles, made here and verified on an emulated ARM64 processor, as `make arm` does.

    .ci/arm FOLDER && python benchmarks/arm.py FOLDER

The bundles stay in FOLDER/bundles. It ends with 1 where one of them fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance_networks import NETWORKS, Network

from nnspec.export.bundle.write import write_bundle
from nnspec.export.examples import Shapes
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

# A network, and how its file is made.
IMAGES = "Conv2D, BatchNormalization, ReLU"
MATRIX = (
    *((IMAGES, {"quantize": quantize}) for quantize in ("none", "float16", "dynamic", "int8", "int16x8")),
    (IMAGES, {"quantize": "int8", "io": "int8"}),
    ("DepthwiseConv2D", {"quantize": "int8"}),
    ("MultiHeadAttention", {"quantize": "none"}),
    ("LSTM", {"quantize": "none"}),
    ("LSTM", {"quantize": "int8", "runtime": "interpreter"}),
    ("GRU", {"quantize": "dynamic"}),
    ("GRU", {"quantize": "int8", "runtime": "unrolled"}),
    ("Bidirectional LSTM, masked", {"quantize": "none"}),
    ("CRF", {"quantize": "none"}),
)


def bundles(folder: Path) -> Iterator[Path]:
    """The bundles of the matrix, made where they are not there yet."""
    for number, (name, args) in enumerate(MATRIX):
        words = "-".join([name.split(",")[0].replace(" ", "-").lower(), *map(str, args.values())])
        place = folder / f"{number:02}-{words}.bundle"
        if not place.exists():
            _make(NETWORKS[name], KindValue("TFLite", args), place)
        yield place


def _make(network: Network, target: KindValue, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    model, rows = network.model(), network.examples()
    artifact = export(model, target, place.parent, name=place.stem, representative=lambda: iter([rows]))
    if not artifact.ok:
        raise SystemExit(f"{place.name}: {artifact.reasons[0]}")
    each = [{name: value[index : index + 1] for name, value in rows.items()} for index in range(4)]
    write_bundle(artifact, Shapes.of(model, None), ModelMetadata(place.stem), place, examples=each)


def verified(python: Path, bundle: Path) -> list[str]:
    """What `nnspec verify` finds wrong with a bundle when that Python runs it."""
    return _verified(python, bundle)["problems"]


def _verified(python: Path, bundle: Path) -> dict[str, Any]:
    command = [str(python), "-P", "-m", "nnspec", "verify", str(bundle.resolve()), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.stdout else {"problems": [done.stderr[-300:]], "max_difference": None}


def main(arguments: list[str]) -> int:
    (folder,) = map(Path, arguments)
    python = folder.resolve() / "python"
    if not python.exists():
        print(f"{python} is not there: .ci/arm {folder} makes it", file=sys.stderr)
        return 2
    bad = 0
    for bundle in bundles(folder / "bundles"):
        begin = time.monotonic()
        found = _verified(python, bundle)
        told = found["problems"][0] if found["problems"] else f"at most {found['max_difference']:.2g} from here"
        print(f"{bundle.stem}: {told}; {time.monotonic() - begin:.0f} s", flush=True)
        bad += bool(found["problems"])
    print(f"{len(MATRIX) - bad} of {len(MATRIX)} bundles verified on {python}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
