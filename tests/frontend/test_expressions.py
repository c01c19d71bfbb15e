"""References and expressions: values, types, formatting, and what cannot be reached."""

from __future__ import annotations

import time

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.expressions import ExpressionError, Failed, compute, split, substitute
from nnspec.frontend.scope import DataNames
from nnspec.frontend.source import Node, compose
from nnspec.layers.types import Symbol

SCOPE_TEXT = "{a: 3, b: 2.5, name: conv, flags: [true, false], list: [1, 2, 3], kind: {Dense: 10}, yes: true}"


def scope() -> dict[str, Node]:
    root = compose(Source("scope.yaml", SCOPE_TEXT))
    names: dict[str, Node] = dict(root.value)
    names["data"] = Node(DataNames(None), root.span)
    return names


def value_of(text: str) -> object:
    node = compose(Source("test.yaml", text))
    return substitute(node, scope()).plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$a", 3),
        ("$(a + 1)", 4),
        ("$(a // 2)", 1),
        ("$(a / 2)", 1.5),
        ("$(b > 2 and not (a == 4))", True),
        ("$(a if yes else 5)", 3),
        ("$list", [1, 2, 3]),
        ("$(list[1])", 2),
        ("$([a, a + 1])", [3, 4]),
        ("$(len(list) + len(name))", 7),
        ("$(min(a, 2) + max(1, 2))", 4),
        ("$(ceil(7 / 2))", 4),
        ("$(floor(-7 / 2))", -4),
        ("$(round(2.6))", 3),
        ("$(2 in list)", True),
        ("$(name + '1')", "conv1"),
        ("conv$(a)_$name", "conv3_conv"),
        ("$yes!", "true!"),
        ("$$a", "$a"),
        ("$kind", {"Dense": 10}),
        ("$(')')", ")"),
    ],
)
def test_values(text: str, value: object) -> None:
    found = value_of(text if "'" not in text and "," not in text else '"' + text + '"')
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("().__class__", "E0403"),
        ("a.__class__", "E0404"),
        ("name.upper()", "E0403"),
        ("open('x')", "E0403"),
        ("(lambda: 1)()", "E0403"),
        ("[i for i in list]", "E0403"),
        ("{1: 2}", "E0403"),
        ("f'{a}'", "E0403"),
        ("'%d' % a", "E0405"),
        ("9 ** 9 ** 9", "E0405"),
        ("2 ** 64", "E0405"),
        ("'x' * 3", "E0405"),
        ("list * 3", "E0405"),
        ("unknown", "E0404"),
        ("data.labels", "E0404"),
        ("1 / 0", "E0405"),
        ("yes + 1", "E0405"),
        ("a; b", "E0403"),
        ("a = 3", "E0403"),
        ("$a", "E0403"),
        ("", "E0403"),
        ("(" * 400 + "1" + ")" * 400, "E0403"),
        ("1 +" * 200 + "1", "E0403"),
        ("import os", "E0403"),
        ("(-8) ** 0.5", "E0405"),
        ("min()", "E0405"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ExpressionError) as caught:
        compute(text, scope())
    assert caught.value.code == code
    assert time.perf_counter() - start < 1


def test_unknown_data_travel_as_symbols() -> None:
    assert compute("data.classes", scope()) == Symbol("data.classes")
    assert isinstance(compute("data.classes * 2 + 1", scope()), Symbol)


@pytest.mark.parametrize("text", ["$", "a$-", "${a}", "$(a", "x$ y"])
def test_broken_strings(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        split(text)
    assert caught.value.code in ("E0401", "E0402")


def test_a_value_keeps_the_place_where_it_was_given() -> None:
    names = scope()
    node = substitute(compose(Source("use.yaml", "$a")), names)
    assert node.span.file == "use.yaml"
    assert node.origin is not None and node.origin.file == "scope.yaml"


def test_a_failure_is_placed_at_the_expression() -> None:
    with pytest.raises(Failed) as caught:
        substitute(compose(Source("use.yaml", "a: 1\nb: $nothing\n")), scope())
    span = caught.value.diagnostic.span
    assert span is not None and (span.line, span.column) == (2, 4)
