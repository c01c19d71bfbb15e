"""What a search is asked to do, refused where it cannot be done before anything trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.compression.search import Bounds, SearchPlan
from nnspec.compression.ways import Setting, axes_of, own_width
from nnspec.frontend.requirements import require
from nnspec.runs.errors import TrainingError
from nnspec.runs.record import spec_sha256
from nnspec.runs.run_folder import latest_run
from nnspec.runs.same_network import refuse_other_network
from nnspec.sweeps.search_space import Axis, parse_axis

if TYPE_CHECKING:
    from nnspec.spec_file import SpecFile


def search_plan(
    file: SpecFile,
    run: Path | None,
    bounds: Bounds,
    *,
    trials: int,
    width: str | None = None,
    epochs: int | None = None,
    compressed: bool = False,
    seed: int = 0,
) -> tuple[SearchPlan, list[str]]:
    """The plan of a search, and remarks on what it cannot choose.

    Args:
        run: the run folder of the trained network; None: the spec's last.
        width: a path of the spec and its values, as of `nnspec sweep --over`.

    Raises:
        SpecError: the spec is invalid, lacks a section, or does not take a width.
        TrainingError: there is no run, or it rounds already; the width is none.
    """
    spec = file.spec
    require(spec, "compress", "data", "train")
    folder = latest_run(spec.name, run)
    refuse_other_network(spec, folder)
    if spec.training.quantize is not None:
        message = f"`{spec.name}` is trained to be rounded, and the search begins from a network in float"
        raise TrainingError(message, hint="train it without `quantize`; the search tries that by itself")
    assert isinstance(file.text, Path)  # a text or a model's file became one
    setting = Setting(file.text, folder.path, file.overrides, file.plugins, epochs, bounds.arena is not None)
    axes, remarks = axes_of(setting, _width(setting, width) if width else None, compressed)
    plan = SearchPlan(
        spec=str(setting.path),
        spec_sha256=spec_sha256(spec),
        axes=axes,
        search="optuna",
        seed=seed,
        trials=trials,
        sets=file.overrides,
        plugins=file.plugins,
        run=str(folder.path),
        weights_sha256=folder.read_record().get("weights_sha256"),
        epochs=epochs,
        compressed=compressed,
        micro=setting.micro,
        bounds=bounds,
    )
    return plan, remarks


def _width(setting: Setting, text: str) -> Axis:
    """The axis of a width, the spec's own among its values; each is tried on the spec."""
    axis = parse_axis(text)
    own = own_width(setting.spec, axis.path)
    if "." not in axis.path or isinstance(own, bool) or not isinstance(own, int | float):
        message = f"`{axis.path}` is no number of the spec"
        raise TrainingError(message, hint="--width names one, such as 'params.width={int: [8, 32]}'")
    if axis.choices:
        axis = replace(axis, choices=tuple(dict.fromkeys((own, *axis.choices))))
    else:
        axis = replace(axis, low=min(axis.low, own), high=max(axis.high, own))
    ends: tuple[Any, ...] = axis.choices or (axis.low, axis.high)
    for value in ends:
        setting.wide({axis.path: int(value) if axis.scale == "int" else value})
    return axis
