"""Calls of four made-up birds, half a second each, at any pitch and speed and with some wind: sounds to classify."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

RATE, SECONDS = 8000, 0.5
EACH = 16
CALLS = ("falling", "rising", "trill", "two_notes")


def make(folder: Path) -> None:
    """A folder for each call, with 16 WAV files of 8 kHz, 8 bits, µ-law: as telephones have it, at half the size."""
    random = np.random.RandomState(18)
    for call in CALLS:
        (folder / call).mkdir(parents=True, exist_ok=True)
        for number in range(EACH):
            (folder / call / f"{number:02d}.wav").write_bytes(wave(mu_law(draw_call(call, random))))


def draw_call(call: str, random: np.random.RandomState) -> np.ndarray:
    """Samples from -1 to 1: a tone whose pitch moves, with a harmonic, in noise."""
    count = int(RATE * SECONDS * random.uniform(0.7, 1.0))
    time = np.arange(count) / count
    low, height = random.uniform(500, 900), random.uniform(1.5, 2.2)
    moves = {
        "falling": 1 - time,
        "rising": time,
        "trill": 0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(5, 8) * time),
        "two_notes": (time > random.uniform(0.4, 0.6)).astype(float),
    }
    phase = 2 * np.pi * np.cumsum(low * height ** moves[call]) / RATE
    tone = np.sin(phase) + random.uniform(0, 0.5) * np.sin(2 * phase)
    loud = random.uniform(0.1, 0.4) * np.minimum(1, 12 * np.minimum(time, 1 - time))
    found: np.ndarray = tone * loud + random.normal(0, 0.01, count)
    return found


def mu_law(samples: np.ndarray) -> bytes:
    """The code of ITU-T G.711: sign, three bits of the octave, four bits within it, all inverted."""
    sizes = np.minimum(np.round(np.abs(samples) * 32767), 32635).astype(np.int64) + 132
    octave = np.floor(np.log2(sizes)).astype(np.int64) - 7
    code = (octave << 4) | ((sizes >> (octave + 3)) & 15)
    return bytes((~(code | np.where(samples < 0, 128, 0)) & 255).astype(np.uint8))


def wave(content: bytes) -> bytes:
    """A WAV file of this µ-law content."""
    form = struct.pack("<HHIIHH", 7, 1, RATE, RATE, 1, 8)
    chunks = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in ((b"fmt ", form), (b"data", content))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
