"""A trained network with filters and units taken out, as a model and as a spec that one can read."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nnspec.backend.aware.model import AwareModel
from nnspec.backend.lower import build
from nnspec.compression.channels import By, Costs, known_macs, least, scores
from nnspec.compression.factors import Factors, factored
from nnspec.compression.other_names import with_names
from nnspec.compression.own_words import Arguments, at_one_place, in_own_words
from nnspec.console.displayed import Displayed
from nnspec.evaluation.open_run import load_model
from nnspec.frontend.channels import Channels, channels_of
from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.format import format_text
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.importing.imported import ImportedSpec, import_config
from nnspec.importing.learned import from_model, with_learned
from nnspec.importing.text import section
from nnspec.importing.weights import carry_weights
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import latest_run

KEPT = ("description", "requires", "data", "train", "export", "budget")  # sections that the new spec has as well


@dataclass(frozen=True)
class Pruned(Displayed):
    """What is left of a network.

    Attributes:
        text: of the new spec; its `train.initial_weights` names the file that is to hold `model`.
        spec: what the text says, checked.
        model: the network with the weights that are left.
        layers: by name of each layer that gives fewer channels, how many it gave and gives; of one that is two now the
            rank that its kernel could have and has.
        macs, params: before and after; multiply-adds of one example.
        held: by name of each layer that keeps its channels because another depends on all of them, which and where.
    """

    text: str
    spec: Spec
    layers: Mapping[str, tuple[int, int]]
    macs: tuple[int, int]
    params: tuple[int, int]
    model: Any = field(repr=False)
    held: Mapping[str, str] = field(default_factory=dict)


def prune(
    spec: Spec,
    run: Path | None,
    macs: float,
    weights: Path,
    by: By = "norm",
    folder: Path | None = None,
    teach: bool = False,
    multiple: int | None = None,
    alike: bool = False,
) -> Pruned:
    """Takes out of each set of channels that belong together the least ones; or makes two thinner kernels of each.

    Args:
        run: the run's folder; by default the spec's last.
        macs: how many multiply-adds are to be left: a share, or above 1 a number.
        weights: the file that the new spec begins from.
        folder: where the new spec is going to be; paths to weights and teacher are written relative to it.
        teach: the new spec learns from the run that it comes from.
        multiple: numbers of channels that it divides stay such; None: 8, or 4 where 8 does not do.
        alike: layers that one number of the spec makes keep equally many, so that its loops and blocks stay.

    Raises:
        TrainingError: there is no run; it rounds; so few multiply-adds cannot be reached.
        SpecError: what is left is not what a spec can say, or settings name layers that have other names now.
    """
    place = latest_run(spec.name, run)
    model = load_model(spec, place.path)
    if isinstance(model, AwareModel):
        message = f"{place.path} was trained to be rounded: its channels cannot be taken out any more"
        raise TrainingError(message, hint="prune the float run, and round what is left")
    before = known_macs(spec)
    if not before:
        raise TrainingError("the multiply-adds of the network are unknown or none", hint="`nnspec show` lists them")
    target = macs * before if macs <= 1 else macs
    together = at_one_place(spec) if alike else []
    left = _factored(spec, model, target) if by == "factors" else _thinner(spec, model, target, by, multiple, together)
    near = (folder or Path.cwd()).resolve()
    train: dict[str, Any] = {"initial_weights": Path(os.path.relpath(weights, near)).as_posix()}
    if teach:
        train["teacher"] = {"run": Path(os.path.relpath(place.path, near)).as_posix()}
    own = None if left.sizes is None else in_own_words(spec, left.sizes, train, near, KEPT)
    origins: Mapping[str, tuple[str, ...]] = {layer.name: (keras_name(layer.name),) for layer in spec.graph.layers}
    if own is None:
        imported = import_config(_config(left.model), name=spec.name)
        own, origins = _written(spec, imported, train, near), imported.origins
    found, text = own
    kept = build(found.graph)
    carry_weights(left.model, kept, origins)
    counts = (model.count_params(), kept.count_params())
    return Pruned(text, found, left.changed, (before, known_macs(found)), counts, kept, left.held)


@dataclass(frozen=True)
class _Left:
    """What is left of a network.

    Attributes:
        changed, held: as of `Pruned`.
        sizes: by layer the arguments that say how many channels it gives; None where there are other layers.
    """

    model: Any
    changed: Mapping[str, tuple[int, int]]
    held: Mapping[str, str] = field(default_factory=dict)
    sizes: Arguments | None = None


def _thinner(
    spec: Spec, model: Any, target: float, by: By, multiple: int | None, alike: Collection[Collection[str]]
) -> _Left:
    """The model without its least channels."""
    channels = channels_of(spec)
    gone = least(channels, scores(spec, model, channels, by), Costs(spec, channels), target, multiple, alike)
    changed = {
        name: (len(ids), len(channels.kept(name, gone)))
        for name, ids in channels.of.items()
        if any(name in makers for makers in channels.makers.values()) and gone.intersection(ids)
    }
    held = {name: f"{layer.written} `{layer.name}`, {layer.span}" for name, layer in channels.held().items()}
    return _Left(without(spec, model, channels, gone), changed, held, resized(spec, channels, gone))


def _factored(spec: Spec, model: Any, target: float) -> _Left:
    """The model with kernels as two thinner ones."""
    factors = Factors(spec, model)
    ranks = factors.within(target)
    changed = {name: (len(factors.parts[name][1]), rank) for name, rank in ranks.items()}
    return _Left(factored(model, factors, ranks), changed)


def resized(spec: Spec, channels: Channels, gone: frozenset[int]) -> Arguments:
    """By name of each layer that says how many channels there are the argument that does, with the number left."""
    found: dict[str, Mapping[str, Any]] = {}
    for layer in spec.graph.layers:
        if layer.shares is not None or layer.name not in channels.of:
            continue
        how, left = layer.record.channels_in(layer.args), len(channels.kept(layer.name, gone))
        shape = layer.args.get("target_shape")
        if how == "makes":
            found[layer.name] = {"units" if "units" in layer.args else "filters": left}
        elif how == "flattens" and shape and shape[-1] not in (-1, None):
            found[layer.name] = {"target_shape": [*shape[:-1], left]}
    return found


def without(spec: Spec, model: Any, channels: Channels, gone: frozenset[int]) -> Any:
    """The model without some of its channels, weights of the others as they were."""
    layers = {keras_name(layer.name): layer for layer in spec.graph.layers if layer.shares is None}
    sizes = {keras_name(name): args for name, args in resized(spec, channels, gone).items()}

    def clone(old: Any) -> Any:
        return type(old).from_config({**old.get_config(), **sizes.get(old.name, {})})

    smaller = keras.models.clone_model(model, clone_function=clone)
    for old, new in zip(model.layers, smaller.layers, strict=True):
        layer = layers.get(old.name)
        if old.weights:
            new.set_weights([_left(layer, weight, channels, gone) for weight in old.weights])
    return smaller


def _left(layer: Layer | None, weight: Any, channels: Channels, gone: frozenset[int]) -> np.ndarray:
    """A weight without the places of channels that are gone."""
    value = np.asarray(weight)
    how = None if layer is None else layer.record.channels_in(layer.args)
    if layer is None or how not in ("makes", "keeps") or not {layer.name, layer.inputs[0].layer} <= channels.of.keys():
        return value
    taken, given = channels.kept(layer.inputs[0].layer, gone), channels.kept(layer.name, gone)
    axis = layer.record.sparse.get(weight.name)
    if axis is not None:
        many = value.shape[axis] // len(channels.of[layer.inputs[0].layer])
        rows = [place * many + number for place in taken for number in range(many)]
        return np.asarray(np.take(np.take(value, rows, axis=axis), given, axis=-3 - axis))
    if "kernel" in weight.name:  # of a depthwise convolution
        return np.asarray(np.take(value, taken, axis=-2))
    each = value.shape[-1] == len(channels.of[layer.name])  # else one for all channels
    return np.asarray(np.take(value, given, axis=-1) if each else value)


def _config(model: Any) -> Mapping[str, Any]:
    return with_learned(json.loads(model.to_json()), from_model(model))


def _written(spec: Spec, found: ImportedSpec, train: Mapping[str, Any], folder: Path) -> tuple[Spec, str]:
    """The imported spec with the sections of another one, and its text."""
    resolved = with_names(spec, found)
    own = {**resolved, "train": {**(resolved.get("train") or {}), **train}}
    lines = [line for key in KEPT if own.get(key) for line in ("", *section(key, own[key]))]
    text = format_text(Source("pruned", found.text + "\n".join(lines) + "\n"))
    try:
        return load(Source.from_text(text, str(folder / "pruned.yaml")), trusted=True), text
    except SpecError as error:
        first = error.diagnostics[0]
        hint = "settings go by the names of the new spec: leave this one out, and put it in there"
        raise TrainingError(f"what is left is no spec: {first.message}", hint=hint) from error
