"""`data.augment` against the network, its losses and what is known of the data, before anything is read by TensorFlow.

Three things can go wrong in silence: examples are mixed and their labels are not; an image moves and what stands in
its place (a mask, points) does not; a layer that is not random changes the training examples alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from nnspec.catalog.comparisons import takes_of
from nnspec.catalog.kinds import catalog
from nnspec.frontend.augment_edges import filled_masks
from nnspec.frontend.augment_steps import Step, steps_of
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.lints.network import loss_note, loss_of, numbers_classes, tensor, units
from nnspec.frontend.shapes import with_defaults
from nnspec.frontend.spec import Output, Spec
from nnspec.layers import NoRule, ShapeError, infer
from nnspec.layers.augmentation import BLENDS_MASKS, MIXES, MOVES, MOVES_POINTS, PASTES
from nnspec.layers.types import Symbol, TensorSpec
from nnspec.quick_classes import dataclass

NOTHING = "nothing"


class Shaped(Protocol):
    """A column of the data: its shape without the batch, and its dtype."""

    @property
    def shape(self) -> tuple[int | None, ...]: ...

    @property
    def dtype(self) -> str: ...


def moves_of(spec: Spec) -> Mapping[str, str]:
    """What the spec says of targets that move with the image: `points`, `boxes`, ... by the target's name."""
    return {} if spec.data is None else spec.data.moves


def check_augmentation(spec: Spec) -> Iterator[Diagnostic]:
    """What the spec alone tells."""
    steps = steps_of(spec)
    for step in steps:
        yield from _usable(spec, step)
    for output in spec.graph.outputs:
        target = _expected_target(spec, output)
        yield from _mixed_labels(spec, steps, output, target)
        yield from _moved_targets(spec, steps, output, target, None)


