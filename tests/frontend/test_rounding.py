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


def warnings(folder: Path, inputs: str, more: str = "") -> list[str]:
    (folder / "net.yaml").write_text(
        f"nnspec: 1\ninputs: {inputs}\nlayers: [{{Dense: 1}}]\n"
        f"data: {{source: {{Arrays: {{path: d.npz, inputs: x, targets: y{more}}}}}}}\ntrain: {{loss: MeanSquaredError}}\n",
        encoding="utf-8",
    )
    found = check(folder / "net.yaml").diagnostics
    return [one.message for one in found if one.code == "W0729"]
