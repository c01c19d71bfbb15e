"""docs/conformance.md: layers x quantizations x runtimes, each file run and compared with Keras.

    python benchmarks/conformance.py [LAYER...]     prints rows
    python benchmarks/conformance.py --write        writes the page, 10 minutes or more of one processor

The column of a GPU needs one in software that `VK_ICD_FILENAMES` names, that of microcontrollers `nnspec[micro]`, that
of ONNX `nnspec[onnx]`; without them they say so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from keras import layers

from nnspec.backend.own_layers.crf import CRF
from nnspec.backend.signature import call_by_name, keras_run
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case, Shapes
from nnspec.export.gate.run_worker import loaded
from nnspec.export.gate.runtimes import (
    COMPILED_MODEL,
    COMPILED_MODEL_GPU,
    INTERPRETER,
    MICRO,
    WITHOUT_XNNPACK,
    has_software_gpu,
)
from nnspec.export.gate.verify import compare, judge
from nnspec.export.pipeline import export
from nnspec.export.quantize import refuse_impossible, save_examples
from nnspec.export.tflite.convert_worker import Conversion, convert
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.recurrent import portable
from nnspec.export.tflite.target import trace
from nnspec.layers.portable import refused
from nnspec.layers.types import KindValue

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"
IMAGE, SERIES, ROW, TOKENS = (8, 8, 3), (9, 4), (6,), (9,)
QUANTIZATIONS = ("none", "dynamic", "int8")
RUNTIMES = {
    INTERPRETER: "interpreter",
    WITHOUT_XNNPACK: "without XNNPACK",
    COMPILED_MODEL: "CompiledModel",
    COMPILED_MODEL_GPU: "its GPU",
    MICRO: "Micro",
}
EXAMPLES = 12


@dataclass(frozen=True)
class Network:
    """One layer, or a few that belong together, on an input of a shape."""

    shape: tuple[int, ...]
    layer: Callable[[Any], Any]
    whole: bool = False  # the input holds numbers of words, 0 being padding

    def model(self) -> Any:
        keras.backend.clear_session()  # names count from the beginning
        keras.utils.set_random_seed(7)
        given = keras.Input(self.shape, dtype="int32" if self.whole else "float32", name="given")
        model = keras.Model(given, {"out": layers.Identity(name="out")(self.layer(given))})
        generator = np.random.default_rng(0)
        for weight in model.weights:  # biases and averages begin as 0 and 1, which says little
            noise = generator.uniform(0, 0.3, weight.shape)
            weight.assign(weight + noise.astype(weight.dtype))
        return model

    def examples(self) -> dict[str, np.ndarray]:
        generator = np.random.default_rng(1)
        if not self.whole:
            return {"given": generator.normal(0, 1, (EXAMPLES, *self.shape)).astype("float32")}
        tokens = generator.integers(1, 20, (EXAMPLES, *self.shape)).astype("int32")
        tokens[::2, 5:] = 0
        return {"given": tokens}


def read(x: Any) -> Any:
    return layers.Embedding(20, 5, mask_zero=True)(x)


L = layers
NETWORKS: dict[str, Network] = {
    "Dense": Network(ROW, lambda x: L.Dense(4, activation="relu")(x)),
    "Dense, softmax": Network(ROW, lambda x: L.Dense(4, activation="softmax")(x)),
    "Dense, gelu": Network(ROW, lambda x: L.Dense(4, activation="gelu")(x)),
    "Dense, silu": Network(ROW, lambda x: L.Dense(4, activation="silu")(x)),
    "Dense, elu": Network(ROW, lambda x: L.Dense(4, activation="elu")(x)),
    "EinsumDense": Network(SERIES, lambda x: L.EinsumDense("btf,fg->btg", (None, 5), bias_axes="g")(x)),
    "Conv1D": Network(SERIES, lambda x: L.Conv1D(4, 3, padding="causal", dilation_rate=2)(x)),
    "Conv2D": Network(IMAGE, lambda x: L.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)),
    "Conv2D, groups": Network((8, 8, 4), lambda x: L.Conv2D(4, 3, groups=2)(x)),
    "Conv2D, BatchNormalization, ReLU": Network(
        IMAGE, lambda x: L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(4, 3)(x)))
    ),
    "Conv3D": Network((4, 5, 5, 2), lambda x: L.Conv3D(3, 2)(x)),
    "Conv2DTranspose": Network(IMAGE, lambda x: L.Conv2DTranspose(4, 3, strides=2)(x)),
    "DepthwiseConv2D": Network(IMAGE, lambda x: L.DepthwiseConv2D(3)(x)),
    "SeparableConv2D": Network(IMAGE, lambda x: L.SeparableConv2D(4, 3)(x)),
    "MaxPooling2D": Network(IMAGE, lambda x: L.MaxPooling2D()(x)),
    "AveragePooling2D": Network(IMAGE, lambda x: L.AveragePooling2D(padding="same", pool_size=3)(x)),
    "GlobalAveragePooling2D": Network(IMAGE, lambda x: L.GlobalAveragePooling2D()(x)),
    "GlobalMaxPooling1D": Network(SERIES, lambda x: L.GlobalMaxPooling1D()(x)),
    "GlobalAveragePooling1D, masked": Network(TOKENS, lambda x: L.GlobalAveragePooling1D()(read(x)), True),
    "AdaptiveAveragePooling2D": Network(IMAGE, lambda x: L.AdaptiveAveragePooling2D(3)(x)),
    "UpSampling2D": Network(IMAGE, lambda x: L.UpSampling2D(2)(x)),
    "UpSampling2D, bilinear": Network(IMAGE, lambda x: L.UpSampling2D(2, interpolation="bilinear")(x)),
    "Resizing": Network(IMAGE, lambda x: L.Resizing(5, 6)(x)),
    "ZeroPadding2D, Cropping2D": Network(IMAGE, lambda x: L.Cropping2D(1)(L.ZeroPadding2D(2)(x))),
    "Flatten, Reshape, Permute": Network(IMAGE, lambda x: L.Permute((2, 1))(L.Reshape((8, 24))(L.Flatten()(x)))),
    "RepeatVector": Network(ROW, lambda x: L.RepeatVector(3)(x)),
    "LayerNormalization": Network(SERIES, lambda x: L.LayerNormalization()(x)),
    "GroupNormalization": Network((8, 8, 4), lambda x: L.GroupNormalization(2)(x)),
    "RMSNormalization": Network(SERIES, lambda x: L.RMSNormalization()(x)),
    "PReLU": Network(IMAGE, lambda x: L.PReLU(shared_axes=[1, 2])(x)),
    "LeakyReLU": Network(ROW, lambda x: L.LeakyReLU()(x)),
    "Add, Multiply, Concatenate": Network(
        ROW, lambda x: L.Concatenate()([L.Add()([x, L.Dense(6)(x)]), L.Multiply()([x, x])])
    ),
    "MultiHeadAttention": Network(SERIES, lambda x: L.MultiHeadAttention(2, 3)(x, x)),
    "MultiHeadAttention, causal": Network(SERIES, lambda x: L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)),
    "Embedding": Network(TOKENS, lambda x: L.Embedding(20, 5)(x), True),
    "LSTM": Network(SERIES, lambda x: L.LSTM(5)(x)),
    "LSTM, all steps, backwards": Network(SERIES, lambda x: L.LSTM(5, return_sequences=True, go_backwards=True)(x)),
    "LSTM, relu": Network(SERIES, lambda x: L.LSTM(5, activation="relu")(x)),
    "GRU": Network(SERIES, lambda x: L.GRU(5, return_sequences=True)(x)),
    "GRU, reset before": Network(SERIES, lambda x: L.GRU(5, reset_after=False)(x)),
    "SimpleRNN": Network(SERIES, lambda x: L.SimpleRNN(5)(x)),
    "LSTM, masked": Network(TOKENS, lambda x: L.LSTM(5)(read(x)), True),
    "Bidirectional LSTM, masked": Network(
        TOKENS, lambda x: L.Bidirectional(L.LSTM(5, return_sequences=True))(read(x)), True
    ),
    "Bidirectional GRU, masked, sum": Network(
        TOKENS, lambda x: L.Bidirectional(L.GRU(5, return_sequences=True), merge_mode="sum")(read(x)), True
    ),
    "GRU behind Masking": Network(SERIES, lambda x: L.GRU(5)(L.Masking()(x))),
    "ConvLSTM1D": Network((5, 6, 2), lambda x: L.ConvLSTM1D(3, 2)(x)),
    "TimeDistributed": Network((3, 8, 8, 2), lambda x: L.TimeDistributed(L.Conv2D(3, 3))(x)),
    "CRF": Network(TOKENS, lambda x: CRF(3)(read(x)), True),
}


@dataclass(frozen=True)
class Cell:
    """What one runtime makes of one file: the largest error, of the size of Keras's answers; or why there is none."""

    error: float | None = None
    why: str = ""

    @property
    def status(self) -> str:
        """``passes``, ``refused``, ``wrong``, ``-``."""
        return self.why.partition(":")[0] if self.why else "passes"

    def __str__(self) -> str:
        return self.status if self.error is None else f"{self.error:.0e}"


