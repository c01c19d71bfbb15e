"""Unknown dimensions: a formula, with numbers put in for its names, gives what the rule finds for those numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

import pytest
from layer_cases import Case, draw

from nnspec.frontend.shapes import with_defaults
from nnspec.layers import KINDS, Inferred, ShapeError, infer
from nnspec.layers.types import MAX_FORMULA, Dim, Symbol, TensorSpec

RULED = sorted(kind for kind, record in KINDS.items() if record.rule is not None)

DRAWS = 60


@pytest.mark.parametrize("kind", RULED)
def test_formulas_hold(kind: str) -> None:
    for index in range(DRAWS):
        check(draw(kind, index), Random(index))


def check(case: Case, r: Random) -> None:
    names = [f"in{index}_{axis}" for index, (shape, _) in enumerate(case.inputs) for axis in range(len(shape))]
    numbers = {name: r.randint(20, 40) for name in names} | {"batch": 3}
    try:
        unknown, numeric = ask(case, {}), ask(case, numbers)
    except ShapeError:
        return
    assert (unknown.params, unknown.trainable_params) == (numeric.params, numeric.trainable_params), case
    assert unknown.macs in (None, numeric.macs), case
    for formulas, sizes in zip(unknown.outputs, numeric.outputs, strict=True):
        for formula, size in zip(formulas.shape, sizes.shape, strict=True):
            expected = value(str(formula), numbers)
            assert size == expected or expected is None or isinstance(size, Symbol), case


def ask(case: Case, numbers: Mapping[str, int]) -> Inferred:
    def size(name: str, given: int | None) -> Dim:
        return given if given is not None else numbers.get(name, Symbol(name))

    specs = [
        TensorSpec((size("batch", None), *(size(f"in{i}_{axis}", given) for axis, given in enumerate(shape))), kind)
        for i, (shape, kind) in enumerate(case.inputs)
    ]
    return infer(case.kind, with_defaults(case.kind, case.args), specs, case.call)


def value(formula: str, numbers: Mapping[str, int]) -> int | None:
    """What a formula comes to; None where it names something else: an open size, or a formula abbreviated."""
    if not set(re.findall(r"[a-z]\w*", formula)) <= numbers.keys():
        return None
    return int(eval(formula, {}, dict(numbers)))


LENGTH, WIDTH = Symbol("length"), Symbol("width")


@pytest.mark.parametrize(
    ("result", "formula"),
    [
        (LENGTH + 2 - 2, "length"),
        (LENGTH - 2, "length - 2"),
        (3 - LENGTH, "3 - length"),
        ((LENGTH - 2) // 2, "(length - 2)//2"),
        (LENGTH // 2 // 2, "length//4"),
        (((LENGTH - 2) // 2 - 2) // 2, "(length - 6)//4"),
        (LENGTH * 64 // 64, "length"),
        (64 * LENGTH // LENGTH, 64),
        (LENGTH - LENGTH, 0),
        (2 * (LENGTH // 2), "2*(length//2)"),
        (LENGTH * WIDTH + 3, "length*width + 3"),
        (LENGTH * WIDTH // WIDTH, "length"),
        ((LENGTH + WIDTH) // (LENGTH + WIDTH), 1),
    ],
)
def test_simplifies(result: Dim, formula: str | int) -> None:
    assert (str(result) if isinstance(result, Symbol) else result) == formula


def test_equal_formulas_are_equal_however_made() -> None:
    assert (LENGTH - 2) // 2 == LENGTH // 2 - 1
    assert hash((LENGTH - 2) // 2) == hash(LENGTH // 2 - 1)
    assert LENGTH + WIDTH == WIDTH + LENGTH
    assert LENGTH != WIDTH


@pytest.mark.slow
def test_random_expressions_keep_their_value() -> None:
    r = Random(1)
    for _ in range(3000):
        text = expression(r, r.randint(1, 4))
        formula = str(eval(text, {"a": Symbol("a"), "b": Symbol("b")}))
        for numbers in ({"a": 5, "b": 3}, {"a": 17, "b": 8}):
            assert value(formula, numbers) in (None, eval(text, {}, dict(numbers))), text


def expression(r: Random, depth: int) -> str:
    if depth == 0:
        return r.choice(("a", "b", str(r.randint(1, 9))))
    operator = r.choice(("+", "-", "*", "//"))
    right = str(r.randint(1, 6)) if operator == "//" else expression(r, depth - 1)
    return f"({expression(r, depth - 1)}{operator}{right})"


def test_a_deep_network_keeps_its_formula_short() -> None:
    size: Dim = LENGTH
    for _ in range(1000):
        size = (size * 3 - 1) // 2 + WIDTH
    assert len(str(size)) <= MAX_FORMULA


def test_only_numbers_of_one_value_stay_constant() -> None:
    classes = Symbol("data.classes", constant=True)
    assert isinstance(total := classes * 2 + 1, Symbol) and total.constant
    assert isinstance(mixed := classes + LENGTH, Symbol) and not mixed.constant
