"""A figure of matplotlib's, the same on every machine and in every folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnspec.console.atomic_files import replacing


def figure(width: float, height: float) -> Any:
    """An empty figure, in inches.

    What a `matplotlibrc` says is not followed: matplotlib reads one from the working folder too, where a stranger's may
    have LaTeX started. Nor are dollar signs in names taken for formulas.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib

    matplotlib.rcdefaults()
    matplotlib.use("Agg")
    matplotlib.rcParams["text.parse_math"] = False
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def saved(drawn: Any, path: Path) -> Path:
    """The file of a figure, in the format that its name says, or PNG."""
    with replacing(path) as scratch:
        drawn.savefig(scratch, format=path.suffix[1:] or "png", dpi=150)
    return path
