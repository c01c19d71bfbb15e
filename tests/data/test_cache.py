import errno
import os
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from nnspec.data import cache


def test_a_file_is_written_once(cache_folder: Path) -> None:
    written: list[int] = []

    def write(file: IO[bytes]) -> None:
        written.append(1)
        file.write(b"content")

    assert cache.stored("kind/name", write).read_bytes() == b"content"
    assert cache.stored("kind/name", write) == cache_folder / "kind" / "name"
    assert written == [1]


def test_what_fails_midway_leaves_nothing(cache_folder: Path) -> None:
    def write(file: IO[bytes]) -> None:
        file.write(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.stored("kind/name", write)
    assert list((cache_folder / "kind").iterdir()) == []


def test_a_full_disk_is_said(cache_folder: Path) -> None:
    def write(file: IO[bytes]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(cache.CacheError, match=r"full.*NNSPEC_CACHE"):
        cache.stored("name", write)


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(cache.CacheError, match="cannot be written"):
        cache.stored("name", lambda file: file.write(b""))


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNSPEC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/where")
    assert cache.root() == Path("/some/where/nnspec")


def test_a_fingerprint_follows_files_and_options(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    first = cache.fingerprint([file], 64)
    assert first == cache.fingerprint([file], 64)
    assert first != cache.fingerprint([file], 32)
    os.utime(file, (1, 1))
    assert first != cache.fingerprint([file], 64)


def test_allocated_arrays_are_npy_files(cache_folder: Path) -> None:
    def write(file: IO[bytes]) -> None:
        cache.allocate(file, (3, 2), "uint8")[1] = 7

    found = np.load(cache.stored("a.npy", write), mmap_mode="r")
    assert found.tolist() == [[0, 0], [7, 7], [0, 0]]
