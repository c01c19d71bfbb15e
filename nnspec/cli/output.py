"""What goes to the terminal: one answer on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any

import click

from nnspec.console.formatting import for_terminal, visible_json
from nnspec.console.prose import told
from nnspec.interactive.view import columns
from nnspec.quick_classes import dataclass

JSON = "json"  # the context's object of a command that is to print one JSON object and no remarks
width = columns  # of the terminal, as notebooks ask for it


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: `data` for `--json`, `text` for people, and the exit code."""

    data: Mapping[str, Any]
    text: str = ""
    code: int = 0


def say(text: str, *, err: bool = False) -> None:
    """Prints a line for people, what a terminal would act on written out, but for colours.

    Colours reach terminals alone, and none where NO_COLOR is set (no-color.org).
    In a terminal sentences are broken between words.

    Raises:
        OSError: standard output cannot be written. Where standard error cannot, the work goes on in silence.
    """
    if is_terminal(err=err):
        text = told(text, width())
    try:
        click.echo(for_terminal(text), err=err, color=False if os.environ.get("NO_COLOR") else None)
    except OSError:
        if not err:
            raise
        shut(2)


def is_terminal(*, err: bool = False) -> bool:
    """Whether a person reads standard output, or standard error."""
    stream = sys.stderr if err else sys.stdout
    try:
        return stream.isatty()
    except (OSError, ValueError):  # a stream that is closed
        return False


def shut(descriptor: int) -> None:
    """Leads a standard stream that cannot be written to nowhere, so that what is left of it is not tried again."""
    stream = sys.stdout if descriptor == 1 else sys.stderr
    with suppress(OSError, ValueError):
        if stream.fileno() == descriptor:
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def open_standard_streams() -> None:
    """Opens what the shell has closed, as in `nnspec check net.yaml >&-`: the next file would get its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - for the process


def print_json(data: Mapping[str, Any]) -> None:
    click.echo(as_json(data))


def as_json(data: Any) -> str:
    """Strict JSON: what it has no number for (nan, infinity) is null; arrays are lists, paths are text.

    What a terminal would act on is escaped.
    """
    import json

    text = json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False)
    return visible_json(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if float("-inf") < value < float("inf") else None
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers, without importing it
        return _plain(value.tolist())
    return str(value)


@contextmanager
def only_stderr() -> Iterator[None]:
    """Within it, what libraries and child processes print on standard output arrives on standard error."""
    sys.stdout.flush()
    with redirect_stdout(sys.stderr):
        if not _owns_descriptor():
            yield
            return
        kept = os.dup(1)
        os.dup2(2, 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def _owns_descriptor() -> bool:
    """Whether the process's own standard output goes to descriptor 1; not so under a test's capture."""
    original = sys.__stdout__
    try:
        return original is not None and original.fileno() == 1
    except (OSError, ValueError):
        return False
