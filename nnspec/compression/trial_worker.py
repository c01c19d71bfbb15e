"""One trial of a search in a process of its own: the spec is written, trained where it trains, exported and measured.

Run by `nnspec.compression.search` as ``trial FOLDER NUMBER``, and at the end as ``final FOLDER NUMBER``. It ends with
130 where it was asked to stop and has saved; what it could not do it says on standard error.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.compression.search import FINAL, Search, SearchPlan, measured_place, spec_place
from nnspec.compression.ways import SHARE, Setting, text_of, trains
from nnspec.console.atomic_files import replacing, write_json, write_text
from nnspec.data.errors import DataError
from nnspec.export.errors import ExportError
from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.pipeline import load
from nnspec.reading import read_json
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.runs.run_folder import COMPLETE, RunFolder
from nnspec.sweeps.search_space import Values
from nnspec.sweeps.sweep import INTERRUPTED, MAX_FILE

if TYPE_CHECKING:
    from nnspec.export.artifact import Artifact
    from nnspec.export.session import ExportSession
    from nnspec.frontend.spec import Spec
    from nnspec.training.scoring import Metric


def main(what: str, folder: Path, number: int) -> int:
    from nnspec.console.quiet import import_tensorflow

    import_tensorflow()
    plan = SearchPlan.of(read_json(folder / "plan.json", MAX_FILE))
    trial = Search(plan, folder).begun(number)
    if trial is None:
        raise TrainingError(f"{folder} has no trial {number}")
    try:
        spec, run = _trained(trial.values, plan.setting, folder, number)
    except Interrupted:
        return INTERRUPTED
    if what == "final":
        found, place = held_out(spec, run, plan.setting, folder / "export"), folder / FINAL
    else:
        found, place = measured(spec, run, folder / f"{number:03d}" / "export"), measured_place(folder, number)
    write_json(place, found)
    return 0


def _trained(values: Values, setting: Setting, folder: Path, number: int) -> tuple[Spec, Path]:
    """The spec of a trial, written beside its run, and the run: its own, or that of the trained network."""
    from nnspec.training.train import train

    file = spec_place(folder, number)
    if not file.exists():
        write_text(file, _text(values, setting, file))
    spec = load(file, (), setting.plugins, trusted=True)
    if not trains(values, setting):
        return spec, setting.run
    run = RunFolder(file.with_suffix(""))
    if run.read_record().get("status") != COMPLETE:
        train(spec, run.path)
    return spec, run.path


def _text(values: Values, setting: Setting, file: Path) -> str:
    """The text of a trial's spec; the weights that are left of the trained network lie beside it."""
    from nnspec.compression.prune import prune

    text = text_of(values, setting)
    share = values.get(SHARE, 1.0)
    if share == 1:
        return text
    whole = load(Source.from_text(text, str(file)), (), setting.plugins, trusted=True)
    weights = file.with_name(f"{file.stem}_weights.keras")
    pruned = prune(whole, setting.run, share, weights=weights, folder=file.parent)
    with replacing(weights) as scratch:
        pruned.model.save(scratch)
    return pruned.text


def measured(spec: Spec, run: Path, out: Path) -> dict[str, Any]:
    """What a file costs, and what it is worth on the validation part, or where there is none on the test part."""
    from nnspec.export.session import open_session

    session = open_session(spec, run, None)
    judged = _by(session, "validation") if session.validation is not None else session
    metric = judged.metric
    if metric is None:
        message = "nothing of the data is held back, so that nobody can tell what a file is worth"
        raise TrainingError(message, hint="`split: {validation: 0.1, test: 0.1}`")
    artifact = _exported(judged, out)
    return {
        **_outcome(artifact),
        "gzip": len(gzip.compress(artifact.path.read_bytes())),
        "latency_ms": artifact.latency_ms,
        "arena": artifact.arena_bytes,
        "keras": artifact.metric_before,
        "metric": artifact.metric_after,
        "monitor": metric.name,
        "mode": metric.goal,
        "params": session.model.count_params(),
        "macs": spec.macs,
        "run": str(run),
    }


def held_out(spec: Spec, run: Path, setting: Setting, out: Path) -> dict[str, Any]:
    """The chosen file in its place, and its metric beside that of the trained network, on the test part.

    Without a test part it is that of the validation part, by which the file was chosen: too good by a little.
    """
    from nnspec.backend.signature import keras_run
    from nnspec.export.session import open_session

    session, origin = open_session(spec, run, None), open_session(setting.spec, setting.run, None)
    artifact = _exported(session, out)
    metric: Metric | None = origin.metric
    assert metric is not None and session.trained is not None
    return {
        **_outcome(artifact),
        "part": "test" if "test" in session.trained.dataset.splits else "validation",
        "float": metric(keras_run(origin.model)),
        "file": artifact.metric_after,
    }


def _outcome(artifact: Artifact) -> dict[str, Any]:
    """What both measurements say of the file."""
    said = {name: list(getattr(artifact, name)) for name in ("reasons", "notes")}
    return {"ok": artifact.ok, **said, "path": str(artifact.path), "bytes": artifact.bytes}


def _by(session: ExportSession, part: str) -> ExportSession:
    """The session with another part of the data as the one that files are judged by."""
    others = {name: replace(one, metric=getattr(one, part)) for name, one in session.others.items()}
    return replace(session, metric=getattr(session, part), others=others)


def _exported(session: ExportSession, out: Path) -> Artifact:
    from nnspec.export.run import file_names

    targets = session.spec.export
    return session.export(targets[0], file_names(session.spec.name, targets)[0], out)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (TrainingError, DataError, ExportError, SpecError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
