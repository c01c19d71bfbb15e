"""The gate's judgement on made-up outputs."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nnspec.backend.signature import Batch, Port, Run, Signature
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case, Shapes, gate_cases
from nnspec.export.gate.verify import Comparison, answerable, compare, judge, refuse_contents, signal_to_noise
from nnspec.export.tflite.op_counts import Contents

pytestmark = pytest.mark.tf

REFERENCE = np.linspace(-1, 1, 8, dtype=np.float32)


def compared(outputs: np.ndarray, again: np.ndarray | None = None, kind: str = "random") -> Comparison:
    case = Case("made up", kind, {"x": np.full(3, 100.0, np.float32)})  # type: ignore[arg-type]
    return Comparison(case, {"y": REFERENCE}, {"y": outputs}, {"y": outputs if again is None else again})


def test_equal_outputs_pass() -> None:
    verdict = judge([compared(REFERENCE)], "none", "here")
    assert verdict.reasons == ()
    assert verdict.max_abs_diff == 0


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (compared(REFERENCE + 1e-4), "0.0001 from Keras on made up"),
        (compared(REFERENCE, REFERENCE + 1e-7), "second run"),
        (compared(np.full_like(REFERENCE, np.nan)), "not finite"),
        (compared(REFERENCE[:-1]), "inf from Keras"),
        (compared(REFERENCE + 2e-3, kind="extreme"), "at most 0.001"),
    ],
)
def test_what_a_float_file_is_refused_for(item: Comparison, says: str) -> None:
    verdict = judge([compared(REFERENCE), item], "none", "here")
    assert any(says in reason and reason.startswith("here") for reason in verdict.reasons)


def test_rounding_may_grow_with_extreme_inputs() -> None:
    assert judge([compared(REFERENCE), compared(REFERENCE + 5e-4, kind="extreme")], "none", "here").reasons == ()


def test_an_extreme_input_that_keras_answers_by_its_last_bit_judges_by_that() -> None:
    """The logarithm of what rounding leaves of a constant: no file can agree on it, and a wrong one is still found."""
    case = Case("thousands", "extreme", {"x": np.full((1, 8), 1000.0, np.float32)})

    def keras_answers(features: Batch) -> Batch:
        return {"y": 1e3 * (features["x"] - 1000.0).max(axis=1)}  # 0, or 0.061 for the next number above

    def off_by(error: float) -> Run:
        return lambda features: {"y": keras_answers(features)["y"] + np.float32(error)}

    usual = compared(REFERENCE)
    within = judge([usual, *compare(off_by(0.3), [case], keras_answers)], "none", "here")
    assert within.reasons == () and "changes by 0.061 with the last bit" in within.notes[0]
    (reason,) = judge([usual, *compare(off_by(0.9), [case], keras_answers)], "none", "here").reasons
    assert "0.9 from Keras on thousands, at most 0.61 is allowed" in reason


def test_signal_to_noise_in_decibels() -> None:
    assert list(signal_to_noise([compared(REFERENCE * 1.1)]).values()) == [pytest.approx(20, abs=0.01)]
    assert list(signal_to_noise([compared(REFERENCE)]).values()) == [np.inf]


def test_a_small_output_is_judged_beside_a_large_one() -> None:
    reference = {"price": np.array([[10_000.0]], np.float32), "kind": np.array([[0.9, 0.1]], np.float32)}
    wrong = {**reference, "kind": reference["kind"][:, ::-1]}
    (reason,) = judge([Comparison(Case("made up", "real", {}), reference, wrong, wrong)], "int8", "here").reasons
    assert "of `kind`" in reason


@pytest.mark.parametrize(("error", "ok"), [(0.05, True), (0.5, False), (np.nan, False)])
def test_quantized_files_are_judged_on_real_examples(error: float, ok: bool) -> None:
    random, real = compared(REFERENCE * 3), compared(REFERENCE * np.float32(1 + error), kind="real")
    assert (judge([random, real], "int8", "here").reasons == ()) is ok


def test_foreign_operations_and_missing_kernels() -> None:
    contents = Contents({"FlexTensorListStack": 2, "MyOp": 1, "ADD": 1}, flex_ops=2, custom_ops=1, fused_rnn_ops=1)
    reasons = refuse_contents(contents, fused=2)
    assert len(reasons) == 3
    assert "FlexTensorListStack" in reasons[0]
    assert refuse_contents(Contents({"ADD": 1}, 0, 0, 0), fused=0) == []


@pytest.mark.parametrize(("kernel", "lengths"), [(1, {1, 2, 7, 32}), (5, {7, 32}), (40, {64})])
def test_a_file_is_tried_at_lengths_that_the_network_takes(kernel: int, lengths: set[int]) -> None:
    """One step is too short for a Conv1D whose kernel is longer: the export stopped there."""
    given = keras.Input((None, 2))
    found = keras.layers.Conv1D(2, kernel)(given)
    model = keras.Model(given, keras.layers.GlobalMaxPooling1D()(found))
    cases = gate_cases(model, Shapes.of(model, None), [])
    assert {value.shape[1] for case in cases for value in case.features.values()} == lengths


@pytest.mark.parametrize(("dtype", "value"), [("uint8", 7.5), ("uint8", 256.0), ("int32", 2**32 + 1), ("int32", 0.5)])
def test_a_value_that_an_input_cannot_hold_is_told(dtype: str, value: float) -> None:
    signature = Signature((Port("x", (2,), dtype),), ())
    shapes = Shapes(signature, None, pads=False)
    assert [row["x"].tolist() for row in shapes.rows({"x": np.array([[3.0, 4.0]])})] == [[[3, 4]]]
    with pytest.raises(ExportError, match=f"which {dtype} cannot hold"):
        list(shapes.rows({"x": np.array([[3, value]])}, skip_misfits=True))


def test_lengths_that_keras_refuses_are_told() -> None:
    """As a layer does whose frames are longer."""

    def too_short(features: Batch) -> Batch:
        raise ValueError("Negative dimension size")

    with pytest.raises(ExportError, match="refuses the inputs that the gate draws: random"):
        answerable([Case("random", "random", {"x": REFERENCE})], too_short)
