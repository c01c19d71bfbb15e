"""A plugin's layer without a record works as before; with one, `check` knows of it what it knows of Keras's kinds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

RECORD = """
from nnspec.layers import Call, Facts, LayerKind
from nnspec.layers.fields import pointwise
from nnspec.layers.masks import dropped


def rule(call: Call) -> Facts:
    *rest, features = call.at_least(2)
    return Facts((call.output(*rest, features * call.size("times")),))


SPREAD = LayerKind(
    says="Repeats the features.", family="reshaping", rule=rule, mask=dropped, field=pointwise, draws=("noise",)
)
WRONG = 3


def failing(call: Call) -> Facts:
    return Facts((call.output((*call.at_least(2), 3)),))


FAILING = LayerKind(rule=failing)
"""
SPEC = """nnspec: 1
requires: spreading
inputs: {words: {shape: [20], dtype: int32}}
layers:
  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}
  - Spread: {times: 3}
  - LSTM: 4
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that offers a layer; its record is offered by whoever writes it into the entry points."""
    (tmp_path / "spreading_records.py").write_text(RECORD)
    info = tmp_path / "spreading-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spreading\nVersion: 1.0\n")
    offer(info, "")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "spreading_records", raising=False)
    return info


def offer(info: Path, record: str) -> None:
    (info / "entry_points.txt").write_text("[nnspec.layers]\nSpread = spreading:Spread\n" + record)


def spec(folder: Path, text: str = SPEC) -> Path:
    path = folder / "spec.yaml"
    path.write_text(text)
    return path


def test_a_plugin_without_a_record_is_unknown_and_fine(package: Path, tmp_path: Path) -> None:
    checked = check(spec(tmp_path))
    assert checked.ok and checked.diagnostics == () and checked.spec is not None
    assert checked.spec.facts["spread"].outputs is None


def test_a_record_brings_shapes_and_what_becomes_of_masks(package: Path, tmp_path: Path) -> None:
    offer(package, "[nnspec.layer_kinds]\nSpread = spreading_records:SPREAD\n")
    checked = check(spec(tmp_path), trusted=True)
    assert checked.spec is not None
    outputs = checked.spec.facts["spread"].outputs
    assert outputs is not None and outputs[0].shape[1:] == (20, 24)
    assert checked.spec.facts["lstm"].params == 4 * (24 + 4 + 1) * 4
    assert [(item.code, item.span and item.span.line) for item in checked.diagnostics] == [("W0609", 6)]


def test_a_record_is_code_and_runs_only_with_consent(package: Path, tmp_path: Path) -> None:
    offer(package, "[nnspec.layer_kinds]\nSpread = spreading_records:SPREAD\n")
    checked = check(spec(tmp_path))
    assert [(item.code, item.span and item.span.line) for item in checked.diagnostics] == [("W0305", 2)]
    assert "spreading_records" not in sys.modules and checked.spec is not None
    assert checked.spec.facts["spread"].outputs is None


def test_its_shape_errors_are_blamed_on_the_line(package: Path, tmp_path: Path) -> None:
    offer(package, "[nnspec.layer_kinds]\nSpread = spreading_records:SPREAD\n")
    (error,) = check(spec(tmp_path, SPEC.replace("times: 3", "times: 0")), trusted=True).diagnostics
    assert (error.code, error.span and error.span.line) == ("E0601", 6) and "times" in error.message


def test_a_rule_that_fails_is_the_fault_of_its_author(package: Path, tmp_path: Path) -> None:
    offer(package, "[nnspec.layer_kinds]\nSpread = spreading_records:FAILING\n")
    (error,) = check(spec(tmp_path), trusted=True).diagnostics
    assert (error.code, error.span and error.span.line) == ("E0306", 6)
    assert "rule of Spread failed: TypeError" in error.message and "spreading_records.py:" in error.message


@pytest.mark.parametrize("place", ["spreading_records:WRONG", "spreading_records:ABSENT", "not_there:SPREAD"])
def test_a_record_that_is_none_is_an_error(package: Path, tmp_path: Path, place: str) -> None:
    offer(package, f"[nnspec.layer_kinds]\nSpread = {place}\n")
    (error,) = check(spec(tmp_path), trusted=True).diagnostics
    assert error.code == "E0306" and place in error.message


def test_arguments_without_a_name_are_refused_not_dropped(package: Path, tmp_path: Path) -> None:
    (error,) = check(spec(tmp_path, SPEC.replace("{times: 3}", "3"))).diagnostics
    assert error.code == "E0205" and "by name" in error.message
