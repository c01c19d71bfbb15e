"""Callbacks that monitor a quantity, or set the learning rate: what Keras would refuse after an epoch of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from nnspec.catalog.callbacks import acts
from nnspec.catalog.kinds import catalog
from nnspec.frontend.config import RUN_BEST
from nnspec.frontend.diagnostics import Diagnostic, Fix, Note, Span
from nnspec.frontend.edits import reword
from nnspec.frontend.optimizers import parts_of
from nnspec.frontend.quantities import OF_TAGGERS, Quantity, quantities
from nnspec.frontend.spec import Spec
from nnspec.frontend.suggest import certain, closest, did_you_mean
from nnspec.frontend.written_files import fields_of
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

SHORT = {"acc": "accuracy", "mse": "squared_error", "mae": "absolute_error"}


_TRIED = 10  # epochs; fewer are a first try


@dataclass(frozen=True, slots=True)
class Watch:
    """A callback with the quantity that it monitors.

    Attributes:
        index: its place among the callbacks. `name`: of the quantity, with `val_` for the validation part.
        quantity: what it is; None where nothing measures it, or nobody knows.
        known: every quantity by name, without `val_`; None where the spec does not tell.
        compares: whether it looks at the values; Keras asks for a direction of those that do not, too.
    """

    spec: Spec
    index: int
    callback: KindValue
    name: str
    quantity: Quantity | None
    known: dict[str, Quantity] | None
    compares: bool = True

    @property
    def kind(self) -> str:
        return self.callback.kind

    @property
    def mode(self) -> str:
        return str(self.callback.args.get("mode", "auto"))

    @property
    def after_epochs(self) -> bool:
        """Whether it compares what is known after each epoch."""
        return self.compares and not isinstance(self.callback.args.get("save_freq"), int)

    @property
    def writes_best(self) -> bool:
        """Whether it writes the file where a run keeps its best model."""
        given = self.callback.args.get("filepath")
        return isinstance(given, str) and PurePosixPath(given.lower()).parts == (RUN_BEST,)

    @property
    def unknown(self) -> bool:
        return self.known is not None and self.quantity is None

    @property
    def place(self) -> Span | None:
        return self.spec.place("train", "callbacks", self.index, self.kind, "monitor")

    @property
    def choices(self) -> list[str]:
        prefix = "val_" if self.name.startswith("val_") else ""
        return [prefix + name for name in sorted(self.known or ())]

    @property
    def meant(self) -> str | None:
        """Of what is measured, that which the name is near to, or the one that it is a shorter word for."""
        validated = [f"val_{name}" for name in self.known or () if has_validation(self.spec) is not False]
        if near := closest(self.name, [*self.choices, *validated]):
            return near
        word = SHORT.get(self.name.removeprefix("val_"), self.name.removeprefix("val_"))
        longer = [name for name in self.choices if name.endswith(f"_{word}")]
        return longer[0] if len(longer) == 1 else None

    @property
    def others(self) -> str:
        prefix = "val_" if self.name.startswith("val_") else ""
        listed = [name for name in self.choices if name.removeprefix(prefix) not in OF_TAGGERS]
        return f"did you mean `{self.meant}`?" if self.meant else f"there are {', '.join(listed)}"

    @property
    def respelt(self) -> Fix | None:
        node = self.spec.node.get("train", "callbacks", self.index, self.kind, "monitor")
        safe = certain(self.name, self.choices)
        return None if node is None or self.meant is None else reword(node.span, self.name, self.meant, safe=safe)


def monitored(spec: Spec | None) -> list[str]:
    """Every quantity that a callback may monitor, those of the validation part first where there is one."""
    known = None if spec is None else quantities(spec)
    if spec is None or known is None:
        return ["val_loss", "loss"]
    validated = (
        [f"val_{name}" for name in known if name != "learning_rate"] if has_validation(spec) is not False else []
    )
    return [*validated, *known]


def watches(spec: Spec) -> Iterator[Watch]:
    """The callbacks of a training that name a quantity. A checkpoint of every epoch names one and compares nothing."""
    known = quantities(spec)
    for index, callback in _callbacks(spec):
        needed = acts(callback).looks_if
        name = callback.args.get("monitor", catalog().defaults("callback", callback.kind).get("monitor"))
        if isinstance(name, str):
            quantity = None if known is None else known.get(name.removeprefix("val_"))
            yield Watch(spec, index, callback, name, quantity, known, needed is None or bool(callback.args.get(needed)))


def check_monitors(spec: Spec) -> Iterator[Diagnostic]:
    """What Keras would refuse of callbacks that monitor something, or set the rate, and those that never act."""
    for watch in watches(spec):
        never_measured = watch.name.startswith("val_") and has_validation(spec) is False
        if watch.compares:
            yield from _unvalidated(watch) if never_measured else _misfit(watch)
            yield from _against(watch)
        elif watch.mode == "auto":
            yield from (one for one in _misfit(watch) if watch.quantity is None or not watch.quantity.each_class)
        yield from _never(watch)
        yield from _beyond(watch)
        yield from _waits_too_long(watch)
        yield from _ends_all_phases(watch)
        yield from _over_the_best(watch)
    yield from _below_the_least(spec)
    yield from _named_in_files(spec)
    yield from _two_rulers(spec)
    yield from _no_average(spec)
    yield from _average_left_out(spec)


def chooser(spec: Spec) -> Watch | None:
    """The callback whose quantity tells the best epoch.

    One that writes the run's own file of it; else one that stops the training; else one that saves the best.
    """
    found = [watch for watch in watches(spec) if acts(watch.callback).chooses and watch.after_epochs]
    return min(found, key=lambda watch: (not watch.writes_best, not acts(watch.callback).stops), default=None)


def _over_the_best(watch: Watch) -> Iterator[Diagnostic]:
    """E0714 for a callback that writes another model over the best one of the run."""
    best = chooser(watch.spec)
    if watch.writes_best and (
        best is None or (watch.after_epochs, watch.name, watch.mode) != (True, best.name, best.mode)
    ):
        message = f"{watch.kind} writes over `{RUN_BEST}`, where a run keeps its best model"
        place = watch.spec.place("train", "callbacks", watch.index, watch.kind, "filepath")
        yield Diagnostic("E0714", message, place, hint="give another name, such as `kept.keras`")


def _ends_all_phases(watch: Watch) -> Iterator[Diagnostic]:
    """W0704 for a callback that may stop a training before the last of its phases."""
    phases = watch.spec.training.phases
    last = sum(phase.epochs for phase in phases[:-1])
    waits = [watch.callback.args.get(name, 0) for name in ("start_from_epoch", "patience")]
    if acts(watch.callback).stops and all(isinstance(one, int) for one in waits) and sum(waits) < last:
        message = f"{watch.kind} ends the training, not a phase of it: where it stops earlier the last one is not run"
        place = watch.spec.place("train", "callbacks", watch.index, watch.kind)
        yield Diagnostic(
            "W0704", message, place, "warning", f"`start_from_epoch: {last}` looks at the last phase alone"
        )


def _average_left_out(spec: Spec) -> Iterator[Diagnostic]:
    """W0624 for averages of the weights that are in place at the end of the training alone, in no model of an epoch."""
    if any(callback.args.get(acts(callback).puts_if or "") for _, callback in _callbacks(spec)):
        return
    for part in parts_of(spec):
        if part.optimizer.args.get("use_ema") and part.optimizer.args.get("ema_overwrite_frequency") is None:
            message = "the averages of `use_ema` become the weights at the end of the training alone: the best model, "
            message += "which is evaluated and exported, is of an epoch, and has none"
            hint = "`callbacks: [{SwapEMAWeights: {swap_on_epoch: true}}]` validates and saves with the averages"
            yield Diagnostic("W0624", message, spec.place(*part.path, "use_ema"), "warning", hint)


def _no_average(spec: Spec) -> Iterator[Diagnostic]:
    """E0703 for averaged weights that are put in place where the optimizer keeps no average: Keras stops there."""
    keeps = all(part.optimizer.args.get("use_ema") for part in parts_of(spec))
    for index, callback in _callbacks(spec):
        if acts(callback).needs_average and not keeps:
            message = f"{callback.kind} takes averages of the weights, and the optimizer keeps none"
            place = spec.place("train", "callbacks", index, callback.kind)
            yield Diagnostic("E0703", message, place, hint="say `use_ema: true` in the optimizer")


def _unvalidated(watch: Watch) -> Iterator[Diagnostic]:
    message = f"{watch.kind} monitors `{watch.name}`, and the data have no validation part"
    hint = "`split: {validation: 0.1}` holds one back, under `data`"
    yield Diagnostic("W0704", message, watch.place, "warning", hint)


def _misfit(watch: Watch) -> Iterator[Diagnostic]:
    """E0708 for a quantity that nothing measures, where Keras stops at it; E0703 for one that cannot be compared."""
    if watch.unknown:
        message = f"{watch.kind} monitors `{watch.name}`, which nothing measures"
        if watch.mode == "auto":
            yield Diagnostic("E0708", message, watch.place, hint=watch.others, fix=watch.respelt)
        else:
            yield Diagnostic("W0704", message, watch.place, "warning", watch.others, fix=watch.respelt)
    elif watch.quantity is not None and watch.quantity.each_class:
        message = f"`{watch.name}` is a number for each class, and {watch.kind} compares one number"
        yield Diagnostic("E0703", message, watch.place, hint=f"say `{watch.quantity.each_class}` in the metric")
    elif watch.quantity is not None and not watch.quantity.told and watch.mode == "auto":
        message = f"Keras cannot tell whether {watch.kind} waits for a higher or a lower `{watch.name}`"
        modes = {True: "`mode: max`", False: "`mode: min`", None: "`mode: max` or `mode: min`"}
        yield Diagnostic("E0703", message, watch.place, hint=f"say {modes[watch.quantity.rises]}")


def _against(watch: Watch) -> Iterator[Diagnostic]:
    """W0704 for a callback that takes the worst for the best: it stops a training that gets better."""
    rises = None if watch.quantity is None else watch.quantity.rises
    if rises is not None and watch.mode in ("min", "max") and rises != (watch.mode == "max"):
        better = "more" if rises else "less"
        message = (
            f"{watch.kind} with `mode: {watch.mode}` takes the worst `{watch.name}` for the best: {better} is better"
        )
        place = watch.spec.place("train", "callbacks", watch.index, watch.kind, "mode")
        yield Diagnostic("W0704", message, place, "warning", "leave `mode` out: the metric tells it")


def _named_in_files(spec: Spec) -> Iterator[Diagnostic]:
    """E0708 for a quantity in the name of a file that nothing measures: Keras stops when it writes it first."""
    known = quantities(spec)
    if known is None:
        return
    for index, callback in _callbacks(spec):
        given = callback.args.get("filepath")
        for name in fields_of(given) if isinstance(given, str) else ():
            place = spec.place("train", "callbacks", index, callback.kind, "filepath")
            is_batch = isinstance(callback.args.get("save_freq"), int)
            unvalidated = name.startswith("val_") and (is_batch or has_validation(spec) is False)
            if name == "epoch" or (name == "batch" and is_batch):
                continue
            if name.removeprefix("val_") not in known or unvalidated:
                why = "within an epoch nothing of the validation part is known" if is_batch else "nothing measures it"
                names = [f"val_{one}" if name.startswith("val_") else one for one in sorted(known)]
                hint = did_you_mean(name, names) or "`epoch` is always there"
                yield Diagnostic("E0708", f"{callback.kind} writes `{name}` into the name: {why}", place, hint=hint)


def _below_the_least(spec: Spec) -> Iterator[Diagnostic]:
    """W0704 for a smallest learning rate that the rate is not above from the start: it is never made smaller."""
    rates = [part.rate for part in parts_of(spec)]
    if not all(isinstance(rate, int | float) for rate in rates):
        return
    rate = max(map(float, rates))
    for index, callback in _callbacks(spec):
        least = callback.args.get("min_lr")
        if isinstance(least, int | float) and least >= rate:
            message = f"{callback.kind} never acts: the learning rate, {rate:g}, is not above `min_lr`, {least:g}"
            place = spec.place("train", "callbacks", index, callback.kind, "min_lr")
            yield Diagnostic("W0704", message, place, "warning", "a smaller `min_lr`")


def _never(watch: Watch) -> Iterator[Diagnostic]:
    """A callback that begins to look after the last epoch."""
    begins, epochs = watch.callback.args.get("start_from_epoch", 0), watch.spec.training.epochs
    if isinstance(begins, int) and begins >= epochs > 0:
        message = f"{watch.kind} begins to look after epoch {begins}, and the training has {epochs}"
        place = watch.spec.place("train", "callbacks", watch.index, watch.kind, "start_from_epoch")
        yield Diagnostic("W0704", message, place, "warning", "with a smaller `start_from_epoch` it acts")


def _waits_too_long(watch: Watch) -> Iterator[Diagnostic]:
    """W0704 for a rate that would be made smaller after more epochs without progress than there are."""
    waits, epochs = watch.callback.args.get("patience"), watch.spec.training.epochs
    if acts(watch.callback).sets_rate and isinstance(waits, int) and waits >= epochs - 1 >= _TRIED - 1:
        message = f"{watch.kind} waits {waits} epochs for progress, and the training has {epochs}: it never acts"
        place = watch.spec.place("train", "callbacks", watch.index, watch.kind, "patience")
        yield Diagnostic("W0704", message, place, "warning", "a smaller `patience`")


def _beyond(watch: Watch) -> Iterator[Diagnostic]:
    """What a metric of which more is better never reaches: those of Keras are 1 at most."""
    if watch.quantity is None or not (watch.quantity.rises and watch.quantity.told):
        return
    for argument, what in (("baseline", "a `baseline` of {}"), ("min_delta", "an improvement of {}")):
        value = watch.callback.args.get(argument)
        if isinstance(value, int | float) and (value > 1 or (argument == "min_delta" and value == 1)):
            message = f"{watch.kind} waits for {what.format(f'{value:g}')} of `{watch.name}`, which is 1 at most"
            place = watch.spec.place("train", "callbacks", watch.index, watch.kind, argument)
            hint = f"a share of 1: for {value:g} % write {value / 100:g}"
            yield Diagnostic("W0704", message, place, "warning", hint)


def _two_rulers(spec: Spec) -> Iterator[Diagnostic]:
    """A callback sets the learning rate that a schedule rules: Keras refuses that, at the first time it tries."""
    scheduled = (
        (part.rate.kind, spec.place(*part.path, "learning_rate"))
        for part in parts_of(spec)
        if isinstance(part.rate, KindValue)
    )
    kind, place = next(scheduled, (None, None))
    for index, callback in _callbacks(spec):
        if acts(callback).sets_rate and kind is not None:
            message = f"{callback.kind} sets the learning rate, and the schedule {kind} rules it"
            notes = (Note("the schedule stands here", place),)
            span = spec.place("train", "callbacks", index, callback.kind)
            yield Diagnostic("E0727", message, span, hint="keep one of the two; Keras refuses both", notes=notes)


def best_direction(spec: Spec, name: str) -> str | None:
    """`max` where more of a quantity is better, `min` where less is; None where the spec does not tell."""
    known = quantities(spec)
    found = None if known is None else known.get(name.removeprefix("val_"))
    return None if found is None or found.rises is None else "max" if found.rises else "min"


def has_validation(spec: Spec) -> bool | None:
    """Whether a part is held back for validation; None without a `data` section."""
    return None if spec.data is None else bool(spec.data.split.get("validation"))


def _callbacks(spec: Spec) -> Iterator[tuple[int, KindValue]]:
    for index, value in enumerate(spec.training.callbacks):
        if isinstance(value, str):
            value = KindValue(value, {})
        if isinstance(value, KindValue):
            yield index, value
