"""A spec's file, or a spec given as text or as data, with the overrides that apply to it; how it is opened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    from nnspec.frontend.diagnostics import Source
    from nnspec.frontend.pipeline import Checked
    from nnspec.frontend.spec import Spec

# Nothing slow is imported here: `import nnspec` imports this file.


@dataclass(frozen=True)
class SpecFile:
    """A spec's file with the overrides that apply to it.

    Attributes:
        overrides: texts as of `--set`: `train.epochs=3`, the value in YAML.
        plugins: modules whose layers the spec may use; they are imported when the spec is read.
        trusted: whether code of the packages that the spec requires may run: shapes, data sources, targets, checks.
            Functions that build the network run it in any case.
        given: the spec's text, where it is no file; ``path`` is what diagnostics call it.
    """

    path: Path
    overrides: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    trusted: bool = False
    given: Source | None = None

    def __repr__(self) -> str:
        settings = "".join(f", --set {text}" for text in self.overrides)
        return f"SpecFile({str(self.path)!r}{settings})"

    def set(self, **overrides: Any) -> SpecFile:
        """The same spec with more values replaced, as by ``load``; of one that was replaced before, the last counts."""
        return replace(self, overrides=(*self.overrides, *_overrides(overrides)))

    def with_layers(
        self,
        layers: Sequence[Any] | Mapping[str, Any] | str,
        *,
        after: str | int | None = None,
        in_place_of: str | int | None = None,
    ) -> SpecFile:
        """The same spec with other layers: these alone, or these among those that it has.

        Args:
            layers: entries as under `layers`, plain data: `[{"Dense": 32}, {"Dropout": 0.5}]`; or a single one.
            after: the entry that they follow, by its `name` or its number from 0; -1 is the last.
            in_place_of: the entry that they replace. Without both they replace all.

        Raises:
            SpecError: the spec is invalid, where entries of it are kept.
            KeyError: no entry has that name.
            IndexError: there is no entry of that number.
        """
        from nnspec.frontend.entries import placed

        entries = [layers] if isinstance(layers, str | Mapping) else list(layers)
        if after is None and in_place_of is None:
            return self.set(layers=entries)
        return self.set(layers=placed(self.spec.resolved["layers"], entries, after, in_place_of))

    @property
    def is_model(self) -> bool:
        """Whether the path is a Keras model's, by its name: `.keras`, `.h5`, `.hdf5`, or the folder of a SavedModel."""
        from nnspec.importing.names import is_model

        return is_model(self.path)

    @cached_property
    def text(self) -> Path | Source:
        """What is read: the file, the spec in the folder of a run, or that which a Keras model's file comes to.

        Raises:
            DataError: the file holds no model that a spec can say.
        """
        from nnspec.frontend.diagnostics import Source
        from nnspec.runs.run_folder import RunFolder

        if self.given is not None:
            return self.given
        if self.is_model:
            return Source.from_text(imported_text(self.path), str(self.path))
        in_run = RunFolder(self.path).spec
        return in_run if os.path.isdir(self.path) and os.path.isfile(in_run) else self.path

    def check(self, *, data: bool = True, whole: bool = False, unsaved: Mapping[Path, str] | None = None) -> Checked:
        """Reads and checks the file, again at every call: `ok`, `diagnostics` and, without errors, `spec`.

        Args:
            data: whether the network is held against its data, where they are there.
            whole: whether large tables are read to the end; else samples will do where these have nothing wrong.
            unsaved: texts in place of files, by absolute path: what they would be after an edit.
        """
        from nnspec.frontend.pipeline import check

        return check(
            self.text, self.overrides, self.plugins, unsaved=unsaved, data=data, whole=whole, trusted=self.trusted
        )

    @cached_property
    def spec(self) -> Spec:
        """The checked spec, read once.

        Raises:
            SpecError: with everything that the check found wrong.
        """
        from nnspec.frontend.pipeline import load

        return load(self.text, self.overrides, self.plugins, trusted=self.trusted)

    def _repr_html_(self) -> str:
        """What a check finds: diagnostics with their places, layers, diagram."""
        from nnspec.report.notebook.found import checked_card

        return checked_card(self.check())


AnySpec: TypeAlias = "SpecFile | Spec | str | os.PathLike[str]"


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any] | SpecFile,
    *,
    plugins: Sequence[str] = (),
    trusted: bool = False,
    **overrides: Any,
) -> SpecFile:
    """Opens a spec; it is read and checked when it is used.

    Args:
        spec: the YAML file, the folder of a run, or the file of a Keras model; or the spec itself, as a text of
            YAML or JSON or as Python data, whose arrays, tuples and paths are read as lists and texts. Paths in such a
            spec start from the current folder. One that was loaded is taken further.
        plugins: modules that bring layers beyond Keras's.
        trusted: whether code of the packages that the spec requires may run when it is checked.
        overrides: values to replace, by dotted path with two underscores for each dot:
            `load("vgg.yaml", train__epochs=2, params__classes=10)`. A path that holds two underscores itself is
            given as it stands: `load("vgg.yaml", **{"params.top__k": 2})`. Values are plain Python data.

    Raises:
        SpecError: E0101, there is no such file.
        TypeError: the data hold what is no number, text, list or mapping; the message names the place.
    """
    if isinstance(spec, SpecFile):
        more = replace(spec, plugins=(*spec.plugins, *plugins), trusted=trusted or spec.trusted)
        return more.set(**overrides)
    given = _given(spec)
    path = Path(spec) if given is None else Path(given.name)  # type: ignore[arg-type]  # a path, where no text is given
    if given is None and not os.path.exists(path):
        from nnspec.frontend.source import read_text

        read_text(path)
    return SpecFile(path, _overrides(overrides), tuple(plugins), trusted, given)


def _given(spec: Any) -> Source | None:
    """A spec that is no file as text; None for a path."""
    from nnspec.frontend.diagnostics import Source

    if isinstance(spec, Mapping):
        import yaml

        from nnspec.frontend.python_values import plain

        return Source.from_text(yaml.safe_dump(plain(spec), sort_keys=False, allow_unicode=True, width=10_000))
    if not isinstance(spec, str | os.PathLike):
        what = "None" if spec is None else f"a value of type {type(spec).__name__}"
        raise TypeError(f"a spec is the path of a file, a text, or a mapping, not {what}")
    is_text = isinstance(spec, str) and ("\n" in spec or spec.lstrip().startswith(("{", "nnspec:")))
    return Source.from_text(str(spec)) if is_text else None


def _overrides(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_override(name, value) for name, value in values.items())


def _override(name: str, value: Any) -> str:
    """The text of `--set`: JSON is YAML, so the value arrives as it is."""
    import json

    from nnspec.frontend.python_values import plain

    path = name if "." in name else name.replace("__", ".")
    return f"{path}={json.dumps(plain(value, path), ensure_ascii=False)}"


def checked(spec: AnySpec) -> Spec:
    """The `Spec` of whatever stands for one, for what builds the network. Raises SpecError where it is invalid."""
    from nnspec.frontend.spec import Spec

    if isinstance(spec, Spec):
        return spec
    file = spec if isinstance(spec, SpecFile) else load(spec)
    return (file if file.trusted else replace(file, trusted=True)).spec


def imported_text(path: Path) -> str:
    """The text of a spec that compiles to the network of a Keras model's file; see `nnspec.api.import_model`."""
    from nnspec.importing.imported import import_config
    from nnspec.importing.read import name_of, read_model

    read = read_model(path)
    return import_config(read.config, name=name_of(read, path)).text
