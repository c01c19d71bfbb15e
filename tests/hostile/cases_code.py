"""Folders, specs and data that would have nnspec run a program or import code of theirs."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import zipfile
from collections.abc import Callable

from harness import LAYERS, Case, Command, Place

TRAINED = """nnspec: 1
name: net
inputs: {x: [2]}
layers: [{Dense: 1}]
data: {source: {Csv: {path: table.csv, target: y, features: [x1, x2]}}, batch_size: 4}
train: {epochs: 1, loss: MeanSquaredError, optimizer: {SGD: {learning_rate: 0.01}}}
export: [TFLite]
"""
TABLE = "x1,x2,y\n" + "".join(f"{n},{n % 3},{n % 5}\n" for n in range(12))
IMAGES = """nnspec: 1
inputs: {image: [8, 8, 3]}
layers: [Flatten, {Dense: 2}]
data: {source: {ImageFolder: {path: images, image_size: [8, 8]}}}
train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}, epochs: 1}
"""
TRAIN: Command = ("train", "spec.yaml", "--run", "run")
MARK = "owned.txt"  # what a program of the folder would write
PROGRAM = f"#!/bin/sh\ntouch $PWD/../outside/{MARK}\n"


def trained(prepare: Callable[[Place], None], *commands: Command, text: str = TRAINED, **bound: object) -> Case:
    """A small training, or other commands, in a folder that `prepare` has set a trap in; the command itself is well."""

    def make(place: Place) -> tuple[Command, ...]:
        place.write("spec.yaml", text)
        place.write("table.csv", TABLE)
        prepare(place)
        return commands or (TRAIN,)

    given = {"codes": (0,), "tf": True, "seconds": 4.0, "megabytes": 700, **bound}
    return Case(make, **given)  # type: ignore[arg-type]


def git(place: Place, *words: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, *words], cwd=place.folder, check=True, capture_output=True)


def program(place: Place) -> str:
    path = place.write("program.sh", PROGRAM)
    path.chmod(0o755)
    return str(path)


def repository(place: Place) -> None:
    """A repository whose settings name a program for whatever git may ask them for."""
    trap = program(place)
    git(place, "init", "-q")
    git(place, "add", "spec.yaml")
    git(place, "commit", "-qm", "one")
    place.write(".gitattributes", "* filter=trap diff=trap merge=trap\n")
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "diff.external", "filter.trap.clean"):
        git(place, "config", key, trap)
    for key in ("filter.trap.smudge", "filter.trap.process", "core.gitProxy", "core.alternateRefsCommand"):
        git(place, "config", key, trap)
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        place.write(f".git/hooks/{hook}", PROGRAM).chmod(0o755)
    place.write("spec.yaml", TRAINED.replace("epochs: 1", "epochs: 2"))  # so that its content must be looked at


def bare(place: Place) -> None:
    """A plain folder that git takes for a repository."""
    for name in ("objects", "refs/heads"):
        (place.folder / name).mkdir(parents=True)
    place.write("HEAD", "ref: refs/heads/main\n")
    place.write("config", f"[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {program(place)}\n")


def git_file(content: bytes | str, **files: bytes | str) -> Callable[[Place], None]:
    """A `.git` that is a file, and files beside it."""

    def prepare(place: Place) -> None:
        place.write(".git", content)
        for name, text in files.items():
            place.write(name.replace("__", "/"), text)

    return prepare


def git_folder(**files: bytes | str) -> Callable[[Place], None]:
    def prepare(place: Place) -> None:
        for name, text in files.items():
            place.write(f".git/{name.replace('__', '/')}", text)

    return prepare


def index(content: bytes) -> Callable[[Place], None]:
    """A repository's index, version 2, with the checksum that it needs."""
    text = b"DIRC\0\0\0\2" + content
    return git_folder(HEAD="a" * 40 + "\n", index=text + hashlib.sha1(text).digest())


def pipes(place: Place) -> None:
    """Where a reader waits for ever."""
    for name in (".git/HEAD", ".git/index", ".git/packed-refs"):
        (place.folder / name).parent.mkdir(exist_ok=True)
        os.mkfifo(place.folder / name)


def devices(place: Place) -> None:
    (place.folder / ".git").mkdir()
    for name in ("HEAD", "index", "packed-refs"):
        (place.folder / ".git" / name).symlink_to("/dev/zero")


def modules(place: Place) -> None:
    """Modules of the folder by the names of what nnspec and its workers import later than their start."""
    for name in (
        "numpy",
        "keras",
        "tensorflow",
        "yaml",
        "h5py",
        "PIL",
        "rich",
        "flatbuffers",
        "ai_edge_litert",
        "nnspec",
    ):
        place.write(f"{name}.py", f"open('../outside/{MARK}', 'w')\nraise SystemExit(9)\n")
    for name in ("sitecustomize", "usercustomize", "pickle", "json", "secrets"):
        place.write(f"{name}.py", f"open('../outside/{MARK}', 'w')\n")
    place.write("matplotlibrc", "text.usetex: True\nbackend: module://numpy\n")


def package(place: Place) -> None:
    """A package that lies in the folder as if it were installed there."""
    place.write("evil-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    place.write(
        "evil-1.0.dist-info/entry_points.txt",
        "[nnspec.layers]\nEvil = evil:Evil\n[nnspec.layer_kinds]\nEvil = evil:KIND\n",
    )
    place.write("evil.py", f"open('../outside/{MARK}', 'w')\n")


