"""Every form of a trained network side by side: what it weighs, costs and is still worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnspec.catalog.targets import TARGETS
from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError
from nnspec.export.gate.budget import over_budget
from nnspec.export.run import file_names
from nnspec.export.session import ExportSession, file_inputs, open_session
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

if TYPE_CHECKING:
    from nnspec.console.progress import Reporter
    from nnspec.export.gate.measure import Cost

State = Literal["passed", "wrong", "failed"]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One form. `state`: ``passed`` the gate, was exported but is ``wrong``, or ``failed`` to be made or run.

    `cost` is None for what is no TFLite file and for one that cannot be run; `reasons` say what is wrong, `over` which
    limits of the budget were passed.
    """

    name: str
    state: State
    artifact: Artifact | None
    cost: Cost | None
    reasons: tuple[str, ...] = ()
    over: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.state == "passed" and not self.over

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": self.state,
            "artifact": self.artifact and self.artifact.to_json(),
            "cost": self.cost and self.cost.as_json(),
            "reasons": list(self.reasons),
            "over": list(self.over),
        }


def every_quantization(targets: Sequence[KindValue]) -> tuple[KindValue, ...]:
    """The targets with each TFLite file in all quantizations."""
    found: list[KindValue] = []
    for target in targets:
        for quantize in TARGETS[target.kind].quantizations:
            args = dict(target.args) if quantize is None else {**target.args, "quantize": quantize}
            if quantize not in ("int8", "int8x4"):
                args.pop("io", None)
            made = KindValue(target.kind, args)
            if made not in found:
                found.append(made)
    return tuple(found)


def bench(
    spec: Spec,
    run: Path | None,
    targets: Sequence[KindValue],
    reporter: Reporter | None,
    told: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """Makes each form of a run again in its `bench` folder, gates it, and measures it.

    Args:
        told: is given each row as it is known.

    Raises:
        TrainingError, DataError, SpecError: no run, unusable data, or data that do not fit.
    """
    from nnspec.training.stopped import telling

    rows = []
    with telling(spec, "measuring"):
        session = open_session(spec, run, reporter)
        for target, name in zip(targets, file_names(spec.name, targets), strict=True):
            rows.append(_row(name, target, session))
            told(rows[-1])
    return rows


def _row(name: str, target: KindValue, session: ExportSession) -> Row:
    from nnspec.export.gate.measure import cost
    from nnspec.export.gate.runtimes import RuntimeFailure

    try:
        artifact = session.export(target, name, session.folder.path / "bench")
        measured = None
        if TARGETS[target.kind].is_tflite:
            measured = cost(artifact.path, next(iter(file_inputs(target, session)[1])))
    except ExportError as error:
        place = f"{error.layer}: " if error.layer else ""
        return Row(name, "failed", None, None, (place + error.message,))
    except RuntimeFailure as error:
        return Row(name, "failed", artifact, None, (*artifact.reasons, str(error)))
    state: State = "passed" if artifact.ok else "wrong"
    over = tuple(over_budget(session.spec.budget, TARGETS[target.kind].bytes_budget, artifact.bytes, measured))
    return Row(name, state, artifact, measured, artifact.reasons, over)
