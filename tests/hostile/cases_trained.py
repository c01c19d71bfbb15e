"""Run folders of strangers for the commands that load a trained network: evaluate, predict, export, inspect, train.

After the published faults of Keras's and HDF5's readers: code and files named by a configuration, links and arrays that
lead to other files, archives that are larger than they say or whose members leave the folder.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cases_code import TABLE, TRAINED
from cases_models import FUNCTIONS, archive, as_lambda, function, hdf5, layer, model
from harness import ROOT, Case, Command, Place

EVALUATE: Command = ("evaluate", "spec.yaml", "--run", "run")
PREDICT: Command = ("predict", "spec.yaml", "rows.csv", "--run", "run")
EXPORT: Command = ("export", "spec.yaml", "--run", "run")
AGAIN: Command = ("train", "spec.yaml", "--run", "run", "--set", "train.epochs=3")  # one more than it has
TEXT = TRAINED.replace("epochs: 1", "epochs: 2").replace("batch_size: 4", "batch_size: 4, split: {test: 0.25}")


@cache
def trained_run(text: str = TEXT) -> Path:
    """A run as nnspec leaves it, made once for a spec."""
    place = Path(tempfile.mkdtemp(prefix="hostile-run-"))
    (place / "spec.yaml").write_text(text)
    (place / "table.csv").write_text(TABLE)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NNSPEC_CACHE": str(place / "cache"),
    }
    command = [sys.executable, "-P", "-m", "nnspec", "train", "spec.yaml", "--run", "run", "--quiet"]
    subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
    return place / "run"


Change = Callable[[Place, Path], object]


def run(change: Change, *commands: Command, text: str = TEXT, then: str | None = None, **bound: Any) -> Case:
    """A whole run of a spec in which something is changed; each command ends by itself, whatever it says.

    Args:
        then: another spec, which the commands are given.
    """

    def make(place: Place) -> Sequence[Command]:
        place.write("spec.yaml", text if then is None else then)
        place.write("table.csv", TABLE)
        place.write("rows.csv", "x1,x2\n1,2\n")
        made, kept = trained_run(text), place.folder / "run/spec.yaml"
        shutil.copytree(made, kept.parent)
        kept.write_text(kept.read_text().replace(str(made.parent), str(place.folder)))  # or it is of other data
        record = json.loads((place.folder / "run/record.json").read_text())
        del record["files"]  # or each file would be refused by its SHA-256, and no reader would see it
        place.write("run/record.json", json.dumps(record))
        change(place, place.folder / "run")
        return commands or (EVALUATE, PREDICT)

    given = {"codes": (0, 1, 2, 3, 4, 5), "tf": True, "workers": True, **bound}  # HDF5 is read in a process of its own
    return Case(make, **given)


def put(name: str, content: bytes | str | Callable[[Place], bytes]) -> Change:
    def change(place: Place, folder: Path) -> None:
        made = content(place) if callable(content) else content
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return change


def instead(name: str, kind: str) -> Change:
    def change(place: Place, folder: Path) -> None:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        if kind == "a pipe":
            os.mkfifo(path)
        elif kind == "a folder":
            path.mkdir()
        elif kind == "a device":
            path.symlink_to("/dev/zero")
        elif kind == "the environment":
            path.symlink_to("/proc/self/environ")
        elif kind == "a link to itself":
            path.symlink_to(path)
        elif kind == "a link to the outside":
            path.symlink_to(place.outside / "kept.txt")
        elif kind == "10 GB":
            path.touch()
            os.truncate(path, 10 << 30)

    return change


def rewritten(
    config: Callable[[Any], Any] = lambda found: found,
    weights: Callable[[Any, Place], None] | None = None,
    **more: bytes,
) -> Change:
    """The run's model with its configuration or its weights changed."""

    def change(place: Place, folder: Path) -> None:
        import h5py

        with zipfile.ZipFile(folder / "best.keras") as found:
            members = {name: found.read(name) for name in found.namelist()}
        members["config.json"] = json.dumps(config(json.loads(members["config.json"]))).encode()
        if weights is not None:
            file = io.BytesIO(members["model.weights.h5"])
            with h5py.File(file, "r+") as opened:
                weights(opened, place)
            members["model.weights.h5"] = file.getvalue()
        with zipfile.ZipFile(folder / "best.keras", "w") as made:
            for name, content in {
                **members,
                **{name.replace("__", "/"): content for name, content in more.items()},
            }.items():
                made.writestr(name, content)

    return change


