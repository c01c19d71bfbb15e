"""Coverage-guided fuzzing of the whole of `check`: any bytes end in diagnostics, within a second and bounded memory.

Atheris has wheels for Linux alone and pytest does not run this file. By hand, in an environment of its own:

    pip install atheris . && python tests/fuzz/fuzz_check.py -runs=100000

Options are libFuzzer's; further folders are corpora. What it finds becomes a file in tests/fuzz/corpus, which
`tests/hostile` replays.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import atheris
from line_mutator import LineMutator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["nnspec.frontend", "nnspec.layers"]):
    from nnspec.catalog.kinds import catalog
    from nnspec.frontend.pipeline import check

SECONDS = 1.0  # of the processor, for one spec
MEGABYTES = 1024
MAX_LENGTH = 8192
SEEDS = ("tests/specs/valid", "tests/specs/invalid", "tests/fuzz/corpus", "specs")
LANGUAGE = [
    "inputs",
    "layers",
    "blocks",
    "params",
    "data",
    "train",
    "export",
    "budget",
    "outputs",
    "extends",
    "use",
    "requires",
    "name",
    "from",
    "when",
    "repeat",
    "as",
    "for",
    "parallel",
    "merge",
    "reuse",
    "call",
    "shape",
    "dtype",
    "source",
    "split",
    "augment",
    "epochs",
    "optimizer",
    "loss",
    "metrics",
    "callbacks",
    "strategy",
]
PIECES = (
    "$", "$(", ")", "{", "}", "[", "]", ": ", "\n- ", "\n", "  ", "&a ", "*a", "!!str ", "null", "-1", "0", "1e308", "true",
    "99999999999", "2**64", '"', "#", "|", "\t", "\x00", "\x1b[2J", "\ud7ff", "$data.classes", "[[]]", "{}", ".nan", ".inf",
)  # fmt: skip


def words() -> list[str]:
    """What a spec is made of: the language's keys, every kind and the arguments of layers."""
    found = [*LANGUAGE, *PIECES]
    for category in ("layer", "loss", "metric", "optimizer", "callback", "initializer", "source", "target"):
        found += catalog().kinds(category)
    found += sorted({item.name for kind in catalog().kinds("layer") for item in catalog().arguments("layer", kind)})
    return found


def mutate(data: bytes, max_size: int) -> bytes:
    return bytes(atheris.Mutate(data, max_size))  # looked up late: Setup puts another one there


def mutator() -> LineMutator:
    paths = sorted(path for folder in SEEDS for path in (ROOT / folder).rglob("*.yaml"))
    texts = [path.read_text("utf-8", "replace") for path in paths]
    return LineMutator(words(), [line for text in texts for line in text.splitlines() if line.strip()], mutate)


def run(data: bytes, path: Path) -> None:
    """One check of ``data``, rendered as people and programs read it.

    Raises:
        AssertionError: it took too long, failed without an error, or printed what a terminal would act on.
    """
    path.write_bytes(data)
    start = time.process_time()
    checked = check(path)
    text = "\n".join(str(diagnostic) for diagnostic in checked.diagnostics)
    for diagnostic in checked.diagnostics:
        diagnostic.as_json()
    spent = time.process_time() - start
    assert spent < SECONDS, f"{spent:.2f} s"
    assert checked.ok or "error[E" in text
    assert all(char.isprintable() or char == "\n" for char in text), "unprintable characters in a diagnostic"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, seeds = Path(folder) / "spec.yaml", Path(folder) / "seeds"
        seeds.mkdir()
        for number, seed in enumerate(sorted(file for part in SEEDS for file in (ROOT / part).rglob("*.yaml"))):
            (seeds / f"{number:04}.yaml").write_bytes(seed.read_bytes()[:MAX_LENGTH])
        limits = [f"-max_len={MAX_LENGTH}", f"-rss_limit_mb={MEGABYTES}", "-timeout=10"]
        atheris.Setup(
            [sys.argv[0], *limits, *sys.argv[1:], str(seeds)], lambda data: run(data, path), custom_mutator=mutator()
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
