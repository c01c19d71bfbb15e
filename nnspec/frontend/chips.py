"""``check --target``: the operations that a network would become, held against what a chip computes. No TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.catalog.chips import CHIPS, LOOPS, Chip, Limit
from nnspec.catalog.targets import Target, known_targets
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import users, warning
from nnspec.frontend.masks import follow_masks
from nnspec.frontend.micro_memory import Memory, estimate
from nnspec.frontend.shapes import input_spec, with_defaults
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers import KINDS
from nnspec.layers.kind import Refusal
from nnspec.layers.operations import Form, Names, UnknownOperations, operations_of
from nnspec.layers.portable import refused
from nnspec.layers.rule import Call
from nnspec.layers.types import TensorSpec

# What can be done, the first of those that are lacking alone.
HINTS = {
    "WHILE": "write the steps out: `runtime: unrolled`, of a fixed `length`; or convolutions over time",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "write the steps out: `runtime: unrolled`; or convolutions over time",
    "CONV_3D": "frames one by one: `TimeDistributed: {layer: {Conv2D: ...}}`",
    "SELECT": "another layer: `Embedding` in place of `ReversibleEmbedding`, `relu` in place of `selu`",
    "GATHER": "look the vectors up outside of the network, or leave this layer to the CPU",
    "TILE": "Conv2DTranspose, or UpSampling2D with the channels last",
    "BATCH_MATMUL": "a product of two values that are no weights: attention stays on the CPU there",
}
FUNCTIONS = ("ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOG_SOFTMAX", "MISH", "PRELU", "GREATER")


@dataclass(frozen=True, slots=True)
class Placed:
    """What becomes of one layer on a chip.

    Attributes:
        operations: those that it becomes; None where nobody knows.
        lacking: those of them that the chip does not compute.
        limits: sizes that the chip's kernels do not take.
        refusal: why no TFLite file can have it.
    """

    layer: Layer
    operations: Names | None
    lacking: tuple[str, ...]
    limits: tuple[Limit, ...]
    refusal: Refusal | None

    @property
    def fits(self) -> bool:
        return self.refusal is None and self.operations is not None and not self.lacking and not self.limits

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.layer.name,
            "kind": self.layer.written,
            "line": self.layer.span.line,
            "operations": None if self.operations is None else sorted(self.operations),
            "lacking": list(self.lacking),
            "limits": [f"{limit.operation} {limit.says}" for limit in self.limits],
        }


@dataclass(frozen=True, slots=True)
class Aimed:
    """A network held against a chip."""

    name: str
    chip: Chip
    layers: tuple[Placed, ...]
    memory: Memory | None
    diagnostics: tuple[Diagnostic, ...]

    def as_json(self) -> dict[str, Any]:
        """For ``check --json``, under ``target``; the estimates are in bytes."""
        return {
            "name": self.name,
            "settings": {name: values[0] for name, values in self.chip.settings.items()},
            "layers": [one.as_json() for one in self.layers],
            "on_chip": sum(one.fits for one in self.layers),
            "estimates": None if self.memory is None else self.memory.as_json(),
            "sources": list(self.chip.sources),
        }

    def __str__(self) -> str:
        """One line, such as ``coral: 11 of 12 layers``."""
        text = f"{self.name}: {sum(one.fits for one in self.layers)} of {len(self.layers)} layers on it"
        return text if self.memory is None else f"{text}; {self.memory}"


def aim(spec: Spec, name: str) -> Aimed:
    """Holds a spec that is fine against a chip of the table.

    Args:
        name: a key of `nnspec.catalog.chips.CHIPS`.
    """
    chip = CHIPS[name]
    layers = tuple(_placed(spec, chip))
    memory = estimate(spec, _setting(spec, chip, "quantize")) if chip.otherwise == "nowhere" else None
    told = [*_settings(spec, name, chip), *_varying(spec, name, chip), *_lacking(name, chip, layers)]
    if memory is not None:
        told += _over_budget(spec, memory)
    return Aimed(name, chip, layers, memory, tuple(told))


def _placed(spec: Spec, chip: Chip) -> Iterator[Placed]:
    known = {tensor.name: (input_spec(tensor),) for tensor in spec.graph.inputs}
    tensors: dict[str, tuple[TensorSpec, ...] | None] = dict(known)
    tensors.update((layer.name, spec.facts[layer.name].outputs) for layer in spec.graph.layers)
    carried = follow_masks(spec.graph, spec.facts).carried
    foldable, loops = _foldable(spec), LOOPS[_setting(spec, chip, "runtime")]
    for layer in spec.graph.layers:
        call = _call(layer, tensors)
        form = Form(
            loops,
            masked=any(ref in carried for ref in layer.inputs),
            after_linear=any(ref.layer in foldable for ref in layer.inputs),
        )
        operations = None if call is None else _operations(layer, call, form)
        lacking = tuple(sorted(operations - chip.operations)) if operations is not None else ()
        broken = (
            one for one in chip.limits if call and operations and one.operation in operations and not one.holds(call)
        )
        outputs = tensors[layer.name]
        refusal = refused(layer.kind, layer.args, outputs[0].values if outputs else None)
        yield Placed(layer, operations, lacking, tuple({one.operation: one for one in broken}.values()), refusal)


def _call(layer: Layer, tensors: Mapping[str, tuple[TensorSpec, ...] | None]) -> Call | None:
    """The call as the layer's rule sees it; None where an input is unknown."""
    inputs = []
    for name, ref in zip(layer.call or ("",) * len(layer.inputs), layer.inputs, strict=True):
        outputs = tensors[ref.layer]
        if name.endswith("mask"):
            continue
        if outputs is None:
            return None
        inputs.append(outputs[ref.index])
    return Call(layer.kind, with_defaults(layer.kind, layer.args), tuple(inputs), layer.flags, KINDS)


