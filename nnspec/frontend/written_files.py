"""Files that a spec has written by callbacks: each lies in the run folder, and is none of the run's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from string import Formatter

from nnspec.catalog.callbacks import acts
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

# Arguments of Keras's callbacks that are files which they write.
ARGUMENTS = ("filepath", "filename")
# What a run is made of and resumed by; best.keras and last.keras are models, and so may be what a callback saves.
OF_RUNS = {"spec.yaml", "record.json", "inputs.json", "learned.json", "metrics.jsonl", "results.json", ".lock"}
OF_RUNS |= {"checkpoints", "logs", "assets", "workers", "export", "inside", "data.json", "exported.json", "report.html"}
# A metric as Keras logs it; `epoch.__class__` is none.
NAME = re.compile(r"[^\d.\[\]][^.\[\]]*")
# Of `{epoch:03d}` or `{val_loss:.2f}`. Anything else, such as a fill or a width of millions, can be another path.
NUMBER = re.compile(r"0?\d{0,2}(\.\d{1,2})?[deEfFgGn%]?")


def check_written_files(spec: Spec) -> Iterator[Diagnostic]:
    """E0714 for each file of a callback that would not be a file of its own inside the run folder."""
    for index, callback in enumerate(spec.training.callbacks):
        if not isinstance(callback, KindValue):
            continue
        for name in ARGUMENTS:
            given = callback.args.get(name)
            why = why_not(given, formatted=name == "filepath") if isinstance(given, str) else None
            place = spec.place("train", "callbacks", index, callback.kind, name)
            if why is not None:
                message = f"{callback.kind} cannot write `{given}`: {why}"
                yield Diagnostic("E0714", message, place, hint="give a name, such as `epochs.csv`; it lies in the run")
            elif isinstance(given, str):
                yield from _wrong_ending(callback, given, place)


def _wrong_ending(callback: KindValue, given: str, place: Span | None) -> Iterator[Diagnostic]:
    """E0714 for a name that does not end as Keras wants it for what is saved."""
    alone = bool(callback.args.get("save_weights_only"))
    endings = acts(callback).endings.get(alone, ())
    if not endings or given.endswith(endings):
        return
    what = "weights alone" if alone else "a model"
    message = f"{callback.kind} cannot write `{given}`: the name of a file for {what} ends in {' or '.join(endings)}"
    yield Diagnostic("E0714", message, place, hint=f"such as `{given.split('.')[0]}{endings[0]}`")


def why_not(path: str, formatted: bool) -> str | None:
    """Why a callback cannot write a file of this name into a run folder; None where it can."""
    if formatted and (why := _wrong_braces(path)):
        return why
    parts = PureWindowsPath(path).parts  # `/` and `\\` part it, `C:` is a drive: a spec is the same on every system
    if not parts or PureWindowsPath(path).drive or PureWindowsPath(path).root or PurePosixPath(path).is_absolute():
        return "the path does not start from the run folder"
    if ".." in parts or parts[0].startswith("~") or "\0" in path:
        return "the path leads out of the run folder"
    return f"a run has `{parts[0]}` for its own" if parts[0].lower() in OF_RUNS else None


def fields_of(path: str) -> list[str]:
    """The quantities in the braces of a name; none where they are not in order."""
    if _wrong_braces(path):
        return []
    return [name for _, name, _, _ in Formatter().parse(path) if name]


def _wrong_braces(path: str) -> str | None:
    try:
        fields = list(Formatter().parse(path))
    except ValueError as error:
        return f"its braces are not in order: {error}"
    for _, name, form, conversion in fields:
        if name is not None and (conversion or not NAME.fullmatch(name) or not NUMBER.fullmatch(form or "")):
            return "in braces it takes `epoch` or a metric, and digits after a colon: `{epoch:03d}`, `{val_loss:.2f}`"
    return None
