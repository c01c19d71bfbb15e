"""Every reader of `readers.py` on what its fuzzer begins from, on what it has found, and on mutants of both."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from line_mutator import LineMutator
from readers import READERS, SAID, Reader, run

from nnspec.data import cache

FOUND = Path(__file__).with_name("found")
pytestmark = pytest.mark.slow
MUTANTS = 20
NAMES = [pytest.param(name, marks=[pytest.mark.tf] * reader.tf) for name, reader in READERS.items()]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "TICK_NS", 0)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))


def found(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(FOUND.glob(f"{name}-*"))]


def changed(data: bytes, most: int, rng: random.Random) -> bytes:
    """A few bytes of the data changed, left out, doubled or put in."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(made) + 1)
        new = rng.choice((b"", bytes([rng.randrange(256)]), made[at : at + 8], b"\xff\xff\xff\xff", b"\0\0\0\0"))
        made[at : at + rng.choice((0, 1, 4, 16))] = new
    return bytes(made[:most])


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_is_read(name: str, tmp_path: Path) -> None:
    """At least one of them without an error, or the fuzzer would see the head of the reader alone."""
    answers = [run(READERS[name], seed, tmp_path) for seed in READERS[name].seeds]
    assert "" in answers, answers


@pytest.mark.parametrize("name", NAMES)
def test_what_was_found_stays_mended(name: str, tmp_path: Path) -> None:
    reader, rng = READERS[name], random.Random(name)
    seeds = [*reader.seeds, *found(name)]
    lines = [line for seed in seeds for line in seed.decode("utf-8", "replace").splitlines()]
    mutator = LineMutator(reader.words, lines, lambda data, most: changed(data, most, rng))
    mutants = [
        mutator(seed, reader.longest, rng.randrange(1 << 30)) if reader.words else changed(seed, reader.longest, rng)
        for seed in rng.choices(seeds, k=MUTANTS)
    ]
    for data in [*seeds, *mutants]:
        run(reader, data, tmp_path)


def test_what_is_no_answer_is_a_finding(tmp_path: Path) -> None:
    def read(data: bytes, folder: Path) -> None:
        raise KeyError(data)

    assert not issubclass(KeyError, SAID)
    with pytest.raises(KeyError):
        run(Reader(read, ()), b"", tmp_path)
