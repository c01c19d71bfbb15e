"""Random networks, exported in every form and run in every runtime, against Keras, on real and on extreme inputs.

    python tests/fuzz/exports.py [-first=0] [-runs=100] [-found=FOLDER]

The networks are those of ``tests/training/random_networks.py``: images, sequences and tables of random layers and
arguments. A file that differs from Keras by more than the gate allows is a finding, as is one that a runtime does not
run; refusals by name are counted. Seed, form and words of each finding are printed; the counts of kinds, arguments and
sequences of two kinds that were met, at the end.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "training"))
from random_networks import Draw

from nnspec.backend.signature import Batch, call_by_name, keras_run
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case, Shapes, gate_cases
from nnspec.export.gate.run_worker import loaded
from nnspec.export.gate.runtimes import (
    COMPILED_MODEL,
    COMPILED_MODEL_GPU,
    INTERPRETER,
    MICRO,
    WITHOUT_XNNPACK,
    has_software_gpu,
)
from nnspec.export.gate.verify import compare, judge, memoized
from nnspec.export.quantize import refuse_impossible, save_examples
from nnspec.export.tflite.convert_worker import Conversion, convert
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.op_counts import contents_of
from nnspec.export.tflite.recurrent import portable
from nnspec.export.tflite.target import trace

LENGTH = 6  # of sequences that vary
WIDE = (INTERPRETER, WITHOUT_XNNPACK, COMPILED_MODEL)
FORMS = (("none", "while", WIDE), ("none", "unrolled", WIDE), ("none", "micro", (MICRO,)), ("int8", "unrolled", WIDE))

FORMS_OF_PHONES = tuple(form for form in FORMS if MICRO not in form[2])


def explored(seed: int, found: Path | None = None) -> tuple[list[str], Counter[str], Counter[str]]:
    """The findings of one network, what was passed or refused by form, and what it was made of."""
    keras.backend.clear_session()
    draw = Draw(seed)
    model = draw.model()
    made = (
        keras.Model({one.name: one for one in model.inputs}, model.outputs) if isinstance(model.input, list) else model
    )
    varies = any(None in one.shape[1:] for one in made.inputs)
    shapes = Shapes.of(made, LENGTH if varies else None)
    real = list(shapes.rows({name: draw.arrays[name][:4] for name in draw.inputs}, skip_misfits=True))
    cases = gate_cases(made, shapes, real)
    answers = memoized(cases, keras_run(made))
    findings: list[str] = []
    counts: Counter[str] = Counter()
    for quantize, to, runtimes in FORMS if find_spec("tflite_micro") else FORMS_OF_PHONES:
        form = f"{quantize} {to}"
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            try:
                path.write_bytes(content(made, shapes, real, quantize, to, Path(folder)))
            except ExportError as error:
                counts[f"{form}: refused"] += 1
                counts[f"refused: {str(error).rpartition(': ')[2][:60]}"] += 1
                continue
            except Exception as error:
                findings.append(f"{seed} {form}: no file: {' '.join(str(error).split())[:200]}")
                continue
            gpu = (COMPILED_MODEL_GPU,) if has_software_gpu() and MICRO not in runtimes else ()
            for runtime in (*runtimes, *gpu):
                told = difference(path, runtime, cases, answers, quantize)
                if runtime == MICRO and told.startswith("does not run"):  # it says so itself, and the gate asks it
                    counts[f"{form}: {runtime}: refused"] += 1
                    continue
                counts[f"{form}: {runtime}: {'differs' if told else 'passes'}"] += 1
                findings += [f"{seed} {form} {runtime}: {told}"] if told else []
                if told and found is not None:
                    (found / f"{seed}-{quantize}-{to}.tflite").write_bytes(path.read_bytes())
    return findings, counts, parts(draw)


def content(model: Any, shapes: Shapes, real: list[Batch], quantize: str, to: Any, folder: Path) -> bytes:
    """A file as the export makes it, without its gate, which these runs stand for."""
    with portable(model, to=to) as found:
        trace(model, shapes, folder / "trace", lambda features: call_by_name(model, features))
    refuse_impossible(quantize, found, model)  # type: ignore[arg-type]
    save_examples(real, folder / "examples.npz")
    made = repair(convert(Conversion(folder / "trace", quantize, folder / "examples.npz")))
    foreign = contents_of(made).custom_ops + contents_of(made).flex_ops
    if foreign:
        raise ValueError(f"{foreign} operations are not builtin")
    return made


def difference(path: Path, runtime: str, cases: list[Case], answers: Any, quantize: str) -> str:
    """Why a runtime's answers are not Keras's; empty where they are."""
    try:
        compared = compare(loaded(str(path), runtime), cases, answers)
    except Exception as error:
        return f"does not run: {' '.join(str(error).split())[:200]}"
    reasons = judge(compared, quantize, runtime).reasons
    loaded.cache_clear()
    return reasons[0] if reasons else ""


def parts(draw: Draw) -> Counter[str]:
    """Kinds, arguments with their values, and sequences of two kinds: what COMET counts of such fuzzers."""
    kinds = {entry.name: entry.kind.name for entry in draw.entries}
    met: Counter[str] = Counter(f"kind {kind}" for kind in kinds.values())
    for entry in draw.entries:
        met.update(
            f"argument {entry.kind.name}.{name}={value}" for name, value in entry.kind.args.items() if _plain(value)
        )
        met.update(f"sequence {kinds[one]} {entry.kind.name}" for one in entry.parents if one in kinds)
    return met


def _plain(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)


def main(arguments: list[str]) -> int:
    options = dict(one.lstrip("-").split("=", 1) for one in arguments)
    first, runs = int(options.get("first", 0)), int(options.get("runs", 100))
    folder = Path(options["found"]) if "found" in options else None
    counts: Counter[str] = Counter()
    met: Counter[str] = Counter()
    begin, wrong = time.monotonic(), 0
    for seed in range(first, first + runs):
        findings, here, made = explored(seed, folder)
        counts += here
        met += made
        wrong += len(findings)
        for one in findings:
            print(one, flush=True)
    seconds = time.monotonic() - begin
    print(f"{runs} networks, {seconds / max(runs, 1):.1f} s each, {wrong} findings")
    print(*(f"  {count:5} {what}" for what, count in sorted(counts.items())), sep="\n")
    for word in ("kind", "argument", "sequence"):
        print(f"  {sum(one.startswith(word) for one in met):5} different: {word}")
    return int(wrong > 0)


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
