"""Classes that are made quickly are what the standard decorator makes of them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, replace
from typing import Any

import pytest

from nnspec import quick_classes

NAN = float("nan")  # an object, which equals itself within a tuple alone


def made(decorator: Any) -> tuple[type, type, type, type]:
    @decorator(frozen=True)
    class Plain:
        """A class."""

        first: int
        second: tuple[int, ...] = (1, 2)
        third: dict[str, int] = field(default_factory=dict, compare=False)

        def __post_init__(self) -> None:
            if self.first < 0:
                raise ValueError("below 0")

    @decorator(frozen=True, slots=True, kw_only=True)
    class Slots:
        first: int
        second: list[int] = field(default_factory=list, repr=False)

    @decorator(frozen=True, slots=True)
    class One:
        value: float

    @decorator(frozen=True)
    class Empty:
        def __repr__(self) -> str:
            return "nothing"

    return Plain, Slots, One, Empty


STANDARD, QUICK = made(dataclasses.dataclass), made(quick_classes.dataclass)
Plain, Slots, One, Empty = QUICK  # where `pickle` looks for them
for one in QUICK:
    one.__qualname__ = one.__name__


def answers(plain: Any, slots: Any, one: Any, empty: Any) -> list[Any]:
    """All that a class does, as values that do not name it."""
    cyclic = slots(first=2, second=[1])
    return [
        plain(1) == plain(1, (1, 2), {"a": 1}),
        plain(1) == plain(2),
        plain(float("nan")) == plain(float("nan")),
        plain(1) == slots(first=1),
        one(NAN) == one(NAN),
        one(1.0) == one(1),
        {one(1.0), one(1), one(2)} == {one(2), one(1)},
        hash(plain(1)) == hash(plain(1, third={"a": 1})),
        repr(plain(1)).rpartition(".")[2].removeprefix("Plain"),
        repr(cyclic).rpartition(".")[2].removeprefix("Slots"),
        repr(empty()),
        empty() == empty(),
        str(inspect.signature(plain)).count("="),
        [*inspect.signature(slots).parameters],
        {str(item.kind) for item in inspect.signature(slots).parameters.values()},
        plain.__match_args__,
        asdict(replace(plain(1), first=3)),
        hasattr(cyclic, "__dict__"),
        copy.deepcopy(cyclic) == cyclic,
        copy.deepcopy(cyclic).second is cyclic.second,
        plain.__init__.__annotations__,
        plain.__doc__,
        plain(1).third is plain(1).third,
    ]


def test_the_answers_are_those_of_the_standard_decorator() -> None:
    assert answers(*QUICK) == answers(*STANDARD)


@pytest.mark.parametrize("classes", [STANDARD, QUICK], ids=["standard", "quick"])
def test_nothing_is_changed_afterwards(classes: tuple[Any, ...]) -> None:
    plain, slots, *_ = classes
    for value in (plain(1), slots(first=1)):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'first'"):
            value.first = 2
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'first'"):
            del value.first
        assert value.first == 1
    with pytest.raises(ValueError, match="below 0"):
        plain(-1)
    with pytest.raises(TypeError):
        plain()
    with pytest.raises(TypeError):
        slots(1)


def test_they_travel_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(Slots(first=1, second=[2]))) == Slots(first=1, second=[2])
    assert pickle.loads(pickle.dumps(Plain(1))) == Plain(1)


def test_others_may_derive_from_them_by_the_standard_decorator() -> None:
    @dataclasses.dataclass(frozen=True)
    class Derived(Plain):  # type: ignore[misc,valid-type]
        fourth: int = 4

    assert Derived(1).fourth == 4 and Derived(1) == Derived(1) != Derived(2)
    assert quick_classes.dataclass(frozen=True)(type("Third", (Derived,), {"__annotations__": {}}))(1).second == (1, 2)
