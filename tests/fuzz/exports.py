"""Random networks, exported in every form and run in every runtime, against Keras, on real and on extreme inputs.

    python tests/fuzz/exports.py [-networks=small] [-first=0] [-runs=100] [-found=FOLDER]

`small` networks are those of ``small_networks.py``: one layer to three, of all kinds and arguments, in float and one
more form each; eight of them are one file. `whole` ones are those of ``tests/training/random_networks.py`` in every form: images, sequences and
tables of random layers and arguments. A file that differs from Keras by more than the gate allows is a finding, as is
one that a runtime does not run; refusals by name are counted. Seed, form and words of each finding are printed; the
counts of kinds, arguments and sequences of two kinds that were met, at the end. The networks run in processes of their
own, eighty one after the other: one that dies is a finding, too.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "training"))
from random_networks import Draw
from small_networks import KINDS_DRAWN, Small

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
from nnspec.export.gate.verify import Comparison, answerable, compare, judge, memoized
from nnspec.export.quantize import refuse_impossible, save_examples
from nnspec.export.tflite.convert_worker import Conversion, convert
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.op_counts import contents_of
from nnspec.export.tflite.recurrent import portable
from nnspec.export.tflite.target import _refuse_layers, trace

LENGTH = 6  # of sequences that vary
WIDE = (INTERPRETER, WITHOUT_XNNPACK, COMPILED_MODEL)
FORMS = (("none", "while", WIDE), ("none", "unrolled", WIDE), ("none", "micro", (MICRO,)), ("int8", "unrolled", WIDE))

OTHERS = (  # of small networks: one in turn, beside the first of FORMS
    FORMS[1],
    FORMS[2],
    ("dynamic", "while", WIDE),
    ("float16", "while", (INTERPRETER, COMPILED_MODEL)),
    FORMS[3],
    ("int8", "micro", (MICRO,)),
    ("int16x8", "unrolled", (INTERPRETER,)),
)
AT_ONCE = 80  # networks in one process: the converter keeps memory
TOGETHER = 8  # small networks in one file
Form = tuple[str, str, tuple[str, ...]]


def explored(seed: int, found: Path | None = None) -> tuple[list[str], Counter[str], Counter[str]]:
    """The findings of one whole network, what was passed or refused by form, and what it was made of."""
    draw = Draw(seed)
    model = draw.model()
    made = (
        keras.Model({one.name: one for one in model.inputs}, model.outputs) if isinstance(model.input, list) else model
    )
    shapes = _shapes(made)
    real = list(shapes.rows({name: draw.arrays[name][:4] for name in draw.inputs}, skip_misfits=True))
    return *tried(seed, made, shapes, real, FORMS, found), parts(draw)


def explored_small(seeds: Sequence[int], found: Path | None = None) -> tuple[list[str], Counter[str], Counter[str]]:
    """As `explored`, of small networks in float and one more form; findings name the kinds.

    A file costs about the same for eight networks of three layers as for one: they are tried as one model, each judged
    by its own outputs. What differs, is refused or has no file is tried again in halves, down to a network alone, of
    which the words are.
    """
    networks = [_drawn(seed) for seed in seeds]
    turn = OTHERS[seeds[0] // TOGETHER % len(OTHERS)]
    findings: list[str] = []
    counts: Counter[str] = Counter()
    for form in (FORMS[0], turn):
        told, counted = _together(networks, form, found)
        findings += told
        counts += counted
    return findings, counts, sum((one.draw.met for one in networks), Counter())


@dataclass(frozen=True)
class _Network:
    draw: Small
    shapes: Shapes
    cases: list[Case]
    real: list[Batch]
    answers: Callable[[Batch], Batch]


def _drawn(seed: int) -> _Network:
    draw = Small(seed, f"n{seed}_")
    shapes = _shapes(draw.model)
    cases, run, _ = answerable(gate_cases(draw.model, shapes, []), keras_run(draw.model))
    real = [case.features for case in cases if case.kind == "random"]
    return _Network(draw, shapes, cases, real, memoized(cases, run))


def _together(networks: list[_Network], form: Form, found: Path | None) -> tuple[list[str], Counter[str]]:
    """As `tried`, of networks as one file where that goes."""
    if not networks:
        return [], Counter()
    if len(networks) > 1 and MICRO not in form[2]:
        counts = Counter[str]()
        try:
            wrong = _as_one(networks, form, counts)
        except Exception:  # the halves tell which it is
            middle = len(networks) // 2
            one, two = (_together(half, form, found) for half in (networks[:middle], networks[middle:]))
            return one[0] + two[0], one[1] + two[1]
        alone = _each(wrong, form, found)
        return alone[0], counts + alone[1]
    return _each(networks, form, found)


def _each(networks: list[_Network], form: Form, found: Path | None) -> tuple[list[str], Counter[str]]:
    findings: list[str] = []
    counts: Counter[str] = Counter()
    for one in networks:
        told, counted = tried(one.draw.seed, one.draw.model, one.shapes, one.real, [form], found)
        findings += [f"{line} [{', '.join(one.draw.layers)}]" for line in told]
        counts += counted
    return findings, counts


def _as_one(networks: list[_Network], form: Form, counts: Counter[str]) -> list[_Network]:
    """The networks of which a runtime gives other answers; the others are counted."""
    quantize, to, runtimes = form
    models = [one.draw.model for one in networks]
    inputs = {one.name: one for model in models for one in model.inputs}
    outputs = {name: one for model in models for name, one in zip(model.output_names, model.outputs, strict=True)}
    whole = keras.Model(inputs, outputs)
    shapes = _shapes(whole)
    real = [_joined([one.real[number] for one in networks]) for number in range(2)]
    wrong: dict[int, _Network] = {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content(whole, shapes, real, quantize, to, Path(folder)))
        for runtime in (*runtimes, *((COMPILED_MODEL_GPU,) if has_software_gpu() else ())):
            run = loaded(str(path), runtime)
            most = max(len(one.cases) for one in networks)
            rows = [[one.cases[min(number, len(one.cases) - 1)].features for one in networks] for number in range(most)]
            twice = [(run(_joined(row)), run(_joined(row))) for row in rows]
            loaded.cache_clear()
            for one in networks:
                compared = [
                    Comparison(case, one.answers(case.features), _own(one, made), _own(one, again))
                    for case, (made, again) in zip(one.cases, twice, strict=False)
                ]
                if judge(compared, quantize, runtime).reasons:
                    wrong[one.draw.seed] = one
    sound = len(networks) - len(wrong)
    counts.update({f"{quantize} {to}: {runtime}: passes": sound for runtime in runtimes if sound})
    return list(wrong.values())


def _joined(batches: list[Batch]) -> Batch:
    return {name: value for batch in batches for name, value in batch.items()}


def _own(network: _Network, outputs: Batch) -> Batch:
    return {name: outputs[name] for name in network.draw.model.output_names}


def _shapes(model: Any) -> Shapes:
    varies = any(None in one.shape[1:] for one in model.inputs)
    return Shapes.of(model, LENGTH if varies else None)


def tried(
    seed: int, model: Any, shapes: Shapes, real: list[Batch], forms: Sequence[Form], found: Path | None
) -> tuple[list[str], Counter[str]]:
    """What differs or does not run of a network, and what was passed or refused, by form."""
    cases, run, _ = answerable(gate_cases(model, shapes, real), keras_run(model))
    answers = memoized(cases, run)
    findings: list[str] = []
    counts: Counter[str] = Counter()
    for quantize, to, runtimes in forms:
        if MICRO in runtimes and not find_spec("tflite_micro"):
            continue
        form = f"{quantize} {to}"
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            try:
                path.write_bytes(content(model, shapes, real, quantize, to, Path(folder)))
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
                if runtime in (MICRO, COMPILED_MODEL_GPU) and told.startswith("does not run"):  # they say so themselves
                    counts[f"{form}: {runtime}: refused"] += 1
                    continue
                counts[f"{form}: {runtime}: {'differs' if told else 'passes'}"] += 1
                findings += [f"{seed} {form} {runtime}: {told}"] if told else []
                if told and found is not None:
                    (found / f"{seed}-{quantize}-{to}.tflite").write_bytes(path.read_bytes())
    return findings, counts


def content(model: Any, shapes: Shapes, real: list[Batch], quantize: str, to: Any, folder: Path) -> bytes:
    """A file as the export makes it, without its gate, which these runs stand for."""
    _refuse_layers(model)
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


def work(networks: str, first: int, last: int, together: int, found: Path | None) -> None:
    """A process that explores: the seed before each network or eight, what came of it after, as lines of JSON."""
    gc.freeze()  # what TensorFlow has loaded is not looked through at each conversion
    for seed in range(first, last, together):
        print(json.dumps({"seed": seed}), flush=True)
        keras.backend.clear_session()
        seeds = range(seed, min(seed + together, last))
        findings, counts, met = explored_small(seeds, found) if networks == "small" else explored(seed, found)
        print(json.dumps({"findings": findings, "counts": counts, "met": met}), flush=True)


def main(arguments: list[str]) -> int:
    options = dict(one.lstrip("-").split("=", 1) for one in arguments)
    networks, first, runs = (
        options.get("networks", "small"),
        int(options.get("first", 0)),
        int(options.get("runs", 100)),
    )
    folder = Path(options["found"]) if "found" in options else None
    together = int(options.get("together", TOGETHER if networks == "small" else 1))
    if "last" in options:
        work(networks, first, int(options["last"]), together, folder)
        return 0
    counts: Counter[str] = Counter()
    met: Counter[str] = Counter()
    begin, wrong, seed, last = time.monotonic(), 0, first, first + runs
    while seed < last:
        ends = min(seed + AT_ONCE, last)
        command = [sys.executable, __file__, *arguments, f"-first={seed}", f"-last={ends}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if not line.startswith("{"):
                    continue
                told = json.loads(line)
                seed = told.get("seed", seed)
                for one in told.get("findings", ()):
                    wrong += 1
                    print(one, flush=True)
                counts.update(told.get("counts", {}))
                met.update(told.get("met", {}))
        if process.returncode:
            wrong += 1
            print(f"{seed}: the process died with {process.returncode}", flush=True)
        seed = seed + together if process.returncode else ends
    seconds = time.monotonic() - begin
    print(f"{runs} networks, {seconds / max(runs, 1):.1f} s each, {wrong} findings")
    print(*(f"  {count:5} {what}" for what, count in sorted(counts.items())), sep="\n")
    drawn = {"kind": f" of {len(KINDS_DRAWN)}"} if networks == "small" else {}
    for word in ("kind", "argument", "sequence"):
        print(f"  {sum(one.startswith(word) for one in met):5}{drawn.get(word, '')} different: {word}")
    return int(wrong > 0)


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
