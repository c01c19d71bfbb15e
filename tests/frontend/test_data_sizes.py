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
    (error,) = check(path).diagnostics
    assert (error.code, error.message) == ("E0404", "these data do not tell `data.channels`")
    assert error.hint == "they tell features (6), targets (1)" and error.span is not None and error.span.line == 6


@pytest.mark.parametrize(
    ("source", "size", "told"),
    [
        ("{Csv: {path: t.csv, target: y}}", "classes", "features (5), targets (1)"),
        ("{Csv: {path: t.csv, target: kind}}", "vocabulary_size", "classes (3), features (3)"),
        ("{Csv: {path: t.csv, target: y, features: [a, y], window: {length: 4, horizon: 3}}}", "targets", "3"),
        ("{Csv: {path: t.csv, target: [y, a], features: [b]}}", "targets", "2"),
        ("{Table: {path: t.csv, inputs: {a: {}}, targets: {b: {columns: [y, b]}}}}", "targets", "2"),
        ("{Table: {path: t.csv, inputs: {a: {}}, targets: {kind: {type: labels}}}}", "targets", "3"),
        (
            "{Table: {path: t.csv, inputs: {t: {column: kind, type: text}}, targets: {y: {}}}}",
            "length",
            "targets (1); w",
        ),
    ],
)
def test_what_sources_tell(tmp_path: Path, source: str, size: str, told: str) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    found = check(write(tmp_path, "[2]", f"$data.{size}", source))
    hints = [error.hint or "" for error in found.diagnostics if error.code == "E0404"]
    if told.isdecimal():
        assert not hints and found.spec is not None and found.spec.param_count == 3 * int(told)
    else:
        assert len(hints) == 1 and told in hints[0]


def test_a_name_that_no_data_have(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    (error,) = check(write(tmp_path, "[2]", "$data.width", "{Csv: {path: t.csv, target: y}}")).diagnostics
    assert error.hint == (
        "there are classes, vocabulary_size, alphabet_size, features, channels, length, sample_rate, targets"
    )
