"""What layers learned from the training data before the training: kept in the run, put into the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.console.atomic_files import write_text
from nnspec.frontend.learning import learners
from nnspec.frontend.spec import Graph, Layer, keras_name
from nnspec.layers.learning import LEARNS
from nnspec.reading import read_json
from nnspec.runs.errors import TrainingError

MAX_LEARNED = 1 << 30  # bytes: a vocabulary may be large


@dataclass(frozen=True)
class Learned:
    """By layer, arguments that say what it learned.

    ``mean`` and ``variance`` (nested lists, float32 values), ``bin_boundaries``, or ``vocabulary`` with its special
    tokens and, for ``tf_idf``, ``idf_weights``: all JSON.
    """

    layers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    file: Path | None = None  # that it was read from

    def given(self, layer: Layer) -> Layer:
        """The layer with what it learned as its arguments; itself where it learned nothing."""
        values = self.layers.get(layer.name)
        if values is None or layer.shares is not None:
            return layer
        args = {name: value for name, value in layer.args.items() if name != "num_bins"}
        return replace(layer, args={**args, **values})

    def network(self, graph: Graph) -> Graph:
        """The graph to build: what decides its sizes is given, and a Normalization has weights still, as in Keras."""
        layers = (layer if _keeps_weights(layer) else self.given(layer) for layer in graph.layers)
        return replace(graph, layers=tuple(layers))

    def apply(self, model: Any) -> None:
        """Puts means and variances into the weights of a model built from ``network``.

        Raises:
            TrainingError: a file's are of another shape.
        """
        for name, values in self.layers.items():
            if "mean" in values:
                layer = model.get_layer(keras_name(name))
                if self.file is not None and np.shape(values["mean"]) != tuple(layer.adapt_mean.shape):
                    shapes = list(np.shape(values["mean"])), list(layer.adapt_mean.shape)
                    raise _unusable(
                        self.file, f"`{name}` has a mean of shape {shapes[0]}, and takes one of {shapes[1]}"
                    )
                layer.adapt_mean.assign(np.asarray(values["mean"], np.float32))
                layer.adapt_variance.assign(np.asarray(values["variance"], np.float32))
                layer.finalize_state()

    def save(self, path: Path) -> None:
        """Nothing is written where there is nothing. Raises OSError."""
        if self.layers:
            write_text(path, json.dumps({"layers": self.layers}, ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path, graph: Graph) -> Learned | None:
        """None where there is no such file. Raises TrainingError where it cannot be read, or is of other layers."""
        try:
            found = read_json(path, MAX_LEARNED)["layers"]
            kinds = {layer.name: layer for layer in learners(graph)}
            if set(found) != set(kinds):
                names = sorted(set(found) ^ set(kinds))
                raise ValueError(f"{names[0]!r} is {'no layer that learns' if names[0] in found else 'missing'}")
            for name, values in found.items():
                if (why := _wrong(kinds[name], values)) is not None:
                    raise ValueError(f"`{name}`: {why}")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unusable(path, str(error)) from error
        return cls(found, path)


def _unusable(path: Path, why: str) -> TrainingError:
    message = f"{path}, what layers learned from the data, cannot be used: {why}"
    return TrainingError(message, hint="begin a new run: --fresh")


def _wrong(layer: Layer, values: Any) -> str | None:
    """Why values are not what a layer of this kind learns; None where they are. Raises ValueError likewise."""
    learns = layer.record.learns
    assert learns is not None
    if learns.how == "moments":
        mean, variance = (_numbers(values[name]) for name in ("mean", "variance"))
        return (
            None if mean.shape == variance.shape and (variance >= 0).all() else "mean and variance do not go together"
        )
    if learns.how == "quantiles":
        bounds = _numbers(values["bin_boundaries"])
        return None if bounds.ndim == 1 and (np.diff(bounds) > 0).all() else "its boundaries do not rise"
    words = values["vocabulary"]
    if not isinstance(words, list) or len({type(word) for word in words}) != 1 or len(set(words)) < len(words):
        return "its vocabulary is no list of different words, or of different numbers"
    weights = values.get("idf_weights")
    return None if weights is None or _numbers(weights).shape == (len(words),) else "its weights are not one a word"


def _numbers(value: Any) -> np.ndarray:
    found = np.asarray(value)
    if found.dtype.kind not in "fi" or not np.isfinite(found).all():
        raise ValueError("a value is no finite number")
    return found


def told(graph: Graph, learned: Learned) -> str:
    """For people: ``norm` (mean and variance), `words` (vocabulary of 1,234)``."""
    parts = []
    for layer in graph.layers:
        values = learned.layers.get(layer.name)
        if values is not None:
            facts = LEARNS[layer.kind]
            count = f" of {len(values['vocabulary']):,}" if "vocabulary" in values else ""
            parts.append(f"`{layer.name}` ({facts.what}{count})")
    return ", ".join(parts)


def _keeps_weights(layer: Layer) -> bool:
    """Whether what a layer learned are weights of it, and not arguments."""
    learns = layer.record.learns
    return learns is not None and learns.how == "moments"
