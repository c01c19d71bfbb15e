"""`keras.ops.einsum` of one tensor or two, as sums, products and another order of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.importing.rearranged import Layers, Place
from nnspec.importing.steps import Steps, Tensor


def summed(given: Sequence[Any], equation: str) -> Steps:
    """The layers of an equation whose first axis is the batch; None where there are none."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    letters = [*terms, result]
    if not arrow or len(terms) != len(given) or not all(isinstance(one, Tensor) for one in given):
        return None
    if any(not term.isalpha() or len(set(term)) < len(term) or term[0] != result[0] for term in letters):
        return None
    if any(len(term) != len(one.shape) for term, one in zip(terms, given, strict=True)):
        return None
    if any(not one.dtype.startswith(("float", "bfloat")) for one in given):
        return None
    layers = Layers()
    if len(terms) == 1:
        return _ordered(layers, given[0], terms[0], result)
    return _product(layers, given, terms, result) if len(terms) == 2 else None


def _ordered(layers: Layers, tensor: Place, term: str, result: str) -> Steps:
    """Axes that the result has not are summed over; the others are put in its order."""
    if not set(result) <= set(term):
        return None
    gone = [place for place, letter in enumerate(term) if letter not in result]
    if gone:
        tensor = layers.add("Reduce", [tensor], function="sum", axis=gone[0] if len(gone) == 1 else gone)
        term = "".join(letter for letter in term if letter in result)
    order = [term.index(letter) for letter in result[1:]]
    if order != sorted(order) or not gone:
        tensor = layers.add("Permute", [tensor], dims=order)
    return layers.steps


def _several_products(layers: Layers, given: Sequence[Tensor], terms: Sequence[str], result: str) -> Steps:
    """Several matrices of each example, as of the heads of attention: one axis goes, and each has one of its own."""
    one, other = (term[1:] for term in terms)
    kept = [letter for letter in one if letter in other and letter in result]
    gone = [letter for letter in one if letter in other and letter not in result]
    own = [[letter for letter in term if letter not in both] for term, both in ((one, other), (other, one))]
    if [len(gone), len(own[0]), len(own[1])] != [1, 1, 1] or sorted(result[1:]) != sorted([*kept, *own[0], *own[1]]):
        return None
    if any(
        tensor.shape[term.index(letter)] is None for tensor, term in zip(given, terms, strict=True) for letter in kept
    ):
        return None
    wanted = ([*kept, *own[0], *gone], [*kept, *gone, *own[1]])
    parts = [
        tensor if list(term[1:]) == order else layers.add("Permute", [tensor], dims=[term.index(one) for one in order])
        for tensor, term, order in zip(given, terms, wanted, strict=True)
    ]
    made = layers.add("MatMul", parts)
    order = [[*kept, *own[0], *own[1]].index(letter) + 1 for letter in result[1:]]
    if order != sorted(order):
        layers.add("Permute", [made], dims=order)
    return layers.steps


def _product(layers: Layers, given: Sequence[Tensor], terms: Sequence[str], result: str) -> Steps:
    """Matrices or vectors of each example that share one axis, which goes, and no other."""
    one, other = terms
    shared = set(one[1:]) & set(other[1:])
    if len(shared) > 1:
        return _several_products(layers, given, terms, result)
    left = [letter for letter in one[1:] + other[1:] if letter not in shared]
    if len(shared) != 1 or shared & set(result) or sorted(left) != sorted(result[1:]):
        return None
    if max(map(len, terms)) > 3 or len(left) < 1 or any(len(term) < 2 for term in terms):
        return None
    letter = shared.pop()
    made: Place = layers.add("Dot", given, axes=[one.index(letter), other.index(letter)])
    order = [left.index(letter) + 1 for letter in result[1:]]
    if order != sorted(order):
        layers.add("Permute", [made], dims=order)
    return layers.steps
