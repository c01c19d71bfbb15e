"""``train.phases``: a training in parts, each with its own epochs, optimizer and layers that learn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Spec
from nnspec.frontend.suggest import did_you_mean


def matched(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns names a layer, or a group that it stands in: ``stage5`` is all of ``stage5/...``."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}/*") for pattern in patterns)


def check_phases(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each pattern that names no layer, and for epochs that are given twice."""
    train = spec.train or {}
    given = spec.node.get("train", "epochs")
    if train.get("phases") and given is not None and given.value is not None:
        message = "`epochs` is the sum of those of the phases, and cannot be given beside them"
        yield Diagnostic("E0703", message, spec.place("train", "epochs"), hint="leave it out")
    names = [layer.name for layer in spec.graph.layers]
    for path, patterns in _patterns(spec):
        for pattern in patterns:
            if not any(matched([pattern], name) for name in names):
                message = f"no layer is called `{pattern}`"
                yield Diagnostic("E0703", message, spec.place(*path), hint=did_you_mean(pattern, names))


def _patterns(spec: Spec) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    train = spec.train or {}
    yield ("train", "trainable"), train.get("trainable") or []
    for number, phase in enumerate(train.get("phases") or []):
        yield ("train", "phases", number, "trainable"), phase.get("trainable") or []
