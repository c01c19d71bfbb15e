"""A network that continues a text: trained, measured, sampled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_specs import WriteSpec

import nnspec
from nnspec.cli.main import run as command
from nnspec.data.dataset import open_dataset
from nnspec.data.doubts import doubts
from nnspec.data.errors import DataError
from nnspec.evaluation.sampling import chosen

pytestmark = pytest.mark.tf

SPEC = """
name: letters
inputs: {text: {shape: [SHAPE], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 8}
  - GRU: {units: 24, return_sequences: EACH}
  - Dense: {units: $data.classes, activation: softmax}
data: {source: {RunningText: {path: t.txt, length: 6, stride: 1, predict: GOAL}}, split: {test: 0.2}, batch_size: 16}
train: {epochs: 12, optimizer: {Adam: {learning_rate: 0.03}}, loss: SparseCategoricalCrossentropy}
"""


@pytest.mark.parametrize("goal", ["each", "last"])
@pytest.mark.long
def test_a_text_that_repeats_is_continued(
    spec: WriteSpec, folder: Path, goal: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "t.txt").write_text("ab cd\n" * 60)
    each = goal == "each"
    text = SPEC.replace("SHAPE", "null" if each else "6").replace("EACH", str(each).lower()).replace("GOAL", goal)
    loaded = spec(text)
    assert not doubts(open_dataset(loaded.required_data, folder, 0))
    trained = nnspec.train(loaded)
    found = nnspec.evaluate(loaded, run=trained.run)["metrics"]
    assert 1 <= found["perplexity"] < 1.2
    assert "doubt" not in nnspec.evaluate(loaded, run=trained.run)
    assert found["perplexity"] == pytest.approx(np.exp(found["loss"]), rel=1e-3)
    start = "ab c" if each else "ab cd\n"
    (answer,) = nnspec.predict(loaded, start, run=trained.run, sampling={"tokens": 8, "temperature": 0})
    assert answer["text"] == ("ab cd\n" * 3)[len(start) : len(start) + 8]
    drawn = [nnspec.predict(loaded, start, run=trained.run, sampling={"seed": seed})[0]["text"] for seed in (1, 1)]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 100
    assert command(["predict", str(loaded.path), start, "--run", str(trained.run), "--tokens", "3"]) == 0
    assert "ab" in capsys.readouterr().out
    if not each:
        with pytest.raises(DataError, match="2 tokens, and the network sees 6"):
            nnspec.predict(loaded, "ab", run=trained.run)


@pytest.mark.long
def test_a_network_that_sees_what_comes_is_told(
    spec: WriteSpec, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "t.txt").write_text("ab cd\n" * 60)
    text = SPEC.replace("SHAPE", "6").replace("GOAL", "each").replace("epochs: 12", "epochs: 1")
    both = "- Bidirectional: {layer: {GRU: {units: 24, return_sequences: true}}}"
    loaded = spec(text.replace("- GRU: {units: 24, return_sequences: EACH}", both))
    trained = nnspec.train(loaded)
    assert "sees the tokens after each step" in nnspec.evaluate(loaded, run=trained.run)["doubt"]
    with pytest.raises(DataError, match="sees the tokens after each step"):
        nnspec.predict(loaded, "ab", run=trained.run)
    assert command(["evaluate", str(loaded.path), "--run", str(trained.run)]) == 0
    assert "warning: the network sees" in capsys.readouterr().out


def test_what_is_drawn_follows_the_network() -> None:
    values, draw = np.array([0.5, 0.2, 0.1, 0.2]), np.random.default_rng(0)
    found = np.bincount([chosen(values, True, 1.0, draw) for _ in range(3000)], minlength=4)
    assert found[:2].tolist() == [0, 0]
    assert found[3] / found[2] == pytest.approx(2, rel=0.15)
    cold = np.bincount([chosen(values, True, 0.5, draw) for _ in range(3000)], minlength=4)
    assert cold[3] / cold[2] == pytest.approx(4, rel=0.2)
    assert {chosen(np.log(values), False, 0, draw) for _ in range(9)} == {3}