def augmentation_against_data(
    spec: Spec, features: Mapping[str, Shaped], targets: Mapping[str, Shaped], bound: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """What the columns of the data tell beyond it.

    Args:
        targets: as the network gets them, after `one_hot`.
        bound: the target's name by output.
    """
    steps = steps_of(spec)
    if not steps:
        return
    images = {name: column for name, column in features.items() if is_image(column)}
    frames = next((column for column in features.values() if is_image(column, rank=4)), None)
    floats = any(column.dtype.startswith("float") for column in features.values())
    lacking = [step for step in steps if step.kind in MIXES and not (images if step.kind in PASTES else floats)]
    for step in lacking[:1]:
        told = ", ".join(f"`{name}` {list(column.shape)}" for name, column in features.items())
        what = "images [height, width, channels]" if step.kind in PASTES else "floats"
        message = f"{step.kind} mixes {what}, and the data give {told}"
        yield Diagnostic("E0722", message, step.span, hint="leave it out")
    for name in moves_of(spec):
        if name not in targets:
            message = f"`moves` names `{name}`, and the targets are {', '.join(f'`{item}`' for item in targets)}"
            yield Diagnostic("E0722", message, spec.place("data", "moves", name))
    for output in spec.graph.outputs:
        bound_name = bound.get(output.name)
        if bound_name is not None and bound_name in targets:
            target = targets[bound_name]
            yield from _mixed_labels(spec, steps, output, target, bound_name)
            image = next(iter(images.values()), frames)
            if image is not None:
                yield from _moved_targets(spec, steps, output, target, bound_name, image)


def is_image(column: Shaped, rank: int = 3) -> bool:
    """A float column of [height, width, channels]; of rank 4 it holds several of them an example."""
    return len(column.shape) == rank and column.dtype.startswith(("float", "bfloat"))


def is_mask(target: Shaped, image: Shaped) -> bool:
    """A target of the height and width of the image, with or without channels."""
    return len(image.shape) == 3 and len(target.shape) in (2, 3) and tuple(target.shape[:2]) == tuple(image.shape[:2])


def _usable(spec: Spec, step: Step) -> Iterator[Diagnostic]:
    known = catalog().has("layer", step.kind)
    if known and "seed" not in catalog().defaults("layer", step.kind):
        message = f"{step.kind} is not random: in `augment` it would change the training examples alone"
        yield Diagnostic("E0722", message, step.span, hint="put it in the network, before the first layer")
    if known:
        yield from _misfit(spec, step)


def _misfit(spec: Spec, step: Step) -> Iterator[Diagnostic]:
    """An error where a layer cannot take the images, or else the numbers, that it would be given, or resizes them."""
    shapes = [given.shape for given in spec.graph.inputs if given.dtype.startswith("float")]
    images = [shape[-3:] for shape in shapes if len(shape) in (3, 4)]
    shape = next(iter(images or shapes), None)
    if shape is None or (not images and step.kind in MIXES - PASTES):  # it blends numbers of any shape
        return
    sizes = tuple(Symbol(f"axis{axis}") if size is None else size for axis, size in enumerate(shape))
    given = TensorSpec((Symbol("batch"), *sizes), "float32")
    try:
        (gives,) = infer(step.kind, with_defaults(step.kind, step.args), [given]).outputs
    except ShapeError as error:
        yield Diagnostic("E0722", f"{step.kind}: {error.message}", step.span, hint=error.hint)
        return
    except NoRule:
        return
    before, after = given.shape[1:3], gives.shape[1:3]
    if images and all(isinstance(size, int) for size in (*before, *after)) and before != after:
        message = f"{step.kind} to {list(after)} changes the size of the images, {list(before)}"
        hint = f"RandomTranslation keeps it; a {step.kind} may also be the first layer of the network"
        yield Diagnostic("E0722", message, step.span, hint=hint)


def _mixed_labels(
    spec: Spec, steps: list[Step], output: Output, target: Shaped | None, name: str | None = None
) -> Iterator[Diagnostic]:
    """An error where an output's targets cannot be mixed, or its loss takes no mixed ones.

    Args:
        target: what the data give as `name`; without a name what the network and its loss would take.
    """
    loss, _ = loss_of(spec, output)
    takes = takes_of(loss)
    for step in (step for step in steps if step.kind in MIXES):
        if target is not None and len(target.shape) >= 2 and step.kind in PASTES and takes.form != "sequences":
            continue  # a mask: pieces of it are pasted as those of the image, and its values stay whole
        one_hot = spec.data is not None and spec.data.one_hot
        why = None
        if _said_of(spec, output, name) not in (None, NOTHING):
            why = "the targets are places in the image, which cannot be blended"
        elif takes.whole:
            why = f"the loss {loss} takes no shares of labels"
        elif name and target is not None and target.dtype.startswith("int"):
            if len(target.shape) >= 2:
                why = "the targets are class numbers, which have no values between them"
            elif takes.over_classes or (units(spec, output) or 1) > 1:
                why = "the labels are class numbers, which have no values between them"
        elif not name and takes.over_classes and not one_hot and numbers_classes(spec.data):
            why = "the labels are class numbers, which have no values between them"
        if why:
            message = f"{step.kind} mixes the labels of two examples, and {why}"
            hint = "say `loss: CategoricalCrossentropy`"
            if not one_hot:
                hint = "say `one_hot: true` under `data`, and `loss: CategoricalCrossentropy`"
            if target is not None and len(target.shape) >= 2:
                hint = "CutMix pastes pieces of masks; or give the masks one-hot, with CategoricalCrossentropy"
            yield Diagnostic("E0720", message, step.span, hint=hint, notes=_notes(spec, output))
            return


def _moved_targets(
    spec: Spec, steps: list[Step], output: Output, target: Shaped | None, name: str | None, image: Shaped | None = None
) -> Iterator[Diagnostic]:
    """An error where an image is moved and it cannot be told whether, or how, a target must move along."""
    moving = [step for step in steps if step.kind in MOVES]
    if image is None:
        image = next((given for given in spec.graph.inputs if len(given.shape) in (3, 4)), None)
    if not moving or target is None or image is None:
        return
    told = _said_of(spec, output, name)
    if told == NOTHING:
        return
    if told is not None:
        yield from _paired(spec, moving, target, told, name)
        return
    if is_mask(target, image):
        for step in moving:
            if step.kind in BLENDS_MASKS:
                message = f"{step.kind} blends several moved copies of the image, which no mask can follow"
                yield Diagnostic("E0721", message, step.span, hint="RandAugment moves masks along")
        if spec.required_data.targets != "inputs":
            yield from filled_masks(spec, moving, output, name or output.name)
        return
    loss, _ = loss_of(spec, output)
    shape = [size for size in target.shape if size != 1]
    spatial = len(shape) >= 3 or (len(target.shape) == 3 and len(shape) >= 2)
    if not shape or (takes_of(loss).labels and not spatial) or (target.dtype.startswith("int") and not spatial):
        return
    step = moving[0]
    called = f"`{name or output.name}` {list(target.shape)}"
    if spatial:
        message = (
            f"{step.kind} moves the image, and the target {called} is no mask of its size {list(image.shape[-3:-1])}"
        )
        hint = "give masks of the size of the image; or `moves` under `data`: {target: nothing} leaves it as it is"
    else:
        message = f"{step.kind} moves the image, and {called} may be places in it"
        hint = "say which under `data`: `moves: {%s: points}`, or boxes, relative_points, relative_boxes, nothing" % (
            name or output.name
        )
    yield Diagnostic("E0721", message, step.span, hint=hint, notes=_notes(spec, output))


def _said_of(spec: Spec, output: Output, name: str | None) -> str | None:
    """What `moves` says of a target; one whose name is not known yet has the output's, or is the only one there."""
    moves = moves_of(spec)
    if name is not None:
        return moves.get(name)
    only = next(iter(moves.values())) if len(moves) == 1 and len(spec.graph.outputs) == 1 else None
    return moves.get(output.name, only)


def _paired(spec: Spec, moving: list[Step], target: Shaped, told: str, name: str | None) -> Iterator[Diagnostic]:
    """Errors of a target that is said to be points or boxes."""
    place = spec.place("data", "moves", name) if name else spec.place("data", "moves")
    each = 4 if told.endswith("boxes") else 2
    size = target.shape[-1] if target.shape else None
    pairs = size is not None and size % each == 0
    if not pairs:
        what = "x1, y1, x2, y2" if each == 4 else "x, y"
        message = f"`{name or 'the target'}` {list(target.shape)} is said to be {told}: its last axis must hold {what}"
        yield Diagnostic("E0722", message, place)
    elif target.dtype.startswith("int"):
        message = f"`{name or 'the target'}` is said to be {told}, and holds whole numbers: moved places are no such"
        yield Diagnostic("E0722", message, place, hint="save it as float32")
    for step in moving:
        if step.kind not in MOVES_POINTS:
            message = f"{step.kind} moves the image in a way that {told} cannot follow"
            hint = f"layers that they follow: {', '.join(sorted(MOVES_POINTS))}"
            yield Diagnostic("E0721", message, step.span, hint=hint)


@dataclass(frozen=True)
class _Expected:
    shape: tuple[int | None, ...]
    dtype: str


def _expected_target(spec: Spec, output: Output) -> _Expected | None:
    """What an output is trained on, as far as network and loss tell."""
    found = tensor(spec, output)
    if found is None:
        return None
    shape = tuple(size if isinstance(size, int) else None for size in found.shape[1:])
    loss, _ = loss_of(spec, output)
    form = takes_of(loss).form
    if form == "numbers":
        return _Expected(shape[:-1], "int32")
    if form == "sequences":
        return _Expected((None,), "int32")
    return None if loss is None else _Expected(shape, "float32")


def _notes(spec: Spec, output: Output) -> tuple[Note, ...]:
    note = loss_note(spec, output)
    return (note,) if note.span is not None and spec.training.loss is not None else ()
