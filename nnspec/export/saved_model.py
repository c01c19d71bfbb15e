"""The SavedModel target: a named signature with dynamic batch and length, reloaded and compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.signature import Batch, Run, call_by_name, keras_run
from nnspec.catalog.targets import SavedModel
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes, batch_of_three, gate_cases
from nnspec.export.gate.verify import answerable, compare, judge
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.quantize import Representative, examples_of
from nnspec.export.request import Request
from nnspec.export.serving_signature import RawInputs, signature_name
from nnspec.export.tflite.op_counts import Contents
from nnspec.export.tflite.recurrent import portable


def make(target: SavedModel, request: Request) -> Candidate:
    """As `make_saved_model`."""
    return make_saved_model(request.model, target, request.scratch, request.representative, request.metadata)


def make_saved_model(
    model: Any, target: SavedModel, scratch: Path, representative: Representative | None, card: ModelMetadata
) -> Candidate:
    """A SavedModel in `scratch`, reloaded and judged, not yet published. Raises ExportError."""
    folder = scratch / "model"
    shapes = Shapes.of(model, None)
    _write(model, shapes, folder, card if target.preprocess == "inside" else None)
    real = examples_of(representative, shapes, 4) if representative else []
    cases, answers, refused = answerable(gate_cases(model, shapes, real), keras_run(model))
    cases.append(batch_of_three(cases))
    run = _reloaded(folder, shapes)
    verdict = judge(compare(run, cases, answers), "none", "SavedModel")
    return Candidate(
        path=folder,
        suffix=".savedmodel",
        quantize="none",
        contents=Contents({}, 0, 0, 0),
        max_abs_diff=verdict.max_abs_diff,
        latency_ms=None,
        runtimes=("tensorflow",),
        reasons=verdict.reasons,
        notes=(*verdict.notes, *refused),
        open=partial(_opened, folder, shapes),
    )


def _write(model: Any, shapes: Shapes, folder: Path, card: ModelMetadata | None) -> None:
    """Saves with named endpoints, with a card one for what people have; without cuDNN, so that no GPU is needed."""
    spec = {
        port.name: tf.TensorSpec((None, *port.shape), port.dtype, name=port.name) for port in shapes.signature.inputs
    }
    archive = keras.export.ExportArchive()
    archive.track(model)
    with portable(model, to="keras"):
        archive.add_endpoint("serve", lambda features: call_by_name(model, features), input_signature=[spec])
        if card is not None:
            _add_raw(archive, model, shapes, card)
        try:
            archive.write_out(str(folder), verbose=False)
        except tf.errors.OpError as error:
            raise ExportError(f"cannot write the SavedModel: {error.message}") from error


def _add_raw(archive: Any, model: Any, shapes: Shapes, card: ModelMetadata) -> None:
    raw = RawInputs(card, shapes.signature)
    archive.track(raw)

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        return raw.answers(call_by_name(model, raw.encoded(given)))

    archive.add_endpoint(signature_name(card), answer, input_signature=[raw.specs()])


def _reloaded(folder: Path, shapes: Shapes) -> Run:
    loaded = tf.saved_model.load(str(folder))
    serve = loaded.signatures["serving_default"]

    def run(features: Batch) -> Batch:
        _ = loaded  # the signature alone would not keep the variables alive
        tensors = {port.name: tf.constant(features[port.name], port.dtype) for port in shapes.signature.inputs}
        return {name: tensor.numpy() for name, tensor in serve(**tensors).items()}

    return run


@contextmanager
def _opened(folder: Path, shapes: Shapes) -> Iterator[Run]:
    yield _reloaded(folder, shapes)
