"""Random networks of one layer to three, out of all kinds and arguments: cheap, so that many can be tried.

The first layer's kind goes by the seed, so that all take turns; it and its arguments are those of
``tests/layers/layer_cases.py``. What follows is whatever Keras takes after it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "layers"))
from layer_cases import CASES
from layer_draws import Case

from nnspec.backend.kinds import kind_class
from nnspec.frontend.shapes import with_defaults
from nnspec.layers import KINDS, infer
from nnspec.layers.rule import NoRule
from nnspec.layers.types import KindValue, Symbol, TensorSpec

# Their inputs are texts, or they are no layers that a network ends in.
LEFT_OUT = {"InputLayer", "StringLookup", "TextVectorization", "Pipeline"}
KINDS_DRAWN = sorted(  # what every file refuses by its name is not tried again
    kind
    for kind in CASES
    if kind not in LEFT_OUT and KINDS[kind].walked_by is None and KINDS[kind].mobile.instead is None
)
NOT_DRAWN = ("dtype", "trainable", "autocast", "stateful", "seed")  # other types of numbers are refused before
TRIES = 40
CORE = ("Dense", "Activation", "BatchNormalization", "ReLU", "Flatten", "Add", "Conv2D", "Reshape", "Concatenate")


@dataclass
class Small:
    """A network as it is drawn: the model, and kinds, values of arguments and sequences of kinds that it is made of.

    The names of its inputs and outputs begin with `prefix`, so that several networks can be one model.
    """

    seed: int
    prefix: str = ""
    model: Any = None
    layers: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        while self.model is None:
            first = KINDS_DRAWN[self.seed % len(KINDS_DRAWN)]
            inputs, outputs = self._first(first)
            for _ in range(self.random.choice((0, 1, 1, 2))):
                outputs = self._next(outputs) or outputs
            self.model = _model(inputs, outputs, self.prefix)
        numbers = np.random.default_rng(self.seed)
        for weight in self.model.weights:
            if weight.dtype.startswith("float"):
                weight.assign(weight + numbers.uniform(0, 0.3, weight.shape).astype(weight.dtype))

    def _first(self, kind: str) -> tuple[list[Any], list[Any]]:
        while True:
            case = CASES[kind](self.random)
            try:
                inputs = [
                    keras.Input([self._size(size) for size in shape], dtype=dtype, name=f"{self.prefix}given{number}")
                    for number, (shape, dtype) in enumerate(case.inputs)
                ]
                if any(one.dtype not in ("float32", "int32") for one in inputs):
                    continue
                return inputs, self._called(case, inputs)
            except Exception:  # one of the cases that Keras refuses
                continue

    def _size(self, size: int | None) -> int | None:
        return size if size is not None else self.random.choice((None, 3, 4, 5))

    def _next(self, outputs: list[Any]) -> list[Any] | None:
        tensor = self.random.choice(outputs)
        for _ in range(TRIES):
            kind = self.random.choice(CORE if self.random.random() < 0.3 else KINDS_DRAWN)
            case = CASES[kind](self.random)
            try:
                made = self._called(case, [tensor] * len(case.inputs))
            except Exception:  # most kinds do not follow most shapes
                continue
            self.met[f"sequence {self.layers[-2]} {self.layers[-1]}"] += 1
            return [*made, *(one for one in outputs if one is not tensor)]
        return None

    def _called(self, case: Case, tensors: list[Any]) -> list[Any]:
        args = {name: value for name, value in case.args.items() if name not in NOT_DRAWN}
        _refuse(case, args, tensors)
        layer = kind_class("layer", case.kind)(**{name: _made(value) for name, value in args.items()})
        given = tensors if case.kind in _LISTS else tensors[:1] if len(case.inputs) == 1 else tensors
        flags = {name: value for name, value in case.call.items() if name != "training"}
        called = layer(given, **flags) if case.kind in _LISTS else layer(*given, **flags)
        found = [one for one in keras.tree.flatten(called) if isinstance(one, keras.KerasTensor)]
        if not found or any(one.dtype not in ("float32", "int32") or len(one.shape) < 2 for one in found):
            raise ValueError("nothing that a file gives")
        if any(np.prod([size or 4 for size in one.shape[1:]]) > 20_000 for one in found):
            raise ValueError("too many numbers")
        self.layers.append(case.kind)
        self.met.update({f"input {case.kind} {one.dtype} {len(one.shape)}" for one in keras.tree.flatten(given)})
        self.met[f"kind {case.kind}"] += 1
        self.met.update(
            f"argument {case.kind}.{name}={_said(value)}" for name, value in args.items() if _said(value) is not None
        )
        return found


_LISTS = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "Attention")
_LISTS += ("MatMul", "AdditiveAttention", "HashedCrossing")


def _refuse(case: Case, args: Mapping[str, Any], tensors: list[Any]) -> None:
    """Raises ShapeError where the rule of a kind says so, for which Keras takes a hundred times as long."""
    specs = [TensorSpec((Symbol("batch"), *map(_dim, one.shape[1:])), one.dtype) for one in tensors]
    with suppress(NoRule):
        infer(case.kind, with_defaults(case.kind, args), specs, case.call)


def _dim(size: int | None) -> Any:
    return Symbol("size") if size is None else size


def _made(value: Any) -> Any:
    """An argument as Keras takes it."""
    if isinstance(value, KindValue):
        given = {name: _made(one) for name, one in value.args.items() if name not in NOT_DRAWN}
        return kind_class("layer", value.kind)(**given)
    if isinstance(value, Mapping):
        return {name: _made(one) for name, one in value.items()}
    return [_made(one) for one in value] if isinstance(value, list) else value


def _said(value: Any) -> str | None:
    """A value of an argument, or of which kind it is."""
    if isinstance(value, KindValue):
        return value.kind
    if isinstance(value, str | bool | int | float):
        return str(value)
    return str(value) if isinstance(value, list) and len(value) < 4 else None


def _model(inputs: list[Any], outputs: list[Any], prefix: str) -> Any:
    names = [f"{prefix}out{number}" for number in range(len(outputs))]
    named = {name: keras.layers.Identity(name=name)(one) for name, one in zip(names, outputs, strict=True)}
    try:
        model = keras.Model({one.name: one for one in inputs}, named)
        model({one.name: np.zeros([1, *(size or 6 for size in one.shape[1:])], one.dtype) for one in inputs})
    except Exception:  # an input that nothing comes of, or what Keras finds with numbers alone
        return None
    return model
