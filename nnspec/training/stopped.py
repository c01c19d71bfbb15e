"""Where Keras or TensorFlow stops on the way, told as people need it: what was being done, which layer, which cause.

An error that comes from within them is the network's or the data's and becomes a `TrainingError`; one of nnspec's own
stays what it is, with a note of what was being done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals import names
from nnspec.backend.keras_internals.messages import (
    CHANNELS_FIRST,
    INDEX_OUTSIDE,
    LABEL_OUTSIDE,
    SCOPES,
    keras_message,
    modules_of,
    nodes_of,
)
from nnspec.console import waiting
from nnspec.data.errors import DataError
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.layers.types import KindValue
from nnspec.runs.errors import Interrupted, TrainingError

OWN = (SpecError, DataError, TrainingError, Interrupted, OSError)
LIBRARIES = ("keras", "tensorflow", "ai_edge_litert", "tf2onnx", "onnxruntime")
_LABELS = "labels count from 0, and the output has {0} values"
HINTS = (  # a pattern of the cause, what helps, and what helps where it is the loss's
    (
        INDEX_OUTSIDE,
        "the data hold an index that is none of the layer's {0}: a larger `input_dim`, or other indices",
        _LABELS,
    ),
    (LABEL_OUTSIDE, _LABELS, _LABELS),
    (CHANNELS_FIRST, "`data_format: channels_last`: channels_first is for GPUs", ""),
)


@contextmanager
def telling(spec: Spec | None, doing: str | Callable[[], str]) -> Iterator[None]:
    """Within it, an error from inside Keras or TensorFlow becomes a `TrainingError` with layer, line and cause.

    Args:
        spec: whose layers are looked for; None where there is no spec yet.
        doing: what is being done, as in "while <doing>"; a function is asked when it is needed.
    """
    try:
        with whole_tracebacks(), waiting.doing(doing if isinstance(doing, str) else "working"):
            yield
    except OWN:
        raise
    except Exception as error:
        found = stopped(error, spec, doing() if callable(doing) else doing)
        if found is None:
            raise
        raise found from error


@contextmanager
def whole_tracebacks() -> Iterator[None]:
    """Keras and TensorFlow leave their own frames out of tracebacks, and the layers at work are in these."""
    ours = keras.config.is_traceback_filtering_enabled()
    theirs = tf.debugging.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    tf.debugging.disable_traceback_filtering()
    try:
        yield
    finally:
        if ours:
            keras.config.enable_traceback_filtering()
        if theirs:
            tf.debugging.enable_traceback_filtering()


def stopped(error: Exception, spec: Spec | None, doing: str) -> TrainingError | None:
    """The error of a library as one for people; None, and a note on the error, where it is nnspec's own."""
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return TrainingError(f"the memory does not hold it while {doing}", hint=smaller(spec))
    where = place(error, spec)
    if not _is_of_library(error):
        error.add_note(f"while {doing}" + (f", in {where}" if where else ""))
        return None
    cause = keras_message(error)
    who = "TensorFlow" if isinstance(error, tf.errors.OpError) else "Keras"
    message = f"{who} stopped while {doing}" + (f", in {where}" if where else "") + f": {cause}"
    return TrainingError(message, hint=_hint(cause, where))


def smaller(spec: Spec | None) -> str:
    batch = f" (it is {spec.data.batch_size})" if spec is not None and spec.data is not None else ""
    return f"a smaller `data.batch_size`{batch}, a smaller network, or `precision: mixed_float16` on a GPU"


def place(error: BaseException, spec: Spec | None) -> str | None:
    """The layer at fault with its line, or the loss, metric or optimizer; None where nothing tells."""
    layers = {} if spec is None else {keras_name(layer.name): layer for layer in spec.graph.layers}
    return _by_frames(error, layers) or _by_nodes(error, layers) or _by_modules(error, spec)


def _by_frames(error: BaseException, layers: dict[str, Layer]) -> str | None:
    """The innermost object of Keras's that was at work when the error was raised."""
    found = None
    for frame in _frames(error.__traceback__):
        worker = frame.tb_frame.f_locals.get("self")
        if isinstance(worker, keras.layers.Layer) and worker.name in layers:
            found = _described(layers[worker.name])
        elif isinstance(worker, keras.losses.Loss):
            found = f"the loss {type(worker).__name__}"
        elif isinstance(worker, keras.metrics.Metric) and not names.within([type(worker).__module__], "trainers"):
            found = f"the metric {type(worker).__name__}"
        elif isinstance(worker, keras.optimizers.Optimizer):
            found = f"the optimizer {type(worker).__name__}"
        elif isinstance(worker, keras.callbacks.Callback):
            found = f"the callback {type(worker).__name__}"
    return found


def _by_nodes(error: BaseException, layers: dict[str, Layer]) -> str | None:
    for node in nodes_of(error):
        steps = [step for name in node.split("/") for step in (name, re.sub(r"_\d+$", "", name))]
        layer = next((layers[step] for step in steps if step in layers), None)
        if layer is not None:
            return _described(layer)
        part = next((SCOPES[step] for step in steps if step in SCOPES), None)
        if part is not None:
            return part
    return None


def _by_modules(error: BaseException, spec: Spec | None) -> str | None:
    """What of a training computed the node, by the modules that made it; a metric by its kind, where one fits."""
    modules = modules_of(error)
    parts = {"losses": "the loss", "optimizers": "the optimizer"}
    if names.within(modules, "metrics"):
        kinds = sorted(kind for kind in _metrics(spec) if _home(kind) in modules)
        return f"the metric {' or '.join(kinds)}" if kinds else "a metric"
    return next((text for part, text in parts.items() if names.within(modules, part)), None)


def _metrics(spec: Spec | None) -> set[str]:
    """The kinds of all metrics of a training."""
    return set() if spec is None else _kinds([spec.training.metrics, spec.training.weighted_metrics])


def _kinds(given: Any) -> set[str]:
    """The kinds of metrics, by output or not."""
    if isinstance(given, KindValue):
        return {given.kind}
    if isinstance(given, Mapping):
        return set().union(*map(_kinds, given.values()))
    if isinstance(given, list | tuple):
        return set().union(*map(_kinds, given))
    return {given} if isinstance(given, str) and hasattr(keras.metrics, given) else set()


def _home(kind: str) -> str:
    return str(getattr(keras.metrics, kind, object).__module__)


def _described(layer: Layer) -> str:
    return f"`{layer.name}` ({layer.kind} at {layer.span})"


def _is_of_library(error: BaseException) -> bool:
    """Whether the error was raised within a library that nnspec had called, at whatever depth."""
    names = [str(frame.tb_frame.f_globals.get("__name__", "")).split(".")[0] for frame in _frames(error.__traceback__)]
    ours = max((number for number, name in enumerate(names) if name == "nnspec"), default=-1)
    return any(name in LIBRARIES for name in names[ours + 1 :])


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _hint(cause: str, where: str | None) -> str | None:
    for pattern, text, of_loss in HINTS:
        if match := pattern.search(cause):
            return (of_loss if where == "the loss" else text).format(*match.groups())
    return None
