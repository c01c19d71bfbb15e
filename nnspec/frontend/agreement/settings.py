"""Settings of a training against the outputs and the data: whatever needs no data is told without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeGuard

from nnspec.catalog.comparisons import BY_SHAPE, LOSSES, METRICS, UNKNOWN, kind_of
from nnspec.catalog.kinds import catalog
from nnspec.data.protocol import Facts
from nnspec.frontend.agreement.ends import End, ends_of, metric_place, metrics_of, setting
from nnspec.frontend.config import BY_OUTPUT
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.edits import spelling
from nnspec.frontend.lints.network import tensor, tensor_of
from nnspec.frontend.lints.values import of_one_place
from nnspec.frontend.optimizers import parts_of
from nnspec.frontend.spec import Spec, keras_name
from nnspec.frontend.suggest import did_you_mean
from nnspec.layers.types import KindValue

# Learning rates beyond these are typing errors; of optimizers that divide by the gradients' size 0.5 is, too.
_LARGE = {"SGD": 10.0, "Adadelta": 10.0, "Adagrad": 10.0, "Ftrl": 10.0}
_LARGE_ADAPTIVE = 0.5
_FEW = 12
_TRIED = 10  # epochs; fewer are a first try, which nobody takes for a training
_SETTLED = 4  # times the steps of an average, after which 2 % of where it began are left
_BEYOND = 100.0  # Muon's own coefficients stay below 1.3


def output_names(spec: Spec) -> Iterator[Diagnostic]:
    """E0708 for settings by output that name none."""
    outputs = [output.name for output in spec.graph.outputs]
    known = {keras_name(name) for name in outputs}
    for key in BY_OUTPUT:
        value = spec.training.setting(key)
        for name in value if isinstance(value, Mapping) else ():
            if keras_name(name) not in known:
                listed = ", ".join(f"`{output}`" for output in outputs)
                message = f"`{key}` names `{name}`, but the outputs are {listed}"
                place, hint = spec.place("train", key, name), did_you_mean(name, outputs)
                if key.endswith("metrics") and (name in BY_SHAPE or kind_of("metric", name)):
                    hint = f"of all outputs: `{key}: [{name}]`; of one by its name: `{{{outputs[0]}: [{name}]}}`"
                yield Diagnostic("E0708", message, place, hint=hint, fix=spelling(place, name, outputs, value or ()))
        if key == "loss" and isinstance(value, Mapping):
            yield from _untrained(spec, value)
        if key == "loss_weights" and isinstance(value, Mapping):
            left_out = list(_unweighted(spec, outputs, value))
            yield from left_out
        if key == "loss_weights" and not (isinstance(value, Mapping) and left_out):
            yield from _odd_weights(spec, value)
        if key == "loss_weights" and isinstance(value, list) and len(value) != len(outputs):
            message = f"`loss_weights` has {len(value)} weights for {len(outputs)} outputs"
            yield Diagnostic("E0703", message, spec.place("train", key), hint="give one for each output, in order")
        elif key == "loss_weights" and isinstance(value, list) and len(outputs) > 1:
            by_name = ", ".join(f"{name}: {one}" for name, one in zip(outputs, value, strict=True))
            message = "`loss_weights` is a list, which is matched with the outputs by position"
            yield Diagnostic("W0733", message, spec.place("train", key), "warning", f"it is read as {{{by_name}}}")


def _untrained(spec: Spec, losses: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """W0730 for outputs with weights of their own that no loss trains."""
    named = {keras_name(name) for name in losses}
    layers = {layer.name: layer for layer in spec.graph.layers}
    for output in spec.graph.outputs:
        layer = layers.get(output.ref.layer)
        if keras_name(output.name) not in named and layer is not None and spec.facts[layer.name].params:
            message = f"`loss` has none for the output `{output.name}`: what it alone needs is not trained"
            hint = f"give it one, such as `{output.name}: MeanSquaredError`, or leave the output out"
            yield Diagnostic("W0730", message, spec.place("train", "loss"), "warning", hint)


def _odd_weights(spec: Spec, weights: Any) -> Iterator[Diagnostic]:
    """W0730 for losses that all weigh nothing, and for one that training makes larger."""
    entries = dict(weights) if isinstance(weights, Mapping) else dict(enumerate(weights or ()))
    numbers = {key: one for key, one in entries.items() if isinstance(one, int | float)}
    place = spec.place("train", "loss_weights")
    if numbers and len(numbers) == len(entries) and not any(numbers.values()):
        message = "every loss weighs 0, so that nothing is learnt"
        yield Diagnostic("W0730", message, place, "warning", "1 is the weight of a loss that counts")
        return
    for key, one in numbers.items():
        if one == 0:
            message = f"the loss of `{key}` weighs 0: what this output alone goes through learns nothing"
            place = spec.place("train", "loss_weights", key)
            yield Diagnostic("W0730", message, place, "warning", "leave the output out, or give it a weight above 0")
        if one < 0:
            message = f"the loss of `{key}` weighs {one:g}: the training makes it larger"
            place = spec.place("train", "loss_weights", key)
            yield Diagnostic("W0730", message, place, "warning", "a weight above 0 makes it smaller")


def _unweighted(spec: Spec, outputs: list[str], weights: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """E0703 for outputs whose losses have no weight: Keras takes one for each, or none."""
    losses = spec.training.loss
    trained = [name for name in outputs if not isinstance(losses, Mapping) or name in losses]
    without = [name for name in trained if name not in weights and keras_name(name) not in weights]
    if without and len(without) < len(trained):
        message = f"`loss_weights` leaves out {', '.join(f'`{name}`' for name in without)}"
        hint = f"give one for each loss, such as `{without[0]}: 1.0`"
        yield Diagnostic("E0703", message, spec.place("train", "loss_weights"), hint=hint)


def learning_rates(spec: Spec) -> Iterator[Diagnostic]:
    """E0705 for a learning rate below 0, W0713 for 0 and for one that no training survives."""
    for part in parts_of(spec):
        yield from _rate(spec, part.optimizer, part.path)
        yield from _polynomial(spec, part.optimizer, part.path)
        yield from _clipped_twice(spec, part.optimizer, part.path)


def _rate(spec: Spec, optimizer: KindValue, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    name, owner = "learning_rate", optimizer
    rate = optimizer.args.get(name)
    path = (*path, name)
    if isinstance(rate, KindValue):
        name, owner, path = "initial_learning_rate", rate, (*path, rate.kind, "initial_learning_rate")
        rate = rate.args.get(name)
    if owner.kind == "PiecewiseConstantDecay":
        yield from _pieces(spec, owner, path[:-1])
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        return
    most = _LARGE.get(optimizer.kind, _LARGE_ADAPTIVE)
    if rate < 0:
        message = f"`{name}` is {rate:g}, so that every step would make the loss larger"
        yield Diagnostic("E0705", message, spec.place(*path), hint="a learning rate is above 0, such as 0.001")
    elif rate == 0 and owner is optimizer:
        message = f"`{name}` is 0, so that nothing is learnt"
        yield Diagnostic("W0713", message, spec.place(*path), "warning", "0.001 is usual")
    elif rate > most:
        message = f"a `{name}` of {rate:g} is far beyond what {optimizer.kind} trains with"
        yield Diagnostic("W0713", message, spec.place(*path), "warning", "0.001 is usual; did a minus sign get lost?")


def _clipped_twice(spec: Spec, optimizer: KindValue, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    """E0703 for gradients that are cut in more ways than one, which Keras refuses."""
    given = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if optimizer.args.get(name) is not None]
    if len(given) > 1:
        message = f"one of {' and '.join(f'`{name}`' for name in given)} cuts the gradients, not all"
        yield Diagnostic("E0703", message, spec.place(*path, given[1]), hint=f"leave `{given[1]}` out")


def _polynomial(spec: Spec, optimizer: KindValue, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    """E0703 for a polynomial of Muon's that drives singular values, from 0 to 1, out of all bounds."""
    names = ("muon_a", "muon_b", "muon_c")
    given = [name for name in (*names, "ns_steps") if name in optimizer.args]
    if optimizer.kind != "Muon" or not given:
        return
    args = {**catalog().defaults("optimizer", "Muon"), **optimizer.args}
    a, b, c = (args[name] for name in names)
    values = [number / 32 for number in range(33)]
    for _ in range(min(args["ns_steps"], 100)):
        values = [x * (a + x * x * (b + x * x * c)) for x in values if abs(x) < _BEYOND]
    if len(values) < 33 or max(map(abs, values)) >= _BEYOND:
        message = "these coefficients make what they are to bring to 1 larger from step to step, without a bound"
        yield Diagnostic(
            "E0703", message, spec.place(*path, given[0]), hint="leave them out: Muon's own are chosen for it"
        )


