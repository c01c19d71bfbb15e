"""Trainings in parts: which layers learn when, with which optimizer, and that a resume meets them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kill_at import KillAt, Killed
from training_specs import CNN, PLAIN, WriteSpec

from nnspec.console.progress import Reporter
from nnspec.frontend.diagnostics import SpecError
from nnspec.runs.errors import TrainingError
from nnspec.training.train import train

pytestmark = pytest.mark.tf

PARTS = CNN.replace("  epochs: 3\n", "").replace("  - Dense:", "  - name: head\n    Dense:") + (
    "  phases:\n"
    "    - {epochs: 2, trainable: head}\n"
    "    - {epochs: 2, optimizer: {SGD: {learning_rate: 0.01, momentum: 0.9}}}\n"
)


class Weights(Reporter):
    """Keeps the weights of the model after each epoch."""

    def __init__(self) -> None:
        self.kept: list[dict[str, np.ndarray]] = []

    def epoch(self, epoch: int, logs: Any, seconds: float) -> None:
        self.kept.append({weight.path: weight.numpy() for weight in self.model.weights})


def watched(spec: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, np.ndarray]], Any]:
    from nnspec.training import loop

    reporter = Weights()
    begin = loop.Loop.run

    def run(self: Any, checkpoint: Any = None) -> None:
        reporter.model = self.model
        reporter.kept.append({weight.path: weight.numpy() for weight in self.model.weights})
        begin(self, checkpoint)

    monkeypatch.setattr(loop.Loop, "run", run)
    return reporter.kept, train(spec, reporter=reporter)


def same(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    return {path for path in before if np.array_equal(before[path], after[path])}


@pytest.mark.long
def test_a_frozen_layer_learns_in_its_phase_alone(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, result = watched(spec(PARTS), monkeypatch)
    assert result.epochs == 4
    start, *epochs = kept
    others = {path for path in start if not path.startswith(("head", "seed", "dropout"))}
    assert {"conv2d/kernel", "batch_normalization/gamma", "batch_normalization/moving_mean"} <= others
    for before, after in zip([start, epochs[0]], epochs[:2], strict=True):
        assert others <= same(before, after)
        assert not {"head/kernel", "head/bias"} & same(before, after)
    assert not {*others, "head/kernel"} & same(epochs[1], epochs[2])
    assert type(result.model.optimizer).__name__ == "SGD"
    assert [layer.trainable for layer in result.model.layers if layer.weights] == [True, True, True]


@pytest.mark.long
def test_a_resume_meets_every_phase(spec: WriteSpec, tmp_path: Path) -> None:
    """Killed in the first phase, at the first steps of the second, and twice later in it."""
    loaded = spec(PARTS)
    whole = train(loaded, run=tmp_path / "whole")
    for count in (10, 3, 2, 3):
        with pytest.raises(Killed):
            train(loaded, run=tmp_path / "killed", reporter=KillAt(count))
    resumed = train(loaded, run=tmp_path / "killed")
    assert resumed.resumed_from is not None
    assert resumed.weights_sha256 == whole.weights_sha256
    assert resumed.metrics == whole.metrics


def test_one_phase_may_stand_in_train_itself(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    text = CNN.replace("epochs: 3", "epochs: 1").replace("  - Dense:", "  - name: head\n    Dense:")
    (start, end), _ = watched(spec(text + "  trainable: ['h*']\n"), monkeypatch)
    assert "conv2d/kernel" in same(start, end)
    assert "head/kernel" not in same(start, end)


SHARED = """
name: shared
inputs: {image: [8, 8, 1]}
layers:
  - Flatten
  - {name: early, Dense: 64}
  - {reuse: early, name: late}
  - {name: head, Dense: {units: 3, activation: softmax}}
