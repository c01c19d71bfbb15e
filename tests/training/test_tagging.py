"""Sentences of different lengths: padding counts neither in the loss nor in any metric, and predictions have none."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from training_specs import WriteSpec

from nnspec.backend.signature import keras_run
from nnspec.console.progress import Reporter
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.open_run import open_trained
from nnspec.evaluation.predict import predict
from nnspec.frontend.spec import Spec
from nnspec.training.prepare import prepare
from nnspec.training.scoring import model_metric
from nnspec.training.train import train

pytestmark = pytest.mark.tf

SENTENCES = """\
Anna\tB-PER
went\tO
to\tO
Paris\tB-LOC

Bo\tB-PER
slept\tO

In\tO
Rome\tB-LOC
Anna\tB-PER
Smith\tI-PER
met\tO
Bo\tB-PER

"""
TAGGER = """
name: tagger
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 8, mask_zero: MASK}
  - Dense: {units: $data.classes}
data:
  source: {Conll: sentences.conll}
  split: {test: sentences.conll, validation: sentences.conll}
  batch_size: 2
  shuffle: false
train: {epochs: 2, optimizer: {SGD: 0.0}}
"""


@pytest.fixture(params=["true", "false"], ids=["mask", "weights alone"])
def tagger(spec: WriteSpec, folder: Path, request: pytest.FixtureRequest) -> Spec:
    (folder / "sentences.conll").write_text(SENTENCES * 3, encoding="utf-8")
    return spec(TAGGER.replace("MASK", request.param))


def by_hand(spec: Spec) -> tuple[list[float], float]:
    """Mean loss of the real tokens of each batch, and accuracy over all real tokens, in NumPy."""
    prepared = prepare(spec, Reporter())
    losses, right, total = [], 0, 0
    for features, targets, weights in prepared.feed.train.batches(2).as_numpy_iterator():
        (tokens,), (tags,), (weight,) = features.values(), targets.values(), weights.values()
        logits = np.asarray(prepared.model(tokens), np.float64)
        logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        kept = weight > 0
        losses.append(float(-np.take_along_axis(logs, tags[..., None], -1)[..., 0][kept].mean()))
        right, total = right + int((logits.argmax(-1) == tags)[kept].sum()), total + int(kept.sum())
    assert total == 36
    return losses, right / total


@pytest.mark.long
def test_loss_and_accuracy_are_over_real_tokens(tagger: Spec) -> None:
    losses, accuracy = by_hand(tagger)
    prepared = prepare(tagger, Reporter())
    batches = [prepared.model.test_on_batch(*batch, return_dict=True) for batch in prepared.feed.training(0, 0)]
    np.testing.assert_allclose([batch["loss"] for batch in batches], losses, rtol=1e-5)
    result = train(tagger)
    assert result.metrics["accuracy"] == result.metrics["val_accuracy"] == pytest.approx(accuracy)


def test_a_named_loss_skips_padding_too(tagger: Spec, spec: WriteSpec) -> None:
    losses, _ = by_hand(tagger)
    named = "{SparseCategoricalCrossentropy: {from_logits: true}}"
    text = TAGGER.replace("MASK", "false").replace("epochs: 2", f"epochs: 2, loss: {named}, metrics: [accuracy]")
    prepared = prepare(spec(text), Reporter())
    batch = next(iter(prepared.feed.training(0, 0)))
    assert prepared.model.test_on_batch(*batch, return_dict=True)["loss"] == pytest.approx(losses[0], rel=1e-5)


@pytest.mark.long
def test_evaluation_scores_entities_and_repeats_training(spec: WriteSpec, folder: Path) -> None:
    (folder / "sentences.conll").write_text(SENTENCES * 3, encoding="utf-8")
    loaded = spec(TAGGER.replace("MASK", "true"), "train.optimizer={Adam: 0.3}", "train.epochs=20")
    result = train(loaded)
    keras.backend.clear_session()
    found = evaluate(loaded, split="validation")
    best = result.best
    assert found["metrics"]["loss"] == best["value"] and found["examples"] == 9
    assert found["metrics"]["f1"] == 1.0 and found["entities"]["PER"]["support"] == 12
    trained = open_trained(loaded)
    metric = model_metric(trained, trained.dataset.splits["test"])
    assert (metric.name, metric.goal, metric(keras_run(trained.model))) == ("f1", "max", 1.0)
    answers = predict(loaded, None, ["Anna slept", ["In", "Rome", "Bo", "met", "Anna", "Smith"]])
    assert answers[0]["tags"] == ["B-PER", "O"] and answers[1]["tags"][-2:] == ["B-PER", "I-PER"]
    assert answers[1]["tokens"][1] == "Rome"
