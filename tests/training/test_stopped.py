"""What Keras or TensorFlow refuses on the way: the layer, its line and the cause, and never `bug in nnspec`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import nnspec
from nnspec.backend.keras_internals.messages import keras_message, nodes_of
from nnspec.cli.errors import explain
from nnspec.runs.errors import TrainingError
from nnspec.training.stopped import stopped, telling

pytestmark = pytest.mark.tf

HEAD = "nnspec: 1\nname: net\n"
DATA = "data: {{source: {{Arrays: {{path: d.npz, inputs: {x}, targets: {y}}}}}, split: {{validation: 0.25}}, batch_size: 8}}\n"


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    np.savez(
        "d.npz", words=draw.integers(0, 9, (40, 5)), image=draw.normal(size=(40, 6, 6, 1)), y=draw.integers(0, 3, 40)
    )

    def write(inputs: str, layers: str, x: str, train: str = "{epochs: 1}") -> str:
        text = f"{HEAD}inputs: {inputs}\nlayers:\n{layers}{DATA.format(x=x, y='y')}train: {train}\n"
        Path("net.yaml").write_text(text, encoding="utf-8")
        return "net.yaml"

    return write


WORDS = "{x: {shape: [5], dtype: int32}}"
EMBEDDED = "  - {Embedding: {input_dim: SIZE, output_dim: 2}, name: words}\n  - Flatten\n  - Dense: UNITS\n"


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the checks before training, which would find it: what only a step meets."""
    monkeypatch.setattr("nnspec.training.fitting.refuse", lambda problems: None)
    monkeypatch.setattr("nnspec.training.prepare.check_tokens", lambda *_: None)


def test_an_index_that_an_embedding_lacks(net: Any, unchecked: None) -> None:
    spec = net(WORDS, EMBEDDED.replace("SIZE", "4").replace("UNITS", "3"), "words")
    with pytest.raises(TrainingError) as caught:
        nnspec.train(spec, run="run")
    text = str(caught.value)
    assert "`words` (Embedding at net.yaml:5:" in text and "training, in step 1 of epoch 1" in text
    assert "is not in [0, 4)" in text and "input_dim" in text and "Graph execution" not in text
    failure = explain(caught.value, ["train", "net.yaml"])
    assert failure.code == 1 and "bug" not in failure.text


def test_predict_names_value_and_layer(net: Any) -> None:
    """A GPU gives zeros for such an index, and no error."""
    spec = net(WORDS, EMBEDDED.replace("SIZE", "9").replace("UNITS", "3"), "words")
    nnspec.train(spec, run="run")
    where = r"`x` holds 99, and the Embedding `words` \(net.yaml:5:\d+\) has 9 rows: 0 to 8"
    with pytest.raises(nnspec.DataError, match=f"example 2: {where}"):
        nnspec.predict(spec, [[0, 1, 2, 3, 8], [0, 1, 99, 3, 8]], run="run")
    alone = Path("alone.yaml")
    alone.write_text(Path(spec).read_text().partition("data:")[0])
    np.save("new.npy", np.array([[0, 1, 99, 3, 8]], "int32"))
    with pytest.raises(nnspec.DataError, match=where.replace("net.yaml", "alone.yaml")):
        nnspec.predict(str(alone), ["new.npy"], run="run")


def test_a_label_that_the_output_lacks(net: Any, unchecked: None) -> None:
    spec = net(WORDS, EMBEDDED.replace("SIZE", "9").replace("UNITS", "2"), "words")
    with pytest.raises(TrainingError) as caught:
        nnspec.train(spec, run="run")
    assert "in the loss" in str(caught.value) and "the output has 2 values" in str(caught.value)


def test_a_metric_that_cannot_be_traced(net: Any) -> None:
    train = "{epochs: 1, loss: SparseCategoricalCrossentropy, metrics: [{MeanIoU: {num_classes: 3}}]}"
    spec = net(WORDS, EMBEDDED.replace("SIZE", "9").replace("UNITS", "3"), "words", train)
    with pytest.raises((TrainingError, nnspec.SpecError)) as caught:
        nnspec.train(spec, run="run")
    assert "MeanIoU" in str(caught.value) and "\n\n" not in str(caught.value)


def test_what_a_cpu_cannot(net: Any) -> None:
    layers = "  - MaxPooling2D: {pool_size: [2, 1], data_format: channels_first}\n  - Flatten\n  - Dense: 3\n"
    spec = net("{x: [6, 6, 1]}", layers, "image")
    try:
        nnspec.train(spec, run="run")  # a GPU can
    except TrainingError as error:
        assert "(MaxPooling2D at net.yaml:5:5)" in str(error) and "channels_last" in str(error)


def test_own_faults_stay_own_and_say_what_was_done() -> None:
    with pytest.raises(KeyError) as caught, telling(None, "counting"):
        {}["x"]
    assert caught.value.__notes__ == ["while counting"]
    assert "on the way: nnspec train a.yaml; while counting" in explain(caught.value, ["train", "a.yaml"]).text


def test_the_cause_is_told_without_its_frame() -> None:
    text = (
        "Graph execution error:\n\nDetected at node net_1/words_1/GatherV2 defined at (most recent call last):\n"
        '  File "/a/b.py", line 3, in call\n\n  File "/a/c.py", line 4, in g\n\n'
        "indices[0,1] = 9 is not in [0, 3)\n\t [[{{node net_1/words_1/GatherV2}}]] [Op:__inference_one_step_1]"
    )
    assert keras_message(ValueError(text)) == "indices[0,1] = 9 is not in [0, 3)"
    assert nodes_of(ValueError(text)) == ["net_1/words_1/GatherV2"] * 2
    two = (
        "2 root error(s) found.\n  (0) INVALID_ARGUMENT:  a is b\n\t [[{{node x}}]]\n  (1) INVALID_ARGUMENT:  a is b\n"
    )
    assert keras_message(ValueError(two)) == "a is b"
    traced = (
        'in user code:\n\n    File "/a/b.py", line 3, in run  *\n        lambda x: f(x)\n'
        '    File "/a/c.py", line 9, in g  **\n        return h(x)\n\n    ValueError: Cannot take the length of 0.\n'
    )
    assert keras_message(ValueError(traced)) == "Cannot take the length of 0."


def test_memory_is_told_as_memory() -> None:
    assert "memory" in str(stopped(MemoryError(), None, "training"))


def test_tracebacks_are_whole_within_only() -> None:
    before = keras.config.is_traceback_filtering_enabled()
    with telling(None, "x"):
        assert not keras.config.is_traceback_filtering_enabled()
    assert keras.config.is_traceback_filtering_enabled() is before
