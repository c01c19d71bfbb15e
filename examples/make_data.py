"""Makes the small data sets that the specs train on: images, sentences, series, films, and puzzles for memory.

    python examples/make_data.py [--out FOLDER] [NAME ...]

The same files come out every time, on every machine. They are ours, so the repository may hold them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from making import (
    adding,
    averages,
    calls,
    cells,
    chinese,
    digits,
    faces,
    figures,
    letters,
    load,
    motion,
    moving,
    opinions,
    reber,
    sentences,
    shapes,
    waves,
)

MAKERS: dict[str, Callable[[Path], None]] = {
    "digits": digits.make,
    "digit_images": digits.make_folders,
    "shapes": shapes.make,
    "sentences": sentences.make,
    "waves": waves.make,
    "load": load.make,
    "letters": letters.make,
    "figures": figures.make,
    "averages": averages.make,
    "reber": reber.make,
    "adding": adding.make,
    "moving": moving.make,
    "faces": faces.make,
    "chinese": chinese.make,
    "opinions": opinions.make,
    "motion": motion.make,
    "cells": cells.make,
    "calls": calls.make,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the small data sets that the specs train on.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to make: {', '.join(MAKERS)}; by default all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", help="by default examples/data")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in MAKERS]
    if unknown:
        parser.error(f"no data set is called {unknown[0]!r}; there are {', '.join(MAKERS)}")
    for name in arguments.names or MAKERS:
        MAKERS[name](arguments.out / name)
        print(arguments.out / name)


if __name__ == "__main__":
    main()
