"""Plans of an epoch: which examples share a batch, and how much of it is padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data.batching import ByLength, cut, in_turn, round_up


def test_batches_as_they_come() -> None:
    plan = in_turn(np.array([4, 2, 0, 1, 3]), 2)
    assert (plan.starts.tolist(), len(plan), plan.size) == ([0, 2, 4, 5], 3, None)
    assert in_turn(np.arange(4), 2).size == 2
    # Lengths by place: 1 and 5, 2 and 2, 7 alone.
    assert plan.waste(np.array([1, 5, 2, 2, 7])) == 1 - 17 / (10 + 4 + 7)


@pytest.mark.slow
@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(1, 500), st.integers(0, 9))
def test_a_budget_of_tokens(lengths: list[int], tokens: int, seed: int) -> None:
    """Every example once; no batch over the budget but of a single sequence; no two that would fit in one follow."""
    order = np.random.RandomState(seed).permutation(len(lengths))
    found = np.array(lengths)[order]
    draw = np.random.RandomState(seed).randint(0, 2**31, len(lengths)).astype(np.uint64)
    plan = ByLength(tokens).plan(order, found, 32, draw)
    assert sorted(plan.order.tolist()) == list(range(len(lengths)))
    assert plan.steps is not None
    for start, end, steps in zip(plan.starts[:-1], plan.starts[1:], plan.steps, strict=True):
        members = np.array(lengths)[plan.order[start:end]]
        assert members.max() <= steps <= max(members.max() + 1, members.max() * 1.1 + 1)
        assert end - start == 1 or (end - start) * steps <= tokens
    unshuffled = ByLength(tokens).plan(order, found, 32, None)
    assert len(unshuffled) == len(plan) and (np.diff(unshuffled.steps) >= 0).all()
    assert 0 <= plan.waste(np.array(lengths)[plan.order]) < 1


def test_the_number_of_batches_does_not_depend_on_the_order() -> None:
    lengths = np.random.RandomState(0).geometric(0.05, 500)
    draw = np.arange(500, dtype=np.uint64)
    counts = set()
    for seed in range(5):
        order = np.random.RandomState(seed).permutation(500)
        counts.add(len(ByLength(700).plan(order, lengths[order], 1, draw)))
    assert len(counts) == 1


def test_like_lengths_waste_little() -> None:
    lengths = np.random.RandomState(0).geometric(0.04, 2000)
    draw = np.arange(2000, dtype=np.uint64)[::-1]
    order = np.random.RandomState(1).permutation(2000)
    plan = ByLength().plan(order, lengths[order], 32, draw)
    assert plan.waste(lengths[plan.order]) < 0.1 < 0.6 < in_turn(order, 32).waste(lengths[order])


def test_lengths_are_rounded_to_few() -> None:
    lengths = np.arange(1, 1000)
    rounded = round_up(lengths)
    assert (rounded >= lengths).all() and rounded[-1] == 999
    assert ((rounded - lengths) <= 0.1 * lengths + 1).all() and len(set(rounded.tolist())) < 60


def test_cutting_by_hand() -> None:
    assert cut(np.array([1, 1, 2, 4, 4, 9, 9]), 8).tolist() == [0, 3, 5, 6]
