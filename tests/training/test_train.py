"""Training from a spec to a run folder: as by hand, exact after any interruption, and clear when it cannot go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from kill_at import KillAt, Killed
from training_specs import CNN, PLAIN, WriteSpec

import nnspec
from nnspec.console.progress import Reporter
from nnspec.data.protocol import Assets
from nnspec.evaluation.evaluate import evaluate
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.runs.run_folder import RunFolder, lock
from nnspec.training.batches import bound
from nnspec.training.initial_weights import InitialWeights
from nnspec.training.prepare import prepare
from nnspec.training.state import weights_sha256
from nnspec.training.train import RunResult, train

pytestmark = pytest.mark.tf

CALLBACKS = """
  callbacks:
    - EarlyStopping: {monitor: val_loss, patience: 2, restore_best_weights: true}
    - ReduceLROnPlateau: {monitor: loss, factor: 0.5, patience: 0, min_delta: 10.0}
    - CSVLogger: log.csv
"""
PLATEAU = CNN.replace("{CosineDecay: {initial_learning_rate: 0.02, decay_steps: 30}}", "0.02") + CALLBACKS


class Heard(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def lines(result: RunResult) -> list[dict[str, Any]]:
    """The metrics of a run without the times of day."""
    found = [json.loads(line) for line in RunFolder(result.run).metrics.read_text().splitlines()]
    return [{name: value for name, value in line.items() if name not in ("time", "seconds")} for line in found]


@pytest.mark.long
def test_it_trains_as_keras_fit_does_on_the_same_batches(spec: WriteSpec) -> None:
    loaded = spec(CNN, "data.augment=[]")
    result = train(loaded)
    prepared = prepare(loaded, Reporter())
    feed, history = prepared.feed, []
    for epoch in range(3):
        found = prepared.model.fit(
            feed.training(epoch, 0), validation_data=feed.validation, verbose=0, initial_epoch=epoch, epochs=epoch + 1
        )
        history.append(found.history)
    assert weights_sha256(prepared.model) == result.weights_sha256
    assert [line["val_loss"] for line in lines(result)] == [found["val_loss"][0] for found in history]
    assert [line["loss"] for line in lines(result)] == [found["loss"][0] for found in history]


WEIGHED = """
name: weighed
inputs: {x: [4]}
layers:
  - Dense: {units: 3, activation: softmax}
data:
  source: {Arrays: {path: weighed.npz, weight: w}}
  split: {validation: {path: held.npz}}
  batch_size: 16
  shuffle: false
train:
  epochs: 2
  optimizer: {SGD: {learning_rate: 0.5}}
  metrics: [SparseCategoricalAccuracy]
  weighted_metrics: [SparseCategoricalCrossentropy]
"""


@pytest.mark.long
def test_weights_of_examples_count_as_keras_counts_them(spec: WriteSpec) -> None:
    """In the loss and the weighted metrics of both parts, as `sample_weight` of Keras's `fit` does; else not."""
    draw, parts = np.random.default_rng(0), []
    for name, count in (("weighed", 40), ("held", 24)):
        x, y = draw.standard_normal((count, 4)).astype(np.float32), draw.integers(0, 3, count)
        w = draw.choice([0.0, 0.5, 3.0], count).astype(np.float32)
        np.savez(f"{name}.npz", x=x, y=y, w=w)
        parts.append((x, y, w))
    loaded = spec(WEIGHED, "data.batch_size=20")
    result = train(loaded)
    model = nnspec.build(loaded.path, seed=0)
    model.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
        weighted_metrics=[keras.metrics.SparseCategoricalCrossentropy()],
    )
    (x, y, w), held = parts
    found = model.fit(
        x, y, sample_weight=w, validation_data=held, batch_size=20, epochs=2, shuffle=False, verbose=0
    ).history
    for name in ("loss", "val_loss", "sparse_categorical_crossentropy", "val_sparse_categorical_accuracy"):
        np.testing.assert_allclose([line[name] for line in lines(result)], found[name], rtol=1e-6)
    measured = evaluate(loaded, result.run, "validation")["metrics"]
    assert measured["loss"] == pytest.approx(min(found["val_loss"]), rel=1e-6)


