"""From a trained run to what is shipped: the run's model and data given to the export, target by target."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.export.artifact import Artifact
from nnspec.export.budget import over_budget
from nnspec.export.errors import ExportError
from nnspec.export.files import remove
from nnspec.export.targets import TARGETS
from nnspec.frontend.spec import Spec
from nnspec.goods import Goods, file_inputs, make_card, open_goods, provenance
from nnspec.layers.types import KindValue
from nnspec.needs import require

if TYPE_CHECKING:
    from nnspec.training.progress import Reporter


def choose_targets(spec: Spec, wanted: Sequence[str | KindValue] | None) -> tuple[KindValue, ...]:
    """The targets to make: those of the spec's `export` section, or the wanted ones.

    A target wanted by name (`TFLite`, `tflite`, `saved_model`) has the arguments that the section gives it, if any.

    Raises:
        SpecError: nothing is wanted and there is no `export` section.
        ExportError: no target has that name.
    """
    if wanted is None:
        require(spec, "export", "export")
        return spec.export
    chosen: list[KindValue] = []
    for item in wanted:
        if isinstance(item, KindValue):
            chosen.append(item)
            continue
        kind = next((name for name in TARGETS if _normal(name) == _normal(item)), None)
        if kind is None:
            raise ExportError(f"no export target is called `{item}`", hint=f"there are {', '.join(TARGETS)}")
        chosen += [target for target in spec.export if target.kind == kind] or [KindValue(kind, {})]
    return tuple(chosen)


def _normal(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def ship(
    spec: Spec,
    run: Path | None,
    targets: Sequence[KindValue],
    out: Path | None,
    reporter: Reporter | None,
    *,
    bundle: bool = False,
    report_errors: bool = False,
) -> list[Artifact]:
    """Exports a run's best model to each target, in turn.

    With a `data` section, int8 takes its ranges from the training part, its classes in turn, and the task's
    metric is measured before and after on the test part, or else the validation part; `quantize: auto` chooses by the
    validation part. With `bundle` each TFLite file that passed also becomes a folder for an app, `<name>.bundle`.

    Raises:
        ExportError: the model cannot become a target; the layer's place in the spec is named.
        TrainingError, DataError, SpecError: no run, unusable data, or data that do not fit.
    """
    goods = open_goods(spec, run, reporter)
    artifacts = []
    for target, name in zip(targets, file_names(spec.name, targets), strict=True):
        if reporter:
            reporter.say(f"exporting {name}: {target.kind}")
        artifact = goods.export(target, name, out or goods.folder.path / "export", report_errors=report_errors)
        artifact = within_budget(artifact, spec)
        if artifact.ok and target.kind == "TFLite" and (bundle or target.args.get("bundle")):
            artifact = bundled(artifact, target, goods)
        artifacts.append(artifact)
    return artifacts


def bundled(artifact: Artifact, target: KindValue, goods: Goods) -> Artifact:
    """The artifact with its bundle written beside it: golden inputs are held-out examples, or random without data."""
    from nnspec.export.bundle.write import write_bundle

    shapes, examples = file_inputs(target, goods)
    path = write_bundle(
        artifact,
        shapes,
        make_card(goods.spec, goods.trained, target),
        artifact.path.with_suffix(".bundle"),
        examples=examples,
        metric=goods.metric.name if goods.metric else None,
        provenance=provenance(goods.spec, goods.folder),
    )
    return dataclasses.replace(artifact, bundle=path)


def file_names(name: str, targets: Sequence[KindValue]) -> list[str]:
    """A name for each artifact: the network's, and where a kind is there twice its quantization, or its number."""
    names: list[str] = []
    for number, target in enumerate(targets, 1):
        alone = sum(other.kind == target.kind for other in targets) == 1
        wanted = name if alone else f"{name}-{target.args.get('quantize') or 'default'}"
        names.append(wanted if wanted not in names or alone else f"{wanted}-{number}")
    return names


def within_budget(artifact: Artifact, spec: Spec) -> Artifact:
    """The artifact, refused where it is larger than `budget.tflite_bytes` or `saved_model_bytes`."""
    reasons = tuple(over_budget(spec.budget, artifact))
    if not reasons:
        return artifact
    path = artifact.path
    if artifact.ok:  # a refused file does not stand where a good one would
        path = path.with_name(f"{path.stem}.failed{path.suffix}")
        remove(path)
        os.replace(artifact.path, path)
    return dataclasses.replace(artifact, path=path, ok=False, reasons=(*artifact.reasons, *reasons))
