"""What is written and changes nothing: an argument without the one that it needs, a direction that nothing takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import warning
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

# By argument the one without which Keras never looks at it.
NEEDS = {
    "alpha": "apply_class_balancing",
    "nesterov": "momentum",
    "ema_momentum": "use_ema",
    "ema_overwrite_frequency": "use_ema",
    "initial_value_threshold": "save_best_only",
}


def idle_arguments(spec: Spec) -> Iterator[Diagnostic]:
    """W0624 for an argument of an optimizer, a loss, a metric or a callback that does nothing without another one."""
    for category, value, path in _kinds(spec):
        if not isinstance(value, KindValue) or not catalog().has(category, value.kind):
            continue
        defaults = catalog().defaults(category, value.kind)
        for argument, needed in NEEDS.items():
            given = value.args.get(argument)
            if not given or needed not in defaults or value.args.get(needed, defaults[needed]):
                continue
            message = f"`{argument}` of {value.kind} does nothing without `{needed}`"
            place = spec.place(*path, value.kind, argument)
            hint = f"say `{needed}` too, or leave `{argument}` out"
            yield warning("W0624", message, place, hint)


def _kinds(spec: Spec) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    """Each kind of the training with its category and its place."""
    train = spec.training
    yield "optimizer", train.optimizer, ("train", "optimizer")
    for at, phase in enumerate(train.phases):
        yield "optimizer", phase.optimizer, ("train", "phases", at, "optimizer")
    for at, callback in enumerate(train.callbacks):
        yield "callback", callback, ("train", "callbacks", at)
    by_output = train.loss if isinstance(train.loss, Mapping) else {}
    for name, loss in by_output.items():
        yield "loss", loss, ("train", "loss", name)
    if not by_output:
        yield "loss", train.loss, ("train", "loss")


def directions_apart(spec: Spec) -> Iterator[Diagnostic]:
    """W0625 for a layer that gives its two directions apart, of which only one is taken."""
    taken = {(ref.layer, ref.index) for layer in spec.graph.layers for ref in layer.inputs}
    taken |= {(output.ref.layer, output.ref.index) for output in spec.graph.outputs}
    for layer in spec.graph.layers:
        apart = "merge_mode" in layer.args and layer.args["merge_mode"] is None
        unused = [at for at in (0, 1) if (layer.name, at) not in taken]
        if apart and len(unused) == 1:
            message = f"`{layer.name}` gives its two directions apart, and nothing takes `{layer.name}:{unused[0]}`"
            hint = f"leave `merge_mode` out; `{{Concatenate: , from: [{layer.name}, {layer.name}:1]}}` joins them, too"
            yield warning("W0625", message, layer.span, hint, layer.trail)
