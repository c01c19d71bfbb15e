"""A model's card: what an app must know beside the weights. It goes into the file's metadata and into its bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LABELS, VOCABULARY, TOKENIZER = "labels.txt", "vocabulary.txt", "tokenizer.json"
PREPROCESSING = "preprocessing.json"


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """What is known of a model.

    Attributes:
        license: the name of the licence it is given away under, as SPDX writes it, if that was said.
        labels: the classes, in the order of the last axis of an output; a single unit is the chance of the second.
        vocabulary: words by number, 0 padding and 1 unknown.
        tokenizer: the file `tokenizer.json` that cuts a text into the vocabulary, where this is of subwords.
        preprocessing: what is done to each input and what each output means, see `nnspec.export.preprocessing`.
    """

    name: str
    description: str = ""
    task: str = "unknown"
    license: str | None = None
    labels: tuple[str, ...] | None = None
    vocabulary: tuple[str, ...] | None = None
    tokenizer: str | None = None
    preprocessing: Mapping[str, Any] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """The files that travel with the model, by name: UTF-8, lines that end in a line feed on every system."""
        found = {LABELS: _lines(self.labels), VOCABULARY: _lines(self.vocabulary)}
        if self.tokenizer is not None:
            found[TOKENIZER] = self.tokenizer.encode()
        if self.preprocessing:
            found[PREPROCESSING] = json_bytes(self.preprocessing)
        return {name: content for name, content in found.items() if content is not None}

    def labelled(self, name: str, shape: tuple[int | None, ...]) -> bool:
        """Whether an output has a value for each class on its last axis: of another target it may be as wide."""
        described = self.preprocessing.get("outputs", {}).get(name)
        of_classes = described is None or "labels" in described
        return self.labels is not None and of_classes and len(self.labels) == shape[-1]


def _lines(items: tuple[str, ...] | None) -> bytes | None:
    return None if items is None else "".join(f"{item}\n" for item in items).encode()


def json_bytes(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
