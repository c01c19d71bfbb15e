"""Specs that name files which are none of theirs, folders as large as the machine, and patterns that never end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cases_data import RECORDS, data, file
from harness import HEAD, LAYERS, Case, Command, Place, spec

SECRET = "token: \thunter2 ]["  # no YAML: an error would show the line


def vocabulary(layer: str) -> Case:
    return spec(
        f"nnspec: 1\ninputs: {{x: {{shape: [2], dtype: string}}}}\nlayers: [{layer}]\n", says="is not read", codes=(3,)
    )


def base(key: str, name: str, make: Callable[[Place], object], says: str | tuple[str, ...] = "E0301") -> Case:
    """A spec that builds on a file which holds a secret; no line of it is shown."""

    def made(place: Place) -> Sequence[Command]:
        make(place)
        place.write("spec.yaml", f"{key}: {name}\n{LAYERS}  - Dense: 1\n")
        return [["check", "spec.yaml"], ["check", "spec.yaml", "--json"]]

    return Case(made, says=says, codes=(3,))


def hidden(name: str) -> Callable[[Place], object]:
    return lambda place: place.write(name, SECRET)


def linked(to: str) -> Callable[[Place], object]:
    def make(place: Place) -> None:
        place.write(".secret", SECRET)
        (place.folder / "base.yaml").symlink_to(to)

    return make


def links(target: str, count: int = 3) -> Callable[[Place], object]:
    """`base.yaml` leads to its target through so many others."""

    def make(place: Place) -> None:
        names = ["base.yaml", *(f"l{number}.yaml" for number in range(count))]
        for name, after in zip(names, [*names[1:], target], strict=True):
            (place.folder / name).symlink_to(after)

    return make


def of_the_system(source: str, given: str = "x") -> Case:
    return data(source, given=given, codes=(0, 3, 4))


PATTERNS = {
    "repetitions in repetitions": r"(a+)+b",
    "a choice of the same": r"(a|a)*b",
    "words of words": r"(\w*)*!",
    "many that overlap": r"a*a*a*a*a*a*a*a*b",
    "a look ahead": r"(?=(a+)+b)a",
    "a reference back": r"(a*)*\1b",
    "twenty of anything": r"(.*a){20}b",
    "a count of millions": r"(a{1,65535}){1,65535}b",
    "a count that no number holds": r"a{99999999999999999999}",
    "brackets within brackets": "(" * 2_000 + ")" * 2_000,
    "a group of everything": "|".join(["a*"] * 20_000),
}


def pattern(text: str, **bound: Any) -> Case:
    source = f"{{Text: {{path: d.tsv, tokenization: words, pattern: '{text}'}}}}"
    texts = b"0\t" + b"a" * 5_000 + b"\n1\t" + b"a" * 60 + b"\n0\tb\n1\tc\n"
    return data(source, file("d.tsv", texts), given="tokens", **{"codes": (0, 3, 4), **bound})


CASES: dict[str, Case] = {
    **{
        f"{layer} of {name}": vocabulary(f"{{{layer}: {{vocabulary: '{path}'{more}}}}}")
        for layer, more in (("StringLookup", ""), ("TextVectorization", ", standardize: null"))
        for name, path in {
            "a password file": "/etc/passwd",
            "the environment": "/proc/self/environ",
            "an address": "http://127.0.0.1:9/words.txt",
            "a bucket": "gs://nobody/words.txt",
            "a file beside": "words.txt",
            "a device": "/dev/zero",
        }.items()
    },
    "numbers of a file": spec(
        "nnspec: 1\ninputs: {x: {shape: [2], dtype: int64}}\nlayers: [{IntegerLookup: {vocabulary: /etc/passwd}}]\n",
        says="is not read", codes=(3,),
    ),
    "a lookup within a layer": spec(
        f"{HEAD}layers: [{{TimeDistributed: {{layer: {{IntegerLookup: {{vocabulary: /etc/passwd}}}}}}}}]\n", codes=(3,)
    ),
    "a vocabulary by a parameter": spec(
        "nnspec: 1\nparams: {file: /etc/passwd}\ninputs: {x: {shape: [2], dtype: string}}\n"
        "layers: [{StringLookup: {vocabulary: $file}}]\n", says="is not read", codes=(3,),
    ),
    "git's settings as a base": base("extends", ".git/config", hidden(".git/config")),
    "secrets as a base": base("extends", ".env", hidden(".env")),
    "secrets as blocks": base("use", "[.env]", hidden(".env")),
    "a key of a home as a base": base("extends", "../in/.ssh/id_rsa", hidden(".ssh/id_rsa")),
    "a base that is a link to secrets": base("extends", "base.yaml", linked(".secret")),
    "the environment as a base": base("extends", "/proc/self/environ", lambda place: None),
    "a base that is a link to the environment": base("extends", "base.yaml", linked("/proc/self/environ")),
    **{
        f"a base that is links to {name}, by {way}": base(way, text, links(target), "E0301" if name in ("passwords", "the environment") else "E0101")
        for name, target in {
            "a device": "/dev/zero",
            "the environment": "/proc/self/environ",
            "themselves": "base.yaml",
            "a folder": ".",
            "a terminal": "/dev/tty",
            "passwords": "/etc/shadow",
            "a file that is open": "/proc/self/fd/0",
        }.items()
        for way, text in (("extends", "base.yaml"), ("use", "[base.yaml]"))
    },
    "a base that is more links than any": base("extends", "base.yaml", links("/dev/zero", 60), "error"),
    "the environment by a number as a base": base("extends", "/proc/1/environ", lambda place: None),
    **{
        f"{name} of the system": of_the_system(source, given)
        for name, (source, given) in {
            "a table": ("{Csv: {path: /proc/self/environ, target: y}}", "x"),
            "a table without a head": ("{Csv: {path: /proc/self/environ, target: '0', header: false}}", "x"),
            "tagged words": ("{Conll: /proc/self/environ}", "tokens"),
            "texts": ("{Text: /proc/self/maps}", "tokens"),
            "series": ("{TimeSeries: /proc/self/status}", "x"),
            "numbers": ("{IDX: {images: /proc/self/environ, labels: /sys/kernel/notes}}", "x"),
            "arrays": ("{Arrays: /proc/self}", "x"),
            "an array that leaves its folder": ("{Arrays: {path: ., inputs: ../../../proc/self/environ}}", "x"),
            "records": (RECORDS.replace("d.tfrecord", "/proc/self/environ"), "x"),
            "records of every process": (RECORDS.replace("d.tfrecord", "'/proc/*/task/*/environ'"), "x"),
            "pictures": ("{ImageFolder: {path: /proc, image_size: [8, 8]}}", "image"),
            "pictures of the machine": ("{ImageFolder: {path: /, image_size: [8, 8]}}", "image"),
            "pictures of its programs": ("{ImageFolder: {path: /usr, image_size: [8, 8]}}", "image"),
            "pictures of its devices": ("{ImageFolder: {path: /dev, image_size: [8, 8]}}", "image"),
            "pictures of its settings": ("{ImageFolder: {path: /sys, image_size: [8, 8]}}", "image"),
        }.items()
    },
    "records anywhere": data(
        RECORDS.replace("d.tfrecord", "'/*/*/*/*/*/*/*/*.none'"), says="E0901", codes=(4,)
    ),
    **{f"a pattern of {name}": pattern(text, full=number > 0) for number, (name, text) in enumerate(PATTERNS.items())},
}  # fmt: skip
