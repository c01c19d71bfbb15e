"""Masks, as far as shapes tell: which of its outputs a layer gives one, and whether it looks at those it is given.

A mask marks the places of a tensor that count; False is padding. It has the axes of the tensor that it was made for,
less the features, and Keras carries it from layer to layer whatever becomes of those axes. A mask of other axes than a
layer or a loss expects is aligned at the last ones: it is then a crash, or hides the wrong values without a word.
Compared with Keras for every kind in ``tests/layers/test_masks_of_keras.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nnspec.layers.rule import Call, ShapeError, differ, show
from nnspec.layers.types import Dim, KindValue, TensorSpec
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask of one tensor.

    Attributes:
        shape: batch first.
        blank: it is True everywhere, because some of what was joined has no mask.
        turned: it is in the order of the steps, and its tensor in the reverse order.
    """

    shape: tuple[Dim, ...]
    blank: bool = False
    turned: bool = False


class MaskError(ShapeError):
    """A layer that cannot take the mask of its input."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A call of a layer with the masks of its inputs.

    Attributes:
        call: the call, with all inputs but masks.
        masks: of each input; None for none.
        outputs: what comes out, where that is known.
        asked: the call is given its mask by name.
    """

    call: Call
    masks: tuple[Mask | None, ...]
    outputs: tuple[TensorSpec, ...] | None
    asked: bool = False

    @property
    def first(self) -> Mask | None:
        return self.masks[0] if self.masks else None

    @property
    def rank(self) -> int:
        """How many dimensions the first input has."""
        return len(self.call.inputs[0].shape)


Gives = Callable[[Masked], tuple[Mask | None, ...]]  # the masks of the outputs, as many as have one at most
UsesMask = Callable[[Masked], bool]  # whether the masks count; raises MaskError where they cannot


# What comes out


def dropped(masked: Masked) -> tuple[Mask | None, ...]:
    """No mask, whatever went in: Keras warns where the layer is not made for masks, and then goes on."""
    return ()


def same(masked: Masked) -> tuple[Mask | None, ...]:
    """The mask of the first input, as it is, whatever the shape of the output."""
    return (masked.first,)


def made(masked: Masked) -> tuple[Mask | None, ...]:
    """An embedding's: the places whose number is not 0."""
    if not masked.call.flag("mask_zero") or masked.call.options.get("reverse"):
        return ()
    return (Mask(masked.call.inputs[0].shape),)


def marked(masked: Masked) -> tuple[Mask | None, ...]:
    """Masking's: the places where any feature differs from a value."""
    return (Mask(masked.call.inputs[0].shape[:-1]),)


def steps(masked: Masked) -> tuple[Mask | None, ...]:
    """A recurrent layer's: that of the sequence, where all steps are returned. It stays in the order of the input."""
    mask = masked.first
    if mask is None or not masked.call.flag("return_sequences"):
        return ()
    return (replace(mask, turned=mask.turned != masked.call.flag("go_backwards")),)


def directions(masked: Masked) -> tuple[Mask | None, ...]:
    """Both directions of a Bidirectional are in the order of the input, one tensor or two."""
    inner = masked.call.args.get("layer")
    if masked.first is None or not isinstance(inner, KindValue) or not inner.args.get("return_sequences"):
        return ()
    return (masked.first,) if masked.call.get("merge_mode") is not None else (masked.first, masked.first)


def merged(masked: Masked) -> tuple[Mask | None, ...]:
    """Places that count in any of the inputs; none where one of them has no mask."""
    masks = [mask for mask in masked.masks if mask is not None]
    if not masks or len(masks) < len(masked.masks):
        return ()
    shape = masks[0].shape
    for mask in masks[1:]:
        if len(mask.shape) != len(shape):
            raise MaskError(
                f"the masks of its inputs are {show(shape)} and {show(mask.shape)}, which have other axes",
                "leave one of the masks out",
            )
        shape = tuple(_wider(one, two) for one, two in zip(shape, mask.shape, strict=True))
    return (Mask(shape, any(mask.blank for mask in masks), any(mask.turned for mask in masks)),)


def _wider(one: Dim, two: Dim) -> Dim:
    if 1 not in (one, two) and differ(one, two):
        raise MaskError(f"the masks of its inputs do not go together: {one} against {two}")
    return two if one == 1 else one


def joined(masked: Masked) -> tuple[Mask | None, ...]:
    """Concatenate's: a mask is stretched over the features, True where there is none, and joined as the tensors are;
    a place counts where any of its features does."""
    if not (any(masked.masks) and masked.outputs):
        return ()
    axis = masked.call.axis(masked.call.inputs[0].shape, masked.call.get("axis"))
    last = axis == masked.rank - 1
    for mask, shape in zip(masked.masks, (spec.shape for spec in masked.call.inputs), strict=True):
        if mask is not None and len(mask.shape) < len(shape) - 1:
            raise MaskError(
                f"the mask {show(mask.shape)} of an input {show(shape)} has too few axes to be joined",
                "a mask goes over all axes but the last; leave it out, or join before there are more axes",
            )
        if mask is not None and len(mask.shape) > len(shape):
            raise MaskError(f"the mask {show(mask.shape)} has more axes than its tensor, {show(shape)}")
    blank = last and not all(mask is not None and not mask.blank for mask in masked.masks)
    return (Mask(masked.outputs[0].shape[:-1], blank, any(mask is not None and mask.turned for mask in masked.masks)),)


# What looks at masks


