"""Single arguments of losses, metrics, optimizers and all else that is no layer, held by `check` and by Keras."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import yaml
from test_keras_catalog import ELSEWHERE, VALUES, as_node

from nnspec.backend.kinds import instantiate
from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Source
from nnspec.frontend.pipeline import check
from nnspec.frontend.values import read_kind
from nnspec.schema_validity import fits

CATEGORIES = (*("loss", "metric", "optimizer", "schedule", "callback"), *("initializer", "regularizer", "constraint"))
NUMBERS = (-1, 0, 1, 2, 3, 7, 1000, -1.5, -0.1, 0.0, 0.3, 0.5, 1.0, 1.5, 300.0, 1e-30, 1e30)
LISTS: tuple[Any, ...] = ([], [0], [1], [3], [-1], [0.5], [2, 1], [0.2, 0.8], [0.8, 0.2], [1, 2, 3], [0.5, 0.2, 0.1])
LISTS += ([0.0, 0.5, 1.0], ["a"], [[1.0, 2.0, 3.0]], [[1, 2, 3]] * 4, [0.1, 0.2, 0.3, 0.4])
TEXTS = ("", "a", "loss", "val_loss", "accuracy", "auto", "[0-9", "log.csv", "x.keras", "x.weights.h5", "{epoch}.keras")
NEEDED = {
    "LossScaleOptimizer": {"inner_optimizer": "SGD"},
    "PiecewiseConstantDecay": {"boundaries": [1], "values": [0.5, 0.1]},
}
DRAW = np.random.default_rng(0)
SCORES = tf.nn.softmax(tf.constant(DRAW.normal(size=(8, 3)), tf.float32))
NUMBERED = tf.constant(DRAW.integers(0, 3, 8))
ONE_HOT = tf.one_hot(NUMBERED, 3)
MATRIX = tf.constant(DRAW.normal(size=(4, 3)), tf.float32)


def changed(category: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments of a kind, one of them each time as no default has it."""
    arguments = catalog().arguments(category, kind)
    base = {a.name: VALUES.get((kind, a.name), VALUES.get(a.name, 1)) for a in arguments if a.required}
    base |= NEEDED.get(kind, {})
    yield "", base
    for argument in arguments:
        schema = catalog().definitions[f"{category}.{kind}"]["properties"][argument.name]
        if argument.name in ("name", "seed") or argument.category:
            continue
        for value in (True, False, *NUMBERS, *LISTS, *TEXTS, *_choices(schema)):
            if fits(value, schema, catalog().schema):
                yield argument.name, {**base, argument.name: value}


def _choices(schema: Any) -> list[Any]:
    if schema.get("$ref", "").startswith("#/$defs/type."):
        schema = catalog().definitions[schema["$ref"].removeprefix("#/$defs/")]
    branches = (schema, *schema.get("anyOf", ()))
    return [value for branch in branches for value in branch.get("enum", ()) if value is not None]


def text(category: str, kind: str, args: dict[str, Any]) -> str:
    """A spec that names the kind where its category stands, an argument on each line."""
    held = {kind: args} if args else kind
    layer: dict[str, Any] = {"units": 3, "activation": "softmax"}
    train: dict[str, Any] = {"loss": "CategoricalCrossentropy"}
    if category == "schedule":
        train["optimizer"] = {"SGD": {"learning_rate": held}}
    elif category in ("initializer", "regularizer", "constraint"):
        layer[f"kernel_{category}"] = held
    else:
        train[{"metric": "metrics", "callback": "callbacks"}.get(category, category)] = (
            [held] if category in ("metric", "callback") else held
        )
    data = {"source": {"Arrays": {"path": "none.npz", "inputs": "x", "targets": "y"}}, "split": {"validation": 0.5}}
    spec = {"nnspec": 1, "inputs": {"x": [4]}, "layers": [{"Dense": layer}], "data": data, "train": train}
    return str(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True))


def of_check(category: str, kind: str, args: dict[str, Any]) -> list[Diagnostic]:
    found = check(Source.from_text(text(category, kind, args), "net.yaml"), data=False)
    return [one for one in found.diagnostics if one.severity == "error"]


def of_keras(category: str, kind: str, args: dict[str, Any]) -> str | None:
    """What is wrong with the object in one step: what it raises, or numbers that are not finite."""
    try:
        made = instantiate(category, read_kind(category, kind, as_node(args)))
        return None if TRIED[category](made) else "not finite"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _finite(*values: Any) -> bool:
    return all(bool(np.isfinite(np.asarray(value, "float64")).all()) for value in keras.tree.flatten(values))


def _any(*ways: Any) -> bool:
    errors: list[Exception] = []
    found = []
    for way in ways:
        try:
            found.append(_finite(way()))
        except Exception as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return any(found)


def _loss(made: Any) -> bool:
    if type(made).__name__ == "CTC":
        return True
    return _any(*(lambda y=y: made(y, SCORES) for y in (ONE_HOT, NUMBERED)))


def _metric(made: Any) -> bool:
    def measured(y: Any, scores: Any) -> Any:
        made.reset_state()
        made.update_state(y, scores)
        return made.result()

    ways = [(ONE_HOT, SCORES), (NUMBERED, SCORES), (NUMBERED, NUMBERED), (ONE_HOT[:, 0], SCORES[:, 0])]
    return _any(*(lambda y=y, s=s: measured(y, s) for y, s in ways))


def _optimizer(made: Any) -> bool:
    weights = [keras.Variable(MATRIX), keras.Variable(MATRIX[0])]
    made.build(weights)
    for _ in range(2):
        made.apply_gradients([(tf.ones_like(weight.value), weight) for weight in weights])
    return _finite([weight.numpy() for weight in weights])


def _callback(made: Any) -> bool:
    given = keras.Input((4,))
    model = keras.Model(given, keras.layers.Dense(1)(given))
    model.compile("sgd", "mse", metrics=["mae", "accuracy"])
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            x = np.zeros((4, 4), "float32")
            model.fit(x, x[:, :1], validation_data=(x, x[:, :1]), epochs=1, verbose=0, callbacks=[made])
        finally:
            os.chdir(Path(here))
    return True


TRIED: dict[str, Any] = {
    "loss": _loss,
    "metric": _metric,
    "optimizer": _optimizer,
    "schedule": lambda made: _finite([made(step) for step in (0, 1, 2, 7)]),
    "callback": _callback,
    "initializer": lambda made: _finite(made((4, 3))),
    "regularizer": lambda made: _finite(made(MATRIX)),
    "constraint": lambda made: _finite(made(MATRIX)),
}
KINDS = [
    (category, kind)
    for category in CATEGORIES
    for kind in catalog().kinds(category)
    if kind not in ELSEWHERE and catalog().refused(kind) is None
]
