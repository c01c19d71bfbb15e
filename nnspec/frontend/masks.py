"""Masks through the graph, by the records of layer kinds: who makes one, who looks at it, where it is lost.

Keras carries a mask along with its tensor and never looks whether the two still go together. So this pass does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note, Span
from nnspec.frontend.shapes import input_spec, show, with_defaults
from nnspec.frontend.spec import Graph, Layer, LayerFacts, Ref, Spec
from nnspec.layers import KINDS, LayerKind, layer_kind, layers_within
from nnspec.layers.masks import Mask, Masked, MaskError, made, marked, over_steps
from nnspec.layers.rule import Call, ShapeError
from nnspec.layers.rule import show as sizes
from nnspec.layers.types import TensorSpec
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Carried:
    """The mask of a tensor, and the layer that made it."""

    mask: Mask
    maker: Layer


@dataclass(frozen=True, slots=True)
class Lost:
    """A tensor whose mask is gone: who made it, and who dropped it."""

    maker: Layer
    dropper: Layer


@dataclass(slots=True)
class Masks:
    """What became of every mask of a network.

    Attributes:
        carried: by tensor; tensors without a mask, or with one that nobody knows, are not here.
        taken_off: of these the tensors whose mask is off once the network runs, by the layer that takes it off.
        mask_users: the names of layers whose result depends on a mask.
        problems: what is wrong, as diagnostics.
    """

    carried: dict[Ref, Carried] = field(default_factory=dict)
    taken_off: dict[Ref, Layer] = field(default_factory=dict)
    mask_users: set[str] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)

    def at_run(self, ref: Ref) -> bool:
        """Whether a tensor carries a mask once the network runs, which losses and metrics then use."""
        return ref in self.carried and ref not in self.taken_off


def follow_masks(graph: Graph, facts: Mapping[str, LayerFacts]) -> Masks:
    """Follows each mask from the layer that makes it. In a network without any there is nothing to do."""
    if not any(_makes(layer) or _makes_within(layer) or "mask" in layer.call for layer in graph.layers):
        return Masks()
    return Follower(graph, facts).run()


def masked_means(spec: Spec) -> list[str]:
    """The layers that take a mean over unmasked steps alone: of an input that is all padding it is 0/0, which is NaN.

    Keras answers NaN there too, so such an input can say nothing about an export.
    """
    mask_users = follow_masks(spec.graph, spec.facts).mask_users
    return [layer.name for layer in spec.graph.layers if layer.name in mask_users and _is_mean(layer)]


def padded_means(spec: Spec) -> Iterator[tuple[str, float, Layer]]:
    """For each masked mean whose mask is made right of one input: that input, the value that is padding, and the mean.

    Of masks that are merged none is here: a place counts where any of them says so.
    """
    masks = follow_masks(spec.graph, spec.facts)
    inputs = {given.name for given in spec.graph.inputs}
    layers = {layer.name: layer for layer in spec.graph.layers}
    for mean in spec.graph.layers:
        if mean.name not in masks.mask_users or not _is_mean(mean):
            continue
        at: Layer | None = mean
        while at is not None and not _makes(at):
            at = layers.get(at.inputs[0].layer) if len(at.inputs) == 1 else None
        padding = 0.0 if at is None else at.args.get("mask_value", 0.0)
        carried = masks.carried.get(_values(mean)[0])
        if at is None or carried is None or len(carried.mask.shape) != 2 or at.inputs[0].layer not in inputs:
            continue
        if isinstance(padding, int | float):
            yield at.inputs[0].layer, float(padding), mean


def masks_against_losses(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each output whose mask has other axes than its loss.

    Keras multiplies the loss, which has the axes of the output but the last, by the mask, aligned at the last axes.
    """
    if spec.train is None:
        return
    masks, layers = follow_masks(spec.graph, spec.facts), {layer.name: layer for layer in spec.graph.layers}
    for output in spec.graph.outputs:
        carried, fact = masks.carried.get(output.ref), spec.facts.get(output.ref.layer)
        if carried is None or not masks.at_run(output.ref) or fact is None or fact.outputs is None:
            continue
        tensor, mask = fact.outputs[output.ref.index], carried.mask.shape
        if len(mask) == len(tensor.shape) - 1 or (len(mask) == len(tensor.shape) and mask[-1] == 1):
            continue
        layer = layers[output.ref.layer]
        message = (
            f"`{output.name}` is {show(tensor)} and has a mask {sizes(mask)}: its loss has the axes "
            f"{sizes(tensor.shape[:-1])}, and would be multiplied by a mask of others"
        )
        notes = (Note(f"the mask is made by {carried.maker.written} `{carried.maker.name}`", _place(carried.maker)),)
        hint = "a `Reshape` to the same shape at the end drops the mask; or make none: `mask_zero: false`"
        yield Diagnostic("E0604", message, layer.span, hint=hint, notes=(*notes, *layer.trail))


