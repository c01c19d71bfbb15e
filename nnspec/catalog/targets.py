"""The export targets: one record each, its arguments and what is asked of it. Imports nothing slow.

The JSON Schema and the reference are generated from the fields and their `doc`. What makes a target is named here, and
imported when one is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, Literal, Protocol, get_args

from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

Quantize = Literal["none", "float16", "dynamic", "int8", "int16x8", "int8x4", "int4"]
Wanted = Literal["none", "float16", "dynamic", "int8", "int16x8", "int8x4", "int4", "auto"]
Io = Literal["float32", "uint8", "int8"]
Runtime = Literal["any", "interpreter", "micro", "unrolled"]
Preprocess = Literal["outside", "inside"]
Equalize = Literal["none", "auto"]

METRIC_DROP = (
    "the most that the metric of each output may fall from Keras to the artifact, or a mapping from output to that; "
    "more fails the gate"
)
Drop = float | dict[str, float] | None


class Target(Protocol):
    """A frozen dataclass. Its fields are the arguments in YAML, each with a `doc`.

    Whatever is asked of a target is asked here, so that nobody needs to know which one it is. A class that names this
    as its base answers as written here what it does not answer itself.

    Attributes:
        maker: what makes it, ``module:function``: a function of the target and an `nnspec.export.request.Request`
            that gives an `nnspec.export.candidate.Candidate`.
        max_metric_drop: the most that the metric of each output may fall from Keras to the artifact, or that by output.
        quantize: the quantization that is wanted; ``auto``: the export chooses among those of a TFLite file.
        quantizations: all that it can have, as `nnspec bench --all` makes them; None: as it is.
        is_tflite: whether the artifact is a TFLite file: it is measured, and an app's bundle can be made of it.
        holds_tflite: whether there is one in it, so that what TFLite cannot have it cannot have either.
        bytes_budget: the limit under ``budget`` that its size is held against.
        fixes_length: whether sequences have one length there, by default that of the longest of the data.
        shows_examples: whether it takes held-out examples along.
        is_page: whether a browser shows it.
    """

    maker: ClassVar[str]
    max_metric_drop: Drop = None
    quantize: str | None = None
    quantizations: ClassVar[tuple[str | None, ...]] = (None,)
    is_tflite: ClassVar[bool] = False
    holds_tflite: ClassVar[bool] = False
    bytes_budget: ClassVar[str | None] = None
    fixes_length: ClassVar[bool] = False
    shows_examples: ClassVar[bool] = False
    is_page: ClassVar[bool] = False

    def limits(self) -> tuple[str, ...]:
        """The limits under ``budget`` that it is held against."""
        return () if self.bytes_budget is None else (self.bytes_budget,)

    def refuses(self, varies: bool) -> tuple[str, str] | None:
        """Why its settings do not go together or not with such inputs, and what to do; None where they do.

        Args:
            varies: whether an input of the network has a size that varies.
        """
        return None

    @property
    def unrolls(self) -> bool:
        """Whether recurrent layers are written step by step, without a loop."""
        return False

    def runs_in_interpreter_alone(self, varies: bool) -> bool:
        """Whether it needs the TFLite interpreter, whose kernels not every runtime has.

        Args:
            varies: whether an input of the network has a size that varies.
        """
        return False


@dataclass(frozen=True, slots=True)
class SavedModel(Target):
    """A TensorFlow SavedModel with named signatures, dynamic batch and length."""

    maker: ClassVar = "nnspec.export.saved_model:make"
    bytes_budget: ClassVar = "saved_model_bytes"

    preprocess: Preprocess = field(
        default="outside",
        metadata={
            "doc": "inside: the signature of the task takes words as text, images as bytes, numbers in their units; "
            "outside: what the network takes, as the default signature `serve` always does"
        },
    )
    max_metric_drop: Drop = field(default=None, metadata={"doc": METRIC_DROP})


@dataclass(frozen=True, slots=True)
class ONNX(Target):
    """An ONNX file with dynamic batch and length, by Keras's own exporter. It needs nnspec[onnx]."""

    maker: ClassVar = "nnspec.export.onnx:make"

    opset: int | None = field(
        default=None, metadata={"doc": "the version of the ONNX operators; by default the exporter's"}
    )
    max_metric_drop: Drop = field(default=None, metadata={"doc": METRIC_DROP})


