"""The page of a data set: what its parts, classes and columns hold, and examples to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nnspec.data.formats.thumbnails import coloured, is_image, over, png, sounds, spectrogram
from nnspec.data.report import text_of, warning_text
from nnspec.data.split import TRAIN
from nnspec.data.table import sizes
from nnspec.report.pages.html import report_page

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.dataset import Dataset

SHOWN = 36  # examples
CLASSES, EACH = 12, 3  # of so many classes so many examples
LONGEST = 400  # characters of a text


def page(name: str, dataset: Dataset, report: Mapping[str, Any]) -> str:
    """
    Args:
        name: of the spec. report: what `report_of` tells of the data set.
    """
    return report_page(f"{name}: data", ("data.js",), contents(name, dataset, report))


def contents(name: str, dataset: Dataset, report: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the page shows, as plain values."""
    specs = {**report["features"], **report["targets"]}
    return {
        "name": name,
        "tiles": [
            *((f"{part} examples", split["examples"]) for part, split in report["splits"].items()),
            *([("classes", len(report["classes"]))] if report["classes"] else []),
            *((key, f"{spec['dtype']} {sizes(spec['shape'])}") for key, spec in specs.items()),
        ],
        "warnings": [*map(warning_text, report["warnings"]), *map(text_of, report["problems"])],
        "labels": _labels(report["splits"]),
        "columns": report["columns"] or [],
        "examples": list(examples(dataset)),
    }


def _labels(splits: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By target and part how often each label stands there."""
    found: dict[str, dict[str, Any]] = {}
    for part, split in splits.items():
        for target, counts in split.get("labels", {}).items():
            found.setdefault(target, {})[part] = list(counts.items())
    return found


def examples(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Training examples: ``text``, ``label`` and ``pictures``, [what it is, a `data:` address]."""
    split = dataset.splits[TRAIN]
    places = chosen(dataset)
    rows, texts = split.indices[places], split.example_texts(places)
    features = {name: column.take(rows) for name, column in split.table.features.items()}
    targets = {name: column.take(rows) for name, column in split.table.targets.items()}
    for number, text in enumerate(texts):
        mine = {name: values[number] for name, values in features.items()}
        goals = {name: values[number] for name, values in targets.items()}
        pictures = [list(pair) for pair in _pictures(dataset, mine, goals)]
        if not pictures:
            text = ", ".join([text, *(_label(dataset, name, value) for name, value in mine.items() if _is_one(value))])
        yield {
            "text": text[:LONGEST],
            "label": ", ".join(text for name, value in goals.items() if (text := _labels_of(dataset, name, value))),
            "pictures": pictures,
        }


def chosen(dataset: Dataset) -> list[int]:
    """Places in the training part: some of each of the first classes, else evenly apart."""
    import numpy as np

    split = dataset.splits[TRAIN]
    for column in split.table.targets.values():
        if column.spec.dtype == "int32" and not column.spec.shape:
            labels = column.take(split.indices)
            places = [np.flatnonzero(labels == one)[:EACH] for one in np.unique(labels)[:CLASSES]]
            return [int(place) for group in places for place in group]
    return [int(place) for place in np.linspace(0, split.size - 1, min(SHOWN, split.size))]


def _is_one(value: Any) -> bool:
    return value.size == 1 and value.dtype.kind in "fiub"


def _labels_of(dataset: Dataset, name: str, value: Any) -> str:
    """What an example is: its label, or those that it has of several."""
    if value.size == 1:
        return _label(dataset, name, value)
    if dataset.assets.target(name).get("type") != "labels":
        return ""
    known = dataset.assets.classes_of(name) or ()
    return ", ".join(label for label, has in zip(known, value, strict=False) if has > 0) or "no label"


def _label(dataset: Dataset, name: str, value: Any) -> str:
    value, known = value.reshape(()), dataset.assets.classes_of(name)
    if known and value.dtype.kind in "iu" and 0 <= value < len(known):
        return known[int(value)]
    return f"{name} {value.item():.5g}" if value.dtype.kind == "f" else f"{name} {value.item()}"


def _pictures(
    dataset: Dataset, features: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, str]]:
    """Images as they are, sounds as spectrograms, masks in colours and over their image."""
    image = None
    for name, value in features.items():
        if is_image(value.shape):
            image = value if image is None else image
            yield name, png(value, (0.0, 255.0) if value.max() > 1 else None)
        elif dataset.assets.sample_rate and sounds(value):
            yield name, spectrogram(value)
    for name, value in targets.items():
        classes = len(dataset.assets.classes_of(name) or ())
        if value.ndim == 2 and classes:
            yield name, coloured(value, classes)
            if image is not None:
                yield f"{name} over the image", over(image, value, value, classes)
        elif is_image(value.shape):
            yield name, png(value)
