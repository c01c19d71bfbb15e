"""From a trained run to what is shipped: the run's model and data given to the export, target by target."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.export.artifact import Artifact
from nnspec.export.card import Card
from nnspec.export.errors import ExportError
from nnspec.export.files import remove
from nnspec.export.targets import TARGETS
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.needs import require

if TYPE_CHECKING:
    from nnspec.data.pipeline import Split
    from nnspec.export.examples import Shapes
    from nnspec.export.web import Samples
    from nnspec.training.progress import Reporter
    from nnspec.training.run_folder import RunFolder
    from nnspec.training.scoring import Metric
    from nnspec.training.trained import Trained


BYTES_BUDGETS = {"TFLite": "tflite_bytes", "SavedModel": "saved_model_bytes"}


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


@dataclasses.dataclass(frozen=True)
class Goods:
    """A run that is open for export: its model as it decides, and its data where the spec names them."""

    spec: Spec
    folder: RunFolder
    trained: Trained | None
    model: Any
    metric: Metric | None
    validation: Metric | None

    def export(self, target: KindValue, name: str, out: Path, *, report_errors: bool = False) -> Artifact:
        """One artifact. Raises ExportError with the layer's place in the spec."""
        from nnspec.export.pipeline import export

        trained = self.trained
        target = with_length(target, self)
        training = (
            partial(batches, self.spec, trained, trained.dataset.splits["train"].stratified()) if trained else None
        )
        try:
            return export(
                self.model,
                target,
                out,
                name=name,
                representative=training,
                metric=self.metric,
                validation=self.validation,
                metric_goal=self.metric.goal if self.metric else "max",
                card=make_card(self.spec, trained, target),
                samples=samples(self.spec, trained) if trained and target.kind == "Web" else None,
                report_errors=report_errors,
            )
        except ExportError as error:
            raise located(error, self.spec) from error


def open_goods(spec: Spec, run: Path | None, reporter: Reporter | None) -> Goods:
    """Opens a run. Raises TrainingError, DataError, SpecError: no run, or data that cannot be used."""
    from nnspec.training.decoding import decoded
    from nnspec.training.run_folder import latest_run
    from nnspec.training.trained import load_model, open_trained

    folder = latest_run(spec.name, run)
    if not spec.data:
        return Goods(spec, folder, None, decoded(load_model(spec, folder.path)), None, None)
    trained = open_trained(spec, folder.path, reporter)
    metric = part_metric(spec, trained, "test", "validation")
    return Goods(spec, folder, trained, trained.deciding, metric, part_metric(spec, trained, "validation"))


def samples(spec: Spec, trained: Trained) -> Samples:
    """Held-out examples, the classes in turn, with what they say where they are words."""
    from nnspec.data.tokens import TokenSource
    from nnspec.export.web import Samples

    split = (held_out(trained) or trained.dataset.splits["train"]).stratified()
    words = isinstance(trained.dataset.loaded.source, TokenSource)
    return Samples(partial(batches, spec, trained, split), split.example_texts if words else None)


def with_length(target: KindValue, goods: Goods) -> KindValue:
    """A page for sequences with a length, by default that of the longest in any part of the data."""
    from nnspec.backend.signature import signature_of

    trained, ports = goods.trained, signature_of(goods.model).inputs
    varying = next((port for port in ports if None in port.shape), None)
    if target.kind != "Web" or target.args.get("length") or trained is None or varying is None:
        return target
    axis = 1 + varying.shape.index(None)
    parts = trained.dataset.splits.values()
    longest = max(batch[varying.name].shape[axis] for part in parts for batch in batches(goods.spec, trained, part))
    return KindValue(target.kind, {**target.args, "length": int(longest)})


def make_card(spec: Spec, trained: Trained | None, target: KindValue) -> Card:
    """What an app is told of the network: from the spec, and what training fitted to the data."""
    from nnspec.export.preprocessing import describe

    card = Card(spec.name, spec.description, license=target.args.get("license"))
    if trained is None:
        return card
    dataset = trained.dataset
    return dataclasses.replace(
        card,
        task=dataset.task,
        labels=labels(trained),
        vocabulary=dataset.vocabulary.words if dataset.vocabulary else None,
        preprocessing=describe(trained),
    )


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


