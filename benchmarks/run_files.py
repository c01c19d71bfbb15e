"""Runs the TFLite files of a folder, one process each, in runtimes of the machine that Python runs on; no TensorFlow.

    python benchmarks/run_files.py FOLDER RUNTIME...

Beside each `NAME.tflite` lies `NAME.npz`, its inputs under `<number>/<input>`. What becomes of them is written to
`NAME.RUNTIME.npz`, outputs under `<number>/<output>`, each example run twice; or to `NAME.RUNTIME.txt`, in the
runtime's words.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from nnspec.export.gate.run_worker import Batch, loaded


def batches(path: Path) -> list[Batch]:
    """The arrays of an .npz of keys `<number>/<name>`, by number."""
    found: dict[int, Batch] = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            number, _, name = key.partition("/")
            found.setdefault(int(number), {})[name] = arrays[key]
    return [found[number] for number in sorted(found)]


def save(path: Path, rows: list[Batch]) -> None:
    np.savez(path, **{f"{number}/{name}": value for number, row in enumerate(rows) for name, value in row.items()})  # type: ignore[arg-type]


def run(path: Path, runtime: str) -> None:
    """One file in one runtime; what it answers, or why it does not."""
    to = path.with_suffix(f".{runtime}")
    try:
        program, rows = loaded(str(path), runtime), []
        for row in batches(path.with_suffix(".npz")):
            first, again = ({name: np.array(value) for name, value in program(row).items()} for _ in range(2))
            if any(not np.array_equal(first[name], again[name], equal_nan=True) for name in first):
                raise ValueError("a second run of the same input gives another output")
            rows.append(first)
        save(to.with_suffix(f"{to.suffix}.npz"), rows)
    except Exception as error:  # whatever a runtime says
        to.with_suffix(to.suffix + ".txt").write_text(" ".join(str(error).split())[:300], encoding="utf-8")


def main(arguments: list[str]) -> None:
    folder, *runtimes = arguments
    for path in sorted(Path(folder).glob("*.tflite")):
        for runtime in runtimes:
            process = os.fork()  # a file may crash a runtime
            if process == 0:
                run(path, runtime)
                os._exit(0)
            _, status = os.waitpid(process, 0)
            if status:
                path.with_suffix(f".{runtime}.txt").write_text(f"the runtime died: {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main(sys.argv[1:])
