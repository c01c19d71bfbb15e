"""Outputs that are trained by CTC: a sequence of labels an example, in fewer steps than the network has.

Graves et al., Connectionist Temporal Classification, ICML 2006. Keras keeps number 0 for the blank and for padding:
labels are 1 and more, their padding 0 stands at the end, and the last axis of the output has the blank at place 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from nnspec.catalog.comparisons import takes_of
from nnspec.data.table import sizes
from nnspec.frontend.class_weights import by_output
from nnspec.frontend.diagnostics import Diagnostic, Fix
from nnspec.frontend.edits import without
from nnspec.frontend.lints.network import loss_note, loss_of, tensor
from nnspec.frontend.spec import Output, Spec

BLANKS = frozenset({"", "blank", "pad", "padding", "unk", "ctc", "eps", "epsilon", "ε"})  # names of number 0


class Shaped(Protocol):
    """A column of the data: its shape without the batch, and its dtype."""

    @property
    def shape(self) -> tuple[int | None, ...]: ...

    @property
    def dtype(self) -> str: ...


def outputs_by_ctc(spec: Spec) -> tuple[Output, ...]:
    """The outputs whose loss is CTC."""
    return tuple(output for output in spec.graph.outputs if is_by_ctc(spec, output))


def is_by_ctc(spec: Spec, output: Output) -> bool:
    return takes_of(loss_of(spec, output)[0]).form == "sequences"


def check_sequences(spec: Spec) -> Iterator[Diagnostic]:
    """What the spec alone tells: shape and units of such an output, and settings that cannot stand beside the loss."""
    for output in outputs_by_ctc(spec):
        shape = steps_and_units(spec, output)
        notes = (loss_note(spec, output),)
        classes = None if spec.data is None else spec.data.classes
        if shape is not None and len(shape) != 2:
            message = f"CTC takes an output [steps, labels + 1], and `{output.name}` is {sizes(shape)}"
            yield Diagnostic("E0723", message, notes[0].span, hint="one vector a step: leave Flatten out, or Reshape")
        elif shape is not None and classes and shape[1] is not None and shape[1] < len(classes):
            message = (
                f"`{output.name}` has {shape[1]} units, and there are {len(classes)} classes, the blank among them"
            )
            yield Diagnostic("E0723", message, notes[0].span, hint="`units: $data.classes` follows the list")
        if classes and str(classes[0]).strip("<>[]()- _").lower() not in BLANKS:
            message = f"number 0 is the blank of CTC, and `classes` begins with `{classes[0]}`"
            hint = f"put the blank first: `classes: [<blank>, {classes[0]}, ...]`; labels count from 1"
            yield Diagnostic("E0723", message, spec.place("data", "classes"), hint=hint, notes=notes)
        if spec.data is not None and spec.data.one_hot:
            message = "CTC takes the numbers of labels, and `one_hot` makes vectors of them"
            yield Diagnostic(
                "E0723",
                message,
                spec.place("data", "one_hot"),
                hint="leave it out",
                notes=notes,
                fix=_left_out(spec, "data", "one_hot"),
            )
        if output.name in by_output(spec):
            message = "CTC is a loss of whole sequences: no class has a weight in it"
            fix = _left_out(spec, "train", "class_weight")
            place = spec.place("train", "class_weight")
            yield Diagnostic("E0724", message, place, hint="leave it out", notes=notes, fix=fix)
        for key in ("metrics", "weighted_metrics"):
            given = spec.training.setting(key)
            own = given.get(output.name) if isinstance(given, dict) else given
            if own:
                message = f"no metric of Keras compares the sequences of `{output.name}`, which CTC trains"
                hint = "leave it out: `val_label_error_rate` is measured by itself"
                fix = None if isinstance(given, dict) else _left_out(spec, "train", key)
                yield Diagnostic("E0724", message, spec.place("train", key), hint=hint, notes=notes, fix=fix)


def _left_out(spec: Spec, section: str, key: str) -> Fix | None:
    return without(spec.place(section, key), f"remove `{key}`")


def sequences_against_data(spec: Spec, output: Output, target: Shaped, name: str) -> Iterator[Diagnostic]:
    """Whether an output's target holds sequences of labels that its steps can hold.

    Args:
        target: what the data give as ``name``.
    """
    if not is_by_ctc(spec, output):
        return
    place = spec.place("data", "source")
    notes = (loss_note(spec, output),)
    if not target.dtype.startswith("int") or len(target.shape) != 1:
        message = f"CTC takes sequences of label numbers, int32 [length], and `{name}` is {target.dtype} "
        hint = "labels count from 1, and rows that are shorter end in 0"
        yield Diagnostic("E0723", message + sizes(target.shape), place, hint=hint, notes=notes)
        return
    shape = steps_and_units(spec, output)
    length = target.shape[0]
    if shape is not None and len(shape) == 2 and None not in (shape[0], length) and shape[0] < length:  # type: ignore[operator]
        message = f"`{name}` has up to {length} labels, and `{output.name}` gives {shape[0]} steps"
        yield Diagnostic("E0723", message, place, hint="CTC needs a step for each label at least", notes=notes)


def steps_and_units(spec: Spec, output: Output) -> tuple[int | None, ...] | None:
    """The shape of an output without the batch; None where the spec does not tell."""
    found = tensor(spec, output)
    return None if found is None else tuple(size if isinstance(size, int) else None for size in found.shape[1:])
