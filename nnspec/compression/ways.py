"""The ways to a smaller file of a trained network: what a search may choose, and the spec that a choice comes to.

A choice is plain values: how the file is rounded, which share of the multiply-adds is left, how many weights are zero,
whether the network learns from the trained one, and where the spec has a number for it, how wide it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.catalog.targets import TARGETS
from nnspec.frontend.channels import channels_of
from nnspec.frontend.config import PruneConfig, QuantizeConfig, TrainConfig
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.format import format_text
from nnspec.frontend.optimizers import parts_of
from nnspec.frontend.pipeline import check, load
from nnspec.frontend.pruning import can_be_pruned, first_sparse_epoch
from nnspec.frontend.rounding import float_epochs
from nnspec.frontend.rounding_plan import walks
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue
from nnspec.runs.record import resolved_text
from nnspec.sweeps.search_space import Axis, Values, overrides

ROUNDING, SHARE, TEACHER, ZEROS = "rounding", "macs", "teacher", "zeros"
# What the file's weights and values are rounded to, after the training or in it.
AFTER: Mapping[str, Mapping[str, str]] = {
    "none": {"quantize": "none"},
    "float16": {"quantize": "float16"},
    "dynamic": {"quantize": "dynamic"},
    "int8": {"quantize": "int8", "equalize": "auto"},
    "int8x4": {"quantize": "int8x4", "equalize": "auto"},
    "int4": {"quantize": "int4"},
}
WITHIN: Mapping[str, Mapping[str, str]] = {
    "trained int8": {"weights": "int8", "equalize": "auto"},
    "trained int4": {"weights": "int4", "equalize": "auto"},
}
FEWEST = 0.1  # of the multiply-adds
SHARES_OF_ZEROS = (0.0, 0.5, 0.75)
RATE = 0.25  # of the spec's learning rate, for what goes on from trained weights
LESSON = 0.5  # the teacher's share of the loss
LEAST_EPOCHS = 3  # in which ranges are found and then stay
# What of a target is for a file that is rounded after the training, or what the search decides itself.
SETTLED = ("quantize", "equalize", "max_metric_drop", "bundle")
FOR_AFTER = ("keep_float", "dense_scale")
REPLACED = ("initial_weights", "quantize", "prune", "teacher", "track")


@dataclass(frozen=True)
class Setting:
    """What all choices of a search have in common.

    Attributes:
        path: the file of the trained network's spec; `sets` and `plugins` are those of the command line.
        run: its run folder.
        epochs: how long what goes on from trained weights trains; None: half as long as the spec says.
        micro: files are for TensorFlow Lite Micro, which tells their arena.
    """

    path: Path
    run: Path
    sets: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    epochs: int | None = None
    micro: bool = False

    @cached_property
    def spec(self) -> Spec:
        """The trained network's, checked. Raises SpecError."""
        return self.wide({})

    def wide(self, widths: Values) -> Spec:
        """The spec with other values at some paths. Raises SpecError."""
        return load(self.path, (*self.sets, *overrides(widths)), self.plugins, trusted=True)

    @property
    def tuning_epochs(self) -> int:
        return self.epochs or max(LEAST_EPOCHS, -(-self.spec.training.epochs // 2))


def is_new(values: Values, setting: Setting) -> bool:
    """Whether a choice is a network of another width, which trains from new weights."""
    return any("." in path and value != own_width(setting.spec, path) for path, value in values.items())


def trains(values: Values, setting: Setting) -> bool:
    """Whether a choice trains at all, or only rounds what is trained."""
    wants = values[ROUNDING] in WITHIN or values.get(SHARE, 1.0) < 1 or values.get(ZEROS, 0.0) > 0
    return wants or is_new(values, setting)


def effective(values: Values, setting: Setting) -> dict[str, Any]:
    """The same choice without what has no effect: two that come to the same spec are the same."""
    found = dict(values)
    if SHARE in found and is_new(found, setting):
        found[SHARE] = 1.0  # channels are taken out of trained networks alone
    if TEACHER in found and not trains(found, setting):
        found[TEACHER] = False
    return found


def own_width(spec: Spec, path: str) -> Any:
    """The value that a path of the spec has; None where there is none."""
    value: Any = spec.resolved
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def axes_of(setting: Setting, width: Axis | None, zeros: bool) -> tuple[tuple[Axis, ...], list[str]]:
    """What can be chosen for a network, and remarks on what cannot.

    Each way is written as a spec and checked: what `check` refuses, or what a file cannot hold, is no choice.
    """
    spec, remarks = setting.spec, []
    base: dict[str, Any] = {ROUNDING: "none"}
    roundings = []
    for name in (*AFTER, *WITHIN):
        why = _refusal({**base, ROUNDING: name}, setting) or _unknown(name, spec)
        if why is None:
            roundings.append(name)
        else:
            remarks.append(f"no file is rounded by `{name}`: {why}")
    axes = [Axis(ROUNDING, tuple(roundings))]
    if not spec.macs or not channels_of(spec).sets():
        remarks.append("no channels can be taken out: inputs, outputs and layers over all of them need them")
    else:
        axes.append(Axis(SHARE, low=FEWEST, high=1.0, scale="uniform"))
    why = _refusal({**base, SHARE: 0.5, TEACHER: True}, setting)
    if why is None:
        axes.append(Axis(TEACHER, (False, True)))
    else:
        remarks.append(f"nothing learns from the trained network: {why}")
    if zeros and any(map(can_be_pruned, spec.graph.layers)):
        axes.append(Axis(ZEROS, SHARES_OF_ZEROS))
    return (*axes, *([width] if width else [])), remarks


def _refusal(values: Values, setting: Setting) -> str | None:
    """Why a choice makes no spec or no file; None where it does."""
    found = check(Source.from_text(text_of(values, setting), "compressed.yaml"), (), setting.plugins)
    errors = [item for item in found.diagnostics if item.severity == "error" or item.code == "W0708"]
    return errors[0].message if errors else None


def _unknown(rounding: str, spec: Spec) -> str | None:
    """Why a rounding is not tried that `check` knows no reason against."""
    if rounding == "int4" and any(map(walks, spec.graph.layers)):
        return "a recurrent layer has no weights of 4 bits"
    if rounding == "int4" and find_spec("ai_edge_quantizer") is None:
        return 'it needs ai-edge-quantizer: pip install "nnspec[int4]"'
    return None


def text_of(values: Values, setting: Setting) -> str:
    """The spec that a choice comes to, before channels are taken out of it.

    Raises:
        SpecError: the spec does not take the width.
    """
    widths = {path: value for path, value in values.items() if "." in path}
    spec = setting.wide(widths) if widths else setting.spec
    resolved = copy.deepcopy(dict(spec.resolved))
    if trains(values, setting):
        resolved["train"] = _training(values, setting, resolved.get("train") or {})
    resolved["export"] = [_target(values, setting)]
    resolved.pop("budget", None)  # the search has its own
    return format_text(Source("compressed", resolved_text(resolved)))


def _target(values: Values, setting: Setting) -> dict[str, Any]:
    """The file: as the spec's first TFLite target, but for how it is rounded."""
    given = next((target for target in setting.spec.export if TARGETS[target.kind].is_tflite), KindValue("TFLite", {}))
    within = values[ROUNDING] in WITHIN
    left = {*SETTLED, *(FOR_AFTER if within else ())}
    args = {name: value for name, value in given.args.items() if name not in left}
    args |= {"quantize": "int8"} if within else AFTER[values[ROUNDING]]
    if setting.micro:
        args["runtime"] = "micro"
    if args["quantize"] not in ("int8", "int8x4"):
        args = {name: value for name, value in args.items() if name not in ("io", "dense_scale")}
    return {given.kind: args}


def _training(values: Values, setting: Setting, given: Mapping[str, Any]) -> dict[str, Any]:
    """How a choice trains: as the spec, on from the run at a smaller rate, or from new weights."""
    train = {name: value for name, value in given.items() if name not in REPLACED}
    run = str(setting.run.resolve())
    if not is_new(values, setting):
        phases = train.pop("phases", None)
        last = dict(phases[-1]) if phases else {}  # what is trained goes on as it ended
        train |= last | {"initial_weights": run, "epochs": setting.tuning_epochs}
        train |= _slower(parts_of(setting.spec)[-1].optimizer)
    if values[ROUNDING] in WITHIN:
        train["quantize"] = _quantize(values, setting, from_run="initial_weights" in train)
    if values.get(ZEROS):
        train["prune"] = {"sparsity": values[ZEROS]}
    first = _first_that_counts(values, setting)
    if first:
        train["callbacks"] = [_patient(item, first) for item in train.get("callbacks", [])]
    if values.get(TEACHER):
        chain = any(layer.record.own_loss for layer in setting.spec.graph.layers)
        train["teacher"] = {"run": run, "weight": LESSON} | ({"temperature": 1.0} if chain else {})
    return {name: value for name, value in train.items() if value != []}


def _quantize(values: Values, setting: Setting, *, from_run: bool) -> dict[str, Any]:
    found: dict[str, Any] = dict(WITHIN[values[ROUNDING]])
    if not from_run:
        del found["equalize"]  # new weights have no channels of very different ranges
    kept = [name for target in setting.spec.export for name in target.args.get("keep_float", ())]
    return found | ({"keep_float": kept} if kept else {})


def _slower(optimizer: KindValue) -> dict[str, Any]:
    """The optimizer at a smaller rate, where its rate is a number; a schedule stays as it is written."""
    rate = optimizer.args.get("learning_rate", catalog().defaults("optimizer", optimizer.kind).get("learning_rate"))
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        return {}
    return {"optimizer": {optimizer.kind: {**optimizer.args, "learning_rate": float(f"{rate * RATE:.3g}")}}}


def _first_that_counts(values: Values, setting: Setting) -> int:
    """The first epoch of a training that rounds, and has as many zeros as are wanted."""
    new = is_new(values, setting)
    train = TrainConfig(
        epochs=setting.spec.training.epochs if new else setting.tuning_epochs,
        initial_weights=None if new else str(setting.run),
        quantize=QuantizeConfig(),
        prune=PruneConfig(values.get(ZEROS, 0.0)),
    )
    rounds = float_epochs(train) if values[ROUNDING] in WITHIN else 0
    return max(rounds, first_sparse_epoch(train) if values.get(ZEROS) else 0)


def _patient(callback: Any, first: int) -> Any:
    """An EarlyStopping that counts no epoch before the first one that a file is made of; another callback as it is."""
    if callback == "EarlyStopping":
        callback = {"EarlyStopping": {}}
    if not isinstance(callback, Mapping) or not isinstance(callback.get("EarlyStopping"), Mapping):
        return callback
    given = callback["EarlyStopping"]
    return {"EarlyStopping": {**given, "start_from_epoch": max(first, int(given.get("start_from_epoch") or 0))}}


def said(values: Values) -> str:
    """A choice in words, as a line of progress has it."""
    parts = [str(values[ROUNDING])]
    share = values.get(SHARE, 1.0)
    parts += [f"{share:.0%} of the multiply-adds"] if share < 1 else []
    parts += [f"{values[ZEROS]:.0%} zeros"] if values.get(ZEROS) else []
    parts += [f"{path.rpartition('.')[2]} {value}" for path, value in values.items() if "." in path]
    parts += ["teacher"] if values.get(TEACHER) else []
    return ", ".join(parts)