data: {source: {Arrays: {path: images.npz}}, batch_size: 8}
train: {epochs: 1, trainable: NAME}
"""


@pytest.mark.parametrize(("name", "learns"), [("early", True), ("late", True), ("head", False)])
def test_shared_weights_learn_if_any_of_their_layers_is_named(
    name: str, learns: bool, spec: WriteSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    (start, end), _ = watched(spec(SHARED.replace("NAME", name)), monkeypatch)
    assert ("early/kernel" not in same(start, end)) is learns
    assert ("head/kernel" in same(start, end)) is learns


@pytest.mark.long
def test_the_last_phase_may_become_longer(spec: WriteSpec, tmp_path: Path) -> None:
    longer = PARTS.replace("{epochs: 2, optimizer", "{epochs: 3, optimizer")
    whole = train(spec(longer), run=tmp_path / "whole")
    train(spec(PARTS), run=tmp_path / "run")
    resumed = train(spec(longer), run=tmp_path / "run")
    assert resumed.resumed_from is not None
    assert (resumed.epochs, resumed.weights_sha256) == (5, whole.weights_sha256)


@pytest.mark.parametrize(
    ("before", "after"), [("{epochs: 2, trainable", "{epochs: 1, trainable"), ("momentum: 0.9", "momentum: 0.8")]
)
def test_another_phase_is_another_training(before: str, after: str, spec: WriteSpec, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(spec(PARTS), run=tmp_path / "run", reporter=KillAt(3))
    with pytest.raises(TrainingError, match="another spec"):
        train(spec(PARTS.replace(before, after)), run=tmp_path / "run")


@pytest.mark.long
def test_the_rate_of_a_phase_is_not_taken_from_train(spec: WriteSpec, tmp_path: Path) -> None:
    rated = PARTS.replace("  phases:", "  optimizer: {SGD: {learning_rate: 0.1}}\n  phases:")
    rated = "\n".join(line for line in rated.splitlines() if "AdamW" not in line) + "\n"
    with pytest.raises(Killed):
        train(spec(rated), run=tmp_path / "run", reporter=KillAt(13))
    with pytest.raises(TrainingError, match=r"train\.optimizer.*differ"):
        train(spec(rated.replace("0.1}", "0.2}")), run=tmp_path / "run")


@pytest.mark.parametrize(
    ("lines", "says", "line"),
    [
        ("  trainable: [haed]\n", "no layer is called `haed`", "trainable"),
        ("  phases: [{epochs: 1, trainable: conv9}]\n", "no layer is called `conv9`", "phases"),
        ("  phases: [{epochs: 1}]\n  epochs: 3\n", "`epochs` is the sum", "epochs: 3"),
        ("  phases: [{trainable: head}]\n", "needs `epochs`", "phases"),
        ("  phases: [{epochs: 1, epoch: 2}]\n", "epoch", "phases"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_line(lines: str, says: str, line: str, spec: WriteSpec) -> None:
    text = CNN.replace("  epochs: 3\n", "").replace("  - Dense:", "  - name: head\n    Dense:")
    with pytest.raises(SpecError, match=says) as caught:
        spec(text + lines)
    assert line in str(caught.value)


@pytest.mark.long
def test_a_layer_that_rests_learns_where_it_is_named(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """That counts for more than its own `trainable: false`; of an adapted layer the kernel stays as it was."""
    low = "  - {name: low, Dense: {units: 3, lora_rank: 1, trainable: false}}\n"
    text = PLAIN.replace("  - Flatten\n", f"  - Flatten\n{low}").replace(
        "  epochs: 3\n", "  epochs: 1\n  trainable: low\n"
    )
    (start, *epochs), _ = watched(spec(text), monkeypatch)
    learnt = {path for path in set(start) - same(start, epochs[-1]) if "seed" not in path}
    assert learnt == {"low/bias", "low/lora_kernel_a", "low/lora_kernel_b"}


def test_what_a_phase_does_not_name_outlasts_it(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that is adapted stays as it was, though its layer learns again; so does a layer within another one.

    The averages that validate stay the weights when an optimizer ends: no phase begins from 0, none takes them back.
    """
    within = "  - Reshape: [8, 8]\n  - TimeDistributed: {layer: {Dense: {units: 8, trainable: false}}}\n  - Flatten\n"
    text = PLAIN.replace("  - Flatten\n", within + "  - {name: low, Dense: {units: 3, lora_rank: 1}}\n")
    text = text.replace("  epochs: 3\n", "  phases: [{epochs: 1, trainable: dense}, {epochs: 1}]\n")
    text = text.replace("0.02}", "0.02, use_ema: true}") + "  callbacks: [{SwapEMAWeights: {swap_on_epoch: true}}]\n"
    (start, *epochs), result = watched(spec(text), monkeypatch)
    last = {weight.path: weight.numpy() for weight in result.model.weights}
    within_another = {path for path in start if path.startswith("time_distributed/")}
    assert len(within_another) == 2
    assert {path for path in same(start, last) if "seed" not in path} == {*within_another, "low/kernel"}
    assert set(last) == same(last, epochs[-1])
    assert np.abs(epochs[1]["dense/kernel"]).max() > np.abs(start["dense/kernel"]).max() / 2