def test_weights_and_class_weights_are_multiplied(spec: WriteSpec) -> None:
    x, y, w = np.zeros((4, 4), np.float32), np.array([0, 1, 2, 1]), np.array([1.0, 2.0, 3.0, 0.0])
    np.savez("weighed.npz", x=x, y=y, w=w)
    feed = prepare(spec(WEIGHED, "data.split=", "train.class_weight={'1': 10}"), Reporter()).feed
    (batch,) = feed.training(0, 0)
    assert batch[2].numpy().tolist() == [1, 20, 3, 0]


@pytest.mark.long
def test_the_run_folder_is_complete(spec: WriteSpec, folder: Path) -> None:
    result = train(spec())
    assert result.run == Path("runs/cnn/1") and (result.epochs, result.steps) == (3, 18)
    run = RunFolder(result.run)
    record = run.read_record()
    assert record["status"] == "complete" and record["monitor"] == "val_loss" and record["examples"]["train"] == 48
    assert record["weights_sha256"] == result.weights_sha256 and record["data"]["files"] == 1
    assert {"tensorflow", "keras", "numpy", "python"} <= record["versions"].keys()
    assert [line["epoch"] for line in lines(result)] == [1, 2, 3]
    best = min(lines(result), key=lambda line: line["val_loss"])
    assert result.best == {"monitor": "val_loss", "mode": "min", "value": best["val_loss"], "epoch": best["epoch"]}
    assert list(run.logs.glob("train/*tfevents*")) and list(run.logs.glob("validation/*tfevents*"))
    assert weights_sha256(keras.models.load_model(run.last)) == result.weights_sha256
    again = load(run.spec)
    assert again.graph.layers == again.graph.layers and again.train and again.train.epochs == 3
    assert train(again, run=folder / "again").weights_sha256 == result.weights_sha256
    assert not [path for path in run.path.rglob(".*") if path.name != ".lock"]


def test_a_complete_run_is_followed_by_a_new_one(spec: WriteSpec) -> None:
    loaded = spec(PLAIN, "train.epochs=1")
    assert [train(loaded).run.name, train(loaded).run.name] == ["1", "2"]
    with pytest.raises(TrainingError, match="complete run"):
        train(loaded, run=Path("runs/plain/1"))
    with pytest.raises(TrainingError, match="another spec"):
        train(spec(PLAIN, "train.seed=9"), run=Path("runs/plain/1"))


@pytest.mark.parametrize("text", [CNN, PLATEAU], ids=["schedule", "callbacks"])
@pytest.mark.long
def test_after_any_kill_it_ends_with_the_same_bits(spec: WriteSpec, text: str) -> None:
    loaded = spec(text, "train.epochs=4")
    whole = train(loaded)
    run = Path("runs/killed")
    for steps in (1, 5, 8):  # before the first checkpoint, between two, an epoch later
        with pytest.raises(Killed):
            train(loaded, run=run, reporter=KillAt(steps))
    result = train(loaded, run=run)
    assert result.resumed_from is not None
    assert result.weights_sha256 == whole.weights_sha256
    assert lines(result) == lines(whole)
    assert result.best == whole.best
    assert weights_sha256(keras.models.load_model(run / "best.keras")) == weights_sha256(
        keras.models.load_model(whole.run / "best.keras")
    )
    if text is PLATEAU:
        rates = [line["learning_rate"] for line in lines(result)]
        assert rates[-1] < rates[0]  # it fired
        assert (run / "log.csv").is_file()


@pytest.mark.long
def test_a_damaged_checkpoint_is_named_and_the_older_one_used(spec: WriteSpec) -> None:
    loaded = spec(PLAIN)
    whole = train(loaded)
    with pytest.raises(Killed):
        train(loaded, run=Path("hurt"), reporter=KillAt(9))
    newest = max(Path("hurt/checkpoints").iterdir())
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    heard = Heard()
    result = train(loaded, run=Path("hurt"), reporter=heard)
    assert result.resumed_from is not None and result.resumed_from.name < newest.name
    assert result.weights_sha256 == whole.weights_sha256
    assert any(str(newest) in line for line in heard.lines)


