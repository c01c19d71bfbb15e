"""The Web target: a folder that any static server serves, with the network, LiteRT.js and a page to try it on.

index.html, page.js, style.css     the page
network.js, encode.js              the network and its inputs, for a page of one's own
model.tflite                       the file, at fixed shapes, which passed the gate
model.json                         what the page knows: inputs, outputs, labels, vocabulary, examples
litert/                            the runtime
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import nnspec
from nnspec.backend.signature import keras_run
from nnspec.export.card import Card, json_bytes
from nnspec.export.draft import Draft
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes, gate_cases
from nnspec.export.litert_js import VERSION, copy_litert
from nnspec.export.quantize import Representative, examples_of
from nnspec.export.targets import TFLite, Web
from nnspec.export.tflite import make_tflite, opened

ASSETS = ("page.js", "style.css", "network.js", "encode.js")
DTYPES = ("float32", "int32", "uint8")
EXAMPLES = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Samples:
    """Held-out examples: a pass over batches of features, and of texts what the first of them say."""

    features: Representative
    texts: Sequence[str] = ()


def make_web(
    model: Any,
    target: Web,
    scratch: Path,
    representative: Representative | None,
    card: Card,
    samples: Samples | None,
) -> Draft:
    """A page in `scratch`, its network run and judged, not yet published.

    Args:
        samples: what the page offers to try; without them random inputs.

    Raises:
        ExportError: the network cannot become a TFLite file of fixed shapes, or LiteRT.js is not to be had.
    """
    shapes = Shapes.of(model, target.length)
    _refuse(model, shapes)
    file = TFLite(quantize=target.quantize, length=target.length, keep_float=target.keep_float)
    draft = make_tflite(model, file, scratch, representative, card)
    folder = scratch / "web"
    copy_litert(folder / "litert")
    os.replace(draft.path, folder / "model.tflite")
    assets = files("nnspec.export").joinpath("web_assets")
    for name in ASSETS:
        (folder / name).write_bytes(assets.joinpath(name).read_bytes())
    page = assets.joinpath("index.html").read_text(encoding="utf-8").replace("<!--title-->", escape(card.name))
    (folder / "index.html").write_bytes(page.encode())
    (folder / "NOTICE").write_bytes(
        f"litert/ holds LiteRT.js {VERSION} (@litertjs/core and @litertjs/wasm-utils), Apache License 2.0.\n".encode()
    )
    (folder / "model.json").write_bytes(json_bytes(_contents(model, shapes, samples, card, draft)))
    moved = partial(opened, folder / "model.tflite", shapes, None)
    return dataclasses.replace(draft, path=folder, suffix=".web", open=moved, errors=tuple)


def _refuse(model: Any, shapes: Shapes) -> None:
    if shapes.varies:
        raise ExportError("a browser takes sequences of one length alone", hint="length: 64, or what your data need")
    for tensor in model.inputs:
        if tensor.dtype not in DTYPES:
            raise ExportError(f"LiteRT.js takes {', '.join(DTYPES)}, and the input {tensor.name!r} is {tensor.dtype}")


def _contents(model: Any, shapes: Shapes, samples: Samples | None, card: Card, draft: Draft) -> dict[str, Any]:
    operations = sum(draft.contents.ops.values())
    file = f"{operations} operations, quantize: {draft.quantize}, LiteRT.js {VERSION}."
    return {
        "nnspec": nnspec.__version__,
        "name": card.name,
        "description": card.description,
        "about": f"{file} What you give it stays in this page.",
        "task": card.task,
        "license": card.license,
        "inputs": {
            port.name: {"dtype": port.dtype, "shape": list(shapes.input_shape(port))}
            for port in shapes.signature.inputs
        },
        "outputs": {
            port.name: {"shape": [1, *(shapes.length if size is None else size for size in port.shape)]}
            for port in shapes.signature.outputs
        },
        "labels": card.labels and list(card.labels),
        "vocabulary": card.vocabulary and list(card.vocabulary),
        "preprocessing": dict(card.preprocessing),
        "examples": list(_examples(model, shapes, samples)),
    }


def _examples(model: Any, shapes: Shapes, samples: Samples | None) -> Iterator[dict[str, Any]]:
    """Inputs with Keras's outputs: samples that fit the length, else random ones."""
    if samples is not None:
        rows = examples_of(samples.features, shapes, EXAMPLES)
    else:
        rows = [case.features for case in gate_cases(model, shapes, []) if case.kind == "random"]
    run = keras_run(model)
    texts = samples.texts if samples is not None and len(samples.texts) >= len(rows) else [None] * len(rows)
    for row, text in zip(rows, texts, strict=False):
        example: dict[str, Any] = {
            "inputs": {name: value.ravel().tolist() for name, value in row.items()},
            "outputs": {name: value.ravel().tolist() for name, value in run(row).items()},
        }
        yield example if text is None else {**example, "text": text}
