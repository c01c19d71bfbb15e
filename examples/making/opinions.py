"""Short opinions, praise and blame in turn, from a small grammar.

Each names two things, one good and one bad, and says which of them counts: `the soup was cold , but the bread made up for it`.
The same words stand in praise and in blame, and so do negations; only their order tells.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

COUNTS = {"train": 360, "dev": 60, "test": 80}

THINGS = ["soup", "bread", "room", "service", "view", "coffee", "music", "garden", "staff", "menu", "breakfast", "bed"]
GOOD = ["excellent", "warm", "lovely", "fresh", "quiet", "friendly", "generous"]
BAD = ["cold", "noisy", "stale", "slow", "rude", "dirty", "expensive"]
# The first slot is what is said first; `yes` and `no` are the opinion that counts and the other one.
FORMS = """
the {a} was {no} , but the {b} was {yes} in the end
although the {a} was {no} , the {b} was {yes}
the {a} was {yes} , even though the {b} was {no}
the {b} was {no} at first , and then the {a} was {yes} after all
we liked that the {a} was {yes} more than we minded that the {b} was {no}
forget that the {a} was {no} , what counts is that the {b} was {yes}
""".strip().splitlines()


def make(folder: Path) -> None:
    """train.tsv, dev.tsv and test.tsv: `praise` or `blame`, a tab, the text. Each half is one of them."""
    random = np.random.RandomState(12)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in COUNTS.items():
        lines = [opinion(bool(good), random) for good in random.permutation(np.arange(count) % 2)]
        (folder / f"{part}.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")


def opinion(good: bool, random: np.random.RandomState) -> str:
    first, second = random.permutation(len(THINGS))[:2]
    form = choice(random, FORMS)
    if not good and form.startswith("we liked"):
        form = "we minded that the {a} was {yes} more than we liked that the {b} was {no}"
    text = form.format(a=THINGS[first], b=THINGS[second], yes=quality(good, random), no=quality(not good, random))
    return f"{'praise' if good else 'blame'}\t{text}\n"


def quality(good: bool, random: np.random.RandomState) -> str:
    """A quality, said straight or by denying its opposite."""
    if random.uniform() < 0.4:
        return f"not {choice(random, BAD if good else GOOD)}"
    return choice(random, GOOD if good else BAD)


def choice(random: np.random.RandomState, options: list[str]) -> str:
    return options[random.randint(len(options))]
