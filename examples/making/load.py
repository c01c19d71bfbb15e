"""An hourly series as of a small town's electric load: the hour, the day of the week, the weather, and chance."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

WEEKS = 20
START = datetime(2023, 1, 2)  # a Monday


def make(folder: Path) -> None:
    """load.csv with a header: time, load (megawatts), temperature (degrees Celsius)."""
    random = np.random.RandomState(6)
    hours = np.arange(WEEKS * 7 * 24)
    temperature = weather(hours, random)
    load = demand(hours, temperature, random)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "load.csv", "w", encoding="utf-8", newline="\n") as file:
        file.write("time,load,temperature\n")
        for hour, megawatts, degrees in zip(hours, load, temperature, strict=True):
            time = START + timedelta(hours=int(hour))
            file.write(f"{time:%Y-%m-%d %H:%M},{megawatts:.2f},{degrees:.1f}\n")


def weather(hours: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """From winter to summer, warm afternoons, spells of some days."""
    rising = 2 + 16 * np.sin(np.pi / 2 * hours / hours[-1])
    daily = 4 * np.sin(2 * np.pi * (hours - 9) / 24)
    found: np.ndarray = rising + daily + drift(len(hours), 0.99, 0.35, random)
    return found


def demand(hours: np.ndarray, temperature: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Peaks in the morning and the evening, quiet week-ends, heating below 15 degrees, slow growth."""
    hour, day = hours % 24, hours // 24 % 7
    peaks = 14 * np.exp(-(((hour - 8) / 2.5) ** 2)) + 20 * np.exp(-(((hour - 19) / 3) ** 2))
    working = np.where(day < 5, 1.0, 0.65)
    heating = 0.9 * np.maximum(15 - temperature, 0)
    growth = 0.002 * hours
    found: np.ndarray = 50 + working * peaks + heating + growth + drift(len(hours), 0.8, 0.8, random)
    return found


def drift(count: int, memory: float, spread: float, random: np.random.RandomState) -> np.ndarray:
    """An autoregressive process of the first order."""
    values = np.zeros(count)
    for step, shock in enumerate(random.normal(0, spread, count - 1), 1):
        values[step] = memory * values[step - 1] + shock
    return values
