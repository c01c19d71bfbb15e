"""The TFLite target, top to bottom: trace, convert, repair, label, count, run.

Traps it avoids, each met with TensorFlow 2.21 and Keras 3.15: `model.export(format="litert")` writes Flex operations
without a word; `from_concrete_functions` loses variables inside loops, so the way goes through a `tf.Module` saved
to disk; a dynamic batch has no builtin form for loops, so the batch is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import drawing, first_call, parts, seed_generators
from nnspec.backend.signature import Batch, Run, call_by_name, keras_run
from nnspec.catalog.targets import TFLite
from nnspec.export import quantize as quantization
from nnspec.export.artifact import LayerError
from nnspec.export.byte_input import takes_bytes
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError
from nnspec.export.examples import Case, Shapes, gate_cases
from nnspec.export.gate.padding import padding_shows
from nnspec.export.gate.runtimes import (
    COMPILED_MODEL,
    COMPILED_MODEL_GPU,
    INTERPRETER,
    MICRO,
    WITHOUT_XNNPACK,
    Program,
    RuntimeFailure,
    has_software_gpu,
    run_by_rows,
)
from nnspec.export.gate.vela import on_ethos_u
from nnspec.export.gate.verify import Verdict, answerable, refuse_contents, typical_case, verify_file
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.quantize import Representative
from nnspec.export.request import Request
from nnspec.export.tflite.aware import is_rounded, is_wide, refuse_settings, traced_call, without_ranges
from nnspec.export.tflite.conversion import Traced
from nnspec.export.tflite.convert_worker import SIGNATURE
from nnspec.export.tflite.flatbuffer import repair
from nnspec.export.tflite.float_weights import weights_in_float
from nnspec.export.tflite.four_bits import in_four_bits
from nnspec.export.tflite.io_quantization import output_steps
from nnspec.export.tflite.layer_errors import layer_errors
from nnspec.export.tflite.least_runtime import with_least_runtime
from nnspec.export.tflite.metadata import attach
from nnspec.export.tflite.micro import for_micro
from nnspec.export.tflite.op_counts import contents_of
from nnspec.export.tflite.precise import Made, quantized
from nnspec.export.tflite.recurrent import Carried, Loops, Recurrences, portable
from nnspec.export.tflite.slim import slim
from nnspec.export.tflite.streaming import Stream, stream_of
from nnspec.frontend.spec import keras_name
from nnspec.layers import layer_kind
from nnspec.layers.portable import ACTIVATIONS, refused

_REAL_CASES = 8
ASKED = ("interpolation", "dilation_rate", "kernel_size", "strides", "padding")  # arguments that a file may not have
WIDE_ON_GPU = (
    "LiteRT's GPU accelerator computes 16-bit activations wrongly, without an error: an app asks it for the CPU alone"
)


def make(target: TFLite, request: Request) -> Candidate:
    """As `make_tflite`, behind inputs of bytes where they are wanted."""
    model, representative, wide = request.model, request.representative, is_wide(request.model)
    if wide and target.quantize is None:
        target = replace(target, quantize="int16x8")
    model = model if is_rounded(model, target.quantize) else without_ranges(model)
    if target.preprocess == "inside":
        model = takes_bytes(model, representative)
    made = make_tflite(model, target, request.scratch, representative, request.metadata)
    return replace(made, steps=output_steps(made.path.read_bytes())) if wide and made.quantize == "int16x8" else made


def make_tflite(
    model: Any, target: TFLite, scratch: Path, representative: Representative | None, card: ModelMetadata
) -> Candidate:
    """A .tflite file in `scratch`, run and judged, not yet published.

    Raises:
        ExportError: the model cannot become such a file, or the conversion failed, crashed or ran out of time.
    """
    assert target.quantize != "auto", "the pipeline chooses"
    _refuse_layers(model)
    asked = _kept(target, model)
    stream = stream_of(model, target.length) if target.state == "carried" else None
    shapes = stream.shapes if stream else _file_shapes(model, target)
    whole = stream.whole if stream else shapes
    refusal = target.refuses(shapes.varies)
    if refusal is not None:
        raise ExportError(refusal[0], hint=refusal[1])
    rounds = is_rounded(model, target.quantize)
    quantize = "int8" if rounds else quantization.choose(target.quantize, model, representative)
    if target.runtime == "micro":
        quantize = for_micro(quantize)
    if target.dense_scale == "tensor" and quantize not in ("int8", "int8x4", "int16x8", "dynamic"):
        raise ExportError(f"dense_scale: tensor is for int8 weights, and {quantize} has none", hint="quantize: int8")
    exact = {} if rounds else _exact(model, quantize)
    kept = list(dict.fromkeys([*asked, *exact]))
    if target.io != "float32" and quantize not in ("int8", "int8x4"):
        raise ExportError(f"io: {target.io} is for int8 files, not for {quantize}", hint="quantize: int8")
    if rounds:
        refuse_settings(target, shapes)
    wanted = target.calibration if quantize in ACTIVATIONS and not rounds else _REAL_CASES
    examples = quantization.examples_of(representative, whole, wanted) if representative else []

    if rounds:
        made, found = _trained(model, target, shapes, scratch)
    else:
        made, found = _after(model, target, shapes, stream, quantize, examples, kept, scratch)
    content = with_least_runtime(made.content)
    layers = [layer.name for layer in model.layers]
    small = quantization.left_in_float(quantize, model, found)
    in_float = weights_in_float(content, quantize, layers, [*kept, *small])  # by names, which a slim file has not
    content = slim(content) if target.slim or target.runtime == "micro" else attach(content, card)
    path = scratch / "model.tflite"
    path.write_bytes(content)

    contents = contents_of(content)
    runtimes = _runtimes(target, shapes)
    cases = gate_cases(model, whole, examples[:_REAL_CASES])
    cases = [case for case in cases if stream is None or stream.takes(case.features)]
    cases, run, refused_cases = answerable(cases, keras_run(model))
    verdict, latency = verify_file(path, quantize, (*runtimes, WITHOUT_XNNPACK), cases, run, stream)
    padded = padding_shows(run, whole, [case.features for case in cases if case.kind != "extreme"])
    told = (*small.values(), *exact.values())
    typical = typical_case(cases)
    arena = _arena(path) if MICRO in runtimes else None
    return Candidate(
        path=path,
        suffix=".tflite",
        quantize=quantize,
        contents=contents,
        max_abs_diff=verdict.max_abs_diff,
        latency_ms=latency,
        runtimes=runtimes,
        reasons=(*refuse_contents(contents, len(found.fused)), *verdict.reasons),
        notes=(
            *made.notes,
            *_notes(target, shapes, verdict),
            *((WIDE_ON_GPU,) if quantize == "int16x8" and COMPILED_MODEL in runtimes else ()),
            *verdict.notes,
            *refused_cases,
            *padded,
            *told,
            *in_float,
            *([] if arena is None else [f"TensorFlow Lite Micro takes an arena of {arena:,} bytes for it"]),
            *_on_npu(target, quantize, path),
        ),
        open=partial(opened, path, whole, stream),
        errors=partial(_errors, made, path, _seen(cases, stream)) if quantize != "none" and not rounds else tuple,
        typical=stream.first(typical) if stream else typical,
        arena=arena,
        steps=output_steps(content) if rounds else {},
    )


def _errors(made: Made, path: Path, examples: list[Batch]) -> tuple[LayerError, ...]:
    """Those of each layer, beside those of the file in which nothing was done against them."""
    found = layer_errors(repair(made.traced.plain()), path, made.traced.layers, examples)
    if made.before is None:
        return found
    other = path.with_name("before.tflite")
    other.write_bytes(made.before.content)
    before = layer_errors(repair(made.before.traced.plain()), other, made.traced.layers, examples)
    other.unlink()
    levels = {error.layer: error.decibels for error in before}
    return tuple(replace(error, before=levels.get(error.layer)) for error in found)


def _seen(cases: list[Case], stream: Stream | None) -> list[Batch]:
    """The file's inputs of the real cases, or of the random ones where there are none."""
    ordinary = [case.features for case in cases if case.kind == "real"]
    ordinary = ordinary or [case.features for case in cases if case.kind == "random"]
    return [stream.first(features) for features in ordinary] if stream else ordinary


