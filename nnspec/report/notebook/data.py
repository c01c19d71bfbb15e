"""An open data set as a card: how many examples, which labels, what is wrong, and some of the examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nnspec.console.formatting import count, file_size
from nnspec.data.errors import DataError
from nnspec.data.formats.thumbnails import is_image, png
from nnspec.data.report import report_of, text_of, warning_text
from nnspec.data.table import sizes
from nnspec.report.notebook.markup import Content, Html, card, element, grid, picture, tiles

if TYPE_CHECKING:
    from nnspec.data.dataset import Dataset
    from nnspec.data.pipeline import Split

SHOWN = 8  # examples
MOST_LABELS = 40
MOST_PROBLEMS = 10


def data_card(dataset: Dataset) -> Html:
    """What `nnspec data` tells, and examples of the training part; pictures where they are images."""
    report = report_of(dataset)
    contents: list[Content] = [
        element("h4", f"data for {report['task']}"),
        tiles(_numbers(report)),
        _shapes(report),
        *_labels(report),
        _columns(report),
        *_examples(dataset),
        *_trouble(report),
    ]
    return card(*contents)


def _numbers(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, found in report["splits"].items():
        yield f"{part} examples", count(found["examples"])
    if report["classes"]:
        yield "classes", count(len(report["classes"]))
    if report["vocabulary_size"]:
        yield "tokens in the vocabulary", count(report["vocabulary_size"])
    files = report["files"]
    yield "file" if files["files"] == 1 else "files", f"{count(files['files'])}, {file_size(files['bytes'])}"


def _shapes(report: Mapping[str, Any]) -> Html:
    rows = [
        (name, use, sizes(spec["shape"])[1:-1], spec["dtype"])
        for use, group in (("input", "features"), ("target", "targets"))
        for name, spec in report[group].items()
    ]
    return grid(("name", "use", "shape", "type"), rows)


def _labels(report: Mapping[str, Any]) -> Iterator[Content]:
    """How often each label occurs in each part."""
    parts = [part for part, found in report["splits"].items() if found.get("labels")]
    targets = {target: None for part in parts for target in report["splits"][part]["labels"]}
    for target in targets:
        counts = [report["splits"][part]["labels"].get(target, {}) for part in parts]
        names = dict.fromkeys(name for one in counts for name in one)
        rows = [(name, *(count(one.get(name, 0)) for one in counts)) for name in names]
        summary = element("summary", f"labels of {target}: {len(rows):,}")
        table = grid((target, *parts), rows[:MOST_LABELS], right=range(1, len(parts) + 1))
        more = element("p", f"and {len(rows) - MOST_LABELS:,} more labels") if len(rows) > MOST_LABELS else None
        yield element("details", summary, table, more)


def _columns(report: Mapping[str, Any]) -> Content:
    columns = report["columns"]
    if not columns:
        return None
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [[_cell(column.get(name)) for name in names] for column in columns]
    return element("details", element("summary", f"{len(rows):,} columns"), grid(names, rows))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _examples(dataset: Dataset) -> Iterator[Content]:
    """The first examples of training, spread over the part, so that sorted data show several labels."""
    split = dataset.splits["train"]
    places = sorted({number * split.size // SHOWN for number in range(min(SHOWN, split.size))})
    texts = split.example_texts(places)
    labels = _labels_of(dataset, places)
    images = _pictures(split, places)
    if not texts and not any(images):
        return
    yield element("h5", f"{len(places)} of {split.size:,} training examples")
    if any(images):
        shown = zip(images, texts or [""] * len(places), labels, strict=True)
        figures = [picture(image, label or text, 96) for image, text, label in shown if image]
        yield element("div", figures, class_="nns-pictures")
    else:
        rows = [(text, label) for text, label in zip(texts, labels, strict=True)]
        lines = [f"{text}\n  {label}" if label and label not in text else text for text, label in rows]
        yield element("pre", "\n".join(lines))


def _pictures(split: Split, places: list[int]) -> list[str | None]:
    """An address for each example that is an image. One that can no longer be read leaves all out."""
    column = next((one for one in split.table.features.values() if is_image(one.spec.shape)), None)
    if column is None:
        return [None] * len(places)
    try:
        return [png(image) for image in column.take(split.indices[places])]
    except DataError:
        return [None] * len(places)


def _labels_of(dataset: Dataset, places: list[int]) -> list[str]:
    """The label of each example where it has one, and the data have one target."""
    split, classes = dataset.splits["train"], dataset.classes
    if dataset.task != "classification" or not classes or len(split.targets) != 1:
        return [""] * len(places)
    (column,) = split.table.targets.values()
    numbers = column.take(split.indices[places])
    if numbers.ndim > 1 or numbers.dtype.kind not in "iu":
        return [""] * len(places)
    return [classes[number] if 0 <= number < len(classes) else str(number) for number in numbers.tolist()]


def _trouble(report: Mapping[str, Any]) -> Iterator[Content]:
    for warning in report["warnings"]:
        yield element("p", warning_text(warning), class_="nns-found nns-warning")
    shown = report["problems"][:MOST_PROBLEMS]
    for problem in shown:
        yield element("p", text_of(problem), class_="nns-found nns-warning")
    if report["problem_count"] > len(shown):
        yield element("p", f"and {report['problem_count'] - len(shown):,} more", class_="nns-dim")
