"""Files of TFLite that LiteRT.js runs in one page, each with its inputs and Keras's answers to them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from elsewhere import LITERT_JS, has_browser, in_browser
from run_files import batches, save

from nnspec.backend.signature import Batch
from nnspec.export.examples import Case
from nnspec.export.gate.verify import compare, judge

__all__ = ["Page", "Part", "has_browser", "joined"]


@dataclass(frozen=True)
class Part:
    """One network of a file: what findings call it, its inputs with Keras's answers, and its own outputs."""

    label: str
    cases: list[Case]
    answers: Callable[[Batch], Batch]


@dataclass
class Page:
    """What waits for the browser, a file and its parts by number."""

    waiting: list[tuple[bytes, str, str, Sequence[Part]]] = field(default_factory=list)

    def keep(self, content: bytes, quantize: str, to: str, parts: Sequence[Part]) -> None:
        self.waiting.append((content, quantize, to, parts))

    def judged(self) -> tuple[list[str], Counter[str]]:
        """What differs, and what passes or is refused."""
        findings: list[str] = []
        counts: Counter[str] = Counter()
        with TemporaryDirectory() as scratch:
            for number, (content, _, _, parts) in enumerate(self.waiting):
                path = Path(scratch) / f"{number:04}.tflite"
                path.write_bytes(content)
                save(path.with_suffix(".npz"), joined(parts))
            in_browser(Path(scratch), [LITERT_JS])
            for number, (_, quantize, to, parts) in enumerate(self.waiting):
                form = f"{quantize} {to}"
                told = Path(scratch) / f"{number:04}.{LITERT_JS}.txt"
                if told.exists():
                    findings.append(f"{parts[0].label} {form} {LITERT_JS}: does not run: {told.read_text()[:200]}")
                    continue
                rows = batches(told.with_suffix(".npz"))
                for part in parts:
                    why = _difference(part, rows, quantize)
                    counts[f"{form}: {LITERT_JS}: {'differs' if why else 'passes'}"] += 1
                    findings += [f"{part.label} {form} {LITERT_JS}: {why}"] if why else []
        return findings, counts


def joined(parts: Sequence[Part]) -> list[Batch]:
    """The inputs of all parts, one batch for each case; a part that has fewer repeats its last."""
    most = max(len(part.cases) for part in parts)
    rows = [[part.cases[min(number, len(part.cases) - 1)].features for part in parts] for number in range(most)]
    return [{name: value for batch in row for name, value in batch.items()} for row in rows]


def _difference(part: Part, rows: list[Batch], quantize: str) -> str:
    made = {id(case.features): row for case, row in zip(part.cases, rows, strict=False)}

    def run(features: Batch) -> Batch:
        shaped = part.answers(features)
        found = made[id(features)]
        return {name: np.reshape(found[name], value.shape) for name, value in shaped.items()}

    reasons = judge(compare(run, part.cases, part.answers), quantize, LITERT_JS).reasons
    return reasons[0] if reasons else ""
