"""Model files of strangers: configurations of wrong types, of two layers of one name, in circles, deep, very large."""

from __future__ import annotations

import copy
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from harness import Case, Command, Place

Config = dict[str, Any]


def tensor(name: Any, call: Any = 0) -> Config:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "keras_history": [name, call, 0]}}


def layer(kind: str, name: str, *sources: str, **config: Any) -> Config:
    nodes = [{"args": [tensor(source)], "kwargs": {}} for source in sources]
    config = {"name": name, **config}
    return {"module": "keras.layers", "class_name": kind, "config": config, "name": name, "inbound_nodes": nodes}


def model(layers: Sequence[Config], end: str = "y", name: str = "m", kind: str = "Functional") -> Config:
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [[end, 0, 0]]}
    return {"module": "keras", "class_name": kind, "config": {"name": name, "layers": list(layers), **ends}}


INPUT = layer("InputLayer", "x", batch_shape=[None, 4], dtype="float32")
SOUND = model([INPUT, layer("Dense", "a", "x", units=4), layer("Dense", "y", "a", units=2)])


def given(config: Any, **bound: Any) -> Case:
    """A configuration, a file's text, or for what is large a function that makes either when the case is run."""

    def make(place: Place) -> Sequence[Command]:
        content = config() if callable(config) else config
        place.write("model.json", content if isinstance(content, str | bytes) else json.dumps(content))
        return [["import", "model.json", "-o", "-"]]

    return Case(make, **{"codes": (4,), **bound})


def changed(path: Sequence[str | int], value: Any, says: str = "", **bound: Any) -> Case:
    """The sound model with one value that is another."""
    config = copy.deepcopy(SOUND)
    place: Any = config
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return given(config, says=says, **bound)


LAYER: tuple[str | int, ...] = ("config", "layers", 1)


def chain(count: int) -> Config:
    """A model of very many layers, whose last stand first."""
    layers = [layer("Dense", f"d{number}", f"d{number - 1}" if number else "x", units=4) for number in range(count)]
    return model([INPUT, *reversed(layers)], f"d{count - 1}")


def nested(depth: int) -> Config:
    inner = [INPUT, layer("Dense", "y", "x", units=4)]
    for _ in range(depth):
        inner = [INPUT, {**model(inner), "name": "y", "inbound_nodes": [{"args": [tensor("x")], "kwargs": {}}]}]
    return model(inner)


def doubling(depth: int) -> Config:
    """Models within models, each of which calls the one inside twice."""
    inner = [INPUT, layer("Dense", "y", "x", units=4)]
    for _ in range(depth):
        twice = [{"args": [tensor("x")], "kwargs": {}}, {"args": [tensor("y")], "kwargs": {}}]
        inner = [INPUT, {**model(inner, name="y"), "name": "y", "inbound_nodes": twice}]
    return model(inner)


