"""What a mask is where an augmentation leaves its image empty: beyond what was turned, moved or made smaller.

The image gets the layer's `fill_value`, a colour; a mask holds classes. Its places there are no class where the loss
has a number for such, and 0 otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from nnspec.catalog.comparisons import takes_of
from nnspec.catalog.kinds import catalog
from nnspec.frontend.augment_steps import Step, steps_of
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import ignored_class, loss_of, units
from nnspec.frontend.spec import Output, Spec
from nnspec.layers.augmentation import MOVES

EMPTY = 0  # of a mask whose loss counts every place


def empties(step: Step) -> bool:
    """Whether a layer leaves places of an image without a pixel, which it fills with one value."""
    if step.kind not in MOVES or not catalog().has("layer", step.kind):
        return False
    given: Mapping[str, Any] = {**catalog().defaults("layer", step.kind), **step.args}
    return "fill_value" in given and given.get("fill_mode", "constant") == "constant"


def beyond(spec: Spec, target: str, targets: Collection[str]) -> int:
    """What a target is where its image is empty.

    Args:
        targets: the names of all; a lone one is that of every output.
    """
    trained = [output for output in spec.graph.outputs if output.name == target or len(targets) == 1]
    numbers = {ignored_class(spec, output) for output in trained}
    found = numbers.pop() if len(numbers) == 1 else None
    return EMPTY if found is None else found


def no_class_beyond(spec: Spec, output: Output) -> int | None:
    """The number that augmentation puts into an output's masks where they are no class; None where it puts none."""
    return ignored_class(spec, output) if any(map(empties, steps_of(spec))) else None


def filled_masks(spec: Spec, steps: list[Step], output: Output, target: str) -> Iterator[Diagnostic]:
    """W0723 where the empty places of a mask become the class 0. Those of one-hot masks are of no class."""
    step = next(filter(empties, steps), None)
    loss, _ = loss_of(spec, output)
    several = (units(spec, output) or 1) > 1 and takes_of(loss).over_classes and takes_of(loss).form != "numbers"
    if step is None or several or ignored_class(spec, output) is not None:
        return
    message = (
        f"{step.kind} leaves the edges of an image empty, and `{target}` is {EMPTY} there, which counts in the loss"
    )
    hint = (
        "`fill_mode: reflect` leaves nothing empty; " if "fill_mode" in catalog().defaults("layer", step.kind) else ""
    )
    if takes_of(loss).form == "numbers":
        hint += "`loss: {SparseCategoricalCrossentropy: {ignore_class: 255}}` makes them 255, which does not count; "
    hint += f"nothing is wrong where {EMPTY} means background"
    yield Diagnostic("W0723", message, step.span, "warning", hint)
