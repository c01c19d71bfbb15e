"""Random networks, exported in every form and run in every runtime, against Keras, on real and on extreme inputs.

    python tests/fuzz/exports.py [-networks=small] [-forms=float] [-first=0] [-runs=100] [-seconds=SECONDS]
        [-together=8] [-found=FOLDER]

`small` networks are those of ``small_networks.py``: one layer to three, of all kinds and arguments, in float and,
without `-forms=float`, one more form each; eight of them, or `-together`, are one file. `whole` ones are those of
``tests/training/random_networks.py`` in every form: images, sequences and tables of random layers and arguments.
`-seconds` ends the run at the first process that ends after so many.

A float file that differs from Keras by more than the gate allows is a finding, as is one that a runtime does not run.
A quantized one that is off in every runtime is one that the gate keeps back, which is counted; where runtimes differ it
is a finding. Refusals by name are counted. Seed, form and words of each finding are printed, and at the end
what was covered (``covered.py``). The files of small networks run by LiteRT.js, too, where Chromium is here and
NNSPEC_LITERT names its package: those of one process in one page.

The networks run in processes of their own, two hundred one after the other: one that dies is a finding, too.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "training"))
from covered import report
from in_litert_js import Page, Part, has_browser, joined
from random_networks import Draw
from small_networks import KINDS_DRAWN, NOT_DRAWN, Small

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
    Program,
    has_software_gpu,
)
from nnspec.export.gate.verify import Comparison, answerable, compare, judge, memoized
from nnspec.export.quantize import refuse_impossible, save_examples
from nnspec.export.subprocesses import Worker, WorkerDied, WorkerError
from nnspec.export.tflite.convert_worker import Conversion, convert
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.keep_float import keep_float
from nnspec.export.tflite.op_counts import contents_of
from nnspec.export.tflite.recurrent import portable
from nnspec.export.tflite.target import _exact, _refuse_layers, trace
from nnspec.layers.portable import ACTIVATIONS

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
AT_ONCE = 200  # networks in one process: the converter keeps memory
TOGETHER = 8  # small networks in one file
TIMEOUT = 120.0  # seconds for a conversion
Form = tuple[str, str, tuple[str, ...]]
Told = tuple[list[str], Counter[str]]  # findings, and what was passed or refused by form


@dataclass(frozen=True)
class Network:
    """A network as it is tried.

    Attributes:
        label: what findings begin with.
        made_of: its kinds, for findings; empty for a whole network.
    """

    label: str
    model: Any
    shapes: Shapes
    cases: list[Case]
    real: list[Batch]
    answers: Callable[[Batch], Batch]
    made_of: str = ""

    @staticmethod
    def of(label: str, model: Any, real: Callable[[Shapes], list[Batch]] | None, made_of: str = "") -> Network:
        """Raises ExportError where Keras answers none of the gate's inputs."""
        varies = any(None in one.shape[1:] for one in model.inputs)
        shapes = Shapes.of(model, LENGTH if varies else None)
        given = [] if real is None else real(shapes)
        cases, run, _ = answerable(gate_cases(model, shapes, given), keras_run(model))
        if any(value.size == 0 for case in cases for value in run(case.features).values()):
            raise ExportError(f"nothing comes of a length of {LENGTH}")
        random = [case.features for case in cases if case.kind == "random"]
        return Network(label, model, shapes, cases, given or random, memoized(cases, run), made_of)

    @property
    def part(self) -> Part:
        return Part(self.label, self.cases, self.answers)


