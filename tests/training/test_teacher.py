"""Learning from another network: the loss by hand, chains of labels, the same bits after a resume, what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from heard import Heard
from kill_at import KillAt, Killed
from training_specs import CHAIN, CNN, PLAIN, SENTENCES, SOFTMAX, WriteSpec

from nnspec.backend.distillation import TaughtChain, TaughtClasses, TaughtYesNo, teach
from nnspec.backend.own_layers.crf import CRF, log_marginals
from nnspec.console.progress import Reporter
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import check
from nnspec.runs.run_folder import RunFolder
from nnspec.training import teacher_answers
from nnspec.training.given_model import assets_of
from nnspec.training.prepare import prepare
from nnspec.training.state import weights_sha256
from nnspec.training.teacher_check import _right
from nnspec.training.train import train

pytestmark = pytest.mark.tf


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def divergence(theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    return (theirs * np.log(theirs / ours)).sum(-1)


def test_the_loss_of_a_step_is_the_one_that_is_written() -> None:
    """Truth, teacher and regularizer, each with its share, with weights of examples in both."""
    draw = np.random.default_rng(0)
    x, labels, weights = draw.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0]), np.array([1.0, 2.0, 0.5, 1.0, 0.0])
    theirs = draw.normal(size=(5, 3)).astype("float32")
    layer = keras.layers.Dense(3, activation="softmax", kernel_regularizer=keras.regularizers.L2(0.1))
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(loss="sparse_categorical_crossentropy")
    loss = TaughtClasses(3.0, False, True, "sum_over_batch_size")
    teach(model, lambda x: {"scores": theirs}, {"scores": loss}, {"scores": 1.0}, 0.7)
    kernel, bias = layer.get_weights()
    logits = x @ kernel + bias
    true = -np.log(softmax(logits)[range(5), labels])
    taught = 9 * divergence(softmax(theirs / 3), softmax(logits / 3))
    wanted = (weights * (0.3 * true + 0.7 * taught)).mean() + 0.1 * (kernel**2).sum()
    given = (x, labels, model(x), weights)
    assert float(model.compute_loss(*given, training=True)) == pytest.approx(wanted, rel=1e-5)
    measured = (weights * true).mean() + 0.1 * (kernel**2).sum()
    assert float(model.compute_loss(*given, training=False)) == pytest.approx(measured, rel=1e-5)


def test_chances_of_yes_are_compared_by_logits() -> None:
    theirs, ours = np.array([[2.0, -1.0], [0.5, 3.0]]), np.array([[1.0, 1.0], [-2.0, 0.0]])

    def chances(logits: np.ndarray) -> np.ndarray:
        yes = 1 / (1 + np.exp(-logits / 2))
        return np.stack([yes, 1 - yes], -1)

    wanted = 4 * divergence(chances(theirs), chances(ours)).mean()
    probabilities = 1 / (1 + np.exp(-theirs))
    found = TaughtYesNo(2.0, True, False, "sum_over_batch_size")(probabilities, ours)
    assert float(found) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("padding", ["behind", "in front"])
def test_chances_within_a_chain_are_those_of_all_sequences(padding: str) -> None:
    draw = np.random.default_rng(1)
    layer = CRF(3)
    layer.build((None, None, 2))
    layer.set_weights([draw.normal(size=weight.shape) for weight in layer.weights])
    scores = draw.normal(size=(1, 5, 3)).astype("float32")
    real = np.array([[True] * 3 + [False] * 2 if padding == "behind" else [False] * 2 + [True] * 3])
    steps, total = np.flatnonzero(real[0]), np.zeros((3, 3))
    for labels in itertools.product(range(3), repeat=3):
        score = layer.start.numpy()[labels[0]] + layer.end.numpy()[labels[-1]]
        score += sum(scores[0, step, label] for step, label in zip(steps, labels, strict=True))
        score += sum(layer.transitions.numpy()[pair] for pair in itertools.pairwise(labels))
        total[range(3), labels] += np.exp(score / 2)
    found = np.exp(log_marginals(layer, scores, real, 2.0).numpy())[0, steps]
    np.testing.assert_allclose(found, total / total.sum(-1, keepdims=True), rtol=1e-4)
    loss = TaughtChain(2.0, layer, layer)
    assert float(loss(scores, scores, real.astype("float32"))) == pytest.approx(0, abs=1e-6)
    other = TaughtChain(2.0, layer, False)(scores, scores, real.astype("float32"))
    wanted = 4 * divergence(total / total.sum(-1, keepdims=True), softmax(scores[0, steps] / 2)).mean()
    assert float(other) == pytest.approx(wanted, rel=1e-4)


TAUGHT = "train.teacher={run: teacher, temperature: 2, weight: 0.5}"


@pytest.mark.long
def test_a_taught_training_resumes_with_the_same_bits(spec: WriteSpec) -> None:
    """With augmentation, class weights, phases and rounding; a teacher that is another one later is refused."""
    train(spec(PLAIN, "train.epochs=2"), run=Path("teacher"))
    phases = "train.phases=[{epochs: 1, trainable: dense}, {epochs: 1}]"
    text = CNN.replace("  epochs: 3\n", "  class_weight: balanced\n")
    settings = (TAUGHT, phases, "train.quantize={float_epochs: 0, frozen_epochs: 1}")
    whole = train(spec(text, *settings), run=Path("whole"))
    with pytest.raises(Killed):
        train(spec(text, *settings), run=Path("killed"), reporter=KillAt(9))
    file = Path("teacher/best.keras")
    kept = file.read_bytes()
    file.write_bytes(Path("teacher/last.keras").read_bytes() + b" ")
    with pytest.raises(SpecError, match="is not what the training wrote"):
        train(spec(text, *settings), run=Path("killed"))
    file.write_bytes(kept)
    resumed = train(spec(text, *settings), run=Path("killed"))
    assert resumed.resumed_from is not None and resumed.weights_sha256 == whole.weights_sha256
    record = RunFolder(Path("whole")).read_record()
    assert record["teacher"] == {
        "file": str(file.resolve()),
        "weights_sha256": weights_sha256(keras.models.load_model(file)),
        "temperature": 2,
        "weight": 0.5,
    }


@pytest.mark.long
def test_answers_that_are_kept_are_those_of_each_step(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a drawn order, with weights of classes; asked in each step, kept, and kept in a training that is killed."""
    train(spec(PLAIN, "train.epochs=2"), run=Path("teacher"))
    settings = (TAUGHT, "train.epochs=3", "train.class_weight=balanced")
    heard = Heard()
    kept = train(spec(PLAIN, *settings), run=Path("kept"), reporter=heard)
    assert any("answers each of 48 examples once" in text for text in heard.said)
    with pytest.raises(Killed):
        train(spec(PLAIN, *settings), run=Path("killed"), reporter=KillAt(9))
    resumed = train(spec(PLAIN, *settings), run=Path("killed"))
    assert resumed.resumed_from is not None and resumed.weights_sha256 == kept.weights_sha256
    monkeypatch.setattr(teacher_answers, "LARGEST", 0)
    asked = train(spec(PLAIN, *settings), run=Path("asked"), reporter=(heard := Heard()))
    assert not any("once" in text for text in heard.said)
    for ours, theirs in zip(kept.model.get_weights(), asked.model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert kept.metrics["loss"] == pytest.approx(asked.metrics["loss"], rel=1e-4)


@pytest.mark.long
def test_what_the_teacher_knows_is_learned_without_labels(spec: WriteSpec) -> None:
    """The student sees one label for everything, and learns to tell what the teacher tells."""
    train(spec(PLAIN, "train.epochs=15"), run=Path("teacher"))
    images = np.load("images.npz")
    np.savez("blank.npz", x=images["x"], y=np.r_[[2], images["y"][1:] * 0])
    settings = ("data.source={Arrays: {path: blank.npz}}", "data.classes=[0, 1, 2]", "train.epochs=20")
    taught = "train.teacher={run: teacher/best.keras, weight: 1, temperature: 1}"
    train(spec(PLAIN.replace("0.4", "0.1"), *settings, taught), run=Path("student"))
    found, wanted = (
        keras.models.load_model(path).predict(images["x"], verbose=0).argmax(-1)
        for path in ("student/last.keras", "teacher/best.keras")
    )
    assert (found == wanted).mean() > 0.6 and set(found) == {0, 1, 2}


@pytest.mark.long
def test_classes_in_another_order_show_in_the_answers(spec: WriteSpec) -> None:
    """A `.keras` file has no names of classes: the same network with its units turned round is no misfit."""
    train(spec(PLAIN, "train.epochs=15"), run=Path("teacher"))
    model = keras.models.load_model("teacher/best.keras")
    model.layers[-1].set_weights([np.roll(weight, 1, -1) for weight in model.layers[-1].get_weights()])
    model.save("turned.keras")
    for file, wanted in (("teacher/best.keras", False), ("turned.keras", True)):
        prepare(spec(PLAIN, f"train.teacher={{run: {file}}}"), heard := Heard())
        assert ("W0745" in [warning.code for warning in heard.warned]) is wanted
        assert any("the teacher is right in" in text for text in heard.said) is not wanted


@pytest.mark.parametrize(
    ("true", "weights", "right"),
    [
        ([[0, 1], [2, -1]], None, [True, True, False]),
        ([[[0], [1]], [[2], [3]]], None, [True, True, False]),
        ([[0, 1], [2, 0]], [[1.0, 0.0], [1.0, 1.0]], [True, False, True]),
        ([[0, 1], [2, 0]], [0.0, 2.0], [False, True]),
        ([[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 0, 0]]], None, [True, True, False, True]),
    ],
)
def test_padding_and_classes_that_are_left_out_are_no_answers(true: Any, weights: Any, right: list[bool]) -> None:
    answers = np.eye(3)[[[0, 1], [1, 0]]]
    assert _right(answers, np.array(true), weights).tolist() == right


