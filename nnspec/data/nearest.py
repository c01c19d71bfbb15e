"""The name that was probably meant by another one."""

from __future__ import annotations

from collections.abc import Collection


def nearest(name: str, names: Collection[str]) -> str | None:
    """The one of the names that is most like this one, in any case of letters; None where none is."""
    from difflib import get_close_matches

    by_lower = {other.lower(): other for other in names}
    found = get_close_matches(name.lower(), by_lower, 1)
    return by_lower[found[0]] if found else None
