"""The TFLite target, top to bottom: trace, convert, repair, label, count, run.

Traps it avoids, each met with TensorFlow 2.21 and Keras 3.15: `model.export(format="litert")` writes Flex operations
without a word; `from_concrete_functions` loses variables inside loops, so the way goes through a `tf.Module` saved
to disk; a dynamic batch has no builtin form for loops, so the batch is 1.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import tensorflow as tf

from nnspec.backend.signature import Batch, Run, call_by_name, keras_run
from nnspec.export import quantize as quantization
from nnspec.export.card import Card
from nnspec.export.contents import contents_of
from nnspec.export.convert_worker import SIGNATURE, Conversion
from nnspec.export.draft import Draft
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case, Shapes, gate_cases
from nnspec.export.flatbuffer import repair
from nnspec.export.keep_float import keep_float
from nnspec.export.layer_errors import layer_errors
from nnspec.export.metadata import attach
from nnspec.export.quantize import Representative
from nnspec.export.recurrent import Carried, Recurrences, portable, recurrent_layers
from nnspec.export.runtimes import COMPILED_MODEL, INTERPRETER, WITHOUT_XNNPACK, Program, run_by_rows
from nnspec.export.streaming import Stream, stream_of
from nnspec.export.targets import TFLite
from nnspec.export.verify import Verdict, refuse_contents, verify_file
from nnspec.export.workers import Worker, WorkerDied, WorkerError
from nnspec.frontend.spec import keras_name
from nnspec.layers.portable import ACTIVATIONS, refused

_REAL_CASES = 8


def make_tflite(model: Any, target: TFLite, scratch: Path, representative: Representative | None, card: Card) -> Draft:
    """A .tflite file in `scratch`, run and judged, not yet published.

    Raises:
        ExportError: the model cannot become such a file, or the conversion failed, crashed or ran out of time.
    """
    _refuse_layers(model)
    stream = stream_of(model, target.length) if target.state == "carried" else None
    shapes = stream.shapes if stream else _file_shapes(model, target)
    whole = stream.whole if stream else shapes
    assert target.quantize != "auto", "the pipeline chooses"
    quantize = quantization.choose(target.quantize, model, representative)
    _refuse_arguments(target, quantize, model)
    both = target.runtime == "any" and not shapes.varies
    wanted = target.calibration if quantize in ACTIVATIONS else _REAL_CASES
    examples = quantization.examples_of(representative, whole, wanted) if representative else []

    saved, found = _traced(model, target, shapes, stream, quantize, scratch / "trace")
    quantization.refuse_impossible(quantize, found, model)

    calibration = scratch / "representative.npz"
    if quantize in ACTIVATIONS:
        quantization.save_examples(examples, calibration)
    # Absolute paths: the converter's process is kept, and this one may have changed its folder since it was started.
    job = Conversion(saved.absolute(), quantize, calibration.absolute(), target.io)
    converted = _convert(job, target, model)
    plain = partial(_convert, Conversion(saved.absolute(), "none"), target, model)
    names = [layer.name for layer in model.layers]
    if target.keep_float and quantize != "none":
        converted = keep_float(converted, plain(), _kept(target, names), names)
    content = attach(repair(converted), card)
    path = scratch / "model.tflite"
    path.write_bytes(content)

    contents = contents_of(content)
    runtimes = (INTERPRETER, COMPILED_MODEL) if both else (INTERPRETER,)
    cases = gate_cases(model, whole, examples[:_REAL_CASES])
    cases = [case for case in cases if stream is None or stream.takes(case.features)]
    verdict, latency = verify_file(path, quantize, (*runtimes, WITHOUT_XNNPACK), cases, keras_run(model), stream)
    return Draft(
        path=path,
        suffix=".tflite",
        quantize=quantize,
        contents=contents,
        max_abs_diff=verdict.max_abs_diff,
        latency_ms=latency,
        runtimes=runtimes,
        reasons=(*refuse_contents(contents, len(found.fused)), *verdict.reasons),
        notes=(*_notes(target, shapes, verdict), *quantization.left_in_float(quantize, model, found)),
        open=partial(opened, path, whole, stream),
        errors=lambda: layer_errors(repair(plain()), path, names, _seen(cases, stream)) if quantize != "none" else (),
    )


def _seen(cases: list[Case], stream: Stream | None) -> list[Batch]:
    """The file's inputs of the real cases, or of the random ones where there are none."""
    ordinary = [case.features for case in cases if case.kind == "real"]
    ordinary = ordinary or [case.features for case in cases if case.kind == "random"]
    return [stream.first(features) for features in ordinary] if stream else ordinary


def _kept(target: TFLite, names: list[str]) -> list[str]:
    """The layers of `keep_float` as the model calls them."""
    kept = [keras_name(name) for name in target.keep_float]
    unknown = next((name for name in kept if name not in names), None)
    if unknown is not None:
        raise ExportError(f"keep_float names `{unknown}`, and the network has no such layer")
    return kept


