"""Layers from installed packages: which there are, found by their entry points and without importing them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from nnspec.frontend.diagnostics import Diagnostic, Span, SpecError
from nnspec.frontend.source import Node
from nnspec.layers import LayerKind

GROUP = "nnspec.layers"
RECORDS = "nnspec.layer_kinds"


def find_plugins(tree: Node, modules: Sequence[str]) -> dict[str, str]:
    """The layer kinds that a spec may use beyond Keras's: kind -> ``module:attribute``.

    Packages stand under ``requires:`` and offer their layers as entry points of the group ``nnspec.layers``;
    modules come from ``--plugin`` on the command line, and are imported: naming them there is the consent.

    Raises:
        SpecError: a package that is not installed or offers no layer, a module that cannot be imported.
    """
    found: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for node in _packages(tree):
        kinds = _offered(str(node.value))
        if not kinds:
            hint = f"install it: pip install {node.value}"
            problems.append(
                Diagnostic(
                    "E0305",
                    f"no installed package `{node.value}` offers layers to nnspec",
                    node.span,
                    hint=hint,
                )
            )
        found.update(kinds)
    for module in modules:
        try:
            found.update(_defined(module))
        except Exception as error:  # whatever a module does while it is imported
            message = f"the plugin `{module}` cannot be imported: {type(error).__name__}: {error}"
            problems.append(Diagnostic("E0306", message, hint="--plugin takes the name of an importable module"))
    if problems:
        raise SpecError(problems)
    return found


def find_records(
    tree: Node, plugins: Mapping[str, str], trusted: bool, warnings: list[Diagnostic]
) -> dict[str, LayerKind]:
    """What plugins tell of their kinds, so that `check` knows of them what it knows of Keras's.

    A package offers a ``LayerKind`` for a kind as an entry point of the group ``nnspec.layer_kinds``, in a module that
    does not import Keras; the class that a ``--plugin`` brings may have one as its attribute ``nnspec_kind``.

    Args:
        trusted: whether what a spec requires may run, as it does where the network is built. If not, W0305 tells of a
            package that offers records: the spec may be anybody's, and it chooses the package.
        warnings: gets those remarks.

    Raises:
        SpecError: E0306, a record that cannot be imported, or that is none.
    """
    found: dict[str, LayerKind] = {}
    for node in _packages(tree):
        offered = _offered(str(node.value), RECORDS)
        if offered and not trusted:
            warnings.append(_not_run(str(node.value), list(offered), node.span))
        elif trusted:
            found |= {kind: _record(kind, place, node.span) for kind, place in offered.items()}
    for kind, place in plugins.items():
        module, _, name = place.partition(":")
        record = getattr(getattr(sys.modules.get(module), name, None), "nnspec_kind", None)
        if isinstance(record, LayerKind):
            found.setdefault(kind, record)
    return found


def _not_run(package: str, kinds: list[str], span: Span) -> Diagnostic:
    message = f"what `{package}` says of {', '.join(kinds)} is code, and was not run: the shape after it is unknown"
    return Diagnostic("W0305", message, span, "warning", "where you trust the package: --trust")


def _record(kind: str, place: str, span: Span) -> LayerKind:
    module, _, name = place.partition(":")
    try:
        record = getattr(import_module(module), name)
    except Exception as error:  # whatever a module does while it is imported
        message = f"the record of `{kind}`, {place}, cannot be imported: {type(error).__name__}: {error}"
        raise SpecError([Diagnostic("E0306", message, span)]) from error
    if not isinstance(record, LayerKind):
        message = f"the record of `{kind}`, {place}, is a {type(record).__name__} and no LayerKind"
        raise SpecError([Diagnostic("E0306", message, span)])
    return record


def _packages(tree: Node) -> tuple[Node, ...]:
    requires = tree.get("requires")
    if requires is None or not requires.value:
        return ()
    return tuple(requires.value) if requires.is_list else (requires,)


def _offered(package: str, group: str = GROUP) -> dict[str, str]:
    from importlib.metadata import entry_points

    wanted = _normal(package)
    return {
        entry.name: entry.value
        for entry in entry_points(group=group)
        if entry.dist is not None and _normal(entry.dist.name) == wanted
    }


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _defined(module: str) -> dict[str, str]:
    """The public Keras layers that a module defines."""
    loaded = import_module(module)
    import keras

    return {
        name: f"{module}:{name}"
        for name, value in vars(loaded).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer) and value.__module__ == loaded.__name__
    }
