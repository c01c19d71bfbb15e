"""Layers from installed packages: which there are, found by their entry points and without importing them."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.source import Node

GROUP = "nnspec.layers"


def find_plugins(tree: Node, modules: Sequence[str]) -> dict[str, str]:
    """The layer kinds that a spec may use beyond Keras's: kind -> ``module:attribute``.

    Packages stand under ``requires:`` and offer their layers as entry points of the group ``nnspec.layers``;
    modules come from ``--plugin`` on the command line, and are imported: naming them there is the consent.

    Raises:
        SpecError: a package that is not installed or offers no layer, a module that cannot be imported.
    """
    found: dict[str, str] = {}
    problems: list[Diagnostic] = []
    requires = tree.get("requires")
    for node in (
        (requires.value if requires.is_list else (requires,)) if requires is not None and requires.value else ()
    ):
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


def _offered(package: str) -> dict[str, str]:
    from importlib.metadata import entry_points

    wanted = _normal(package)
    return {
        entry.name: entry.value
        for entry in entry_points(group=GROUP)
        if entry.dist is not None and _normal(entry.dist.name) == wanted
    }


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _defined(module: str) -> dict[str, str]:
    """The public Keras layers that a module defines."""
    from importlib import import_module

    loaded = import_module(module)
    import keras

    return {
        name: f"{module}:{name}"
        for name, value in vars(loaded).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer) and value.__module__ == loaded.__name__
    }
