"""Layers learn from the training part before the training: what Keras's `adapt` gives, kept in the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from heard import Heard
from keras import layers
from training_specs import WriteSpec

import nnspec
from nnspec.codegen.python_code import python_code
from nnspec.console.progress import Reporter
from nnspec.export.errors import ExportError
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.spec import Spec
from nnspec.layers.learning import LEARNS
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.training.adapting import _Moments
from nnspec.training.prepare import Prepared, prepare
from nnspec.training.train import train

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(0, 3, 80)
NUMBERS = DRAW.normal(5, 3, (80, 4)).astype("float32")
IMAGES = DRAW.integers(0, 255, (80, 6, 6, 3)).astype("uint8")
WORDS = DRAW.choice(["a", "b", "c", "d e", "Ü"], (80, 1))
TEXTS = np.array([" ".join(DRAW.choice(["The", "cat", "sat", "on", "mat."], 5)) for _ in range(80)])
CODES = DRAW.integers(3, 9, (80, 2))
REST = """
data: {source: {Arrays: data.npz}, split: {validation: 0.25}, batch_size: 16}
train: {epochs: 2, loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
"""


def spec_of(spec: WriteSpec, x: np.ndarray, network: str, dtype: str = "float32", rest: str = REST) -> Spec:
    np.savez("data.npz", x=x, y=LABELS)
    shape = json.dumps(list(x.shape[1:]))
    return spec(f"name: net\ninputs: {{x: {{shape: {shape}, dtype: {dtype}}}}}\nlayers: [{network}]\n{rest}")


def trained_on(prepared: Prepared, x: np.ndarray) -> np.ndarray:
    return x[prepared.dataset.splits["train"].indices]


def close(ours: Any, theirs: Any, x: np.ndarray) -> bool:
    given = tf.constant(x) if x.dtype.kind == "U" else x.astype("float32") if x.dtype != "int64" else x
    return bool(np.allclose(ours(given), theirs(given), rtol=1e-6, atol=1e-6))


KINDS: list[tuple[np.ndarray, str, str, Any]] = [
    (NUMBERS, "float32", "Normalization", lambda: layers.Normalization()),
    (NUMBERS, "float32", "{Normalization: {axis: null}}", lambda: layers.Normalization(axis=None)),
    (IMAGES, "float32", "Normalization", lambda: layers.Normalization()),
    (IMAGES, "float32", "{Normalization: {axis: [1, 3]}}", lambda: layers.Normalization(axis=(1, 3))),
    (NUMBERS, "float32", "{Discretization: {num_bins: 5}}", lambda: layers.Discretization(num_bins=5)),
    (WORDS, "string", "{StringLookup: {output_mode: one_hot}}", lambda: layers.StringLookup(output_mode="one_hot")),
    (CODES, "int64", "{IntegerLookup: {max_tokens: 5}}", lambda: layers.IntegerLookup(max_tokens=5)),
    (
        TEXTS,
        "string",
        "{TextVectorization: {output_mode: tf_idf}}",
        lambda: layers.TextVectorization(output_mode="tf_idf"),
    ),
    (
        TEXTS,
        "string",
        "{TextVectorization: {output_sequence_length: 6}}",
        lambda: layers.TextVectorization(output_sequence_length=6),
    ),
]


@pytest.mark.parametrize(("x", "dtype", "network", "make"), KINDS, ids=[kind[2] for kind in KINDS])
def test_a_layer_learns_what_adapt_gives(
    folder: Path, spec: WriteSpec, x: np.ndarray, dtype: str, network: str, make: Any
) -> None:
    numeric = dtype == "float32" or "one_hot" in network or "tf_idf" in network
    head = "Flatten, {Dense: 3}" if numeric else "{Embedding: {input_dim: 20, output_dim: 2}}, Flatten, {Dense: 3}"
    if network.startswith("{Discretization"):
        head = "{Embedding: {input_dim: 5, output_dim: 2}}, Flatten, {Dense: 3}"
    prepared = prepare(spec_of(spec, x, f"{network}, {head}", dtype), Reporter())
    by_hand = make()
    seen = trained_on(prepared, x)
    by_hand.adapt(seen.astype("float32") if x.dtype == "uint8" else seen)
    ours = prepared.model.layers[1]
    assert close(ours, by_hand, x)
    assert not close(ours, make_on(make, x), x) or not network.startswith(("Norm", "{Norm"))  # the training part alone
    kind = type(ours).__name__
    assert LEARNS[kind].argument in prepared.learned.layers[ours.name]


def make_on(make: Any, x: np.ndarray) -> Any:
    layer = make()
    layer.adapt(x.astype("float32") if x.dtype == "uint8" else x)
    return layer


def test_these_are_all_layers_of_keras_that_adapt() -> None:
    kinds = {name for name in dir(layers) if hasattr(getattr(layers, name), "adapt")}
    assert kinds == set(LEARNS)


def test_a_layer_learns_from_what_reaches_it_without_randomness(folder: Path, spec: WriteSpec) -> None:
    text = "{Rescaling: 0.01}, {RandomFlip: horizontal}, {Dropout: 0.5}, Flatten, {Normalization: , name: norm}, "
    rest = REST.replace(
        "batch_size: 16", "batch_size: 16, augment: [{RandomTranslation: {height_factor: 0.5, width_factor: 0.5}}]"
    )
    prepared = prepare(spec_of(spec, IMAGES, f"{text}{{Dense: 3}}", rest=rest), Reporter())
    by_hand = layers.Normalization()
    by_hand.adapt((trained_on(prepared, IMAGES) * np.float32(0.01)).reshape(60, -1))
    ours = prepared.model.get_layer("norm")
    assert np.allclose(ours.mean, by_hand.mean, rtol=1e-5) and np.allclose(ours.variance, by_hand.variance, rtol=1e-4)


def test_a_layer_that_is_used_again_learns_from_all_that_reaches_it(folder: Path, spec: WriteSpec) -> None:
    np.savez("two.npz", a=NUMBERS, b=2 * NUMBERS, y=LABELS)
    prepared = prepare(
        spec(
            "inputs: {a: [4], b: [4]}\n"
            "layers: [{Normalization: , name: n, from: a}, {reuse: n, name: m, from: b}, {Add: , from: [n, m]}, Softmax]\n"
            "data: {source: {Arrays: {path: two.npz, inputs: [a, b]}}}\n"
            "train: {loss: SparseCategoricalCrossentropy, epochs: 1}\n".replace("Softmax", "{Dense: 3}, Softmax")
        ),
        Reporter(),
    )
    by_hand = layers.Normalization()
    by_hand.adapt(np.concatenate([NUMBERS, 2 * NUMBERS]))
    assert close(prepared.model.get_layer("n"), by_hand, NUMBERS)


def test_what_one_layer_learns_feeds_the_next(folder: Path, spec: WriteSpec) -> None:
    network = "{StringLookup: {output_mode: one_hot}, name: words}, {Normalization: , name: norm}, {Dense: 3}"
    listener = Heard()
    prepared = prepare(spec_of(spec, WORDS, network, "string"), listener)
    share = (trained_on(prepared, WORDS) == "a").mean()
    place = prepared.model.get_layer("words").get_vocabulary().index("a")
    assert np.isclose(prepared.model.get_layer("norm").mean[0, place], share, rtol=1e-6)
    assert "`words` (vocabulary of 6)" in listener.said[-1]
    assert [warning.code for warning in listener.warned] == ["W0727"]  # no word is unknown in training


def test_padding_does_not_count() -> None:
    values, counts = DRAW.normal(3, 2, (6, 5, 2)), np.arange(5) < np.array([5, 1, 2, 3, 4, 2])[:, None]
    learner = _Moments((-1,))
    for part in (slice(0, 2), slice(2, 6)):
        learner.see(np.where(counts[part][..., None], values[part], 0), counts[part])
    found = learner.result()
    assert found is not None
    real = values[counts].astype("float32")
    assert np.allclose(found["mean"], real.mean(0), rtol=1e-6) and np.allclose(
        found["variance"], real.var(0), rtol=1e-5
    )


def test_a_lookup_over_padded_sequences_does_not_learn_the_padding(folder: Path, spec: WriteSpec) -> None:
    Path("words.conll").write_text("".join(f"{'w O' + chr(10)}" * n + "\n" for n in (1, 2, 3, 1, 2, 5)))
    loaded = spec(
        "inputs: {tokens: {shape: [null], dtype: int32}}\n"
        "layers: [{IntegerLookup: , name: again}, {Embedding: [9, 4]}, {Dense: $data.classes}]\n".replace(
            "[9, 4]", "{input_dim: 9, output_dim: 4}"
        )
        + "data: {source: {Conll: words.conll}}\ntrain: {epochs: 1}\n"
    )
    assert prepare(loaded, Reporter()).model.get_layer("again").get_vocabulary() == [-1, 2]


@pytest.mark.long
def test_a_resumed_run_keeps_what_it_learned(folder: Path, spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    network = (
        "{Normalization: , name: norm}, {Discretization: {num_bins: 4}}, {Embedding: {input_dim: 4, output_dim: 3}}"
    )
    loaded = spec_of(spec, NUMBERS, f"{network}, Flatten, {{Dense: 3}}")
    whole = train(loaded, Path("whole"))

    class Stop(Reporter):
        def epoch(self, epoch: int, logs: Any, seconds: float) -> None:
            import os
            import signal

            if epoch == 0:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        train(loaded, Path("part"), reporter=Stop())
    monkeypatch.setattr("nnspec.training.train.prepare", lambda *given: prepare(*given))
    monkeypatch.setattr("nnspec.training.prepare.learn", lambda *given: pytest.fail("it learned again"))
    resumed = train(loaded, Path("part"))
    assert resumed.weights_sha256 == whole.weights_sha256
    assert Path("part/learned.json").read_bytes() == Path("whole/learned.json").read_bytes()
    x = NUMBERS[:8]
    reloaded = keras.models.load_model("whole/best.keras")
    assert np.allclose(reloaded.get_layer("norm").mean, whole.model.get_layer("norm").mean)
    answers = nnspec.predict(loaded, list(x), run="whole")
    probabilities = [list(answer["probabilities"].values()) for answer in answers]
    assert np.allclose(probabilities, keras.ops.softmax(reloaded(x)), atol=1e-6)


def test_a_run_without_what_it_learned_is_not_gone_on_with(folder: Path, spec: WriteSpec) -> None:
    loaded = spec_of(spec, NUMBERS, "Normalization, {Dense: 3}")
    train(loaded, Path("run"))
    Path("run/learned.json").unlink()
    with pytest.raises(TrainingError, match="does not say what 'normalization' learned"):
        train(
            spec_of(spec, NUMBERS, "Normalization, {Dense: 3}", rest=REST.replace("epochs: 2", "epochs: 3")),
            Path("run"),
        )


@pytest.mark.parametrize(
    ("x", "dtype", "network", "message"),
    [
        (NUMBERS, "float32", "{Rescaling: 1e38}, {Rescaling: 1e38}, Normalization", "infinite or nan"),
        (
            np.full((80, 1), ""),
            "string",
            "{StringLookup: {mask_token: ''}}, {Embedding: {input_dim: 3, output_dim: 1}}, Flatten",
            "no value",
        ),
    ],
    ids=["infinite", "no token"],
)
def test_what_cannot_be_learned_is_said_at_the_line(
    folder: Path, spec: WriteSpec, x: np.ndarray, dtype: str, network: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        prepare(spec_of(spec, x, f"{network}, {{Dense: 3}}", dtype), Reporter())
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0726" and problem.span is not None and problem.span.line == 4


def test_weights_come_with_what_their_layers_learned(folder: Path, spec: WriteSpec) -> None:
    """The vocabulary of another run belongs to the rows of its table, whatever the new data have."""
    network = (
        "{StringLookup: , name: words}, {Embedding: {input_dim: 9, output_dim: 2}, name: table}, Flatten, {Dense: 3}"
    )
    first = train(spec_of(spec, WORDS, network, "string"), Path("first"))
    other = np.where(WORDS == "a", "new", WORDS)
    loaded = spec_of(spec, other, network, "string")
    begun = replace(loaded, train=replace(loaded.training, initial_weights=str(Path("first").resolve())))
    model = prepare(begun, Reporter()).model
    assert model.get_layer("words").get_vocabulary() == first.model.get_layer("words").get_vocabulary()
    assert np.array_equal(model.get_layer("table").get_weights()[0], first_table("first"))


def first_table(run: str) -> np.ndarray:
    found: np.ndarray = keras.models.load_model(f"{run}/best.keras").get_layer("table").get_weights()[0]
    return found


def test_a_normalization_computes_with_the_weights_that_it_is_given(folder: Path, spec: WriteSpec) -> None:
    train(spec_of(spec, NUMBERS, "{Normalization: , name: norm}, {Dense: 3}"), Path("first"))
    loaded = spec_of(spec, 100 * NUMBERS, "{Normalization: , name: norm}, {Dense: 3, name: scores}")
    begun = replace(loaded, train=replace(loaded.training, initial_weights=str(Path("first").resolve())))
    listener = Heard()
    norm = prepare(begun, listener).model.get_layer("norm")
    assert np.allclose(norm(NUMBERS), keras.models.load_model("first/best.keras").get_layer("norm")(NUMBERS))


def test_other_classes_behind_initial_weights_are_said(folder: Path, spec: WriteSpec) -> None:
    named = REST.replace("batch_size: 16", "batch_size: 16, classes: [red, green, blue]")
    train(spec_of(spec, NUMBERS, "{Dense: 3}", rest=named), Path("first"))
    loaded = spec_of(spec, NUMBERS, "{Dense: 3}", rest=named.replace("red, green", "green, red"))
    listener = Heard()
    prepare(replace(loaded, train=replace(loaded.training, initial_weights=str(Path("first").resolve()))), listener)
    assert [warning.code for warning in listener.warned] == ["W0728"]
    assert "number 0 is 'green', and 'red' there" in listener.warned[0].message


@pytest.mark.long
def test_texts_train_and_predict_and_a_saved_model_takes_them(folder: Path, spec: WriteSpec) -> None:
    network = "{TextVectorization: {output_sequence_length: 6}}, {Embedding: {input_dim: 20, output_dim: 2}}, Flatten"
    loaded = spec_of(spec, TEXTS, f"{network}, {{Dense: 3}}", "string")
    train(loaded, Path("run"))
    (answer,) = nnspec.predict(loaded, ["the cat"], run="run")
    assert answer["input"] == "the cat" and answer["label"] in "012"
    (artifact,) = nnspec.export(loaded, run="run", targets=["SavedModel"])
    assert artifact.max_abs_diff == 0
    with pytest.raises(ExportError, match="TextVectorization"):
        nnspec.export(loaded, run="run", targets=["TFLite"])


def test_the_python_code_adapts_the_same(folder: Path, spec: WriteSpec) -> None:
    network = "{Rescaling: 0.5}, {Normalization: , name: norm}, {Dense: 3}"
    loaded = spec_of(spec, NUMBERS, network)
    prepared = prepare(loaded, Reporter())
    scope: dict[str, Any] = {"__name__": "made"}
    exec(python_code(loaded), scope)  # our own text
    model = scope["build"]({"x": trained_on(prepared, NUMBERS)})
    assert close(model.get_layer("norm"), prepared.model.get_layer("norm"), NUMBERS)
    assert scope["build"]().count_params() == prepared.model.count_params()


def test_the_python_code_of_a_vocabulary_needs_the_examples(folder: Path, spec: WriteSpec) -> None:
    loaded = spec_of(spec, WORDS, "{StringLookup: {output_mode: one_hot}, name: words}, {Dense: 3}", "string")
    scope: dict[str, Any] = {"__name__": "made"}
    text = python_code(loaded)
    exec(text, scope)
    assert scope["build"]({"x": WORDS}).get_layer("words").get_vocabulary()[0] == "[UNK]" and "help(build)" in text
    with pytest.raises(SpecError, match="only training learns"):
        nnspec.build(loaded)
