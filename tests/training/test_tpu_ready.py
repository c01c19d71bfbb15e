"""`check --target tpu`: what XLA compiles is fine, what it cannot is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_specs import CNN, WriteSpec

from nnspec.cli.main import run
from nnspec.frontend.diagnostics import SpecError
from nnspec.training.distributed.strategy import choose_strategy
from nnspec.training.distributed.tpu import refused_by_tpu

pytestmark = pytest.mark.tf


@pytest.mark.parametrize("strategy", ["auto", "tpu", "multi_worker"])
def test_a_network_of_fixed_shapes_is_fine(strategy: str, spec: WriteSpec) -> None:
    """Whatever the spec trains on: the machine that checks need not have it."""
    assert refused_by_tpu(spec(CNN + f"  strategy: {strategy}\n")) == []


def test_rotation_inside_of_the_network_is_named_with_its_line(
    spec: WriteSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = spec(CNN.replace("layers:\n", "layers:\n  - {RandomRotation: 0.1, name: turn}\n"))
    (problem,) = refused_by_tpu(loaded)
    assert problem.message == (
        "a TPU would refuse RandomRotation `turn`: it needs ImageProjectiveTransformV3, which XLA does not have"
    )
    assert problem.span is not None
    assert "RandomRotation" in problem.span.source.line(problem.span.line)
    assert run(["check", str(loaded.path), "--target", "tpu"]) == 3
    assert "turn" in capsys.readouterr().err
    assert run(["check", str(loaded.path)]) == 0


@pytest.mark.long
def test_sequences_with_masks_are_called_as_the_network_calls_them(spec: WriteSpec, tmp_path: Path) -> None:
    Path("words.conll").write_text("Ada B-PER\nwrote O\n\nin O\nLondon B-LOC\n. O\n\n" * 8)
    tagger = """
name: tagger
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}
  - Dense: {units: $data.classes, activation: softmax}
data: {source: {Conll: {path: words.conll}}, batch_size: 4}
train: {epochs: 1, loss: SparseCategoricalCrossentropy}
"""
    assert refused_by_tpu(spec(tagger)) == []


def test_without_a_tpu_the_strategy_says_so(spec: WriteSpec) -> None:
    with pytest.raises(SpecError, match="there is no TPU here") as caught:
        choose_strategy(spec(CNN + "  strategy: tpu\n"))
    assert "tensorflow-tpu" in str(caught.value)
    assert "strategy: tpu" in str(caught.value)


def test_several_workers_need_a_cluster(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(SpecError, match="neither TF_CONFIG nor Slurm") as caught:
        choose_strategy(spec(CNN + "  strategy: multi_worker\n"))
    assert "nnspec launch" in str(caught.value)
    monkeypatch.setenv(
        "TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1", "c:1"]}, "task": {"type": "worker", "index": 0}}'
    )
    with pytest.raises(SpecError, match="a batch of 8 cannot be shared out evenly among 3"):
        choose_strategy(spec(CNN + "  strategy: multi_worker\n"))
