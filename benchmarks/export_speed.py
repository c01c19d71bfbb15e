"""What nnspec's TFLite files cost against what the converter makes of the same Keras model by itself.

Recurrent: a Bidirectional LSTM of 128 units over 64 steps of 128 features; the reference is Keras's own loop as a WHILE
of builtin operations. Convolutional, where FOLDER holds Fashion-MNIST: a small CNN is trained for an epoch or more, and
its int8 file is held against its float one: size, latency, accuracy on the test part. One thread; latencies are taken
in turn, file by file, and the ratios are of the medians of each round.

    python benchmarks/export_speed.py [FOLDER_OF_FASHION_MNIST] [--rounds 15] [--epochs 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
STEPS, FEATURES, UNITS = 64, 128, 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="where Fashion-MNIST is")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recurrent(Path(scratch), arguments.rounds)
        if arguments.folder is not None:
            convolutional(arguments.folder.absolute(), Path(scratch), arguments.rounds, arguments.epochs)


def recurrent(scratch: Path, rounds: int) -> None:
    import keras
    import numpy as np

    from nnspec.export.pipeline import export
    from nnspec.layers.types import KindValue

    keras.utils.set_random_seed(0)
    series = keras.Input((STEPS, FEATURES), name="series")
    both = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True), name="both")
    model = keras.Model(series, both(series))
    files = {"Keras's WHILE": plain(model, scratch)}
    for runtime in ("interpreter", "any"):
        for quantize in ("none", "dynamic"):
            target = KindValue("TFLite", {"quantize": quantize, "runtime": runtime})
            artifact = export(model, target, scratch, name=f"{runtime}-{quantize}")
            assert artifact.ok, artifact.reasons
            files[f"{runtime}, {quantize}"] = artifact.path
    print(f"Bidirectional LSTM of {UNITS} units, {STEPS} steps of {FEATURES} features")
    given = np.random.default_rng(0).standard_normal((1, STEPS, FEATURES)).astype(np.float32)
    in_turn(files, {"series": given}, rounds)


def plain(model: Any, scratch: Path) -> Path:
    """The model as the converter writes it with builtin operations, through Keras's own loop at batch 1."""
    from nnspec.backend.signature import call_by_name
    from nnspec.export.examples import Shapes
    from nnspec.export.tflite.convert_worker import Conversion, convert
    from nnspec.export.tflite.recurrent import portable
    from nnspec.export.tflite.target import trace

    shapes = Shapes.of(model, None)
    with portable(model, to="keras"):
        trace(model, shapes, scratch / "plain", lambda features: call_by_name(model, features))
    path = scratch / "plain.tflite"
    path.write_bytes(convert(Conversion(scratch / "plain", "none")))
    return path


def in_turn(files: Mapping[str, Path], features: Mapping[str, Any], rounds: int) -> None:
    """Prints size and latency of each file, and both as ratios to the first."""
    from nnspec.export.gate.run_worker import milliseconds

    taken: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(rounds):
        for name, path in files.items():
            taken[name].append(statistics.median(milliseconds(str(path), dict(features), seconds=0.05)))
    first = next(iter(files))
    for name, path in files.items():
        ratios = sorted(a / b for a, b in zip(taken[name], taken[first], strict=True))
        size = path.stat().st_size
        print(
            f"{name:<24} {size / 1000:8.0f} kB {statistics.median(taken[name]):8.3f} ms   "
            f"size {size / files[first].stat().st_size:.3f}   latency {statistics.median(ratios):.3f} "
            f"({ratios[0]:.3f} to {ratios[-1]:.3f}, {len(ratios)} rounds)"
        )


def convolutional(data: Path, scratch: Path, rounds: int, epochs: int) -> None:
    import nnspec
    from nnspec.export.session import batches, open_session
    from nnspec.layers.types import KindValue

    settings = [f"params.folder={data}", f"train.epochs={epochs}"]
    spec = nnspec.load(Path(__file__).with_name("fashion_cnn.yaml"))
    spec = nnspec.api.SpecFile(spec.path, tuple(settings))
    nnspec.train(spec, run=scratch / "run")
    wanted = [KindValue("TFLite", {"quantize": kind}) for kind in ("none", "int8", "dynamic", "int4")]
    artifacts = nnspec.export(spec, run=scratch / "run", targets=wanted, out=scratch / "files")
    session = open_session(spec.spec, scratch / "run", None)
    assert session.trained is not None
    batch = next(batches(spec.spec, session.trained, session.trained.dataset.splits["test"]))
    print(f"a CNN of {session.model.count_params():,} parameters on Fashion-MNIST, {epochs} epochs")
    in_turn(
        {artifact.quantize: artifact.path for artifact in artifacts},
        {name: value[:1].astype("float32") for name, value in batch.items()},
        rounds,
    )
    for artifact in artifacts:
        print(f"{artifact.quantize:<24} accuracy {artifact.metric_after:.4f}, Keras {artifact.metric_before:.4f}")


if __name__ == "__main__":
    main()
