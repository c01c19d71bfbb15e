"""`train.prune`: which weights become zero and in which epochs, and what that cannot go with."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.kinds import catalog
from nnspec.frontend.config import PruneConfig, TrainConfig
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.optimizers import parts_of
from nnspec.frontend.rounding import early_stopping
from nnspec.frontend.settings_checks import matched
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers import layer_kind, layers_within
from nnspec.layers.types import KindValue

TWO_OF_FOUR = "2:4"
GROUP = 4  # weights of which two stay


def dense_epochs(train: TrainConfig) -> int:
    """How many epochs come before the first weight is made zero."""
    assert train.prune is not None
    given = train.prune.dense_epochs
    return given if given is not None else 0 if train.initial_weights else train.epochs // 4


def final_epochs(train: TrainConfig) -> int:
    """How many epochs at the end make no further weight zero."""
    assert train.prune is not None
    given = train.prune.final_epochs
    return given if given is not None else train.epochs // 4


def first_sparse_epoch(train: TrainConfig) -> int:
    """The first epoch, from 0, at whose end as many weights are zero as are wanted."""
    return train.epochs - final_epochs(train) - 1


def share_of(settings: PruneConfig) -> float:
    """The share of weights that end as zero."""
    return 0.5 if isinstance(settings.sparsity, str) else settings.sparsity


def pruned(spec: Spec) -> Iterator[Layer]:
    """The layers that own weights which become zero."""
    settings = spec.training.prune
    for layer in spec.graph.layers if settings else ():
        assert settings is not None
        wanted = settings.layers is None or any(matched(settings.layers, name) for name in spec.graph.calls(layer))
        own = layer.shares is None and layer.args.get("trainable") is not False
        if wanted and own and can_be_pruned(layer) and (settings.sparsity != TWO_OF_FOUR or _fits(spec, layer)):
            yield layer


def can_be_pruned(layer: Layer) -> bool:
    """Whether a layer, or one within it, has weights that pruning takes."""
    return bool(layer.record.sparse) or any(map(_can, layers_within(layer.args)))


def _can(value: KindValue) -> bool:
    return bool(layer_kind(value.kind).sparse) or any(map(_can, layers_within(value.args)))


def _fits(spec: Spec, layer: Layer) -> bool:
    """Whether the inputs of a layer can be taken by fours, as far as that is known."""
    ref = layer.inputs[0]
    fact = spec.facts.get(ref.layer)
    shape = next((given.shape for given in spec.graph.inputs if given.name == ref.layer), ())
    if fact is not None and fact.outputs is not None and ref.index < len(fact.outputs):
        shape = fact.outputs[ref.index].shape  # type: ignore[assignment]  # sizes may be unknown in either
    last = shape[-1] if shape else None
    return not isinstance(last, int) or last % GROUP == 0


def check_pruning(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each thing that makes no sense, or undoes what is pruned."""
    train = spec.training
    if train.prune is None:
        return
    place = spec.place("train", "prune")
    dense, final = dense_epochs(train), final_epochs(train)
    if train.epochs - dense - final < 1:
        message = (
            f"of {train.epochs} epochs {dense} prune nothing yet and {final} nothing more: none is left to prune in"
        )
        hint = "more `epochs`, or fewer `dense_epochs` and `final_epochs`"
        yield Diagnostic("E0703", message, place, hint=hint)
    if not any(pruned(spec)):
        message = "no layer of the network has weights that can be pruned"
        if train.prune.sparsity == TWO_OF_FOUR and any(map(can_be_pruned, spec.graph.layers)):
            message = "no layer has a number of inputs that 4 divides, so that two of each four could stay"
        yield Diagnostic("E0746", message, place, hint="leave `prune` out")
    yield from early_stopping(spec, first_sparse_epoch(train), "are not pruned to the end")
    averaging: list[tuple[str | int, ...]] = [
        ("train", "callbacks", index) for index, value in enumerate(train.callbacks) if _averages(value)
    ]
    averaging += [part.setting for part in parts_of(spec) if part.optimizer.args.get("use_ema")]
    for path in averaging:
        message = "averages of weights over many steps hold no zeros, and `prune` makes them"
        yield Diagnostic("E0703", message, spec.place(*path), hint="leave it out, or `prune`")


def _averages(value: object) -> bool:
    kind = value.kind if isinstance(value, KindValue) else value
    return isinstance(kind, str) and catalog().canonical("callback", kind) == "SwapEMAWeights"
