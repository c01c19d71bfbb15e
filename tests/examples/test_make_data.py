"""The example data come out the same every time, and are those that the repository holds."""

from __future__ import annotations

import gzip
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples/make_data.py"
COMMITTED = ROOT / "examples/data"
NAMES = ("digits", "digit_images", "shapes", "sentences", "waves", "load", "letters", "figures", "averages", "reber")
NAMES += ("adding", "moving", "faces", "chinese", "opinions", "motion", "cells", "calls")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="the makers draw with NumPy"),
]


def make(out: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--out", str(out), *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    done = make(out)
    assert done.returncode == 0, done.stderr
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """What the files hold: how well zlib packs it is a matter of its version."""
    return {str(path.relative_to(folder)): unpacked(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def unpacked(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            return b"".join(name.encode() + archive.read(name) for name in sorted(archive.namelist()))
    if path.suffix == ".png":
        from PIL import Image

        with Image.open(path) as image:
            return repr((image.mode, image.size)).encode() + image.tobytes()
    return path.read_bytes()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.long
def test_a_fresh_run_gives_the_committed_files(fresh: Path, name: str) -> None:
    made = contents(fresh / name)
    assert made
    assert made == contents(COMMITTED / name)


def test_nothing_else_is_committed() -> None:
    assert sorted(path.name for path in COMMITTED.iterdir()) == sorted(NAMES)


def test_the_same_bytes_twice(fresh: Path, tmp_path: Path) -> None:
    assert make(tmp_path, "waves", "sentences", "load").returncode == 0
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert path.read_bytes() == (fresh / path.relative_to(tmp_path)).read_bytes()


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in COMMITTED.rglob("*") if path.is_file()) < 2_900_000


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    done = make(tmp_path, "digitz")
    assert done.returncode == 2
    assert "digitz" in done.stderr and "shapes" in done.stderr


def test_digits_are_balanced_and_in_the_format_of_mnist(fresh: Path) -> None:
    images = gzip.decompress((fresh / "digits/t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((fresh / "digits/t10k-labels-idx1-ubyte.gz").read_bytes())
    assert images[:16] == bytes.fromhex("00000803 000003e8 0000001c 0000001c")
    assert len(images) == 16 + 1000 * 28 * 28
    assert labels[:8] == bytes.fromhex("00000801 000003e8")
    assert all(labels[8:].count(digit) == 100 for digit in range(10))


def test_a_name_alone_does_not_tell_the_tag(fresh: Path) -> None:
    """Most names of the test part that are known from training stand there under more than one tag, or are new."""
    seen = tags_by_name(fresh / "sentences/train.conll")
    names = tags_by_name(fresh / "sentences/test.conll")
    told = [name for name in names if len(seen.get(name, ())) == 1]
    assert len(told) < len(names) / 2


def tags_by_name(path: Path) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        token, _, tag = line.partition(" ")
        if tag.endswith(("PER", "LOC", "ORG")):
            names.setdefault(token, set()).add(tag)
    return names
