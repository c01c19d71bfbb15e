"""Old model files of strangers, HDF5 and SavedModel: links to other files, arrays of nothing, texts without end."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cases_code import MARK
from cases_models import FUNCTIONS, archive, as_lambda, code, function, layer, model
from harness import Case, Command, Place

DENSE = {
    "class_name": "Dense",
    "config": {"name": "d", "units": 2, "activation": "linear", "use_bias": True, "batch_input_shape": [None, 3]},
}
CONFIG = {"class_name": "Sequential", "config": {"name": "s", "layers": [DENSE]}}
NAMES = {"layer_names": [b"d"], "backend": b"tensorflow", "keras_version": b"2.4.0"}
SPEC_ALONE: Command = ("import", "m.h5", "-o", "-", "--no-weights")
WITH_WEIGHTS: Command = ("import", "m.h5", "-o", "made.yaml")
Change = Callable[[Any, Place], object]


def stored(change: Change, *commands: Command, **bound: Any) -> Case:
    """An HDF5 file of a sound model in which something is changed."""

    def make(place: Place) -> Sequence[Command]:
        import h5py

        made = io.BytesIO()
        with h5py.File(made, "w") as file:
            file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(CONFIG), "2.4.0"
            group = file.create_group("model_weights")
            group.attrs.update(NAMES)
            inner = group.create_group("d")
            inner.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
            inner["d/kernel:0"], inner["d/bias:0"] = [[0.0, 0.0]] * 3, [0.0, 0.0]
            change(file, place)
        place.write("m.h5", made.getvalue())
        return commands or (SPEC_ALONE,)

    return Case(make, **{"codes": (0, 4), "workers": True, **bound})  # HDF5 is read in a process of its own first


def weights(change: Change, **bound: Any) -> Case:
    """As `stored`, and the weights are read."""
    return stored(change, WITH_WEIGHTS, **{"tf": True, "codes": (4,), "full": True, **bound})


def text(content: str | bytes, name: str = "model_config") -> Change:
    def change(file: Any, place: Place) -> None:
        import h5py

        file.attrs.create(name, content, dtype=h5py.string_dtype("utf-8", None))

    return change


def attribute(name: str, value: Any) -> Change:
    return lambda file, place: file.attrs.__setitem__(name, value)


def linked(way: str, link: Callable[[Any, Place], Any]) -> Change:
    """A link in the place of a group or an array."""

    def change(file: Any, place: Place) -> None:
        import h5py

        del file[way]
        file[way] = link(h5py, place)

    return change


def other(h5py: Any, place: Place) -> Any:
    path = place.outside / "other.h5"
    with h5py.File(path, "w") as made:
        made["a"] = [[1.0, 1.0]] * 3
        made.create_group("g").attrs["layer_names"] = [b"d"]
    return h5py.ExternalLink(str(path), "/g")


def to_pipe(h5py: Any, place: Place) -> Any:
    os.mkfifo(place.folder / "pipe")
    return h5py.ExternalLink(str(place.folder / "pipe"), "/g")


def virtual(file: Any, place: Place) -> None:
    import h5py

    other(h5py, place)
    del file["model_weights/d/d/kernel:0"]
    layout = h5py.VirtualLayout((3, 2), "f8")
    layout[:] = h5py.VirtualSource(str(place.outside / "other.h5"), "a", (3, 2))
    file["model_weights/d/d"].create_virtual_dataset("kernel:0", layout)


def outside(file: Any, place: Place) -> None:
    del file["model_weights/d/d/kernel:0"]
    file["model_weights/d/d"].create_dataset(
        "kernel:0", (3, 2), "f4", external=[(str(place.outside / "kept.txt"), 0, 24)]
    )


def claimed(file: Any, place: Place) -> None:
    del file["model_weights/d/d/kernel:0"]
    file["model_weights/d/d"].create_dataset(
        "kernel:0", (1 << 21, 1 << 21), "f4", chunks=(1024, 1024), compression="gzip"
    )


def names(*found: bytes) -> Change:
    return lambda file, place: file["model_weights"].attrs.__setitem__("layer_names", list(found))


def weight_names(*found: bytes) -> Change:
    return lambda file, place: file["model_weights/d"].attrs.__setitem__("weight_names", list(found))


def raw(name: str, make: Callable[[Path], object], *commands: Command, **bound: Any) -> Case:
    def made(place: Place) -> Sequence[Command]:
        make(place.folder / name)
        return commands or (("import", name, "-o", "-", "--no-weights"),)

    return Case(made, **{"codes": (1, 2, 4), "workers": name.endswith(".h5"), **bound})


def saved(**files: Callable[[Path], object]) -> Case:
    """A SavedModel's folder, which TensorFlow's own reader of protocol buffers parses."""

    def make(place: Place) -> Sequence[Command]:
        place.write("m/variables/variables.index", b"")
        place.write("m/saved_model.pb", b"")
        for name, write in files.items():
            path = place.folder / "m" / name.replace("__", "/").replace("_pb", ".pb")
            path.unlink(missing_ok=True)
            write(path)
        return [["import", "m", "-o", "-"]]

    return Case(make, codes=(1, 2, 4), tf=True, full=True)


def content(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def sparse(size: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.touch()
        os.truncate(path, size)

    return make


def imported(make: Callable[[Place], bytes], name: str = "m.keras") -> Case:
    """A `.keras` file of which the weights are asked for, too."""

    def made(place: Place) -> Sequence[Command]:
        place.write(name, make(place))
        return [["import", name, "-o", "made.yaml"]]

    return Case(made, codes=(0, 4), tf=True, full=True, workers=True)


def heaped(change: Callable[[bytearray], object]) -> Case:
    """A sound file in whose heap of texts something is changed."""

    def make(place: Place) -> Sequence[Command]:
        stored(lambda file, place: None).make(place)
        path = place.folder / "m.h5"
        made = bytearray(path.read_bytes())
        heap = made.index(b"GCOL")
        part = made[heap : heap + 4096]
        change(part)
        made[heap : heap + 4096] = part
        path.write_bytes(bytes(made))
        return [SPEC_ALONE]

    return Case(make, codes=(4,), says="damaged", workers=True)


def lengths(number: int, length: int) -> Callable[[bytearray], object]:
    """The length of the first object of a heap, and whether it is counted as free."""

    def change(part: bytearray) -> None:
        part[16:18] = number.to_bytes(2, "little")
        part[24:32] = length.to_bytes(8, "little")

    return change


SIGNATURE = b"\x89HDF\r\n\x1a\n"
CASES: dict[str, Case] = {
    "a configuration of nothing": stored(text("")),
    "a configuration that is a list": stored(text("[]")),
    "a configuration that is a number": stored(attribute("model_config", 3)),
    "a configuration that is an array": stored(attribute("model_config", [[1, 2], [3, 4]])),
    "a configuration of 40 MB": stored(text(" " * 40_000_000 + "{}"), megabytes=400),
    "a deep configuration": stored(text("[" * 100_000)),
    "a deep configuration that ends": stored(text('{"a":' * 900 + "1" + "}" * 900)),
    "a configuration that is no UTF-8": stored(text(b"\xff\xfe{")),
    "a configuration with escapes": stored(text(json.dumps({"class_name": "S\x1b[2J\u202e", "config": {"layers": []}}))),
    "a version with escapes": stored(text("\x1b[31m\u202e", "keras_version")),
    "a version that is an array": stored(attribute("keras_version", [2, 4])),
    "a training that is no JSON": stored(text("{", "training_config")),
    "a training that is deep": stored(text("[" * 100_000, "training_config")),
    "a training that calls": stored(text(json.dumps({"optimizer_config": {"class_name": "os.system", "config": {}}, "loss": "os.system"}), "training_config")),
    "code in a layer": stored(text(json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [DENSE, {"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAAA=", None, None], "function_type": "lambda", "module": "os"}}]}}))),
    "weights that are elsewhere": stored(linked("model_weights", other)),
    "weights that are a pipe": stored(linked("model_weights", to_pipe)),
    "a link that leads to itself": stored(linked("model_weights", lambda h5py, place: h5py.SoftLink("/model_weights"))),
    "free space of no length": heaped(lengths(0, 0)),
    "free space that is longer than its heap": heaped(lengths(0, 1 << 40)),
    "a text that ends before it begins": heaped(lengths(1, 2**64 - 16)),
    "a text that is longer than its heap": heaped(lengths(1, 1 << 20)),
    "a heap that is longer than the file": heaped(lambda part: part.__setitem__(slice(8, 16), b"\xff" * 8)),
    "a heap of no length": heaped(lambda part: part.__setitem__(slice(8, 16), bytes(8))),
    "a file of nothing": raw("m.h5", content(b"")),
    "a signature alone": raw("m.h5", content(SIGNATURE)),
    "a signature and nothing right": raw("m.h5", content(SIGNATURE + bytes(range(256)) * 50)),
    "a signature and ones": raw("m.h5", content(SIGNATURE + b"\xff" * 5_000)),
    "a signature of 10 GB": raw("m.h5", lambda path: (path.write_bytes(SIGNATURE), os.truncate(path, 10 << 30))),
    "a model that is a pipe": raw("m.h5", os.mkfifo),
    "a model that is a device": raw("m.h5", lambda path: path.symlink_to("/dev/zero")),
    "a model that is the environment": raw("m.h5", lambda path: path.symlink_to("/proc/self/environ")),
    "weights: a group elsewhere": weights(linked("model_weights", other)),
    "weights: a layer elsewhere": weights(linked("model_weights/d", other)),
    "weights: an array elsewhere": weights(linked("model_weights/d/d/kernel:0", other)),
    "weights: a link within": weights(linked("model_weights/d/d/kernel:0", lambda h5py, place: h5py.SoftLink("/model_weights/d/d/bias:0"))),
    "weights: an array of another file": weights(virtual),
    "weights: values in another file": weights(outside),
    "weights: 16 TB of nothing": weights(claimed),
    "weights: names that lead up": weights(names(b"../d", b"d")),
    "weights: names of a million": weights(lambda file, place: [file["model_weights"].attrs.__setitem__(f"layer_names{n}", [b"x" * 60] * 1_000) for n in range(50)] and file["model_weights"].attrs.__delitem__("layer_names")),
    "weights: a weight in many groups": weights(weight_names(b"/".join([b"a"] * 5_000))),
    "weights: a weight with escapes": weights(weight_names(b"\x1b[2J\xe2\x80\xae", b"d/bias:0")),
    "weights: a weight that is a group": weights(weight_names(b"d", b"d/bias:0")),
    "a SavedModel of nothing": saved(),
    "a SavedModel of noise": saved(saved_model_pb=content(bytes(range(256)) * 50)),
    "a SavedModel that is a pipe": saved(saved_model_pb=os.mkfifo),
    "a SavedModel that is a device": saved(saved_model_pb=lambda path: path.symlink_to("/dev/zero")),
    "a SavedModel of 10 GB": saved(saved_model_pb=sparse(10 << 30)),
    "a SavedModel with lengths that are a lie": saved(saved_model_pb=content(b"\x12\xff\xff\xff\xff\x0f" + bytes(100))),
    "groups within groups without end": saved(saved_model_pb=content(b"\x13" * 100_000)),
    "metadata that are a pipe": saved(saved_model_pb=content(b"\x08\x01\x12\x00"), keras_metadata_pb=os.mkfifo),
    "metadata of noise": saved(saved_model_pb=content(b"\x08\x01\x12\x00"), keras_metadata_pb=content(b"\x0a\xff\xff\xff")),
    "a .keras file with code": imported(lambda place: archive(model(as_lambda(place)), **{"model.weights.h5": b""})),
    "a .keras file that calls": imported(lambda place: archive(model(layer("Dense", units=1, activation=function(*FUNCTIONS["a shell"]))), **{"model.weights.h5": b""})),
    "a .keras file of another name": imported(lambda place: archive(model(layer("Dense", units=1)), **{"..__outside__kept.txt": b"x", "model.weights.h5": b""})),
    "a .keras file whose weights are noise": imported(lambda place: archive(model(layer("Dense", units=1)), **{"model.weights.h5": SIGNATURE + b"\xff" * 500})),
    "a .keras file with a marked vocabulary": imported(lambda place: archive(model(layer("StringLookup", vocabulary=str(place.outside / "kept.txt"))), **{"model.weights.h5": b""})),
    "old code by its bytes": stored(lambda file, place: text(json.dumps({"class_name": "Sequential", "config": {"name": MARK, "layers": [DENSE, {"class_name": "Lambda", "config": {"name": "l", "function": code(place)}}]}}))(file, place)),
}  # fmt: skip
