"""Whole numbers that float32 cannot tell from their neighbours are warned of, with array and value."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from nnspec.data.numbers import rounded
from nnspec.frontend.pipeline import check

BEYOND = 2**24 + 1


def test_numbers_are_rounded_as_numpy_rounds_them() -> None:
    draw = Random(0)
    numbers = [draw.choice((-1, 1)) * draw.randrange(2 ** draw.randint(1, 53)) for _ in range(500)]
    for number in [*numbers, BEYOND, BEYOND + 1, BEYOND + 2]:
        assert rounded(number, 24) == int(np.float32(number)), number
        assert rounded(number, 53) == number


@pytest.mark.parametrize(
    ("values", "dtype", "inputs", "warned"),
    [
        ([1, BEYOND], "int32", "{x: [1]}", True),
        ([1, BEYOND], "int32", "{x: {shape: [1], dtype: int32}}", False),
        ([1, BEYOND], "float64", "{x: [1]}", True),
        ([1, BEYOND], "float64", "{x: {shape: [1], dtype: float64}}", False),
        ([1, BEYOND - 1], "float64", "{x: [1]}", False),
        ([1, 1e9], "float64", "{x: [1]}", False),
        ([1, 1e9 + 0.5], "float64", "{x: [1]}", False),
        ([-1700000001, 3], "float64", "{x: [1]}", True),
        ([1, 2049], "float32", "{x: {shape: [1], dtype: float16}}", True),
    ],
)
def test_features(tmp_path: Path, values: list[float], dtype: str, inputs: str, warned: bool) -> None:
    np.savez(tmp_path / "d.npz", x=np.array([[value] for value in values] * 4, dtype), y=np.zeros(8, "float32"))
    found = warnings(tmp_path, inputs)
    assert len(found) == warned and all(
        "`x` holds" in text and str(int(max(values, key=abs))) in text for text in found
    )


def test_targets(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((8, 1)), y=np.array([BEYOND, 0] * 4, "float64"))
    (found,) = warnings(tmp_path, "{x: [1]}")
    assert found.startswith(f"`y` holds {BEYOND}, which float32 rounds to {BEYOND - 1}")


def test_weights_of_examples(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((8, 1)), y=np.zeros(8, "float32"), w=np.array([BEYOND, 1] * 4))
    (found,) = warnings(tmp_path, "{x: [1]}", ", weight: w")
    assert found.startswith(f"`the weight` holds {BEYOND}, which float32 rounds to {BEYOND - 1}")


def test_examples_that_count_nothing(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((8, 1)), y=np.zeros(8, "float32"), w=np.full(8, 1e-50))
    (found,) = warnings(tmp_path, "{x: [1]}", ", weight: w", code="W0730")
    assert found == "every example weighs 0, so that nothing is learnt"


@pytest.mark.parametrize(
    ("setting", "code", "told"),
    [
        ("train.class_weight={a: 1.0e+39}", "E0207", "`class_weight` of `a` is 1e+39, and float32 ends at 3.4e+38"),
        ("train.class_weight={a: .inf}", "E0207", "`class_weight` of `a` is inf"),
        (f"train.class_weight={{a: {BEYOND}}}", "W0729", f"{BEYOND}, which float32 rounds to {BEYOND - 1}"),
        ("train.class_weight={a: 1.0e-50}", "W0731", "is 1e-50, which is 0 in float32"),
        ("train.class_weight={a: 0.1}", None, ""),
        ("train.optimizer={Adam: {beta_1: 0.99999999999}}", "W0731", "`beta_1` is 0.99999999999, which is 1 in"),
        (
            "train.optimizer={SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 1.0e-50, decay_steps: 9}}}}",
            "W0731",
            "`initial_learning_rate` is 1e-50, which is 0",
        ),
        ("train.optimizer={Adam: {beta_2: 0.9999, epsilon: 1.0e-12}}", None, ""),
        ("layers.0.Dense.kernel_regularizer={L2: 1.0e-50}", "W0731", "`kernel_regularizer` of Dense is 1e-50, which"),
        ("layers.0.Dense.kernel_initializer={Constant: 1.0e+39}", "W0731", "is 1e+39, which is infinite in float32"),
    ],
)
def test_settings_that_float32_does_not_hold(tmp_path: Path, setting: str, code: str | None, told: str) -> None:
    (tmp_path / "net.yaml").write_text(
        "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: {units: 2, activation: softmax}}]\n"
        "data: {source: {Arrays: d.npz}, classes: [a, b]}\ntrain: {loss: SparseCategoricalCrossentropy}\n",
        encoding="utf-8",
    )
    found = check(tmp_path / "net.yaml", [setting], data=False).diagnostics
    assert [one.code for one in found] == ([] if code is None else [code])
    assert all(told in one.message for one in found)


def warnings(folder: Path, inputs: str, more: str = "", code: str = "W0729") -> list[str]:
    (folder / "net.yaml").write_text(
        f"nnspec: 1\ninputs: {inputs}\nlayers: [{{Dense: 1}}]\n"
        f"data: {{source: {{Arrays: {{path: d.npz, inputs: x, targets: y{more}}}}}}}\ntrain: {{loss: MeanSquaredError}}\n",
        encoding="utf-8",
    )
    found = check(folder / "net.yaml").diagnostics
    return [one.message for one in found if one.code == code]
