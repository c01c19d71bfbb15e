"""Sequences of labels, as CTC gives and takes them: the likeliest ones, their distance, and which can be learned.

Number 0 is the blank between labels, and the padding behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.data.names import name_of
from nnspec.data.pipeline import Split
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.sequences import outputs_by_ctc
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.binding import Binding

AT_ONCE = 65536  # rows of targets looked at


def ctc_names(spec: Spec) -> frozenset[str]:
    """The outputs that are trained by CTC, by their names in the model."""
    return frozenset(keras_name(output.name) for output in outputs_by_ctc(spec))


def greedy(scores: np.ndarray) -> list[list[int]]:
    """The likeliest label of each step, repeats merged and blanks left out: ``keras.ops.ctc_decode``'s ``greedy``.

    Args:
        scores: float [batch, steps, labels + 1].
    """
    best = scores.argmax(-1)
    new = np.ones(best.shape, bool)
    new[:, 1:] = best[:, 1:] != best[:, :-1]
    return [row[kept & (row > 0)].tolist() for row, kept in zip(best, new, strict=True)]


def without_padding(targets: np.ndarray) -> list[list[int]]:
    """The labels of each row, int [batch, length]."""
    return [row[row > 0].tolist() for row in targets]


def distance(true: Sequence[int], found: Sequence[int]) -> int:
    """How many labels have to be put in, left out or replaced (Levenshtein, 1966)."""
    before = list(range(len(found) + 1))
    for row, wanted in enumerate(true, 1):
        after = [row]
        for column, given in enumerate(found, 1):
            after.append(min(before[column] + 1, after[-1] + 1, before[column - 1] + (wanted != given)))
        before = after
    return before[-1]


def label_error_rate(pairs: Iterable[tuple[Sequence[int], Sequence[int]]]) -> float:
    """The distance of all pairs of true and found labels, for each true label; 1 is as bad as no answer."""
    wrong = total = 0
    for true, found in pairs:
        wrong += distance(true, found)
        total += len(true)
    return wrong / total if total else 0.0


def spelled(labels: Sequence[int], classes: Sequence[str] | None) -> dict[str, object]:
    """Labels as an answer: their names, and the text that they make; without names their numbers.

    Args:
        classes: the name of each number; that of 0 is the blank's.
    """
    if classes is None:
        return {"labels": list(labels)}
    names = [name_of(classes, label) for label in labels]
    return {"text": ("" if all(len(name) == 1 for name in classes[1:]) else " ").join(names), "labels": names}


def check_label_sequences(spec: Spec, model: Any, dataset: Dataset, binding: Binding) -> None:
    """Raises SpecError, E0723, for the first example of an output's targets that CTC cannot learn."""
    problems = []
    shapes = _output_shapes(model, dataset, binding) if outputs_by_ctc(spec) else {}
    for output in outputs_by_ctc(spec):
        name = binding.outputs[keras_name(output.name)]
        steps, units = shapes[keras_name(output.name)]
        found = (_first_bad(split, name, steps, units) for split in dataset.splits.values())
        why = next(filter(None, found), None)
        if why is not None:
            problems.append(Diagnostic("E0723", why[0], spec.place("data", "source"), hint=why[1]))
    if problems:
        raise SpecError(problems)


def _output_shapes(model: Any, dataset: Dataset, binding: Binding) -> dict[str, tuple[int | None, ...]]:
    """The outputs' shapes without the batch, for inputs of the shapes of the data."""
    given = {name: (1, *dataset.features[source].shape) for name, source in binding.inputs.items()}
    found = model.compute_output_shape(given if isinstance(model.input, dict) else next(iter(given.values())))
    named = found if isinstance(found, dict) else {next(iter(binding.outputs)): found}
    return {name: tuple(shape[1:]) for name, shape in named.items()}


def _first_bad(split: Split, name: str, steps: int | None, units: int | None) -> tuple[str, str] | None:
    if split.table.padded is not None:
        return "features of several lengths, and CTC takes padding for real steps", "give all examples one length"
    column = split.table.targets[name]
    for start in range(0, split.size, AT_ONCE):
        rows = split.indices[start : start + AT_ONCE]
        values = column.take(rows)
        real = values > 0
        # A blank has to stand between two equal labels, so that they take one step more.
        needed = real.sum(1) + ((values[:, 1:] == values[:, :-1]) & real[:, 1:]).sum(1)
        never = np.full(len(rows), False)
        faults = (
            ((values < 0).any(1), "a label below 0", "labels count from 1, and rows are padded by 0 at the end"),
            ((~real[:, :-1] & real[:, 1:]).any(1), "a 0 between labels", "0 is the blank, and padding at the end"),
            (~real.any(1), "no label", "labels count from 1: 0 is the blank, and padding"),
            (
                never if units is None else (values >= units).any(1),
                f"the label {{label}}, and the output has {units} units",
                "each label takes a unit, and the blank takes place 0",
            ),
            (
                never if steps is None else needed > steps,
                f"labels that take {{steps}} steps, and the output has {steps}",
                "each label takes a step, and one more between two equal ones",
            ),
        )
        for bad, why, hint in faults:
            if bad.any():
                row = int(bad.argmax())
                told = why.format(label=values[row].max(), steps=needed[row])
                return f"example {int(rows[row])} of `{name}` has {told}", hint
    return None
