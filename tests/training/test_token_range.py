"""Numbers that an Embedding looks up: which of a column are none of its rows."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.data.table import Dense, FeatureSpec, Ragged
from nnspec.training.token_range import out_of_range


def dense(values: list[list[float]], dtype: str = "float32") -> Dense:
    array = np.array(values, dtype)
    return Dense(array, FeatureSpec(array.shape[1:], dtype), (array.min().item(), array.max().item()))


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (dense([[0, 1], [2, 3]]), None),
        (dense([[0, 1], [2, 4]]), "example 1 has the number 4"),
        (dense([[0, 1], [-1, 3]]), "example 1 has the number -1"),
        (dense([[0, 1.5], [2, 3]]), "example 0 has the number 1.5"),
        (dense([[0, 3.25], [2, 1]]), "example 0 has the number 3.25"),
        (dense([[0, -0.5], [2, 1]]), "example 0 has the number -0.5"),
        (dense([[0, 1], [2, 123_456_789]], "int32"), "example 1 has the number 123456789"),
        (
            Ragged(np.array([0, 1, 2, 7], "int32"), np.array([0, 1, 1, 4]), FeatureSpec((None,), "int32")),
            "example 2 has the number 7",
        ),
    ],
)
def test_the_first_number_that_is_no_row(column: Dense | Ragged, what: str | None) -> None:
    found = out_of_range(column, 0, 3, whole=True)
    assert (found and found.what) == what


def test_fractions_are_fine_where_nothing_is_looked_up() -> None:
    assert out_of_range(dense([[0.5, 1.5]]), 0, 3) is None
