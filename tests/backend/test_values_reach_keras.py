"""Every argument of every kind, given another value than its default: the schema takes it, and Keras has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import pytest
from test_keras_catalog import ELSEWHERE, KINDS, NEEDED, OBJECTS, VALUES, as_node

import nnspec.backend.kinds as kinds
from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.catalog.kinds import Argument, catalog
from nnspec.frontend.values import read_kind
from nnspec.schema_validity import fits

pytestmark = pytest.mark.tf

# What stands for an argument that holds a kind: as a spec writes it, and how to see that it arrived.
HELD: dict[str, tuple[Any, type]] = {
    "layer": ({"LSTMCell": {"units": 3}}, keras.layers.LSTMCell),
    "initializer": ({"RandomNormal": {"stddev": 0.3}}, keras.initializers.RandomNormal),
    "regularizer": ({"L1L2": {"l1": 0.3}}, keras.regularizers.L1L2),
    "constraint": ({"MaxNorm": {"max_value": 3}}, keras.constraints.MaxNorm),
    "schedule": (
        {"ExponentialDecay": {"initial_learning_rate": 0.3, "decay_steps": 2, "decay_rate": 0.5}},
        keras.optimizers.schedules.ExponentialDecay,
    ),
    "optimizer": ({"SGD": {"learning_rate": 0.3}}, keras.optimizers.SGD),
}
CANDIDATES = (True, False, 3, 1, 0, 2, 0.25, "ab", "a", ["ab"], [3], [1, 2], [1, 2, 3], [0.5, 0.75], [[1, 2]], [[1], [2]], {"ab": 3}, {"ab": "cd"})  # fmt: skip
each_kind = pytest.mark.parametrize(("category", "kind", "cls"), KINDS, ids=[f"{c}-{k}" for c, k, _ in KINDS])


class Recorder:
    """Stands for a class and keeps what it is made with."""

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments


@each_kind
def test_every_argument_reaches_the_constructor(category: str, kind: str, cls: type, monkeypatch: Any) -> None:
    real = kinds.kind_class

    def recorder(of: str, name: str, plugins: Any = None) -> type:
        found = real(of, name, plugins)
        return Recorder if found is cls else found  # by its class: an alias is made under the name of its kind

    monkeypatch.setattr(kinds, "kind_class", recorder)
    for argument in catalog().arguments(category, kind):
        values = list(other_values(category, kind, argument))
        assert values or is_unwritable(category, kind, argument.name), f"no value is accepted for {argument.name}"
        for value in values:
            made = kinds.instantiate(category, read_kind(category, kind, as_node({argument.name: value})))
            arrived = made.arguments[argument.name]
            held = argument.category and isinstance(value, dict)
            wanted = (
                EXTRA_ACTIVATIONS.get(value, value) if isinstance(value, str) else value
            )  # a word of ours is a function
            assert isinstance(arrived, HELD[argument.category][1]) if held else arrived == wanted
            assert set(made.arguments) == {argument.name}


@each_kind
def test_keras_keeps_every_value(category: str, kind: str, cls: type) -> None:
    """What an object tells of itself changes with each argument, unless it never tells of it."""
    if kind in ELSEWHERE:
        pytest.skip("needs a package that is not installed")
    silent = []
    for argument in catalog().arguments(category, kind):
        values = [] if argument.category else list(other_values(category, kind, argument))
        told = [config for value in values if (config := configuration(category, kind, {argument.name: value}))]
        if told and argument.name in told[0] and all(same(c, told[0], argument.name) for c in told[1:]):
            before = configuration(category, kind, {})
            if before is not None and not argument.required and same(before, told[0], argument.name):
                silent.append(argument.name)
    assert not silent


def configuration(category: str, kind: str, given: dict[str, Any]) -> dict[str, Any] | None:
    """What an object with these arguments says of itself; None where Keras refuses them, or where it says nothing."""
    needed = [item.name for item in catalog().arguments(category, kind) if item.required]
    made = {name: OBJECTS[name]() if name in OBJECTS else VALUES.get((kind, name), VALUES.get(name)) for name in needed}
    try:
        config: dict[str, Any] = kinds.kind_class(category, kind)(
            **{**made, **NEEDED.get(kind, {}), **given}
        ).get_config()
    except Exception:
        return None
    return config


def other_values(category: str, kind: str, argument: Argument) -> Iterator[Any]:
    """Values that the schema takes for an argument, other than its default."""
    schema = catalog().definitions[f"{category}.{kind}"]["properties"][argument.name]
    held = [HELD[argument.category][0]] if argument.category in HELD else []
    for value in [*choices(schema), *held, *CANDIDATES]:
        is_default = type(value) is type(argument.default) and value == argument.default
        if not is_default and fits(value, schema, catalog().schema):
            yield value


def choices(schema: Any) -> Iterator[Any]:
    """The words of an enumeration, behind a reference or not."""
    if schema.get("$ref", "").startswith(("#/$defs/type.", "#/$defs/activation")):
        schema = catalog().definitions[schema["$ref"].removeprefix("#/$defs/")]
    for branch in (schema, *schema.get("anyOf", ())):
        yield from (value for value in branch.get("enum", ()) if value is not None)


def is_unwritable(category: str, kind: str, name: str) -> bool:
    return catalog().definitions[f"{category}.{kind}"]["properties"][name].get("$ref") == "#/$defs/type.unwritable"


def same(one: dict[str, Any], other: dict[str, Any], name: str) -> bool:
    return str(one.get(name)) == str(other.get(name))  # arrays compare element by element