def each_layer(change: Callable[[dict[str, Any]], object]) -> Callable[[Any], Any]:
    def config(found: Any) -> Any:
        for one in found["config"]["layers"]:
            if one["class_name"] == "Dense":
                change(one)
        return found

    return config


def kernel(file: Any) -> tuple[Any, str]:
    """The group of the first weights, and the name of one of them."""
    found: list[tuple[Any, str]] = []
    file.visititems(
        lambda name, item: found.append((item.parent, name.rsplit("/", 1)[-1])) if hasattr(item, "shape") else None
    )
    return found[0]


def elsewhere(place: Place, **arrays: Any) -> str:
    """Another HDF5 file beside the working folder, which nobody is to read."""
    import h5py

    path = place.outside / "secret.h5"
    with h5py.File(path, "w") as made:
        made["0"] = np.ones((2, 1), np.float32)
    return str(path)


def external_link(file: Any, place: Place) -> None:
    import h5py

    group, name = kernel(file)
    del group[name]
    group[name] = h5py.ExternalLink(elsewhere(place), "/0")


def external_group(file: Any, place: Place) -> None:
    import h5py

    group, _ = kernel(file)
    parent, name = group.parent, group.name.rsplit("/", 1)[-1]
    del parent[name]
    parent[name] = h5py.ExternalLink(elsewhere(place), "/")


def soft_link(file: Any, place: Place) -> None:
    import h5py

    group, name = kernel(file)
    del group[name]
    group[name] = h5py.SoftLink("/")


def virtual(file: Any, place: Place) -> None:
    import h5py

    group, name = kernel(file)
    del group[name]
    layout = h5py.VirtualLayout((2, 1), np.float32)
    layout[:] = h5py.VirtualSource(elsewhere(place), "0", (2, 1))
    group.create_virtual_dataset(name, layout)


def stored_elsewhere(file: Any, place: Place) -> None:
    group, name = kernel(file)
    del group[name]
    (place.outside / "secret.bin").write_bytes(bytes(8))
    group.create_dataset(name, (2, 1), np.float32, external=[(str(place.outside / "secret.bin"), 0, 8)])


def claimed(file: Any, place: Place) -> None:
    """An array of which nothing is stored: 4 TB of zeros in a few bytes."""
    group, name = kernel(file)
    del group[name]
    group.create_dataset(name, (1 << 20, 1 << 20), np.float32, chunks=(1024, 1024), compression="gzip")


def pipe_link(file: Any, place: Place) -> None:
    import h5py

    os.mkfifo(place.folder / "pipe")
    group, name = kernel(file)
    del group[name]
    group[name] = h5py.ExternalLink(str(place.folder / "pipe"), "/0")