@dataclass
class Trial:
    """Files of networks, made and run; what waits for a browser is kept in `page`."""

    found: Path | None = None
    page: Page | None = None
    others: tuple[Form, ...] = OTHERS

    def whole(self, seed: int) -> tuple[list[str], Counter[str], Counter[str]]:
        """The findings of one whole network, what was passed or refused by form, and what it was made of."""
        draw = Draw(seed)
        model = draw.model()
        made = (
            keras.Model({one.name: one for one in model.inputs}, model.outputs)
            if isinstance(model.input, list)
            else model
        )
        first = {name: draw.arrays[name][:4] for name in draw.inputs}
        network = Network.of(str(seed), made, lambda shapes: list(shapes.rows(first, skip_misfits=True)))
        findings, counts = _sum(self._alone(network, form) for form in FORMS)
        return findings, counts, parts(draw)

    def small(self, seeds: Sequence[int]) -> tuple[list[str], Counter[str], Counter[str]]:
        """As `whole`, of small networks in float and one more form; findings name the kinds.

        A file costs about the same for eight networks of three layers as for one: they are tried as one model, each
        judged by its own outputs. What differs, is refused or has no file is tried again in halves, down to a network
        alone, of which the words are.
        """
        networks, met, counts = [], Counter[str](), Counter[str]()
        for seed in seeds:
            draw = Small(seed, f"n{seed}_")
            met += draw.met
            try:
                networks.append(Network.of(str(seed), draw.model, None, ", ".join(draw.layers)))
            except ExportError as error:
                counts[f"refused: {str(error)[:60]}"] += 1
        turn = [self.others[seeds[0] // TOGETHER % len(self.others)]] if self.others else []
        findings, counted = _sum(self._together(networks, form) for form in (FORMS[0], *turn))
        return findings, counts + counted, met

    def _together(self, networks: list[Network], form: Form) -> Told:
        """What comes of networks as one file where that goes."""
        if MICRO in form[2]:
            return _sum(self._alone(one, form) for one in networks) if find_spec("tflite_micro") else _sum(())
        able, refused = _able(networks, form)
        if len(able) < 2:
            alone = [self._alone(one, form) for one in able]
        else:
            try:
                alone = [self._as_one(able, form)]
            except Exception:  # the halves tell which it is
                middle = len(able) // 2
                alone = [self._together(half, form) for half in (able[:middle], able[middle:])]
        return _sum([([], refused), *alone])

    def _as_one(self, networks: list[Network], form: Form) -> Told:
        """Networks in one file; those of which a runtime gives other answers are tried again alone."""
        quantize, to, runtimes = form
        models = [one.model for one in networks]
        inputs = {one.name: one for model in models for one in model.inputs}
        outputs = {name: one for model in models for name, one in zip(model.output_names, model.outputs, strict=True)}
        whole = keras.Model(inputs, outputs)
        least = min(len(one.real) for one in networks)
        real = [_joined([one.real[number] for one in networks]) for number in range(least)]
        rows, wrong = joined([one.part for one in networks]), set[str]()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            shapes = Shapes.of(whole, LENGTH if any(None in one.shape[1:] for one in whole.inputs) else None)
            path.write_bytes(content(whole, shapes, real, quantize, to, Path(folder)))
            for runtime in _everywhere(runtimes):
                run = loaded(str(path), runtime)
                twice = [(run(row), run(row)) for row in rows]
                loaded.cache_clear()
                wrong |= {one.label for one in networks if _is_off(one, twice, quantize, runtime)}
            sound = [one for one in networks if one.label not in wrong]
            if self.page is not None and not wrong:
                self.page.keep(path.read_bytes(), quantize, to, [one.part for one in networks])
        passed = Counter({f"{quantize} {to}: {runtime}: passes": len(sound) for runtime in runtimes if sound})
        return _sum([([], passed), *(self._alone(one, form) for one in networks if one.label in wrong)])

    def _alone(self, network: Network, form: Form) -> Told:
        """What differs or does not run of one network, and what was passed or refused."""
        quantize, to, runtimes = form
        if MICRO in runtimes and not find_spec("tflite_micro"):
            return _sum(())
        name, counts = f"{quantize} {to}", Counter[str]()
        label = f"{network.label} {name}"
        of = f" [{network.made_of}]" if network.made_of else ""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            try:
                path.write_bytes(content(network.model, network.shapes, network.real, quantize, to, Path(folder)))
            except ExportError as error:
                counts[f"{name}: refused"] += 1
                counts[f"refused: {str(error).rpartition(': ')[2][:60]}"] += 1
                return [], counts
            except Exception as error:
                return [f"{label}: no file: {' '.join(str(error).split())[:200]}{of}"], counts
            off: dict[str, str] = {}
            for runtime in _everywhere(runtimes):
                told = difference(path, runtime, network.cases, network.answers, quantize)
                says_so = told.startswith("does not run") and "the runtime died" not in told
                if runtime in (MICRO, COMPILED_MODEL_GPU) and says_so:
                    counts[f"{name}: {runtime}: refused"] += 1
                    continue
                counts[f"{name}: {runtime}: {'differs' if told else 'passes'}"] += 1
                off |= {runtime: told} if told else {}
            if quantize != "none" and set(off) >= set(runtimes):
                counts[f"{name}: kept back by the gate, off in each runtime"] += 1
                return [], counts
            if off and self.found is not None:
                (self.found / f"{network.label}-{quantize}-{to}.tflite").write_bytes(path.read_bytes())
            if self.page is not None and not off and MICRO not in runtimes:
                self.page.keep(path.read_bytes(), quantize, to, [network.part])
        return [f"{label} {runtime}: {told}{of}" for runtime, told in off.items()], counts


def _sum(told: Iterable[Told]) -> Told:
    findings: list[str] = []
    counts: Counter[str] = Counter()
    for one, counted in told:
        findings += one
        counts += counted
    return findings, counts


def _able(networks: list[Network], form: Form) -> tuple[list[Network], Counter[str]]:
    """The networks that the export does not refuse for a layer's name, and what it says of the others."""
    able, counts = [], Counter[str]()
    for one in networks:
        try:
            _refuse_layers(one.model)
        except ExportError as error:
            counts[f"{form[0]} {form[1]}: refused"] += 1
            counts[f"refused: {str(error).rpartition(': ')[2][:60]}"] += 1
        else:
            able.append(one)
    return able, counts


def _everywhere(runtimes: tuple[str, ...]) -> tuple[str, ...]:
    return (*runtimes, COMPILED_MODEL_GPU) if has_software_gpu() and MICRO not in runtimes else runtimes


def _joined(batches: list[Batch]) -> Batch:
    return {name: value for batch in batches for name, value in batch.items()}


def _is_off(network: Network, twice: list[tuple[Batch, Batch]], quantize: str, runtime: str) -> bool:
    names = network.model.output_names
    compared = [
        Comparison(case, network.answers(case.features), *({name: one[name] for name in names} for one in both))
        for case, both in zip(network.cases, twice, strict=False)
    ]
    return bool(judge(compared, quantize, runtime).reasons)


@cache
def _converter() -> Worker:
    return Worker("nnspec.export.tflite.convert_worker", str(16 << 30))


def _converted(job: Conversion) -> bytes:
    """In a process that may die of it, where whole numbers are calibrated: there it does."""
    if job.quantize not in ACTIVATIONS:
        return convert(job)
    try:
        made: bytes = _converter().call(job, TIMEOUT)
    except WorkerDied as error:
        _converter.cache_clear()
        raise ExportError(f"the converter died: {error.how}") from error
    except WorkerError as error:  # a layer that it has no whole numbers for, which export tells in its words
        raise ExportError(f"the converter says: {error}") from error
    return made


def content(model: Any, shapes: Shapes, real: list[Batch], quantize: str, to: Any, folder: Path) -> bytes:
    """A file as the export makes it, without its gate, which these runs stand for."""
    _refuse_layers(model)
    with portable(model, to=to) as found:
        trace(model, shapes, folder / "trace", lambda features: call_by_name(model, features))
    refuse_impossible(quantize, found, model)  # type: ignore[arg-type]
    save_examples(real, folder / "examples.npz")
    written = _converted(Conversion(folder / "trace", quantize, folder / "examples.npz"))
    kept = list(_exact(model, quantize))
    if kept:
        plain = convert(Conversion(folder / "trace", "none"))
        written = keep_float(written, plain, kept, [layer.name for layer in model.layers])
    made = repair(written)
    foreign = contents_of(made).custom_ops + contents_of(made).flex_ops
    if foreign:
        raise ValueError(f"{foreign} operations are not builtin")
    return made


def difference(path: Path, runtime: str, cases: list[Case], answers: Any, quantize: str) -> str:
    """Why a runtime's answers are not Keras's; empty where they are."""
    try:
        if runtime == MICRO:  # it ends the process where it was not made for what it is given
            with Program(path, runtime) as program:
                compared = compare(program.run, cases, answers)
        else:
            compared = compare(loaded(str(path), runtime), cases, answers)
    except Exception as error:
        return f"does not run: {' '.join(str(error).split())[:200]}"
    reasons = judge(compared, quantize, runtime).reasons
    loaded.cache_clear()
    return reasons[0] if reasons else ""


def parts(draw: Draw) -> Counter[str]:
    """Kinds, arguments with their values, and sequences of two kinds."""
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


def work(networks: str, first: int, last: int, together: int, found: Path | None, others: tuple[Form, ...]) -> None:
    """A process that explores: the seed before each network or eight, what came of it after, as lines of JSON."""
    gc.freeze()  # what TensorFlow has loaded is not looked through at each conversion
    trial = Trial(found, Page() if networks == "small" and has_browser() else None, others)
    for seed in range(first, last, together):
        print(json.dumps({"seed": seed}), flush=True)
        keras.backend.clear_session()
        seeds = range(seed, min(seed + together, last))
        findings, counts, met = trial.small(seeds) if networks == "small" else trial.whole(seed)
        print(json.dumps({"findings": findings, "counts": counts, "met": met}), flush=True)
    if trial.page is not None:
        findings, counts = trial.page.judged()
        print(json.dumps({"findings": findings, "counts": counts}), flush=True)


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
        others = () if options.get("forms") == "float" else OTHERS
        work(networks, first, int(options["last"]), together, folder, others)
        return 0
    counts: Counter[str] = Counter()
    met: Counter[str] = Counter()
    begin, wrong, seed, last = time.monotonic(), 0, first, first + runs
    while seed < last and time.monotonic() - begin < float(options.get("seconds", "inf")):
        ends = min(seed + AT_ONCE, last)
        command = [sys.executable, __file__, *arguments, f"-first={seed}", f"-last={ends}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            said: deque[str] = deque(maxlen=1)
            reader = threading.Thread(target=said.extend, args=(process.stderr,))
            reader.start()
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
            reader.join()
        if process.returncode:
            wrong += 1
            print(f"{seed}: the process died with {process.returncode}: {''.join(said).strip()[:200]}", flush=True)
        seed = seed + together if process.returncode else ends
    _print(min(seed, last) - first, wrong, time.monotonic() - begin, counts)
    if networks == "small":
        print(*report(met, KINDS_DRAWN, NOT_DRAWN), sep="\n")
    return int(wrong > 0)


def _print(runs: int, wrong: int, seconds: float, counts: Counter[str]) -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    each = f"{seconds / max(runs, 1):.2f} s and {cpu / max(runs, 1):.2f} CPU s each"
    print(f"{runs} networks, {each}, {wrong} findings")
    print(*(f"  {count:6} {what}" for what, count in sorted(counts.items())), sep="\n")


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