def _kept(target: TFLite, model: Any) -> list[str]:
    """The layers of `keep_float` as the model calls them."""
    kept, names = [keras_name(name) for name in target.keep_float], [layer.name for layer in model.layers]
    unknown = next((name for name in kept if name not in names), None)
    if unknown is not None:
        raise ExportError(f"keep_float names `{unknown}`, and the network has no such layer")
    return kept


def _exact(model: Any, quantize: str) -> dict[str, str]:
    """The layers that stay in float32 by themselves, each with a remark that says why."""
    if quantize in ("none", "float16"):
        return {}
    reasons = {layer.name: layer_kind(type(layer).__name__).mobile.in_float for layer in model.layers}
    return {name: f"{name} stays in float32: {why}" for name, why in reasons.items() if why}


def _refuse_layers(model: Any) -> None:
    for layer in model.layers:
        given = keras.tree.flatten(first_call(layer)[0])
        takes = given[0].dtype if given else None  # which is what pooling makes
        for part in parts(layer):
            asked = {name: getattr(part, name, None) for name in ASKED}
            why = refused(type(part).__name__, asked, takes)
            if why is not None:
                raise ExportError(why.reason, layer=layer.name, hint=why.hint)


def _file_shapes(model: Any, target: TFLite) -> Shapes:
    shapes = Shapes.of(model, target.length)
    if target.length is not None and not shapes.signature.varies:
        raise ExportError(f"length: {target.length} fixes nothing, since no input varies in length")
    return shapes


def _runtimes(target: TFLite, shapes: Shapes) -> tuple[str, ...]:
    if target.runtime == "micro":
        return (INTERPRETER, MICRO)
    if target.runtime == "interpreter" or shapes.varies:
        return (INTERPRETER,)
    return (INTERPRETER, COMPILED_MODEL, *((COMPILED_MODEL_GPU,) if has_software_gpu() else ()))


