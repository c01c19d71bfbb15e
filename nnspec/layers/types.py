"""The values that shape rules work on: kinds as values, dimensions known and unknown, tensors."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, TypeGuard

from nnspec.quick_classes import dataclass

MAX_RANK = 64  # of a tensor with its batch, as NumPy has it
MAX_VALUES = 2**63  # of a tensor, and of weights
MAX_FORMULA = 60  # characters; a longer formula is abbreviated, so that a deep network cannot grow it without bound


@dataclass(frozen=True, slots=True)
class KindValue:
    """``Kind: arguments`` as a value: a layer, an initializer, a loss, a data source."""

    kind: str
    args: Mapping[str, Any]


def values_in(value: Any) -> Iterator[Any]:
    """The value and all that it holds, in the order of reading: items, values by name, arguments of kinds."""
    yield value
    if isinstance(value, KindValue | Mapping):
        value = [*(value.args if isinstance(value, KindValue) else value).values()]
    for inner in value if isinstance(value, list | tuple) else ():
        yield from values_in(inner)


def texts_in(value: Any) -> Iterator[str]:
    return (one for one in values_in(value) if isinstance(one, str))


# A sum of products, as factors and how often they count: 2*length*width + 1 is {("length", "width"): 2, (): 1}.
# A factor is a name or a quotient, a whole number rounded down.
_Terms = dict[tuple[Any, ...], int]


@dataclass(frozen=True, slots=True)
class _Quotient:
    """``numerator // divisor``: a factor of its own where the division leaves a remainder."""

    numerator: Symbol
    divisor: Dim

    def __str__(self) -> str:
        return f"{_bracketed(self.numerator)}//{_bracketed(self.divisor)}"


