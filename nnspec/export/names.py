"""Names for what goes in and out of an artifact."""

from __future__ import annotations

import re


def identifier(name: str) -> str:
    """A name as every signature and language takes it: ASCII letters, digits and `_`, a letter first."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain if plain[:1].isalpha() else f"n{plain}"
