"""SavedModels of Keras 2: the layers that Keras wrote beside the program, and the weights of its checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from old_files import layer, sequential
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

import nnspec
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import import_config
from nnspec.importing.read import read_model
from nnspec.importing.saved_model import Objects, layers_of
from nnspec.importing.weights import trained_model

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)
INNER = sequential(layer("Dense", "one", [4], units=3), layer("BatchNormalization", "norm", axis=-1), name="inner")
CONFIG = sequential(layer("InputLayer", "x", [4], dtype="float32"), INNER, layer("Activation", "act", activation="relu"), layer("Dense", "last", units=2))  # fmt: skip
PARTS = {
    "one": ("kernel", "bias"),
    "norm": ("gamma", "beta", "moving_mean", "moving_variance"),
    "last": ("kernel", "bias"),
}
SHAPES = {"one": [(4, 3), (3,)], "norm": [(3,)] * 4, "last": [(3, 2), (2,)]}


def stored(folder: Path, beside: bool) -> dict[str, list[np.ndarray]]:
    """A SavedModel with the objects and texts that Keras 2 gave its own; ``beside``: texts in keras_metadata.pb."""
    values: dict[str, list[np.ndarray]] = {}
    texts: dict[str, str] = {}

    def leaf(name: str) -> tf.Module:
        made = tf.Module()
        values[name] = [np.abs(DRAW.normal(0, 1, shape)).astype("float32") + 0.1 for shape in SHAPES[name]]
        made.variables_ = [tf.Variable(value) for value in values[name]]
        for part, variable in zip(PARTS[name], made.variables_, strict=True):
            setattr(made, part, variable)
        return made

    model, inner = tf.Module(), tf.Module()
    setattr(inner, "layer_with_weights-0", leaf("one"))
    setattr(inner, "layer_with_weights-1", leaf("norm"))
    setattr(model, "layer_with_weights-0", inner)
    setattr(model, "layer_with_weights-1", leaf("last"))
    tf.saved_model.save(model, folder)
    texts = {"": "", "layer_with_weights-0": "inner", "layer_with_weights-1": "last"}
    texts |= {"layer_with_weights-0/layer_with_weights-0": "one", "layer_with_weights-0/layer_with_weights-1": "norm"}
    program = SavedModel()
    program.ParseFromString((folder / "saved_model.pb").read_bytes())
    nodes = program.meta_graphs[0].object_graph_def.nodes
    written = b""
    for way, name in texts.items():
        number = 0
        for part in filter(None, way.split("/")):
            number = next(child.node_id for child in nodes[number].children if child.local_name == part)
        said = {"name": name, "config": {"name": name}} if way else {**CONFIG, "keras_version": "2.4.0"}
        text = json.dumps(said).encode()
        for child in nodes[number].children:  # what Keras calls it
            child.local_name = "variables" if child.local_name == "variables_" else child.local_name
        if beside:
            entry = b"\x10" + varint(number) + b"\x2a" + varint(len(text)) + text
            written += b"\x0a" + varint(len(entry)) + entry
        else:
            nodes[number].user_object.metadata = text.decode()
    (folder / "saved_model.pb").write_bytes(program.SerializeToString())
    if beside:
        (folder / "keras_metadata.pb").write_bytes(written)
    return values


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def trained(path: Path) -> Any:
    read = read_model(path)
    return trained_model(path, read, import_config(read.config))[0]


@pytest.mark.parametrize("beside", [False, True])
def test_the_layers_and_their_weights_come(tmp_path: Path, beside: bool) -> None:
    values = stored(tmp_path / "model", beside)
    model = trained(tmp_path / "model")
    x = DRAW.normal(0, 1, (5, 4)).astype("float32")
    gamma, beta, mean, variance = values["norm"]
    y = (x @ values["one"][0] + values["one"][1] - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    assert np.allclose(model(x), np.maximum(y, 0) @ values["last"][0] + values["last"][1], atol=1e-5)


def told(folder: Path, texts: dict[str, dict[str, Any]]) -> None:
    """Puts what Keras wrote of an object into a SavedModel, by the way to it."""
    program = SavedModel()
    program.ParseFromString((folder / "saved_model.pb").read_bytes())
    nodes = program.meta_graphs[0].object_graph_def.nodes
    for way, said in texts.items():
        number = 0
        for part in filter(None, way.split("/")):
            number = next(child.node_id for child in nodes[number].children if child.local_name == part)
        nodes[number].user_object.metadata = json.dumps(said)
    (folder / "saved_model.pb").write_bytes(program.SerializeToString())


def table(keys: list[Any], values: list[Any]) -> Any:
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values, None, tf.int64), -1)


@pytest.mark.parametrize(("numbers", "failure"), [([3, 2], None), ([3, 5], "does not number its words")])
def test_vocabularies_are_those_of_its_tables(tmp_path: Path, numbers: list[int], failure: str | None) -> None:
    model, words, texts = tf.Module(), tf.Module(), tf.Module()
    words.lookup_table = table(["blue", "red"], numbers)
    texts._lookup_layer = tf.Module()
    texts._lookup_layer._table = table(["cat", "the", "dog"], [4, 2, 3])
    setattr(model, "layer-1", words)
    setattr(model, "layer-3", texts)
    tf.saved_model.save(model, tmp_path / "model")
    lookup = {"num_oov_indices": 2, "mask_token": None, "vocabulary": None, "vocabulary_size": 4}
    vectors = {"output_mode": "int", "output_sequence_length": 3, "vocabulary": None, "vocabulary_size": 5}
    listed = [
        {**layer("InputLayer", "x", [1], dtype="string"), "inbound_nodes": []},
        {**layer("StringLookup", "words", **lookup), "inbound_nodes": [[["x", 0, 0, {}]]]},
        {**layer("InputLayer", "y", [1], dtype="string"), "inbound_nodes": []},
        {**layer("TextVectorization", "texts", **vectors), "inbound_nodes": [[["y", 0, 0, {}]]]},
    ]
    listed = [{**one, "name": one["config"]["name"]} for one in listed]
    ends = {"input_layers": [["x", 0, 0], ["y", 0, 0]], "output_layers": [["words", 0, 0], ["texts", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "net", "layers": listed, **ends}}
    written = {"": {**config, "keras_version": "2.15.0"}}
    written |= {f"layer-{place}": listed[place] for place in (1, 3)}
    told(tmp_path / "model", written)
    if failure:
        with pytest.raises(ImportFailed, match=failure):
            read_model(tmp_path / "model")
        return
    made = nnspec.build(import_config(read_model(tmp_path / "model").config).spec)
    answers = made({"x": tf.constant([["red"], ["blue"]]), "y": tf.constant([["the cat"], ["a Dog!"]])})
    assert answers["words"].numpy().tolist() == [[2], [3]]
    assert answers["texts"].numpy().tolist() == [[2, 4, 0], [1, 3, 0]]


def test_one_without_layers_is_refused(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), tmp_path / "model")
    with pytest.raises(ImportFailed, match="compiled program"):
        read_model(tmp_path / "model")
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"\xff" * 50)
    with pytest.raises(ImportFailed, match="damaged"):
        read_model(tmp_path / "model")
    with pytest.raises(ImportFailed, match="folder"):
        read_model(tmp_path)


@pytest.mark.parametrize("content", [b"\x0a\xff", b"\x0a", b"\xff" * 20, b"\x09abc", b"\x0a\x02\x2a\x7f"])
def test_damaged_texts_are_refused(tmp_path: Path, content: bytes) -> None:
    stored(tmp_path / "model", beside=True)
    (tmp_path / "model" / "keras_metadata.pb").write_bytes(content)
    with pytest.raises(ImportFailed, match=r"keras_metadata.pb is damaged|compiled program"):
        read_model(tmp_path / "model")


def test_a_checkpoint_that_lacks_values_is_refused(tmp_path: Path) -> None:
    stored(tmp_path / "model", beside=True)
    stored(tmp_path / "other", beside=True)
    for file in (tmp_path / "model" / "variables").iterdir():
        file.unlink()
    with pytest.raises(ImportFailed, match="cannot be read"):
        trained(tmp_path / "model")


def test_models_that_share_their_parts_are_counted() -> None:
    """Thirty objects a side, of which each model holds two: more ways than can be walked."""
    children: list[dict[str, int]] = []
    for depth in range(30):
        children += [{"layer-0": 2 * depth + 2, "layer-1": 2 * depth + 3}] * 2
    children += [{}, {}]
    metadata = {number: f'{{"name": "m{number}"}}' for number in range(len(children))}
    with pytest.raises(ImportFailed, match="more than 10,000 layers"):
        list(layers_of(Objects(tuple(children), metadata, frozenset())))
