"""Layers around layers. Their weights are those of the layer inside, and count as Keras counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from nnspec.layers import operations
from nnspec.layers.fields import within
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import dropped, each_step, same
from nnspec.layers.rule import FLOATS, Call, Facts, ShapeError
from nnspec.layers.types import KindValue, TensorSpec
from nnspec.layers.value_types import ANYTHING, ValueTypes


def _spectral_normalization(call: Call) -> Facts:
    """Miyato et al. 2018 (arXiv:1802.05957): keeps an estimate of a singular vector, as long as the kernel is wide."""
    call.size("power_iterations")
    inner = call.infer("layer", call.nested("layer"), call.input)
    if inner.columns is None:
        raise ShapeError(f"{call.nested('layer').kind} has no kernel to normalize", argument="layer")
    outputs = tuple(call.output(*spec.shape) for spec in inner.outputs)
    return replace(inner, outputs=outputs, frozen=inner.frozen + inner.columns, columns=None)


def _within(args: Mapping[str, Any]) -> Iterator[KindValue]:
    """The layers within, and those within them."""
    for value in args.values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, KindValue):
                yield from (one, *_within(one.args))


def _penalizes(value: KindValue) -> bool:
    """Whether a layer adds something of its output to the loss."""
    return value.kind == "ActivityRegularization" or value.args.get("activity_regularizer") is not None


def _time_distributed(call: Call) -> Facts:
    batch, steps, *rest = call.at_least(3)
    for value in filter(_penalizes, _within(call.args)):
        hint = "`activity_regularizer` of TimeDistributed itself is taken of all steps"
        raise ShapeError(f"Keras loses the penalty on the output of the {value.kind} within it", hint, "layer")
    step = TensorSpec((batch, *rest), call.kept(call.input, ()).dtype, call.input.holds)
    inner = call.infer("layer", call.nested("layer"), step)
    if len(inner.outputs) != 1:
        raise ShapeError(f"{call.nested('layer').kind} returns {len(inner.outputs)} tensors, not one", argument="layer")
    batch, *rest = inner.outputs[0].shape
    output = replace(call.output(batch, steps, *rest), holds=inner.outputs[0].holds)
    return replace(inner, outputs=(output,), macs=steps * inner.macs, columns=None)


def _pipeline(call: Call) -> Facts:
    facts = Facts((call.input,))
    if not call.get("layers"):
        raise ShapeError("it applies one layer or more, and gets none", argument="layers")
    for value in call.listed("layers", KindValue):
        inner = call.infer("layers", value, *facts.outputs)
        facts = Facts(
            inner.outputs, facts.weights + inner.weights, facts.frozen + inner.frozen, facts.macs + inner.macs
        )
    return facts


WITHIN = ValueTypes(takes=ANYTHING)  # the layer within has a say of its own
WEIGHTS_WITHIN = ValueTypes(takes=ANYTHING, own=FLOATS)

WRAPPERS: dict[str, LayerKind] = {
    "SpectralNormalization": LayerKind(
        says="Divides the wrapped layer's kernel by its largest singular value.",
        rule=_spectral_normalization,
        operations=operations.within,
        mask=dropped,
        field=within,
        weights_within=True,
        training=False,
        types=WEIGHTS_WITHIN,
    ),
    "TimeDistributed": LayerKind(
        says="Applies one layer, with the same weights, to each step of a sequence.",
        rule=_time_distributed,
        operations=operations.each_step,
        mask=same,
        uses_mask=each_step,
        weights_within=True,
        counts_steps=True,
        each_step=True,
        types=WITHIN,
    ),
    "Pipeline": LayerKind(
        says="Applies preprocessing layers one after another.",
        rule=_pipeline,
        operations=operations.several,
        mask=dropped,
        weights_within=True,
        training=True,
        types=WITHIN,
    ),
}
