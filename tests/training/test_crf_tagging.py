"""A tagger that ends in a CRF, from its spec to a phone's file: training, scores, resumed runs, the same tags everywhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from training_specs import CHAIN, write_spec

import nnspec
from nnspec.backend.signature import keras_run
from nnspec.cli.main import run
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.open_run import open_trained
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.training.train import RunResult, train

pytestmark = pytest.mark.tf

SENTENCES = """\
Anna\tB-PER
Smith\tI-PER
went\tO
to\tO
Paris\tB-LOC

Bo\tB-PER
slept\tO

"""
TAGGER = (
    CHAIN.split("data:")[0]
    + """\
data:
  source: {Conll: {path: words.conll}}
  split: {validation: words.conll, test: words.conll}
  batch_size: 4
train:
  epochs: 6
  seed: 1
  optimizer: {Adam: {learning_rate: 0.05}}
  callbacks: [{EarlyStopping: {monitor: val_entity_f1, mode: max, patience: 5, restore_best_weights: true}}]
"""
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the words, which a run knows by its whole path."""
    folder = tmp_path_factory.mktemp("tagging")
    (folder / "words.conll").write_text(SENTENCES * 6, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(place: Path) -> RunResult:
    """The run `whole`, which nobody changes."""
    return train(write_spec(place, TAGGER), place / "whole")


@pytest.fixture
def spec(place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Spec]:
    monkeypatch.chdir(place)
    return lambda *overrides: write_spec(place, TAGGER, *overrides)


@pytest.mark.long
def test_from_spec_to_phone(spec: Callable[..., Spec], whole: RunResult) -> None:
    loaded = spec()
    assert whole.metrics["val_entity_f1"] == 1.0 and whole.best["monitor"] == "val_entity_f1"
    scores = evaluate(loaded, Path("whole"))
    assert scores["metrics"]["f1"] == 1.0 and "accuracy" not in scores["metrics"]
    assert scores["metrics"]["token_accuracy"] == 1.0 and scores["confused"] == []
    assert scores["errors"] == {"right": 18, "type": 0, "boundary": 0, "both": 0, "missed": 0, "invented": 0}
    text, tokens = nnspec.predict(loaded, ["Anna  Smith slept", ["Anna", "Smith", "slept"]], run="whole")
    for found, start in ((text, 6), (tokens, 5)):
        assert found["tokens"] == ["Anna", "Smith", "slept"] and found["tags"] == ["B-PER", "I-PER", "O"]
        assert found["offsets"][1] == [start, start + 5]
        assert [(entity["type"], entity["start"], entity["end"]) for entity in found["entities"]] == [
            ("PER", 0, start + 5)
        ]
    (cut,) = nnspec.predict(
        load(loaded.path, ["data.source.Conll.max_length=2", "data.source.Conll.on_long=cut"]), ["a b c"], run="whole"
    )
    assert len(cut["tags"]) == len(cut["tokens"]) == 2 and cut["cut"] == 1
    fixed, varying = ({"quantize": "none", "length": 7}, {"quantize": "none"})
    for arguments in (fixed, varying):
        (artifact,) = nnspec.export(
            loaded, run="whole", targets=[KindValue("TFLite", arguments)], out=f"out{len(arguments)}"
        )
        assert artifact.ok and artifact.flex_ops == artifact.custom_ops == 0
        assert artifact.max_abs_diff < 1e-4 and artifact.metric_after == artifact.metric_before == 1.0


@pytest.mark.long
def test_a_resumed_run_ends_the_same(spec: Callable[..., Spec], whole: RunResult) -> None:
    train(spec("train.epochs=3"), run=Path("parts"))
    parts = train(spec(), run=Path("parts"))
    assert parts.weights_sha256 == whole.weights_sha256 and parts.metrics == whole.metrics


@pytest.mark.long
def test_scores_follow_the_weights(spec: Callable[..., Spec]) -> None:
    """What was scored during training is what the finished run's decoder says."""
    result = train(spec("train.epochs=2", "train.callbacks=[]"), run=Path("scored"))
    trained = open_trained(spec("train.epochs=2", "train.callbacks=[]"), Path("scored"))
    run = keras_run(trained.deciding)
    (found,) = run({"tokens": np.array([[2, 3, 4, 5, 6]], "int32")}).values()
    assert found.shape[-1] == len(trained.dataset.classes or ()) and found.max() == 0
    assert 0 <= result.metrics["val_entity_recall"] <= 1


@pytest.mark.long
def test_from_the_command_line(
    spec: Callable[..., Spec], whole: RunResult, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec()
    monkeypatch.setattr("sys.stdin", io.StringIO("Anna Smith slept\n\nBo went\n"))
    assert run(["predict", "net.yaml", "--run", "whole", "-"]) == 0
    assert capsys.readouterr().out == "Anna/B-PER Smith/I-PER slept/O\nBo/B-PER went/O\n"
    for form, name in (("conll", "a.conll"), ("text", "a.txt")):
        arguments = ["predict", "net.yaml", "--run", "whole", "--conll", "words.conll", "--format", form, "-o", name]
        assert run(arguments) == 0
    assert Path("a.conll").read_text() == SENTENCES * 6
    assert Path("a.txt").read_text().splitlines()[1] == "Bo/B-PER slept/O"
    capsys.readouterr()
    assert run(["evaluate", "net.yaml", "--run", "whole"]) == 0
    shown = capsys.readouterr().out
    assert "token_accuracy" in shown and "entities: right 18\n" in shown


def test_another_loss_is_refused(spec: Callable[..., Spec]) -> None:
    with pytest.raises(nnspec.SpecError, match="a loss of its own"):
        train(spec("train.loss=SparseCategoricalCrossentropy"))


@pytest.mark.long
def test_characters_are_tagged_one_by_one(spec: Callable[..., Spec]) -> None:
    changed = "data.source={Conll: {path: words.conll, unit: character}}"
    train(spec("train.epochs=1", "train.callbacks=[]", changed), run=Path("run"))
    (found,) = nnspec.predict(spec(changed), ["Bo slept"], run="run")
    assert found["tokens"] == list("Boslept") and len(found["tags"]) == 7
