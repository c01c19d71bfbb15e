"""Last activations and losses that do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.activation_ranges import PROBABILITIES, RANGES, UNIT
from nnspec.catalog.comparisons import Takes, takes_of
from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Fix
from nnspec.frontend.edits import with_argument, without
from nnspec.frontend.lints.network import ends, last_activation, loss_note, loss_of, units, warning
from nnspec.frontend.network_edits import loss_place
from nnspec.frontend.spec import Output, Spec


def activation_against_loss(spec: Spec) -> Iterator[Diagnostic]:
    """Logits where probabilities are due and the other way round; a range that the targets do not keep to."""
    for output, layer in ends(spec):
        name, args = loss_of(spec, output)
        if name is None:
            continue
        notes = (loss_note(spec, output), *layer.trail)
        last = last_activation(spec, layer)
        for code, message, hint in _against(takes_of(name), output.name, last, name):
            yield warning(code, message, layer.span, hint, notes)
        if "from_logits" in catalog().defaults("loss", name):
            for code, message, hint, fix in _against_logits(spec, output, last, name, bool(args.get("from_logits"))):
                yield warning(code, message, layer.span, hint, notes, fix)


def _against(takes: Takes, output: str, last: str | None, loss: str) -> Iterator[tuple[str, str, str]]:
    """Codes, messages and hints for what an activation gives and a loss does not take, whatever its arguments."""
    ends_in = f"`{output}` ends in {last}, and {loss}"
    if takes.any_size and last in ("relu", "softmax"):
        yield "W0604", f"{ends_in} is a loss for values of any size", "leave the activation out"
    if takes.signs and last in PROBABILITIES:
        message = f"{ends_in} takes values below 0 for a no, which it never gives"
        yield "W0604", message, "end in tanh, or without an activation"
    if takes.form == "sequences" and last in PROBABILITIES:
        yield "W0603", f"{ends_in} takes logits", "leave the activation out"
    if takes.probability and last == "linear":
        hint = "end in softmax" if takes.shares or takes.over_classes else "end in sigmoid, or in softmax"
        yield "W0603", f"`{output}` gives logits, and {loss} takes probabilities", hint
    if takes.probability and is_neither(last):
        yield "W0604", f"{ends_in} takes probabilities", "end in softmax or sigmoid"
    if takes.positive and (last == "linear" or RANGES.get(str(last), UNIT)[0] < 0):
        message = f"`{output}` may be below 0, of which {loss} is no number: it takes values above 0"
        yield "W0604", message, "end in exponential or softplus"


def _against_logits(
    spec: Spec, output: Output, last: str | None, loss: str, from_logits: bool
) -> Iterator[tuple[str, str, str, Fix | None]]:
    """The same for a loss that takes logits or probabilities, as its argument says, with what mends it."""
    takes, ends_in = takes_of(loss), f"`{output.name}` ends in {last}, and"
    if from_logits and last in PROBABILITIES:
        fix = without(spec.place("train", "loss", loss, "from_logits"), "remove `from_logits: true`")
        yield "W0603", f"{ends_in} the loss takes logits (`from_logits: true`)", "keep one of the two", fix
    end = "softmax" if takes.over_classes else "sigmoid"
    of_logits = from_logits and last == "log_softmax"  # whose softmax is that of the logits
    if is_neither(last) and not of_logits:
        message = f"{ends_in} the loss takes {'logits' if from_logits else 'probabilities'}"
        yield "W0604", message, f"end in {end}", None
    if not from_logits and last == "linear":
        hint = f"end in {end}, or write `loss: {{{loss}: {{from_logits: true}}}}`"
        sure = takes.over_classes or not spec.training.metrics  # others count from 0.5 on
        fix = with_argument(loss_place(spec, output.name), "from_logits", "true", "from_logits", safe=sure)
        yield "W0603", f"`{output.name}` gives logits, and the loss takes probabilities", hint, fix
    if takes.over_classes and last == "sigmoid" and units(spec, output) != 1:
        message = f"{ends_in} {loss} compares one distribution over all classes"
        yield "W0604", message, "end in softmax, or use BinaryCrossentropy", None
    if takes.yes_no and last == "softmax" and units(spec, output) != 1:
        hint = "for two classes one unit with sigmoid; for several a categorical cross-entropy"
        yield "W0604", f"{ends_in} {loss} takes each value for a yes or no of its own", hint, None


def is_neither(activation: str | None) -> bool:
    """Whether it gives neither probabilities nor logits, which are of any size and sign."""
    return RANGES.get(str(activation), UNIT) != UNIT


def direction_of_one_value(spec: Spec) -> Iterator[Diagnostic]:
    """A loss that compares directions: one value has but two of them, whatever its size."""
    for output, layer in ends(spec):
        name, _ = loss_of(spec, output)
        if takes_of(name).directions and units(spec, output) == 1:
            message = f"`{output.name}` is one value, and {name} compares directions: it sees its sign alone"
            yield warning("W0604", message, layer.span, "for numbers use MeanSquaredError", (loss_note(spec, output),))


def single_unit_softmax(spec: Spec) -> Iterator[Diagnostic]:
    """One unit that is a distribution of its own, or compared as one: it is always 1, and nothing is learned."""
    for output, layer in ends(spec):
        name, _ = loss_of(spec, output)
        if units(spec, output) != 1:
            continue
        if last_activation(spec, layer) == "softmax":
            message = f"`{output.name}` is a softmax over one unit, which is always 1"
            yield warning("W0604", message, layer.span, "use sigmoid for a yes or no", layer.trail)
        elif takes_of(name).over_classes:
            message = f"`{output.name}` has one unit, and {name} needs one for each class"
            hint = "give it a unit for each class, or use BinaryCrossentropy after sigmoid"
            yield warning("W0604", message, layer.span, hint, (loss_note(spec, output), *layer.trail))
