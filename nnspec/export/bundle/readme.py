"""The README of a bundle: what the model takes and gives, and code that runs it, with the bundle's own names."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

KOTLIN = {"float32": "Float", "int32": "Int", "uint8": "Int8", "int8": "Int8"}  # as TensorBuffer's methods have them
SWIFT = {"float32": "Float32", "int32": "Int32", "uint8": "UInt8", "int8": "Int8"}
CPP = {"float32": "float", "int32": "int32_t", "uint8": "uint8_t", "int8": "int8_t"}
JAVASCRIPT = {"float32": "Float32Array", "int32": "Int32Array", "uint8": "Uint8Array", "int8": "Int8Array"}


def readme(manifest: Mapping[str, Any], folder: Path) -> str:
    """The text. Examples feed the first input and read the first output."""
    (input_name, given), *_ = manifest["inputs"].items()
    (output_name, wanted), *_ = manifest["outputs"].items()
    shape = [1 if size is None else size for size in given["shape"]]
    values = {
        "name": manifest["name"],
        "description": manifest["description"],
        "task": manifest["task"],
        "inputs": _table(manifest["inputs"]),
        "outputs": _table(manifest["outputs"]),
        "files": _files(folder),
        "metric": _metric(manifest),
        "runtimes": " and ".join(manifest["runtimes"]),
        "input": input_name,
        "output": output_name,
        "shape": ", ".join(map(str, shape)),
        "count": str(_product(shape)),
        "out_count": str(_product([1 if size is None else size for size in wanted["shape"]])),
        "kotlin_in": KOTLIN.get(given["dtype"], "Float").replace("Int8", "Byte") + "Array",
        "kotlin_write": f"write{KOTLIN.get(given['dtype'], 'Float')}",
        "kotlin_read": f"read{KOTLIN.get(wanted['dtype'], 'Float')}",
        "swift_in": SWIFT.get(given["dtype"], "Float32"),
        "swift_out": SWIFT.get(wanted["dtype"], "Float32"),
        "cpp_in": CPP.get(given["dtype"], "float"),
        "cpp_out": CPP.get(wanted["dtype"], "float"),
        "js_in": JAVASCRIPT.get(given["dtype"], "Float32Array"),
        "browser": _browser(manifest),
    }
    text = files("nnspec.export.bundle").joinpath("README.template.md").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def _table(ports: Mapping[str, Any]) -> str:
    rows = [
        f"| `{name}` | {port['dtype']} | {' × '.join('any' if size is None else str(size) for size in port['shape'])} |"
        for name, port in ports.items()
    ]
    return "\n".join(["| name | type | shape |", "|---|---|---|", *rows])


SENTENCES = {
    "model.tflite": "the model",
    "labels.txt": "the classes, one a line, in the order of the output's last axis",
    "vocabulary.txt": "the words, one a line; a word's number is its line, counted from 0 (0 padding, 1 unknown)",
    "vocabulary.json": "what is done to a word before it is looked up",
    "extra.json": "`characters`: the alphabet; the first character has number 2 (0 padding, 1 unknown)",
    "scaling.json": "offset and factor of columns",
    "preprocessing.json": "what is done to an input before the model gets it",
    "golden.npz": "real inputs and the file's answers to them",
}


def _files(folder: Path) -> str:
    return "\n".join(f"- `{name}`: {text}" for name, text in SENTENCES.items() if (folder / name).is_file())


def _metric(manifest: Mapping[str, Any]) -> str:
    found = manifest["metric"]
    if found["file"] is None:
        return "It was not measured on a test set."
    return f"On data held back it scores {found['file']:.4f}; the Keras model that it was made of {found['keras']:.4f}."


def _browser(manifest: Mapping[str, Any]) -> str:
    if "compiled_model" in manifest["runtimes"]:
        return "It runs in LiteRT.js as well, served from any static server:"
    return "LiteRT.js takes fixed shapes alone: export it with a `length` for the browser. Then:"


def _product(sizes: list[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product
