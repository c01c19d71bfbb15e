"""The options that commands share. `--json` and `--debug` are read by `nnspec.cli.main`, whatever the command."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile

Function = Callable[..., Answer]

SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Override a value: --set train.epochs=3. Repeatable; the value is YAML.",
)
PLUGIN = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="MODULE",
    help="Import a module whose layers, sources or targets the spec uses. Repeatable.",
)
TRUST = click.option(
    "--trust",
    is_flag=True,
    help="Run code of the packages under `requires:`: shapes of layers, data sources, targets, checks.",
)
JSON = click.option("--json", is_flag=True, expose_value=False, help="Print one JSON object, and nothing else.")
DEBUG = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    help="Show the traceback of an unexpected error, and TensorFlow's logs.",
)
RUN = click.option(
    "--run", type=click.Path(path_type=Path), metavar="FOLDER", help="The run's folder; by default the spec's last one."
)

QUIET = click.option("--quiet", "-q", is_flag=True, help="Show no progress.")


def again(spec: SpecFile, run: Path | None = None) -> str:
    """The spec as the next command line takes it: with other overrides it may be another network than the run's."""
    words = [str(spec.path)]
    words += [word for override in spec.overrides for word in ("--set", override)]
    words += [word for plugin in spec.plugins for word in ("--plugin", plugin)]
    return shlex.join([*words, *([] if run is None else ["--run", str(run)])])


def common(function: Function) -> Function:
    """`--json` and `--debug`, which every command takes."""
    return JSON(DEBUG(function))


def several_specs(function: Function) -> Function:
    """SPECS with `--set`, `--plugin` and `--trust`: the function gets `specs`, a tuple of `SpecFile`."""

    @wraps(function)
    def command(
        specs: tuple[Path, ...], overrides: tuple[str, ...], plugins: tuple[str, ...], trust: bool, **rest: Any
    ) -> Answer:
        from nnspec.api import SpecFile

        return function(specs=tuple(SpecFile(path, overrides, plugins, trust) for path in specs), **rest)

    paths = click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
    return paths(SET(PLUGIN(TRUST(common(command)))))


def one_spec(function: Function) -> Function:
    """SPEC with `--set` and `--plugin`, of a command that builds: the function gets `spec`, a `SpecFile`."""

    @wraps(function)
    def command(
        spec: Path, overrides: tuple[str, ...], plugins: tuple[str, ...], trust: bool = True, **rest: Any
    ) -> Answer:
        from nnspec.api import SpecFile

        return function(spec=SpecFile(spec, overrides, plugins, trust), **rest)

    path = click.argument("spec", type=click.Path(path_type=Path), metavar="SPEC")
    return path(SET(PLUGIN(common(command))))


def spec_to_read(function: Function) -> Function:
    """As `one_spec`, of a command that builds nothing: code of packages that the spec requires runs with `--trust`."""
    return TRUST(one_spec(function))
