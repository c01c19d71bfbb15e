"""Real specs, broken at random: whatever the text, a check ends in diagnostics, quickly and without a traceback.

NNSPEC_MUTATIONS says how many to try (300 by default): `NNSPEC_MUTATIONS=100000 pytest tests/frontend/test_mutations.py`.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

ROOT = Path(__file__).parent.parent.parent
SEEDS = [*(ROOT / "tests/specs/valid").glob("*.yaml"), *(ROOT / "tests/specs/invalid").glob("*.yaml")]
COUNT = int(os.environ.get("NNSPEC_MUTATIONS", "300"))
PIECES = [
    "$", "$(", ")", "{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", "&a ", "*a", "!!str ", "null", "-1", "0", "1e308",
    "99999999999", "true", "''", '"', "#", "|", ">", "?", "%", "@", "\t", "é", "\u202e", "$data.classes", "$x", "from: ",
    "name: ", "repeat: ", "for: ", "parallel: ", "merge: Add", "reuse: ", "when: ", "layers: ", "blocks: ", "extends: ",
    "use: ", "Dense", "Conv2D", "LSTM", "Bidirectional", "layer: ", "{Dense: 3}", "[[]]", "{}", "[]", ".nan", ".inf",
]  # fmt: skip


def mutate(text: str, rng: random.Random) -> str:
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        at, lines = rng.randrange(len(text) + 1), text.split("\n")
        match rng.randrange(6):
            case 0:
                text = text[:at] + rng.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[at + rng.randrange(1, 12) :]
            case 2:
                text = text[:at] + chr(rng.randrange(0x20, 0x250)) + text[at + 1 :]
            case 3:
                lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
                text = "\n".join(lines)
            case 4:
                del lines[rng.randrange(len(lines))]
                text = "\n".join(lines)
            case _:
                words = text.split(" ")
                words[rng.randrange(len(words))] = rng.choice(words)
                text = " ".join(words)
    return text


@pytest.mark.slow
def test_no_mutation_brings_the_check_down(tmp_path: Path) -> None:
    rng = random.Random(int(os.environ.get("NNSPEC_SEED", "1")))
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS)]
    path = tmp_path / "mutant.yaml"
    for number in range(COUNT):
        text = mutate(rng.choice(texts), rng)
        path.write_text(text, encoding="utf-8")
        start = time.perf_counter()
        try:
            checked = check(path)
            rendered = "\n".join(str(diagnostic) for diagnostic in checked.diagnostics)
        except Exception as error:
            raise AssertionError(f"mutant {number} brings the check down:\n{text}") from error
        assert checked.ok or "error[E" in rendered
        assert time.perf_counter() - start < 10, f"mutant {number} takes too long:\n{text}"
