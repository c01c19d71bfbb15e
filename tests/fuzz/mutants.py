"""Mutated data files and specs, through all that lies behind `check`: `nnspec data`, and one epoch of training.

Each mutant is one of the cases of the world with some of its bytes, lines, cells, arrays or settings changed, and follows
from its number alone. By hand, in one process:

    python tests/fuzz/mutants.py data -runs=100000 -first=0
    python tests/fuzz/mutants.py train -runs=2000

What must never come: a `bug in nnspec`, an input that takes longer than `SECONDS`, and weights that are no numbers at the
end of a training that says that all is well.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "cases"))

from world import Case, cases

SECONDS = 20.0  # of the processor, for one input; most take hundredths
TOKENS = (
    "", " ", "nan", "NaN", "inf", "-inf", "1e400", "-1", "0", "1", "2", "9" * 40, "1,2", '"', '""', "'", "\x00", "\ufeff",
    "\t", "|", ";", ",", "-", "--", "#N/A", "NULL", "true", "no", "−5", "1_000", "0x1f", "2024-02-30", "24:61", "🦀", "\u202e",
    "O", "B-", "I-", "B-X", "-DOCSTART-", "a/b", "../x", "%s", "{}", "$x", "\\", "é", "a" * 300,
)  # fmt: skip
SETTINGS = (
    "0", "1", "2", "3", "7", "-1", "0.5", "0.0", "1.0", "true", "false", "null", "[]", "{}", "x", "y", "''", "[1, 2]", "[null]", "1e-3",
    "mean", "zero", "skip", "fail", "standard", "minmax", "accuracy", "mae", "AUC", "Precision", "F1Score", "MeanSquaredError",
    "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "Hinge", "KLDivergence", "Huber", "CTC",
    "softmax", "sigmoid", "linear", "relu", "balanced", "RandomFlip", "MixUp", "Flatten", "{Dense: 1}", "{Dense: 2}", "GlobalAveragePooling1D",
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A case with the bytes of all its files."""

    case: Case
    files: Mapping[str, bytes]


@cache
def seeds(small: bool = False) -> tuple[Seed, ...]:
    """The cases that have data. Those of large networks are left out where they are to be trained."""
    found = []
    for case in cases():
        if small and case.path.parent.name == "gallery":
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            case.build(folder)
            files = {
                str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
            }
        if len(files) > 1 and "\ndata:" in case.text:
            found.append(Seed(case, files))
    return tuple(found)


class Mutant:
    """Files that differ from a case's in a few places. All of it follows from the number."""

    def __init__(self, number: int, small: bool = False) -> None:
        self.random = random.Random(number)
        self.seed = self.random.choice(seeds(small))
        self.files = dict(self.seed.files)
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            names = [name for name in self.files if name != "spec.yaml"]
            name = self.random.choice(names) if names and self.random.random() < 0.65 else "spec.yaml"
            self.files[name] = self.mutated(name, self.files[name])
            if name != "spec.yaml" and self.random.random() < 0.04:
                self.rename(name)

    def mutated(self, name: str, content: bytes) -> bytes:
        if name == "spec.yaml":
            return self.settings(content.decode("utf-8", "replace")).encode()
        if name.endswith(".npz") and self.random.random() < 0.85:
            with contextlib.suppress(ValueError, TypeError):  # texts that cannot become numbers
                return self.arrays(content)
        if name.endswith((".csv", ".tsv", ".txt")) and self.random.random() < 0.85:
            return self.text(content)
        return self.bytes(content)

    def rename(self, name: str) -> None:
        suffix = self.random.choice((".png", ".csv", ".txt", ".npz", ".webp", ".gz", ""))
        self.files[str(Path(name).with_suffix(suffix))] = self.files.pop(name)

    def settings(self, text: str) -> str:
        """A line of the sections behind the network, or a word of one, changed."""
        lines = text.split("\n")
        begin = next((number for number, line in enumerate(lines) if line.startswith("nnspec:")), 0)
        number = self.random.randrange(begin, len(lines))
        line = lines[number]
        match self.random.randrange(5):
            case 0:
                del lines[number]
            case 1:
                lines.insert(number, lines[self.random.randrange(begin, len(lines))])
            case _:
                words = [
                    part for part in line.replace("{", " ").replace("}", " ").replace(",", " ").split() if part != "-"
                ]
                if words:
                    lines[number] = line.replace(self.random.choice(words), self.random.choice(SETTINGS), 1)
        return "\n".join(lines)

    def text(self, content: bytes) -> bytes:
        lines = content.decode("utf-8", "replace").split("\n")
        number = self.random.randrange(len(lines))
        match self.random.randrange(9):
            case 0:
                del lines[number]
            case 1:
                lines.insert(number, self.random.choice(lines))
            case 2:
                lines[number] += self.random.choice(TOKENS)
            case 3:
                lines = lines[: number + 1]
            case 4:
                return "\n".join(lines).encode(
                    self.random.choice(("utf-16", "utf-8-sig", "utf-32", "cp037")), "replace"
                )
            case 5:
                lines = lines * self.random.choice((2, 40))
            case _:
                separator = next((mark for mark in ("\t", ",", ";", " ") if mark in lines[number]), ",")
                cells = lines[number].split(separator)
                cells[self.random.randrange(len(cells))] = self.random.choice(TOKENS)
                lines[number] = separator.join(cells)
        return "\n".join(lines).encode("utf-8", "surrogatepass")

    def bytes(self, content: bytes) -> bytes:
        found = bytearray(content)
        if not found:
            return self.random.randbytes(8)
        at = self.random.randrange(len(found))
        match self.random.randrange(4):
            case 0:
                del found[at:]
            case 1:
                found[at : at + 4] = self.random.randbytes(4)
            case 2:
                del found[at : at + self.random.randrange(1, 40)]
            case _:
                found[at] ^= 1 << self.random.randrange(8)
        return bytes(found)

    def arrays(self, content: bytes) -> bytes:
        """One array of an archive changed in its values, type, shape or name."""
        try:
            with np.load(io.BytesIO(content)) as archive:
                members: dict[str, Any] = {name: archive[name] for name in archive.files}
        except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile):
            return self.bytes(content)
        if not members:
            return content
        name = self.random.choice(sorted(members))
        array = members[name]
        match self.random.randrange(9):
            case 0 if array.dtype.kind == "f" and array.size:
                array = array.copy()
                array.flat[self.random.randrange(array.size)] = self.random.choice(
                    (np.nan, np.inf, -np.inf, 3e38, 1e-40)
                )
            case 1:
                warnings.simplefilter("ignore")
                kind = self.random.choice(("float64", "int64", "uint8", "bool", "float16", "complex64", "U4", "int8"))
                with contextlib.suppress(RuntimeError):  # dates that four letters do not hold
                    array = array.astype(kind)
            case 2:
                array = array[: self.random.randrange(len(array) + 1)] if array.ndim else array
            case 3:
                array = array[..., None]
            case 4:
                array = array.reshape(-1)
            case 5:
                array = np.swapaxes(array, 0, -1) if array.ndim else array
            case 6:
                array = array + self.random.choice((-1, 1, 100)) if array.dtype.kind in "if" else array
            case 7:
                members[self.random.choice(("x", "y", "other"))] = members.pop(name)
                return saved(members)
            case _:
                array = np.concatenate([array, array]) if array.ndim else array
        members[name] = array
        return saved(members)

    def write(self, folder: Path) -> Path:
        for name, content in self.files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return folder / "spec.yaml"


