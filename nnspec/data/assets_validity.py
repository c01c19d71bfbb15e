"""What `scaling.json` and `extra.json` of a run hold, as a schema: they may be of anybody's folder."""

from __future__ import annotations

from typing import Any

from nnspec.data.formats.sound_heads import HIGHEST_RATE, LOWEST_RATE, MOST_SAMPLES
from nnspec.schema_validity import fits

TEXT, NUMBER, TEXTS = {"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}
SIZES = {"type": "array", "items": {"type": "integer", "minimum": 0}}
SCALE = {"offset": NUMBER, "factor": NUMBER, "fill": NUMBER}
CATEGORY = {"values": TEXTS, "encode": TEXT, "missing": {"type": ["string", "null"]}}
COLUMN = {
    "type": "object",
    "properties": {**SCALE, **CATEGORY},
    "additionalProperties": False,
    "anyOf": [{"required": ["values"]}, {"not": {"required": ["encode"]}}],
}
COLUMNS = {"type": "object", "additionalProperties": COLUMN}
CELL = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("type", "decimal", "thousands", "unit"), TEXT),
        "time_format": {"type": ["string", "null"]},
        "missing_values": {"anyOf": [TEXTS, {"type": "null"}]},
    },
    "additionalProperties": False,
}
IMAGE = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 1 << 16}, "minItems": 2, "maxItems": 2}
SOUND = {
    "sample_rate": {"type": "integer", "minimum": LOWEST_RATE, "maximum": HIGHEST_RATE},
    "samples": {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_SAMPLES},
}
# What a column, or several, of a table were in training, by their type; each also has the names of its columns.
FIELDS: dict[str, dict[str, Any]] = {
    "numbers": {"entries": COLUMNS},
    "category": {"classes": TEXTS},
    "labels": {"classes": TEXTS, "separator": {"type": ["string", "null"]}},
    "text": {},
    "text_file": {},
    "list": {"shape": SIZES},
    "image": {"size": IMAGE},
    "mask": {"size": IMAGE, "classes": TEXTS},
    "array": {"dtype": {"type": "string", "pattern": r"^[<>|=]?[biuf]\d{1,2}\Z|^[a-z]+\d*\Z"}, "shape": SIZES},
    "points": {"size": {"anyOf": [IMAGE, {"type": "null"}]}},
    "audio": SOUND,
}
NAMES = {**TEXTS, "minItems": 1}
FIELD = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"type": {"enum": [kind]}, "columns": NAMES, **more},
            "required": ["type", "columns", *more],
        }
        for kind, more in FIELDS.items()
    ]
}
BY_PART: dict[str, Any] = {"features": COLUMNS, "targets": COLUMNS, "known": COLUMNS}
OF_GROUP = {"type": "object", "properties": BY_PART, "required": ["features", "targets"]}
SCALING = {"type": "object", "properties": {**BY_PART, "groups": {"type": "object", "additionalProperties": OF_GROUP}}}
EXTRA = {
    "type": "object",
    "properties": {
        "cells": {"type": "object", "additionalProperties": CELL},
        "image_size": IMAGE,
        **{key: {"type": "object", "additionalProperties": FIELD} for key in ("inputs", "targets")},
        "shapes": {"type": "object", "additionalProperties": SIZES},
        "characters": {"anyOf": [TEXT, TEXTS]},
        **SOUND,
        "steps": {"type": ["integer", "null"]},
    },
}


def require_valid(scaling: Any, extra: Any) -> None:
    """Raises ValueError where one is not as nnspec writes it."""
    for name, value, schema in (("scaling.json", scaling, SCALING), ("extra.json", extra, EXTRA)):
        if value is not None and not fits(value, schema, {}):
            raise ValueError(f"{name} is not what nnspec writes")
    inputs = (extra or {}).get("inputs", {})
    if any(
        not {*found["columns"], *found.get("entries", ())} <= extra.get("cells", {}).keys() for found in inputs.values()
    ):
        raise ValueError("extra.json has inputs of columns that it does not say how to read")
