"""The Web target: a folder that any static server serves, with the network, LiteRT.js and a page to try it on.

index.html, style.css, page.js, input.js, listening.js, answer.js, element.js     the page
microphone.js                                   what runs beside it while it listens
network.js, encode.js, images.js, sounds.js, decode.js     the network, its inputs and outputs, for a page of one's own
subwords.js                                     texts as pieces of words
model.tflite                                    the file, at fixed shapes, which passed the gate
model.json                                      what the page knows: inputs, outputs, labels, vocabulary, examples
litert/                                         the runtime
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import nnspec
from nnspec.backend.signature import Batch, keras_run
from nnspec.catalog.targets import TFLite, Web
from nnspec.data.text.subwords import Subwords, refusal_of_page
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes, gate_cases
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.quantize import Representative
from nnspec.export.request import Request, Samples
from nnspec.export.tflite.target import make_tflite
from nnspec.export.web.litert_js import VERSION, copy_litert

PAGE = "index.html"
ASSETS = (
    "style.css", "page.js", "input.js", "answer.js", "element.js", "network.js", "encode.js", "images.js", "decode.js",
    "listening.js", "sounds.js", "microphone.js", "subwords.js",
)  # fmt: skip
DTYPES = ("float32", "int32", "uint8")
EXAMPLES = 10
IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


def make(target: Web, request: Request) -> Candidate:
    """As `make_web`."""
    return make_web(request.model, target, request.scratch, request.representative, request.metadata, request.samples)


def make_web(
    model: Any,
    target: Web,
    scratch: Path,
    representative: Representative | None,
    card: ModelMetadata,
    samples: Samples | None,
) -> Candidate:
    """A page in `scratch`, its network run and judged, not yet published.

    Args:
        samples: what the page offers to try; without them random inputs.

    Raises:
        ExportError: the network cannot become a TFLite file of fixed shapes, or LiteRT.js is not to be had.
    """
    shapes = Shapes.of(model, target.length)
    _refuse(model, shapes)
    if card.tokenizer is not None and (refusal := refusal_of_page(Subwords(card.tokenizer))):
        raise ExportError(refusal[0], hint=refusal[1])
    file = TFLite(quantize=target.quantize, length=target.length, keep_float=target.keep_float)
    draft = make_tflite(model, file, scratch, representative, card)
    folder = scratch / "web"
    copy_litert(folder / "litert")
    shutil.copy(draft.path, folder / "model.tflite")
    assets = files("nnspec.export.web").joinpath("assets")
    for name in ASSETS:
        (folder / name).write_bytes(assets.joinpath(name).read_bytes())
    (folder / PAGE).write_bytes(page_of(card.name).encode())
    (folder / "NOTICE").write_bytes(
        f"litert/ holds LiteRT.js {VERSION} (@litertjs/core and @litertjs/wasm-utils), Apache License 2.0.\n".encode()
    )
    contents = _contents(model, shapes, samples, card, draft)
    # Without line breaks: an image is thousands of numbers.
    (folder / "model.json").write_text(
        json.dumps(contents, ensure_ascii=False, separators=(",", ":"), allow_nan=False), encoding="utf-8"
    )
    return dataclasses.replace(draft, path=folder, suffix=".web")


def page_of(title: str, runtime: str = "./litert") -> str:
    """The page with its title, and with its import map named to the policy by which it loads nothing from elsewhere.

    Args:
        runtime: the folder of LiteRT.js, from the page; several pages of one site may share it.
    """
    template = files("nnspec.export.web").joinpath("assets", PAGE).read_text(encoding="utf-8")
    template = template.replace('"./litert/', f'"{runtime}/')
    found = IMPORT_MAP.search(template)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    return template.replace("<!--importmap-->", digest).replace("<!--title-->", escape(title))


def _refuse(model: Any, shapes: Shapes) -> None:
    if shapes.varies:
        raise ExportError("a browser takes sequences of one length alone", hint="length: 64, or what your data need")
    for tensor in model.inputs:
        if tensor.dtype not in DTYPES:
            raise ExportError(f"LiteRT.js takes {', '.join(DTYPES)}, and the input {tensor.name!r} is {tensor.dtype}")


def _contents(
    model: Any, shapes: Shapes, samples: Samples | None, card: ModelMetadata, draft: Candidate
) -> dict[str, Any]:
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
        "tokenizer": card.tokenizer and json.loads(card.tokenizer),
        "preprocessing": dict(card.preprocessing),
        "examples": list(_examples(model, shapes, samples)),
    }


def _examples(model: Any, shapes: Shapes, samples: Samples | None) -> Iterator[dict[str, Any]]:
    """Inputs with Keras's outputs, finite ones: the first samples that fit the length, else random ones."""
    run = keras_run(model)
    answered = ((number, row, run(row)) for number, row in _rows(model, shapes, samples))
    finite = (found for found in answered if all(np.isfinite(value).all() for value in found[2].values()))
    for number, row, outputs in islice(finite, EXAMPLES):
        example: dict[str, Any] = {"inputs": _plain(row), "outputs": _plain(outputs)}
        yield example | ({"text": samples.texts([number])[0]} if samples is not None and samples.texts else {})


def _rows(model: Any, shapes: Shapes, samples: Samples | None) -> Iterator[tuple[int, Batch]]:
    """Inputs at the file's shapes, each with its number among the samples."""
    if samples is None:
        yield from enumerate(case.features for case in gate_cases(model, shapes, []) if case.kind == "random")
        return
    number = 0
    for batch in samples.features():
        shapes.check(batch)
        for row in range(len(next(iter(batch.values())))):
            one = {name: value[row : row + 1] for name, value in batch.items()}
            yield from ((number, fitted) for fitted in shapes.rows(one, skip_misfits=True))
            number += 1


def _plain(batch: Batch) -> dict[str, list[Any]]:
    """Values in row-major order as JSON has them shortest: whole ones without a point, float32 in its own digits."""

    def numbers(flat: np.ndarray) -> list[Any]:
        if np.array_equal(flat, np.trunc(flat)):
            return [int(value) for value in flat]
        return [float(str(value)) for value in flat]

    return {name: numbers(value.ravel()) for name, value in batch.items()}
