"""What a program hands to `nnspec.check` and to an estimator: data in circles, odd objects, arrays of anything."""

from __future__ import annotations

from typing import Any

from harness import Case
from python_calls import ARRAYS, SPECS


def called(function: str, name: str, **bound: Any) -> Case:
    return Case(lambda place: [["call", f"python_calls:{function}", name]], codes=(0,), **bound)


LARGE = ("100,000 keys",)  # written as YAML, and read again, which takes 30 µs a key
CASES: dict[str, Case] = {
    **{f"checked: {name}": called("checked", name, seconds=4.0 if name in LARGE else 1.0) for name in SPECS},
    **{f"fitted: {name}": called("fitted", name, says="refused", tf=True, full=True) for name in ARRAYS},
}
