"""From a trained run to what is shipped: the run's model and data given to the export, target by target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.catalog.targets import TARGETS
from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError
from nnspec.export.session import ExportSession, file_inputs, make_card, open_session, provenance
from nnspec.export.targets import read_target
from nnspec.frontend.requirements import require
from nnspec.frontend.spec import Spec
from nnspec.frontend.suggest import did_you_mean
from nnspec.layers.types import KindValue
from nnspec.runs.run_folder import file_name

if TYPE_CHECKING:
    from nnspec.console.progress import Reporter


Wanted = str | KindValue | Mapping[str, Mapping[str, Any] | None]


def choose_targets(spec: Spec, wanted: Wanted | Sequence[Wanted] | None) -> tuple[KindValue, ...]:
    """The targets to make: those of the spec's `export` section, or the wanted ones.

    A target wanted by name (`TFLite`, `tflite`, `saved_model`) has the arguments that the section gives it, if any;
    one wanted as in a spec, `{"TFLite": {"quantize": "int8"}}`, has its own.

    Raises:
        SpecError: nothing is wanted and there is no `export` section.
        ExportError: no target has that name, or it does not take these arguments.
        TypeError: a target is neither a name nor a mapping.
    """
    if wanted is None:
        require(spec, "export", "export")
        return spec.export
    items = [wanted] if isinstance(wanted, str | KindValue | Mapping) else wanted
    chosen: list[KindValue] = []
    for item in items:
        if isinstance(item, str):
            kind = _kind(item)
            chosen += [target for target in spec.export if target.kind == kind] or [KindValue(kind, {})]
        else:
            chosen += _given(item)
    if not chosen:
        raise ExportError("no export target is given", hint=f"valid targets: {', '.join(TARGETS)}")
    return tuple(chosen)


def _given(item: KindValue | Mapping[str, Mapping[str, Any] | None]) -> Iterator[KindValue]:
    """Targets with their own arguments, which are checked as those of a spec are."""
    if isinstance(item, KindValue):
        given = {item.kind: item.args}
    elif isinstance(item, Mapping):
        given = {str(name): args or {} for name, args in item.items()}
    else:
        raise TypeError(f"an export target is a name or a mapping, {{kind: arguments}}, not {type(item).__name__}")
    for name, args in given.items():
        kind = _kind(name)
        if not isinstance(args, Mapping):
            raise TypeError(f"the arguments of `{kind}` are a mapping, not {type(args).__name__}")
        read_target(kind, args)
        yield KindValue(kind, dict(args))


def _kind(name: str) -> str:
    found = next((kind for kind in TARGETS if _normal(kind) == _normal(name)), None)
    if found is None:
        hint = did_you_mean(name, TARGETS) or f"valid targets: {', '.join(TARGETS)}"
        raise ExportError(f"no export target is called `{name}`", hint=hint)
    return found


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
    session = open_session(spec, run, reporter)
    artifacts = []
    for target, name in zip(targets, file_names(spec.name, targets), strict=True):
        wants_bundle = TARGETS[target.kind].is_tflite and (bundle or target.args.get("bundle"))
        with reporter.working(f"exporting {name}: {target.kind}") if reporter else nullcontext():
            artifacts.append(
                session.export(
                    target,
                    name,
                    out or session.folder.place("export"),
                    report_errors=report_errors,
                    budget=spec.budget,
                    bundle=partial(make_app, target=target, session=session) if wants_bundle else None,
                )
            )
    return artifacts


def make_app(artifact: Artifact, folder: Path, target: KindValue, session: ExportSession) -> None:
    """Makes a bundle of an artifact: golden inputs are held-out examples, or random without data."""
    from nnspec.export.bundle.write import make_bundle

    shapes, examples = file_inputs(target, session)
    make_bundle(
        artifact,
        shapes,
        make_card(session.spec, session.trained, target),
        folder,
        examples=examples,
        metric=session.metric.name if session.metric else None,
        provenance=provenance(session.spec, session.folder),
    )


def file_names(name: str, targets: Sequence[KindValue]) -> list[str]:
    """A name for each artifact: the network's, and where a kind is there twice its quantization, or its number."""
    names: list[str] = []
    for number, target in enumerate(targets, 1):
        alone = sum(other.kind == target.kind for other in targets) == 1
        wanted = file_name(name) if alone else f"{file_name(name)}-{target.args.get('quantize') or 'default'}"
        names.append(wanted if wanted not in names or alone else f"{wanted}-{number}")
    return names
