"""Texts turned into others by words and whole lines, for fuzzers of languages that are written in lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence


class LineMutator:
    """Every other time `mutate`, which changes bytes, has its way; as libFuzzer calls a custom mutator.

    Attributes:
        words: what is put into a line. `lines`: what is put between lines, from texts of the language.
    """

    def __init__(self, words: Sequence[str], lines: Sequence[str], mutate: Callable[[bytes, int], bytes]) -> None:
        self.words, self.lines, self.mutate = words, lines, mutate

    def __call__(self, data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return bytes(self.mutate(data, max_size))
        lines = data.decode("utf-8", "replace").split("\n")
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(len(lines))
            lines[at : at + 1] = self.changed(lines[at], lines, rng)
            lines = lines or [""]
        return "\n".join(lines).encode("utf-8", "replace")[:max_size]

    def changed(self, line: str, lines: list[str], rng: random.Random) -> list[str]:
        indent = line[: len(line) - len(line.lstrip())]
        parts = line.split(" ")
        match rng.randrange(7):
            case 0:
                return []
            case 1:
                return [line, indent + rng.choice(self.lines).strip()]
            case 2:
                return [rng.choice(lines)]
            case 3:
                return [rng.choice(("", "  ", "    ")) + line.lstrip()]
            case 4:
                parts[rng.randrange(len(parts))] = rng.choice(self.words)
            case 5:
                parts.insert(rng.randrange(len(parts) + 1), rng.choice(self.words))
            case _:
                parts[rng.randrange(len(parts))] = f"{rng.choice(self.words)}:"
        return [" ".join(parts)]
