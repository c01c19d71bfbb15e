"""What the kernel sees of a case, by strace: code in C++ and worker processes are beyond Python's audit hooks."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnspec.console import log_filter

CALLS = (
    "execve execveat socket open openat creat mkdir mkdirat rename renameat renameat2 unlink unlinkat rmdir link linkat "
    "symlink symlinkat truncate mknod mknodat chmod fchmodat"
)
AVAILABLE = shutil.which("strace") is not None
# Nothing, memory that is shared with a worker, and the name of a thread.
OWN = re.compile(r"/dev/null$|/dev/shm/|/proc/\d+/task/\d+/comm$")
# Python's `platform` asks for the processor, matplotlib for fonts; neither takes anything from the folder.
OF_LIBRARIES = re.compile(r'"/(?:usr/)?bin/(?:uname|fc-list)", ')
WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC")
CALL = re.compile(r"\d+ +(?:<\.\.\. )?(\w+)\((.*)\) += (?:\d+)(?:<(.*)>)?$")
TEXT = re.compile(r'(?:(\w+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')


def command(log: Path) -> list[str]:
    """What is put before a command so that its calls, and those of its children, are written to `log`."""
    calls = ",".join(CALLS.split())
    return [
        "strace",
        "-f",
        "-qq",
        "-y",
        "-s",
        "4096",
        "--seccomp-bpf",
        "-e",
        f"trace={calls}",
        "-e",
        "signal=none",
        "-o",
        str(log),
    ]


def harmful(lines: Sequence[str], folder: str, allowed: Sequence[str], workers: bool, asks: bool = False) -> list[str]:
    """Those calls which succeeded and which nothing that a stranger wrote may bring about."""
    calls = ((line, call) for line in lines if (call := CALL.match(line)) and not (asks and call[1] == "socket"))
    return [line for line, call in calls if _is_harmful(*call.groups(), folder, allowed, workers)]


def _is_harmful(
    name: str, arguments: str, opened: str | None, folder: str, allowed: Sequence[str], workers: bool
) -> bool:
    if name.startswith("execve"):
        ours = any(
            arguments.startswith(f'"{sys.executable}", ["{sys.executable}", {options}')
            for options in ('"-P"', f'"-I", "-S", "{log_filter.__file__}"')
        )
        return not (workers and (ours or OF_LIBRARIES.match(arguments)))
    if name == "socket":  # of this machine: libc asks for a user's home; Python's own are for the hook
        if arguments.startswith("AF_UNIX"):
            return False
        return not (workers and arguments.startswith("AF_INET6"))  # urllib3 looks for it when TensorFlow imports it
    if name in ("open", "openat", "creat"):
        writes = name == "creat" or any(flag in arguments for flag in WRITING)
        return writes and not _inside(opened or "", allowed)
    return not all(_inside(path, allowed) for path in _paths(arguments, folder))


def _paths(arguments: str, folder: str) -> Iterator[str]:
    for _, relative, path in TEXT.findall(arguments):
        head, tail = os.path.split(os.path.join(relative or folder, path))
        yield os.path.join(os.path.realpath(head), tail)


def _inside(path: str, allowed: Sequence[str]) -> bool:
    return OWN.match(path) is not None or any(
        path == place or path.startswith(place + os.sep) for place in map(os.path.realpath, allowed)
    )
