"""Numbers and texts as people read them."""

from __future__ import annotations

import re

# What a terminal acts on, or turns around, instead of showing it; a tab and a new line are none of it.
ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """``text`` with what a terminal would act on written out: ``\\x1b``, ``\\u202e``."""
    return ACTED_ON.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def count(number: int | None) -> str:
    """``138,357,544``; what is not known is a question mark."""
    return "?" if number is None else f"{number:,}"


def plural(number: int, noun: str) -> str:
    """``1 layer``, ``2 layers``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def scaled(number: float | None) -> str:
    """Three digits and a unit: ``15.5 G``, ``860 K``, ``12``."""
    if number is None:
        return "?"
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3)):
        if abs(number) >= 0.9995 * size:  # what three digits round up to this unit
            return f"{_three(number / size)} {unit}"
    return _three(number)


def file_size(number: int) -> str:
    """``472 kB``, in units of 1,000 bytes."""
    text = scaled(number)
    return f"{text}B".replace("K", "k") if text[-1].isalpha() else f"{text} B"


def metric(number: float | None) -> str:
    """Four digits after the point, or four that count: ``0.9134``, ``1.2e-07``."""
    if number is None:
        return "-"
    return f"{number:.4f}" if number == 0 or 1e-3 <= abs(number) < 1e4 else f"{number:.4g}"


def _three(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 999.5 else f"{number:,.0f}"
