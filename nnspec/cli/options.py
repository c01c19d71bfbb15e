"""The options that commands share. `--json` and `--debug` are read by `nnspec.cli.main`, whatever the command."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from nnspec.api import SpecFile

Function = Callable[..., Answer]


def _completed(what: str, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What a shell offers; asked for while it completes alone."""
    from nnspec.cli import completed

    found: list[CompletionItem] = getattr(completed, what)(ctx, param, incomplete)
    return found


SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    shell_complete=partial(_completed, "override_paths"),
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
codes, kinds = partial(_completed, "codes"), partial(_completed, "kinds")  # for `shell_complete`


class RunPath(click.Path):
    """The folder of a run; one of a bucket is fetched."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or "://" not in value or (ctx is not None and ctx.resilient_parsing):
            return super().convert(value, param, ctx)
        import hashlib

        from nnspec.data import cache
        from nnspec.runs.mirror import fetched_run

        return fetched_run(value, cache.root() / "runs" / hashlib.sha256(value.encode()).hexdigest()[:24])


RUN = click.option(
    "--run",
    type=RunPath(path_type=Path),
    metavar="FOLDER",
    help="The run's folder, or the address that it was mirrored to; by default the spec's last one.",
)

QUIET = click.option("--quiet", "-q", is_flag=True, help="Show no progress.")


DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    metavar="SPEC",
    help="For a model's file: the spec whose data, loss, metrics and export it is used with.",
)


def again(spec: SpecFile, run: Path | None = None) -> str:
    """The spec as the next command line takes it: with other overrides it may be another network than the run's."""
    import shlex

    words = [str(spec.path)]
    words += [word for override in spec.overrides for word in ("--set", override)]
    words += [word for plugin in spec.plugins for word in ("--plugin", plugin)]
    return shlex.join([*words, *([] if run in (None, spec.path) else ["--run", str(run)])])


def _allow(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    """Read by nnspec.data.remote, here and in processes of ours."""
    if wanted and not ctx.resilient_parsing:
        os.environ["NNSPEC_ALLOW_NETWORK"] = "1"


NETWORK = click.option(
    "--allow-network",
    is_flag=True,
    expose_value=False,
    callback=_allow,
    help="Fetch data that the spec names by an address, https:// or s3://. NNSPEC_ALLOW_NETWORK names places to allow.",
)


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
    return paths(SET(PLUGIN(TRUST(NETWORK(common(command))))))


def one_spec(function: Function) -> Function:
    """SPEC with `--set` and `--plugin`, of a command that builds: the function gets `spec`, a `SpecFile`."""

    @wraps(function)
    def command(
        spec: Path, overrides: tuple[str, ...], plugins: tuple[str, ...], trust: bool = True, **rest: Any
    ) -> Answer:
        from nnspec.api import SpecFile

        return function(spec=SpecFile(spec, overrides, plugins, trust), **rest)

    path = click.argument("spec", type=click.Path(path_type=Path), metavar="SPEC")
    return path(SET(PLUGIN(NETWORK(common(command)))))


def trained_spec(function: Function) -> Function:
    """SPEC, `--run` and `--data` of a command on a trained network: the function gets `spec` and `run`.

    SPEC is a spec with a run, the folder of a run, or the file of a Keras model, which becomes a run.
    """

    @wraps(function)
    def command(spec: SpecFile, run: Path | None, data: Path | None, **rest: Any) -> Answer:
        if spec.is_model:
            spec, run = _model_as_run(spec, run, data, quiet=bool(rest.get("quiet")))
        elif data is not None:
            raise click.UsageError("--data goes with the file of a model: a spec has data of its own")
        elif run is None and os.path.isdir(spec.path):
            run = spec.path
        return function(spec=spec, run=run, **rest)

    return one_spec(RUN(DATA(command)))


def _model_as_run(spec: SpecFile, run: Path | None, data: Path | None, *, quiet: bool) -> tuple[SpecFile, Path]:
    """The run of a model's file, and the spec in it."""
    from dataclasses import replace

    from nnspec.cli.tensorflow_startup import import_tensorflow

    import_tensorflow()
    from nnspec.cli.output import say
    from nnspec.console.progress import make_reporter
    from nnspec.evaluation.model_runs import run_of_model

    if run is not None:
        raise click.UsageError(
            "--run goes with a spec: a model's file becomes a run of its own; `import --run` says where"
        )
    found = run_of_model(spec.path, data, None, make_reporter(quiet))
    for note in found.notes:
        say(f"note: {note}", err=True)
    place = found.folder.path
    say(f"{spec.path} {'is now' if found.is_new else 'is'} the run {place}", err=True)
    return replace(spec, path=place), place


def spec_to_read(function: Function) -> Function:
    """As `one_spec`, of a command that builds nothing: code of packages that the spec requires runs with `--trust`."""
    return TRUST(one_spec(function))
