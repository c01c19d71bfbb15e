"""The repository's specs, each checked once for all the tests that look at it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nnspec.frontend.pipeline import Checked, check
from nnspec.frontend.spec import Spec

ROOT = Path(__file__).parents[1]


@cache
def checked(path: Path) -> Checked:
    return check(path)


def zoo_spec(name: str) -> Spec:
    """That of a network under `specs`, without errors."""
    found = checked(ROOT / "specs" / f"{name}.yaml")
    assert found.ok and found.spec is not None, found.diagnostics
    return found.spec