def file_inputs(target: KindValue, goods: Goods) -> tuple[Shapes, Iterator[dict[str, Any]]]:
    """The shapes of a TFLite file, and inputs at these shapes: held-out examples, or random ones without data."""
    from nnspec.export.examples import Shapes, gate_cases
    from nnspec.export.pixels import takes_bytes
    from nnspec.export.streaming import stream_of

    inside = target.args.get("preprocess") == "inside"
    model = takes_bytes(goods.model, None) if inside else goods.model
    length = target.args.get("length")
    stream = stream_of(model, length) if target.args.get("state") == "carried" else None
    shapes = stream.whole if stream else Shapes.of(model, length)
    trained = goods.trained
    if trained:
        held = batches(goods.spec, trained, held_out(trained) or trained.dataset.splits["train"])
        examples = (row for batch in held for row in shapes.rows(batch, skip_misfits=True))
    else:
        examples = (case.features for case in gate_cases(model, shapes, []) if case.kind == "random")
    if stream is None:
        return shapes, examples
    return stream.shapes, (stream.first(features) for features in examples)


def provenance(spec: Spec, folder: RunFolder) -> dict[str, Any]:
    """Where a model comes from, out of the record of its run."""
    record = folder.read_record()
    names = ("spec_sha256", "weights_sha256", "started", "ended", "seed", "versions", "git", "data")
    return {
        "spec": spec.path.name,
        "run": folder.path.name,
        **{name: record[name] for name in names if record.get(name)},
    }


def file_names(name: str, targets: Sequence[KindValue]) -> list[str]:
    """A name for each artifact: the network's, and where a kind is there twice its quantization, or its number."""
    names: list[str] = []
    for number, target in enumerate(targets, 1):
        alone = sum(other.kind == target.kind for other in targets) == 1
        wanted = name if alone else f"{name}-{target.args.get('quantize') or 'auto'}"
        names.append(wanted if wanted not in names or alone else f"{wanted}-{number}")
    return names


def batches(spec: Spec, trained: Trained, split: Split) -> Iterator[dict[str, Any]]:
    """Features of a part by input name, not augmented, in the part's order."""
    for features, *_ in split.batches(batch_size(spec)).as_numpy_iterator():
        yield {name: features[source] for name, source in trained.binding.inputs.items()}


def batch_size(spec: Spec) -> int:
    return int((spec.data or {}).get("batch_size", 32))


def held_out(trained: Trained) -> Split | None:
    """Data that training did not see; None where nothing is held back."""
    return trained.dataset.splits.get("test") or trained.dataset.splits.get("validation")


def part_metric(spec: Spec, trained: Trained, *parts: str) -> Metric | None:
    """The task's metric on the first of these parts that there is."""
    from nnspec.training.scoring import model_metric

    split = next(filter(None, map(trained.dataset.splits.get, parts)), None)
    return model_metric(trained, split, batch_size(spec)) if split else None


def labels(trained: Trained) -> tuple[str, ...] | None:
    """The classes, where an output has one value for each, or two of them and a single unit that says which."""
    classes = trained.dataset.classes
    widths = {tensor.shape[-1] for tensor in trained.model.outputs}
    if not classes or not (len(classes) in widths or (len(classes) == 2 and 1 in widths)):
        return None
    return tuple(classes)


def located(error: ExportError, spec: Spec) -> ExportError:
    """The error with the line of the layer at fault."""
    from nnspec.frontend.spec import keras_name

    layer = next((layer for layer in spec.graph.layers if keras_name(layer.name) == error.layer), None)
    if layer is None:
        return error
    return ExportError(f"{error.message} ({layer.kind} at {layer.span})", error.layer, error.hint)


def within_budget(artifact: Artifact, spec: Spec) -> Artifact:
    """The artifact, refused where it is larger than `budget.tflite_bytes` or `saved_model_bytes`."""
    limit = spec.budget.get(BYTES_BUDGETS.get(artifact.target, ""))
    if limit is None or artifact.bytes <= limit:
        return artifact
    path = artifact.path
    if artifact.ok:  # a refused file does not stand where a good one would
        path = path.with_name(f"{path.stem}.failed{path.suffix}")
        remove(path)
        os.replace(artifact.path, path)
    reason = f"it has {artifact.bytes:,} bytes; the budget is {limit:,.0f}"
    return dataclasses.replace(artifact, path=path, ok=False, reasons=(*artifact.reasons, reason))
