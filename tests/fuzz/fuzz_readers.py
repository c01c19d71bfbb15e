"""Coverage-guided fuzzing of whatever reads a stranger's file: data, run folders, bundles, models, the text of specs.

By hand, as `fuzz_check.py`:

    pip install atheris . && python tests/fuzz/fuzz_readers.py csv -runs=1000000

Without a name it says which there are. What it finds becomes a file in tests/fuzz/found, `READER-what`, which
`test_readers.py` replays.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import signal
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path

import atheris
from line_mutator import LineMutator

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
# Whose branches guide the fuzzer: each costs time in every execution, and those of other readers would guide it astray.
MODELS = ("importing", "data.formats.tf_example")
PACKAGES = {
    "spec": ("frontend.source", "frontend.concrete_syntax", "frontend.syntax"),
    "run": ("runs", "report.text.runs", "report.pages", "schema_validity"),
    "bundle": ("export.bundle", "schema_validity", "data.formats.array_headers"),
    **dict.fromkeys(("json", "keras", "hdf5", "saved_model"), MODELS),
}

with atheris.instrument_imports(include=[f"nnspec.{name}" for name in PACKAGES.get("".join(sys.argv[1:2]), ("data",))]):
    from readers import READERS, Reader, run

    from nnspec.backend import hdf5_trial
    from nnspec.data import cache
    from nnspec.data.formats import images

MEGABYTES = 2048  # TensorFlow alone is half of that
FRESH = 5_000  # executions after which the cache is emptied


class InTurn:
    """In the place of a pool of threads: does the work where it is asked for."""

    def __init__(self, count: int) -> None:
        pass

    def __enter__(self) -> InTurn:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    map = staticmethod(map)


def limit_from_here(size: int) -> None:
    """As the trial's own, of which each file of a process has another."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(spent.ru_utime + spent.ru_stime) + hdf5_trial.SECONDS
    for kind, most in ((resource.RLIMIT_AS, hdf5_trial.MEMORY + 4 * size), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


class Trials:
    """In the place of a new Python for each HDF5 file: one fork that goes on to the next file until one ends it."""

    def __init__(self) -> None:
        self.child = 0

    def __call__(self, path: Path) -> bool:
        if not self.child:
            self._fork()
        self.asked.write(f"{path}\n".encode())
        if answer := self.answers.read(1):
            return hdf5_trial.judged(answer[0])
        code = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        self.child = 0
        return hdf5_trial.judged(code)

    def _fork(self) -> None:
        (theirs, asked), (answers, told) = os.pipe(), os.pipe()
        self.child = os.fork()
        if not self.child:
            for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGXCPU):
                signal.signal(number, signal.SIG_DFL)  # libFuzzer's own would call it a finding
            os.close(asked)
            hdf5_trial._limit = limit_from_here
            for line in os.fdopen(theirs):
                os.write(told, bytes([hdf5_trial.main(Path(line[:-1]))]))
            os._exit(0)
        os.close(theirs)
        os.close(told)
        self.asked, self.answers = os.fdopen(asked, "wb", 0), os.fdopen(answers, "rb", 0)


def mutate(data: bytes, max_size: int) -> bytes:
    return bytes(atheris.Mutate(data, max_size))  # looked up late: Setup puts another one there


def mutator(reader: Reader) -> LineMutator:
    lines = [line for seed in reader.seeds for line in seed.decode("utf-8", "replace").splitlines()]
    return LineMutator(reader.words, lines, mutate)


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in READERS:
        sys.exit(f"usage: fuzz_readers.py READER [libFuzzer's options]; readers: {', '.join(READERS)}")
    reader = READERS[sys.argv.pop(1)]
    if reader.tf:
        import_module("tensorflow")  # which takes longer than an input may
    hdf5_trial._tried = Trials()
    cache.TICK_NS = 0  # nothing else writes these files, so no clock is waited for
    images.ThreadPoolExecutor = InTurn  # type: ignore[misc,assignment]  # two pictures are not worth threads
    warnings.simplefilter("ignore")  # Pillow's, of each broken picture
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as base:
        work, seeds, kept = (Path(base, name) for name in ("work", "seeds", "cache"))
        os.environ["NNSPEC_CACHE"] = str(kept)
        work.mkdir()
        seeds.mkdir()
        for number, seed in enumerate(reader.seeds):
            (seeds / str(number)).write_bytes(seed)
        done = 0

        def one(data: bytes) -> None:
            nonlocal done
            done += 1
            if done % FRESH == 0:
                shutil.rmtree(kept, ignore_errors=True)
            run(reader, data, work)

        limits = [f"-max_len={reader.longest}", f"-rss_limit_mb={MEGABYTES}", "-timeout=10"]
        changed = {"custom_mutator": mutator(reader)} if reader.words else {}
        atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], str(seeds)], one, **changed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
