"""The CRF against brute force: every sequence of small cases enumerated, with padding on either side."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nnspec.backend.own_layers.crf import CRF, CRFLoss, ViterbiDecoder
from nnspec.data.text import tags
from nnspec.training.decoding import allowed, decoded, take_again

pytestmark = pytest.mark.tf

LABELS, STEPS, BATCH = 3, 5, 6
MASK = np.array(
    [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 1]], bool
)


@pytest.fixture
def layer() -> CRF:
    made = CRF(LABELS)
    made.build((None, None, 4))
    draw = np.random.default_rng(0)
    for weight in made.weights:
        weight.assign(draw.normal(size=weight.shape))
    return made


def examples() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    return draw.normal(size=(BATCH, STEPS, LABELS)).astype("float32"), draw.integers(0, LABELS, (BATCH, STEPS))


def score(layer: CRF, scores: Any, labels: np.ndarray) -> Any:
    """The scores of sequences, a row each, term by term."""
    total = tf.gather(layer.start, labels[:, 0]) + tf.gather(layer.end, labels[:, -1])
    for step in range(labels.shape[1]):
        total += tf.gather(scores[step], labels[:, step])
    for step in range(1, labels.shape[1]):
        total += tf.gather_nd(layer.transitions, labels[:, step - 1 : step + 1])
    return total


def brute_force(layer: CRF, scores: Any, labels: np.ndarray, real: np.ndarray) -> tuple[Any, tuple[int, ...]]:
    """The negative log-likelihood of the labels, and the likeliest sequence."""
    steps = np.where(real)[0]
    here = tf.gather(scores, steps)
    sequences = np.array(list(itertools.product(range(LABELS), repeat=len(steps))))
    found = score(layer, here, sequences)
    likeliest = tuple(sequences[int(np.argmax(found))].tolist())
    return tf.reduce_logsumexp(found) - score(layer, here, labels[None, steps])[0], likeliest


def test_the_loss_is_the_likelihood(layer: CRF) -> None:
    scores, labels = examples()
    by_step = np.asarray(CRFLoss(layer).by_step(tf.constant(labels), tf.constant(scores), tf.constant(MASK)))
    expected = [float(brute_force(layer, *rest)[0]) for rest in zip(scores, labels, MASK, strict=True)]
    np.testing.assert_allclose(by_step.sum(1), expected, rtol=1e-5)
    assert not by_step[~MASK].any()
    mean = float(CRFLoss(layer)(labels, scores, sample_weight=MASK.astype("float32")))
    assert mean == pytest.approx(sum(expected) / MASK.sum(), rel=1e-5)
    assert float(CRFLoss(layer)(tf.one_hot(labels, LABELS), scores, MASK.astype("float32"))) == pytest.approx(mean)


def test_its_gradient_is_the_likelihoods(layer: CRF) -> None:
    scores, labels = examples()
    given = tf.Variable(scores)
    watched = [given, *(weight.value for weight in (layer.transitions, layer.start, layer.end))]
    with tf.GradientTape(persistent=True) as tape:
        ours = tf.reduce_sum(CRFLoss(layer).by_step(tf.constant(labels), given, tf.constant(MASK)))
        theirs = sum(brute_force(layer, given[row], labels[row], MASK[row])[0] for row in range(BATCH))
    for source in watched:
        gradients = [tf.convert_to_tensor(tape.gradient(loss, source)) for loss in (ours, theirs)]
        np.testing.assert_allclose(*gradients, atol=2e-5)


def test_the_decoder_finds_the_likeliest_sequence(layer: CRF) -> None:
    scores, labels = examples()
    decoder = ViterbiDecoder(LABELS)
    decoder.build((None, None, LABELS))
    decoder.take(layer)
    found = np.asarray(decoder(scores, mask=tf.constant(MASK)))
    for row in range(BATCH):
        assert tuple(found[row].argmax(-1)[MASK[row]]) == brute_force(layer, scores[row], labels[row], MASK[row])[1]
    np.testing.assert_allclose(found.max(-1)[MASK], 0, atol=1e-5)


@pytest.mark.parametrize(
    "classes", [("O", "B-A", "I-A", "B-B", "I-B"), ("B", "M", "E", "S"), ("O", "B-A", "I-A", "E-A", "S-A")]
)
def test_decoded_tags_never_break_their_scheme(classes: tuple[str, ...]) -> None:
    draw = np.random.default_rng(2)
    crf = CRF(len(classes))
    crf.build((None, None, 4))
    decoder = ViterbiDecoder(len(classes))
    decoder.build((None, None, len(classes)))
    decoder.take(crf, allowed(classes))
    scheme = tags.detect(classes)
    assert scheme is not None
    scores = draw.normal(scale=9, size=(100, 7, len(classes))).astype("float32")
    for row in np.asarray(decoder(scores)).argmax(-1):
        assert not tags.illegal([classes[label] for label in row], scheme)
    assert allowed(("NOUN", "VERB")) is None


def tagger() -> keras.Model:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(9, 6, mask_zero=True)(tokens)
    return keras.Model(tokens, CRF(LABELS, name="crf")(keras.layers.LSTM(5, return_sequences=True)(x)))


@pytest.mark.long
def test_it_learns_what_depends_on_the_neighbour() -> None:
    """Every token is the same, the labels alternate: only pairs can tell."""
    keras.utils.set_random_seed(0)
    tokens = keras.Input((6,), dtype="int32")
    model = keras.Model(tokens, CRF(2, name="crf")(keras.layers.Embedding(3, 4)(tokens)))
    model.compile(keras.optimizers.Adam(0.1), CRFLoss(model.get_layer("crf")))
    x, y = np.ones((32, 6), "int32"), np.tile([0, 1, 0, 1, 0, 1], (32, 1))
    model.fit(x, y, epochs=40, verbose=0)
    assert np.asarray(decoded(model)(x)).argmax(-1).tolist() == y.tolist()


@pytest.mark.long
def test_saved_and_loaded(tmp_path: Path) -> None:
    model = tagger()
    model.compile("adam", CRFLoss(model.get_layer("crf")))
    x = np.array([[1, 2, 3, 0], [4, 5, 0, 0]], "int32")
    model.fit(x, np.zeros_like(x), verbose=0)
    model.save(tmp_path / "tagger.keras")
    loaded = keras.models.load_model(tmp_path / "tagger.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    with pytest.raises(ValueError, match="needs its layer"):
        CRFLoss()(np.zeros((1, 2)), np.zeros((1, 2, LABELS), "float32"))


def test_a_decoder_follows_when_it_is_told() -> None:
    model = tagger()
    crf, x = model.get_layer("crf"), np.array([[1, 2, 3, 4]], "int32")
    deciding = decoded(model)
    before = np.asarray(deciding(x))
    crf.end.assign([0.0, 0.0, 50.0])
    np.testing.assert_array_equal(deciding(x), before)
    take_again(deciding, None)
    assert np.asarray(deciding(x))[0, -1].argmax() == 2


@pytest.mark.long
def test_mixed_precision_keeps_the_chain_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = tagger()
        assert model.output.dtype == "float32" and model.get_layer("crf").compute_dtype == "bfloat16"
        model.compile("adam", CRFLoss(model.get_layer("crf")))
        x = np.array([[1, 2, 3, 0]], "int32")
        assert np.isfinite(model.fit(x, np.zeros_like(x), verbose=0).history["loss"]).all()
        assert decoded(model)(x).dtype == tf.float32
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.long
def test_under_a_strategy_the_loss_is_the_same() -> None:
    x, y = np.tile([[1, 2, 3, 4]], (4, 1)).astype("int32"), np.tile([[0, 1, 2, 0]], (4, 1))
    losses = []
    for strategy in (None, tf.distribute.MirroredStrategy(["CPU:0"])):
        keras.utils.set_random_seed(1)
        with strategy.scope() if strategy else tf.name_scope("plain"):
            model = tagger()
            model.compile(keras.optimizers.SGD(0.1), CRFLoss(model.get_layer("crf")))
        losses.append(model.fit(x, y, epochs=2, verbose=0, shuffle=False).history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
