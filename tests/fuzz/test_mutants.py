"""Mutated data files and specs, through `nnspec data`: a few by default, 100,000 with NNSPEC_FULL=1."""

from __future__ import annotations

import os

import pytest
from mutants import Mutant, main

pytestmark = pytest.mark.slow

RUNS = 100_000 if os.environ.get("NNSPEC_FULL") == "1" else 150
FIRST = 1_000_000  # others than those that a person tries by hand


def test_a_mutant_follows_from_its_number() -> None:
    assert Mutant(7).files == Mutant(7).files
    assert len({tuple(sorted(Mutant(number).files.items())) for number in range(20)}) == 20


def test_no_mutant_of_the_data_is_a_bug_of_ours() -> None:
    assert main("data", f"-runs={RUNS}", f"-first={FIRST}") == 0
