"""Weights made zero while a network trains: which, when, for good; resumed to the same bits; what `check` refuses."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from heard import Heard
from kill_at import KillAt, Killed
from training_specs import CNN, WriteSpec
from two_devices import assert_resumes_on_two_devices

from nnspec.backend.pruning import largest, share_at, within_fours
from nnspec.frontend.pipeline import check
from nnspec.runs.run_folder import RunFolder
from nnspec.training.train import train

pytestmark = pytest.mark.tf

PRUNED = ("train.epochs=3", "train.prune={sparsity: 0.8, dense_epochs: 1, final_epochs: 1}")
KEPT = CNN.replace("use_bias: false}", "use_bias: false, kernel_constraint: {MaxNorm: 0.5}}")


def zeros(model: keras.Model, layer: str) -> float:
    return float((model.get_layer(layer).kernel.numpy() == 0).mean())


def test_the_largest_weights_stay() -> None:
    weight = np.array([[0.1, -0.9], [0.4, -0.2], [0.0, 0.3]])
    assert largest(weight, 0.5).tolist() == [[False, True], [True, False], [False, True]]
    assert [round(share_at(progress, 0.8), 4) for progress in (0, 0.5, 1, 2)] == [0, 0.7, 0.8, 0.8]
    column = np.array([[3.0, 1.0, -4.0, 2.0, 0.0, 5.0, 6.0, -7.0]]).T
    assert within_fours(column, 0, 0.5)[:, 0].tolist() == [True, False, True, False, False, False, True, True]
    assert within_fours(column, 0, 0.3).sum() == 6 and within_fours(column, 0, 0.2).all()


@pytest.mark.long
def test_a_resumed_training_prunes_the_same_weights(spec: WriteSpec) -> None:
    """Killed while masks grow and when they are settled; beside a constraint of the layer's own, and phases."""
    phases = "train.phases=[{epochs: 2}, {epochs: 1, optimizer: {SGD: 0.01}}]"
    settings = (phases, "train.prune={sparsity: 0.8, dense_epochs: 0, final_epochs: 1}")
    text = KEPT.replace("  epochs: 3\n", "")
    whole = train(spec(text, *settings), run=Path("whole"))
    for steps in (9, 5):
        with pytest.raises(Killed):
            train(spec(text, *settings), run=Path("killed"), reporter=KillAt(steps))
    resumed = train(spec(text, *settings), run=Path("killed"))
    assert resumed.resumed_from is not None and resumed.weights_sha256 == whole.weights_sha256
    for model in (whole.model, keras.models.load_model("whole/best.keras")):
        assert zeros(model, "dense") == round(0.8 * 432) / 432 and zeros(model, "conv2d") == round(0.8 * 36) / 36
        norms = np.linalg.norm(model.get_layer("conv2d").kernel.numpy(), axis=0)
        assert (norms <= 0.5 + 1e-5).all()
    record = RunFolder(Path("whole")).read_record()
    assert record["pruned"] == {"weights": 468, "zeros": 346 + 29} and record["best"]["epoch"] > 1


@pytest.mark.long
def test_two_of_each_four_and_rounded_as_well(spec: WriteSpec) -> None:
    """A Dense of 144 inputs; the convolution has one channel, which cannot be taken by fours."""
    listener = Heard()
    settings = ("train.epochs=2", "train.prune={sparsity: 2:4, dense_epochs: 0}")
    text = CNN.replace("filters: 4", "filters: 2")
    found = train(spec(text, *settings, "train.quantize={float_epochs: 0, frozen_epochs: 1}"), reporter=listener)
    kernel = found.model.get_layer("dense").kernel.numpy()
    assert ((kernel.reshape(-1, 4, 3) == 0).sum(1) == 2).all()
    assert zeros(found.model, "conv2d") == 0
    assert "50% of 216 weights of 1 layers become 0; as they are stay conv2d" in listener.said


@pytest.mark.proof
def test_two_devices_prune_alike(spec: WriteSpec, folder: Path) -> None:
    """With a teacher as well."""
    train(spec(CNN, "train.epochs=1"), run=Path("teacher"))
    spec(CNN)
    assert_resumes_on_two_devices(
        folder,
        [*PRUNED, "train.teacher={run: teacher}"],
        "assert (whole.model.get_layer('dense').kernel.numpy() == 0).mean() == round(0.8 * 432) / 432",
    )


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        (["train.prune={sparsity: 0.5, dense_epochs: 2, final_epochs: 1}"], "E0703", "none is left"),
        (["train.prune={sparsity: 0.5, layers: flatten}"], "E0746", "no layer of the network"),
        (["train.prune={sparsity: 2:4, layers: conv2d}"], "E0746", "no layer has a number of inputs"),
        (["train.prune={sparsity: 0.5, layers: nothing}"], "E0708", "no layer is called `nothing`"),
        (["train.prune={sparsity: 0.5}", "train.callbacks=[EarlyStopping]"], "E0703", "are not pruned to the end"),
        (["train.prune={sparsity: 0.5}", "train.optimizer={Adam: {use_ema: true}}"], "E0703", "hold no zeros"),
        (["train.prune={sparsity: 1.0}"], "E0207", "sparsity"),
        (["train.prune={sparsity: 4:2}"], "E0205", "sparsity"),
    ],
)
def test_what_makes_no_sense_is_refused(spec: WriteSpec, settings: list[str], code: str, says: str) -> None:
    spec(CNN)
    found = check(Path("net.yaml"), settings).diagnostics
    assert any(one.code == code and says in one.message for one in found), found