def archive(*members: tuple[str, bytes], change: Callable[[Place], object] = lambda place: None) -> Case:
    def make(place: Place) -> Sequence[Command]:
        with zipfile.ZipFile(place.folder / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in members:
                file.writestr(name, content)
        change(place)
        return [["import", "m.keras", "-o", "-"]]

    return Case(make, codes=(1, 4))


def of_kind(kind: str) -> Case:
    def make(place: Place) -> Sequence[Command]:
        path = place.folder / "m.json"
        if kind == "a pipe":
            os.mkfifo(path)
        elif kind == "a link to itself":
            path.symlink_to(path)
        elif kind == "10 GB":
            path.touch()
            os.truncate(path, 10 << 30)
        else:
            path.symlink_to("/dev/zero")
        return [["import", "m.json", "-o", "-"]]

    return Case(make, codes=(1, 2, 4))


CONFIG = json.dumps(SOUND).encode()
CASES: dict[str, Case] = {
    "a sound model": given(SOUND, codes=(0,), says="Dense: 4"),
    "two layers of one name": changed((*LAYER, "name"), "y", says="of the name `y`"),
    "a layer that takes itself": changed((*LAYER, "inbound_nodes", 0, "args", 0), tensor("a"), says="`a`"),
    "layers in a circle": changed((*LAYER, "inbound_nodes", 0, "args", 0), tensor("y"), says="`a`"),
    "a layer that takes nothing": changed((*LAYER, "inbound_nodes", 0, "args"), [], says="`a`"),
    "a layer that nothing calls": changed((*LAYER, "inbound_nodes"), []),
    "a call of a call that is not": changed((*LAYER, "inbound_nodes", 0, "args", 0), tensor("x", 7), says="`a`"),
    "a tensor of no layer": changed((*LAYER, "inbound_nodes", 0, "args", 0), tensor(["x"]), says="`a`"),
    "a call that is a text": changed((*LAYER, "inbound_nodes", 0), "x", says="`a`"),
    "calls that are a number": changed((*LAYER, "inbound_nodes"), 3, says="`a`"),
    "a class that is a list": changed((*LAYER, "class_name"), ["Dense"], says="`a`"),
    "a class of another house": changed((*LAYER, "class_name"), "os.system", says="`a`"),
    "a configuration that is a list": changed((*LAYER, "config"), [1], says="number 1"),
    "a name that is a number": changed((*LAYER, "name"), 5, says="number 1"),
    "a name of a million characters": changed((*LAYER, "name"), "a" * 1_000_000, says="number 1"),
    "a name with escapes": changed((*LAYER, "name"), "a\x1b[31m\ud800", says="takes what nothing"),
    "units in words": changed((*LAYER, "config", "units"), "many", says="units"),
    "units of 5,000 digits": given(json.dumps(SOUND).replace('"units": 4', f'"units": {"9" * 5_000}')),
    "units that are no number": given(json.dumps(SOUND).replace('"units": 4', '"units": NaN')),
    "units nested": changed((*LAYER, "config", "units"), [[[[4]]]], says="units"),
    "an input without a shape": changed(("config", "layers", 0, "config", "batch_shape"), None, says="`x`"),
    "an input of a text's shape": changed(("config", "layers", 0, "config", "batch_shape"), "4", says="`x`"),
    "an input of negative size": changed(("config", "layers", 0, "config", "batch_shape"), [None, -4], says="`x`"),
    "an input of 10,000 dimensions": changed(("config", "layers", 0, "config", "batch_shape"), [None] + [2] * 10_000),
    "no inputs": changed(("config", "input_layers"), [], says="input_layers"),
    "an input that is no input": changed(("config", "input_layers"), [["a", 0, 0]], says="`a`"),
    "an output of no layer": changed(("config", "output_layers"), [["z", 0, 0]], says="`z`"),
    "outputs that are a number": changed(("config", "output_layers"), 7, says="output_layers"),
    "layers that are a mapping": changed(("config", "layers"), {"a": 1}, says="`layers`"),
    "no layers": changed(("config", "layers"), []),
    "a model that is a list": given([SOUND]),
    "a model that is a text": given('"model"'),
    "deep brackets": given("[" * 100_000),
    "models within models": given(lambda: nested(40)),
    "models that double": given(lambda: doubling(15)),
    "5,000 layers, the last first": given(
        lambda: chain(5_000),
        codes=(0, 4),
        seconds=2.0,  # each layer becomes a line
    ),  # each is written, and read again
    "15,000 layers": given(lambda: chain(15_000), says="layers"),
    "an archive of nothing": archive(),
    "an archive without a model": archive(("metadata.json", b"{}")),
    "an archive whose model is a bomb": archive(("config.json", bytes(300_000_000))),
    "a vocabulary that is a bomb": archive(
        ("config.json", CONFIG), ("assets/layers/string_lookup/vocabulary.txt", b"a\n" * 100_000_000)
    ),
    "a member that leads outside": archive(("../outside/kept.txt", b"x"), ("config.json", CONFIG[:-9])),
    "two models in one archive": archive(("config.json", CONFIG[:50]), ("config.json", b"[]")),
    **{f"a model that is {kind}": of_kind(kind) for kind in ("a pipe", "a link to itself", "a device", "10 GB")},
}
