"""The export targets: one dataclass of arguments each, in one plain table. Imports nothing slow.

The JSON Schema and the reference are generated from these fields and their `doc`.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nnspec.export.errors import ExportError

Quantize = Literal["none", "float16", "dynamic", "int8", "int16x8", "int4"]
Wanted = Literal["none", "float16", "dynamic", "int8", "int16x8", "int4", "auto"]
Io = Literal["float32", "uint8", "int8"]
Runtime = Literal["any", "interpreter"]
Preprocess = Literal["outside", "inside"]

METRIC_DROP = "the most that the task's metric may fall from Keras to the artifact; more fails the gate"


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A TensorFlow SavedModel with named signatures, dynamic batch and length."""

    preprocess: Preprocess = field(
        default="outside",
        metadata={
            "doc": "inside: the signature of the task takes words as text, images as bytes, numbers in their units; "
            "outside: what the network takes, as the default signature `serve` always does"
        },
    )
    max_metric_drop: float | None = field(default=None, metadata={"doc": METRIC_DROP})


@dataclass(frozen=True, slots=True)
class ONNX:
    """An ONNX file with dynamic batch and length, by Keras's own exporter. It needs nnspec[onnx]."""

    opset: int | None = field(
        default=None, metadata={"doc": "the version of the ONNX operators; by default the exporter's"}
    )
    max_metric_drop: float | None = field(default=None, metadata={"doc": METRIC_DROP})


@dataclass(frozen=True, slots=True)
class TFLite:
    """A TFLite file of builtin operations alone, at batch 1."""

    quantize: Wanted | None = field(
        default=None,
        metadata={
            "doc": "none (float32), float16 (weights), dynamic (int8 weights, float activations), int8 (both), int16x8 "
            "(int16 activations), int4 (weights of convolutions and Dense) or auto, the smallest that keeps the metric "
            "on the validation part; by default int8 for convolutional networks with data, else dynamic"
        },
    )
    io: Io = field(
        default="float32",
        metadata={"doc": "the type of an int8 file's inputs and outputs; whole numbers are value / scale + zero point"},
    )
    keep_float: tuple[str, ...] = field(
        default=(), metadata={"doc": "names of layers that stay in float32, as the error report suggests"}
    )
    runtime: Runtime = field(
        default="any",
        metadata={
            "doc": "any: runs in the TFLite interpreter and in LiteRT's CompiledModel; interpreter: may use the fused "
            "LSTM kernel, which CompiledModel lacks. A varying length without `length` leaves the interpreter alone"
        },
    )
    length: int | None = field(
        default=None,
        metadata={
            "doc": "fixes the varying length of the inputs; shorter ones are padded with zeros, longer ones refused"
        },
    )
    preprocess: Preprocess = field(
        default="outside",
        metadata={"doc": "inside: images come as bytes, uint8 from 0 to 255, not as floats of the same values"},
    )
    license: str | None = field(
        default=None,
        metadata={"doc": "the licence that the model is given away under, as SPDX names it; it stands in the file"},
    )
    bundle: bool = field(
        default=False,
        metadata={"doc": "make a folder for an app too: model, labels, vocabulary, golden answers, code"},
    )
    state: Literal["reset", "carried"] = field(
        default="reset",
        metadata={
            "doc": "carried: a file for `length` steps (1 by default) whose recurrent states are inputs and outputs, "
            "so that an app feeds a sequence as it arrives; reset: every run starts from zero"
        },
    )
    max_metric_drop: float | None = field(default=None, metadata={"doc": METRIC_DROP})
    calibration: int = field(
        default=200, metadata={"doc": "how many representative examples int8 takes its ranges from"}
    )
    timeout: int = field(default=900, metadata={"doc": "seconds after which a conversion is ended"})
    memory: float | None = field(
        default=None,
        metadata={"doc": "GiB that a conversion may take; by default four fifths of the machine's"},
    )


@dataclass(frozen=True, slots=True)
class Web:
    """A folder for any static server: a page that runs the network in the browser, by LiteRT.js, without a network."""

    quantize: Wanted | None = field(
        default=None,
        metadata={"doc": "as of TFLite; by default int8 for convolutional networks with data, else dynamic"},
    )
    length: int | None = field(
        default=None,
        metadata={"doc": "the length of sequences, by default the longest of the data; the page cuts longer sentences"},
    )
    keep_float: tuple[str, ...] = field(default=(), metadata={"doc": "names of layers that stay in float32"})
    max_metric_drop: float | None = field(default=None, metadata={"doc": METRIC_DROP})


Target = SavedModel | TFLite | ONNX | Web

TARGETS: dict[str, type[Target]] = {"SavedModel": SavedModel, "TFLite": TFLite, "ONNX": ONNX, "Web": Web}


def read_target(kind: str, args: Mapping[str, Any]) -> Target:
    """The target that `kind: args` describes.

    Raises:
        ExportError: an unknown target or argument, or a value outside what the argument takes.
    """
    if kind not in TARGETS:
        raise ExportError(f"no export target is called {kind!r}", hint=f"one of {', '.join(TARGETS)}")
    target = TARGETS[kind]
    hints = get_type_hints(target)
    for name, value in args.items():
        if name not in hints:
            raise ExportError(f"{kind} has no argument {name!r}", hint=f"it takes {', '.join(hints)}")
        if not _admits(hints[name], value):
            raise ExportError(f"{kind}: {name} cannot be {value!r}", hint=_meaning(target, name))
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in args.items()}
    return target(**given)


def _admits(hint: Any, value: Any) -> bool:
    """Whether a value of an argument is of its annotated type; the numbers must be positive (a drop may be 0)."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_admits(part, value) for part in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    if isinstance(value, bool) or value is None:  # True is an int to Python
        return hint is type(value)
    if hint is float:
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, hint) and (hint is str or value > 0)


def _meaning(target: type[Target], name: str) -> str:
    documented: dict[str, Field[Any]] = {entry.name: entry for entry in fields(target)}
    entry = documented[name]
    default = "" if entry.default in (None, MISSING) else f" (default {entry.default})"
    return f"{name}: {entry.metadata['doc']}{default}"