WEIGHTS = {
    "a link to another file": external_link,
    "a group in another file": external_group,
    "a link within the file": soft_link,
    "an array of another file": virtual,
    "values in another file": stored_elsewhere,
    "an array of 4 TB": claimed,
    "a link to a pipe": pipe_link,
}
PLACES = (
    "best.keras",
    "record.json",
    "assets",
    "assets/scaling.json",
    "assets/extra.json",
    "inputs.json",
    "learned.json",
    "checkpoints",
    "metrics.jsonl",
    "spec.yaml",
    "results.json",
    "data.json",
)
KINDS = (
    "a pipe",
    "a folder",
    "a device",
    "the environment",
    "a link to itself",
    "a link to the outside",
    "10 GB",
    "absent",
)
JSONS = {
    "nothing": "",
    "a list": "[1]",
    "deep": "[" * 100_000,
    "words": '{"a": {"b": ["c"]}}',
    "binary": bytes(range(256)),
    "null": "null",
    "numbers": '{"x1": [1e999, -1e999, 1]}',
}
CASES: dict[str, Case] = {
    **{f"{name} is {kind}": run(instead(name, kind)) for name in PLACES for kind in KINDS},
    **{f"assets/{name} is {what}": run(put(f"assets/{name}", text)) for name in ("scaling.json", "extra.json", "labels.txt") for what, text in JSONS.items()},
    **{f"{name} is {what}, and the training goes on": run(put(name, text), AGAIN) for name in ("record.json", "learned.json", "inputs.json", "metrics.jsonl") for what, text in JSONS.items()},
    **{f"weights: {what}": run(rewritten(weights=change)) for what, change in WEIGHTS.items()},
    **{f"a model that calls {name}": run(rewritten(each_layer(lambda one, named=named: one["config"].update(activation=function(*named))))) for name, named in FUNCTIONS.items()},
    "a model with a Lambda": run(put("best.keras", lambda place: archive(model(as_lambda(place))))),
    "a model with a vocabulary that is a file": run(put("best.keras", archive(model(layer("StringLookup", vocabulary="/etc/passwd"))))),
    "a model with a saved program": run(put("best.keras", archive(model(layer("TFSMLayer", filepath="."))))),
    "a model of another format": run(put("best.keras", hdf5(model(layer("Dense", units=1))))),
    "a model of nothing": run(put("best.keras", b"")),
    "an archive of nothing": run(put("best.keras", b"PK\5\6" + bytes(18))),
    "a model that is deep": run(put("best.keras", archive([[]] * 3).replace(b"[[]", b"[[]"))),
    "layers that are called as paths": run(rewritten(each_layer(lambda one: one["config"].update(name="../../../outside/x")))),
    "a layer of a trillion units": run(rewritten(each_layer(lambda one: one["config"].update(units=10**12)))),
    "a type that is none": run(rewritten(each_layer(lambda one: one["config"].update(dtype={"module": "os", "class_name": "system", "config": {"command": "true"}})))),
    "an initializer that reads": run(rewritten(each_layer(lambda one: one["config"].update(kernel_initializer={"module": "numpy", "class_name": "load", "config": {"file": "/etc/passwd"}})))),
    "members that leave the folder": run(rewritten(**{"..__..__outside__kept.txt": b"changed", "assets__..__..__..__outside__kept.txt": b"changed"})),
    "a configuration of 300 MB": run(rewritten(lambda found: {**found, "more": " " * 300_000_000})),
    "a model of the network, and a fit that is compiled": run(rewritten(lambda found: {**found, "compile_config": {"optimizer": {"module": "os", "class_name": "system", "config": "true"}}})),
    "exported from a device": run(instead("best.keras", "a device"), EXPORT, workers=True, seconds=2.0),
    "exported with labels of 10 GB": run(instead("assets/labels.txt", "10 GB"), EXPORT, workers=True, seconds=2.0),
    "exported into a link": run(instead("export", "a link to the outside"), EXPORT, workers=True, codes=(1,)),
    "exported over what is no record": run(put("exported.json", '[{"path": "../../outside/kept.txt", "target": "TFLite"}]'), EXPORT, workers=True, seconds=2.0),
    "checkpoints of others": run(put("checkpoints/step-999999999999", b"\x00" * 1000), AGAIN),
    "a checkpoint that is a pipe": run(instead("checkpoints/step-999999999999", "a pipe"), AGAIN),
    "a checkpoint that is a device": run(instead("checkpoints/step-999999999999", "a device"), AGAIN),
    "a checkpoint of 10 GB": run(instead("checkpoints/step-999999999999", "10 GB"), AGAIN),
}  # fmt: skip
CASES = {name: replace(case, full=True) for name, case in CASES.items()}
