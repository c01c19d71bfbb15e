"""`$data.features` and its like: sizes that the inputs of the data tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.data.protocol import Columns, Facts
from nnspec.data.table import FeatureSpec
from nnspec.frontend.pipeline import check

SPEC = """
nnspec: 1
name: sized
inputs: {x: SHAPE}
layers:
  - Dense: {units: UNITS}
data: {source: SOURCE}
"""
TABLE = "a,b,kind,y\n" + "".join(f"{n / 2},{n * 2},{'xyz'[n % 3]},{n / 4}\n" for n in range(12))


def write(folder: Path, shape: str, units: str, source: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(SPEC.replace("SHAPE", shape).replace("UNITS", units).replace("SOURCE", source))
    return path


@pytest.mark.parametrize(
    ("shape", "dtype", "features", "channels", "length"),
    [
        ((7,), "float32", 7, None, None),
        ((24, 3), "float32", 3, 3, 24),
        ((None, 3), "float32", 3, 3, None),
        ((28, 20, 1), "float32", None, 1, None),
        ((8, 28, 20, 3), "float32", None, 3, None),
        ((50,), "int32", None, None, 50),
        ((None,), "int32", None, None, None),
        ((), "int32", None, None, None),
    ],
)
def test_what_an_input_tells(
    shape: tuple[int | None, ...], dtype: str, features: int | None, channels: int | None, length: int | None
) -> None:
    facts = Facts(columns=Columns({"x": FeatureSpec(shape, dtype)}, {}))
    assert (facts.features, facts.channels, facts.length) == (features, channels, length)


def test_inputs_must_agree() -> None:
    both = {"image": FeatureSpec((8, 8, 3), "float32"), "row": FeatureSpec((5,), "float32")}
    facts = Facts(columns=Columns(both, {}))
    assert (facts.features, facts.channels) == (5, 3), "each is told by one of them"
    facts = Facts(columns=Columns({**both, "other": FeatureSpec((8, 8, 1), "float32")}, {}))
    assert facts.channels is None


def test_the_input_follows_the_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    path = write(tmp_path, "[$data.features]", "$(2 * data.features)", "{Csv: {path: t.csv, target: y}}")
    found = check(path)
    assert found.spec is not None and not [one for one in found.diagnostics if one.severity == "error"]
    assert found.spec.graph.inputs[0].shape == (5,)
    assert found.spec.param_count == 5 * 10 + 10


def test_without_the_data_the_sizes_are_open(tmp_path: Path) -> None:
    """A size that is one number for all examples is no reason to refuse weights, though it is not known yet."""
    path = write(tmp_path, "[$data.features]", "$(2 * data.features)", "{Csv: {path: none.csv, target: y}}")
    found = check(path)
    assert [one.code for one in found.diagnostics] == ["W0701"]
    assert "`$data.features` cannot be told" in found.diagnostics[0].message


def test_a_size_that_the_data_do_not_have(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 6), np.float32), y=np.zeros(4, np.float32))
    path = write(tmp_path, "[6]", "$data.channels", "{Arrays: d.npz}")
    assert any("the data do not have it" in one.message for one in check(path).diagnostics)
