"""The plan of a training in whole numbers: what of a network is rounded, where, and which values share a range.

It follows from the graph and the records of its kinds alone. What the records call a part of the operation before it (a
BatchNormalization behind a convolution, a ReLU behind either or behind a sum) gets no range in between, as the
converter folds it. Two values that an operation can only hold in one range, such as those that a Concatenate joins,
share one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, field, replace
from typing import Any, Literal

from nnspec.frontend.config import QuantizeConfig
from nnspec.frontend.settings_checks import matched
from nnspec.frontend.spec import Graph, Layer, Ref, keras_name
from nnspec.layers import layer_kind, layers_within
from nnspec.layers.rounding import FUNCTIONS, IN_FLOAT, WIDE_UNIT, Function, Rounding, function_named
from nnspec.layers.steps_written_out import Ranges
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

PAIR = 2  # inputs that one operation of a file adds or multiplies
CELL = {"kernel": (-1,), "recurrent_kernel": (-1,)}
StepForm = Literal["kernel", "deferred", "folded", "affine", "plain", "recurrent", "unrolled"]


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one call of a layer. Ranges are numbers of `Plan.groups`.

    Attributes:
        layer, call: the layer that has the weights, as Keras calls it, and which of its calls this is.
        form: ``kernel``: with rounded weights; ``deferred``: not here, but in the BatchNormalization behind it;
            ``folded``: that one, together with ``kernel``; ``affine``: a scale and shift for each channel;
            ``plain``: as Keras has it; ``recurrent``: with rounded weights of its cells; ``unrolled``: with all that
            its cells compute rounded, step by step.
        weights: names of weights -> axes along which each place has a scale of its own.
        bits: of the weights.
        kernel: the deferred layer that is folded.
        entries: ranges by which inputs are rounded first, where nothing before did that.
        again: the places of inputs that were rounded before, in a range that a kernel asks for.
        source: the range of the first input; the bias is rounded to steps that follow from it.
        middle: the range between the two kernels of a separable convolution.
        before: the range before the function, where it needs one, or of what is between several inputs.
        function: the function that follows as an operation of its own; ``other``: one that the file computes in
            float; None: none, or one that is a part of the operation. Of two directions how they are merged.
        within: of an unrolled layer, for each direction the ranges of the values within a step, by their names.
        output: the range that the output is rounded in; None: it is not rounded here.
        watches: whether that range follows from this output, and is not that of the input.
    """

    layer: str
    call: int
    form: StepForm
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    bits: int = 8
    kernel: str | None = None
    entries: tuple[int | None, ...] = ()
    again: tuple[int, ...] = ()
    source: int | None = None
    middle: int | None = None
    before: int | None = None
    function: str | None = None
    within: tuple[Mapping[str, int], ...] = ()
    output: int | None = None
    watches: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Attributes:
        steps: for the calls that are not Keras's own.
        inputs: by model input, as Keras calls it, the range that it is rounded in.
        groups: for each range the number of the group that it belongs to; a group is one range in the file.
        fixed: for each range its ends where a kernel asks for them; None: it follows from the values.
        in_float: layers that the file computes in float, as the spec calls them.
        eight_bits: layers whose weights have 8 bits though 4 are wanted.
        calibrated: the recurrent layer because of which no ranges of values are trained; None: they are.
        wide: values have 16 bits, about zero; their file takes its ranges from examples.
        unrolls: steps of recurrent layers were to be written out.
    """

    steps: tuple[Step, ...]
    inputs: Mapping[str, int]
    groups: tuple[int, ...]
    fixed: tuple[tuple[float, float] | None, ...]
    in_float: tuple[str, ...] = ()
    eight_bits: tuple[str, ...] = ()
    calibrated: str | None = None
    wide: bool = False
    unrolls: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Plan:
        """The plan that `as_json` has given, also where JSON made lists of its tuples."""
        steps = tuple(
            Step(
                **{
                    **step,
                    "weights": {name: tuple(axes) for name, axes in step["weights"].items()},
                    "entries": tuple(step["entries"]),
                    "again": tuple(step.get("again", ())),
                    "within": tuple(step.get("within", ())),
                }
            )
            for step in value["steps"]
        )
        names = {name: tuple(value[name]) for name in ("groups", "in_float", "eight_bits")}
        fixed = tuple(None if ends is None else tuple(ends) for ends in value["fixed"])
        return cls(**{**value, **names, "steps": steps, "fixed": fixed})


def plan_of(graph: Graph, settings: QuantizeConfig) -> Plan:
    """The plan of a network."""
    return _Planner(graph, settings).plan()


def walks(layer: Layer) -> bool:
    """Whether a layer walks a sequence, by itself or within: nothing can be rounded around its kernel in a file."""
    return layer.record.recurrent or layer.record.mobile.loop or any(map(_walks, layers_within(layer.args)))


def _walks(value: KindValue) -> bool:
    record = layer_kind(value.kind)
    return record.recurrent or record.mobile.loop or any(map(_walks, layers_within(value.args)))


class _Planner:
    """Walks the layers in their order.

    Attributes:
        held: the range of each tensor that is rounded.
        open: tensors whose operation goes on in the next layer, and which are not rounded.
        deferred: tensors that a folded BatchNormalization makes, with the step of the kernel.
    """

    def __init__(self, graph: Graph, settings: QuantizeConfig) -> None:
        self.graph, self.settings = graph, settings
        self.layers = _reached(graph)
        self.owners = {layer.name: layer.shares or layer.name for layer in graph.layers}
        self.calls = Counter(self.owners[layer.name] for layer in self.layers)
        self.forms = {layer.name: self._form(layer) for layer in self.layers}
        self.recurrent = next((layer.name for layer in self.layers if walks(layer) and not self._written(layer)), None)
        self.ranges = self.recurrent is None and settings.activations != "float32"
        self.users: dict[Ref, list[Layer | None]] = {}
        for layer in self.layers:
            for ref in layer.inputs:
                self.users.setdefault(ref, []).append(layer)
        for output in graph.outputs:
            self.users.setdefault(output.ref, []).append(None)
        self.wanted = self._wanted()
        self.parents: list[int] = []  # of the groups of ranges
        self.fixed: dict[int, tuple[float, float]] = {}
        self.held: dict[Ref, int] = {}
        self.open: set[Ref] = set()
        self.deferred: dict[Ref, Step] = {}
        self.in_float: list[str] = []
        self.eight_bits: list[str] = []

    def plan(self) -> Plan:
        inputs = {}
        for given in self.graph.inputs if self.ranges else ():
            ref = Ref(given.name)
            if given.dtype.startswith("float") and ref in self.wanted:
                inputs[keras_name(given.name)] = self.held[ref] = self._range()
        seen: Counter[str] = Counter()
        steps: list[Step] = []
        for layer in self.layers:
            owner = self.owners[layer.name]
            base = Step(keras_name(owner), seen[owner], "plain")
            found = self._ranged(layer, base) if self.ranges else self._weights_alone(layer, base)
            steps += [found] if found is not None else []
            seen[owner] += 1
        groups = tuple(self._root(number) for number in range(len(self.parents)))
        in_float = tuple(dict.fromkeys(self.in_float))
        fixed = tuple(map(self.fixed.get, range(len(groups))))
        bits = tuple(self.eight_bits)
        wide = self.settings.activations == "int16"
        unrolls = self.settings.recurrent == "unrolled"
        return Plan(tuple(steps), inputs, groups, fixed, in_float, bits, self.recurrent, wide, unrolls)

    def _form(self, layer: Layer) -> Rounding:
        """The rounding of a layer."""
        own = layer.record.rounding_in(layer.args)
        if own.form == "same":  # nothing of it is rounded, and a range of its own would have no operation
            return own
        return IN_FLOAT if self._is_kept(layer) else own

    def _wanted(self) -> set[Ref]:
        """The tensors that somebody computes with in whole numbers, perhaps behind layers that hand them on."""
        found: set[Ref] = set()
        for layer in reversed(self.layers):
            form = self.forms[layer.name].form
            taken = Ref(layer.name) in found if form in ("same", "joined") else form != "float" or self._within(layer)
            if taken:
                found |= set(layer.inputs)
        return found

    def _written(self, layer: Layer) -> bool:
        """Whether whole numbers go through a recurrent layer's steps, or it is kept in float among whole numbers."""
        return self.settings.recurrent == "unrolled" and (bool(self._within(layer)) or self._is_kept(layer))

    def _within(self, layer: Layer) -> tuple[Ranges, ...]:
        """For each direction of a layer whose steps are written out the values that have ranges; else none."""
        settings = self.settings
        if settings.recurrent != "unrolled" or settings.activations == "int16" or self._is_kept(layer):
            return ()
        return layer.record.written_out(layer.args) or () if len(layer.inputs) == 1 else ()

    def _is_kept(self, layer: Layer) -> bool:
        """Whether a layer stays in float as the settings say; one that is shared does under any of its names."""
        return any(matched(self.settings.keep_float, name) for name in self.graph.calls(layer))

    def _weights_alone(self, layer: Layer, step: Step) -> Step | None:
        rounding = self.forms[layer.name]
        if rounding.form == "kernel":
            return replace(step, form="kernel", weights=rounding.weights, bits=self._bits(layer, rounding))
        if walks(layer) and not self._is_kept(layer):
            return replace(step, form="recurrent", bits=self._bits(layer, IN_FLOAT))
        return None

    def _ranged(self, layer: Layer, step: Step) -> Step | None:
        rounding, out, first = self.forms[layer.name], Ref(layer.name), layer.inputs[0]
        if rounding.form == "same":
            if first in self.held:
                self.held[out] = self.held[first]
            return None
        if within := self._within(layer):
            return self._unrolled(layer, step, within)
        if rounding.form == "float":
            self.in_float.append(layer.name)
            if out not in self.wanted:
                return None
            self.held[out] = self._range()
            return replace(step, output=self.held[out])
        if rounding.form == "joined":
            return self._joined(layer, step)
        if rounding.form == "within" and first in self.held:
            self.held[out] = self.held[first]
            return replace(step, output=self.held[out], watches=False, function=rounding.function)
        return self._computed(layer, step, rounding)

    def _unrolled(self, layer: Layer, step: Step, within: tuple[Ranges, ...]) -> Step:
        """All values of all steps of a recurrent layer; what it gives are its states, merged where there are two."""
        out = Ref(layer.name)
        ways: list[Mapping[str, int]] = []
        step = self._entered(layer, step)
        for names in within:
            numbers = {name: self._range() for name in names}
            self.fixed |= {numbers[name]: ends for name, ends in names.items() if ends is not None}
            ways.append(numbers)
        step = replace(step, form="unrolled", bits=self._bits(layer, IN_FLOAT), weights=CELL, within=tuple(ways))
        self.held[out] = ways[0]["state"]
        if len(ways) == 1:
            return step
        merge = layer.args.get("merge_mode", "concat")
        step = replace(step, function=merge, before=self._range() if merge == "ave" else None)
        if merge != "concat":
            self.held[out] = self._range()
            return replace(step, output=self.held[out])
        self.parents[self._root(ways[1]["state"])] = self._root(ways[0]["state"])
        return step

    def _joined(self, layer: Layer, step: Step) -> Step | None:
        """All inputs in one range; one whose range another kernel asks for is rounded once more."""
        out = Ref(layer.name)
        if out not in self.wanted and not any(ref in self.held for ref in layer.inputs):
            return None
        entries = [
            self._range() if ref not in self.held or self.held[ref] in self.fixed else None for ref in layer.inputs
        ]
        held = [self.held[ref] if entry is None else entry for ref, entry in zip(layer.inputs, entries, strict=True)]
        for one in held[1:]:
            self.parents[self._root(one)] = self._root(held[0])
        self.held[out] = held[0]
        again = (place for place, ref in enumerate(layer.inputs) if ref in self.held and entries[place] is not None)
        return replace(step, entries=tuple(entries), again=tuple(again))

    def _computed(self, layer: Layer, step: Step, rounding: Rounding) -> Step:
        """A kernel, a scale for each channel, a sum, a function: what gives new values."""
        out, first = Ref(layer.name), layer.inputs[0]
        function = rounding.function or (layer.args.get("activation") if rounding.form == "kernel" else None)
        name = function_named(function)
        what = Function() if name is None else FUNCTIONS[name]
        kernel = self.deferred.pop(first, None)
        if kernel is not None:
            step = replace(
                kernel, layer=step.layer, call=step.call, form="folded", kernel=kernel.layer, entries=(None,)
            )
        elif first not in self.open:
            step = self._entered(layer, step)
        if rounding.form == "affine" and kernel is None:
            step = replace(step, form="affine")
        if rounding.form == "kernel":
            step = replace(step, form="kernel", weights=rounding.weights, bits=self._bits(layer, rounding))
            if len(rounding.weights) > 1:
                step = replace(step, middle=self._range())
            if what.fused and self._is_folded(layer, name):
                self.deferred[out] = step
                return replace(step, form="deferred")
            if not what.fused:
                step = replace(step, before=self._range())
            if name is None:
                self.in_float.append(layer.name)
        if what.between:
            step = replace(step, before=self._range())
        if rounding.form == "own" and name == "linear" and len(layer.inputs) > PAIR:  # the file joins two by two
            step = replace(step, before=self._range(), function="several")
        if not what.fused:
            step = replace(step, function=name or "other")
        elif rounding.carries and name in ("linear", None) and self._goes_on(out):
            self.open.add(out)
            return step
        self.held[out] = number = self._range()
        if what.fixed is not None:
            self.fixed[number] = WIDE_UNIT if self.settings.activations == "int16" else what.fixed
        return replace(step, output=number)

    def _entered(self, layer: Layer, step: Step) -> Step:
        """The step with ranges for the inputs that nothing has rounded yet; numbers of rows stay what they are."""
        if layer.record.rows is not None:
            return step
        entries = tuple(None if ref in self.held else self._range() for ref in layer.inputs)
        source = self.held.get(layer.inputs[0], entries[0])
        return replace(step, entries=entries if any(one is not None for one in entries) else (), source=source)

    def _is_folded(self, layer: Layer, function: str | None) -> bool:
        """Whether a BatchNormalization alone takes what a kernel gives, and each is called once."""
        user = self._only_user(Ref(layer.name))
        return (
            user is not None
            and function == "linear"
            and user.record.subtracts_mean
            and self.forms[user.name].form == "affine"
            and self._is_single(user)
            and self._is_single(layer)
        )

    def _goes_on(self, out: Ref) -> bool:
        """Whether a function that is a part of the operation before it is all that takes its value."""
        user = self._only_user(out)
        if user is None:
            return False
        rounding = self.forms[user.name]
        return rounding.form == "function" and FUNCTIONS[rounding.function or "tanh"].fused

    def _only_user(self, ref: Ref) -> Layer | None:
        users = self.users.get(ref, [])
        return users[0] if len(users) == 1 else None

    def _is_single(self, layer: Layer) -> bool:
        return self.calls[self.owners[layer.name]] == 1

    def _bits(self, layer: Layer, rounding: Rounding) -> int:
        if self.settings.weights == "int8":
            return 8
        if rounding.four_bits and rounding.form == "kernel":
            return 4
        self.eight_bits.append(layer.name)
        return 8

    def _range(self) -> int:
        self.parents.append(len(self.parents))
        return len(self.parents) - 1

    def _root(self, number: int) -> int:
        while self.parents[number] != number:
            number = self.parents[number]
        return number


def _reached(graph: Graph) -> list[Layer]:
    """The layers that an output follows from, in their order: Keras makes a network of no others."""
    wanted = {output.ref.layer for output in graph.outputs}
    found = []
    for layer in reversed(graph.layers):
        if layer.name in wanted:
            wanted |= {ref.layer for ref in layer.inputs}
            found.append(layer)
    return found[::-1]