ABSENT = Cell(why="-")
MICROS = ("none", "int8")  # the quantizations that TensorFlow Lite Micro takes


def row(network: Network, quantize: str) -> dict[str, Cell]:
    """The cells of one layer and quantization, by runtime."""
    model, examples = network.model(), network.examples()
    cases = [Case("an example", "real", {"given": one[np.newaxis]}) for one in examples["given"]]
    answers = keras_run(model)(examples)["out"]
    known = {id(case.features): {"out": answer[np.newaxis]} for case, answer in zip(cases, answers, strict=True)}
    wide = (INTERPRETER, WITHOUT_XNNPACK, COMPILED_MODEL, *((COMPILED_MODEL_GPU,) if has_software_gpu() else ()))
    small = (MICRO,) if quantize in MICROS and find_spec("tflite_micro") else ()
    found: dict[str, Cell] = {}
    for to, runtimes in (("while", wide), ("micro", small)):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            try:
                if runtimes:
                    path.write_bytes(_content(model, examples, quantize, to, Path(folder)))
            except Exception as error:  # the export's own refusals, and the converter's
                why = f"refused: {' '.join(str(error).split()).partition(' hint:')[0][:200]}"
                found |= dict.fromkeys(runtimes, Cell(why=why))
                continue
            found |= {one: _run(path, one, cases, known, quantize) for one in runtimes}
    return {runtime: found.get(runtime, ABSENT) for runtime in RUNTIMES}


