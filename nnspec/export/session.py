"""A run that is open for export: its model as it decides, its data, and what an app must be told of both."""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.catalog.targets import TARGETS
from nnspec.console.formatting import file_size
from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError
from nnspec.export.model_metadata import ModelMetadata
from nnspec.frontend.config import Budget
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

if TYPE_CHECKING:
    from nnspec.console.progress import Reporter
    from nnspec.data.pipeline import Split
    from nnspec.evaluation.open_run import Trained
    from nnspec.export.examples import Shapes
    from nnspec.export.pipeline import OutputMetric
    from nnspec.export.request import Samples
    from nnspec.runs.run_folder import RunFolder
    from nnspec.training.scoring import Metric

READ_AT_ONCE = 256


@dataclasses.dataclass(frozen=True)
class ExportSession:
    """A run that is open for export: its model as it decides, and its data where the spec names them."""

    spec: Spec
    folder: RunFolder
    trained: Trained | None
    model: Any
    metric: Metric | None
    others: Mapping[str, OutputMetric]
    validation: Metric | None

    def export(
        self,
        target: KindValue,
        name: str,
        out: Path,
        *,
        report_errors: bool = False,
        budget: Budget | None = None,
        bundle: Callable[[Artifact, Path], None] | None = None,
    ) -> Artifact:
        """One artifact, see `nnspec.export.pipeline.export`. Raises ExportError with the layer's place in the spec."""
        from nnspec.export.pipeline import export

        trained = self.trained
        target = with_length(target, self)
        training = (
            partial(batches, self.spec, trained, trained.dataset.splits["train"].stratified()) if trained else None
        )
        try:
            artifact = export(
                self.model,
                target,
                out,
                name=name,
                representative=training,
                metric=self.metric,
                validation=self.validation,
                metric_goal=self.metric.goal if self.metric else "max",
                others=self.others,
                card=make_card(self.spec, trained, target),
                samples=samples(self.spec, trained) if trained and TARGETS[target.kind].shows_examples else None,
                report_errors=report_errors,
                budget=budget,
                bundle=bundle,
                origin=partial(origin_of, self.spec) if self.spec.training.initial_weights else None,
            )
        except ExportError as error:
            raise located(error, self.spec) from error
        more = (*self._about_metric(), *self._about_zeros(artifact))
        return dataclasses.replace(artifact, notes=(*artifact.notes, *more))

    def _about_zeros(self, artifact: Artifact) -> Iterator[str]:
        """How many of the weights are zero where the training pruned them, and what a file compresses to."""
        if self.spec.training.prune is None:
            return
        from nnspec.training.pruning import prunable

        weights = [variable.numpy() for variable, _ in prunable(self.spec, self.model)]
        zeros, size = sum(int((weight == 0).sum()) for weight in weights), sum(weight.size for weight in weights)
        yield f"{zeros / size:.1%} of {size:,} pruned weights are 0{_compressed(artifact)}"

    def _about_metric(self) -> Iterator[str]:
        """That the metric is of one output, where there are several."""
        outputs = list(self.trained.binding.outputs) if self.trained else []
        if self.metric is not None and len(outputs) > 1:
            yield f"the metric, {self.metric.name}, is that of the output `{outputs[0]}`, the first of {len(outputs)}"


def _compressed(artifact: Artifact) -> str:
    """What gzip makes of a file: zeros stay in it, but travel for less."""
    if not artifact.path.is_file():
        return ""
    squeezed = len(gzip.compress(artifact.path.read_bytes()))
    return f": {file_size(artifact.bytes)} become {file_size(squeezed)} by gzip, on their way"


def open_session(spec: Spec, run: Path | None, reporter: Reporter | None) -> ExportSession:
    """Opens a run. Raises TrainingError, DataError, SpecError: no run, or data that cannot be used."""
    from nnspec.evaluation.open_run import load_model, open_trained
    from nnspec.export.pipeline import OutputMetric
    from nnspec.runs.run_folder import latest_run
    from nnspec.training.decoding import decoded

    folder = latest_run(spec.name, run)
    if not spec.data:
        return ExportSession(spec, folder, None, decoded(load_model(spec, folder.path)), None, {}, None)
    trained = open_trained(spec, folder.path, reporter)
    held, chosen = part_metrics(spec, trained, "test", "validation"), part_metrics(spec, trained, "validation")
    others = {name: OutputMetric(one, chosen.get(name), one.goal) for name, one in held.items()}
    first = next(iter(trained.binding.outputs))
    return ExportSession(spec, folder, trained, trained.deciding, held.get(first), others, chosen.get(first))


