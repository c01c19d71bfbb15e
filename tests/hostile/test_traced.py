"""What of a trace of strace counts as harm."""

from __future__ import annotations

import sys

import pytest
from traced import harmful

PLACE = "/base/in"
HARMFUL = [
    '1 execve("/bin/sh", ["sh", "-c", "true"], 0x7ff /* 2 vars */) = 0',
    "1 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<socket:[1]>",
    '1 openat(AT_FDCWD</base/in>, "../outside/a", O_WRONLY|O_CREAT, 0666) = 3</base/outside/a>',
    '1 rename("a", "../outside/a") = 0',
    '1 unlinkat(4</base/outside>, "a", 0) = 0',
    f'1 execve("{sys.executable}", ["{sys.executable}", "-m", "nnspec"], 0x7ff /* 2 vars */) = 0',
]
HARMLESS = [
    '1 execve("/bin/sh", ["sh"], 0x7ff /* 2 vars */) = -1 ENOENT (No such file or directory)',
    '1 openat(AT_FDCWD</base/in>, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>',
    '1 openat(AT_FDCWD</base/in>, "a", O_WRONLY|O_CREAT, 0666) = 3</base/in/a>',
    '1 openat(AT_FDCWD</base/in>, "/dev/null", O_RDWR) = 3</dev/null>',
    '1 unlinkat(4</base/in/b>, "a", 0) = 0',
]


@pytest.mark.parametrize("workers", [False, True])
def test_harm_is_told_from_work(workers: bool) -> None:
    assert harmful([*HARMFUL, *HARMLESS], PLACE, [PLACE], workers) == HARMFUL


def test_a_worker_starts_python_safely() -> None:
    line = f'1 execve("{sys.executable}", ["{sys.executable}", "-P", "-m", "nnspec"], 0x7ff /* 2 vars */) = 0'
    assert harmful([line], PLACE, [PLACE], True) == [] and harmful([line], PLACE, [PLACE], False) == [line]