def _content(model: Any, examples: dict[str, np.ndarray], quantize: str, to: Any, folder: Path) -> bytes:
    """A file as the export makes it, without its gate, whose part the table plays."""
    for layer in model.layers:
        why = refused(type(layer).__name__, {"interpolation": getattr(layer, "interpolation", "bilinear")})
        if why is not None:
            raise ExportError(why.reason)
    with portable(model, to=to) as found:
        trace(model, Shapes.of(model, None), folder / "trace", lambda features: call_by_name(model, features))
    refuse_impossible(quantize, found, model)  # type: ignore[arg-type]
    save_examples([{"given": one[np.newaxis]} for one in examples["given"]], folder / "examples.npz")
    return repair(convert(Conversion(folder / "trace", quantize, folder / "examples.npz")))


def _run(path: Path, runtime: str, cases: list[Case], known: dict[int, Any], quantize: str) -> Cell:
    try:
        run = loaded(str(path), runtime)
        compared = compare(run, cases, lambda features: known[id(features)])
    except Exception as error:  # whatever a runtime says
        return Cell(why=f"refused: {' '.join(str(error).split())[:160]}")
    verdict = judge(compared, quantize, "")
    if verdict.reasons:
        return Cell(why=f"wrong{verdict.reasons[0]}")
    size = max(float(np.abs(answer["out"]).max(initial=0)) for answer in known.values())
    return Cell(verdict.max_abs_diff / max(1.0, size))


