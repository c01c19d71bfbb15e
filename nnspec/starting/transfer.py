"""A spec for images that begins from a network which learned from ImageNet: a new head is trained first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from nnspec.catalog.applications import APPLICATIONS
from nnspec.data.protocol import Facts
from nnspec.frontend.summary import spec_summary
from nnspec.importing.imported import import_config
from nnspec.starting.guess import Guess, Unknown
from nnspec.starting.look import look
from nnspec.starting.network import CLASSES, Network
from nnspec.starting.network import network as small_network
from nnspec.starting.writing import FirstSpec, tried, written

LEAST = 96  # pixels a side: smaller ones show a network of ImageNet little that it knows
HEAD = "head"
PLACE = 7919  # units of the head while the network is read; the spec says the data's classes
END = 3  # in the second part the last third of the network learns, too
EPOCHS = (5, 10)
SLOW = 1e-5  # learning rate of weights that are good already


def transfer_spec(data: Path, name: str, called: str, folder: Path, target: str | None = None) -> FirstSpec:
    """The spec of an application of Keras's with a head for the classes of images. Imports Keras.

    Args:
        name: of the application.
        called: the network's name.
        folder: where the spec will lie, to which its paths are relative.

    Raises:
        DataError: no source reads the data, or they are no images of classes.
    """
    guess = _in_colour(look(data, target), APPLICATIONS[name].least)
    arguments, facts, doubts = tried(guess)
    made = _network(facts, name)
    told = f"the weights of {name} are fetched when it is trained; `nnspec check` needs none"
    return written(called, guess, arguments, facts, made, [*doubts, told], folder)


def _in_colour(guess: Guess, least: int) -> Guess:
    """The guess with images of three colours, and large enough."""

    def changed(arguments: Mapping[str, Any]) -> dict[str, Any]:
        found = {key: value for key, value in arguments.items() if key != "color"}
        size = found.get("image_size")
        if isinstance(size, list):
            found["image_size"] = [max(side, LEAST, least) for side in size]
        return found

    return replace(guess, arguments=changed(guess.arguments), others=[changed(one) for one in guess.others])


def _network(facts: Facts, name: str) -> Network:
    """The application between what is done to its images and a head. Raises Unknown where the data are no images."""
    columns = facts.columns
    features = columns.features if columns is not None else {}
    images = [(key, spec.shape) for key, spec in features.items() if len(spec.shape) == 3]
    if len(features) != 1 or not images:
        raise Unknown("the inputs are no images alone", hint="leave `transfer` out: `nnspec new FILE --data PATH`")
    small = small_network(facts)
    if small.task != "tells classes apart":
        message = f"a network for these data {small.task}: `transfer` makes one that tells images of classes apart"
        raise Unknown(message, hint="leave `transfer` out: `nnspec new FILE --data PATH`")
    key, shape = images[0]
    if shape[-1] != 3:
        raise Unknown(
            f"the images have {shape[-1]} colours, and {name} sees three", hint="a folder of images is read in colour"
        )
    layers, above, unfrozen = _layers(name, key, shape)
    second = {"trainable": [HEAD, *unfrozen], "optimizer": {"Adam": {"learning_rate": SLOW}}}
    train = {
        "initial_weights": {"application": name, "weights": "imagenet"},
        "epochs": None,
        "phases": [{"epochs": EPOCHS[0], "trainable": HEAD}, {"epochs": EPOCHS[1], **second}],
    }
    return replace(small, layers=layers, above=above, train=train)


def _layers(name: str, given: str, shape: tuple[int | None, ...]) -> tuple[list[Any], dict[str, Any], list[str]]:
    """The layers of the spec, its `params` and `blocks`, and the names of what learns in the second part."""
    import keras

    from nnspec.backend.keras_internals.downloads import names_from_the_start
    from nnspec.backend.pretrained import application

    prepare = import_module(f"keras.applications.{APPLICATIONS[name].module}").preprocess_input
    base = application(name, shape, None)
    with names_from_the_start():
        image = keras.Input(shape, name=given)
        x = base(prepare(image))
        x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
        x = keras.layers.Dropout(0.3, name="dropout_before_head")(x)
        model = keras.Model(image, keras.layers.Dense(PLACE, activation="softmax", name=HEAD)(x))
    found = import_config(json.loads(model.to_json()), names="all")
    sections = yaml.safe_load(found.text)
    sections["layers"][-1]["Dense"]["units"] = CLASSES
    rows = spec_summary(found.spec)["layers"]
    learned = [row["name"] for row in rows if row["params"] and row["kind"] != "BatchNormalization"][:-1]
    above = {key: _full(sections[key]) for key in ("params", "blocks") if sections.get(key)}
    return _full(sections["layers"]), above, learned[-(len(learned) // END) :]


def _full(value: Any) -> Any:
    """Kinds without arguments, which YAML reads as null, as mappings of none."""
    if isinstance(value, list):
        return [_full(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {key: {} if item is None and key[:1].isupper() else _full(item) for key, item in value.items()}
