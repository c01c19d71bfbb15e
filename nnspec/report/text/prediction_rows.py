"""Predictions as rows of a table: for a terminal, and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.console.formatting import metric
from nnspec.report.text import tagged

Row = dict[str, str | float]


def rows_of(predictions: Sequence[Mapping[str, Any]], top: int) -> list[Row]:
    """A row for each prediction: its input, and its answer in as many columns as it has parts.

    Args:
        top: how many labels are given, the likeliest first.
    """
    types = tagged.types_of(predictions)
    return [
        {
            "input": _shown(one["input"]),
            **({"group": one["group"]} if "group" in one else {}),
            **_answers(one, top, types),
        }
        for one in predictions
    ]


def as_csv(rows: Sequence[Row]) -> str:
    """CSV with a header; numbers in full, a formula of a spreadsheet is not one (a text is led by a quotation mark)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns_of(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _safe(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def as_table(rows: Sequence[Row], width: int) -> str:
    from nnspec.console.tables import Column, table

    names = columns_of(rows)
    numbers = {name for name in names if all(isinstance(row.get(name, 0.0), float) for row in rows)}
    columns = [Column(name, right=name in numbers, yields=name not in numbers) for name in names]
    return table(columns, [[_cell(row.get(name, "")) for name in names] for row in rows], width)


def columns_of(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def top_labels(prediction: Mapping[str, Any], top: int) -> list[tuple[str, float]]:
    """The likeliest labels with their probabilities."""
    chances = prediction.get("probabilities") or {prediction["label"]: prediction["probability"]}
    return sorted(chances.items(), key=lambda item: -item[1])[:top]


def _answers(prediction: Mapping[str, Any], top: int, types: Sequence[str]) -> Row:
    outputs = {
        name: value
        for name, value in prediction.items()
        if isinstance(value, dict) and name not in ("probabilities", "shares", "input")
    }
    if not outputs:
        return _answer(prediction, top, types)
    return {
        f"{output} {name}": value
        for output, answer in outputs.items()
        for name, value in _answer(answer, top, types).items()
    }


def _answer(prediction: Mapping[str, Any], top: int, types: Sequence[str]) -> Row:
    if "label" in prediction:
        row: Row = {}
        for number, (label, chance) in enumerate(top_labels(prediction, top), 1):
            mark = "" if number == 1 else f" {number}"
            row |= {f"label{mark}": label, f"probability{mark}": float(chance)}
        return row
    if "tags" in prediction:
        return {"tags": tagged.sentence(prediction, types)}
    if "shares" in prediction:
        return {name: float(share) for name, share in prediction["shares"].items()}
    if "text" in prediction:
        return {"text": str(prediction["text"])}
    if "labels" in prediction:
        return {"labels": ", ".join(map(str, prediction["labels"]))}
    values = prediction["values"]
    flat = values if isinstance(values, list) else [values]
    if all(isinstance(value, int | float) for value in flat):
        names = ["value"] if len(flat) == 1 else [f"value {number}" for number in range(1, len(flat) + 1)]
        return dict(zip(names, map(float, flat), strict=True))
    return {"values": json.dumps(values)}


def _shown(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else metric(value)


def _safe(value: str | float) -> str | float:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
