"""Numbers and texts as people read them."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import click

# What a terminal acts on, turns around or does not show at all: control characters, lone surrogates, marks of the
# direction, and what has no width, but for what joins letters (U+200C, U+200D). A tab and a new line are none of it.
ACTED_ON = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
# Colours of ours have a number that nobody can guess, so that those in what a stranger wrote are told from them.
_OWN = int.from_bytes(os.urandom(8))
_COLOUR = re.compile(rf"\x1b\[{_OWN};([0-9;]*)m")


def visible(text: str) -> str:
    """``text`` with what a terminal would act on written out: ``\\x1b``, ``\\u202e``."""
    return ACTED_ON.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def visible_json(text: str) -> str:
    """As `visible`, in the escapes of JSON."""
    return ACTED_ON.sub(lambda found: json.dumps(found.group())[1:-1], text)


def styled(text: str, **style: Any) -> str:
    """``text`` in the colours of `click.style`, for `for_terminal` alone."""
    begin, end = click.style("|", **style).replace("\x1b[", f"\x1b[{_OWN};").split("|")
    return f"{begin}{visible(text)}{end}"


def for_terminal(text: str) -> str:
    """``text`` as a terminal gets it: what `styled` has coloured in its colours, and the rest `visible`."""
    parts = _COLOUR.split(text)  # every second one is a colour
    parts[::2] = map(visible, parts[::2])
    parts[1::2] = (f"\x1b[{colour}m" for colour in parts[1::2])
    return "".join(parts)


def plain_text(text: str) -> str:
    """``text`` without the colours of `styled`, and the rest `visible`."""
    return visible(_COLOUR.sub("", text))


def yaml_scalar(value: Any) -> str:
    """A plain value as YAML writes it: ``null``, ``true``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def count(number: int | None) -> str:
    """``138,357,544``; what is not known is a question mark."""
    return "?" if number is None else f"{number:,}"


def plural(number: int, noun: str) -> str:
    """``1 layer``, ``2 layers``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def capitalized(text: str) -> str:
    """With a capital letter at its beginning, and the others as they are."""
    return text[:1].upper() + text[1:]


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


def latency(number: float | None) -> str:
    """``1.23 ms``."""
    return "-" if number is None else f"{number:.3g} ms"


def metric(number: float | None) -> str:
    """Four digits after the point, or four that count: ``0.9134``, ``1.2e-07``."""
    if number is None:
        return "-"
    return f"{number:.4f}" if number == 0 or 1e-3 <= abs(number) < 1e4 else f"{number:.4g}"


def _three(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 999.5 else f"{number:,.0f}"
