"""The recurrent specs of the zoo, as they are built: builtins alone, 1e-5 from Keras, in every runtime."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from export_networks import RECURRENT_SPECS, SPECS, tflite

import nnspec
from nnspec.backend.signature import signature_of
from nnspec.export.pipeline import export
from nnspec.training.decoding import decoded

pytestmark = pytest.mark.tf

FEW = ("bilstm_crf_ner", "jordan", "cnn_lstm")


def test_the_zoo_has_them_all() -> None:
    assert len(RECURRENT_SPECS) >= 16
    assert {*FEW, "elman", "bilstm_ner", "lstm", "gru"} <= set(RECURRENT_SPECS)


@pytest.mark.long
@pytest.mark.parametrize("name", RECURRENT_SPECS if os.environ.get("NNSPEC_FULL") == "1" else FEW)
def test_a_recurrent_spec_runs_everywhere(name: str, tmp_path: Path) -> None:
    model = nnspec.build(SPECS / f"{name}.yaml", seed=1)
    model = decoded(model, None)
    length = {"length": 24} if signature_of(model).varies else {}
    artifact = export(model, tflite(quantize="none", **length), tmp_path, name=name)
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes == ("interpreter", "compiled_model")
    assert artifact.flex_ops == artifact.custom_ops == 0
    assert artifact.max_abs_diff < 1e-5
