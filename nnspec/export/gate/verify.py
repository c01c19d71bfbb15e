"""The gate: an artifact is run, and compared with Keras, before it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from nnspec.backend.signature import Batch, Run
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case
from nnspec.export.gate.runtimes import COMPILED_MODEL_GPU, INTERPRETER, Program, RuntimeFailure
from nnspec.export.tflite.op_counts import Contents
from nnspec.export.tflite.streaming import Stream

# Float files: the largest difference from Keras, relative to the larger of 1 and the outputs' magnitude.
FLOAT_TOLERANCE = 1e-5
OF_WAVERING = 10  # a file rounds at each layer, of which the last bit of the input is one
NUDGES = 4
# Quantized files: signal to noise in dB over all ordinary outputs. A sound int8 LSTM has about 30, one with scales
# that disagree 9; float16 weights alone cost about 60.
SMALLEST_SNR = {"float16": 40.0, "int16x8": 30.0, "dynamic": 20.0, "int8": 15.0, "int8x4": 6.0, "int4": 6.0}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One case, run twice in one runtime, with Keras's answer.

    Attributes:
        wavering: how far Keras's own answer goes with the last bit of the input. It is asked of extreme inputs alone,
            and where the file is off: the logarithm of a spectrum of constants is one of rounding.
    """

    case: Case
    reference: Batch
    outputs: Batch
    again: Batch
    wavering: float = 0.0

    @property
    def difference(self) -> float:
        """The largest absolute difference from Keras; infinite where shapes differ or a value is not finite."""
        return max(_difference(self.outputs[name], self.reference[name]) for name in self.reference)

    @property
    def repeatable(self) -> bool:
        return all(np.array_equal(self.outputs[name], self.again[name], equal_nan=True) for name in self.outputs)

    @property
    def answered(self) -> bool:
        """Whether Keras's own outputs are finite; others can prove nothing."""
        return all(map(_is_finite, self.reference.values()))

    @property
    def finite(self) -> bool:
        return all(map(_is_finite, self.outputs.values()))

    @property
    def allowed(self) -> float:
        """A float file's tolerance for this case; on extreme inputs rounding grows with the input."""
        numbers = [value for value in self.reference.values() if value.dtype.kind != "O"]
        outputs = max([1.0, *(float(np.abs(value).max(initial=1.0)) for value in numbers)])
        inputs = self.case.magnitude if self.case.kind == "extreme" else 1.0
        return max(FLOAT_TOLERANCE * max(outputs, inputs), OF_WAVERING * self.wavering)


def _is_finite(value: np.ndarray) -> bool:
    return value.dtype.kind == "O" or bool(np.isfinite(value).all())


