"""A bundle's model in a process of its own, with bounds: a file of a stranger's may crash the runtime, or never end.

Run by `subprocesses.Worker`. A request is what to do and what with; imports NumPy and ai-edge-litert alone.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnspec.export.bundle.model import drawn, foreign_operations, runner
from nnspec.export.subprocesses import serve

MEMORY = 8 << 30  # bytes of address space
SECONDS = 300  # of the processor, for all requests


def main() -> None:
    path = Path(sys.argv[2])
    bounds = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_CPU: SECONDS}
    for kind, most in bounds.items():
        with suppress(ValueError, OSError):  # the system allows less already
            resource.setrlimit(kind, (most, most))
    run: Any = None

    def handle(request: tuple[str, Any]) -> Any:
        nonlocal run
        what, features = request
        if what == "foreign":
            return foreign_operations(path)
        run = run or runner(path)
        return list(drawn(path)) if what == "drawn" else dict(run(features))

    serve(handle)


if __name__ == "__main__":
    main()
