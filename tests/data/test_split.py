from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data.errors import DataError
from nnspec.data.split import by_time, chronological, shuffled, stratified


@pytest.mark.slow
@given(
    labels=st.lists(st.sampled_from("aaab"), min_size=40, max_size=200),
    validation=st.floats(0.1, 0.4),
    test=st.floats(0.1, 0.4),
    seed=st.integers(0, 5),
)
def test_stratified_parts_cover_all_once_with_equal_shares(
    labels: list[str], validation: float, test: float, seed: int
) -> None:
    parts = stratified(labels, {"validation": validation, "test": test}, seed)
    assert sorted(index for part in parts.values() for index in part) == list(range(len(labels)))
    assert all(part == sorted(part) for part in parts.values())
    for name, fraction in (("validation", validation), ("test", test)):
        assert abs(len(parts[name]) - fraction * len(labels)) <= 1
        for label, count in Counter(labels).items():
            assert abs(sum(labels[index] == label for index in parts[name]) - fraction * count) <= 1


def test_same_seed_same_parts_another_seed_others() -> None:
    first = shuffled(100, {"test": 0.2}, 7)
    assert first == shuffled(100, {"test": 0.2}, 7)
    assert first != shuffled(100, {"test": 0.2}, 8)


def test_the_parts_of_a_seed_never_change() -> None:
    # Pinned: a change here moves examples between training and test of everybody's runs.
    assert shuffled(12, {"validation": 0.25, "test": 0.25}, 0) == {
        "train": [0, 3, 4, 6, 7, 11],
        "validation": [1, 8, 9],
        "test": [2, 5, 10],
    }


def test_every_label_stays_in_training() -> None:
    labels = ["common"] * 20 + ["rare"]
    for seed in range(20):
        assert 20 in stratified(labels, {"test": 0.9}, seed)["train"]


def test_chronological_order() -> None:
    parts = chronological(20, {"other": 0.1, "test": 0.2, "validation": 0.1})
    assert parts == {"train": [*range(12)], "validation": [12, 13], "test": [*range(14, 18)], "other": [18, 19]}


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({"test": 1.5}, "between 0 and 1"),
        ({"test": 0.0}, "between 0 and 1"),
        ({"validation": 0.5, "test": 0.5}, "nothing is left for training"),
        ({"test": 0.01}, "'test' is empty: 10 examples"),
    ],
)
def test_impossible_fractions(fractions: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        shuffled(10, fractions, 0)


def test_rows_of_one_time_are_in_one_part() -> None:
    """Else the network knows of a day what the validation part asks of it."""
    days = [3.0, 1.0, 2.0, 2.0, 4.0, 3.0, 1.0, 3.0, 2.0, 4.0]
    parts = by_time(days, {"validation": 0.3, "test": 0.1})
    assert {name: [days[row] for row in rows] for name, rows in parts.items()} == {
        "train": [1, 2, 2, 1, 2],
        "validation": [3, 3, 3],
        "test": [4, 4],
    }
    with pytest.raises(DataError, match="'train' is empty"):
        by_time([1.0] * 10, {"test": 0.5})
