"""The catalogue against the installed Keras: nothing missing, nothing stale, and every argument known to both."""

from __future__ import annotations

import inspect
import re
from typing import Any

import keras
import pytest

from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.backend.refused import REFUSED
from nnspec.catalog.argument_types import TYPES
from nnspec.catalog.kinds import catalog, schema_path
from nnspec.frontend.diagnostics import Source, Span
from nnspec.frontend.schema import validate_arguments
from nnspec.frontend.source import Node
from nnspec.layers.types import Symbol
from nnspec.tools.arguments import ARGUMENTS, CALL_FLAGS
from nnspec.tools.descriptions import DESCRIPTIONS
from nnspec.tools.keras_catalog import CATEGORIES, IDENTIFIERS, keras_kinds, text

pytestmark = pytest.mark.tf

SPAN = Span(Source("test.yaml", ""), 1, 1, 1, 1)
KINDS = [(category, kind, cls) for category in CATEGORIES for kind, cls in keras_kinds(category)]
each_kind = pytest.mark.parametrize(("category", "kind", "cls"), KINDS, ids=[f"{c}-{k}" for c, k, _ in KINDS])

# A value for each required argument, small enough to make the kind; (kind, argument) where one value does not fit all.
VALUES: dict[Any, Any] = {
    "sequence_length": 8,
    ("Slice", "axis"): 1,
    ("Reduce", "function"): "sum",
    ("TopK", "k"): 1,
    **dict.fromkeys(("filters", "units", "kernel_size", "pool_size", "output_size", "size", "key_dim", "head_dim"), 2),
    **dict.fromkeys(("num_query_heads", "num_key_value_heads", "num_heads", "output_dim", "input_dim", "n"), 2),
    **dict.fromkeys(("output_shape", "num_bins", "num_classes", "height", "width", "max_number", "decay_steps"), 2),
    **dict.fromkeys(("rate", "stddev", "scale", "factor", "height_factor", "width_factor", "hue_factor"), 0.5),
    **dict.fromkeys(("precision", "recall", "sensitivity", "specificity", "initial_learning_rate", "decay_rate"), 0.5),
    "target_class_ids": [1],
    "boundaries": [1],
    "dims": [1],
    "target_shape": [1],
    "values": [0.5, 0.1],
    "axes": 1,
    "activation": "relu",
    "equation": "ab,bc->ac",
    "first_decay_steps": 2,
    "filename": "log.csv",
    "filepath": "best.keras",
    ("RandomPosterization", "factor"): 2,
}
OBJECTS: dict[str, Any] = {
    "layer": lambda: keras.layers.LSTM(2, return_sequences=True),
    "cell": lambda: keras.layers.LSTMCell(2),
    "cells": lambda: [keras.layers.LSTMCell(2)],
    "layers": lambda: [keras.layers.Dense(2)],
    "inner_optimizer": lambda: keras.optimizers.SGD(),
}
# What Keras's constructor asks for although its signature has a default.
NEEDED = {"Discretization": {"num_bins": 2}, "CategoryEncoding": {"num_tokens": 2}, "Clip": {"low": 0.0}}
# Kinds that need a package which is not installed here.
ELSEWHERE = {"OrbaxCheckpoint"}


def as_node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: as_node(item) for key, item in value.items()}, SPAN)
    if isinstance(value, list | tuple):
        return Node(tuple(as_node(item) for item in value), SPAN)
    return Node(value, SPAN)


def problems(category: str, kind: str, arguments: dict[str, Any]) -> str:
    return "\n".join(map(str, validate_arguments(category, kind, as_node(arguments), SPAN)))


def named_parameters(category: str, cls: type) -> list[inspect.Parameter]:
    hidden = {"name"} if category == "layer" else set()
    parameters = inspect.signature(cls).parameters.values()
    return [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name not in hidden]


def test_the_committed_schema_is_what_keras_says() -> None:
    assert schema_path().read_text(encoding="utf-8") == text(), "run `nnspec schema --write`"


