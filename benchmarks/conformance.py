"""docs/conformance.md: layers x quantizations x runtimes, each file run and compared with Keras.

    python benchmarks/conformance.py [LAYER...]     prints rows
    python benchmarks/conformance.py --write        writes the page, 20 minutes or more of one processor

The column of a GPU needs one in software that `VK_ICD_FILENAMES` names, that of microcontrollers `nnspec[micro]`, that
of ONNX `nnspec[onnx]`, int4 `nnspec[int4]`, those of ARM64 the folder that `.ci/arm` made, named by `NNSPEC_ARM`, and
that of LiteRT.js Chromium and the package that `NNSPEC_LITERT` names. Without them they say `-`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from conformance_networks import NETWORKS, Network
from elsewhere import ARM, ARM_PLAIN, LITERT_JS, arm_machine, has_browser, here, in_browser, on_arm
from run_files import batches, save

from nnspec.backend.signature import Batch, call_by_name, keras_run
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case, Shapes
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
from nnspec.export.subprocesses import Worker, WorkerDied
from nnspec.export.tflite.convert_worker import Conversion
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.recurrent import Recurrences, portable
from nnspec.export.tflite.target import trace
from nnspec.layers.portable import refused
from nnspec.layers.types import KindValue

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"
QUANTIZATIONS = ("none", "float16", "dynamic", "int8", "int16x8", "int4")
RUNTIMES = {
    INTERPRETER: "interpreter",
    WITHOUT_XNNPACK: "without XNNPACK",
    COMPILED_MODEL: "CompiledModel",
    COMPILED_MODEL_GPU: "its GPU",
    ARM: "ARM64",
    ARM_PLAIN: "ARM64 without XNNPACK",
    LITERT_JS: "LiteRT.js",
    MICRO: "Micro",
}
TIMEOUT = 300.0  # seconds for a conversion
MICROS = ("none", "int8", "int16x8")  # the quantizations that TensorFlow Lite Micro takes


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


@dataclass
class Row:
    """One network in one quantization: the cells by runtime, and the inputs with Keras's answers to them."""

    quantize: str
    cases: list[Case]
    known: dict[int, Batch]
    cells: dict[str, Cell] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # by the form of a file: why there is none

    def of_all(self) -> dict[str, Cell]:
        return {runtime: self.cells.get(runtime, ABSENT) for runtime in RUNTIMES}

    def read(self, path: Path, form: str, runtime: str) -> Cell:
        """The cell of what a runtime has left beside a file."""
        if form in self.refused:
            return Cell(why=self.refused[form])
        told = path.with_suffix(f".{runtime}.txt")
        if told.exists():
            return Cell(why=f"refused: {told.read_text(encoding='utf-8')[:160]}")
        found = batches(path.with_suffix(f".{runtime}.npz"))
        answers = {id(case.features): row for case, row in zip(self.cases, found, strict=True)}

        def run(features: Batch) -> Batch:
            shaped = self.known[id(features)]
            return {name: value.reshape(shaped[name].shape) for name, value in answers[id(features)].items()}

        verdict = judge(compare(run, self.cases, lambda features: self.known[id(features)]), self.quantize, "")
        if verdict.reasons:
            return Cell(why=f"wrong{verdict.reasons[0]}")
        size = max(float(np.abs(answer["out"]).max(initial=0)) for answer in self.known.values())
        return Cell(verdict.max_abs_diff / max(1.0, size))


def rows(named: list[tuple[str, str]], elsewhere: bool) -> dict[tuple[str, str], Row]:
    """Rows by network and quantization.

    Args:
        elsewhere: whether the files go to other machines, too, as far as these are there.
    """
    found: dict[tuple[str, str], Row] = {}
    gpu = (COMPILED_MODEL_GPU,) if has_software_gpu() else ()
    places = [("any", (INTERPRETER, WITHOUT_XNNPACK, COMPILED_MODEL, *gpu), here)]
    places += [("micro", (MICRO,), here)] if find_spec("tflite_micro") else []
    if elsewhere and arm_machine() is not None:
        places += [("any", (ARM, ARM_PLAIN), on_arm)]
    if elsewhere and has_browser():
        places += [("any", (LITERT_JS,), in_browser)]
    with TemporaryDirectory() as scratch:
        paths = {key: f"{number:03}.tflite" for number, key in enumerate(named)}
        for name in dict.fromkeys(name for name, _ in named):
            forms = {quantize: path for (one, quantize), path in paths.items() if one == name}
            made = _made(NETWORKS[name], forms, Path(scratch))
            found |= {(name, quantize): row for quantize, row in made.items()}
            print(f"made: {name}", file=sys.stderr, flush=True)
        for form, runtimes, go in places:
            go(Path(scratch) / form, runtimes)
            for key, row in found.items():
                for runtime in runtimes:
                    if form != "micro" or row.quantize in MICROS:
                        row.cells[runtime] = row.read(Path(scratch) / form / paths[key], form, runtime)
    return found


def _made(network: Network, forms: dict[str, str], folder: Path) -> dict[str, Row]:
    """Writes a network's files, `any/NAME` and `micro/NAME`, with their inputs beside them; rows by quantization.

    Args:
        forms: the name of the file by quantization.
    """
    model, examples = network.model(), network.examples()
    cases = [Case("an example", "real", {"given": one[np.newaxis]}) for one in examples["given"]]
    answers = keras_run(model)(examples)["out"]
    known = {id(case.features): {"out": answer[np.newaxis]} for case, answer in zip(cases, answers, strict=True)}
    made = {quantize: Row(quantize, cases, known) for quantize in forms}
    for to, form in (("while", "any"), ("micro", "micro")):
        (folder / form).mkdir(exist_ok=True)
        with TemporaryDirectory() as scratch, portable(model, to=to) as found:
            trace(model, Shapes.of(model, None), Path(scratch), lambda features: call_by_name(model, features))
            save_examples([case.features for case in cases], Path(scratch) / "examples.npz")
            for quantize, row in made.items():
                path = folder / form / forms[quantize]
                save(path.with_suffix(".npz"), [case.features for case in cases])
                if form == "any" or quantize in MICROS:
                    row.refused |= _written(path, form, model, found, quantize, Path(scratch))
    return made