def _makes(layer: Layer) -> bool:
    return _is_maker(layer.record, layer.args)


def _makes_within(layer: Layer) -> bool:
    return any(_is_maker(layer_kind(value.kind), value.args) for value in layers_within(layer.args))


def _is_maker(record: LayerKind, args: Mapping[str, Any]) -> bool:
    return record.mask is marked or (record.mask is made and args.get("mask_zero") is True)


def _is_mean(layer: Layer) -> bool:
    records = [layer.record, *(layer_kind(value.kind) for value in layers_within(layer.args))]
    return any(record.uses_mask is over_steps for record in records)


def _itself(ref: Ref, layers: Mapping[str, Layer]) -> Iterator[Ref]:
    """A tensor, and those that are the same where nothing is trained: what comes into a Dropout."""
    yield ref
    source = layers.get(ref.layer)
    if source is not None and source.record.family == "regularization" and len(source.inputs) == 1:
        yield from _itself(source.inputs[0], layers)


def _minds_padding(layer: Layer) -> bool:
    """Layers for which a mask is the difference between padding and real steps."""
    return layer.record.uses_mask is not None and layer.record.family in ("recurrent", "attention", "pooling")


def _values(layer: Layer) -> list[Ref]:
    """What a layer is called with, but the masks that it is given by name."""
    names = layer.call or ("",) * len(layer.inputs)
    return [ref for name, ref in zip(names, layer.inputs, strict=True) if not name.endswith("mask")]


def _place(layer: Layer) -> Span:
    return layer.arg_spans.get("mask_zero", layer.span)


