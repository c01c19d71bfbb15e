"""What writes files over and over, to be killed while it does: `python writers.py NAME FOLDER`, until the end comes.

Each version of a file is whole in itself, so that what a kill leaves can be told from half of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np

SIZE = 200_000


def content(version: int) -> bytes:
    return bytes([version % 251]) * SIZE


def is_whole(found: bytes) -> bool:
    return len(found) == SIZE and found == found[:1] * SIZE


def write_checkpoint(folder: Path, version: int) -> None:
    from nnspec.training.checkpoint import encode, write_file

    write_file(folder / f"step-{version % 3:012d}", encode({"weights": np.full(SIZE, version, np.float32)}))


def check_checkpoint(folder: Path) -> None:
    from nnspec.training.checkpoint import Checkpoints

    found = Checkpoints(folder).newest()
    assert not found.damaged and found.tree is not None and (found.tree["weights"] == found.tree["weights"][0]).all()


def write_record(folder: Path, version: int) -> None:
    from nnspec.runs.run_folder import RunFolder

    RunFolder(folder).write_record({"version": version, "more": ["x" * 1000] * 100})


def check_record(folder: Path) -> None:
    found = json.loads((folder / "record.json").read_text())
    assert len(found["more"]) == 100


def write_report(folder: Path, version: int) -> None:
    from nnspec.report.pages.run_page import write
    from nnspec.runs.run_folder import RunFolder

    RunFolder(folder).write_record({"name": "net", "status": "running", "seed": version})
    write(RunFolder(folder))


def check_report(folder: Path) -> None:
    page = folder / "report.html"
    assert not page.exists() or page.read_text().rstrip().endswith("</html>")


def write_cache(folder: Path, version: int) -> None:
    from nnspec.data.cache import stored

    stored(f"images/{version % 5}-{version}.npy", lambda file: file.write(content(version)))


def check_cache(folder: Path) -> None:
    from nnspec.data.cache import kept

    names = [path.name for path in (folder / "images").glob("[!.]*")]
    assert names
    for name in names:
        found = kept(f"images/{name}")
        assert found is not None and is_whole(found.read_bytes())


def write_export(folder: Path, version: int) -> None:
    """A file, and a folder such as a SavedModel or a bundle, as the export puts them in their places."""
    from nnspec.export.files import publish, workshop

    with workshop(folder) as scratch:
        (scratch / "net.tflite").write_bytes(content(version))
        made = scratch / "net.bundle"
        made.mkdir()
        for name in ("a", "b", "c"):
            (made / name).write_bytes(content(version))
        publish(scratch / "net.tflite", folder / "net.tflite")
        publish(made, folder / "net.bundle")


def check_export(folder: Path) -> None:
    assert is_whole((folder / "net.tflite").read_bytes())
    parts = [(folder / "net.bundle" / name).read_bytes() for name in ("a", "b", "c")]
    assert all(map(is_whole, parts)) and len({part[0] for part in parts}) == 1


WRITERS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path], None]]] = {
    "checkpoint": (write_checkpoint, check_checkpoint),
    "record": (write_record, check_record),
    "report": (write_report, check_report),
    "cache": (write_cache, check_cache),
    "export": (write_export, check_export),
}

if __name__ == "__main__":
    write, _ = WRITERS[sys.argv[1]]
    for number in count(1):
        write(Path(sys.argv[2]), number)
        print(number, flush=True)
