"""`train.initial_weights`: weights to begin from, taken over by the names of layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.learned import learned_of
from nnspec.backend.weights import give_weights
from nnspec.catalog.applications import APPLICATIONS
from nnspec.data.dataset import Dataset
from nnspec.data.protocol import Assets
from nnspec.frontend.agreement.initial_weights import ANOTHER_NAME, listed, no_name, of_another_kind
from nnspec.frontend.config import PretrainedConfig
from nnspec.frontend.diagnostics import Diagnostic, Span, SpecError
from nnspec.frontend.learning import learners
from nnspec.frontend.spec import Spec, keras_name
from nnspec.layers.learning import LEARNS
from nnspec.training.given_model import open_model
from nnspec.training.learned import Learned

COLOURS = 3  # of the images that those networks learned from; grey ones are made three before them


@dataclass(frozen=True)
class InitialWeights:
    """The model of ``train.initial_weights``, and of a run what it learned from its data."""

    spec: Spec
    file: Path
    source: Any
    assets: Assets | None

    @property
    def span(self) -> Span | None:
        return self.spec.place("train", "initial_weights")

    def learned(self) -> Learned:
        """What layers of the same name and kind have learned: the weights behind them belong to these values."""
        theirs = {layer.name: layer for layer in self.source.layers}
        found = {}
        for layer in learners(self.spec.graph):
            other = theirs.get(keras_name(layer.name))
            values = learned_of(other) if other is not None and type(other).__name__ == layer.kind else None
            if values is not None:
                found[layer.name] = values
        return Learned(found)

    def take(self, model: Any) -> list[str]:
        """Copies weights into layers of the same name.

        Returns:
            The names of the layers with weights that were left as they were drawn.

        Raises:
            SpecError: E0712, a layer has other shapes or is of another kind, or no layer has a name in common.
        """
        theirs = {layer.name: layer for layer in self.source.layers if layer.weights}
        mine = [layer for layer in model.layers if layer.weights]
        left = [layer.name for layer in mine if layer.name not in theirs]
        if theirs and len(left) == len(mine):
            raise SpecError([Diagnostic("E0712", no_name(self.file.name, list(theirs)), self.span)])
        for layer in mine:
            if layer.name in theirs:
                self._copy(theirs[layer.name], layer)
        return left

    def unused(self, model: Any) -> list[str]:
        """The names of the file's layers with weights that no layer of the network has."""
        names = {layer.name for layer in model.layers}
        return [layer.name for layer in self.source.layers if layer.weights and layer.name not in names]

    def _copy(self, theirs: Any, mine: Any) -> None:
        message = None
        shapes, names = [tuple(weight.shape) for weight in theirs.weights], [_name(weight) for weight in theirs.weights]
        as_drawn = set() if any(map(_adapts, theirs.weights)) else {id(one) for one in mine.weights if _adapts(one)}
        taken = [weight for weight in mine.weights if id(weight) not in as_drawn]
        if type(theirs).__name__ != type(mine).__name__:
            message = of_another_kind(mine.name, type(mine).__name__, type(theirs).__name__)
        elif [tuple(weight.shape) for weight in taken] != shapes:
            message = f"`{mine.name}` has other shapes there: {shapes}"
        elif (ours := [_name(weight) for weight in taken]) != names:  # of one shape, as a gamma and a beta
            message = f"`{mine.name}` has the weights {listed(ours)}, and {listed(names)} there"
        if message is not None:
            raise SpecError([Diagnostic("E0712", message, self.span, hint=ANOTHER_NAME)])
        values = iter(theirs.get_weights())
        give_weights(mine, [np.asarray(one) if id(one) in as_drawn else next(values) for one in mine.weights])

    def doubts(self, model: Any, dataset: Dataset) -> Iterator[Diagnostic]:
        """What the names of layers do not tell: rows of a table or units that stand for something else there."""
        if self.assets is not None:
            before = dict(numbered(self.assets))
            for what, mine in numbered(dataset.assets):
                theirs = before.get(what, mine)
                if list(theirs) != list(mine):
                    yield self._doubt(what, theirs, mine, f"the {what} of the data", f"the {what} of that run")
        theirs_by_name = {layer.name: layer for layer in self.source.layers}
        for layer in model.layers:
            kind, other = type(layer).__name__, theirs_by_name.get(layer.name)
            has_tokens = kind in LEARNS and LEARNS[kind].argument == "vocabulary"
            if has_tokens and other is not None and type(other).__name__ == kind:
                one, two = other.get_vocabulary(), layer.get_vocabulary()
                if one != two:
                    yield self._doubt("vocabulary", one, two, f"the vocabulary of `{layer.name}`", "the one there")

    def _doubt(self, what: str, theirs: Sequence[Any], mine: Sequence[Any], ours: str, other: str) -> Diagnostic:
        place = next((at for at, pair in enumerate(zip(theirs, mine, strict=False)) if pair[0] != pair[1]), None)
        where = (
            f"number {place} is {mine[place]!r}, and {theirs[place]!r} there"
            if place is not None
            else f"{len(mine):,}, and {len(theirs):,} there"
        )
        message = f"{ours} and {other} differ: {where}; weights are taken by their place all the same"
        return Diagnostic("W0728", message, self.span, "warning", f"rename layers whose weights follow the {what}")


