"""Sentences with their tags as text: for a terminal, and in columns as the CoNLL shared tasks have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.console.formatting import styled
from nnspec.data.text.tags import OUTSIDE, split_tag

# One for each type of entity, in the order of the alphabet; those of errors and warnings are left to them.
COLOURS = ("cyan", "magenta", "green", "blue", "bright_cyan", "bright_magenta", "bright_green", "bright_blue")


def sentence(prediction: Mapping[str, Any], types: Sequence[str]) -> str:
    """`word/tag` for each word, entities in the colour of their type."""
    return " ".join(_word(*pair, types) for pair in zip(prediction["tokens"], prediction["tags"], strict=True))


def _word(token: str, tag: str, types: Sequence[str]) -> str:
    letter, kind = split_tag(tag)
    if letter == OUTSIDE or kind not in types:
        return token + styled(f"/{tag}", dim=True)
    return styled(f"{token}/{tag}", fg=COLOURS[types.index(kind) % len(COLOURS)], bold=True)


def types_of(predictions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The types of all entities."""
    return sorted({entity["type"] for prediction in predictions for entity in prediction.get("entities", ())})


def conll(predictions: Sequence[Mapping[str, Any]]) -> str:
    """A token and its tag a line, a tab between them, an empty line after each sentence."""
    return "".join(
        "".join(f"{token}\t{tag}\n" for token, tag in zip(item["tokens"], item["tags"], strict=True)) + "\n"
        for item in predictions
    )
