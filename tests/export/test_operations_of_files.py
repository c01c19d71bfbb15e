"""The operations that `nnspec.layers.operations` tells of a layer, against those of files that the converter writes.

``NNSPEC_FULL=1`` draws of every kind.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "layers"))
from layer_cases import CASES, Case, draw
from test_oracle import call, make, specs, with_defaults

from nnspec.backend.signature import call_by_name
from nnspec.export.examples import Shapes
from nnspec.export.quantize import save_examples
from nnspec.export.tflite.convert_worker import Conversion, convert
from nnspec.export.tflite.op_counts import contents_of
from nnspec.export.tflite.recurrent import portable
from nnspec.export.tflite.target import trace
from nnspec.layers import KINDS
from nnspec.layers.operations import Form, UnknownOperations, operations_of
from nnspec.layers.rule import Call

pytestmark = pytest.mark.tf

NOBODYS = {"QUANTIZE", "DEQUANTIZE"}  # between whole numbers and floats
FEW = ("Conv1D", "SeparableConv2D", "Dense", "Embedding", "GRU", "LSTM", "MultiHeadAttention", "UpSampling2D", "Dot")
RANDOM = {kind for kind, record in KINDS.items() if record.draws is True}  # images and sounds: nothing at inference
TEXTS = {kind for kind, record in KINDS.items() if record.mobile.instead is not None}
DRAWS = 60  # of which the legal ones of fixed sizes in float32 are taken


def model_of(case: Case) -> Any:
    """A network of this one layer, or None where there is none."""
    fixed = case.inputs and all(None not in shape for shape, _ in case.inputs)
    if not fixed or case.args.get("dtype") not in (None, "float32") or case.args.get("stateful"):
        return None
    try:
        inputs = [keras.Input(shape, dtype=kind, name=f"in{i}") for i, (shape, kind) in enumerate(case.inputs)]
        found = keras.tree.flatten(call(make(case.kind, case.args), case, inputs))
        return keras.Model(inputs, {f"out{i}": keras.layers.Identity(name=f"out{i}")(f) for i, f in enumerate(found)})
    except Exception:
        return None


def operations_in_file(model: Any, case: Case, folder: Path, *, fused: bool, whole: bool) -> set[str] | None:
    """What the converter makes of it; None where it makes no file, or no whole numbers of a loop."""
    generator = np.random.default_rng(0)
    try:
        with portable(model, to="fused" if fused else "while") as found:
            trace(model, Shapes.of(model, None), folder / "trace", lambda features: call_by_name(model, features))
        if whole and found.loops:
            return None
        if whole:
            shapes = [(f"in{i}", shape, kind) for i, (shape, kind) in enumerate(case.inputs)]
            rows = [{n: generator.normal(0, 2, (1, *s)).astype(k) for n, s, k in shapes} for _ in range(3)]
            save_examples(rows, folder / "examples.npz")
        job = Conversion(folder / "trace", "int8" if whole else "none", folder / "examples.npz" if whole else None)
        return set(contents_of(convert(job)).ops) - NOBODYS
    except Exception:
        return None


def told(case: Case, fused: bool) -> frozenset[str]:
    made = Call(case.kind, with_defaults(case.kind, case.args), tuple(specs(case)), case.call, KINDS)
    return operations_of(made, Form("fused" if fused else "while"))


def compare(case: Case, folder: Path, *, fused: bool, whole: bool) -> bool:
    model = model_of(case)
    found = None if model is None else operations_in_file(model, case, folder, fused=fused, whole=whole)
    if found is None:
        return False
    try:
        assert found <= told(case, fused), f"{case}: {sorted(found - told(case, fused))} are not told"
    except UnknownOperations:
        return False
    return True


@pytest.mark.parametrize("kind", FEW)
def test_a_file_holds_no_operation_that_is_not_told(kind: str, tmp_path: Path) -> None:
    assert any(compare(draw(kind, index), tmp_path, fused=False, whole=False) for index in range(DRAWS))


def test_the_fused_kernel_is_told(tmp_path: Path) -> None:
    case = Case("LSTM", {"units": 3, "return_sequences": True}, [((5, 2), "float32")])
    assert compare(case, tmp_path, fused=True, whole=False)
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in told(case, True) and "WHILE" in told(case, False)


@pytest.mark.proof
@pytest.mark.parametrize("kind", sorted(set(CASES) - RANDOM - TEXTS))
def test_of_every_kind(kind: str, tmp_path: Path) -> None:
    made = 0
    for index in range(DRAWS):
        for place, (fused, whole) in enumerate(((False, False), (True, False), (True, True))):
            made += compare(draw(kind, index), tmp_path / f"{index}.{place}", fused=fused, whole=whole)
        if made >= 12:
            break
