"""Layers and models of one's own, opened with --trust: their layers and operations become those of the spec."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import nnspec
from nnspec.backend.opened import NotOpened, opened
from nnspec.cli.main import run
from nnspec.importing.errors import ImportFailed
from nnspec.importing.weights import require_same_answers

pytestmark = pytest.mark.tf

CODE = """
import keras
import numpy as np
from keras import layers, ops

class Patches(layers.Layer):
    def call(self, images):
        batch, height, width, channels = ops.shape(images)
        patches = ops.image.extract_patches(images, size=4)
        return ops.reshape(patches, (batch, (height // 4) * (width // 4), 16 * channels))

class Encoder(layers.Layer):
    def __init__(self, patches, size):
        super().__init__()
        self.count, self.project = patches, layers.Dense(size)
        self.position = layers.Embedding(patches, size)

    def call(self, patches):
        positions = ops.expand_dims(ops.arange(0, self.count, 1), axis=0)
        return self.project(patches) + self.position(positions)

class Block(layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.attend = layers.MultiHeadAttention(2, size // 2)
        self.feed = keras.Sequential([layers.Dense(2 * size, activation="relu"), layers.Dense(size)])
        self.norm, self.drop = layers.LayerNormalization(), layers.Dropout(0.1)

    def call(self, x, training=False):
        x = self.norm(x + self.drop(self.attend(x, x), training=training))
        return x + self.drop(self.feed(x), training=training)

def images():
    given = keras.Input((8, 8, 3))
    x = Block(6)(Encoder(4, 6)(Patches()(given)))
    return keras.Model(given, layers.Dense(2)(layers.Flatten()(layers.Lambda(lambda x: x * 2.0)(x))), name="vit")

class Whole(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.block, self.last = Block(4), layers.Dense(1)

    def call(self, x):
        return self.last(self.block(x))

def subclass():
    model = Whole(name="whole")
    model(ops.zeros((1, 5, 4)))
    return model

class Trains(keras.Model):
    def train_step(self, data):
        return {}

class Masked(Block):
    def __init__(self, size):
        super().__init__(size)
        self.supports_masking = True

    def call(self, x, mask=None):
        x = self.norm(x + self.attend(x, x, attention_mask=ops.cast(mask[:, None, :], "int32")))
        return x + self.feed(x)

class Tokens(layers.Layer):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = layers.Embedding(9, 4), layers.Embedding(5, 4)

    def call(self, x):
        return self.tokens(x) + self.positions(ops.arange(0, ops.shape(x)[-1]))

    def compute_mask(self, x, mask=None):
        return ops.not_equal(x, 0)

def masked():
    given = keras.Input((5,), dtype="int32")
    x = Masked(4)(Tokens()(given))
    return keras.Model(given, layers.LSTM(2)(x), name="masked")

class Towers(keras.Model):
    def __init__(self):
        super().__init__(name="towers")
        self.first, self.second = layers.Embedding(9, 4), layers.Embedding(7, 4)

    def call(self, given):
        return ops.sum(self.first(given["user"]) * self.second(given["film"]), axis=-1)

def towers():
    model = Towers()
    model({"user": np.zeros(1, "int32"), "film": np.zeros(1, "int32")})
    return model

def trains():
    given = keras.Input((4,))
    return Trains(given, layers.Dense(2)(given), name="trains")
"""


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        ("images", {"SpaceToDepth", "PositionEmbedding", "MultiHeadAttention", "Rescaling"}),
        ("subclass", {"MultiHeadAttention", "LayerNormalization"}),
        ("masked", {"MultiHeadAttention", "PositionEmbedding", "LSTM"}),
        ("towers", {"Embedding", "Reduce"}),
        ("trains", {"Dense"}),
    ],
)
def test_own_layers_and_models_come_with_their_weights(
    function: str, kinds: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    module = f"own_{function}"
    Path(f"{module}.py").write_text(CODE, encoding="utf-8")
    keras.utils.set_random_seed(3)
    assert run(["import", f"{module}:{function}", "--trust", "-o", "net.yaml"]) == 0
    said = capsys.readouterr().err
    assert ("stands in the spec, as it is without `training`" in said) == (function != "trains")
    spec = nnspec.load(Path("net.yaml")).spec
    assert kinds <= {layer.kind for layer in spec.graph.layers}
    assert "training: false" not in Path("net.yaml").read_text(encoding="utf-8")  # its Dropout drops in training
    keras.utils.set_random_seed(3)
    monkeypatch.syspath_prepend(tmp_path)
    original = getattr(__import__(module), function)()
    found = keras.models.load_model("net_weights.keras")
    shape = {"images": (2, 8, 8, 3), "subclass": (2, 5, 4), "trains": (2, 4), "masked": (2, 5), "towers": (2,)}[
        function
    ]
    x: Any = np.random.default_rng(0).normal(0, 1, shape).astype("float32")
    if function in ("masked", "towers"):
        x = np.array([[3, 4, 0, 0, 0], [1, 2, 0, 4, 0]], "int32") if function == "masked" else np.array([3, 5], "int32")
        x = x if function == "masked" else {"user": x, "film": x[::-1]}
    assert np.allclose(original(x), found(x), atol=1e-6) and float(np.abs(original(x)).max()) > 0


class Scaled(layers.Layer):
    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x: Any) -> Any:
        return layers.Activation("relu")(x) * ops.convert_to_tensor(self.scale)


class OfTensorFlow(layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.cumsum(x, axis=1)


@pytest.mark.parametrize(("kind", "message"), [(Scaled, "weights of its own"), (OfTensorFlow, "cannot be followed")])
def test_what_cannot_be_followed_is_named(kind: Any, message: str) -> None:
    given = keras.Input((3,))
    with pytest.raises(NotOpened, match=rf"{kind.__name__}.*{message}") as refused:
        opened(keras.Model(given, kind()(given)))
    assert refused.value.hint


def test_a_model_of_keras_is_left_as_it_is() -> None:
    given = keras.Input((3,))
    model = keras.Model(given, layers.Dense(3)(given) + given)
    assert opened(model) == (model, ())


class Otherwise(layers.Layer):
    """Does with numbers what it does not do with tensors that stand for inputs."""

    def call(self, x: Any) -> Any:
        return layers.ReLU()(x) if keras.utils.is_keras_tensor(x) else x


def test_what_answers_otherwise_once_it_is_opened_is_refused() -> None:
    given = keras.Input((None, 4))
    model = keras.Model(given, Otherwise()(layers.Rescaling(-1.0)(given)))
    found, _ = opened(model)
    with pytest.raises(ImportFailed, match="answers otherwise"):
        require_same_answers(model, found)


def test_code_is_followed_with_trust_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_code.py").write_text(dedent("import pathlib\npathlib.Path('ran').touch()\n"), encoding="utf-8")
    assert run(["import", "own_code:make"]) == 2 and not Path("ran").exists()


def test_what_it_was_compiled_with_is_told_where_it_cannot_come() -> None:
    class Twice(layers.Layer):
        def call(self, x: Any) -> Any:
            return ops.relu(x)

    def far(true: Any, guessed: Any) -> Any:
        return ops.mean(ops.abs(true - guessed))

    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(2)(Twice()(inputs)))
    model.compile(optimizer="adam", loss=far)
    _, notes = opened(model)
    assert any("optimizer, loss and metrics are left out" in note for note in notes)