@dataclass(frozen=True, slots=True)
class TFLite(Target):
    """A TFLite file of builtin operations alone, at batch 1."""

    maker: ClassVar = "nnspec.export.tflite.target:make"
    quantizations: ClassVar = get_args(Quantize)
    is_tflite: ClassVar = True
    holds_tflite: ClassVar = True
    bytes_budget: ClassVar = "tflite_bytes"

    quantize: Wanted | None = field(
        default=None,
        metadata={
            "doc": "none (float32), float16 (weights), dynamic (int8 weights, float activations), int8 (both), int16x8 "
            "(int16 activations), int8x4 (int8 activations, 4 bits in weights of convolutions and Dense), int4 (such "
            "weights, float activations) or auto, the smallest that keeps the metric on the validation part; by "
            "default int8 for convolutional networks with data, else dynamic"
        },
    )
    io: Io = field(
        default="float32",
        metadata={"doc": "the type of an int8 file's inputs and outputs; whole numbers are value / scale + zero point"},
    )
    dense_scale: Literal["channel", "tensor"] = field(
        default="channel",
        metadata={
            "doc": "whether the int8 weights of a Dense have a scale for each of its units, or one for all, which is "
            "12 bytes a unit smaller and coarser"
        },
    )
    slim: bool = field(
        default=False,
        metadata={
            "doc": "leave out what no runtime reads: names of inner tensors, the converter's notes, and the card with "
            "labels and preprocessing, which then stands in a bundle alone"
        },
    )
    keep_float: tuple[str, ...] = field(
        default=(), metadata={"doc": "names of layers that stay in float32, as the error report suggests"}
    )
    equalize: Equalize = field(
        default="none",
        metadata={
            "doc": "auto: for int8, int16x8 and int8x4, channels of very different ranges behind a ReLU are made "
            "alike, which changes nothing of what the network computes, and biases take back the mean error that "
            "rounded weights make, where outputs become more precise; `quantize: auto` tries it before it gives "
            "int8 up"
        },
    )
    runtime: Runtime = field(
        default="any",
        metadata={
            "doc": "any: runs in the TFLite interpreter and in LiteRT's CompiledModel; interpreter: may use the fused "
            "LSTM kernel, which CompiledModel lacks; micro: TensorFlow Lite Micro on a microcontroller, whose arena is "
            "measured; unrolled: as any, with the steps of recurrent layers written out one by one, for NPUs without "
            "loops and for int8. A varying length without `length` leaves the interpreter alone"
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
        default=False, metadata={"doc": "make a folder for an app too: model, labels, vocabulary, golden answers, code"}
    )
    state: Literal["reset", "carried"] = field(
        default="reset",
        metadata={
            "doc": "carried: a file for `length` steps (1 by default) whose recurrent states are inputs and outputs, "
            "so that an app feeds a sequence as it arrives; reset: every run starts from zero"
        },
    )
    max_metric_drop: Drop = field(default=None, metadata={"doc": METRIC_DROP})
    calibration: int = field(
        default=200, metadata={"doc": "how many representative examples int8 takes its ranges from"}
    )
    timeout: int = field(default=900, metadata={"doc": "seconds after which a conversion is ended"})
    memory: float | None = field(
        default=None, metadata={"doc": "GiB that a conversion may take; by default four fifths of the machine's"}
    )

    def limits(self) -> tuple[str, ...]:
        """It is measured by running it; its arena, in the interpreter of microcontrollers."""
        arena = ("arena_bytes",) if self.runtime == "micro" else ()
        return ("tflite_bytes", "latency_ms", "memory_bytes", *arena)

    def refuses(self, varies: bool) -> tuple[str, str] | None:
        """TensorFlow Lite Micro has no products of int8 weights with float values, and lays its memory out once."""
        if self.unrolls and varies and self.length is None:
            return "steps are written out one by one, and the length of the inputs varies", "fix it: `length: 64`"
        if self.unrolls and self.state == "carried":
            return "a file of carried states has a step of its own, and no loop", "runtime: any"
        if self.runtime != "micro":
            return None
        if varies and self.length is None:
            message = "a microcontroller's memory is laid out once, and the length of the inputs varies"
            return message, "fix it: `length: 64`"
        if self.quantize not in (None, "none", "int8", "int16x8", "int8x4"):
            message = f"TensorFlow Lite Micro has no kernels for {self.quantize}"
            return message, "quantize: int8, int16x8, int8x4 or none"
        return None

    @property
    def unrolls(self) -> bool:
        return self.runtime == "unrolled"

    def runs_in_interpreter_alone(self, varies: bool) -> bool:
        """A varying length leaves the interpreter alone, which has the fused kernel."""
        return self.runtime in ("interpreter", "micro") or (varies and self.length is None)


@dataclass(frozen=True, slots=True)
class Web(Target):
    """A folder for any static server: a page that runs the network in the browser, by LiteRT.js, without a network."""

    maker: ClassVar = "nnspec.export.web.target:make"
    holds_tflite: ClassVar = True
    fixes_length: ClassVar = True
    shows_examples: ClassVar = True
    is_page: ClassVar = True

    quantize: Wanted | None = field(
        default=None,
        metadata={"doc": "as of TFLite; by default int8 for convolutional networks with data, else dynamic"},
    )
    length: int | None = field(
        default=None,
        metadata={"doc": "the length of sequences, by default the longest of the data; the page cuts longer sentences"},
    )
    keep_float: tuple[str, ...] = field(default=(), metadata={"doc": "names of layers that stay in float32"})
    max_metric_drop: Drop = field(default=None, metadata={"doc": METRIC_DROP})


TARGETS: dict[str, type[Target]] = {"SavedModel": SavedModel, "TFLite": TFLite, "ONNX": ONNX, "Web": Web}


def register(name: str, target: type[Target]) -> None:
    """Makes a target of another package known in this process. Raises ValueError where the name is taken."""
    if TARGETS.setdefault(name, target) is not target:
        raise ValueError(f"there is an export target `{name}` already")


def known_targets(values: Sequence[KindValue]) -> Iterator[tuple[int, KindValue, Target]]:
    """The targets of a checked spec, with their places; not those of a package that was not asked."""
    for place, value in enumerate(values):
        if value.kind in TARGETS:
            yield place, value, target_of(value.kind, value.args)


def target_of(kind: str, args: Mapping[str, Any]) -> Target:
    """The target of a checked spec."""
    made: Any = TARGETS[kind]
    target: Target = made(**{name: tuple(value) if isinstance(value, list) else value for name, value in args.items()})
    return target