def open_initial_weights(spec: Spec) -> InitialWeights | None:
    """The ``.keras`` file, the best model of the run folder, or the network of Keras's that the spec names, or None.

    Raises:
        SpecError: E0712, the file cannot be read.
    """
    given = spec.training.initial_weights
    if not given:
        return None
    if isinstance(given, PretrainedConfig):
        return InitialWeights(spec, Path(given.application), _pretrained(spec, given), None)
    found = open_model(spec, given, "initial_weights")
    return InitialWeights(spec, found.file, found.model, found.assets)


def _pretrained(spec: Spec, given: PretrainedConfig) -> Any:
    """The network of `keras.applications` for the first input of the spec that is an image."""
    from nnspec.backend.pretrained import NoWeights
    from nnspec.importing.applications import pretrained

    span = spec.place("train", "initial_weights")
    # check has seen to it that there is one
    size: tuple[int | None, ...] = next(port.shape for port in spec.graph.inputs if len(port.shape) == 3)
    if not given.include_top:  # its weights are then the same for images of any size, and Keras refuses small ones
        least = APPLICATIONS[given.application].least
        size = (*(side if side is None else max(side, least) for side in size[:2]), COLOURS)
    more = {"include_top": given.include_top, **({} if given.alpha is None else {"alpha": given.alpha})}
    try:
        return pretrained(given.application, size, **more)
    except NoWeights as error:
        message = f"no weights of {given.application}: {error}"
        raise SpecError([Diagnostic("E0712", message, span, hint=error.hint)]) from error


def numbered(assets: Assets) -> Iterator[tuple[str, Sequence[str]]]:
    """What has its number by its place in a list that the training part tells: by name the list."""
    targets = assets.extra.get("targets") or {}
    for what, found in (
        ("classes", None if len(targets) > 1 else assets.classes),
        *((f"classes of `{name}`", one.get("classes")) for name, one in targets.items() if len(targets) > 1),
        ("vocabulary", assets.words),
        ("characters", assets.extra.get("characters")),
        *((f"categories of `{name}`", one.get("classes")) for name, one in (assets.extra.get("inputs") or {}).items()),
        *(
            (f"categories of `{name}`", one.get("values"))
            for name, one in ((assets.scaling or {}).get("features") or {}).items()
        ),
    ):
        if found is not None:
            yield what, found


def _name(weight: Any) -> str:
    """What a weight is called, without the number of one that Keras names."""
    return re.sub(r"_[0-9]+$", "", weight.name)


def _adapts(weight: Any) -> bool:
    """Whether it is one of those by which `lora_rank` adapts a layer; as they are drawn they change nothing."""
    return str(weight.name).startswith("lora_")
