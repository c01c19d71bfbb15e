"""Mutated data files and specs, trained: a few by default, 2,000 with NNSPEC_FULL=1."""

from __future__ import annotations

import os

import pytest
from mutants import main

pytestmark = pytest.mark.tf

RUNS = 2000 if os.environ.get("NNSPEC_FULL") == "1" else 12


@pytest.mark.long
def test_no_mutant_trains_to_what_is_no_number() -> None:
    assert main("train", f"-runs={RUNS}", "-first=2000000") == 0