def test_there_are_kinds_of_every_category() -> None:
    counts = {category: len(catalog().kinds(category)) for category in CATEGORIES}
    assert counts["layer"] > 140 and counts["loss"] > 20 and counts["metric"] > 40 and counts["optimizer"] > 12
    assert all(count > 3 for count in counts.values()), counts


def test_every_public_class_is_a_kind_or_refused_with_a_reason() -> None:
    aside = {"InputSpec"}  # describes inputs; nothing that a spec could name
    public = {
        name
        for module, _ in CATEGORIES.values()
        for name in dir(module)
        if name[0].isupper() and inspect.isclass(getattr(module, name))
    }
    kinds = {kind for _, kind, _ in KINDS}
    assert public - kinds - aside <= set(REFUSED)
    assert not kinds & set(REFUSED)


@each_kind
def test_every_argument_is_accepted_with_its_default(category: str, kind: str, cls: type) -> None:
    named = named_parameters(category, cls)
    known = {argument.name: argument for argument in catalog().arguments(category, kind)}
    assert [p.name for p in named] == list(known)[: len(named)]
    assert {p.name for p in named if p.default is p.empty} == {name for name, a in known.items() if a.required}
    given = {p.name: p.default for p in named if p.default is not p.empty and is_plain(p.default)}
    given |= {name: Symbol("given") for name, argument in known.items() if argument.required}
    assert not problems(category, kind, given)


def is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


@each_kind
def test_keras_accepts_every_argument(category: str, kind: str, cls: type) -> None:
    """Those of base classes too, which reach Keras by way of **kwargs: one argument at a time, with its default."""
    if kind in ELSEWHERE:
        pytest.skip("needs a package that is not installed")
    arguments = catalog().arguments(category, kind)
    required = [argument.name for argument in arguments if argument.required]
    for argument in arguments:
        given = {name: VALUES.get((kind, name), VALUES.get(name)) for name in required if name not in OBJECTS}
        assert not problems(category, kind, {**dict.fromkeys(required, Symbol("given")), **given})
        given |= {name: OBJECTS[name]() for name in required if name in OBJECTS} | NEEDED.get(kind, {})
        cls(**({} if argument.required or argument.name in given else {argument.name: argument.default}), **given)


@each_kind
def test_expressions_stand_for_any_argument(category: str, kind: str, cls: type) -> None:
    names = [argument.name for argument in catalog().arguments(category, kind)]
    assert not problems(category, kind, dict.fromkeys(names, Symbol("a + 1")))


@each_kind
def test_every_argument_has_a_sentence(category: str, kind: str, cls: type) -> None:
    definition = catalog().definitions[f"{category}.{kind}"]
    sentence, signature = definition["description"].split("\n\n")
    assert sentence.endswith(".") and signature.startswith(f"{kind}(")
    assert sentence not in inspect.cleandoc(cls.__doc__ or "").replace("\n", " ")  # our own words
    assert all(schema["description"].endswith(".") for schema in definition["properties"].values())


@pytest.mark.parametrize("category", IDENTIFIERS)
def test_keras_knows_every_identifier(category: str) -> None:
    words = [word for word in catalog().words(category) if word[0].islower() and word not in EXTRA_ACTIVATIONS]
    known = words if category != "metric" else set(words) - {"acc", "ce", "crossentropy"}  # which `compile` knows
    assert len(words) > 2
    assert all(IDENTIFIERS[category].get(word) is not None for word in known)


def test_the_tables_of_kinds_have_no_leftovers() -> None:
    for category, table in DESCRIPTIONS.items():
        assert set(table) == {kind for of, kind, _ in KINDS if of == category}


def test_the_table_of_call_flags_has_no_leftovers() -> None:
    assert set(CALL_FLAGS) == {flag for kind in catalog().kinds("layer") for flag in catalog().call_flags(kind)}


def test_the_table_of_arguments_has_no_leftovers() -> None:
    used = {argument.name for category, kind, _ in KINDS for argument in catalog().arguments(category, kind)}
    assert set(ARGUMENTS) <= used
    referred = set(re.findall(r'"#/\$defs/type\.(\w+)"', schema_path().read_text(encoding="utf-8")))
    assert set(TYPES) <= referred
