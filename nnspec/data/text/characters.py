"""The characters of words, as a second input beside their numbers: what an unknown word still tells.

Lample et al., Neural architectures for named entity recognition, 2016, read them with an LSTM; Ma and Hovy, End-to-end
sequence labeling via bi-directional LSTM-CNNs-CRF, 2016, with a convolution over each word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np

PADDING, UNKNOWN = 0, 1
LEAST = (
    2  # characters that stand less often in the training part are unknown, so that there is something to learn of them
)


@dataclass(frozen=True)
class Characters:
    """An alphabet, by index from 2; 0 is padding and 1 a character that it lacks. Case is kept.

    Attributes:
        width: characters of a word; longer words lose their middle, shorter ones are padded at the end.
    """

    alphabet: str
    width: int

    @classmethod
    def of(cls, counts: Mapping[str, int], width: int) -> Characters:
        """The alphabet of words with their counts, the most frequent characters first."""
        found: Counter[str] = Counter()
        for word, count in counts.items():
            for character in word:
                found[character] += count
        kept = sorted((item for item in found.items() if item[1] >= LEAST), key=lambda item: (-item[1], item[0]))
        return cls("".join(character for character, _ in kept), width)

    def __len__(self) -> int:
        """Its size with both entries: the `input_dim` of an Embedding."""
        return len(self.alphabet) + 2

    @cached_property
    def index(self) -> dict[str, int]:
        return {character: number for number, character in enumerate(self.alphabet, 2)}

    def encode(self, words: Sequence[str]) -> np.ndarray:
        """int32 [words, width]."""
        import numpy as np

        found = np.zeros((len(words), self.width), np.int32)
        for row, word in enumerate(words):
            numbers = [self.index.get(character, UNKNOWN) for character in self.fitted(word)]
            found[row, : len(numbers)] = numbers
        return found

    def fitted(self, word: str) -> str:
        """A word of `width` characters at most: beginnings and ends tell most."""
        if len(word) <= self.width:
            return word
        end = self.width // 2
        return word[: self.width - end] + word[len(word) - end :]
