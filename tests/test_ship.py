"""Which targets are made, under which names, and the budget: what needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.ship import choose_targets, file_names, within_budget

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


def artifact(path: Path, size: int, target: str = "TFLite") -> Artifact:
    path.write_bytes(bytes(size))
    return Artifact(
        target=target,
        quantize="int8",
        path=path,
        bytes=size,
        ops={},
        flex_ops=0,
        custom_ops=0,
        fused_rnn_ops=0,
        max_abs_diff=0.0,
        metric_before=None,
        metric_after=None,
        latency_ms=None,
        runtimes=(),
        ok=True,
    )


def test_a_file_over_its_budget_is_refused(spec: Spec, tmp_path: Path) -> None:
    found = within_budget(artifact(tmp_path / "net.tflite", 1001), spec)
    assert not found.ok and found.reasons == ("it has 1,001 bytes; the budget of TFLite files is 1,000",)
    assert found.path == tmp_path / "net.failed.tflite" and found.path.is_file()
    assert not (tmp_path / "net.tflite").exists()


def test_a_file_within_its_budget_stays(spec: Spec, tmp_path: Path) -> None:
    good = artifact(tmp_path / "net.tflite", 1000)
    assert within_budget(good, spec) is good
    other = artifact(tmp_path / "net.savedmodel", 5000, "SavedModel")
    assert within_budget(other, spec) is other