def _written(path: Path, form: str, model: Any, found: Recurrences, quantize: Any, traced: Path) -> dict[str, str]:
    """Writes a file as the export makes it, without its gate, whose part the table plays; why not, by form."""
    try:
        for layer in model.layers:
            why = refused(type(layer).__name__, {"interpolation": getattr(layer, "interpolation", "bilinear")})
            if why is not None:
                raise ExportError(why.reason)
        refuse_impossible(quantize, found, model)
        path.write_bytes(repair(_converter().call(Conversion(traced, quantize, traced / "examples.npz"), TIMEOUT)))
    except WorkerDied as error:
        _converter.cache_clear()
        return {form: f"refused: the converter died: {error.how}"}
    except Exception as error:  # the export's own refusals, and the converter's
        return {form: f"refused: {' '.join(str(error).split()).partition(' hint:')[0][:200]}"}
    return {}


@cache
def _converter() -> Worker:
    return Worker("nnspec.export.tflite.convert_worker", str(16 << 30))


def row(network: str, quantize: str) -> dict[str, Cell]:
    """The cells of one layer and quantization, by runtime, those of this machine alone."""
    return rows([(network, quantize)], elsewhere=False)[network, quantize].of_all()


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
    made = rows([(name, quantize) for quantize in QUANTIZATIONS for name in names], elsewhere=True)
    for quantize in QUANTIZATIONS:
        yield from table(quantize, {name: made[name, quantize].of_all() for name in names})
    yield from of_whole(names)


def table(quantize: str, rows: dict[str, dict[str, Cell]]) -> Iterator[str]:
    """One quantization: a line for each layer, then what is refused or wrong, in the words of export or runtime."""
    runtimes = [one for one in RUNTIMES if one != MICRO or quantize in MICROS]
    yield f"## quantize: {quantize}\n"
    yield f"| layer | {' | '.join(RUNTIMES[one] for one in runtimes)} |\n|{'---|' * (len(runtimes) + 1)}"
    told: dict[tuple[str, str], list[str]] = {}
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(str(cells[one]) for one in runtimes)} |"
        for why in dict.fromkeys(cells[one].why for one in runtimes if ":" in cells[one].why):
            where = ", ".join(RUNTIMES[one] for one in runtimes if cells[one].why == why)
            told.setdefault((where, _gist(why, name)), []).append(name)
    yield ""
    for (where, why), named in told.items():
        yield f"- {'; '.join(named)} ({where}): {why}"
    yield from [""] if told else []


def _gist(why: str, name: str) -> str:
    """A reason without the name that its layer has in this network."""
    status, _, rest = why.partition(": ")
    place, between, text = rest.partition(": ")
    return f"{status}: {text}" if between and place.replace("_", "").isalnum() and " " not in place else why


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

The quantizations are those of a TFLite file of `runtime: any`; the column Micro is that of `runtime: micro`, in
TensorFlow Lite Micro. The GPU is LiteRT's accelerator on SwiftShader, a GPU in software. ARM64 is the aarch64 release
of LiteRT on an emulated Cortex-A76 (`make arm`); LiteRT.js its WASM build in Chromium. Weights are random, so that
errors of int8 are larger than those of trained networks; and few, so that `dynamic` leaves most of them in float, as it
does with matrices of fewer than 1,024 weights. Each cell stands for one network.

```sh
python benchmarks/conformance.py --write
```

## Random networks

`python tests/fuzz/exports.py` draws networks of one layer to three, out of 136 kinds with their arguments, and holds
each file against Keras in the interpreter with and without XNNPACK, CompiledModel, LiteRT.js and, in turn, Micro, on
random and on extreme inputs: in float, and in one more form. Eight networks are one file: 0.36 s of one processor for
each network. At its end it tells the kinds, inputs, values of arguments and sequences of two kinds that it met. Found
by the last 560 networks, and repaired:

- an `Add` of a column to a table, in a batch of one example: Keras 3.15 itself adds it to the columns
  (`keras.layers.Add()([zeros([1, 3, 3]), ones([1, 3, 1])])` and `[2, 3, 3]` differ), and the file did as it does;
- recurrent layers on whole numbers, and `STFTSpectrogram` of one channel that stands first, had no file;
- an `Embedding` on floats below 0 stopped the runtimes.

Beside them, 97 of the 120 recurrent networks of `tests/export/test_export_recurrent.py` ran on the GPU, of 16 steps in
float by `runtime: any`: all of LSTM and GRU and 17 of SimpleRNN (one unit or nine; each direction and merge; masked or
not). Each is within 4e-07 of Keras, none was refused.

Kept back by the gate, since the runtimes lack it: int16x8 of `LayerNormalization`, `UnitNormalization` and
`AutoContrast`; float16 of a `MelSpectrogram`, whose least power is 0 in half a float.
"""


def main(arguments: list[str]) -> None:
    names = [name for name in NETWORKS if not arguments or "--write" in arguments or name in arguments]
    lines = []
    for line in page(names):
        lines.append(line)
        print(line, flush=True)
    if "--write" in arguments:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
