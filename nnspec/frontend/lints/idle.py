"""What is written and changes nothing: an argument without the one that it needs, a direction that nothing takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import warning
from nnspec.frontend.optimizers import parts_of
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

# By argument the one without which Keras never looks at it.
NEEDS = {
    "alpha": "apply_class_balancing",
    "nesterov": "momentum",
    "ema_momentum": "use_ema",
    "ema_overwrite_frequency": "use_ema",
    "initial_value_threshold": "save_best_only",
    **{f"bias_{what}": "use_bias" for what in ("initializer", "regularizer", "constraint")},
    **{f"gamma_{what}": "scale" for what in ("initializer", "regularizer", "constraint")},
    **{f"beta_{what}": "center" for what in ("initializer", "regularizer", "constraint")},
    "lora_alpha": "lora_rank",
    "renorm_clipping": "renorm",
    "renorm_momentum": "renorm",
    "zero_output_for_mask": "return_sequences",
}


def idle_arguments(spec: Spec) -> Iterator[Diagnostic]:
    """W0624 for an argument of a layer or of what trains it that does nothing without another one."""
    for category, value, path in _kinds(spec):
        for argument, needed in _idle(category, value) if isinstance(value, KindValue) else ():
            message = f"`{argument}` of {value.kind} does nothing without `{needed}`"
            hint = f"say `{needed}` too, or leave `{argument}` out"
            yield warning("W0624", message, spec.place(*path, value.kind, argument), hint)
    for layer in spec.graph.layers:
        for argument, needed in () if layer.shares else _idle("layer", KindValue(layer.kind, layer.args)):
            message = f"`{argument}` of {layer.written} `{layer.name}` does nothing without `{needed}`"
            place = layer.arg_spans.get(argument, layer.span)
            yield warning("W0624", message, place, f"leave `{argument}` out", layer.trail)


def _idle(category: str, value: KindValue) -> Iterator[tuple[str, str]]:
    """Arguments that are given and do nothing, each with the one that it needs."""
    if not catalog().has(category, value.kind):
        return
    defaults = catalog().defaults(category, value.kind)
    for argument, needed in NEEDS.items():
        given = value.args.get(argument)
        used = needed not in defaults or value.args.get(needed, defaults[needed])
        if given and not used and given != defaults.get(argument):
            yield argument, needed


def _kinds(spec: Spec) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    """Each kind of the training with its category and its place."""
    train = spec.training
    for part in parts_of(spec):
        yield "optimizer", part.optimizer, part.setting
    for at, callback in enumerate(train.callbacks):
        yield "callback", callback, ("train", "callbacks", at)
    by_output = train.loss if isinstance(train.loss, Mapping) else {}
    for name, loss in by_output.items():
        yield "loss", loss, ("train", "loss", name)
    if not by_output:
        yield "loss", train.loss, ("train", "loss")


def of_no_phase(spec: Spec) -> Iterator[Diagnostic]:
    """W0624 for a setting of the training that each of its phases has in its own way."""
    for key in ("optimizer", "trainable") if spec.training.phases else ():
        given = spec.node.get("train", key)
        if given is not None and all(getattr(phase, key) is not None for phase in spec.training.phases):
            message = f"`{key}` of the training does nothing: each phase has its own"
            yield warning("W0624", message, spec.place("train", key), f"leave `{key}` out, here or in the phases")


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
