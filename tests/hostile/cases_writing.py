"""Specs and folders that would have nnspec write, or reach, beyond the folder that it works in."""

from __future__ import annotations

import os
from pathlib import Path

from cases_code import TRAIN, TRAINED, trained
from harness import HEAD, LAYERS, Case, Command, Place, spec

# Names of callbacks' files; `{epoch}` and the like are Python's format strings.
PATHS = [
    "/tmp/nnspec-owned",
    "../owned",
    "../../outside/kept.txt",
    "a/../../owned",
    "./../owned",
    "..",
    "~/.bashrc",
    "~root/.profile",
    "//server/share/owned",
    "C:owned",
    "C:\\owned",
    "\\owned",
    "..\\owned",
    "a\\..\\..\\owned",
    "\\\\server\\share\\owned",
    "\0",
    "",
    ".lock",
    "record.json",
    "RECORD.JSON",
    "spec.yaml",
    "checkpoints/step-000000000001",
    "logs/train",
    "assets/labels.txt",
]
FORMATS = [
    "{epoch!s:.>2.0}/{epoch!s:.>2.0}/owned",
    "{epoch:/>9}",
    "{epoch:999999999}",
    "{epoch:0999999999d}",
    "{epoch:.999999999f}",
    "{epoch.__class__}",
    "{epoch[0]}",
    "{epoch!r}",
    "{}",
    "{0}",
    "{epoch",
    "epoch}",
]


def callback(kind: str, path: str) -> Case:
    quoted = '"' + path.replace("\\", "\\\\").replace("\0", "\\0") + '"'
    text = f"{LAYERS}  - Dense: 1\ntrain: {{loss: MeanSquaredError, callbacks: [{{{kind}: {quoted}}}]}}\n"
    return spec(text, says="E0103" if "\0" in path else "E0714", codes=(3,))


NAMES = [
    "../x",
    "../../outside/kept.txt",
    "/tmp/nnspec-owned",
    "..",
    "a/b",
    ".bashrc",
    "a\\b",
    "~",
    "C:x",
    "-rf",
    "con",
    "{epoch}",
]


def named(name: str, *commands: Command, **bound: object) -> Case:
    """Every command that makes a file or a folder of the spec's name."""
    text = TRAINED.replace("name: net", f"name: '{name}'")
    return trained(lambda place: None, *commands, text=text, **bound)


def drawn(name: str) -> Case:
    return named(name, ("draw", "spec.yaml"), tf=False, seconds=1.0, megabytes=200)


def linked(link: str, to: str, *commands: Command, begun: bool = False, **bound: object) -> Case:
    """A folder in which a link that leads outside lies where nnspec writes."""

    def prepare(place: Place) -> None:
        path = place.folder / link
        path.parent.mkdir(parents=True, exist_ok=True)
        if begun:  # a run of the same name, as if it had been interrupted
            place.write("run/spec.yaml", TRAINED)
        path.symlink_to(Path("../" * link.count("/")) / ".." / "outside" / to)

    return trained(prepare, *commands, **{"codes": (1,), "says": "link", **bound})


def piped(*commands: Command) -> Case:
    """A run with a pipe in the place of a log: who opens it to write waits for a reader, and there is none."""

    def prepare(place: Place) -> None:
        (place.folder / "run/logs").mkdir(parents=True)
        os.mkfifo(place.folder / "run/logs/train.csv")

    return trained(prepare, *commands, codes=(1,), says="a pipe")


def dataset(**arguments: str) -> Case:
    """The source that downloads, whose `path` would be where the download is written to."""
    given = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    source = f"data: {{source: {{Keras: {{name: mnist, arguments: {{{given}}}}}}}}}\n"
    return spec(HEAD + source + "layers: [{Dense: 1}]\n", ["check", "spec.yaml"], ["data", "spec.yaml"], says="E0901")


def kind(text: str) -> Case:
    return spec(
        f"{LAYERS}  - Dense: 1\ntrain: {{loss: MeanSquaredError, callbacks: [{text}]}}\n", says="E0209", codes=(3,)
    )


CASES: dict[str, Case] = {
    **{f"CSVLogger writes {path!r}": callback("CSVLogger", path) for path in PATHS},
    **{f"ModelCheckpoint writes {path!r}": callback("ModelCheckpoint", path) for path in [*PATHS, *FORMATS]},
    **{f"a drawing of {name!r}": drawn(name) for name in NAMES},
    "a metric that is called as a path": trained(
        lambda place: None,
        text=TRAINED.replace(
            "epochs: 1,", "epochs: 1, metrics: [{MeanSquaredError: {name: '../../x'}}], callbacks: [{CSVLogger: a.csv}],"
        ),
        codes=(0, 3),
    ),
    "layers and outputs that are called as paths": trained(
        lambda place: None, text=TRAINED.replace("[{Dense: 1}]", "[{Dense: 1, name: ../../x}]"), codes=(0, 3)
    ),
    "a network that is called as a path, built and trained": named(
        "../../outside/kept", ["build", "spec.yaml"], ["train", "spec.yaml"], ["train", "spec.yaml", "--fresh"]
    ),
    "runs that lead outside": linked("runs", "", ["train", "spec.yaml"], says="leads out"),
    "a network's runs that lead outside": linked("runs/net", "", ["train", "spec.yaml"], says="leads out"),
    "sweeps that lead outside": linked(
        "sweeps", "", ["sweep", "spec.yaml", "--over", "train.optimizer.SGD.learning_rate=[0.1]"], says="leads out"
    ),
    **{f"a run whose {name} is a link": linked(f"run/{name}", to, TRAIN) for name, to in (
        (".lock", "kept.txt"), ("logs", ""), ("assets", ""), ("checkpoints", ""), ("workers", ""), ("spec.yaml", "kept.txt")
    )},
    "a run whose log is a pipe": piped(TRAIN),
    "a training whose run is exported by a link": linked(
        "run/export", "", TRAIN, ["export", "spec.yaml", "--run", "run"], codes=(1,)
    ),
    "a download over a file": dataset(path="/tmp/nnspec-owned"),
    "a download over a file beside": dataset(path="../outside/kept.txt"),
    "a download with a cache of one's own": dataset(cache_dir=".."),
    "a download from elsewhere": dataset(origin="http://127.0.0.1:9/x"),
    "a callback that sends data away": kind("{RemoteMonitor: {root: 'http://127.0.0.1:9'}}"),
    "a callback that sends data away, by its defaults": kind("RemoteMonitor"),
    "a callback that writes events anywhere": kind("{TensorBoard: {log_dir: ../logs}}"),
    "a callback that backs up anywhere": kind("{BackupAndRestore: {backup_dir: ../backup}}"),
    "a callback of another framework": kind("{OrbaxCheckpoint: {directory: ../orbax}}"),
    "a callback that is code": kind("{LambdaCallback: {on_epoch_end: print}}"),
    "a layer that loads a program": spec(f"{LAYERS}  - TFSMLayer: /tmp\n", says="E0209", codes=(3,)),
    "a layer that loads a program of another framework": spec(f"{LAYERS}  - TorchModuleWrapper: {{}}\n", says="E0209", codes=(3,)),
}  # fmt: skip
