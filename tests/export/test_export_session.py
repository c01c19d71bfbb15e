"""What an export takes of the data of a run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nnspec.export.session import READ_AT_ONCE, longest

np = pytest.importorskip("numpy")

from nnspec.data.table import Column, Dense, FeatureSpec, Ragged  # noqa: E402 - it needs NumPy


class Read:
    """A column of which only reading tells how long its sequences are: example i has i % 7 steps."""

    spec = FeatureSpec((None, 2), "float32")
    stored = "float32"

    def __len__(self) -> int:
        return 1000

    def take(self, indices: Any) -> Any:
        return np.zeros((len(indices), int((indices % 7).max()), 2), np.float32)


OFFSETS = np.array([0, 2, 7, 8])
RAGGED = Ragged(np.zeros(8, np.int32), OFFSETS, FeatureSpec((None,), "int32"))
DENSE = Dense(np.zeros((3, 9, 4), np.float32), FeatureSpec((9, 4), "float32"))


@pytest.mark.parametrize(
    ("column", "parts", "steps"),
    [
        (RAGGED, ([0, 2], [1]), 5),
        (RAGGED, ([0], [2]), 2),
        (DENSE, ([0], [1, 2]), 9),
        (Read(), (range(READ_AT_ONCE), range(READ_AT_ONCE, 3 * READ_AT_ONCE)), 6),
        (Read(), ([1, 2], [8, 3]), 3),
    ],
)
def test_the_longest_sequence_of_all_parts(column: Column, parts: Any, steps: int) -> None:
    splits = {
        str(number): SimpleNamespace(table=SimpleNamespace(features={"x": column}), indices=np.array(rows))
        for number, rows in enumerate(parts)
    }
    trained: Any = SimpleNamespace(dataset=SimpleNamespace(splits=splits))
    assert longest(trained, "x", 0) == steps
