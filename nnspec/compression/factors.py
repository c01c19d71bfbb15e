"""Kernels as the product of two thinner ones: a layer of few channels, and one of kernel size 1 that makes the others.

A kernel is a matrix from what one place sees to the channels. Its largest singular values keep most of it (Zhang et
al., Accelerating very deep convolutional networks for classification and detection, 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from nnspec.compression.channels import FOUR, ROUNDS, known_macs
from nnspec.frontend.spec import Spec, keras_name
from nnspec.layers import KINDS
from nnspec.runs.errors import TrainingError

PLAIN = {"activation": "linear", "use_bias": False, "bias_regularizer": None, "activity_regularizer": None}


class Factors:
    """The layers of a trained network that can be two, and what each rank costs and keeps.

    Attributes:
        parts: by name the factors of the kernel as a matrix: left vectors, singular values, right vectors.
        macs: by name the multiply-adds of the layer as it is.
    """

    def __init__(self, spec: Spec, model: Any) -> None:
        shared = {layer.shares for layer in spec.graph.layers}
        kept = shared | {output.ref.layer for output in spec.graph.outputs}
        layers = [one for one in spec.graph.layers if one.record.width and not one.shares and one.name not in kept]
        layers = [one for one in layers if one.args.get("groups", 1) == 1 and spec.facts[one.name].macs]
        self.parts = {one.name: _parts(model.get_layer(keras_name(one.name))) for one in layers}
        self.macs = {one.name: int(spec.facts[one.name].macs or 0) for one in layers}
        self.total = known_macs(spec)

    def left(self, ranks: Mapping[str, int]) -> int:
        """The multiply-adds of one example."""
        saved = sum(self.macs[name] * (1 - self._cost(name, rank)) for name, rank in ranks.items())
        return round(self.total - saved)

    def _cost(self, name: str, rank: int) -> float:
        """Of a rank, as a share of the layer's own."""
        rows, columns = len(self.parts[name][0]), len(self.parts[name][2][0])
        return rank * (rows + columns) / (rows * columns)

    def ranks(self, lost: float) -> dict[str, int]:
        """By name the rank that loses this share of the squares of a kernel's weights, where two layers cost less."""
        found = {}
        for name, (_, values, _) in self.parts.items():
            squares = np.cumsum(values.astype(np.float64) ** 2)
            needed = int(np.searchsorted(squares, (1 - lost) * squares[-1]) + 1)
            rank = max(FOUR, -(-needed // FOUR) * FOUR)
            if self._cost(name, rank) < 1:
                found[name] = rank
        return found

    def within(self, target: float) -> dict[str, int]:
        """The ranks that lose least, each layer the same share, with at most ``target`` multiply-adds.

        Raises:
            TrainingError: they are not enough.
        """
        if (fewest := self.left(self.ranks(1.0))) > target:
            message = f"{fewest:,} multiply-adds are the fewest that are left, and {round(target):,} are wanted"
            kinds = ", ".join(kind for kind, record in KINDS.items() if record.width)
            raise TrainingError(message, hint=f"kernels of {kinds} can be two, those of outputs cannot")
        low, high = 0.0, 1.0
        for _ in range(ROUNDS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.left(self.ranks(middle)) <= target else (middle, high)
        return self.ranks(high)


def _parts(layer: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kernel = np.asarray(layer.kernel)
    left, values, right = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), full_matrices=False)
    return left, values, right


def factored(model: Any, factors: Factors, ranks: Mapping[str, int]) -> Any:
    """The model with two layers in the place of each that has a rank; the second is called as the first, and `_out`."""
    by_name = {keras_name(name): name for name in ranks}
    taken, seconds = {layer.name for layer in model.layers}, dict[str, Any]()

    def clone(old: Any) -> Any:
        config = old.get_config()
        if old.name not in by_name:
            return type(old).from_config(config)
        seconds[old.name] = type(old).from_config(_second(config, _free(f"{old.name}_out", taken)))
        size = "units" if "units" in config else "filters"
        return type(old).from_config({**config, **PLAIN, size: ranks[by_name[old.name]]})

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        found = layer(*args, **kwargs)
        return seconds[layer.name](found) if layer.name in seconds else found

    smaller = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for old in model.layers:
        new = smaller.get_layer(old.name)
        if old.name not in by_name:
            new.set_weights(old.get_weights())
            continue
        left, values, right = factors.parts[by_name[old.name]]
        rank = ranks[by_name[old.name]]
        root = np.sqrt(values[:rank])
        new.set_weights([(left[:, :rank] * root).reshape(new.kernel.shape)])
        second = seconds[old.name]
        second.set_weights([(root[:, None] * right[:rank]).reshape(second.kernel.shape), *old.get_weights()[1:]])
    return smaller


def _second(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    if "units" in config:
        return {**config, "name": name}
    ones = [1] * len(config["kernel_size"])
    return {**config, "name": name, "kernel_size": ones, "strides": ones, "dilation_rate": ones, "padding": "valid"}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
