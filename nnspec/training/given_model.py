"""A trained model that a spec names, a `.keras` file or a run folder: weights to begin from, or a teacher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.backend.keras_errors import refused
from nnspec.backend.kinds import custom_objects
from nnspec.backend.model_file import NoModelFile, load_model_file, said
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets
from nnspec.frontend.diagnostics import Diagnostic, Span, SpecError
from nnspec.frontend.spec import Spec
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder
from nnspec.runs.seals import refuse_others


@dataclass(frozen=True)
class GivenModel:
    """
    Attributes:
        file: the best model of a run, or the file itself.
        folder: the run; None of a file.
        assets: what the run learned from its data; None of a file, and of a folder with a model alone.
    """

    file: Path
    model: Any
    folder: RunFolder | None
    assets: Assets | None


def open_model(spec: Spec, given: str, *setting: str) -> GivenModel:
    """The model that ``train.<setting>`` of a spec names.

    Raises:
        SpecError: E0712, the file cannot be read.
    """
    span = spec.place("train", *setting)
    path = spec.path.parent / Path(given).expanduser()
    folder = RunFolder(path) if path.is_dir() else None
    file = path if folder is None else folder.model
    if file is None or not file.is_file():
        raise SpecError([Diagnostic("E0712", f"there is no trained model at {path}", span)])
    try:
        model = load_model_file(file, custom_objects(spec.graph.plugins))
    except (NoModelFile, OSError) as error:
        raise SpecError([Diagnostic("E0712", f"the model at {path} cannot be loaded: {said(error)}", span)]) from error
    except Exception as error:
        raise refused("E0712", f"the model at {path} cannot be loaded", span, error) from error
    return GivenModel(file, model, folder, assets_of(folder, span))


def assets_of(folder: RunFolder | None, span: Span | None) -> Assets | None:
    """What a run learned from its data. Raises SpecError, E0712, where it is there and not what its training wrote."""
    if folder is None or not folder.assets.is_dir():
        return None
    try:
        found = Assets.load(folder.assets)
        refuse_others(folder)
        return found
    except (DataError, TrainingError) as error:
        message = f"what {folder.path} has learned of its data cannot be read: {error}"
        raise SpecError([Diagnostic("E0712", message, span, hint="name its `.keras` file alone")]) from error
