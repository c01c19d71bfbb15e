"""A model's file as a run: its network and weights, with the data that another spec names, in a run folder as any."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nnspec.console.progress import Reporter
from nnspec.data.protocol import Assets
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load
from nnspec.frontend.source import read as read_source
from nnspec.frontend.spec import Spec
from nnspec.importing.imported import ImportedSpec, import_config
from nnspec.importing.read import ModelConfig, name_of, read_model
from nnspec.importing.weights import trained_model
from nnspec.reading import open_regular
from nnspec.runs.record import environment, spec_sha256, spec_text
from nnspec.runs.run_folder import RunFolder, create_run, now, runs_of
from nnspec.training.callbacks import save_model
from nnspec.training.fitting import agree, bind
from nnspec.training.prepare import open_data
from nnspec.training.state import weights_sha256

STATUS = "imported"
FROM_DATA_SPEC = ("data", "export", "budget")  # sections of the spec with the data that the run has too
JUDGES = ("loss", "metrics", "weighted_metrics", "loss_weights")  # and what of its `train`
CHUNK = 1 << 20


@dataclass(frozen=True)
class ModelRun:
    """A run that a model's file came to.

    Attributes:
        notes: what is unknown or not as it was, for people.
        is_new: whether it was made now, and not found.
    """

    folder: RunFolder
    spec: Spec
    notes: tuple[str, ...]
    is_new: bool


def run_of_model(path: Path, data: Path | None, run: Path | None, reporter: Reporter) -> ModelRun:
    """The run of a model's file: one of the same file and the same sections, or a new one.

    Args:
        path: a `.keras` or HDF5 file, or a SavedModel of Keras 2.
        data: a spec whose data, and whose loss and metrics, the model is judged by, or a file with these sections
            alone; None: it has no data.
        run: the folder of a new run; by default the next of `runs/<name>`.

    Raises:
        ImportFailed: the file holds no model that a spec can say, or no weights.
        SpecError, DataError: the data do not go with the network, or cannot be used.
        TrainingError: the run folder cannot be written.
    """
    read = read_model(path)
    found = import_config(read.config, name=name_of(read, path))
    spec = _with_data(found, data)
    digest = _sha256(path)
    notes = (*read.notes, *found.notes, *_unknown(spec))
    if run is None:
        for folder in reversed(runs_of(spec.name)):
            if folder.model is not None and _is_of(folder, digest, spec):
                return ModelRun(folder, spec, notes, is_new=False)
    return _made(path, read, found, spec, digest, run, notes, reporter)


def _made(
    path: Path,
    read: ModelConfig,
    found: ImportedSpec,
    spec: Spec,
    digest: str,
    run: Path | None,
    notes: tuple[str, ...],
    reporter: Reporter,
) -> ModelRun:
    model, about_weights = trained_model(path, read, found)
    record: dict[str, Any] = {}
    assets = Assets()
    if spec.data:
        dataset = open_data(spec, reporter)
        for warning in agree(spec, dataset, model):
            reporter.warn(warning)
        record = {"task": dataset.task, "binding": bind(spec, dataset).as_json()}
        assets = dataset.assets
    folder = create_run(spec.name, run)
    assets.save(folder.assets)
    save_model(model, folder.best)
    folder.spec.write_text(spec_text(spec), encoding="utf-8")
    folder.write_record(
        {
            "name": spec.name,
            "spec_sha256": spec_sha256(spec),
            "status": STATUS,
            "started": now(),
            "ended": now(),
            "params": model.count_params(),
            "weights_sha256": weights_sha256(model),
            "imported": {"file": path.name, "sha256": digest, "keras_version": read.keras_version},
            **record,
            **environment(),
        }
    )
    return ModelRun(folder, spec, (*notes, *about_weights), is_new=True)


def _with_data(found: ImportedSpec, data: Path | None) -> Spec:
    """The network with the data of another spec; what it is judged by is that spec's too, where it says anything."""
    combined, folder = dict(found.spec.resolved), "."
    if data is not None:
        other, folder = _sections(data), str(data.parent)
        combined |= {name: other[name] for name in FROM_DATA_SPEC if other.get(name)}
        judged = {name: value for name, value in (other.get("train") or {}).items() if name in JUDGES}
        if judged:
            kept = {name: value for name, value in (combined.get("train") or {}).items() if name not in JUDGES}
            combined["train"] = {**kept, **judged}
    text = yaml.safe_dump(combined, sort_keys=False, allow_unicode=True)
    return load(Source.from_text(text, f"{found.spec.name}.yaml", folder))


def _sections(data: Path) -> Mapping[str, Any]:
    """The sections of a spec with data; of a file that has no network what it says as it is."""
    plain = read_source(data, str(data)).plain()
    alone = isinstance(plain, dict) and not {"layers", "extends"} & set(plain)
    return plain if alone else load(data).resolved


def _unknown(spec: Spec) -> Iterator[str]:
    if spec.data is None:
        yield "the file says nothing of labels, or of what is done to inputs before: --data SPEC takes them from a spec"
    else:
        yield "classes in their order, and what is done to inputs, are as the data section says: the file does not tell"


def _is_of(folder: RunFolder, digest: str, spec: Spec) -> bool:
    record = folder.read_record()
    imported = record.get("imported")
    return (
        isinstance(imported, dict)
        and imported.get("sha256") == digest
        and record.get("spec_sha256") == spec_sha256(spec)
    )


def _sha256(path: Path) -> str:
    """Of the file, or of all files of a folder with their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_dir():
            continue
        digest.update(str(file.relative_to(path)).encode() if path.is_dir() else b"")
        with open_regular(file) as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
