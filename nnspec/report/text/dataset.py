"""What `nnspec data` shows: the report of a data set for people, and one batch of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nnspec.console.formatting import count, file_size
from nnspec.console.tables import Column, numbers, shortened, table
from nnspec.data.formats.times import shown
from nnspec.data.report import text_of
from nnspec.data.table import sizes

if TYPE_CHECKING:
    from nnspec.data.dataset import Dataset

MOST_LABELS = 40  # more rows of the label table than this are summed up
MOST_TEXTS = 5


def first_batch(dataset: Dataset, batch_size: int) -> dict[str, Any]:
    """The first batch of training, epoch 0, as it is before augmentation: each tensor's shape, dtype and range.

    Returns:
        Keys: `tensors` (by name) and `examples`, what a person would know the first few by.
    """
    import numpy as np

    split = dataset.splits["train"]
    plan = split.plan(batch_size, 0)
    rows = plan.order[: plan.starts[1]]
    columns = {**split.table.features, **split.table.targets}
    tensors = {}
    for name, column in columns.items():
        values = column.take(rows)
        stored = values.dtype.name
        tensors[name] = {
            "shape": list(values.shape),
            "dtype": stored if stored == "object" else column.spec.dtype,
            **({"min": values.min().item(), "max": values.max().item()} if values.dtype.kind in "iufb" else {}),
        }
    places = np.flatnonzero(np.isin(split.indices, rows[:MOST_TEXTS])).tolist()
    return {"tensors": tensors, "examples": split.example_texts(places)}


def data_text(report: Mapping[str, Any], batch: Mapping[str, Any], width: int) -> str:
    """The report, section by section; a section without content is left out."""
    sections = (
        _overview(report),
        _parts(report, width),
        _cells(report, width),
        *_labels(report, width),
        _batch(batch, width),
        _trouble(report),
    )
    return "\n\n".join(section for section in sections if section)


def _overview(report: Mapping[str, Any]) -> str:
    files = report["files"]
    lines = [
        f"task        {report['task']}",
        f"features    {_specs(report['features'])}",
        f"targets     {_specs(report['targets'])}",
    ]
    if report["classes"] is not None:
        lines.append(f"classes     {len(report['classes'])}: {', '.join(report['classes'][:12])}")
        lines[-1] += ", …" if len(report["classes"]) > 12 else ""
    if report["vocabulary_size"] is not None:
        lines.append(f"vocabulary  {count(report['vocabulary_size'])} tokens")
    if report.get("vectors") is not None:
        lines[-1] += f", {count(report['vectors'])} of them with a vector"
    lines.append(f"files       {count(files['files'])}, {file_size(files['bytes'])}, SHA-256 {files['sha256'][:16]}…")
    return "\n".join(lines)


def _specs(specs: Mapping[str, Mapping[str, Any]]) -> str:
    found = []
    for name, spec in specs.items():
        taken = f", which the network takes as {spec['taken_as']}" if "taken_as" in spec else ""
        found.append(f"{name} {spec['dtype']} {sizes(spec['shape'])}{taken}")
    return ", ".join(found)


def _parts(report: Mapping[str, Any], width: int) -> str:
    """Examples by part, with lengths, unknown tokens and the like where the source tells them."""
    rows = []
    for name, part in report["splits"].items():
        remarks = [
            f"{feature}: {found['min']} to {found['max']} steps, median {found['median']}, 95 % up to {found['p95']}"
            for feature, found in part.get("lengths", {}).items()
        ]
        if "groups" in part:
            remarks.append(f"windows of {count(part['groups'])} groups")
        if "weights" in part:
            remarks.append("weights {min:.4g} to {max:.4g}, mean {mean:.4g}".format(**part["weights"]))
        if "padding" in part:
            remarks.append(f"{100 * part['padding']:.1f} % of the steps of its batches are padding")
        if "unknown_tokens" in part:
            remarks.append(f"{100 * part['unknown_tokens']:.1f} % unknown tokens")
        if "with_vectors" in part:
            remarks.append(f"{100 * part['with_vectors']:.1f} % of the tokens have a vector")
        if (part.get("known") or {}).get("sentences"):
            remarks.append(f"{part['known']['sentences']:,} of them in train too, first {part['known']['first']}")
        if "converted_to" in part:
            remarks.append(f"tags converted from {part['scheme']} to {part['converted_to']}")
        remarks += [f"{number:,} {kind}" for kind, number in part.get("entities", {}).items()]
        if part.get("illegal_tags"):
            first = part["illegal_examples"][0]
            remarks.append(
                f"{part['illegal_tags']:,} tags break {part['scheme']}, first {first['file']}:{first['line']}"
            )
        remarks += [
            f"{column}: " + ", ".join(f"{number:,} {what}" for what, number in found.items())
            for column, found in part.get("columns", {}).items()
        ]
        rows += _wrapped(name, count(part["examples"]), remarks)
    columns = [Column("part"), *numbers("examples")]
    if not any(remark for *_, remark in rows):
        return table(columns, [row[:2] for row in rows], width)
    return table([*columns, Column("remarks", yields=True, wraps=True)], rows, width)


def _wrapped(name: str, examples: str, remarks: list[str]) -> list[tuple[str, str, str]]:
    first, *more = remarks or [""]
    return [(name, examples, first), *(("", "", remark) for remark in more)]


def _cells(report: Mapping[str, Any], width: int) -> str:
    """The columns of a table: how each is read, and what it holds."""
    cells = report.get("columns")
    if not cells:
        return ""
    rows = [
        (
            column["name"],
            column["type"],
            column["use"] or "",
            count(column["missing"]),
            count(column["distinct"]),
            _range(column) if "min" in column else ", ".join(column["examples"]),
        )
        for column in cells
    ]
    columns = [
        Column("column", yields=True, wraps=True),
        Column("type", yields=True, wraps=True),
        Column("use", yields=True, wraps=True),
        *numbers("missing", "distinct"),
        Column("range or examples", yields=True, wraps=True),
    ]
    return table(columns, rows, width)


def _range(column: Mapping[str, Any]) -> str:
    low, high = (
        shown(column[end]) if column["type"].startswith("time") else f"{column[end]:.6g}" for end in ("min", "max")
    )
    return f"{low} to {high}"


def _labels(report: Mapping[str, Any], width: int) -> Iterable[str]:
    """A table for each target: how often each label stands in each part."""
    parts = report["splits"]
    targets = dict.fromkeys(target for part in parts.values() for target in part.get("labels", {}))
    for target in targets:
        labels = list(next(part["labels"][target] for part in parts.values() if target in part.get("labels", {})))
        counts = {name: part["labels"][target] for name, part in parts.items() if target in part.get("labels", {})}
        rows = [(label, *(count(numbers[label]) for numbers in counts.values())) for label in labels[:MOST_LABELS]]
        if rest := labels[MOST_LABELS:]:
            sums = (count(sum(numbers[label] for label in rest)) for numbers in counts.values())
            rows.append((f"{len(rest):,} more", *sums))
        columns = [Column(target, yields=True), *numbers(*counts)]
        yield table(columns, rows, width)


def _batch(batch: Mapping[str, Any], width: int) -> str:
    rows = [
        (
            name,
            f"{tensor['dtype']} {sizes(tensor['shape'])}",
            f"{tensor['min']:.6g} to {tensor['max']:.6g}" if "min" in tensor else "",
        )
        for name, tensor in batch["tensors"].items()
    ]
    lines = [table([Column("first batch", yields=True), Column("tensor"), Column("values")], rows, width)]
    if batch["examples"]:
        lines += ["its first examples:", *(shortened(f"  {text}", width) for text in batch["examples"])]
    return "\n".join(lines)


def _trouble(report: Mapping[str, Any]) -> str:
    lines = [f"warning[{warning['code']}]: {text_of(warning)}" for warning in report["warnings"]]
    if (unlisted := report["warning_count"] - len(report["warnings"])) > 0:
        lines.append(f"warning: {unlisted:,} more")
    if report["silenced"]:
        lines.append("silenced: " + ", ".join(f"{code} ({number:,})" for code, number in report["silenced"].items()))
    for text in map(text_of, report["problems"]):
        lines.append(f"{'note' if 'left out' in text else 'left out'}: {text}")
    if (unlisted := report["problem_count"] - len(report["problems"])) > 0:
        lines.append(f"left out: {unlisted:,} more")
    return "\n".join(lines)