def along_steps(masked: Masked) -> bool:
    """A recurrent layer skips steps: the mask is (batch, steps). Keras hands none to a call with initial states."""
    mask = masked.first
    if mask is None:
        return False
    if len(masked.call.inputs) > 1 and not masked.asked:
        return False
    rest, places = mask.shape[2:], masked.call.inputs[0].shape[2:-1]
    if len(mask.shape) < 2 or (rest and rest != (1,) and not _over_places(masked, rest, places)):
        batch, steps, *_ = masked.call.inputs[0].shape
        raise misfit(mask, (batch, steps), masked.call)
    return True


def _over_places(masked: Masked, rest: tuple[Dim, ...], places: tuple[Dim, ...]) -> bool:
    """A ConvLSTM whose maps keep their size may have a mask of its places too."""
    given = masked.outputs[0].shape if masked.outputs else ()
    kept = given[-1 - len(places) : -1] if places else ()
    return rest == places == kept and masked.call.args.get("data_format") != "channels_first"


def both_ways(masked: Masked) -> bool:
    """The layers within a Bidirectional are given the mask as one of them alone would be."""
    inner = masked.call.args.get("layer")
    if masked.first is None or not isinstance(inner, KindValue):
        return False
    record = masked.call.kinds.get(inner.kind)
    if record is None or record.uses_mask is None:
        return False
    call = replace(masked.call, kind=inner.kind, args=inner.args)
    return record.uses_mask(replace(masked, call=call, outputs=None))


def each_step(masked: Masked) -> bool:
    """TimeDistributed cuts the mask at the steps and hands each piece to the layer within, where that takes masks."""
    mask, inner = masked.first, masked.call.args.get("layer")
    if mask is None or not isinstance(inner, KindValue):
        return False
    batch, steps, *rest = masked.call.inputs[0].shape
    if len(mask.shape) < 2:
        raise misfit(mask, (batch, steps), masked.call)
    record = masked.call.kinds.get(inner.kind)
    if record is None or record.uses_mask is None or record.family in ("attention", "merge"):
        return False  # their masks come with another name, or in a list, which TimeDistributed does not know
    piece = replace(mask, shape=(batch, *mask.shape[2:]))
    call = Call(inner.kind, inner.args, (TensorSpec((batch, *rest), "float32"),), {}, masked.call.kinds)
    try:
        return record.uses_mask(Masked(call, (piece,), None))
    except MaskError as error:
        raise MaskError(f"{inner.kind} within it, at each step: {error.message}", error.hint) from error


def over_steps(masked: Masked) -> bool:
    """The mean of GlobalAveragePooling1D: steps of (batch, steps, features)."""
    mask = masked.first
    if mask is None:
        return False
    batch, steps, *_ = masked.call.inputs[0].shape
    if len(mask.shape) != 2:
        raise misfit(mask, (batch, steps), masked.call)
    if masked.call.get("data_format") == "channels_first":
        raise MaskError(
            f"the mask {show(mask.shape)} goes along axis 1, and with channels_first the steps are axis 2",
            "data_format: channels_last, or leave the mask out",
        )
    return True


def over_all_but_last(masked: Masked) -> bool:
    """One dimension less than the input: BatchNormalization's moments."""
    mask = masked.first
    if mask is None:
        return False
    if len(mask.shape) != masked.rank - 1:
        raise misfit(mask, masked.call.inputs[0].shape[:-1], masked.call)
    return True


def over_values(masked: Masked) -> bool:
    """Softmax leaves values out: it takes a mask with a place for each value, aligned at the last axis."""
    mask, shape = masked.first, masked.call.inputs[0].shape
    if mask is None:
        return False
    if len(mask.shape) != len(shape):
        raise MaskError(
            f"its input {show(shape)} has a mask {show(mask.shape)}, which it would take for one of its last axes",
            "`Activation: softmax` leaves masks alone; a `Reshape` before it to the same shape drops the mask",
        )
    return True


def place_by_place(masked: Masked) -> bool:
    """Multiply, Maximum and Minimum leave out the places that an input hides: one that is hidden takes no part."""
    for spec, mask in zip(masked.call.inputs, masked.masks, strict=True):
        if mask is not None and len(mask.shape) != len(spec.shape) - 1:
            raise misfit(mask, spec.shape[:-1], masked.call)
    return any(mask is not None for mask in masked.masks)


def attended(masked: Masked) -> bool:
    """Attention between lists: a mask of the query, and one of the value, each over all axes but the features."""
    for spec, mask in zip(masked.call.inputs, masked.masks[:2], strict=False):
        if mask is not None and len(mask.shape) != len(spec.shape) - 1:
            raise misfit(mask, spec.shape[:-1], masked.call)
    return any(mask is not None for mask in masked.masks[:2])


def attended_by_heads(masked: Masked) -> bool:
    """Attention with heads: masks are (batch, places), and the tensors have one axis of places."""
    for spec, mask in zip(masked.call.inputs, masked.masks, strict=True):
        if mask is None:
            continue
        if len(mask.shape) != 2:
            raise misfit(mask, spec.shape[:2], masked.call)
        if len(spec.shape) != 3:
            raise MaskError(
                f"its mask {show(mask.shape)} goes along one axis of places, and {show(spec.shape)} has several",
                "leave the mask out, or lay the places out in one axis",
            )
    return any(mask is not None for mask in masked.masks)


def misfit(mask: Mask, wanted: tuple[Dim, ...], call: Call) -> MaskError:
    given = show(call.inputs[0].shape)
    return MaskError(
        f"its input {given} comes with a mask {show(mask.shape)}, and it takes one of {show(wanted)}",
        "a `Reshape` to the same shape just before it drops the mask; or make none: `mask_zero: false`",
    )
