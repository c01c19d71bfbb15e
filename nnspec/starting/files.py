"""What the first images or sounds say of how all of them are to be read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.formats.images import image_size, readable
from nnspec.data.formats.sounds import library, sample_rate
from nnspec.starting.guess import Unknown

SIDES = (32, 64, 96, 128)  # that images of several sizes are brought to
LARGEST = 224  # pixels a side that are left as they are, where all images have them
GREY = ("1", "L", "I", "I;16", "F")
HIGHEST = 16_000  # samples a second; what is above is hardly needed to tell sounds apart
LONGEST = 10.0  # seconds


def images(files: Sequence[Path]) -> tuple[dict[str, Any], list[str]]:
    """Size and colours for images, with a note where they are resized. Raises Unknown where none can be read."""
    sizes: set[tuple[int, int]] = set()
    modes: set[str] = set()
    for file in files:
        try:
            sizes.add(image_size(str(file)))
            modes.add(readable(str(file), str(file), lambda image: str(image.mode)))
        except DataError:
            continue
    if not sizes:
        raise Unknown("none of the first images can be read", file=str(files[0].parent) if files else None)
    size = size_for(sizes)
    told = [f"images of {len(sizes)} sizes are brought to {size[0]} x {size[1]} pixels"] if sizes != {size} else []
    return {"size": list(size), **({"color": "grey"} if modes <= set(GREY) else {})}, told


def size_for(sizes: set[tuple[int, int]]) -> tuple[int, int]:
    """The size that a network is to see: that of all images where it is small, else a usual one."""
    if len(sizes) == 1 and max(next(iter(sizes))) <= LARGEST:
        return next(iter(sizes))
    middle = median(min(size) for size in sizes)
    side = max((size for size in SIDES if size <= middle), default=SIDES[0])
    return side, side


def sounds(files: Sequence[Path]) -> tuple[dict[str, Any], list[str]]:
    """Rate and duration for sounds, with a note. Raises DataError where none can be read, or the library is missing."""
    rates: Counter[int] = Counter()
    seconds: list[float] = []
    read = library(str(files[0]) if files else "")
    for file in files:
        try:
            rates[sample_rate(str(file))] += 1
            seconds.append(float(read.info(str(file)).duration))
        except (DataError, RuntimeError):
            continue
    if not seconds:
        raise Unknown("none of the first sounds can be read", file=str(files[0].parent) if files else None)
    rate = min(rates.most_common(1)[0][0], HIGHEST)
    most = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
    duration = min(LONGEST, max(0.1, math.ceil(most * 10) / 10))
    note = f"most sounds last {duration:g} s or less: shorter ones are padded with zeros, longer ones cut at the end"
    return {"sample_rate": rate, "duration": duration}, [note]
