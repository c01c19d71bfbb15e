"""Where what is decoded is kept: on disk, in memory or nowhere, by its size and the room that there is.

What a network gets is the same each way; only the time differs, and what is filled.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from nnspec.data import cache
from nnspec.quick_classes import dataclass

Cache = Literal["auto", "disk", "memory", "none"]
SHARE = 0.5  # of the room that is free, so much is filled unasked
MOST_BYTES = 64 << 30  # nor is more than this


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that are free, in the file system of the cache folder and in memory; None where nobody tells."""

    disk: int | None
    memory: int | None

    def has(self, place: Literal["disk", "memory"], size: int) -> bool:
        """Whether something of this size goes there unasked."""
        free = self.disk if place == "disk" else self.memory
        return size <= MOST_BYTES and (free is None or size <= SHARE * free)


def room() -> Room:
    return Room(_free_disk(cache.root()), _free_memory())


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.3g} GB" if size < 100e9 else f"{size / 1e9:,.0f} GB"


def _free_disk(folder: Path) -> int | None:
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    try:
        return None if there is None else shutil.disk_usage(there).free
    except OSError:
        return None


def _free_memory() -> int | None:
    """What new data can have: of the machine, and of the container that the process may be in."""
    try:
        known = _numbers(Path("/proc/meminfo").read_text(encoding="ascii"))
        free = known["MemAvailable:"] * 1024
    except (OSError, KeyError, ValueError):
        try:
            free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):  # Windows has none of them
            return None
    group = Path("/sys/fs/cgroup")
    try:
        most, used = (int((group / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no such group, or no limit
        return free
    return min(free, max(0, most - used))


def _numbers(text: str) -> Mapping[str, int]:
    return {line.split()[0]: int(line.split()[1]) for line in text.splitlines() if len(line.split()) > 1}
