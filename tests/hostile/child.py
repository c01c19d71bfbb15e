"""Serves hostile inputs, each in a fork of this process that an audit hook watches; started by `harness.py`.

A fork costs milliseconds, has its own count of processor time and memory, and can hang or die without harm to the next.
Every line of standard input is a request and every line of standard output its reply, both JSON.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from nnspec.console import log_filter

MIB = 1 << 20
PROGRAMS = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
}
SOCKETS = {"socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request"}
CODE = {"pickle.find_class", "os.startfile", "code.__new__"}
# Which arguments of an event are paths that it changes, and which is the folder's descriptor that each is relative to.
CHANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.truncate": ((0, -1),),
    "os.utime": ((0, 3),),
    "os.setxattr": ((0, -1),),
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

harmful: list[str] = []
workers = draws = asks = False
allowed: tuple[str, ...] = ()  # none: nothing is watched


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: notes what nothing that a stranger wrote may bring about."""
    if not allowed or (workers and _is_worker(event, arguments)):
        return
    if draws and event == "socket.__new__" and arguments[1] == socket.AF_UNIX:  # by which V8's thread is woken
        return
    if asks and event in SOCKETS and _is_of_this_machine(event, arguments):
        return
    if event in PROGRAMS or event in SOCKETS or event in CODE:
        harmful.append(f"{event} {arguments!r:.300}")
    elif event == "open":
        path, mode, flags = arguments
        if isinstance(path, str | bytes | os.PathLike) and (set(mode or "") & set("wax+") or flags & WRITING):
            _change(event, os.path.realpath(os.fsdecode(path)))
    elif event in CHANGES:
        for place, folder in CHANGES[event]:
            path = arguments[place]
            if isinstance(path, str | bytes | os.PathLike):
                _change(event, _entry(os.fsdecode(path), arguments[folder] if folder >= 0 else -1))


def _is_worker(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether this starts a worker of nnspec's, or is part of the pipe to one."""
    if event == "subprocess.Popen":
        program, *options = arguments[1]
        return program == sys.executable and (options[0] == "-P" or options == ["-I", "-S", log_filter.__file__])
    return event == "pickle.find_class" or (event == "socket.__new__" and arguments[1] == socket.AF_UNIX)


def _is_of_this_machine(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether this is a socket, or leads to the one server that may be asked."""
    if event == "socket.__new__":
        return True
    address = arguments[1] if event == "socket.connect" else arguments
    return event != "socket.bind" and address[0] == "127.0.0.1"


def _entry(path: str, folder: Any) -> str:
    """The real place of an entry of a folder: of a link itself, and not of what it leads to."""
    if isinstance(folder, int) and folder >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
    head, tail = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(head), tail)


def _change(event: str, path: str) -> None:
    if path != os.devnull and not any(path == place or path.startswith(place + os.sep) for place in allowed):
        harmful.append(f"{event} {path}")


def serve(request: dict[str, Any]) -> dict[str, Any]:
    """Runs command lines in a fork; what it did, or how it ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        try:
            reply = _work(request)
        except BaseException as error:
            reply = {"died": f"{type(error).__name__}: {error}"}
        os.write(writer, json.dumps(reply).encode())
        os._exit(0)
    os.close(writer)
    reply = {}
    with open(reader, "rb") as answer:
        if select.select([answer], [], [], request["wall"])[0]:
            reply = json.loads(answer.read() or b"{}")
        else:
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not reply:
        how = f"killed by {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else "ended"
        reply = {"died": f"{how}, after at most {request['wall']} s, with the bounds of {request['cpu']} s of CPU"}
    return reply


def _work(request: dict[str, Any]) -> dict[str, Any]:
    global allowed, workers, draws, asks
    folder = Path(request["folder"])
    os.chdir(folder)
    os.environ |= request["environment"]
    tempfile.tempdir = None
    for number, (name, flags) in enumerate({os.devnull: os.O_RDONLY, request["out"]: os.O_RDWR | os.O_CREAT}.items()):
        os.dup2(os.open(name, flags, 0o600), number)
    os.dup2(1, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu"], request["cpu"] + 5))
    before = _memory("VmRSS")
    if request["room"]:
        room = _memory("VmSize") + request["room"] * MIB
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
    workers, draws, asks = request["workers"], request["draws"], request["asks"]
    allowed = tuple(os.path.realpath(path) for path in request["allowed"])
    from nnspec.cli.main import run

    codes = [_call(*command[1:]) if command[0] == "call" else run(command) for command in request["commands"]]
    allowed = ()
    sys.stdout.flush()
    sys.stderr.flush()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    loaded = [str(getattr(module, "__file__", None)) for module in list(sys.modules.values())]
    return {
        "codes": codes,
        "seconds": spent.ru_utime + spent.ru_stime,
        "megabytes": (_memory("VmHWM") - before) / MIB,
        "harmful": harmful
        + [f"import {path}" for path in loaded if path.startswith(f"{os.path.realpath(folder)}{os.sep}")],
    }


def _call(place: str, *arguments: str) -> int:
    """Calls a function, of nnspec's or of a file beside this one, with paths, and prints its answer."""
    module, _, name = place.partition(":")
    sys.path.append(str(Path(__file__).parent))
    print(getattr(import_module(module), name)(*map(Path, arguments)))
    return 0


def _memory(name: str) -> int:
    """Bytes, by the name that the kernel has for them."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) << 10


def main() -> None:
    sys.addaudithook(watch)
    import asyncio  # noqa: F401 - which makes code of code when it is imported

    import h5py  # noqa: F401 - which asks the system for its processor

    import nnspec.cli.check
    import nnspec.cli.errors
    import nnspec.cli.main
    import nnspec.data.report
    import nnspec.export.errors
    import nnspec.frontend.pipeline
    import nnspec.report.pages.diagram
    from nnspec.catalog.kinds import catalog

    catalog()
    if "tensorflow" in sys.argv:  # no operation runs before a fork, since TensorFlow's threads do not come along
        import nnspec.export.session
        import nnspec.training.train  # noqa: F401
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"ready": time.process_time()}), file=replies, flush=True)
    for line in sys.stdin:
        print(json.dumps(serve(json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