@pytest.mark.proof
@pytest.mark.parametrize(("teacher", "student"), [(CHAIN, SOFTMAX), (SOFTMAX, CHAIN), (CHAIN, CHAIN)])
def test_taggers_teach_each_other(folder: Path, spec: WriteSpec, teacher: str, student: str) -> None:
    Path("sentences.conll").write_text(SENTENCES, encoding="utf-8")
    train(spec(teacher, "train.epochs=1"), run=Path("teacher"))
    found = train(spec(student, "train.epochs=1", "train.teacher={run: teacher, temperature: 1}"), run=Path("student"))
    assert np.isfinite(found.metrics["loss"])


def refused(folder: Path, text: str, setting: str) -> list[str]:
    """What `check` says with E0745 and E0703, and the training with the same."""
    (folder / "student.yaml").write_text("nnspec: 1\n" + text, encoding="utf-8")
    found = check(folder / "student.yaml", [setting])
    said = [one.message for one in found.diagnostics if one.code in ("E0745", "E0703")]
    if said and found.spec is not None:
        with pytest.raises(SpecError) as error:
            prepare(found.spec, Reporter())
        assert {one.code for one in error.value.diagnostics} == {"E0745"}
    return said


def test_teachers_that_do_not_match_are_refused(folder: Path, spec: WriteSpec) -> None:
    train(spec(PLAIN, "train.epochs=1"), run=Path("teacher"))
    good, setting = PLAIN, "train.teacher={run: teacher}"
    assert refused(folder, good, setting) == []
    assert refused(folder, good.replace("units: 3", "units: 4"), setting) == [
        "`dense` is [4], and the teacher's answer is [3]"
    ]
    sigmoid = good.replace("softmax", "sigmoid") + "  loss: BinaryCrossentropy\n"
    sigmoid = sigmoid.replace("batch_size: 8}", "batch_size: 8, one_hot: true}")
    (told,) = refused(folder, sigmoid, setting)
    assert told == "`dense` learns yes or no for each value, and the teacher's answers come out of softmax"
    hinge = good.replace("batch_size: 8}", "batch_size: 8, one_hot: true}") + "  loss: CategoricalHinge\n"
    (told,) = refused(folder, hinge, setting)
    assert told.startswith("`dense` learns labels by a loss that cannot compare two answers")
    (told,) = refused(folder, good.replace("batch_size: 8}", 'batch_size: 8, classes: ["2", "1", "0"]}'), setting)
    assert told == "class 0 is `2`, and `0` to the teacher"
    crop = good.replace("[8, 8, 1]", "[4, 16, 1]").replace("images.npz", "wide.npz")
    images = np.load("images.npz")
    np.savez("wide.npz", x=images["x"].reshape(80, 4, 16, 1), y=images["y"])
    assert refused(folder, crop, setting) == ["`image` is [4, 16, 1], and the teacher takes [8, 8, 1]"]


def test_what_a_run_learned_must_be_readable(folder: Path) -> None:
    """Else its classes would be held against ours by nobody."""
    assert assets_of(RunFolder(folder), None) is None
    (folder / "assets").mkdir()
    (folder / "assets" / "scaling.json").write_text("{", encoding="utf-8")
    with pytest.raises(SpecError, match="has learned of its data cannot be read"):
        assets_of(RunFolder(folder), None)
