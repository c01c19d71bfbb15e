"""A trained model to a published artifact: prepare, make, judge by every gate, publish.

Nothing that stands in the output folder is touched before the last gate has spoken: what the file holds, what it
answers, the task's metric, the budget of size, latency and memory, and the bundle that is made of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import keras

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.keras_internals.recurrent import masks_passing
from nnspec.backend.signature import keras_run, signature_of
from nnspec.catalog.targets import Target
from nnspec.console.plugin_modules import import_plugin
from nnspec.export.artifact import Artifact, LayerError
from nnspec.export.auto import choose_quantization
from nnspec.export.bundle.write import refuse_place
from nnspec.export.candidate import Candidate
from nnspec.export.comparison import Origin, float_network, side_by_side
from nnspec.export.errors import ExportError
from nnspec.export.files import publish, remove, size_of, workshop
from nnspec.export.gate.agreement import Agreement
from nnspec.export.gate.budget import over_budget
from nnspec.export.gate.measure import cost
from nnspec.export.gate.metric import Fall, Goal, Judges, Metric, refusals, remarks
from nnspec.export.gate.runtimes import RuntimeFailure
from nnspec.export.model_metadata import LABELS, ModelMetadata
from nnspec.export.quantize import Representative, candidates
from nnspec.export.request import Request, Samples
from nnspec.export.targets import read_target
from nnspec.export.tflite.layer_errors import hurt
from nnspec.frontend.config import Budget
from nnspec.layers.types import KindValue

BUNDLE = ".bundle"
STEPS = {"int16x8": 65_536}  # of a range of values; others have 256


def export(
    model: Any,
    target: KindValue,
    out: Path,
    *,
    name: str,
    representative: Representative | None = None,
    metric: Metric | None = None,
    validation: Metric | None = None,
    metric_goal: Goal = "max",
    others: Mapping[str, OutputMetric] | None = None,
    card: ModelMetadata | None = None,
    samples: Samples | None = None,
    report_errors: bool = False,
    budget: Budget | None = None,
    bundle: Callable[[Artifact, Path], None] | None = None,
    origin: Origin | None = None,
) -> Artifact:
    """Exports a trained functional model as `target` describes, and runs the result before it counts.

    Writes `<out>/<name>.tflite`, `<name>.onnx`, `<name>.savedmodel/` or `<name>.web/`, and where the card has labels
    `<name>.labels.txt`. What stood there is replaced only by an artifact that passed; one that the gate refused is
    written as `<name>.failed...` and has `ok` false.

    Args:
        representative: opens a pass over batches of features by input name (a batch is the first axis), as the model
            will see them; int8 takes its ranges from them, and the gate its real examples.
        metric: the task's metric on the held-out set, given a function from a batch of features to outputs by name.
        validation: the same metric on the validation set, by which `quantize: auto` chooses.
        metric_goal: whether a larger or a smaller metric is better.
        others: by output the metrics of all outputs, where a network has several; that of the first is `metric`.
        card: what an app is told about the model; a TFLite file carries it as its metadata.
        samples: held-out examples for a page to offer.
        report_errors: measure the error of each layer of a quantized file even where nothing is wrong with it.
        budget: limits of size, and for a TFLite file of latency and memory, which are then measured.
        bundle: makes a folder for an app of an artifact that passed; it is published with it, as `<name>.bundle`.
        origin: opens the float network that a training which rounds began from, to compare with.

    Raises:
        ExportError: the model cannot become this target, or the file cannot be written. Nothing is left behind, and
            what was there before is untouched.
    """
    chosen = read_target(target.kind, target.args)
    model = _functional(model)
    drop = chosen.max_metric_drop
    if drop is not None and metric is None:
        raise ExportError("max_metric_drop needs the task's metric on held-out data, and there is none")
    judges = _judges(model, metric, metric_goal, "metric", others)
    if judges:
        judges.check(drop)
    with workshop(Path(out)) as scratch:
        plain = _as_float32(model, scratch)
        make = Maker(plain, scratch, representative, card or ModelMetadata(name), samples).make
        if chosen.quantize == "auto":
            chooser = _judges(model, validation, metric_goal, "validation", others)
            if chooser is None:
                raise ExportError("quantize: auto chooses by the validation part of the data, and there is none")
            draft = choose_quantization(chosen, candidates(plain, representative), make, chooser)
        else:
            draft = make(chosen)
        if card is not None and card.labels is not None:
            _write_labels(card, plain, draft.path.parent / LABELS)
        agreement = Agreement(draft.steps, STEPS.get(draft.quantize or "", 256))
        if draft.steps:
            draft = replace(draft, open=agreement.watched(draft.open, keras_run(plain)))
        falls = judges.falls(draft, drop) if judges else []
        beside: tuple[str, ...] = ()
        if draft.steps and metric is not None and falls and falls[0].after is not None:
            alike: Any = replace(chosen, quantize=draft.quantize)  # type: ignore[type-var]
            others_of = partial(_rounded_after, alike, scratch, representative)
            beside = (side_by_side(float_network(plain, origin), others_of, metric, falls[0].judge, falls[0].after),)
        reasons = (*draft.reasons, *refusals(falls), *_over_budget(draft, chosen, budget or Budget()))
        errors = draft.layer_errors() if reasons or report_errors else ()
        notes = (*draft.notes, *agreement.remarks(), *beside, *remarks(falls), *_advice(errors, bool(reasons)))
        candidate = _artifact(target.kind, draft, falls, reasons, notes, errors)
        app = None
        if bundle is not None and candidate.ok:
            refuse_place(Path(out) / f"{name}{BUNDLE}")
            app = scratch / f"{name}{BUNDLE}"
            bundle(candidate, app)
        return _published(candidate, draft, Path(out), name, app)


def _artifact(
    kind: str,
    draft: Candidate,
    falls: Sequence[Fall],
    reasons: tuple[str, ...],
    notes: tuple[str, ...],
    errors: tuple[LayerError, ...],
) -> Artifact:
    """A draft with what was found about it."""
    before, after = (falls[0].judge.before, falls[0].after) if falls else (None, None)
    return Artifact(
        target=kind,
        quantize=draft.quantize,
        path=draft.path,
        bytes=size_of(draft.path),
        ops=draft.contents.ops,
        flex_ops=draft.contents.flex_ops,
        custom_ops=draft.contents.custom_ops,
        fused_rnn_ops=draft.contents.fused_rnn_ops,
        max_abs_diff=draft.max_abs_diff,
        metric_before=before,
        metric_after=after,
        latency_ms=draft.latency_ms,
        runtimes=draft.runtimes,
        ok=not reasons,
        reasons=reasons,
        notes=notes,
        layer_errors=errors,
        arena_bytes=draft.arena,
    )


def _rounded_after(target: Target, scratch: Path, representative: Representative | None, network: Any) -> Candidate:
    """The file of a float network that is quantized alike, its ranges from examples. Raises ExportError."""
    return Maker(_functional(network), scratch, representative, ModelMetadata("float")).make(target)


@dataclass(frozen=True, slots=True)
class OutputMetric:
    """The metric of an output on the held-out set, and on the validation set where there is one."""

    metric: Metric
    validation: Metric | None
    goal: Goal


def _judges(
    model: Any,
    metric: Metric | None,
    goal: Goal,
    part: Literal["metric", "validation"],
    others: Mapping[str, OutputMetric] | None,
) -> Judges | None:
    if metric is None:
        return None
    if not others:
        return Judges.of(model, {"": (metric, goal)})
    named = {name: (getattr(one, part), one.goal) for name, one in others.items()}
    return Judges.of(model, {name: pair for name, pair in named.items() if pair[0] is not None})


def _over_budget(draft: Candidate, target: Target, budget: Budget) -> tuple[str, ...]:
    """What of the budget a file breaks. Latency and memory are measured where the budget holds them and it can run."""
    measured = None
    if target.is_tflite and draft.typical is not None and budget.is_measured:
        try:
            measured = cost(draft.path, draft.typical)
        except RuntimeFailure as error:
            return (f"its latency and memory cannot be measured: {error}",)
    return tuple(over_budget(budget, target.bytes_budget, size_of(draft.path), measured, draft.arena))


def _functional(model: Any) -> Any:
    """The model with named inputs and outputs; a Sequential one shares its layers with what is returned."""
    if isinstance(model, keras.Sequential):
        return keras.Model(model.inputs, model.outputs, name=model.name)
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ExportError(f"only a built functional keras.Model can be exported, not {type(model).__name__}")
    return model


def _as_float32(model: Any, scratch: Path) -> Any:
    """The same network computing in float32, if mixed precision trained it; phones have no kernels for halves."""
    if all(layer.compute_dtype not in ("float16", "bfloat16") for layer in parts(model)):
        return model
    with masks_passing():
        plain = type(model).from_config(_without_policies(model.get_config()))
    weights = scratch / "float32.weights.h5"
    model.save_weights(weights)
    plain.load_weights(weights)
    weights.unlink()
    return plain


def _without_policies(config: Any) -> Any:
    """A layer's configuration with every dtype policy replaced by float32."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return "float32"
        return {key: _without_policies(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_without_policies(value) for value in config)
    return config


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes drafts of one model."""

    model: Any
    scratch: Path
    representative: Representative | None
    card: ModelMetadata
    samples: Samples | None = None

    def make(self, target: Target) -> Candidate:
        """An artifact in a folder of its own in the scratch folder, run and judged. Raises ExportError."""
        scratch = Path(tempfile.mkdtemp(dir=self.scratch))
        module, _, name = target.maker.partition(":")
        request = Request(self.model, scratch, self.representative, self.card, self.samples)
        draft: Candidate = getattr(import_plugin(module), name)(target, request)
        return draft


def _advice(errors: Sequence[LayerError], failed: bool) -> tuple[str, ...]:
    layers = hurt(errors)
    if not failed or not layers:
        return ()
    kept = ", ".join(layers)
    return (f"{kept} loses the most by quantization; `keep_float: [{kept}]` leaves it out, or try `quantize: auto`",)


def _write_labels(card: ModelMetadata, model: Any, path: Path) -> None:
    """The labels beside the artifact, where an output has a value for each; a single unit has none to label."""
    if any(card.labelled(port.name, port.shape) for port in signature_of(model).outputs):
        path.write_bytes(card.files()[LABELS])
    elif not any(tensor.shape[-1] == 1 for tensor in model.outputs):
        widths = {str(tensor.shape[-1]) for tensor in model.outputs}
        raise ExportError(f"{len(card.labels or ())} labels for outputs of {', '.join(sorted(widths))}")


def _published(candidate: Artifact, draft: Candidate, out: Path, name: str, bundle: Path | None) -> Artifact:
    """Puts an artifact in its place with all that belongs to it; a refused one beside it, as `.failed`."""
    failed, place = out / f"{name}.failed{draft.suffix}", out / f"{name}{draft.suffix}"
    if not candidate.ok:
        publish(draft.path, failed)
        kept = (f"{place} of an earlier export is left as it was",) if place.exists() else ()
        return replace(candidate, path=failed, notes=(*candidate.notes, *kept))
    labels = draft.path.parent / LABELS
    publish(draft.path, place)
    remove(failed)  # of an earlier attempt
    if labels.exists():
        publish(labels, out / f"{name}.labels.txt")
    if bundle is not None:
        publish(bundle, out / bundle.name)
    return replace(candidate, path=place, bundle=bundle and out / bundle.name)
