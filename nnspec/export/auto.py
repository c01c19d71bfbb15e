"""`quantize: auto`: the smallest file that passes the gate and keeps the task's metric."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from nnspec.catalog.targets import Drop, Target
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError
from nnspec.export.gate.metric import Judges
from nnspec.export.tflite.layer_errors import hurt
from nnspec.layers.portable import ACTIVATIONS

AUTO_DROP = 0.01  # what the metric may fall by, where max_metric_drop does not say
Maker = Callable[[Target], Candidate]


def choose_quantization(target: Target, candidates: Iterable[str], make: Maker, judges: Judges) -> Candidate:
    """The first of the candidates that passes the gate and keeps the metric, else the float32 file whatever it is.

    Its notes tell what was tried before it and why not.

    Raises:
        ExportError: the float32 file cannot be made.
    """
    allowed = AUTO_DROP if target.max_metric_drop is None else target.max_metric_drop
    left_out: list[str] = []
    for quantize in candidates:
        found = _attempt(_with(target, quantize=quantize), make, judges, allowed)
        if isinstance(found, str) and quantize in ACTIVATIONS and getattr(target, "equalize", None) == "none":
            left_out.append(f"auto left out {quantize} as it is: {found}")
            found = _attempt(_with(target, quantize=quantize, equalize="auto"), make, judges, allowed)
        if isinstance(found, Candidate):
            break
        left_out.append(f"auto left out {quantize}: {found}")
    else:
        found = make(_with(target, quantize="none"))
    return dataclasses.replace(found, notes=(*left_out, *found.notes))


def _with(target: Target, **settings: str) -> Target:
    return dataclasses.replace(target, **settings)  # type: ignore[type-var]


def _attempt(target: Target, make: Maker, judges: Judges, allowed: Drop) -> Candidate | str:
    """A draft, or why it is not taken."""
    try:
        draft = make(target)
    except ExportError as error:
        return error.message
    why = draft.reasons[0] if draft.reasons else None
    if why is None:
        fall = next((fall for fall in judges.falls(draft, allowed) if fall.too_far), None)
        if fall is None:
            return draft
        why = f"{fall.what} on the validation part falls by {fall.judge.drop(fall.after):.4g}"
    layers = hurt(draft.layer_errors())
    return f"{why}; {', '.join(layers)} loses the most" if layers else why