def _pieces(spec: Spec, schedule: KindValue, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    """E0703 for boundaries that do not grow, and for values of which there are not one more than of them."""
    boundaries, values = schedule.args.get("boundaries"), schedule.args.get("values")
    if isinstance(boundaries, list) and any(after <= before for before, after in pairwise(boundaries)):
        message = "the boundaries are steps of the training, and each comes after the one before it"
        yield Diagnostic("E0703", message, spec.place(*path, "boundaries"), hint="write them in their order")
    if isinstance(boundaries, list) and isinstance(values, list) and len(values) != len(boundaries) + 1:
        message = f"{len(boundaries)} boundaries part {len(boundaries) + 1} values, and there are {len(values)}"
        yield Diagnostic("E0703", message, spec.place(*path, "values"), hint="one value more than boundaries")


def loss_arguments(spec: Spec) -> Iterator[Diagnostic]:
    """E0703 for an axis that an output does not have, and for weights of classes that are not as many as its units."""
    for output in spec.graph.outputs:
        loss, found = setting(spec, "loss", output.name), tensor(spec, output)
        if not isinstance(loss, KindValue) or found is None:
            continue
        by_output = isinstance(spec.training.loss, Mapping)
        path = ("train", "loss", *((output.name,) if by_output else ()), loss.kind)
        axes, alpha, rank = loss.args.get("axis"), loss.args.get("alpha"), len(found.shape)
        for axis in axes if isinstance(axes, list) else (axes,):
            if isinstance(axis, int) and not -rank <= axis < rank:
                message = f"axis {axis} of {loss.kind} does not exist: `{output.name}` has {rank} axes, with the batch"
                yield Diagnostic("E0703", message, spec.place(*path, "axis"), hint="-1 is the last one")
            elif isinstance(axis, int) and LOSSES.get(loss.kind, UNKNOWN).last and axis not in (-1, rank - 1):
                message = f"{loss.kind} takes the classes along the last axis alone, and axis {axis} is another"
                yield Diagnostic("E0703", message, spec.place(*path, "axis"), hint="leave it out")
        if LOSSES.get(loss.kind, UNKNOWN).divides and loss.args.get("dtype") in ("float16", "mixed_float16"):
            message = f"{loss.kind} divides by no less than 1e-7, which is 0 in float16"
            yield Diagnostic("E0703", message, spec.place(*path, "dtype"), hint="leave it out: losses are in float32")
        last = found.shape[-1]
        if isinstance(alpha, list) and isinstance(last, int) and len(alpha) not in (1, last):
            message = f"alpha of {loss.kind} has {len(alpha)} numbers, and `{output.name}` has {last} units"
            yield Diagnostic(
                "E0703", message, spec.place(*path, "alpha"), hint="one number for all, or one for each unit"
            )


def metric_arguments(spec: Spec) -> Iterator[Diagnostic]:
    """E0703 for arguments of metrics that the output, or another argument, rules out."""
    for end in ends_of(spec).values():
        for key, index, metric in metrics_of(spec, end):
            for argument, why, hint in _metric_misfits(end, metric) if isinstance(metric, KindValue) else ():
                place = metric_place(spec, key, end, index, metric.kind, argument)
                yield Diagnostic("E0703", why, place, hint=hint)


def _metric_misfits(end: End, metric: KindValue) -> Iterator[tuple[str, str, str]]:
    """The argument, what is wrong with it, and what helps."""
    args, units, kind = metric.args, end.units, metric.kind
    rank, axes = None if end.shape is None else len(end.shape) + 1, args.get("axis")
    for axis in axes if isinstance(axes, list) else (axes,):
        if isinstance(axis, int) and rank is not None and not -rank <= axis < rank:
            why = f"axis {axis} of {kind} does not exist: `{end.name}` has {rank} axes, with the batch"
            yield "axis", why, "-1 is the last one"
        elif isinstance(axis, int) and axis != -1 and METRICS.get(kind, UNKNOWN).form == "by argument":
            yield (
                "axis",
                f"{kind} adds up the results of the classes along {axis}, too: -1 alone is right",
                "leave it out",
            )
        elif (
            isinstance(axis, int)
            and rank is not None
            and METRICS.get(kind, UNKNOWN).last
            and axis not in (-1, rank - 1)
        ):
            yield (
                "axis",
                f"{kind} takes the classes along the last axis alone, and axis {axis} is another",
                "leave it out",
            )
    if args.get("num_labels") is not None and not args.get("multi_label"):
        why = f"`num_labels` of {kind} is for several labels at once"
        yield "num_labels", why, "say `multi_label: true` beside it, or leave it out"
    weights = args.get("label_weights")
    labels = args.get("num_labels") or units
    if isinstance(weights, list) and isinstance(labels, int) and len(weights) != labels:
        why = f"`label_weights` of {kind} are {len(weights)}, and `{end.name}` has {labels} labels"
        yield "label_weights", why, "one weight for each label"
    classes, ids = 2 if kind == "BinaryIoU" else args.get("num_classes"), args.get("target_class_ids")
    if isinstance(ids, list) and isinstance(classes, int):
        for one in (given for given in ids if isinstance(given, int) and not 0 <= given < classes):
            yield "target_class_ids", f"there is no class {one} of {classes} in {kind}", "they count from 0"
    best = args.get("top_k")
    if isinstance(best, int) and isinstance(units, int) and best > units:
        yield "top_k", f"{kind} takes the best {best} of `{end.name}`, which has {units} units", f"{units} at most"
    number = args.get("class_id")
    if isinstance(number, int) and isinstance(units, int) and not 0 <= number < units:
        yield "class_id", f"there is no class {number} in the {units} units of `{end.name}`", "it counts from 0"


def one_hot_of_numbers(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """E0702 for `one_hot` of targets that are no classes, of which it would do nothing."""
    if spec.data is not None and spec.data.one_hot and facts.task in ("regression", "forecast"):
        message = "`one_hot` makes vectors of class numbers, and the targets are numbers to fit"
        hint = "leave it out; classes are saved as integers"
        yield Diagnostic("E0702", message, spec.place("data", "one_hot"), hint=hint)


def gathered_steps(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0730 for gradients that are gathered over more steps than the training has: the weights never change."""
    told = set[tuple[str | int, ...]]()
    for part in parts_of(spec):
        over, steps = part.optimizer.args.get("gradient_accumulation_steps"), part.steps(spec, facts)
        if isinstance(over, int) and steps is not None and over > steps and part.path not in told:
            told.add(part.path)
            what = "a phase" if spec.training.phases else "the training"
            message = f"gradients are gathered over {over:,} steps, and {what} has {steps:,}"
            place = spec.place(*part.path, "gradient_accumulation_steps")
            yield Diagnostic("W0730", message, place, "warning", "more epochs, or gather over fewer steps")


def seldom_saved(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0704 for a checkpoint that is written after more steps than the training has: never."""
    train, count = spec.training, facts.examples.get("train")
    if count is None or spec.required_data.tokens_per_batch:
        return
    epochs = sum(phase.epochs for phase in train.phases) or train.epochs
    steps = epochs * -(-count // spec.required_data.batch_size)
    for index, callback in enumerate(train.callbacks):
        every = callback.args.get("save_freq") if isinstance(callback, KindValue) else None
        if isinstance(callback, KindValue) and isinstance(every, int) and every > steps:
            message = f"{callback.kind} writes every {every:,} steps, and the training has {steps:,}: it never does"
            place = spec.place("train", "callbacks", index, callback.kind, "save_freq")
            yield Diagnostic("W0704", message, place, "warning", "leave `save_freq` out: it writes after each epoch")


def lagging_averages(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0732 for a normalization whose averages cannot follow so short a training: in use the network is another one.

    An average of momentum m is one of about 1 / (1 - m) steps; the weights settle over several times as many.
    """
    train, count = spec.training, facts.examples.get("train")
    if count is None or spec.train is None or train.initial_weights or spec.required_data.tokens_per_batch:
        return
    epochs = sum(phase.epochs for phase in train.phases) or train.epochs
    steps = epochs * -(-count // spec.required_data.batch_size)
    if epochs < _TRIED:
        return
    for layer in spec.graph.layers:
        momentum = layer.args.get("momentum", catalog().defaults("layer", layer.kind).get("momentum"))
        if not layer.record.subtracts_mean or layer.args.get("trainable") is False or not _is_share(momentum):
            continue
        over = 1 / (1 - momentum)
        if steps < _SETTLED * over:
            message = f"`{layer.name}` keeps averages of some {over:.0f} steps, and the training has {steps:,}: in use "
            message += "the network may answer otherwise than while it trained"
            hint = f"`momentum: {_followed(steps):g}` follows faster; smaller batches or more epochs give more steps"
            place = layer.arg_spans.get("momentum", layer.span)
            yield Diagnostic("W0732", message, place, "warning", hint, layer.trail)
            return


def lagging_weights(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0732 for averages of the weights that are mostly of those that the training began with."""
    for part in parts_of(spec):
        args = {**catalog().defaults("optimizer", part.optimizer.kind), **part.optimizer.args}
        steps, momentum, over = (
            part.steps(spec, facts),
            args.get("ema_momentum"),
            args.get("gradient_accumulation_steps") or 1,
        )
        if (
            steps is None
            or part.epochs < _TRIED
            or not args.get("use_ema")
            or args.get("ema_overwrite_frequency") is not None
        ):
            continue
        if _is_share(momentum) and steps // over < _SETTLED / (1 - momentum):
            message = f"`use_ema` averages over some {1 / (1 - momentum):,.0f} steps, and the weights change "
            message += f"{steps // over:,} times: the average is still near those that the training began with"
            hint = f"`ema_momentum: {_followed(steps // over):g}` follows faster; smaller batches give more steps"
            yield Diagnostic("W0732", message, spec.place(*part.path, "use_ema"), "warning", hint)
            return


def lone_examples(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0622 for a last batch of one example before a normalization over the batch, which leaves nothing of it."""
    count, size = facts.examples.get("train"), spec.required_data.batch_size
    left_out = spec.training.strategy in ("mirrored", "multi_worker", "tpu") or spec.required_data.tokens_per_batch
    if spec.train is None or count is None or left_out or size < 2 or count % size != 1:
        return
    for layer in spec.graph.layers:
        shape = tensor_of(spec, layer.inputs[0])
        if shape is not None and of_one_place(layer, shape):
            message = f"the last batch of each epoch has one of the {count:,} examples, and `{layer.name}` subtracts "
            message += "the mean of a batch: nothing of it is left"
            hint = f"another `batch_size`, such as {size + 1 if count % (size + 1) != 1 else size + 2}"
            yield Diagnostic("W0622", message, spec.place("data", "batch_size") or layer.span, "warning", hint)
            return


def _is_share(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and 0 < value < 1


def _followed(steps: int) -> float:
    """A momentum whose average settles within the training."""
    return next((momentum for momentum in (0.95, 0.9, 0.8) if steps >= _SETTLED / (1 - momentum)), 0.5)


def batches(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """E0706 for a batch that the training part cannot fill where a smaller one is left out, as on several devices."""
    size, count = spec.required_data.batch_size, facts.examples.get("train")
    if spec.training.strategy in ("mirrored", "multi_worker", "tpu") and count is not None and count < size:
        message = f"the training part has {count} examples, which fill no batch of {size}"
        hint = f"on several devices a last smaller batch is left out: say `batch_size: {max(1, count // 2)}` or less"
        yield Diagnostic("E0706", message, spec.place("data", "batch_size"), hint=hint)