def requiring(place: Place) -> tuple[Command, ...]:
    package(place)
    place.write("spec.yaml", "requires: evil\n" + LAYERS + "  - Evil: {}\n")
    return (["check", "spec.yaml"], ["show", "spec.yaml"], ["check", "spec.yaml", "--trust"])


def picture(name: str, content: bytes) -> Case:
    """A picture among good ones that another program of the system would have to read."""

    def make(place: Place) -> tuple[Command, ...]:
        from PIL import Image

        good = io.BytesIO()
        Image.new("RGB", (8, 8)).save(good, "PNG")
        for number in range(4):
            place.write(f"images/{'ab'[number % 2]}/{number}.png", good.getvalue())
        place.write(f"images/a/{name}", content)
        place.write("spec.yaml", IMAGES)
        return (["check", "spec.yaml"], ["data", "spec.yaml"])

    return Case(make, codes=(0, 4), says=name)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(%pipe%touch owned) (w) file\n%%EOF\n"
PICTURES = {
    "an EPS as .png": ("eps.png", EPS),
    "an EPS with a DOS head as .jpg": ("eps.jpg", b"\xc5\xd0\xd3\xc6" + bytes(26) + EPS),
    "a PDF as .png": ("pdf.png", b"%PDF-1.4\n"),
    "a WMF as .bmp": ("wmf.bmp", b"\xd7\xcd\xc6\x9a\0\0" + bytes(200)),
    "an EMF as .bmp": ("emf.bmp", b"\x01\0\0\0" + bytes(36) + b" EMF" + bytes(200)),
    "a FITS as .tif": ("fits.tif", b"SIMPLE  =                    T" + b" " * 2850),
    "a GRIB as .gif": ("grib.gif", b"GRIB\0\0\0\1" + bytes(200)),
    "an HDF5 as .gif": ("hdf5.gif", b"\x89HDF\r\n\x1a\n" + bytes(200)),
    "an MIC as .webp": ("mic.webp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "a FLI as .gif": ("fli.gif", bytes(4) + b"\x11\xaf" + bytes(200)),
    "an XPM as .png": ("xpm.png", b"/* XPM */\nstatic char * a[] = {\n\"1 1 1 1\"};\n"),
    "a PSD as .png": ("psd.png", b"8BPS\0\1" + bytes(200)),
    "an SVG as .png": ("svg.png", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
}  # fmt: skip


def pickled(place: Place) -> bytes:
    """A pickle that writes outside when it is loaded."""
    code = f"open({str(place.outside / MARK)!r}, 'w')"
    return b"cbuiltins\nexec\n(V" + code.encode() + b"\ntR."


def array(name: str) -> Case:
    """Arrays of Python objects, which NumPy keeps as a pickle."""

    def make(place: Place) -> tuple[Command, ...]:
        header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
        header += b" " * (118 - len(header) - 1) + b"\n"
        npy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickled(place)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            for member in ("x.npy", "y.npy"):
                file.writestr(member, npy)
        place.write(name, {"npz": archive.getvalue(), "npy": npy, "pkl": pickled(place)}[name[-3:]])
        place.write(
            "spec.yaml", TRAINED.replace("Csv: {path: table.csv, target: y, features: [x1, x2]}", f"Arrays: {name}")
        )
        return (["check", "spec.yaml"], ["data", "spec.yaml"])

    return Case(make, codes=(3, 4))


def asked(prepare: Callable[[Place], None], says: str = "None") -> Case:
    """What the record would say of git, without a training."""

    def make(place: Place) -> tuple[Command, ...]:
        prepare(place)
        return (("call", "nnspec.runs.git_state:git_state", "."),)

    return Case(make, codes=(0,), says=says)


CASES: dict[str, Case] = {
    "a repository whose settings are programs": trained(repository),
    "a folder that is a bare repository": trained(bare),
    "a .git of devices": asked(devices),
    "a .git of pipes": asked(pipes),
    "a .git file that leads to a device": asked(git_file("gitdir: /dev\n")),
    "a .git file of a megabyte": asked(git_file("gitdir: " + "a" * 1_000_000)),
    "a .git file that is no text": asked(git_file(b"\xff\0\xfe" * 50)),
    "a .git file that leads to itself": asked(git_file("gitdir: .git\n")),
    "a reference outside": asked(git_folder(HEAD="ref: refs/../../../../../etc/passwd\n")),
    "a reference to a device": asked(git_folder(HEAD="ref: /dev/zero\n")),
    "a commit with an escape": asked(git_folder(HEAD="\x1b[2J" * 10 + "\n")),
    "an index of 4,294,967,295 files": asked(index(b"\xff" * 4 + bytes(1000)), "'changed': None"),
    "an index that ends in a name": asked(index(b"\0\0\0\1" + bytes(60) + b"\xff" * 30), "'changed': None"),
    "an index of a file outside": asked(
        index(b"\0\0\0\1" + bytes(24) + b"\0\0\x81\xa4" + bytes(34) + b"../../../../dev/zero\0" + bytes(30)),
        "'changed': None",
    ),
    "modules named as what workers import": trained(
        modules,
        TRAIN,
        ("export", "spec.yaml", "--run", "run"),
        ("bench", "spec.yaml", "--run", "run"),
        workers=True,
        seconds=60.0,
        megabytes=1500,
        codes=(0, 5),
    ),
    "a package that lies in the folder": Case(requiring, says="E0305", codes=(3,)),
    **{name: picture(*content) for name, content in PICTURES.items()},
    **{f"objects in an .{name[-3:]}": array(name) for name in ("a.npz", "a.npy", "a.pkl")},
}
