import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from nnspec.data import cache
from nnspec.data.errors import DataError


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


def test_an_identity_notices_what_leaves_size_and_time_as_they_were(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (1, 1))
    before = cache.fingerprint([tmp_path / "a"])
    (tmp_path / "a").rename(tmp_path / "c")
    (tmp_path / "b").rename(tmp_path / "a")
    assert cache.fingerprint([tmp_path / "a"]) != before


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:3]),
    "empty": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "same size": lambda path: path.write_bytes(b"\0" * path.stat().st_size),
    "a seal of something else": lambda path: (cache.root() / "seals" / f"{path.name}.json").write_text('{"a": 1}'),
    "no seal": lambda path: (cache.root() / "seals" / f"{path.name}.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("seen", [False, True])
def test_a_damaged_file_is_made_again(damage: str, seen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SETTLED_NS", -(10**9) if seen else 10**12)
    problems: list[DataError] = []

    def read() -> bytes:
        return cache.stored("name", lambda file: file.write(b"content"), problems).read_bytes()

    assert read() == read() == b"content"
    DAMAGE[damage](cache.root() / "name")
    os.utime(cache.root() / "name", (1, 1))
    assert read() == read() == b"content"
    assert ["made again" in str(problem) for problem in problems] == [True]


def test_content_is_read_again_only_after_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SETTLED_NS", -(10**9))
    path = cache.stored("name", lambda file: file.write(b"content"))
    cache.stored("name", lambda file: pytest.fail("whole, and made again"))
    with monkeypatch.context() as patch:
        patch.setattr(cache, "_checksum", lambda path: pytest.fail("read again"))
        cache.stored("name", lambda file: pytest.fail("whole, and made again"))
    os.utime(path, (1, 1))
    cache.stored("name", lambda file: pytest.fail("whole, and made again"))


def test_several_processes_make_one_file(cache_folder: Path) -> None:
    def make(_: int) -> bytes:
        return cache.stored("name", lambda file: file.write(b"content" * 1000)).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(make, range(64))) == {b"content" * 1000}


def test_what_is_remembered_follows_the_files(tmp_path: Path) -> None:
    file = tmp_path / "a"
    found: list[str] = []

    def find() -> str:
        found.append(file.read_text())
        return found[-1]

    for text in ("1", "2"):
        file.write_text(text)
        assert [cache.remembered("kind", [file], (), find) for _ in range(3)] == [text] * 3
    assert found == ["1", "2"]
