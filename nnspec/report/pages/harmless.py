"""What watches a run cannot hurt it: a page or a report that fails is one line for people, and the work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.console.progress import Reporter


@contextmanager
def harmless(what: str, reporter: Reporter) -> Iterator[None]:
    """Within it, any exception but an interruption ends in a warning that names its reason.

    Args:
        what: what is being made, as the warning calls it.
    """
    try:
        yield
    except Exception as error:
        reporter.say(f"warning: {what} cannot be made: {reason(error)}")


def reason(error: Exception) -> str:
    """An error in one line. One that nnspec did not expect has the name of its class."""
    if isinstance(error, OSError):
        where = f"`{error.filename}`: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
