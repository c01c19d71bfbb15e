"""Data from elsewhere, masks and running texts, weights by name, sweeps, and models that are to be trusted."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from cases_data import CLAIMS, GIB, Make, bomb, data, file, link, npy, pipe, png, sparse
from cases_runs import FILES as RUN
from harness import HEAD, Case, Command, Place, spec

# Addresses: nothing is asked without consent, and what is none is told

ADDRESSES = {
    "of the machine": "http://127.0.0.1:9/d.csv",
    "in capitals": "HTTP://127.0.0.1:9/d.csv",
    "of six parts": "http://[::1]:9/d.csv",
    "of half a bracket": "http://[::1/d.csv",
    "of a number": "http://2130706433/d.csv",
    "with a password": "https://a:hunter2@127.0.0.1/d.csv",
    "of a cloud's secrets": "http://169.254.169.254/latest/meta-data/d.csv",
    "of a port that is none": "https://127.0.0.1:99999999/d.csv",
    "of a port in words": "https://127.0.0.1:port/d.csv",
    "of nobody": "https:///d.csv",
    "of nothing": "https://",
    "of a file": "file:///etc/passwd",
    "of a shell": "ext::sh -c true://d.csv",
    "of a chain": "zip://d.csv::https://127.0.0.1/d.zip",
    "of a chain in parts": "https://127.0.0.1/d.zip::file:///etc/passwd",
    "of a bucket": "s3://bucket/../../etc/passwd",
    "of a bucket of nobody": "gs:///d.csv",
    "with NUL": "https://127.0.0.1/d\\0.csv",
    "with a line": "https://127.0.0.1/d.csv\\r\\nHost: x",
    "with escapes": "https://\\e[2J\\u202e/d.csv",
    "of letters that look alike": "https://\\u0261ithub.example/d.csv",
    "of letters that are none": "https://\\u2100.example/d.csv",
    "of 100,000 letters": f"https://{'a' * 100_000}/d.csv",
    "of FTP": "ftp://127.0.0.1/d.csv",
    "of memory": "memory://d.csv",
    "of a share": "smb://127.0.0.1/d.csv",
}


def address(text: str) -> str:
    return f'{{Csv: {{path: "{text}", target: y}}}}'


# Masks

GREY = npy("|u1", (8, 8), bytes(64))


def masks(*makes: Make, more: str = "", **bound: Any) -> Case:
    """Images and the masks that `makes` put into their place."""

    def make(place: Place) -> Sequence[Command]:
        for name in ("a", "b"):
            place.write(f"images/{name}.png", png(8))
            place.write(f"masks/{name}.png", png(8))
        for one in makes:
            one(place)
        text = "nnspec: 1\ninputs: {image: [8, 8, 3]}\nlayers: [{Conv2D: {filters: 2, kernel_size: 1, activation: softmax}}]\n"
        source = f"{{MaskFolder: {{path: images, masks: masks, image_size: [8, 8]{more}}}}}"
        place.write("spec.yaml", f"{text}data: {{source: {source}}}\ntrain: {{loss: SparseCategoricalCrossentropy}}\n")
        return [["check", "spec.yaml"], ["data", "spec.yaml"]]

    return Case(make, **{"codes": (0, 1, 3, 4), **bound})


def instead(make: Make, name: str = "masks/b.png") -> Make:
    def change(place: Place) -> None:
        (place.folder / name).unlink()
        make(place)

    return change


def many_pairs(place: Place) -> None:
    content = png(8)
    for number in range(2_000):
        place.write(f"images/{number}.png", content)
        place.write(f"masks/{number}.png", content)


def in_circles(place: Place) -> None:
    (place.folder / "masks/up").symlink_to(place.folder)
    (place.folder / "images/up").symlink_to(place.folder / "images")


# Running text


def running(*makes: Make, more: str = "", path: str = "d.txt", **bound: Any) -> Case:
    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        text = (
            "nnspec: 1\ninputs: {text: {shape: [8], dtype: int32}}\nlayers: [{Embedding: {input_dim: $data.vocabulary_size, "
            "output_dim: 2}}, {Dense: {units: $data.vocabulary_size, activation: softmax}}]\n"
        )
        source = f"{{RunningText: {{path: {path}, length: 8{more}}}}}"
        place.write("spec.yaml", f"{text}data: {{source: {source}}}\ntrain: {{loss: SparseCategoricalCrossentropy}}\n")
        return [["check", "spec.yaml"]]

    return Case(make, **{"codes": (0, 3, 4), **bound})


# Weights by name, and models that are trusted


def begun(value: str) -> Case:
    text = f"{HEAD}layers: [{{Dense: 1}}]\ntrain: {{loss: MeanSquaredError, initial_weights: {value}}}\n"
    return spec(text, codes=(0, 3))


APPLICATIONS = {
    "a path": "{application: ../../etc/passwd}",
    "an attribute": "{application: __class__}",
    "a module": "{application: os.system}",
    "another function": "{application: imagenet_utils}",
    "an address": "{application: http://127.0.0.1:9/x}",
    "a list": "{application: [MobileNetV2, MobileNetV2]}",
    "escapes": '{application: "\\e[2J\\u202e"}',
    "a long name": f"{{application: {'M' * 100_000}}}",
    "weights of a file": "{application: MobileNetV2, weights: /etc/passwd}",
    "classes without end": "{application: MobileNetV2, classes: 99999999999999999999}",
    "an alpha without end": "{application: MobileNetV2, alpha: 1.0e+308}",
}


def named(model: str, *more: str) -> Case:
    """A module that lies in the folder, and that nobody has said to trust, or which is none."""

    def make(place: Place) -> Sequence[Command]:
        place.write("harm.py", "open('pwned', 'w')\ndef make(): return open('pwned', 'w')\n")
        place.write("m.keras", b"PK\x03\x04" + bytes(100))
        return [["import", model, "-o", "-", *more]]

    return Case(make, codes=(1, 2, 4))


# Sweeps


PLAN = {"spec": "spec.yaml", "spec_sha256": "0", "axes": [], "search": "grid", "seed": 0, "trials": 2}
TRIAL = {"values": {"train.epochs": 1}, "run": "s/000", "state": "complete", "score": 0.5}


def sweep(change: Make) -> Case:
    """The folder of a sweep of two trials, looked at by the commands that list runs."""

    def make(place: Place) -> Sequence[Command]:
        place.write("s/plan.json", json.dumps(PLAN))
        for number in ("000", "001"):
            place.write(f"s/{number}.json", json.dumps(TRIAL | {"number": int(number)}))
            for name, content in RUN.items():
                place.write(f"s/{number}/{name}", content)
        change(place)
        return [["runs", "s"], ["compare", "s/000", "s/001"], ["runs", "."]]

    return Case(make, codes=(0, 1, 2, 3, 4))


def resumed(change: Make) -> Case:
    """A sweep that a spec would go on with."""

    def make(place: Place) -> Sequence[Command]:
        text = f"{HEAD}layers: [{{Dense: 1}}]\ndata: {{source: {{Csv: {{path: d.csv, target: y}}}}}}\ntrain: {{loss: MeanSquaredError}}\n"
        place.write("spec.yaml", text)
        place.write("d.csv", "a,b,c,d,y\n" + "1,2,3,4,5\n" * 8)
        place.write("s/plan.json", "{}")
        change(place)
        return [["sweep", "spec.yaml", "--over", "train.epochs=[1, 2]", "--folder", "s"]]

    return Case(make, codes=(1, 2, 3, 4, 5))


# Pictures that labels are drawn below


def drawn(*makes: Make, name: str = "a.png", label: str = "cat", **bound: Any) -> Case:
    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        told = place.write("told.json", json.dumps([[name, [label, "0.9"]]] * 2))
        return [["call", "drawn_pictures:drawn", str(told), str(place.folder / "out")]]

    return Case(make, **{"codes": (0,), **bound})


LONG = "n" * 240
JSONS = {"nothing": b"", "a list": b"[1]", "deep": b"[" * 100_000, "null": b"null", "noise": bytes(range(256)) * 10}
ONE_LINE = b"a b c " * 2_000_000
CASES: dict[str, Case] = {
    **{f"an address {name}": data(address(text), codes=(0,) if name == "of a shell" else (3, 4)) for name, text in ADDRESSES.items()},
    **{f"a part at an address {name}": spec(f"{HEAD}layers: [{{Dense: 1}}]\ndata:\n  source: {{Csv: {{path: d.csv, target: y}}}}\n  split: {{validation: {{path: \"{text}\"}}}}\ntrain: {{loss: MeanSquaredError}}\n", codes=(0, 3, 4)) for name, text in ADDRESSES.items() if name in ("of half a bracket", "of a file", "of a cloud's secrets", "of a chain")},
    "masks that are a pipe": masks(instead(pipe("masks/b.png"))),
    "masks that are a device": masks(instead(link("masks/b.png", "/dev/zero"))),
    "masks that are the environment": masks(instead(link("masks/b.png", "/proc/self/environ"))),
    "masks that claim to be larger": masks(instead(file("masks/b.png", CLAIMS))),
    "masks of 10 GB": masks(instead(sparse("masks/b.png", 10 * GIB, png(8)))),
    "masks that are programs": masks(instead(file("masks/b.png", b"%!PS-Adobe-3.0 EPSF-3.0\n"))),
    "masks of nothing": masks(instead(file("masks/b.png", b""))),
    "masks that are arrays": masks(instead(file("masks/b.png", GREY))),
    "masks in circles": masks(in_circles),
    "masks that are a link to themselves": masks(instead(link("masks/b.png", "b.png"))),
    "masks of another size": masks(instead(file("masks/b.png", png(64)))),
    "masks for 2,000 images": masks(many_pairs, full=True),
    "masks with escapes": masks(file("masks/\x1b[2J\u202e.png", png(8)), file("images/\x1b[2J\u202e.png", png(8))),
    "images that are a pipe": masks(instead(pipe("images/b.png"), "images/b.png")),
    "images that claim to be larger": masks(instead(file("images/b.png", CLAIMS), "images/b.png")),
    "classes of 5,000 colours": masks(more=f", values: {{{', '.join(f'c{n}: [{n % 256}, {n // 256}, 0]' for n in range(5_000))}}}"),
    "classes of escapes": masks(more=', values: {"\\e[2J\\u202e": 0, b: 200}'),
    "classes that are paths": masks(more=", values: {../../x: 0, /etc/passwd: 255}"),
    "pixels that no byte holds": masks(more=", values: {a: 99999999999999999999, b: -1}"),
    "running text: a pipe": running(pipe("d.txt")),
    "running text: a device": running(link("d.txt", "/dev/zero")),
    "running text: the environment": running(link("d.txt", "/proc/self/environ")),
    "running text: 10 GB of nothing": running(sparse("d.txt", 10 * GIB, b"a b c")),
    "running text: one line of 12 MB": running(file("d.txt", lambda: ONE_LINE), full=True, seconds=4.0, megabytes=600),  # all of it is cut into words
    "running text: no UTF-8": running(file("d.txt", b"\xff\xfe" * 1_000)),
    "running text: NUL": running(file("d.txt", b"\0" * 100_000)),
    "running text: nothing": running(file("d.txt", b"")),
    "running text: a token of escapes": running(file("d.txt", "\x1b[2J\u202e \u2028 ".encode() * 500), more=", tokenization: whitespace"),
    "running text: a length of a trillion": running(file("d.txt", b"a b c " * 100), more="000000000000"),
    "running text: a stride of nothing": running(file("d.txt", b"a b c " * 100), more=", stride: 0"),
    "running text: the machine": running(path="/"),
    "running text: a pattern of stars": running(file("d/a.txt", b"a b c " * 100), path="'**/**/**/**/**/*.txt'"),
    "running text: files in circles": running(file("d/a.txt", b"a b c " * 100), link("d/up", ".."), path="'d/**/*.txt'"),
    "running text: bombs": running(file("d.txt.gz", bomb(512 << 20, b"a b c")), path="d.txt.gz"),
    **{f"weights of an application: {name}": begun(text) for name, text in APPLICATIONS.items()},
    **{f"a model of {name}": named(name) for name in ("harm:make", "os:system", "./harm.py:make", "harm", "subprocess:Popen", ":", "a:b:c", "../x:y", "__main__:x", "\x1b[2J:x")},
    "a file that is to be trusted": named("m.keras", "--trust"),
    "a module of no name to be trusted": named("../../x y:z", "--trust"),
    "a picture with a label of a book": drawn(file("a.png", png(8)), label="word " * 100_000),
    "a picture with a label of escapes": drawn(file("a.png", png(8)), label="\x1b[2J\u202e\ud800"),
    "a picture with a label of lines": drawn(file("a.png", png(8)), label="a\n" * 10_000),
    "a picture with a label that no font has": drawn(file("a.png", png(8)), label="\U0010ffff\u0378" * 50),
    "a picture of a long name": drawn(file(f"{LONG}.png", png(8)), name=f"{LONG}.png"),
    "a picture of a name with escapes": drawn(file("\x1b[2J\u202e.png", png(8)), name="\x1b[2J\u202e.png"),
    "a picture of a name that is none": drawn(file("..png", png(8)), name="..png"),
    "a picture of a name with a line": drawn(file("a\nb.png", png(8)), name="a\nb.png"),
    "a picture of a name like a number": drawn(file("a-2.png", png(8)), file("a.png", png(8)), name="a.png"),
    "a picture that claims to be larger": drawn(file("a.png", CLAIMS)),
    "a picture that is a program": drawn(file("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")),
    "a picture that is a pipe": drawn(pipe("a.png")),
    "a picture that is a device": drawn(link("a.png", "/dev/zero")),
    "a picture that is the environment": drawn(link("a.png", "/proc/self/environ")),
    "a picture of 10 GB": drawn(sparse("a.png", 10 * GIB, png(8))),
    "a picture in a link out": drawn(file("a.png", png(8)), lambda place: (place.folder / "out").symlink_to(place.outside)),
    "a picture over a link out": drawn(file("a.png", png(8)), lambda place: ((place.folder / "out").mkdir(), (place.folder / "out/a.png").symlink_to(place.outside / "kept.txt"))),
    "a picture over a folder": drawn(file("a.png", png(8)), lambda place: (place.folder / "out/a.png").mkdir(parents=True)),
    "a picture over a pipe": drawn(file("a.png", png(8)), pipe("out/a.png")),
    **{f"a sweep whose plan is {name}": sweep(file("s/plan.json", text)) for name, text in JSONS.items()},
    **{f"a sweep that goes on from {name}": resumed(file("s/plan.json", text)) for name, text in JSONS.items()},
    "a sweep whose plan is a pipe": sweep(lambda place: (os.remove(place.folder / "s/plan.json"), os.mkfifo(place.folder / "s/plan.json"))),
    "a sweep that goes on from a pipe": resumed(lambda place: (os.remove(place.folder / "s/plan.json"), os.mkfifo(place.folder / "s/plan.json"))),
    "a sweep that goes on from a device": resumed(lambda place: (os.remove(place.folder / "s/plan.json"), (place.folder / "s/plan.json").symlink_to("/dev/zero"))),
    **{f"a sweep whose trial is {name}": sweep(file("s/000.json", text)) for name, text in JSONS.items()},
    "a sweep of other numbers": sweep(file("s/plan.json", b"{\"plan\": {\"trials\": 1e999, \"axes\": [{}]}, \"trials\": [null, 3]}")),
}  # fmt: skip
