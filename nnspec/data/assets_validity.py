"""What `scaling.json` and `extra.json` of a run hold, as a schema: they may be of anybody's folder."""

from __future__ import annotations

from typing import Any

from nnspec.data.formats.sound_heads import HIGHEST_RATE, LOWEST_RATE
from nnspec.data.formats.sounds import MOST_SAMPLES
from nnspec.schema_validity import fits

TEXT, NUMBER, TEXTS = {"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}
SIZES = {"type": "array", "items": {"type": "integer", "minimum": 0}}
SCALE = {"offset": NUMBER, "factor": NUMBER, "fill": NUMBER}
CATEGORY = {"values": TEXTS, "encode": TEXT, "missing": {"type": ["string", "null"]}}
COLUMN = {"type": "object", "properties": {**SCALE, **CATEGORY}, "additionalProperties": False}
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
SCALING = {
    "type": "object",
    "properties": {"features": COLUMNS, "targets": COLUMNS},
}
EXTRA = {
    "type": "object",
    "properties": {
        "cells": {"type": "object", "additionalProperties": CELL},
        "image_size": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2},
        **{key: {"type": "object", "additionalProperties": {"type": "object"}} for key in ("inputs", "targets")},
        "shapes": {"type": "object", "additionalProperties": SIZES},
        "characters": {"anyOf": [TEXT, TEXTS]},
        "sample_rate": {"type": "integer", "minimum": LOWEST_RATE, "maximum": HIGHEST_RATE},
        "samples": {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_SAMPLES},
        "steps": {"type": ["integer", "null"]},
    },
}


def require_valid(scaling: Any, extra: Any) -> None:
    """Raises ValueError where one is not as nnspec writes it."""
    for name, value, schema in (("scaling.json", scaling, SCALING), ("extra.json", extra, EXTRA)):
        if value is not None and not fits(value, schema, {}):
            raise ValueError(f"{name} is not what nnspec writes")
