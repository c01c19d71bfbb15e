"""`nnspec diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import PLUGIN, SET, common
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.report.text.difference import Side


@click.command("diff")
@click.argument("left", type=click.Path(path_type=Path), metavar="A")
@click.argument("right", type=click.Path(path_type=Path), metavar="[B]", required=False)
@SET
@PLUGIN
@common
def command(left: Path, right: Path | None, overrides: tuple[str, ...], plugins: tuple[str, ...]) -> Answer:
    """Say what sets two specs or runs apart.

    Settings, layers, parameters, multiply-adds and, for run folders, metrics. `--set` applies to B alone; without B,
    the spec is compared with itself as overridden. TensorFlow is not needed.

    \b
    Examples:
      nnspec diff specs/vgg11.yaml specs/vgg.yaml
      nnspec diff specs/vgg.yaml --set params.classes=10
      nnspec diff runs/lenet/1 runs/lenet/2 --json
    """
    from nnspec.report.text.difference import as_json, difference, text

    if right is None and not overrides:
        raise click.UsageError("name a second spec or run, or an override: --set params.classes=10")
    found = difference(side(left, (), plugins), side(right or left, overrides, plugins))
    return Answer(as_json(found), text(found, width()))


def side(path: Path, overrides: tuple[str, ...], plugins: tuple[str, ...]) -> Side:
    """A spec's file, or a run folder with its spec and its last metrics.

    Raises:
        SpecError: the spec is invalid.
        UsageError: a folder that is no run.
    """
    from nnspec.frontend.pipeline import load
    from nnspec.report.text.difference import Side
    from nnspec.runs.run_folder import RunFolder

    label = f"{path} as set" if overrides else str(path)
    if not path.is_dir():
        return Side(label, load(path, overrides, plugins))
    folder = RunFolder(path)
    if not folder.spec.is_file():
        raise click.UsageError(f"{path} is no run folder: it holds no spec.yaml")
    return Side(label, load(folder.spec, overrides, plugins), folder.read_record().get("metrics") or {})
