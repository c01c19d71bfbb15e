"""Learning the values of layers within another network: the loss by hand, the same bits after a resume, for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from kill_at import KillAt, Killed
from training_specs import CNN, WriteSpec
from two_devices import assert_resumes_on_two_devices

from nnspec.backend.distillation import Features, TaughtFeatures, teach
from nnspec.backend.listening import listen
from nnspec.console.progress import Reporter
from nnspec.frontend.diagnostics import SpecError
from nnspec.runs.run_folder import RunFolder
from nnspec.training.prepare import prepare
from nnspec.training.train import train

pytestmark = [pytest.mark.tf, pytest.mark.long]

DRAW = np.random.default_rng(0)


def drawn(*shape: int) -> np.ndarray:
    return DRAW.normal(size=shape).astype("float32")


def test_values_are_compared_as_they_are_and_maps_without_their_channels() -> None:
    theirs, ours = drawn(2, 3, 4), drawn(2, 3, 4)
    assert float(TaughtFeatures(False)(theirs, ours)) == pytest.approx(((theirs - ours) ** 2).mean(), rel=1e-5)
    masked: Any = tf.constant(ours)
    masked._keras_mask = tf.constant([[True, True, False], [True, False, False]])
    squares = ((theirs - ours) ** 2).mean(-1)
    wanted = (squares[0, :2].mean() + squares[1, 0]) / 2
    assert float(TaughtFeatures(False)(theirs, masked)) == pytest.approx(wanted, rel=1e-5)

    def attention(values: np.ndarray) -> np.ndarray:
        flat = (values**2).mean(-1).reshape(len(values), -1)
        return flat / np.linalg.norm(flat, axis=-1, keepdims=True)

    wide = drawn(2, 3, 6)
    wanted = ((attention(wide) - attention(ours)) ** 2).sum(-1).mean()
    assert float(TaughtFeatures(True)(wide, ours)) == pytest.approx(wanted, rel=1e-4)
    assert float(TaughtFeatures(True)(wide[..., :1] * 0 + 1, ours * 0 + 2)) == pytest.approx(0, abs=1e-6)


def test_each_call_of_a_shared_layer_is_heard_by_itself() -> None:
    x = keras.Input((4,))
    layer = keras.layers.Dense(4, name="twice")
    model = keras.Model(x, layer(layer(x)))
    heard = listen(model, (("twice", 0), ("twice", 1)))
    given = drawn(2, 4)
    found = model(given)
    np.testing.assert_allclose(heard()[0], layer(given), rtol=1e-5)
    np.testing.assert_allclose(heard()[1], found, rtol=1e-5)


def test_a_layer_comes_to_give_what_the_teacher_s_gives() -> None:
    """Beside a truth that has nothing to do with it, and counts little."""

    def network() -> keras.Model:
        x = keras.Input((4,))
        return keras.Model(x, keras.layers.Dense(2, name="out")(keras.layers.Dense(3, name="within")(x)))

    keras.utils.set_random_seed(0)
    model, teacher, given = network(), network(), drawn(32, 4)
    model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mean_squared_error")
    values = keras.Model(teacher.input, teacher.get_layer("within").output)

    def apart() -> float:
        return float(np.mean((model.get_layer("within")(given) - values(given)) ** 2))

    before = apart()
    features = Features((("within", 0),), (TaughtFeatures(False),), 10.0)
    teach(model, lambda x: {0: values(x)}, {}, {}, 0.0, features)
    model.fit(given, drawn(32, 2), epochs=60, verbose=0)
    assert apart() < 0.1 * before


def test_a_training_learns_them_and_resumes_with_the_same_bits(spec: WriteSpec) -> None:
    """Its first epoch is in float, then it rounds; the features are a part of what it learns."""
    train(spec(CNN, "train.epochs=2", "train.seed=9"), run=Path("teacher"))
    taught = "train.teacher={run: teacher, weight: 0.5, feature_weight: 100, features: {re_lu: re_lu}}"
    settings = (taught, "train.epochs=3", "train.quantize={float_epochs: 1, frozen_epochs: 1}")
    whole = train(spec(CNN, *settings), run=Path("whole"))
    without = train(spec(CNN, taught.replace(", feature_weight: 100, features: {re_lu: re_lu}", ""), *settings[1:]))
    assert whole.weights_sha256 != without.weights_sha256
    with pytest.raises(Killed):
        train(spec(CNN, *settings), run=Path("killed"), reporter=KillAt(9))
    resumed = train(spec(CNN, *settings), run=Path("killed"))
    assert resumed.weights_sha256 == whole.weights_sha256
    told = RunFolder(Path("whole")).read_record()["teacher"]
    assert told["features"] == {"re_lu": "re_lu"} and told["feature_weight"] == 100


@pytest.mark.proof
def test_two_devices_resume_with_the_same_bits(spec: WriteSpec, folder: Path) -> None:
    """Each replica hears its own values, though both wait for each other within the network."""
    train(spec(CNN, "train.epochs=1", "train.seed=9"), run=Path("teacher"))
    spec(CNN)
    taught = "train.teacher={run: teacher, weight: 0.5, features: {re_lu: re_lu}}"
    assert_resumes_on_two_devices(folder, [taught, "train.epochs=3"], "")


def test_what_only_the_file_tells_is_refused(spec: WriteSpec) -> None:
    train(spec(CNN, "train.epochs=1"), run=Path("teacher"))
    given = "train.teacher={run: teacher/best.keras, features: {re_lu: flatten}}"
    with pytest.raises(SpecError, match=r"`re_lu` gives \[6, 6, 4\], and `flatten` of the teacher \[144\]"):
        prepare(spec(CNN, given), Reporter())
    with pytest.raises(SpecError, match="no layer of the teacher is called `relu`"):
        prepare(spec(CNN, given.replace("flatten", "relu")), Reporter())
