"""What `data.augment` makes of settings that stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.comparisons import METRICS, kind_of
from nnspec.frontend.augment_steps import steps_of
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.edits import without
from nnspec.frontend.lints.network import warning
from nnspec.frontend.spec import Spec
from nnspec.layers.augmentation import MIXES
from nnspec.layers.types import KindValue


def seeds_that_do_nothing(spec: Spec) -> Iterator[Diagnostic]:
    """A layer's own seed: what is drawn follows from the training's seed, the epoch and the example."""
    for step in steps_of(spec):
        if step.args.get("seed") is not None:
            message = f"the `seed` of {step.kind} does nothing: draws follow from `train.seed`, epoch and example"
            yield warning("W0722", message, step.span, "leave it out", fix=without(step.seed, "remove `seed`"))


def shares_of_labels_in_metrics(spec: Spec) -> Iterator[Diagnostic]:
    """Metrics of hard labels, and a layer that mixes labels."""
    mixing = next((step for step in steps_of(spec) if step.kind in MIXES), None)
    if mixing is None:
        return
    for key in ("metrics", "weighted_metrics"):
        names = sorted({name for name in _kinds(spec.training.setting(key)) if name in METRICS and METRICS[name].whole})
        if names:
            message = f"{mixing.kind} gives training examples shares of labels, and {', '.join(names)} takes 0 and 1"
            hint = "the training part's value tells nothing; quantities with `val_` are of unmixed examples"
            note = (Note("labels are mixed here", mixing.span),)
            yield warning("W0720", message, spec.place("train", key), hint, note)


def _kinds(value: Any) -> Iterator[str]:
    """The kinds of metrics, given alone, in a list or by output."""
    if isinstance(value, KindValue):
        yield value.kind
    elif isinstance(value, str):
        yield kind_of("metric", value) or value
    elif isinstance(value, Mapping):
        yield from (kind for item in value.values() for kind in _kinds(item))
    elif isinstance(value, list | tuple):
        yield from (kind for item in value for kind in _kinds(item))