def _refuse_arguments(target: TFLite, quantize: str, model: Any) -> None:
    if target.io != "float32" and quantize != "int8":
        raise ExportError(f"io: {target.io} is for int8 files, not for {quantize}", hint="quantize: int8")
    _kept(target, [layer.name for layer in model.layers])


def _refuse_layers(model: Any) -> None:
    for layer in model.layers:
        for part in layer._flatten_layers():
            why = refused(type(part).__name__, {"interpolation": getattr(part, "interpolation", "bilinear")})
            if why is not None:
                raise ExportError(why.reason, layer=layer.name, hint=why.hint)


def _file_shapes(model: Any, target: TFLite) -> Shapes:
    shapes = Shapes.of(model, target.length)
    if target.length is not None and not shapes.signature.varies:
        raise ExportError(f"length: {target.length} fixes nothing, since no input varies in length")
    return shapes


def _notes(target: TFLite, shapes: Shapes, verdict: Verdict) -> tuple[str, ...]:
    if target.state == "carried" and verdict.reasons:
        return ("state: carried needs a network that looks at one step at a time beside its recurrent layers",)
    if target.runtime == "any" and shapes.varies:
        return ("the length varies, so the file is for the interpreter; with a `length` it runs in CompiledModel too",)
    return ()


def _traced(
    model: Any, target: TFLite, shapes: Shapes, stream: Stream | None, quantize: str, folder: Path
) -> tuple[Path, Recurrences]:
    """The model as a SavedModel at the file's shapes, and what became of its recurrent layers."""
    # Loops measured faster than the fused kernels, which CompiledModel lacks; but int8 has no loops.
    fuse = target.runtime == "interpreter" or (shapes.varies and quantize in ACTIVATIONS)
    carried = Carried(stream.names) if stream else None
    with portable(model, to="fused" if fuse else "while", carried=carried) as found:
        if stream and carried:
            trace(model, shapes, folder, lambda features: stream.call(model, features, carried))
        else:
            trace(model, shapes, folder, lambda features: call_by_name(model, features))
    return folder, found


def trace(model: Any, shapes: Shapes, folder: Path, call: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Saves what `call` makes of the file's inputs as a SavedModel, inputs and outputs under their own names."""
    specs = {
        port.name: tf.TensorSpec(shapes.input_shape(port), port.dtype, name=port.name)
        for port in shapes.signature.inputs
    }
    signature = tf.function(lambda **features: call(features), autograph=False).get_concrete_function(**specs)
    module = tf.Module()
    # The variables themselves: through the Keras layers the converter does not find those that loops read.
    module.captured = [weight.value for weight in model.weights]
    try:
        tf.saved_model.save(module, str(folder), signatures={SIGNATURE: signature})
    except tf.errors.OpError as error:
        raise ExportError(f"cannot write the traced model: {error.message}") from error


def _convert(job: Conversion, target: TFLite, model: Any) -> bytes:
    """Converts in a process of its own, within the target's limits of time and memory."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = int(target.memory * 2**30) if target.memory is not None else machine * 4 // 5
    try:
        content: bytes = _converter(limit).call(job, target.timeout)
    except WorkerDied as error:
        last = error.last_words.splitlines()[-1:] or [""]
        raise ExportError(
            f"the TFLite converter died: {error.how} {last[0]}".strip(),
            layer=next((place for place, _ in recurrent_layers(model)), None),
            hint=f"another quantize than {job.quantize}; or more memory and time (`memory`, `timeout`)",
        ) from error
    except WorkerError as error:
        message = str(error)
        raise ExportError(
            f"the TFLite converter refused the model: {_gist(message)}", layer=_named_layer(message, model)
        ) from error
    return content


_converters: dict[int, Worker] = {}


def _converter(limit: int) -> Worker:
    """The converter's process, kept from one conversion to the next since it takes seconds to start."""
    if limit not in _converters or not _converters[limit].alive:
        _converters[limit] = Worker("nnspec.export.convert_worker", str(limit))
        atexit.register(_converters[limit].close)
    return _converters[limit]


def _gist(message: str) -> str:
    """The first line of a converter's error that says something, without its MLIR locations."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "not supported" in line or "Ops:" in line]
    return (telling or lines or ["no message"])[0].rpartition("error: ")[2][:300]


def _named_layer(message: str, model: Any) -> str | None:
    """The layer whose name scope the converter's error mentions; scopes carry a number after the layer's name."""
    named = [layer.name for layer in model.layers if f"/{layer.name}" in message]
    return max(named, key=len, default=None)


@contextmanager
def opened(path: Path, shapes: Shapes, stream: Stream | None) -> Iterator[Run]:
    with Program(path, INTERPRETER) as program:
        yield run_by_rows(stream.through(program.run) if stream else program.run, shapes)
