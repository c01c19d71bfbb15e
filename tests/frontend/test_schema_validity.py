"""The quick yes or no against jsonschema: one answer for every spec at hand and for what mutations make of it."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnspec.catalog.kinds import catalog, read_schema, schema_path
from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.schema import _plain
from nnspec.frontend.schema_errors import validator
from nnspec.frontend.source import compose
from nnspec.schema_validity import NOTES, RULES, fits

ROOT = Path(__file__).parent.parent.parent
FILES = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests" / "specs").rglob("*.yaml")])
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3.0, 0.5, -0.5, float("nan"), float("inf"), 10**30),
    *("", "same", "relu", "Adam", "$x", "he_normal", "Dense", "140M", [], [1, 2], [2, "x"], [None], [[1, 1], [2, 2]]),
    *({}, {"Dense": 3}, {"units": 3}, {"SGD": {"momentum": 0.9}}, {"a": 1, "b": 2}, {"HeNormal": None}, [{"Dense": 3}]),
)
KEYS = ("Dense", "Conv2D", "units", "name", "from", "call", "filters", "extends", "source", "unknown", "kernel_size")


def plain(path: Path) -> Any:
    try:
        return _plain(compose(Source(str(path), path.read_text(encoding="utf-8"))), evaluated=False)
    except (SpecError, UnicodeDecodeError):
        return None


CORPUS = [data for path in FILES if isinstance(data := plain(path), dict)]


def agree(data: Any) -> bool:
    whole = catalog().schema
    found = fits(data, whole, whole)
    assert found == validator(catalog(), "").is_valid(data), data
    return found


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within, with each of its keys."""
    for key in list(data if isinstance(data, dict) else range(len(data))):
        yield data, key
        if isinstance(data[key], dict | list):
            yield from places(data[key])


def mutated(r: random.Random, data: Any) -> Any:
    data = copy.deepcopy(data)
    for _ in range(r.randint(1, 2)):
        container, key = r.choice(list(places(data)))
        change = r.randrange(4)
        if change == 0:
            container[key] = copy.deepcopy(r.choice(VALUES))
        elif change == 1 and len(data) > 1:
            del container[key]
        elif isinstance(container, dict):
            container[r.choice(KEYS)] = copy.deepcopy(r.choice(VALUES)) if change == 2 else container[key]
        else:
            container.append(copy.deepcopy(r.choice(VALUES)))
    return data


@pytest.mark.slow
def test_specs_at_hand_get_one_answer() -> None:
    answers = [agree(data) for data in CORPUS]
    assert answers.count(True) > 60 and answers.count(False) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_mutated_specs_get_one_answer(seed: int) -> None:
    r = random.Random(seed)
    answers = [agree(mutated(r, r.choice(CORPUS))) for _ in range(400)]
    assert answers.count(True) > 40 and answers.count(False) > 40


@pytest.mark.slow
def test_every_definition_gives_one_answer_for_every_value() -> None:
    whole = catalog().schema
    for name, schema in catalog().definitions.items():
        strict = validator(catalog(), name)
        for value in VALUES:
            assert fits(value, schema, whole) == strict.is_valid(value), (name, value)


def test_every_keyword_of_the_schema_is_known() -> None:
    """Else jsonschema would be imported for every spec."""
    schemas = [dict(catalog().schema), *catalog().definitions.values()]
    used: set[str] = set()
    while schemas:
        schema = schemas.pop()
        used |= schema.keys()
        schemas += schema.get("properties", {}).values()
        for word in ("items", "additionalProperties", "not", "if", "then", "else", "propertyNames"):
            schemas += [schema[word]] if isinstance(schema.get(word), dict) else []
        schemas += schema.get("anyOf", ())
    assert {word for word in used if not word.startswith("x-")} <= RULES.keys() | NOTES


def test_definitions_are_parsed_when_asked_for() -> None:
    found = read_schema(schema_path().read_text(encoding="utf-8"))["$defs"]
    assert "layer.Dense" in found and len(found) > 300 and not found._parsed
    assert found["layer.Dense"]["required"] == ["units"] and list(found._parsed) == ["layer.Dense"]
    with pytest.raises(KeyError):
        found["layer.Dence"]
