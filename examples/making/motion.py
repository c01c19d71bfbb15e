"""What a wrist feels in three directions while its owner stands, walks, runs or jumps: series of several lengths.

Drawn, not recorded: gravity along an axis that tilts a little, and a swing whose pace and height tell the activity. In the `.ts`
format of the UEA archive (timeseriesclassification.com).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

COUNTS = {"train": 60, "dev": 16, "test": 24}
STEPS = (16, 36)  # a tenth of a second each
# Swings a second, from the slowest to the fastest, and their height, in units of gravity.
ACTIVITIES = {
    "standing": (0.2, 0.6, 0.05),
    "walking": (1.2, 1.8, 0.35),
    "running": (2.4, 3.2, 0.7),
    "jumping": (1.2, 1.8, 1.1),
}
HEADER = """# Drawn by examples/make_data.py: accelerations in three directions, ten a second.
@problemName Motion
@timeStamps false
@missing false
@univariate false
@dimensions 3
@equalLength false
@classLabel true {classes}
@data
"""


def make(folder: Path) -> None:
    """train.ts, dev.ts and test.ts, with as many series of each activity."""
    random = np.random.RandomState(13)
    folder.mkdir(parents=True, exist_ok=True)
    names = list(ACTIVITIES)
    for part, count in COUNTS.items():
        lines = [line(names[number % len(names)], random) for number in random.permutation(count)]
        text = HEADER.format(classes=" ".join(names)) + "".join(lines)
        (folder / f"{part}.ts").write_text(text, encoding="utf-8", newline="\n")


def line(activity: str, random: np.random.RandomState) -> str:
    channels = ":".join(",".join(f"{value:.2f}" for value in channel) for channel in series(activity, random))
    return f"{channels}:{activity}\n"


def series(activity: str, random: np.random.RandomState) -> np.ndarray:
    """float64 [3, steps]."""
    slowest, fastest, height = ACTIVITIES[activity]
    seconds = np.arange(random.randint(*STEPS)) / 10
    phase = 2 * np.pi * (random.uniform(slowest, fastest) * seconds + random.uniform())
    tilt = random.uniform(-0.3, 0.3, 2)
    swing = height * random.uniform(0.8, 1.2) * np.sin(phase)
    up = np.cos(np.linalg.norm(tilt)) + (np.abs(swing) if activity == "jumping" else swing)
    channels = np.stack([tilt[0] + 0.4 * swing, tilt[1] + 0.3 * height * np.cos(phase / 2), up])
    return channels + random.normal(0, 0.08, channels.shape)