def origin_of(spec: Spec) -> Any | None:
    """The model of `initial_weights`; None where it is no longer there."""
    from nnspec.training.initial_weights import open_initial_weights

    try:
        initial = open_initial_weights(spec)
    except SpecError:
        return None
    return initial.source if initial is not None else None


def samples(spec: Spec, trained: Trained) -> Samples:
    """Held-out examples, the classes in turn, with what they say where they are words."""
    from nnspec.export.request import Samples

    split = unseen(trained).stratified()
    words = trained.dataset.loaded.source.written_as == "text"
    return Samples(partial(batches, spec, trained, split), split.example_texts if words else None)


def with_length(target: KindValue, session: ExportSession) -> KindValue:
    """A page for sequences with a length, by default that of the longest in any part of the data."""
    from nnspec.backend.signature import signature_of

    trained = session.trained
    if not TARGETS[target.kind].fixes_length or target.args.get("length") or trained is None:
        return target
    varying = [port for port in signature_of(session.model).inputs if None in port.shape]
    sizes = [longest(trained, trained.binding.inputs[port.name], port.shape.index(None)) for port in varying]
    return KindValue(target.kind, {**target.args, "length": max(sizes)}) if sizes else target


def longest(trained: Trained, feature: str, axis: int) -> int:
    """The most steps that a feature has along an axis of its examples, in any part of the data."""
    from nnspec.data.table import Ragged

    size = 1
    for split in trained.dataset.splits.values():
        column, rows = split.table.features[feature], split.indices
        if isinstance(column, Ragged):
            size = max(size, int(column.lengths(rows).max(initial=1)))
        elif (fixed := column.spec.shape[axis]) is not None:
            size = max(size, fixed)
        else:  # a length that only reading tells
            starts = range(0, len(rows), READ_AT_ONCE)
            size = max([size, *(column.take(rows[start : start + READ_AT_ONCE]).shape[1 + axis] for start in starts)])
    return size


def make_card(spec: Spec, trained: Trained | None, target: KindValue) -> ModelMetadata:
    """What an app is told of the network: from the spec, and what training fitted to the data."""
    from nnspec.export.preprocessing import describe

    card = ModelMetadata(spec.name, spec.description, license=target.args.get("license"))
    if trained is None:
        return card
    dataset = trained.dataset
    return dataclasses.replace(
        card,
        task=dataset.task,
        labels=labels(trained),
        vocabulary=dataset.vocabulary.words if dataset.vocabulary else None,
        tokenizer=dataset.vocabulary.subwords.text if dataset.vocabulary and dataset.vocabulary.subwords else None,
        preprocessing=describe(trained),
    )


def file_inputs(target: KindValue, session: ExportSession) -> tuple[Shapes, Iterator[dict[str, Any]]]:
    """The shapes of a TFLite file, and inputs at these shapes: held-out examples, or random ones without data."""
    from nnspec.export.byte_input import takes_bytes
    from nnspec.export.examples import Shapes, gate_cases
    from nnspec.export.tflite.streaming import stream_of

    inside = target.args.get("preprocess") == "inside"
    model = takes_bytes(session.model, None) if inside else session.model
    length = target.args.get("length")
    stream = stream_of(model, length) if target.args.get("state") == "carried" else None
    shapes = stream.whole if stream else Shapes.of(model, length)
    trained = session.trained
    if trained:
        held = batches(session.spec, trained, unseen(trained))
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


def batches(spec: Spec, trained: Trained, split: Split) -> Iterator[dict[str, Any]]:
    """Features of a part by input name, not augmented, in the part's order."""
    for features, *_ in split.batches(batch_size(spec)).as_numpy_iterator():
        yield {name: features[source] for name, source in trained.binding.inputs.items()}


def batch_size(spec: Spec) -> int:
    return spec.required_data.batch_size


def unseen(trained: Trained) -> Split:
    """Data that training did not see, as far as any are held back."""
    splits = trained.dataset.splits
    return splits.get("test") or splits.get("validation") or splits["train"]


def part_metrics(spec: Spec, trained: Trained, *parts: str) -> dict[str, Metric]:
    """The metric of each output on the first of these parts that there is; nothing where there is none."""
    from nnspec.training.scoring import output_metrics

    split = next(filter(None, map(trained.dataset.splits.get, parts)), None)
    return output_metrics(trained, split, batch_size(spec)) if split else {}


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