@dataclass(frozen=True, slots=True)
class Symbol:
    """An unknown whole number, 1 or more, with its formula: ``length``, ``(length - 2)//2``.

    ``+``, ``-``, ``*`` and ``//`` work with whole numbers and with other symbols and simplify the obvious; what
    comes out known is an ``int``. Symbols are equal when their formulas are.

    Attributes:
        formula: a name, or what the operators made of names. Abbreviated beyond 60 characters.
        constant: one number for all examples that is merely not known yet (the number of classes before the
            data are seen). A layer may have weights of that size; of a size that varies it may not.
    """

    formula: str
    constant: bool = field(default=False, compare=False, repr=False)
    _sum: tuple[tuple[tuple[Any, ...], int], ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return self.formula

    def __add__(self, other: Dim) -> Dim:
        if not is_dim(other):
            return NotImplemented
        if other == 0:
            return self
        total = _terms(self)
        for factors, count in _terms(other).items():
            total[factors] = total.get(factors, 0) + count
        return _dim(total, _constant(self, other))

    def __mul__(self, other: Dim) -> Dim:
        if not is_dim(other):
            return NotImplemented
        if other == 1:
            return self
        total: _Terms = {}
        for left, count in _terms(self).items():
            for right, times in _terms(other).items():
                factors = tuple(sorted(left + right, key=str))
                total[factors] = total.get(factors, 0) + count * times
        return _dim(total, _constant(self, other))

    def __floordiv__(self, other: Dim) -> Dim:
        return _floor_div(self, other) if is_dim(other) else NotImplemented

    def __rfloordiv__(self, other: int) -> Dim:
        return _floor_div(other, self) if is_dim(other) else NotImplemented

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        if not is_dim(other):
            return NotImplemented
        return 0 if self == other else self + other * -1

    def __rsub__(self, other: int) -> Dim:
        return self * -1 + other if is_dim(other) else NotImplemented

    __radd__ = __add__
    __rmul__ = __mul__


Dim = int | Symbol


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape, batch first, and dtype of a tensor, as Keras tells them.

    Attributes:
        holds: the type of its values where Keras tells another: whole numbers behind a pooling layer.
    """

    shape: tuple[Dim, ...]
    dtype: str
    holds: str | None = field(default=None, compare=False)

    @property
    def values(self) -> str:
        """The type of its values."""
        return self.holds or self.dtype


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number, and neither True nor False, which Python takes for some."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_dim(value: object) -> bool:
    return isinstance(value, int | Symbol) and not isinstance(value, bool)


def _constant(*parts: Dim) -> bool:
    return all(part.constant for part in parts if isinstance(part, Symbol))


def _terms(dim: Dim) -> _Terms:
    if isinstance(dim, int):
        return {(): dim}
    return dict(dim._sum) if dim._sum else {(dim.formula,): 1}


def _dim(terms: _Terms, constant: bool) -> Dim:
    """The number or symbol of a sum; terms that cancelled out are dropped, what is subtracted comes last."""
    kept = {factors: count for factors, count in terms.items() if count}
    if not kept or kept.keys() == {()}:
        return kept.get((), 0)
    ordered = sorted(kept.items(), key=lambda term: (term[1] < 0, not term[0], [str(factor) for factor in term[0]]))
    formula = _formula(ordered)
    if len(formula) > MAX_FORMULA:  # the checksum keeps equal formulas equal, and different ones different
        return Symbol(f"n{zlib.crc32(formula.encode()):08x}", constant)
    return Symbol(formula, constant, tuple(ordered))


def _formula(terms: list[tuple[tuple[Any, ...], int]]) -> str:
    if len(terms) == 2 and terms[1][0] == ():
        quotient, rest = _only_factor(dict(terms[:1])), terms[1][1]
        if isinstance(quotient, _Quotient):  # length//2 - 1 reads better as (length - 2)//2
            return str(_Quotient(_as_symbol(quotient.numerator + rest * quotient.divisor), quotient.divisor))
    text = ""
    for factors, count in terms:
        sign = ("-" if count < 0 else "") if not text else (" - " if count < 0 else " + ")
        text += sign + _product(factors, count)
    return text


def _product(factors: tuple[Any, ...], count: int) -> str:
    parts = [str(abs(count))] if abs(count) != 1 or not factors else []
    alone = len(factors) == 1 and count == 1
    parts += [str(part) if alone or not isinstance(part, _Quotient) else f"({part})" for part in factors]
    return "*".join(parts)


def _bracketed(dim: Dim) -> str:
    text = str(dim)
    return text if text.replace(".", "").replace("_", "").isalnum() else f"({text})"


def _as_symbol(dim: Dim) -> Symbol:
    return dim if isinstance(dim, Symbol) else Symbol(str(dim), True, (((), dim),))


def _floor_div(left: Dim, right: Dim) -> Dim:
    """What divides evenly comes out; the rest stays a quotient."""
    constant = _constant(left, right)
    if right == 1:
        return left
    if right == 0:
        raise ZeroDivisionError("division of a dimension by zero")
    by, times = next(iter(_terms(right).items()))
    if len(_terms(right)) > 1:
        whole, rest = (1, 0) if left == right else (0, left)
        return whole + _quotient(rest, right, constant)
    outside: _Terms = {}
    inside: _Terms = {}
    for factors, count in _terms(left).items():
        reduced = _without(factors, by)
        if reduced is None or (reduced and count % times):
            inside[factors] = inside.get(factors, 0) + count
        else:
            outside[reduced] = outside.get(reduced, 0) + count // times
            if count % times:  # a plain number
                inside[factors] = inside.get(factors, 0) + count % times
    return _dim(outside, constant) + _quotient(_dim(inside, constant), right, constant)


def _without(factors: tuple[Any, ...], divided: tuple[Any, ...]) -> tuple[Any, ...] | None:
    left = list(factors)
    for factor in divided:
        if factor not in left:
            return None
        left.remove(factor)
    return tuple(left)


def _quotient(left: Dim, right: Dim, constant: bool) -> Dim:
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    if left == 0:
        return 0
    terms = _terms(left)
    rest = terms.pop((), 0)
    inner = _only_factor(terms)
    if isinstance(inner, _Quotient) and isinstance(inner.divisor, int) and isinstance(right, int):
        return _floor_div(inner.numerator + rest * inner.divisor, inner.divisor * right)  # (x//2)//2 is x//4
    return _dim({(_Quotient(_as_symbol(left), right),): 1}, constant)


def _only_factor(terms: _Terms) -> object:
    """``x`` where the sum is just ``x``."""
    factors = next((factors for factors, count in terms.items() if count == 1), ())
    return factors[0] if len(terms) == len(factors) == 1 else None
