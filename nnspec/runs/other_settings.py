"""What the data section of a spec says otherwise than when a run was trained: its numbers then mean other things.

Imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from nnspec.data.sources import SOURCES
from nnspec.frontend.differences import ABSENT, differences
from nnspec.frontend.spec import Spec
from nnspec.runs.record import decisive, spec_sha256, stored
from nnspec.runs.run_folder import RunFolder

READ_OTHERWISE = "examples are read otherwise than those that the run learned from"
# Of training alone, or of what is told.
_BESIDE = {"batch_size", "bucket_by_length", "tokens_per_batch", "shuffle", "augment", "moves", "silence"}
_SHOWN = 3  # settings told before the rest is counted
_LONG = 40  # letters of a value


def read_otherwise(spec: Spec, folder: RunFolder, *, parts: bool = False) -> str | None:
    """The settings of `data` that differ from those of a run's training; None where there are none.

    Other files are other data, which a run may be asked about: where they lie is no difference.

    Args:
        parts: whether it matters which examples are in which part; else how they are read alone.
    """
    if folder.read_record().get("spec_sha256") == spec_sha256(spec):
        return None
    found = list(_differing(stored(folder).get("data"), decisive(spec).get("data"), parts))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{', '.join(found[:_SHOWN])}{more}" if found else None


def _differing(before: Any, now: Any, parts: bool) -> Iterator[str]:
    if not isinstance(before, Mapping) or not isinstance(now, Mapping):
        return
    for path, (one, other) in differences(before, now, "data"):
        _, section, *within = path.split(".")
        if section in _BESIDE or (section in ("split", "seed") and not parts):
            continue
        if section == "split" and not any(isinstance(value, int | float) for value in (one, other)):
            continue
        if section == "source" and len(within) > 1 and _is_place(within[0], within[1]):
            continue
        yield f"{path} was {_text(one)}, now {_text(other)}"


def _is_place(kind: str, argument: str) -> bool:
    """Whether an argument of a source says where its files are."""
    return kind in SOURCES and any(
        one.name == argument and bool(one.metadata.get("path"))
        for one in fields(SOURCES[kind])  # type: ignore[arg-type]
    )


def _text(value: Any) -> str:
    if value == ABSENT:
        return ABSENT
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."
