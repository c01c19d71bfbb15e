"""Which targets are made, under which names, and the budget: what needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.export.errors import ExportError
from nnspec.export.gate.budget import over_budget
from nnspec.export.run import choose_targets, file_names
from nnspec.frontend.config import Budget
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

NETWORK = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 3}]\n"
INT8, DYNAMIC = KindValue("TFLite", {"quantize": "int8"}), KindValue("TFLite", {"quantize": "dynamic"})


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    path = tmp_path / "a.yaml"
    path.write_text(f"{NETWORK}export: [SavedModel, TFLite: {{quantize: int8}}]\nbudget: {{tflite_bytes: 1K}}\n")
    return load(path)


def test_the_section_says_what_is_made(spec: Spec) -> None:
    assert choose_targets(spec, None) == spec.export
    assert [target.kind for target in spec.export] == ["SavedModel", "TFLite"]


@pytest.mark.parametrize("name", ["TFLite", "tflite", "tf_lite"])
def test_a_named_target_keeps_the_arguments_of_the_section(spec: Spec, name: str) -> None:
    assert choose_targets(spec, [name]) == (INT8,)


def test_targets_that_the_section_lacks(spec: Spec, tmp_path: Path) -> None:
    bare = tmp_path / "bare.yaml"
    bare.write_text(NETWORK)
    assert choose_targets(load(bare), ["saved_model"]) == (KindValue("SavedModel", {}),)
    assert choose_targets(load(bare), [DYNAMIC]) == (DYNAMIC,)
    with pytest.raises(SpecError, match="needs a `export:` section"):
        choose_targets(load(bare), None)
    with pytest.raises(ExportError, match="TFLite"):
        choose_targets(spec, ["coreml"])


def test_artifacts_of_one_kind_have_names_of_their_own() -> None:
    saved = KindValue("SavedModel", {})
    assert file_names("net", [saved, INT8]) == ["net", "net"]
    assert file_names("net", [INT8, saved, DYNAMIC]) == ["net-int8", "net", "net-dynamic"]
    assert file_names("net", [INT8, INT8, KindValue("TFLite", {})]) == ["net-int8", "net-int8-2", "net-default"]


def test_targets_are_given_as_in_a_spec(spec: Spec) -> None:
    assert choose_targets(spec, [{"TFLite": {"quantize": "dynamic"}}]) == (DYNAMIC,)
    assert choose_targets(spec, {"tflite": {"quantize": "int8"}, "SavedModel": None}) == (
        INT8,
        KindValue("SavedModel", {}),
    )
    assert choose_targets(spec, "TFLite") == choose_targets(spec, INT8) == (INT8,)
    with pytest.raises(ExportError, match="has no argument 'quantise'"):
        choose_targets(spec, [{"TFLite": {"quantise": "int8"}}])
    with pytest.raises(ExportError, match="coreml"):
        choose_targets(spec, [{"coreml": {}}])
    with pytest.raises(ExportError, match="no export target is given"):
        choose_targets(spec, [])
    for wrong in ([3], [{"TFLite": "int8"}]):
        with pytest.raises(TypeError, match="mapping"):
            choose_targets(spec, wrong)  # type: ignore[arg-type]


def test_a_budget_bounds_the_targets_that_it_names() -> None:
    budget = Budget(tflite_bytes=1000)
    assert list(over_budget(budget, "tflite_bytes", 1001)) == [
        "it has 1,001 bytes; the budget of TFLite files is 1,000"
    ]
    assert not list(over_budget(budget, "tflite_bytes", 1000)) and not list(
        over_budget(budget, "saved_model_bytes", 5000)
    )
