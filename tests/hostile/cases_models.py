"""Files of Keras models that hold code, name functions of other modules, or reach beyond themselves.

After the published faults of Keras's own reader: Lambda in `.keras` and HDF5 files, functions by module and name, pickles
of PyTorch, vocabularies that are paths or addresses, archives whose members leave the folder.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from cases_code import MARK, TRAIN, TRAINED, pickled, trained
from harness import Case, Place

Layer = dict[str, Any]


def layer(kind: str, module: str = "keras.layers", **config: Any) -> Layer:
    return {"module": module, "class_name": kind, "config": {"name": kind.lower(), **config}, "registered_name": None}


def function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def model(*layers: Layer) -> Layer:
    first = layer("InputLayer", batch_shape=[None, 2], dtype="float32")
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


def archive(config: Any, **members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "date_saved": ""}))
        made.writestr("config.json", json.dumps(config))
        for name, content in members.items():
            made.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def hdf5(config: Any) -> bytes:
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.attrs["keras_version"], made.attrs["backend"] = "2.15.0", "tensorflow"
        made.attrs["model_config"] = json.dumps(config)
        made.create_group("model_weights")
    return file.getvalue()


def code(place: Place) -> list[Any]:
    """The bytes of a function that writes outside, as Keras keeps a Lambda's."""
    path = str(place.outside / MARK)
    made = compile(f"lambda x: (open({path!r}, 'w'), x)[1]", "x", "eval").co_consts[0]
    return [base64.b64encode(marshal.dumps(made)).decode(), None, None]


def as_lambda(place: Place) -> Layer:
    given = {"class_name": "__lambda__", "config": dict(zip(("code", "defaults", "closure"), code(place), strict=True))}
    return layer("Lambda", function=given)


def begun_with(name: str, make: Callable[[Place], bytes]) -> Case:
    """A training whose initial weights are those of a stranger's model."""

    def prepare(place: Place) -> None:
        place.write(name, make(place))

    text = TRAINED.replace("train: {", f"train: {{initial_weights: {name}, ")
    return trained(prepare, TRAIN, text=text, codes=(3,), says="E0712", workers=True)


FUNCTIONS: Mapping[str, tuple[str, str]] = {
    "exec": ("builtins", "exec"),
    "a shell": ("os", "system"),
    "a download": ("keras.utils", "get_file"),
    "a download by its private name": ("keras.src.utils.file_utils", "get_file"),
    "a reader of pickles": ("numpy", "load"),
    "a reader of unsafe models": ("keras.config", "enable_unsafe_deserialization"),
    "a runner of code": ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
}
OBJECTS: Mapping[str, Layer] = {
    "a process": layer("Popen", "subprocess", args=["touch", MARK]),
    "a saved program": layer("TFSMLayer", filepath="."),
    "a vocabulary that is a file": layer("StringLookup", vocabulary="/etc/passwd"),
    "a vocabulary that is an address": layer("StringLookup", vocabulary="http://127.0.0.1:9/words"),
    "a vocabulary of another machine": layer("TextVectorization", vocabulary="gs://nowhere/words.txt"),
    "a module beside the model": layer("Harm", "harm"),
}
CASES: dict[str, Case] = {
    "a model with a Lambda": begun_with("a.keras", lambda place: archive(model(as_lambda(place)))),
    "an HDF5 model with a Lambda": begun_with(
        "a.h5",
        lambda place: hdf5(model(layer("Lambda", function=code(place)))),
    ),
    "an HDF5 model with a Lambda of Keras 3": begun_with("a.h5", lambda place: hdf5(model(as_lambda(place)))),
    "a module of PyTorch": begun_with(
        "a.keras",
        lambda place: archive(model(layer("TorchModuleWrapper", module=base64.b64encode(pickled(place)).decode()))),
    ),
    "a pickle as a model": begun_with("a.keras", pickled),
    "a model whose members leave the folder": begun_with(
        "a.keras",
        lambda place: archive(
            model(layer("StringLookup", vocabulary=None)),
            **{"..__..__outside__kept.txt": b"changed", "assets__..__..__..__..__kept.txt": b"changed", "model.weights.h5": b""},
        ),
    ),
    **{
        f"a model that calls {name}": begun_with(
            "a.keras", lambda place, named=named: archive(model(layer("Dense", units=1, activation=function(*named))))
        )
        for name, named in FUNCTIONS.items()
    },
    **{
        f"a model with {name}": begun_with("a.keras", lambda place, made=made: archive(model(made)))
        for name, made in OBJECTS.items()
    },
}  # fmt: skip