class Follower:
    """One walk along the layers, in the order of calling: `run` of a whole network, or `layer` by `layer`."""

    def __init__(self, graph: Graph, facts: Mapping[str, LayerFacts]) -> None:
        self.graph, self.facts = graph, facts
        self.found = Masks()
        self.lost: dict[Ref, Lost] = {}
        self.opaque: set[str] = set()  # layers of which nobody knows what mask comes out
        self.settled: set[str] = set()  # makers whose mask somebody looks at, or whose loss is reported
        self.inputs = {tensor.name: input_spec(tensor) for tensor in graph.inputs}

    def run(self) -> Masks:
        for layer in self.graph.layers:
            self.layer(layer)
            if len(self.found.problems) >= MAX_PROBLEMS:
                break
        self.found.problems += self.useless()
        if any(layer.record.takes_masks_off for layer in self.graph.layers):
            self.found.problems += self.taken_off()
        return self.found

    def taken_off(self) -> Iterator[Diagnostic]:
        """Masks that are off while the network runs, though it was built with them.

        Layers with an argument `mask` are built with it. Attention, merges, losses and metrics read what the tensor
        carries as it is calculated.
        """
        off, carried = self.found.taken_off, self.found.carried
        layers = {layer.name: layer for layer in self.graph.layers}
        outputs: dict[str, list[Ref]] = {}
        for ref in carried:
            outputs.setdefault(ref.layer, []).append(ref)
        for layer in self.graph.layers:
            values = _values(layer)
            lost = next((ref for ref in values if ref in off), None)
            named = any(name.endswith("mask") for name in layer.call)
            if lost is not None and not named and layer.record.family == "attention":
                yield _taken_off(layer, carried[lost].maker, off[lost])
            if lost is not None and not _makes(layer):
                off |= dict.fromkeys(outputs.get(layer.name, ()), off[lost])
            if layer.record.takes_masks_off:
                off |= {ref: layer for value in values for ref in _itself(value, layers) if ref in carried}

    def layer(self, layer: Layer) -> None:
        carried = self.given(layer)
        makers = [one.maker for one in carried if one is not None]
        call = None if self.is_opaque(layer) else self.call(layer, carried)
        if call is None:  # it may do anything with a mask, so nothing is said of those that it is given
            self.opaque.add(layer.name)
            self.settled |= {maker.name for maker in makers}
            return
        try:
            uses_mask = layer.record.uses_mask is not None and layer.record.uses_mask(call)
            masks = layer.record.mask(call) if layer.record.mask is not None else ()
        except ShapeError as error:
            if isinstance(error, MaskError):
                self.found.problems.append(_refusal(error, layer, makers))
            self.opaque.add(layer.name)
            self.settled |= {maker.name for maker in makers}
            return
        if uses_mask:
            self.found.mask_users.add(layer.name)
            self.settled |= {maker.name for maker in makers}
        if _minds_padding(layer):
            self.found.problems += self.padding_counts(layer, call, uses_mask, makers)
        self.carry(layer, uses_mask, makers, masks)

    def given(self, layer: Layer) -> list[Carried | None]:
        """The mask of each value: that of its tensor, or the one that the call names for it."""
        values = _values(layer)
        carried = [self.found.carried.get(ref) for ref in values]
        names = [name for name in layer.call if not name.endswith("mask")]
        plain = iter(range(len(values)))  # a layer that takes a list takes a list of masks
        for name, ref in zip(layer.call, layer.inputs, strict=False):
            spec = self.spec(ref)
            of = next(plain) if name == "mask" else names.index(name[:-5]) if name[:-5] in names else None
            if name.endswith("mask") and of is not None and spec is not None:
                carried[of] = Carried(Mask(spec.shape), layer)
        return carried

    def is_opaque(self, layer: Layer) -> bool:
        if _makes(layer):
            return False
        return layer.record.mask is None or any(ref.layer in self.opaque for ref in layer.inputs)

    def call(self, layer: Layer, carried: list[Carried | None]) -> Masked | None:
        """The call as the record's questions take it; None where a shape is not known."""
        specs = [self.spec(ref) for ref in _values(layer)]
        inputs = tuple(spec for spec in specs if spec is not None)
        if len(inputs) < len(specs):
            return None
        call = Call(layer.kind, with_defaults(layer.kind, layer.args), inputs, layer.flags, KINDS)
        masks = tuple(None if one is None else one.mask for one in carried)
        return Masked(call, masks, self.facts[layer.name].outputs, asked="mask" in layer.call)

    def spec(self, ref: Ref) -> TensorSpec | None:
        if ref.layer in self.inputs:
            return self.inputs[ref.layer]
        outputs = self.facts[ref.layer].outputs
        return outputs[ref.index] if outputs is not None and ref.index < len(outputs) else None

    def padding_counts(self, layer: Layer, call: Masked, uses_mask: bool, makers: list[Layer]) -> Iterator[Diagnostic]:
        """Padding that is taken for real: the mask is lost, not handed over, or in another order than the steps."""
        if (
            call.first is not None
            and not uses_mask
            and layer.record.family == "recurrent"
            and len(call.call.inputs) > 1
        ):
            self.settled |= {maker.name for maker in makers}
            yield _not_handed_over(layer, makers)
        if uses_mask and any(mask is not None and mask.turned for mask in call.masks):
            yield _turned(layer, makers)
        lost = next((self.lost[ref] for ref in _values(layer) if ref in self.lost), None)
        if lost is not None:
            self.settled.add(lost.maker.name)
            yield _dropped(layer, lost)

    def carry(self, layer: Layer, uses_mask: bool, makers: list[Layer], masks: tuple[Mask | None, ...]) -> None:
        """Notes the masks that come out; and, where one went in that nobody looked at, that it is lost."""
        real = {index: mask for index, mask in enumerate(masks) if mask is not None and not mask.blank}
        for index, mask in real.items():
            self.found.carried[Ref(layer.name, index)] = Carried(mask, layer if _makes(layer) else makers[0])
        if real or (uses_mask and _minds_padding(layer)) or layer.record.recurrent:
            return
        before = [self.lost[ref] for ref in layer.inputs if ref in self.lost]
        if makers:
            self.lost[Ref(layer.name)] = Lost(makers[0], layer)
        elif before and len(layer.inputs) == 1:
            self.lost[Ref(layer.name)] = before[0]

    def useless(self) -> Iterator[Diagnostic]:
        """Masks that no layer looks at and that reach no output.

        Where some layer uses another mask, the author is taken to know what becomes of one that nobody uses.
        """
        ends = {one.maker.name for output in self.graph.outputs if (one := self.found.carried.get(output.ref))}
        for layer in self.graph.layers:
            if _makes_within(layer):
                message = f"the mask that is made within {layer.written} `{layer.name}` does not come out of it"
                hint = "Masking and `mask_zero` work on a tensor of any rank without TimeDistributed"
                yield Diagnostic("W0610", message, layer.span, "warning", hint, layer.trail)
            if _makes(layer) and layer.name not in self.settled | ends and not self.found.mask_users:
                message = f"the mask of `{layer.name}` does nothing: no layer that uses masks gets it, and no output"
                hint = "leave it out; recurrent layers, attention and GlobalAveragePooling1D use masks"
                yield Diagnostic("W0610", message, _place(layer), "warning", hint, layer.trail)


