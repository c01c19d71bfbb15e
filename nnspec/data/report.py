"""What there is to know of a data set before training on it: `nnspec data`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnspec.data import distributions
from nnspec.data.doubts import continues_by_subwords, doubts
from nnspec.data.errors import Remark, place_of
from nnspec.data.numbers import loses_digits
from nnspec.data.protocol import WEIGHT
from nnspec.data.split import TRAIN
from nnspec.data.table import Column, Dense, Ragged
from nnspec.data.text import text_report

if TYPE_CHECKING:
    from nnspec.data.dataset import Dataset
    from nnspec.data.pipeline import Split
    from nnspec.data.protocol import Assets

PROBLEMS = 20  # so many are listed, the others counted
WARNINGS = 40
FEW = 10  # a class with fewer training examples is remarked
NAMED = 8  # labels that one warning names


def report_of(dataset: Dataset, more: Sequence[Remark] = ()) -> dict[str, Any]:
    """Plain values, fit for JSON.

    Args:
        more: warnings that take the network, too.

    Keys: task, features and targets (shape, dtype), classes (how many, and the first names), vocabulary_size,
    splits (by part: examples, labels by target, weights, lengths of sequences by feature, padding, sentences known from
    training, tokens with vectors, and what the source adds), vectors (of the vocabulary's words, how many have one),
    columns (of a table, for each: name, type, use, missing, distinct, examples, range, spread), problems (what was
    left out or cut: message, file, line or row, hint), problem_count, warnings (what is likely to be wrong: code,
    message, file, line or row, hint), warning_count, silenced (by code of a warning that the spec does not want to
    hear, how many),
    files (count, bytes, sha256).
    """
    problems = [problem for problem in dataset.problems if not isinstance(problem, Remark)]
    examples = dataset.loaded.parts[TRAIN].examples
    splits = {name: describe(dataset, name, split) for name, split in dataset.splits.items()}
    cells = examples.cells()
    told, silenced = heard(dataset, [*warnings(dataset, splits, cells), *more, *remarks(dataset)])
    return {
        "task": dataset.task,
        "features": {name: {"shape": list(spec.shape), "dtype": spec.dtype} for name, spec in dataset.features.items()},
        "targets": {name: {"shape": list(spec.shape), "dtype": spec.dtype} for name, spec in dataset.targets.items()},
        "classes": None if dataset.classes is None else list(dataset.classes),
        "vocabulary_size": None if dataset.vocabulary is None else len(dataset.vocabulary),
        "vectors": None if dataset.vectors is None else len(dataset.vectors.found),
        "splits": splits,
        "columns": cells,
        "problems": [problem.plain() for problem in problems[:PROBLEMS]],
        "problem_count": len(problems),
        "warnings": [{"code": warning.code, **warning.plain()} for warning in told[:WARNINGS]],
        "warning_count": len(told),
        "silenced": dict(silenced),
        "files": dataset.fingerprint(),
    }


def remarks(dataset: Dataset) -> list[Remark]:
    """What reading the data told that is likely to be wrong."""
    return [problem for problem in dataset.problems if isinstance(problem, Remark)]


def heard(dataset: Dataset, told: Iterable[Remark]) -> tuple[list[Remark], Counter[str]]:
    """The warnings that the spec does not silence, and by code how many it does."""
    found, silenced = [], Counter[str]()
    for warning in told:
        if warning.code and dataset.section.silences(warning.code):
            silenced[warning.code] += 1
        else:
            found.append(warning)
    return found, silenced


def text_of(problem: Mapping[str, Any]) -> str:
    """A warning, or what was left out, as one line: place, message, hint."""
    place = place_of(problem["file"], problem["line"], problem["row"])
    hint = f" ({problem['hint']})" if problem["hint"] else ""
    return (f"{place}: " if place else "") + f"{problem['message']}{hint}"


def warning_text(warning: Mapping[str, Any]) -> str:
    return f"{warning['code']}: {text_of(warning)}"


def describe(dataset: Dataset, name: str, split: Split) -> dict[str, Any]:
    part = dataset.loaded.parts[name]
    found: dict[str, Any] = {"examples": split.size}
    labels = label_counts(split, dataset.assets)
    if labels:
        found["labels"] = labels
    weighed = weights(split)
    if weighed:
        found["weights"] = weighed
    lengths = {key: spread(column, split) for key, column in split.table.features.items() if isinstance(column, Ragged)}
    if lengths:
        found["lengths"] = lengths
    wasted = text_report.padding(split, dataset.section.batch_size, 0 if name == TRAIN else None)
    if wasted is not None:
        found["padding"] = wasted
    known = text_report.known(dataset, name)
    if known is not None:
        found["known"] = known
    tokens = part.examples.tokens
    if dataset.vectors is not None and dataset.vocabulary is not None and tokens is not None:
        counts = tokens.counts(split.indices.tolist())
        found["with_vectors"] = dataset.vectors.coverage(dataset.vocabulary, counts)
    more = part.examples.report(split.indices.tolist(), dataset.assets)
    if "labels" in found and "labels" in more:
        more = {**more, "labels": {**found["labels"], **more["labels"]}}
    return {**found, **more}


def label_counts(split: Split, assets: Assets) -> dict[str, dict[str, int]]:
    """By integer target, how many examples (or tokens, or pixels) have each label, in the order of the classes."""
    targets = {name: assets.classes_of(name) for name, spec in split.targets.items() if spec.dtype == "int32"}
    if not any(targets.values()):
        return {}
    found = {}
    for target, counts in split.class_counts().items():
        classes = targets.get(target)
        if classes is None:
            continue
        numbers = [*counts.tolist(), *[0] * (len(classes) - len(counts))]
        found[target] = dict(zip(classes, numbers, strict=False))
    return found


def weights(split: Split) -> dict[str, float]:
    """Smallest, mean and largest weight of the examples, where they are in memory and have any."""
    column = split.table.weight
    if not isinstance(column, Dense):
        return {}
    found = column.take(split.indices)
    return {"min": float(found.min()), "mean": float(found.mean()), "max": float(found.max())}


def spread(column: Column, split: Split) -> dict[str, float]:
    """Shortest, median, 95 % and longest sequence, in steps."""
    import numpy as np

    assert isinstance(column, Ragged)
    low, median, p95, high = np.percentile(column.lengths(split.indices), [0, 50, 95, 100], method="lower").tolist()
    return {"min": int(low), "median": int(median), "p95": int(p95), "max": int(high)}


def warnings(dataset: Dataset, splits: dict[str, Any], cells: list[dict[str, Any]] | None = None) -> list[Remark]:
    """What is likely to spoil a training without being an error."""
    found = []
    for part, described in splits.items():
        for target, counts in {} if continues_by_subwords(dataset) else described.get("labels", {}).items():
            few = [label for label, count in counts.items() if 0 < count < FEW]
            if few and part == TRAIN:
                more = f" and {len(few) - NAMED:,} more" if len(few) > NAMED else ""
                message = f"{part} has fewer than {FEW} examples of {target} {', '.join(few[:NAMED])}{more}"
                found.append(Remark("W0915", message))
    if "validation" not in splits:
        message = "there is no validation part: `split: {validation: 0.1}` holds back a tenth"
        found.append(Remark("W0931", message))
    columns = distributions.doubts(cells or ())
    return [*found, *rounded_arrays(dataset), *columns, *doubts(dataset), *text_report.doubts(dataset, splits)]


def rounded_arrays(dataset: Dataset) -> list[Remark]:
    """Arrays of floats that hold larger whole numbers than float32, which a network gets, can tell apart."""
    table = dataset.splits[TRAIN].table
    held = {**table.features, **table.targets, **({WEIGHT: table.weight} if table.weight else {})}
    known = {name: column.limits for name, column in held.items() if isinstance(column, Dense) and column.limits}
    lost = {name: loses_digits(known[name], held[name].spec.dtype) for name in known}
    return [Remark("W0909", f"{name} holds {what}") for name, what in lost.items() if what]