def saved(members: Mapping[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


class TooLong(BaseException):
    """An input that takes longer than any should."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Raises TooLong after `SECONDS` of the processor, or twenty times as many by the clock."""

    def ring(signal_number: int, frame: Any) -> None:
        raise TooLong

    before = [signal.signal(which, ring) for which in (signal.SIGVTALRM, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, 20 * SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for which, handler in zip((signal.SIGVTALRM, signal.SIGALRM), before, strict=True):
            signal.signal(which, handler)


def through_data(path: Path) -> str | None:
    """What `nnspec data` did that it must not; None if all is well."""
    from nnspec.cli.main import run

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(["data", str(path), "--debug"])
    return said.getvalue() if "bug in nnspec" in said.getvalue() or code not in (0, 3, 4) else None


def through_training(path: Path) -> str | None:
    """What a training did that it must not; None if all is well."""
    import keras

    from nnspec.cli.errors import explain
    from nnspec.frontend.pipeline import load
    from nnspec.training.train import train

    keras.backend.clear_session()
    try:
        result = train(load(path, ("train.epochs=1",)), run=path.parent / "run")
    except (Exception, KeyboardInterrupt) as error:
        text = explain(error, ["train", "--debug"]).text
        return text if "bug in nnspec" in text or "Graph execution error:" in text else None
    bad = [
        weight.path
        for weight in result.model.weights
        if weight.dtype != "string" and not np.isfinite(np.asarray(weight)).all()
    ]
    return f"trained, but {', '.join(bad)} are no numbers" if bad else None


WAYS = {"data": through_data, "train": through_training}


def tried(way: str, number: int) -> str | None:
    """What went wrong with a mutant, or None."""
    mutant = Mutant(number, small=way == "train")
    folder = Path(tempfile.mkdtemp(prefix="mutant-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    here, cache_before = os.getcwd(), os.environ.get("NNSPEC_CACHE")
    os.environ["NNSPEC_CACHE"] = str(folder / "cache")
    try:
        path = mutant.write(folder)
        os.chdir(folder)
        with bounded():
            found = WAYS[way](path)
    except TooLong:
        found = f"longer than {SECONDS:.0f} s"
    finally:
        os.chdir(here)
        if cache_before is None:
            del os.environ["NNSPEC_CACHE"]
        else:
            os.environ["NNSPEC_CACHE"] = cache_before
        shutil.rmtree(folder, ignore_errors=True)
    return None if found is None else f"mutant {number} of {mutant.seed.case.name}: {found}"


def main(way: str, *options: str) -> int:
    """Tries `-runs=N` mutants from `-first=N`, prints each kind of fault once. Returns how many kinds there are."""
    given = {"runs": 1000, "first": 0, "seconds": 10**9}
    given |= {name: int(value) for name, value in (option.lstrip("-").split("=") for option in options)}
    kinds: dict[str, int] = {}
    start, done = time.monotonic(), 0
    for number in range(given["first"], given["first"] + given["runs"]):
        if time.monotonic() - start > given["seconds"]:
            break
        found = tried(way, number)
        done += 1
        if found:
            lines = found.strip().split("\n")
            places = [line.strip() for line in lines if "/nnspec/" in line and "line" in line]
            kind = f"{places[-1] if places else ''} {lines[-1][:100]}"
            if kind not in kinds:
                print(found, flush=True)
            kinds[kind] = kinds.get(kind, 0) + 1
        if done % 500 == 0:
            print(f"{done} runs, {len(kinds)} kinds of fault, {time.monotonic() - start:.0f} s", flush=True)
    print(f"{done} runs of {way}: {sum(kinds.values())} faults of {len(kinds)} kinds, {time.monotonic() - start:.0f} s")
    return len(kinds)


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 99))