def _difference(value: np.ndarray, reference: np.ndarray) -> float:
    """Texts are the same or infinitely far away."""
    if value.dtype.kind == "O" or reference.dtype.kind == "O":
        return 0.0 if np.array_equal(value, reference) else float("inf")
    if value.shape != reference.shape or not np.isfinite(value).all():
        return float("inf")
    return float(np.abs(value.astype(np.float64) - reference).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found. `max_abs_diff` is over the ordinary cases, nan where none could be run.

    `notes` name the inputs that it was not judged on, since Keras itself answers them with nan or infinity.
    """

    max_abs_diff: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def refuse_contents(contents: Contents, fused: int) -> list[str]:
    """Reasons to refuse a .tflite file for what it holds: operations that are not builtin, kernels not fused."""
    reasons = contents.foreign()
    if contents.fused_rnn_ops != fused:
        reasons.append(f"holds {contents.fused_rnn_ops} fused recurrent kernels instead of {fused}")
    return reasons


def compare(run: Run, cases: Sequence[Case], reference: Run) -> list[Comparison]:
    """Runs each case twice in a row."""
    return [_compared(run, case, reference) for case in cases]


def _compared(run: Run, case: Case, reference: Run) -> Comparison:
    found = Comparison(case, reference(case.features), run(case.features), run(case.features))
    if case.kind != "extreme" or not found.answered or found.difference <= found.allowed:
        return found
    draw = np.random.default_rng(0)
    changes = [
        _difference(nudged[name], found.reference[name])
        for nudged in (reference(_nudged(case.features, draw)) for _ in range(NUDGES))
        for name in found.reference
    ]
    return replace(found, wavering=max(changes)) if np.isfinite(changes).all() else found


def _nudged(features: Batch, draw: np.random.Generator) -> Batch:
    """The next number above of about half of the numbers."""
    return {name: _raised(value, draw) if value.dtype.kind == "f" else value for name, value in features.items()}


def _raised(value: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    above = np.nextafter(value, np.asarray(np.inf, value.dtype))
    return np.where(draw.random(value.shape) < 0.5, above, value)


def judge(comparisons: Sequence[Comparison], quantize: str, where: str) -> Verdict:
    """Float files must agree with Keras on every case; quantized ones by signal to noise on ordinary cases.

    Where there are real examples, a quantized file is judged on them alone: its ranges are those of real data. An
    input that Keras itself answers with nan or infinity, such as a mean over padding alone, judges nothing, and is
    named in the notes; where no ordinary input is left, the file is refused.
    """
    unanswered = [item.case.label for item in comparisons if not item.answered]
    comparisons = [item for item in comparisons if item.answered]
    if all(item.case.kind == "extreme" for item in comparisons):
        return Verdict(float("nan"), (f"{where}: Keras answers none of the gate's inputs with finite numbers",))
    told = f"Keras itself gives no finite numbers for {', '.join(unanswered)}: the file is not judged on these inputs"
    reasons = [
        f"{where}: a second run of the same input ({item.case.label}) gives another output"
        for item in comparisons
        if not item.repeatable
    ]
    reasons += [f"{where}: not finite on {item.case.label}" for item in comparisons if not item.finite]
    ordinary = [item for item in comparisons if item.case.kind != "extreme"]
    if quantize == "none":
        reasons += [
            f"{where}: {item.difference:.2g} from Keras on {item.case.label}, at most {item.allowed:.2g} is allowed"
            for item in comparisons
            if item.difference > item.allowed
        ]
    else:
        ordinary = [item for item in ordinary if item.case.kind == "real"] or ordinary
        by_output = signal_to_noise(ordinary)
        name, noise = min(by_output.items(), key=lambda item: np.nan_to_num(item[1], nan=-np.inf, posinf=np.inf))
        if not noise >= SMALLEST_SNR[quantize]:
            of_it = f" of `{name}`" if len(by_output) > 1 else ""
            reasons.append(
                f"{where}: {noise:.0f} dB signal to noise{of_it} against Keras, {quantize} must keep "
                f"{SMALLEST_SNR[quantize]:.0f}"
            )
    largest = max(item.difference for item in ordinary)
    notes = [told] if unanswered else []
    notes += [
        f"Keras's own answer to {item.case.label} changes by {item.wavering:.2g} with the last bit of the input: "
        f"{item.allowed:.2g} is allowed there"
        for item in comparisons
        if item.wavering and quantize == "none"
    ]
    return Verdict(largest, tuple(reasons), tuple(notes))


def signal_to_noise(comparisons: Sequence[Comparison]) -> dict[str, float]:
    """By output decibels: the energy of Keras's values over that of the difference. Infinite if they are equal.

    Each output by itself: beside prices in thousands, probabilities that are all wrong would not show.
    """
    return {name: _decibels(comparisons, name) for name in comparisons[0].reference}


def _decibels(comparisons: Sequence[Comparison], name: str) -> float:
    signal = noise = 0.0
    for item in comparisons:
        reference = item.reference[name]
        if item.outputs[name].shape != reference.shape:
            return float("-inf")
        signal += float(np.square(reference, dtype=np.float64).sum())
        noise += float(np.square(item.outputs[name].astype(np.float64) - reference).sum())
    with np.errstate(divide="ignore"):
        return float("inf") if noise == 0 else float(10 * np.log10(signal / noise))


def verify_file(
    path: Path,
    quantize: str,
    runtimes: Sequence[str],
    cases: Sequence[Case],
    reference: Run,
    stream: Stream | None = None,
) -> tuple[Verdict, float | None]:
    """Runs a .tflite file in each runtime; the joined verdict, and the latency in ms of a typical case.

    A step model is fed whole sequences through its `stream`; its latency is that of one run.
    """
    known = memoized(cases, reference)
    worst, latency = float("nan"), None
    reasons: list[str] = []
    notes: dict[str, None] = {}
    for runtime in runtimes:
        try:
            with Program(path, runtime) as program:
                run = stream.through(program.run) if stream else program.run
                verdict = judge(compare(run, cases, known), quantize, runtime)
                if runtime == INTERPRETER:
                    typical = typical_case(cases)
                    latency = program.milliseconds(stream.first(typical) if stream else typical)
        except RuntimeFailure as failure:
            if runtime == COMPILED_MODEL_GPU:  # it says so itself: an app takes the CPU then
                notes[f"LiteRT does not run the file on a GPU: {failure}"] = None
            else:
                reasons.append(f"{runtime}: {failure}")
            continue
        worst = float(np.fmax(worst, verdict.max_abs_diff))
        reasons += verdict.reasons
        notes |= dict.fromkeys(verdict.notes)
    return Verdict(worst, tuple(reasons), tuple(notes)), latency


def typical_case(cases: Sequence[Case]) -> Batch:
    """A real example where there is one, else the largest random one."""
    real = [case.features for case in cases if case.kind == "real"]
    drawn = [case.features for case in cases if case.kind == "random"]
    return real[0] if real else max(drawn, key=lambda features: sum(value.size for value in features.values()))


def answerable(cases: Sequence[Case], reference: Run) -> tuple[list[Case], Run, tuple[str, ...]]:
    """The cases that Keras answers, its answers worked out once, and a remark on those that it refuses.

    A network that looks up what it has computed takes no number beyond its table, and the gate draws such numbers; a
    fixed length may be shorter than a frame of sound. Real examples have to be answered.

    Raises:
        ExportError: it answers none but extreme ones.
    """
    answers: dict[int, Batch] = {}
    refused: list[str] = []
    for case in cases:
        try:
            answers[id(case.features)] = reference(case.features)
        except (tf.errors.InvalidArgumentError, ValueError):
            if case.kind == "real":
                raise
            refused.append(case.label)
    left = [case for case in cases if id(case.features) in answers]
    if all(case.kind == "extreme" for case in left):
        hint = "a data section: its examples are looked at, too"
        raise ExportError(f"Keras refuses the inputs that the gate draws: {', '.join(refused)}", hint=hint)
    told = (f"Keras itself refuses {', '.join(refused)}: the file is not judged on these inputs",) if refused else ()
    return left, lambda features: answers[id(features)] if id(features) in answers else reference(features), told


def memoized(cases: Sequence[Case], reference: Run) -> Callable[[Batch], Batch]:
    """Keras's answers, those to the cases worked out once for all runtimes."""
    answers = {id(case.features): reference(case.features) for case in cases}
    return lambda features: answers[id(features)] if id(features) in answers else reference(features)