def _refusal(error: MaskError, layer: Layer, makers: list[Layer]) -> Diagnostic:
    message = f"{layer.written} `{layer.name}`: {error.message}"
    notes = tuple(Note(f"the mask is made by {one.written} `{one.name}`", _place(one)) for one in makers[:1])
    return Diagnostic("E0603", message, layer.span, hint=error.hint, notes=(*notes, *layer.trail))


def _dropped(layer: Layer, lost: Lost) -> Diagnostic:
    message = f"the mask of `{lost.maker.name}` does not get past {lost.dropper.written} `{lost.dropper.name}`"
    notes = (Note(f"`{layer.name}` takes padding for real steps", layer.span), *lost.dropper.trail)
    hint = "leave the mask out, or put the recurrent layer first"
    if layer.record.family != "recurrent":
        hint = f"leave the mask out, or put `{layer.name}` first"
    if lost.dropper.record.family == "merge":
        hint = "give each of its inputs a mask, or leave the mask out"
    return Diagnostic("W0609", message, lost.dropper.span, "warning", hint, notes)


def _taken_off(layer: Layer, maker: Layer, taker: Layer) -> Diagnostic:
    message = f"Keras takes the mask of `{maker.name}` off what goes into {taker.written} `{taker.name}`, while it runs"
    notes = (Note(f"`{layer.name}` takes padding for real steps", layer.span), *taker.trail)
    hint = "let that attention read what nothing else reads, such as the output of a LayerNormalization before it"
    return Diagnostic("W0609", message, taker.span, "warning", hint, notes)


def _not_handed_over(layer: Layer, makers: list[Layer]) -> Diagnostic:
    message = f"`{layer.name}` does not use the mask of its input: Keras hands none to a call with initial states"
    notes = (*(Note(f"the mask is made by `{one.name}`", _place(one)) for one in makers[:1]), *layer.trail)
    hint = "padding counts as real steps; leave the mask out, or name it in the call: `from: {mask: ...}`"
    return Diagnostic("W0611", message, layer.span, "warning", hint, notes)


def _turned(layer: Layer, makers: list[Layer]) -> Diagnostic:
    message = f"`{layer.name}` gets its steps in reverse order, and their mask in the order of `{makers[0].name}`"
    hint = "`go_backwards` turns the steps and not the mask: use Bidirectional, or leave the mask out"
    return Diagnostic("W0612", message, layer.span, "warning", hint, layer.trail)