class Interrupting(Reporter):
    """Sends this process a signal after so many steps, or when validation begins."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps

    def step(self, done: int, logs: Mapping[str, Any]) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGINT)

    def testing(self) -> None:
        if self.left is None:
            self.left = -1
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.long
@pytest.mark.parametrize("steps", [5, None], ids=["in a step", "in validation"])
def test_an_interruption_saves_and_leaves(spec: WriteSpec, steps: int | None) -> None:
    ema = "{Adam: {learning_rate: 0.01, use_ema: true, ema_momentum: 0.9}}"
    loaded = spec(PLAIN, f"train.optimizer={ema}", "train.callbacks=[SwapEMAWeights]", "train.checkpoint_every=100")
    whole = train(loaded)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted) as caught:
        train(loaded, run=Path("stopped"), reporter=Interrupting(steps))
    assert caught.value.run == Path("stopped") and signal.getsignal(signal.SIGINT) is before
    assert RunFolder(Path("stopped")).read_record()["status"] == "interrupted"
    assert (Path("stopped") / "last.keras").is_file()
    result = train(loaded, run=Path("stopped"))
    assert result.resumed_from is not None and result.resumed_from.name == f"step-{steps or 6:012d}"
    assert result.weights_sha256 == whole.weights_sha256 and lines(result) == lines(whole)


@pytest.mark.proof
def test_a_killed_process_is_gone_on_with(spec: WriteSpec, folder: Path) -> None:
    """As test_kills.py, which a default run has, shows at moments that it draws."""
    loaded = spec(CNN, "train.epochs=12")
    whole = train(loaded, run=folder / "whole")
    code = (
        "from pathlib import Path; from nnspec.frontend.pipeline import load; from nnspec.training.train import train;"
        "train(load(Path('net.yaml'), ['train.epochs=12']), run=Path('killed'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment, stderr=subprocess.PIPE)
    try:
        while not (folder / "killed/metrics.jsonl").exists() and process.poll() is None:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert RunFolder(folder / "killed").read_record()["status"] == "running"
    result = train(loaded, run=folder / "killed")
    assert result.resumed_from is not None
    assert result.weights_sha256 == whole.weights_sha256 and lines(result) == lines(whole)


def test_a_run_in_use_is_left_alone(spec: WriteSpec) -> None:
    loaded = spec(PLAIN, "train.epochs=1")
    with pytest.raises(Killed):
        train(loaded, reporter=KillAt(3))
    with lock(RunFolder(Path("runs/plain/1"))):  # type: ignore[union-attr]
        assert train(loaded).run.name == "2"


def test_an_unwritable_run_folder_is_a_clear_error(spec: WriteSpec, folder: Path) -> None:
    (folder / "runs").write_text("a file where a folder should be")
    with pytest.raises(TrainingError, match="run folder cannot be written"):
        train(spec())


def test_a_full_disk_leaves_nothing_half_written(
    spec: WriteSpec, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: Any, path: Any, **_: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(keras.Model, "save", full)
    with pytest.raises(TrainingError, match="No space left on device"):
        train(spec(PLAIN))
    assert not (folder / "runs/plain/1").exists() or not list((folder / "runs/plain/1").glob(".*keras"))


def test_nothing_is_written_where_the_data_do_not_fit(spec: WriteSpec, folder: Path) -> None:
    with pytest.raises(SpecError, match="E0702"):
        train(spec(CNN, "inputs.image=[9, 8, 1]"))
    assert not (folder / "runs").exists()


def test_a_callback_that_is_none_leaves_no_run(spec: WriteSpec, folder: Path) -> None:
    with pytest.raises(SpecError, match="E0714"):
        train(spec(CNN, "train.callbacks=[{ModelCheckpoint: {filepath: x.txt}}]"))
    assert not list((folder / "runs/cnn").glob("*"))


def test_keras_callbacks_write_into_the_run_folder(spec: WriteSpec) -> None:
    result = train(
        spec(PLAIN, "train.epochs=2", "train.callbacks=[{ModelCheckpoint: 'epoch{epoch}.keras'}, TerminateOnNaN]")
    )
    assert sorted(path.name for path in result.run.glob("epoch*")) == ["epoch1.keras", "epoch2.keras"]


def test_nan_ends_training_within_the_epoch_where_it_is_watched(spec: WriteSpec) -> None:
    """The callback ends the epoch; a loss that is no number is no result all the same."""
    lost = spec(CNN, "train.optimizer={SGD: 1.0e+30}", "train.callbacks=[TerminateOnNaN]", "train.epochs=9")
    with pytest.raises(TrainingError, match=r"infinite or nan in step \d of epoch 1"):
        train(lost)


def test_initial_weights_are_taken_over_by_name(spec: WriteSpec) -> None:
    first = train(spec(CNN, "train.epochs=1"))
    loaded = spec(CNN, f"train.initial_weights={Path.cwd() / first.run}")
    model = prepare(loaded, Reporter()).model
    best = keras.models.load_model(first.run / "best.keras")
    for mine, theirs in zip(model.weights, best.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(SpecError, match="no trained model"):
        prepare(spec(CNN, "train.initial_weights=nowhere.keras"), Reporter())


def test_initial_weights_of_one_shape_and_another_name_are_refused(spec: WriteSpec) -> None:
    def network(**args: bool) -> Any:
        return keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(name="normal", **args)])

    given = InitialWeights(spec(CNN), Path("run.keras"), network(center=False), None)
    assert given.take(network(center=False)) == []
    with pytest.raises(SpecError, match=r"`normal` has the weights `beta`.*`gamma`.* there"):
        given.take(network(scale=False))


def test_a_layer_with_adapters_begins_from_one_without(spec: WriteSpec) -> None:
    """Low-rank adaptation is of a network that is trained."""

    def network(rank: int | None) -> Any:
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="low", lora_rank=rank)])

    trained, adapted = network(None), network(2)
    assert InitialWeights(spec(CNN), Path("run.keras"), trained, None).take(adapted) == []
    rows = np.eye(4, dtype="float32")
    np.testing.assert_array_equal(adapted(rows), trained(rows))
    assert any(np.asarray(weight).any() for weight in adapted.weights if weight.name == "lora_kernel_a")
    with pytest.raises(SpecError, match="`low` has other shapes there"):
        InitialWeights(spec(CNN), Path("run.keras"), adapted, None).take(network(None))


def test_lists_by_which_weights_have_their_places_are_compared(spec: WriteSpec) -> None:
    """Of several targets each has its classes, and a column of categories its values."""

    def assets(cities: list[str], kinds: list[str]) -> Assets:
        targets = {"kind": {"classes": kinds}, "size": {"classes": ["s", "l"]}}
        return Assets(scaling={"features": {"city": {"values": cities}}}, extra={"targets": targets})

    empty: Any = SimpleNamespace(layers=[])
    given = InitialWeights(spec(CNN), Path("run.keras"), empty, assets(["Oslo", "Rome"], ["a", "b"]))
    same: Any = SimpleNamespace(assets=assets(["Oslo", "Rome"], ["a", "b"]))
    other: Any = SimpleNamespace(assets=assets(["Bern", "Rome"], ["b", "a"]))
    assert list(given.doubts(empty, same)) == []
    assert [one.message.partition(":")[0] for one in given.doubts(empty, other)] == [
        "the classes of `kind` of the data and the classes of `kind` of that run differ",
        "the categories of `city` of the data and the categories of `city` of that run differ",
    ]


def test_precision_holds_for_the_build_alone(spec: WriteSpec) -> None:
    model = prepare(spec(CNN, "train.precision=mixed_bfloat16"), Reporter()).model
    assert model.layers[1].compute_dtype == "bfloat16" and model.layers[1].variable_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_augmentation_follows_the_example_and_the_epoch_alone(spec: WriteSpec) -> None:
    feed = prepare(spec(), Reporter()).feed
    images = [x for x, _ in feed.training(1, 0).as_numpy_iterator()]
    later = [x for x, _ in feed.training(1, 2).as_numpy_iterator()]
    for mine, other in zip(images[2:], later, strict=True):
        np.testing.assert_array_equal(mine, other)
    small = bound(feed.train.batches(3, epoch=1, augment=True), feed.binding)
    np.testing.assert_array_equal(np.concatenate(images), np.concatenate([x for x, _ in small.as_numpy_iterator()]))
    plain = np.concatenate([x for x, _ in bound(feed.train.batches(8, epoch=1), feed.binding).as_numpy_iterator()])
    changed = (np.concatenate(images) != plain).any((1, 2, 3))
    assert changed.mean() > 0.9
    order = feed.train.order(2)
    second = np.concatenate([x for x, _ in feed.training(2, 0).as_numpy_iterator()])
    places = {index: place for place, index in enumerate(feed.train.order(1))}
    first = np.concatenate(images)[[places[index] for index in order]]
    assert (first != second).any((1, 2, 3)).mean() > 0.9