def whole(network: Network) -> dict[str, Cell]:
    """SavedModel and ONNX, which have no quantization."""
    found = {}
    for kind in ("SavedModel", "ONNX"):
        if kind == "ONNX" and not find_spec("tf2onnx"):
            found[kind] = ABSENT
            continue
        with TemporaryDirectory() as folder:
            try:
                artifact = export(network.model(), KindValue(kind, {}), Path(folder), name="net")
            except ExportError as error:
                found[kind] = Cell(why=f"refused: {error}")
                continue
            found[kind] = Cell(artifact.max_abs_diff) if artifact.ok else Cell(why=f"wrong: {artifact.reasons[0]}")
    return found


def page(names: list[str]) -> Iterator[str]:
    """The lines of docs/conformance.md."""
    yield BEGINNING
    for quantize in QUANTIZATIONS:
        yield from table(quantize, names)
    yield from of_whole(names)


def table(quantize: str, names: list[str]) -> Iterator[str]:
    """One quantization: a line for each layer, then what is refused or wrong, in the words of export or runtime."""
    runtimes = [one for one in RUNTIMES if one != MICRO or quantize in MICROS]
    yield f"## quantize: {quantize}\n"
    yield f"| layer | {' | '.join(RUNTIMES[one] for one in runtimes)} |\n|{'---|' * (len(runtimes) + 1)}"
    told: list[str] = []
    for name in names:
        cells = row(NETWORKS[name], quantize)
        yield f"| {name} | {' | '.join(str(cells[one]) for one in runtimes)} |"
        for why in dict.fromkeys(cells[one].why for one in runtimes if ":" in cells[one].why):
            where = ", ".join(RUNTIMES[one] for one in runtimes if cells[one].why == why)
            told.append(f"- {name}, {where}: {why}")
    yield ""
    yield from [*told, ""] if told else []


def of_whole(names: list[str]) -> Iterator[str]:
    yield "## SavedModel and ONNX\n\n| layer | SavedModel | ONNX |\n|---|---|---|"
    told: list[str] = []
    for name in names:
        cells = whole(NETWORKS[name])
        yield f"| {name} | {' | '.join(map(str, cells.values()))} |"
        told += [f"- {name}, {kind}: {cell.why}" for kind, cell in cells.items() if ":" in cell.why]
    yield from ["", *told] if told else []


BEGINNING = """# Conformance

What becomes of small networks of one layer or a few, in each quantization and runtime: the largest difference from
Keras over 12 examples, of the size of Keras's answers (or of 1, where they are smaller). `refused`: there is no such
file, or the runtime does not run it, and says so. `wrong`: the answers are others than the gate allows, so that export
keeps the file back. `-`: not looked at.

The quantizations are three of a TFLite file of `runtime: any`; the column Micro is that of `runtime: micro`, in
TensorFlow Lite Micro. The GPU is LiteRT's accelerator on SwiftShader, a GPU in software. Weights are random, so that
errors of int8 are larger than those of trained networks.

```sh
python benchmarks/conformance.py --write
```
"""


def main(arguments: list[str]) -> None:
    names = [name for name in NETWORKS if not arguments or "--write" in arguments or name in arguments]
    lines = []
    with redirect_stderr(StringIO()):
        for line in page(names):
            lines.append(line)
            print(line, flush=True)
    if "--write" in arguments:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