def _operations(layer: Layer, call: Call, form: Form) -> Names | None:
    try:
        return operations_of(call, form) if layer.brought is None else None
    except UnknownOperations:
        return None


def _foldable(spec: Spec) -> set[str]:
    """Layers into which the converter folds factors and sums by channel that follow: linear, and taken once."""
    taken = users(spec)
    return {
        layer.name
        for layer in spec.graph.layers
        if layer.record.linear and layer.args.get("activation") in (None, "linear") and taken.get(layer.name) == 1
    }


def _setting(spec: Spec, chip: Chip, name: str) -> Any:
    """A setting of the spec's target for this chip; the chip's first where it has none that will do."""
    target, good = _target(spec, chip), chip.settings[name]
    value = None if target is None else getattr(target[1], name, None)
    return value if value in good else good[0]


def _target(spec: Spec, chip: Chip) -> tuple[int, Target] | None:
    """The TFLite file that the spec asks for, with its place: of several the one that suits the chip best."""
    files = [(place, one) for place, _, one in known_targets(spec.export) if one.is_tflite]
    return min(files, key=lambda file: len(_unsuitable(file[1], chip)), default=None)


def _unsuitable(target: Target, chip: Chip) -> list[str]:
    return [key for key, values in chip.settings.items() if getattr(target, key, None) not in values]


def _settings(spec: Spec, name: str, chip: Chip) -> Iterator[Diagnostic]:
    """What the spec's TFLite file would have to be for the chip."""
    firsts = [(key, next(value for value in values if value)) for key, values in chip.settings.items()]
    wanted = f"TFLite: {{{', '.join(f'{key}: {value}' for key, value in firsts)}}}"
    target = _target(spec, chip)
    if target is None:
        message = f"{name} takes a TFLite file, and `export` asks for none: what is told is of `{wanted}`"
        yield warning("W1003", message, spec.place("export") or spec.place("layers"), wanted)
        return
    wrong = _unsuitable(target[1], chip)
    if wrong:
        takes = ", ".join(f"{key} {' or '.join(f'`{one}`' for one in chip.settings[key] if one)}" for key in wrong)
        now = ", ".join(f"{key} is {_shown(getattr(target[1], key, None))}" for key in wrong)
        place = spec.place("export", target[0], "TFLite") or spec.place("export")
        yield warning("W1003", f"{name} takes a file of {takes}; {now}", place, wanted)


def _shown(value: Any) -> str:
    return "left out" if value is None else f"`{value}`"


def _varying(spec: Spec, name: str, chip: Chip) -> Iterator[Diagnostic]:
    target = _target(spec, chip)
    fixed = target is not None and getattr(target[1], "length", None) is not None
    for tensor in spec.graph.inputs:
        if chip.fixed and not fixed and any(size is None for size in tensor.shape):
            message = f"{name} takes sizes that are fixed, and input `{tensor.name}` has one that varies"
            yield _diagnostic(chip, "1004", message, spec.place("inputs", tensor.name), "fix it: `length: 64`")


def _lacking(name: str, chip: Chip, layers: tuple[Placed, ...]) -> Iterator[Diagnostic]:
    for one in layers:
        layer = one.layer
        if one.refusal is not None:
            message = f"no TFLite file can have {layer.written} `{layer.name}`: {one.refusal.reason}"
            yield Diagnostic("E1001", message, layer.span, hint=one.refusal.hint, notes=layer.trail)
        elif one.operations is None:
            message = f"nobody has told which operations {layer.written} `{layer.name}` becomes"
            hint = "export it, and read `ops` of `nnspec export --json`"
            yield warning("W1002", message, layer.span, hint, layer.trail)
        elif one.lacking:
            becomes = "it runs on the CPU" if chip.otherwise == "cpu" else "no file with it runs there"
            message = f"{name} has no {', '.join(one.lacking)} for {layer.written} `{layer.name}`: {becomes}"
            yield _diagnostic(chip, "1001", message, layer.span, _hint(one), layer.trail)
        for limit in one.limits:
            becomes = (
                f"stays on the CPU of {name}" if chip.otherwise == "cpu" else f"keeps the file from running on {name}"
            )
            message = f"{limit.operation} {limit.says}: {layer.written} `{layer.name}` {becomes}"
            yield _diagnostic(chip, "1001", message, layer.span, None, layer.trail)


def _hint(one: Placed) -> str | None:
    """What to do about what is lacking: of a loop, and not of what its steps are read by."""
    found = next((hint for operation, hint in HINTS.items() if operation in one.lacking), None)
    if found is not None:
        return found
    has_function = any(operation in FUNCTIONS for operation in one.lacking)
    return "another function: `relu`, `relu6`, `sigmoid` or `tanh`" if has_function else None


def _diagnostic(chip: Chip, number: str, message: str, *rest: Any) -> Diagnostic:
    """An error where the file would not run at all, a warning where the CPU helps out."""
    span, hint, *notes = rest
    if chip.otherwise == "cpu":
        return warning(f"W{number}", message, span, hint, *notes)
    return Diagnostic(f"E{number}", message, span, hint=hint, notes=tuple(*notes))


def _over_budget(spec: Spec, memory: Memory) -> Iterator[Diagnostic]:
    """The estimates against the budget: a warning, since they are no measures."""
    for key, value, noun in (("arena_bytes", memory.arena, "arena"), ("tflite_bytes", memory.flash, "file")):
        limit = getattr(spec.budget, key)
        if limit is not None and value is not None and value > limit:
            message = f"the {noun} may take about {value:,} bytes; the budget is {limit:,.0f}"
            yield warning("W1005", message, spec.place("budget", key), "`nnspec export` measures it")
