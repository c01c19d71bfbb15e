"""What an app does to an input before the model gets it, and what it reads from an output: as data, for any language.

Each input has a `kind`, a `meaning`, one sentence, and what the kind takes:

    words       int32 numbers: `vocabulary`, `padding`, `unknown`, `lower`, `digits` (each becomes 0), and how a text is
                cut: `pattern`, a regular expression of a token; `before` and `after`, where tokens stand around a text
    subwords    int32 numbers: `vocabulary`, `padding`, `unknown`, and `tokenizer`, the file of the library tokenizers
                whose pieces the words of the vocabulary are
    characters  int32 [words, width] numbers: `alphabet`, whose first has number 2, `padding`, `unknown`, `width`
    casing      int32 numbers: `classes`
    image       pixels: `size` [height, width], `color`, `interpolation` when resizing, `range`, and `jpeg`: at which
                shares of its size a JPEG was decoded before it was resized, `to_at_least` times the larger of `size`
    sound       the mean of its channels: `sample_rate`, `samples` (null: as many as there are), `range`
    numbers     float32 `columns`, in order: `offset` and `factor`, (value - offset) / factor, and `fill` where it is
                missing; or `one_hot`, the values of a category
    category    an int32 number, from 1, of `values`; 0 is any other
    array       whatever the data were; of series that each have a scale of their own they are scaled by whoever calls:
                `groups` has the columns of each by its name, as of `numbers`, `others` those of any other

Each output too: `classes` or `tags` with `labels` and the last `activation`, `softmax` or `sigmoid` also where
another one gives probabilities as they do; `map` and `places`, the same for each place of height and width or of other
axes; `numbers` with `columns`, which are value * factor + offset in the units of the data, or `array`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.backend.signature import Port, signature_of
from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.data.column_encoding import KNOWN
from nnspec.data.formats.images import CHANNELS, JPEG_SHARES, REDUCED_TO
from nnspec.data.group_scaling import GROUPS
from nnspec.evaluation.open_run import Trained
from nnspec.export.model_metadata import LABELS
from nnspec.frontend.agreement.ends import is_labels
from nnspec.layers.kind import OVER_CHANNELS
from nnspec.training.compile import last_activation

FORMAT = 1


def describe(trained: Trained) -> dict[str, Any]:
    """The description of a trained network, plain values for JSON: `format`, `inputs` and `outputs` by name."""
    signature = signature_of(trained.deciding)
    return {
        "format": FORMAT,
        "inputs": {port.name: _input(port, trained.binding.inputs[port.name], trained) for port in signature.inputs},
        "outputs": {port.name: _output(port, trained) for port in signature.outputs},
    }


def _input(port: Port, feature: str, trained: Trained) -> dict[str, Any]:
    dataset = trained.dataset
    source, assets = dataset.loaded.source, dataset.assets
    own = source.preprocessing(feature, assets)
    if own is not None:
        return dict(own)
    if assets.scaling is not None and assets.scaling.get(GROUPS):
        return _by_group(KNOWN if feature == KNOWN else "features", "(value - offset) / factor", assets.scaling)
    if assets.scaling is not None:
        return _columns(feature, assets.scales(KNOWN if feature == KNOWN else "features"), port)
    stored = dataset.splits["train"].table.features[feature].stored
    if stored == "uint8" and len(port.shape) == 3 and port.shape[-1] in CHANNELS.values():
        return _image(port, source.resizing())
    return {"kind": "array", "meaning": f"`{feature}` of the data as it is"}


def _columns(feature: str, entries: Mapping[str, Any], port: Port) -> dict[str, Any]:
    if feature in entries and entries[feature].get("encode") == "index":
        values = list(entries[feature]["values"])
        return {
            "kind": "category",
            "meaning": "the place of the value in the list, from 1; 0 if none",
            "values": values,
        }
    columns = [
        {"name": name, **({"one_hot": list(entry["values"])} if "values" in entry else dict(entry))}
        for name, entry in entries.items()
        if entry.get("encode") != "index"
    ]
    found = {"kind": "numbers", "meaning": "(value - offset) / factor of each column in order", "columns": columns}
    return found | ({"steps": port.shape[0]} if len(port.shape) == 2 else {})


def _by_group(part: str, how: str, scaling: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that are scaled by the series that they are of."""
    return {
        "kind": "array",
        "meaning": f"{how} of each column in order, by the scale of the series: `groups`, or `others` for any other",
        "others": _named(scaling[part]),
        "groups": {name: _named(own[part]) for name, own in scaling[GROUPS].items()},
    }


def _named(entries: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **entry} for name, entry in entries.items()]


def _image(port: Port, interpolation: str) -> dict[str, Any]:
    height, width, channels = port.shape
    return {
        "kind": "image",
        "meaning": "pixels from 0 to 255 as they are: whatever scales them is in the network",
        "size": [height, width],
        "color": "grey" if channels == CHANNELS["grey"] else "rgb",
        "interpolation": interpolation,
        "range": [0, 255],
        "jpeg": {"shares": list(JPEG_SHARES), "to_at_least": REDUCED_TO},
    }


def _read_as(activation: str | None, is_probability: bool, units: int | None) -> str:
    """The function that an output's values went through, as an app reads them; of some the loss alone tells."""
    if activation is None:
        return "linear" if not is_probability else "sigmoid" if units == 1 else "softmax"
    if activation not in PROBABILITIES:
        return activation
    return "softmax" if activation in OVER_CHANNELS and activation != "sparse_sigmoid" else "sigmoid"


def _output(port: Port, trained: Trained) -> dict[str, Any]:
    dataset = trained.dataset
    scaling, names = dataset.assets.scaling, trained.binding.outputs
    target = names.get(port.name) or next(iter(names.values()))
    classes = dataset.assets.classes_of(target)
    if classes != dataset.classes or (len(dataset.targets) > 1 and not is_labels(dataset.targets[target])):
        classes = None  # the labels are those of another target
    name = port.name if port.name in names else next(iter(names))
    if classes and port.shape and (port.shape[-1] == len(classes) or (port.shape[-1] == 1 and len(classes) == 2)):
        binary = port.shape[-1] == 1
        steps = {1: "", 2: "of each step "}.get(len(port.shape), "of each place ")
        kind = "classes" if not steps else "map" if len(port.shape) == 3 else "places"
        return {
            "kind": "tags" if dataset.task == "tagging" else kind,
            "meaning": steps
            + ("a value for the second class" if binary else "a value for each class; the largest is the answer"),
            "labels": LABELS,
            "activation": _read_as(
                last_activation(trained.model, name), name in trained.by_probability, port.shape[-1]
            ),
        }
    how = "value * factor + offset"
    entries = dataset.assets.target(target).get("entries", {})  # of a column of a table, which has its own scale
    if entries and all("factor" in entry for entry in entries.values()):
        return {"kind": "numbers", "meaning": f"{how} of each column in order", "columns": _named(entries)}
    if scaling is not None and scaling.get("targets"):
        if scaling.get(GROUPS):
            return _by_group("targets", how, scaling)
        columns = _named(scaling["targets"])
        return {"kind": "numbers", "meaning": f"{how} of each column in order", "columns": columns}
    return {"kind": "array", "meaning": "as the network computes it"}
