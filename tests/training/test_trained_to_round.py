"""Trainings that round: their stages, resumed in any of them, by phases and devices; what is taken from float runs."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from kill_at import KillAt, Killed
from training_specs import CNN, WriteSpec
from two_devices import assert_resumes_on_two_devices

from nnspec.console.progress import Reporter
from nnspec.evaluation.open_run import load_model
from nnspec.frontend.pipeline import check
from nnspec.runs.errors import TrainingError
from nnspec.training.prepare import prepare
from nnspec.training.rounding import stage_of
from nnspec.training.train import train

pytestmark = pytest.mark.tf

ROUNDED = ("train.epochs=3", "train.quantize={float_epochs: 1, frozen_epochs: 1}")
# Its steps are written out, and of each four weights two become zero: images of 8 x 8 are sequences of 8 steps.
WRITTEN_OUT = CNN[: CNN.index("layers:")] + """layers:
  - Reshape: [8, 8]
  - LSTM: {units: 4, dropout: 0.2}
  - Dense: {units: 3, activation: softmax}
""" + CNN[CNN.index("data:") :]  # fmt: skip
UNROLLED = (
    "train.epochs=3",
    "train.quantize={recurrent: unrolled, float_epochs: 1, frozen_epochs: 1}",
    "train.prune={sparsity: 2:4, dense_epochs: 0, final_epochs: 1}",
)
BOTH = pytest.mark.parametrize(
    ("text", "settings"),
    [(CNN, ROUNDED), pytest.param(WRITTEN_OUT, UNROLLED, marks=pytest.mark.proof)],
    ids=["convolutions", "steps written out, 2:4"],
)


def test_stages_follow_from_the_epochs(spec: WriteSpec) -> None:
    def stages(*settings: str) -> list[str]:
        found = spec(CNN, *settings).training
        return [stage_of(found, epoch) for epoch in range(found.epochs)]

    assert stages("train.epochs=6", "train.quantize={}") == ["float"] * 3 + ["live"] * 2 + ["frozen"]
    assert stages("train.epochs=3", "train.quantize={}", "train.initial_weights=a.keras") == ["live"] * 2 + ["frozen"]
    assert stages("train.epochs=1", "train.quantize={}") == ["live"]


@pytest.mark.long
@BOTH
def test_a_resumed_training_has_the_same_bits(spec: WriteSpec, text: str, settings: tuple[str, ...]) -> None:
    """48 examples, 6 steps an epoch: killed while ranges move, and in the frozen epoch."""
    whole = train(spec(text, *settings), run=Path("whole"))
    for steps in (9, 6):
        with pytest.raises(Killed):
            train(spec(text, *settings), run=Path("killed"), reporter=KillAt(steps))
    resumed = train(spec(text, *settings), run=Path("killed"))
    with pytest.raises(TrainingError):  # the stages would be others
        train(spec(text, "train.epochs=5", *settings[1:]), run=Path("killed"))
    assert resumed.resumed_from is not None and resumed.weights_sha256 == whole.weights_sha256
    best = load_model(spec(text, *settings), whole.run)
    assert best.stage != "float" and best.has_ranges and whole.best["epoch"] > 1


@pytest.mark.proof
def test_a_float_run_is_where_it_begins_and_phases_go_on(spec: WriteSpec) -> None:
    train(spec(CNN, "train.epochs=1"), run=Path("float"))
    phases = "train={initial_weights: float, quantize: {ranges: learned, weights: int4}, phases: "
    phases += "[{epochs: 1, trainable: dense}, {epochs: 2}]}"
    found = train(spec(CNN, phases), run=Path("aware"))
    model = found.model
    assert found.epochs == 3 and model.stage == "frozen" and model.has_ranges
    assert {weight.name for weight in model.trainable_weights} >= {"low", "high"}


@pytest.mark.long
def test_channels_are_made_alike_before_anything_is_rounded(spec: WriteSpec) -> None:
    """An outlier in a float run; the network that begins computes what the float one does, within rounding."""
    text = CNN.replace("Dropout: 0.4", "MaxPooling2D: 2").replace(
        "  - Flatten", "  - {Conv2D: 4, name: after}\n  - Flatten"
    )
    text = text.replace("{Conv2D: 4, name: after}", "{Conv2D: {filters: 4, kernel_size: 1}, name: after}")
    train(spec(text, "train.epochs=1"), run=Path("float"))
    model = keras.models.load_model("float/best.keras")
    factor = np.array([1.0, 500.0, 1.0, 1.0], "float32")
    norm, after = model.get_layer("batch_normalization"), model.get_layer("after")
    for weight in (norm.gamma, norm.beta):
        weight.assign(weight * factor)
    norm.beta.assign(norm.beta + 0.5 * factor)
    after.kernel.assign(after.kernel / factor[:, None])
    model.save("outlier.keras")
    settings = ("train.initial_weights=outlier.keras", "train.quantize={equalize: auto}")
    made = prepare(spec(text, *settings), Reporter()).model
    spread = made.get_layer("batch_normalization").gamma.numpy()
    assert np.abs(spread).max() < 20 * np.median(np.abs(spread))
    images = np.load("images.npz")["x"]
    np.testing.assert_allclose(made.unrounded()(images), model(images), atol=1e-4)
    assert not check(Path("net.yaml"), ["train.quantize={equalize: auto}"]).ok


@pytest.mark.proof
@BOTH
def test_two_devices_resume_with_the_same_bits(
    spec: WriteSpec, folder: Path, text: str, settings: tuple[str, ...]
) -> None:
    spec(text)
    assert_resumes_on_two_devices(
        folder, [*settings], "assert whole.model.has_ranges and whole.model.stage == 'frozen'"
    )
