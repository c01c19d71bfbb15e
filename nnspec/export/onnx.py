"""The ONNX target: written by Keras's own exporter with tf2onnx, then run by ONNX Runtime before it counts."""

from __future__ import annotations

import logging
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nnspec.backend.signature import Batch, Run, Signature, keras_run, signature_of
from nnspec.catalog.targets import ONNX
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes, batch_of_three, gate_cases
from nnspec.export.gate.verify import answerable, compare, judge
from nnspec.export.quantize import Representative, examples_of
from nnspec.export.request import Request
from nnspec.export.tflite.aware import without_ranges
from nnspec.export.tflite.op_counts import Contents
from nnspec.export.tflite.recurrent import portable

RUNTIME = "onnxruntime"
TIMED = 30  # runs whose median is the latency


def make(target: ONNX, request: Request) -> Candidate:
    """As `make_onnx`."""
    return make_onnx(without_ranges(request.model), target, request.scratch, request.representative)


def make_onnx(model: Any, target: ONNX, scratch: Path, representative: Representative | None) -> Candidate:
    """An .onnx file in `scratch`, run and judged, not yet published.

    Raises:
        ExportError: the extra is not installed, or the exporter refuses the model.
    """
    for name in ("tf2onnx", "onnx", RUNTIME):
        _tool(name)
    path = scratch / "model.onnx"
    shapes = Shapes.of(model, None)
    _write(model, target.opset, path)
    contents = _finish(path, model, shapes.signature)
    real = examples_of(representative, shapes, 4) if representative else []
    cases, answers, refused = answerable(gate_cases(model, shapes, real), keras_run(model))
    run = _session(path, shapes.signature)
    verdict = judge(compare(run, [*cases, batch_of_three(cases)], answers), "none", RUNTIME)
    return Candidate(
        path=path,
        suffix=".onnx",
        quantize="none",
        contents=contents,
        max_abs_diff=verdict.max_abs_diff,
        latency_ms=_milliseconds(run, cases[0].features),
        runtimes=(RUNTIME,),
        reasons=verdict.reasons,
        notes=(*verdict.notes, *refused),
        open=partial(_opened, path, shapes.signature),
    )


def _tool(name: str) -> Any:
    """A package of the extra. Raises ExportError where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ExportError(f"ONNX needs {error.name}", hint='pip install "nnspec[onnx]"') from error


def _write(model: Any, opset: int | None, path: Path) -> None:
    """Exports with outputs under their own names: Keras calls a lone one Identity."""
    outputs = dict(zip([port.name for port in signature_of(model).outputs], model.outputs, strict=True))
    named = keras.Model(model.input, outputs)
    specs = [keras.InputSpec(shape=tensor.shape, dtype=tensor.dtype, name=tensor.name) for tensor in model.inputs]
    signature = [keras.tree.pack_sequence_as(model.input, specs)]
    with portable(model, to="keras"), _quietly():
        try:
            named.export(str(path), format="onnx", verbose=False, input_signature=signature, opset_version=opset)
        except Exception as error:  # whatever tf2onnx raises on an operation that it lacks
            gist = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ExportError(f"the ONNX exporter refused the model: {gist[:300]}") from error
    if not path.is_file():
        raise ExportError("the ONNX exporter wrote no file")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without NumPy's warning of what Keras adds to it for tf2onnx, and the tracebacks that tf2onnx prints."""
    log = logging.getLogger("tf2onnx")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        log.setLevel(before)


def _finish(path: Path, model: Any, signature: Signature) -> Contents:
    """Calls the axes that vary `batch` and `length` in the file, and counts its operators, those of loops included.

    Raises:
        ExportError: tf2onnx copied an operation of TensorFlow's that ONNX does not have, and said nothing.
    """
    onnx = _tool("onnx")
    written = onnx.load(str(path))
    ports = {port.name: port for port in (*signature.inputs, *signature.outputs)}
    for value in (*written.graph.input, *written.graph.output):
        wanted = (None, *ports[value.name].shape)
        for axis, (size, found) in enumerate(zip(wanted, value.type.tensor_type.shape.dim, strict=True)):
            if size is None:
                found.dim_param = "batch" if axis == 0 else "length"
    onnx.save(written, str(path))
    nodes = list(_nodes(written.graph))
    foreign = [node for node in nodes if not onnx.defs.has(node.op_type, node.domain)]
    if foreign:
        names = ", ".join(sorted({node.op_type for node in foreign}))
        layers = [layer.name for layer in model.layers if any(f"/{layer.name}" in node.name for node in foreign)]
        raise ExportError(f"ONNX has no operation {names}", layer=next(iter(layers), None))
    return Contents(
        ops=dict(Counter(node.op_type for node in nodes).most_common()),
        flex_ops=0,
        custom_ops=0,
        fused_rnn_ops=sum(node.op_type in ("LSTM", "GRU", "RNN") for node in nodes),
    )


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _session(path: Path, signature: Signature) -> Run:
    """The file on one thread of the CPU, as a function over batches."""
    runtime = _tool(RUNTIME)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [port.name for port in signature.outputs]

    def run(features: Batch) -> Batch:
        given = {port.name: np.asarray(features[port.name], port.dtype) for port in signature.inputs}
        return dict(zip(names, session.run(names, given), strict=True))

    return run


def _milliseconds(run: Run, features: Batch) -> float:
    times = []
    for _ in range(TIMED):
        start = time.perf_counter()
        run(features)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1000.0


@contextmanager
def _opened(path: Path, signature: Signature) -> Iterator[Run]:
    yield _session(path, signature)
