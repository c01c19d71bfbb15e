"""What several devices cannot do, or do otherwise than one, as far as the spec alone tells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.optimizers import parts_of
from nnspec.frontend.precision import in_precision
from nnspec.frontend.spec import Spec
from nnspec.layers import draws_random, layer_kind, layers_within

# Each needs a variable update inside a replica, which Keras 3.15 cannot do there.
_REFUSED = ("gradient_accumulation_steps", "ema_overwrite_frequency")
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_ON_A_CPU = {
    "data_format": "put the channels last",
    "dtype": "float32, or bfloat16",
    "use_cudnn": "leave it out: Keras takes cuDNN where it can",
}
# TensorFlow turns oneDNN, whose kernels take the channels first, on by itself where an x86 processor has AVX-512 VNNI.
_RUNS = {
    "data_format": "runs on GPUs, and on x86 processors by oneDNN alone, which `TF_ENABLE_ONEDNN_OPTS=1` turns on "
    "where TensorFlow does not: another CPU fails in training"
}
_SEVERAL = ("mirrored", "multi_worker", "tpu")


def several_devices(spec: Spec) -> Iterator[Diagnostic]:
    """A spec that names a strategy for several devices, with settings that do not go with it: as warnings.

    They are errors when training starts on more than one device; here nobody knows how many there are.
    """
    if spec.training.strategy in _SEVERAL:
        for problem in strategy_restrictions(spec):
            yield Diagnostic("W0709", problem.message, problem.span, "warning", problem.hint)
        yield from strategy_surprises(spec)


def gpu_alone(spec: Spec) -> Iterator[Diagnostic]:
    """Layers that TensorFlow cannot run on every CPU, where most specs are tried and all exports are verified."""
    for layer in in_precision(spec.graph, spec.training.precision).layers:
        calls = [(layer.record, layer.args), *((layer_kind(v.kind), v.args) for v in layers_within(layer.args))]
        found = [(name, args[name]) for record, args in calls if (name := record.gpu_only(args))]
        if layer.shares is None and found:
            argument, value = found[0]
            shown = value if isinstance(value, str) else f"`{argument}: {json.dumps(value)}`"
            where = _RUNS.get(argument, "runs on GPUs alone: a CPU fails in training")
            message = f"{layer.written} `{layer.name}` with {shown} {where}"
            place = layer.arg_spans.get(argument, layer.span)
            yield Diagnostic("W0613", message, place, "warning", _ON_A_CPU.get(argument), layer.trail)


def counted_by_nnspec(spec: Spec) -> Iterator[Diagnostic]:
    """Layers that a program with Keras alone computes otherwise."""
    for layer in spec.graph.layers:
        outputs = spec.facts[layer.name].outputs
        steps = outputs[0].shape[1] if outputs and len(outputs[0].shape) > 1 else None
        if layer.record.counts_steps and steps is not None and not isinstance(steps, int):
            message = (
                f"{layer.written} `{layer.name}` over steps that vary is right in training, predict and exports; Keras "
                "without nnspec, given its `.keras` file, takes the examples of a batch for the steps"
            )
            hint = "give the number of steps in `inputs`; or call `nnspec.register_layers()` where the file is loaded"
            yield Diagnostic("W0614", message, layer.span, "warning", hint, layer.trail)


def strategy_restrictions(spec: Spec) -> Iterator[Diagnostic]:
    """Settings that cannot work with several replicas, as errors."""
    train = spec.training
    for name, place in _given(spec, _REFUSED):
        hint = "leave it out, or say `strategy: single`"
        yield Diagnostic("E0710", f"`{name}` does not work on several devices", place, hint=hint)
    if spec.data is not None and spec.data.tokens_per_batch:
        message = "batches by a number of tokens cannot be shared out evenly among devices"
        hint = "leave it out: `bucket_by_length` works with `batch_size`"
        yield Diagnostic("E0710", message, spec.place("data", "tokens_per_batch"), hint=hint)
    if train.checkpoint_seconds and train.strategy == "multi_worker":
        message = "workers cannot agree on a time: they save together, at the same step"
        place = spec.place("train", "checkpoint_every")
        yield Diagnostic("E0710", message, place, hint="give `checkpoint_every` a number of steps")
    if train.debug:
        message = "`debug` goes back to a step on one device alone"
        yield Diagnostic(
            "E0710", message, spec.place("train", "debug"), hint="say `strategy: single` to find the layer"
        )


def shared_batch(spec: Spec, replicas: int) -> Iterator[Diagnostic]:
    """A global batch that replicas cannot share evenly, as an error."""
    batch = spec.required_data.batch_size
    if batch % replicas:
        message = f"a batch of {batch} cannot be shared out evenly among {replicas} devices"
        place = spec.place("data", "batch_size")
        yield Diagnostic("E0710", message, place, hint=f"take a multiple of {replicas}")


def strategy_surprises(spec: Spec) -> Iterator[Diagnostic]:
    """Settings that work with several replicas, but differently from one device, as warnings."""
    for name, place in _given(spec, _CLIPS):
        message = f"`{name}` clips on each device before the gradients are added up"
        yield Diagnostic("W0703", message, place, "warning")
    for layer in spec.graph.layers:
        if layer.args.get("synchronized") is False:
            message = f"`{layer.name}` normalizes over each device's share of the batch"
            hint = "leave `synchronized: false` out for the whole batch"
            yield Diagnostic("W0703", message, layer.span, "warning", hint)
    drawing = [layer for layer in spec.graph.layers if draws_random(layer.record, layer.args)]
    if drawing:
        message = f"`{drawing[0].name}` draws the same mask on every device"
        yield Diagnostic("W0703", message, drawing[0].span, "warning", "each device's examples share their masks")


def _given(spec: Spec, arguments: Sequence[str]) -> Iterator[tuple[str, Span | None]]:
    """Those of the arguments that an optimizer of the training has, each where it stands."""
    for part in parts_of(spec):
        for name in arguments:
            if part.optimizer.args.get(name):
                yield name, spec.place(*part.path, name)