def _arena(path: Path) -> int | None:
    """The bytes that a microcontroller needs for the file; None where it does not run there."""
    try:
        with Program(path, MICRO) as program:
            return program.arena()
    except RuntimeFailure:
        return None  # the gate has said why


def _on_npu(target: TFLite, quantize: str, path: Path) -> tuple[str, ...]:
    """What an NPU beside the microcontroller takes of a file of whole numbers, where its compiler is installed."""
    placed = on_ethos_u(path) if target.runtime == "micro" and quantize in ACTIVATIONS else None
    return () if placed is None else (placed,)


def _notes(target: TFLite, shapes: Shapes, verdict: Verdict) -> tuple[str, ...]:
    if target.state == "carried" and verdict.reasons:
        return ("state: carried needs a network that looks at one step at a time beside its recurrent layers",)
    if target.runtime == "any" and shapes.varies:
        return ("the length varies, so the file is for the interpreter; with a `length` it runs in CompiledModel too",)
    return ()


def _traced(
    model: Any, target: TFLite, shapes: Shapes, stream: Stream | None, quantize: str, folder: Path
) -> tuple[Traced, Recurrences]:
    """The model as a SavedModel at the file's shapes, and what became of its recurrent layers."""
    # Loops measured faster than the fused kernels, which CompiledModel lacks; but int8 has no loops.
    fuse = target.runtime == "interpreter" or (shapes.varies and quantize in ACTIVATIONS)
    own: Loops = "micro" if target.runtime == "micro" else "unrolled" if target.unrolls else "while"
    carried = Carried(stream.names) if stream else None
    with portable(model, to="fused" if fuse else own, carried=carried) as found:
        if stream and carried:
            trace(model, shapes, folder, lambda features: stream.call(model, features, carried))
        else:
            trace(model, shapes, folder, lambda features: call_by_name(model, features))
    return Traced(folder, model, target), found


def _after(
    model: Any,
    target: TFLite,
    shapes: Shapes,
    stream: Stream | None,
    quantize: str,
    examples: list[Batch],
    kept: list[str],
    scratch: Path,
) -> tuple[Made, Recurrences]:
    """The file of a network that is rounded after its training, if at all, and what became of its recurrences."""
    seen: list[Recurrences] = []

    def traced_into(network: Any, name: str) -> Traced:
        traced, found = _traced(network, target, shapes, stream, quantize, scratch / name)
        quantization.refuse_impossible(quantize, found, model)  # type: ignore[arg-type]  # it is one of them
        seen.append(found)
        return traced

    equalize = target.equalize == "auto"
    made = quantized(traced_into, model, quantize, examples, kept, equalize=equalize, scratch=scratch)
    return made, seen[0]


def _trained(model: Any, target: TFLite, shapes: Shapes, scratch: Path) -> tuple[Made, Recurrences]:
    """The int8 file of a network whose training has rounded it, and what became of recurrent layers in float."""
    walks = any(step.within for step in model.plan.steps)
    with portable(model, to="unrolled", apart=False) if walks else nullcontext(Recurrences()) as found:
        trace(model, shapes, scratch / "trace", lambda features: traced_call(model, features))
    traced = Traced(scratch / "trace", model, target)
    content = traced.rounded()
    if any(step.bits == 4 for step in model.plan.steps):
        content = in_four_bits(content, target.runtime == "micro")
    nothing: tuple[str, ...] = (
        ("equalize does nothing here: its training has rounded it",) if target.equalize == "auto" else ()
    )
    if walks and not target.unrolls:
        nothing += ("steps of recurrent layers are written out one by one, as the training rounded them",)
    return Made(repair(content), traced, nothing), found


def trace(model: Any, shapes: Shapes, folder: Path, call: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Saves what `call` makes of the file's inputs as a SavedModel, inputs and outputs under their own names."""
    specs = {
        port.name: tf.TensorSpec(shapes.input_shape(port), port.dtype, name=port.name)
        for port in shapes.signature.inputs
    }
    function = tf.function(call, autograph=False)
    # MixUp draws numbers that it leaves unused outside of a training: a constant in their place is dropped.
    with drawing(seed_generators(model), lambda ordered=True: tf.zeros([2], tf.int32)):
        signature = function.get_concrete_function(specs)  # as keywords the names would be Python's: `a_b` for `a-b`
    module = tf.Module()
    # The variables themselves: through the Keras layers the converter does not find those that loops read.
    module.captured = [weight.value for weight in model.weights]
    try:
        tf.saved_model.save(module, str(folder), signatures={SIGNATURE: signature})
    except tf.errors.OpError as error:
        raise ExportError(f"cannot write the traced model: {error.message}") from error


@contextmanager
def opened(path: Path, shapes: Shapes, stream: Stream | None) -> Iterator[Run]:
    with Program(path, INTERPRETER) as program:
        yield run_by_rows(stream.through(program.run) if stream else program.run, shapes)
