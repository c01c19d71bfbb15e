"""A first network for what the data are: small, trained in minutes, of the kind that a textbook begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnspec.data.protocol import Facts
from nnspec.data.table import FeatureSpec
from nnspec.starting.guess import Unknown

Entry = Any  # a layer as a spec has it: a name, or a mapping
BANDS = 40  # of a spectrogram
WORDS, CLASSES = "$data.vocabulary_size", "$data.classes"


@dataclass(frozen=True, slots=True)
class Network:
    """Sections of a spec.

    Attributes:
        task: in words, for the description.
        inputs, layers, outputs, loss, metrics: as the sections have them; `outputs` is None for one output alone.
        train: settings beside or in place of the usual ones; None leaves one out.
        above: sections that the layers need, such as `params`.
        small: whether it learns quickly, so that it gets more epochs.
    """

    task: str
    inputs: Mapping[str, Any]
    layers: list[Entry]
    loss: Entry
    metrics: list[Entry]
    epochs: int
    export: list[Entry] = field(default_factory=lambda: ["TFLite"])
    train: Mapping[str, Any] = field(default_factory=dict)
    above: Mapping[str, Any] = field(default_factory=dict)


def network(facts: Facts, *, continues: bool = False, one_of: bool = False) -> Network:
    """The network for one target. Raises Unknown where the data have inputs or targets that no first network is for.

    Args:
        continues: whether it is to say what comes next, and so must not see it.
        one_of: whether the target is a vector in which the place of the class alone is 1.
    """
    columns = facts.columns
    if columns is None or not columns.features or len(columns.targets) != 1:
        raise Unknown("the data have no single target")
    (name, target), features = next(iter(columns.targets.items())), columns.features
    across = _across(features, target)
    branches = {
        key: _before() if continues else _branch(spec, across, facts.sample_rate) for key, spec in features.items()
    }
    layers = next(iter(branches.values())) if len(branches) == 1 else _joined(branches)
    classes = facts.classes_of(name)
    last, ending, measured, task = _end(target, classes, across)
    if one_of:
        last = [{"Dense": {"units": CLASSES, "activation": "softmax"}}]
        ending, measured, task = "CategoricalCrossentropy", ["CategoricalAccuracy"], "tells classes apart"
    task = "continues a text" if continues else task
    loss, metrics = _without_no_class(ending, measured, classes, columns.ranges.get(name))
    if loss == "MeanSquaredError" and name in columns.ranges:
        last += _to_range(*columns.ranges[name])
    images = any(len(spec.shape) == 3 for spec in features.values())
    export: list[Entry] = [{"TFLite": {"quantize": "int8", "max_metric_drop": 0.02}}] if images else ["TFLite"]
    inputs = {key: _input(spec) for key, spec in features.items()}
    return Network(task, inputs, [*layers, *last], loss, metrics, 20 if images else 30, export)


def _without_no_class(
    loss: str, metrics: list[str], classes: int | None, span: tuple[float, float] | None
) -> tuple[Entry, list[Entry]]:
    """Loss and metrics that leave out what is no class, the number above all classes."""
    if not classes or span is None or span[1] < classes or loss != "SparseCategoricalCrossentropy":
        return loss, list(metrics)
    ignored = {"ignore_class": int(span[1])}
    return {loss: ignored}, [{"MeanIoU": {"num_classes": CLASSES, "sparse_y_pred": False, **ignored}}]


def _input(spec: FeatureSpec) -> Any:
    shape = list(spec.shape)
    return shape if spec.dtype == "float32" else {"shape": shape, "dtype": spec.dtype}


def _across(features: Mapping[str, FeatureSpec], target: FeatureSpec) -> bool:
    """Whether there is a target for each step of the input, or for each pixel."""
    shapes = [spec.shape for spec in features.values()]
    rank = len(target.shape)
    steps = rank >= 1 and any(len(shape) in (1, 2) and shape[:1] == target.shape[:1] for shape in shapes)
    varies = rank >= 1 and target.shape[0] is None
    pixels = rank >= 2 and any(len(shape) == 3 and shape[:2] == target.shape[:2] for shape in shapes)
    return pixels or (target.dtype.startswith("int") and steps) or varies


def _branch(spec: FeatureSpec, across: bool, rate: int | None) -> list[Entry]:
    """The layers from one input to a vector, or to a vector a step. A row of numbers with a rate is a sound."""
    rank, whole = len(spec.shape), spec.dtype.startswith("int")
    if whole and rank == 1:
        steps = {"LSTM": {"units": 64, "return_sequences": True}} if across else {"LSTM": {"units": 64}}
        embedding = {"input_dim": WORDS, "output_dim": 64, "mask_zero": True}
        return [{"Embedding": embedding}, {"Dropout": 0.3}, {"Bidirectional": {"layer": steps}}, {"Dropout": 0.3}]
    if rank == 3 and not whole:
        return _pixels() if across else _picture(spec)
    if rank == 2 and not whole:
        lstm: dict[str, Any] = {"units": 64, "return_sequences": True} if across else {"units": 64}
        return [{"Bidirectional": {"layer": {"LSTM": lstm}}}, {"Dropout": 0.3}]
    if rank == 1 and not whole and rate is not None:
        return _sound(rate)
    if rank == 1 and not whole and spec.shape[0] is not None:
        wide, narrow = ({"Dense": {"units": units, "activation": "relu"}} for units in (64, 32))
        return [wide, {"Dropout": 0.2}, narrow]
    if rank == 0 and not whole:
        return [{"Reshape": [1]}, {"Dense": {"units": 16, "activation": "relu"}}]
    raise Unknown(f"no first network is known for inputs of shape {list(spec.shape)}, {spec.dtype}")


def _before() -> list[Entry]:
    """The layers of a language model: each step sees those before it alone."""
    embedding = {"input_dim": WORDS, "output_dim": 64}
    return [{"Embedding": embedding}, {"LSTM": {"units": 128, "return_sequences": True}}, {"Dropout": 0.2}]


def _picture(spec: FeatureSpec) -> list[Entry]:
    """Convolutions until few places are left."""
    side = min((size for size in spec.shape[:2] if size is not None), default=64)
    stages = max(1, min(5, side.bit_length() - 3))
    filters = [min(32 << stage, 256) for stage in range(stages)]
    return [{"Rescaling": {"scale": "$(1 / 255)"}}, _convolutions(filters), "GlobalAveragePooling2D", {"Dropout": 0.3}]


def _convolutions(filters: list[int]) -> Entry:
    """Convolutions that see ever more, at ever fewer places."""
    block = [
        {"Conv2D": {"filters": "$filters", "kernel_size": 3, "padding": "same", "use_bias": False}},
        {"BatchNormalization": {"momentum": 0.9}},
        "ReLU",
        {"MaxPooling2D": 2},
    ]
    return {"for": {"filters": filters}, "layers": block}


def _sound(rate: int) -> list[Entry]:
    """Convolutions over a spectrogram, frames of 25 ms every 10 ms."""
    frames = {"frame_length": rate // 40, "frame_step": rate // 100}
    spectrogram = {"LogMelSpectrogram": {"sampling_rate": rate, **frames, "num_mel_bins": BANDS}}
    ahead: list[Entry] = [spectrogram, {"BatchNormalization": {"momentum": 0.9}}, {"Reshape": [-1, BANDS, 1]}]
    return [*ahead, _convolutions([16, 32, 64]), "GlobalAveragePooling2D", {"Dropout": 0.3}]


def _pixels() -> list[Entry]:
    block = [{"Conv2D": {"filters": 32, "kernel_size": 3, "padding": "same", "activation": "relu"}}]
    return [{"Rescaling": {"scale": "$(1 / 255)"}}, {"repeat": 4, "layers": block}]


def _joined(branches: Mapping[str, list[Entry]]) -> list[Entry]:
    """Several inputs, side by side before the last layers."""
    rows: list[Entry] = []
    for name, layers in branches.items():
        entries = [dict(layer) if isinstance(layer, Mapping) else {layer: {}} for layer in layers]
        entries[0]["from"] = name
        entries[-1]["name"] = f"of_{name}"
        rows += entries
    ends = [f"of_{name}" for name in branches]
    return [*rows, {"Concatenate": {}, "from": ends}, {"Dense": {"units": 64, "activation": "relu"}}]


def _to_range(low: float, high: float) -> list[Entry]:
    """Around 0 and as far as 1 a network begins: a layer behind it brings that to where the targets are."""
    span, middle = (high - low) / 2, (high + low) / 2
    if 0.1 <= span <= 10 and abs(middle) <= 10:
        return []
    return [{"Rescaling": {"scale": float(f"{span or 1.0:.3g}"), "offset": float(f"{middle:.3g}")}}]


def _end(target: FeatureSpec, classes: int | None, across: bool) -> tuple[list[Entry], str, list[str], str]:
    """The last layers, the loss, metrics, and the task in words."""
    shape, whole = target.shape, target.dtype.startswith("int")
    if whole and (not shape or across):
        units = CLASSES if classes else 2
        last = {"Conv2D": {"filters": units, "kernel_size": 1, "activation": "softmax"}} if len(shape) >= 2 else None
        end = last or {"Dense": {"units": units, "activation": "softmax"}}
        task = f"gives each {'pixel' if len(shape) >= 2 else 'step'} a class" if shape else "tells classes apart"
        return [end], "SparseCategoricalCrossentropy", ["SparseCategoricalAccuracy"], task
    if not whole and not shape:
        return [{"Dense": {"units": 1}}], "MeanSquaredError", ["MeanAbsoluteError"], "predicts a number"
    if not whole and all(size is not None for size in shape):
        if classes:
            end = {"Dense": {"units": CLASSES, "activation": "sigmoid"}}
            return [end], "BinaryCrossentropy", ["BinaryAccuracy"], "tells which of several labels hold"
        size = 1
        for length in shape:
            size *= length or 1
        ends: list[Entry] = [{"Dense": {"units": size}}]
        ends += [{"Reshape": list(shape)}] if len(shape) > 1 else []
        task = "predicts a number" if size == 1 else f"predicts {size} numbers"
        return ends, "MeanSquaredError", ["MeanAbsoluteError"], task
    raise Unknown(f"no first network is known for targets of shape {list(shape)}, {target.dtype}")
