"""What installed packages bring to a spec that requires them, found by their entry points.

    nnspec.layers       kind: a `keras.layers.Layer`; it is imported when the network is built
    nnspec.layer_kinds  kind: the layer's `nnspec.layers.LayerKind`
    nnspec.losses       kind: a `keras.losses.Loss`, imported when the network is trained or evaluated
    nnspec.metrics      kind: a `keras.metrics.Metric`, likewise
    nnspec.regularizers kind: a `keras.regularizers.Regularizer`, likewise
    nnspec.sources      kind: a dataclass after `nnspec.data.protocol.Source`
    nnspec.targets      kind: a dataclass after `nnspec.catalog.targets.Target`
    nnspec.checks       name: a function from a `nnspec.frontend.spec.Spec` to diagnostics

A spec may be anybody's, and it chooses the packages: all but the layers is imported by a check that is trusted, as are
those of the commands that build the network. Another one knows the names alone, and W0305 says so.

The codes of such diagnostics (`nnspec.codes`) and commands (`nnspec.commands`) are there without a spec: see
`nnspec.frontend.codes.every_code` and `nnspec.cli.main`.

A module that `--plugin` names is imported: naming it there is the consent. It brings the layers, losses, metrics,
regularizers, sources and targets that it defines; a layer has its record as the attribute `nnspec_kind`; the module its
checks as `nnspec_checks`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from nnspec.catalog.kinds import Brought, catalog
from nnspec.console.plugin_modules import failure, import_plugin
from nnspec.frontend.diagnostics import Diagnostic, Span, SpecError
from nnspec.frontend.source import Node
from nnspec.frontend.spec import Spec
from nnspec.layers import LayerKind

MOST_PACKAGES = 20  # each is looked for in all that is installed
LAYERS, RECORDS = "nnspec.layers", "nnspec.layer_kinds"
KINDS = {"source": "nnspec.sources", "target": "nnspec.targets"}  # by category
# What Keras calls, by category: a check knows their names alone, for their classes need Keras.
CALLED = {"loss": "nnspec.losses", "metric": "nnspec.metrics", "regularizer": "nnspec.regularizers"}
BASES = {"loss": ("losses", "Loss"), "metric": ("metrics", "Metric"), "regularizer": ("regularizers", "Regularizer")}
CHECKS = "nnspec.checks"


def find_kinds(tree: Node, modules: Sequence[str], trusted: bool) -> Brought:
    """The sources, targets, losses, metrics and regularizers that a spec may use beyond nnspec's and Keras's own.

    The spec is not validated yet. Sources and targets are registered; those of a package that is not asked have no
    class, and what Keras calls has none in any case.

    Raises:
        SpecError: E0306, a class that cannot be imported, that is none, or whose name is taken.
    """
    found: list[tuple[str, str, type | None]] = []
    for node in _packages(tree):
        for category, group in KINDS.items():
            for kind, place in _offered(str(node.value), group).items():
                if catalog().has(category, kind):
                    message = f"{place}: nnspec has a {category} `{kind}` of its own"
                    raise SpecError([Diagnostic("E0306", message, node.span)])
                cls = None
                if trusted:
                    cls = _imported(f"{category} `{kind}`", place, node.span)
                    cls = _registered(category, kind, cls, place, node.span)
                found.append((category, kind, cls))
        offered = [(name, kind) for name, group in CALLED.items() for kind in _offered(str(node.value), group)]
        found += _free(offered, str(node.value), node.span)
    for module in modules:
        try:
            loaded = import_plugin(module)
        except Exception:  # whatever a module does; `find_plugins` reports it
            continue
        found += _free(_called_by(loaded), module, None)
        for kind, value in vars(loaded).items():
            own = getattr(value, "__module__", None) == loaded.__name__
            if own and (table := _category(value)) is not None:
                found.append((table, kind, _registered(table, kind, value, f"{module}:{kind}", None)))
    return tuple(dict.fromkeys(found))


def _free(kinds: Iterable[tuple[str, str]], owner: str, span: Span | None) -> Iterator[tuple[str, str, None]]:
    """Kinds that Keras is to call, by category. Raises SpecError, E0306, where a name is taken."""
    for category, kind in kinds:
        if catalog().has(category, kind):
            raise SpecError([Diagnostic("E0306", f"{owner}: Keras has a {category} `{kind}` of its own", span)])
        yield category, kind, None


def _called_by(module: Any) -> Iterator[tuple[str, str]]:
    """The same of a module that was imported: the public classes that it defines itself."""
    keras = sys.modules.get("keras")
    for category, (place, name) in BASES.items() if keras is not None else ():
        base = getattr(getattr(keras, place), name)
        for kind, value in list(vars(module).items()):
            own = isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
            if own and not kind.startswith("_"):
                yield category, kind


def is_asked(tree: Node, brought: Brought) -> bool:
    """Whether the spec's source may be asked: it is nnspec's own, or its class is known."""
    source = tree.get("data", "source")
    if source is None:
        return True
    name = next(iter(source.value), None) if source.is_mapping else source.value
    return ("source", name, None) not in brought


def find_plugins(tree: Node, modules: Sequence[str]) -> dict[str, str]:
    """The classes that a spec may use beyond Keras's, as ``module:attribute``.

    Layers by their kind; losses, metrics and regularizers by category and kind, ``loss.Contrastive``.

    Raises:
        SpecError: a package that is not installed or brings nothing, a module that cannot be imported.
    """
    found: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for node in _packages(tree):
        package = str(node.value)
        if not any(_offered(package, group) for group in (LAYERS, *KINDS.values(), *CALLED.values(), CHECKS)):
            message = f"no installed package `{package}` offers layers, losses, sources or the like to nnspec"
            problems.append(Diagnostic("E0305", message, node.span, hint=f"install it: pip install {package}"))
        found.update(_offered(package, LAYERS))
        for category, group in CALLED.items():
            found.update({f"{category}.{kind}": place for kind, place in _offered(package, group).items()})
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
    """What plugins tell of their layer kinds, so that `check` knows of them what it knows of Keras's.

    Args:
        trusted: whether what a spec requires may run, as it does where the network is built. If not, W0305 tells of a
            package that brings more than layers.
        warnings: gets those remarks.

    Raises:
        SpecError: E0306, a record that cannot be imported, or that is none.
    """
    found: dict[str, LayerKind] = {}
    for node in _packages(tree):
        if not trusted:
            warnings += _not_run(str(node.value), node.span)
            continue
        for kind, place in _offered(str(node.value), RECORDS).items():
            record = _imported(f"record of `{kind}`", place, node.span)
            if not isinstance(record, LayerKind):
                message = f"the record of `{kind}`, {place}, is a {type(record).__name__} and no LayerKind"
                raise SpecError([Diagnostic("E0306", message, node.span)])
            found[kind] = record
    for kind, place in plugins.items():
        module, _, name = place.partition(":")
        record = getattr(getattr(sys.modules.get(module), name, None), "nnspec_kind", None)
        if isinstance(record, LayerKind):
            found.setdefault(kind, record)
    return found


def _not_run(package: str, span: Span) -> Iterator[Diagnostic]:
    records = list(_offered(package, RECORDS))
    others = [name for group in (*KINDS.values(), CHECKS) for name in _offered(package, group)]
    if records or others:
        unknown = "arguments and data are not looked at" if others else "the shape after it is unknown"
        message = f"what `{package}` says of {', '.join([*records, *others])} is code, and was not run: {unknown}"
        yield Diagnostic("W0305", message, span, "warning", "where you trust the package: --trust")


def run_checks(spec: Spec, modules: Sequence[str], trusted: bool) -> Iterator[Diagnostic]:
    """What the checks of the required packages and of the plugins say; E0306 for one that fails itself."""
    for node in _packages(spec.node) if trusted else ():
        for name, place in _offered(str(node.value), CHECKS).items():
            try:
                check = _imported(f"check `{name}`", place, node.span)
            except SpecError as error:
                yield from error.diagnostics
            else:
                yield from _checked(spec, check, f"{name}, {place}", node.span)
    for module in modules:
        for check in getattr(sys.modules.get(module), "nnspec_checks", ()):
            yield from _checked(spec, check, f"{getattr(check, '__name__', check)} of {module}", None)


def _checked(
    spec: Spec, check: Callable[[Spec], Iterable[Diagnostic]], name: str, span: Span | None
) -> Iterator[Diagnostic]:
    try:
        said = list(check(spec))
        wrong = next((item for item in said if not isinstance(item, Diagnostic)), None)
        if wrong is not None:
            raise TypeError(f"it gave a {type(wrong).__name__} and no Diagnostic")
    except Exception as error:  # whatever the function of a package does
        said = [Diagnostic("E0306", failure(f"check {name}", error), span)]
    yield from said


def _imported(what: str, place: str, span: Span | None) -> Any:
    """The object of an entry point. Raises SpecError, E0306."""
    module, _, name = place.partition(":")
    try:
        return getattr(import_plugin(module), name)
    except Exception as error:  # whatever a module does while it is imported
        message = f"the {what}, {place}, cannot be imported: {type(error).__name__}: {error}"
        raise SpecError([Diagnostic("E0306", message, span)]) from error


def _category(value: object) -> str | None:
    """Which kind of a table a class is; None for what is none."""
    from nnspec.catalog.targets import Target
    from nnspec.data.protocol import Source

    if not isinstance(value, type) or not is_dataclass(value):
        return None
    return "source" if Source in value.__mro__ else "target" if Target in value.__mro__ else None


def _registered(category: str, kind: str, cls: Any, place: str, span: Span | None) -> type:
    """The class, known to what opens data and exports. Raises SpecError, E0306."""
    from nnspec.catalog.table_kinds import table_kind
    from nnspec.catalog.targets import register
    from nnspec.data.sources import SOURCES

    if _category(cls) != category:
        base = "nnspec.data.protocol.Source" if category == "source" else "nnspec.catalog.targets.Target"
        raise SpecError([Diagnostic("E0306", f"{place} is no dataclass with the base {base}", span)])
    try:
        table_kind(kind, cls)
        (SOURCES.register if category == "source" else register)(kind, cls)
    except (TypeError, ValueError) as error:
        raise SpecError([Diagnostic("E0306", f"{place}: {error}", span)]) from None
    made: type = cls
    return made


def _packages(tree: Node) -> tuple[Node, ...]:
    requires = tree.get("requires")
    if requires is None or not requires.value:
        return ()
    found = requires.items
    if len(found) > MOST_PACKAGES:
        message = f"`requires` names {len(found):,} packages; at most {MOST_PACKAGES} are looked for"
        raise SpecError([Diagnostic("E0305", message, requires.span)])
    return found


def _offered(package: str, group: str) -> dict[str, str]:
    """The entry points of one installed package: it alone is read, of all that is installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        offered = distribution(package).entry_points
    except (PackageNotFoundError, ValueError):  # ValueError: of no name
        return {}
    return {entry.name: entry.value for entry in offered if entry.group == group}


def _defined(module: str) -> dict[str, str]:
    """The Keras layers, losses, metrics and regularizers that a module defines: none where it imports no Keras."""
    loaded = import_plugin(module)
    keras = sys.modules.get("keras")
    if keras is None:
        return {}
    layers = {
        name: f"{module}:{name}"
        for name, value in vars(loaded).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer) and value.__module__ == loaded.__name__
    }
    return layers | {f"{category}.{kind}": f"{module}:{kind}" for category, kind in _called_by(loaded)}
