"""What layers learned from the training data before the training: kept in the run, put into the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.console.atomic_files import write_text
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
        """Puts means and variances into the weights of a model built from ``network``."""
        for name, values in self.layers.items():
            if "mean" in values:
                layer = model.get_layer(keras_name(name))
                layer.adapt_mean.assign(np.asarray(values["mean"], np.float32))
                layer.adapt_variance.assign(np.asarray(values["variance"], np.float32))
                layer.finalize_state()

    def save(self, path: Path) -> None:
        """Nothing is written where there is nothing. Raises OSError."""
        if self.layers:
            write_text(path, json.dumps({"layers": self.layers}, ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Learned | None:
        """None where there is no such file. Raises TrainingError where it cannot be read."""
        try:
            return cls(read_json(path, MAX_LEARNED)["layers"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{path}, what layers learned from the data, cannot be read: {error}"
            raise TrainingError(message, hint="begin a new run: --fresh") from error


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
