"""`nnspec build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import again, one_spec
from nnspec.cli.output import Answer, say

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("build")
@one_spec
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default the network's name and .keras, in the current folder.",
)
def command(spec: SpecFile, output: Path | None) -> Answer:
    """Build the network as a .keras file.

    The weights are the initial ones, drawn with the spec's `train.seed`. The file loads in plain Keras.

    \b
    Examples:
      nnspec build specs/vgg.yaml
      nnspec build specs/vgg.yaml --output vgg10.keras --set params.classes=10
    """
    from nnspec.runs.run_folder import file_name

    found = spec.spec
    place = output or Path(f"{file_name(found.name)}.keras")
    if place.suffix != ".keras":
        raise click.BadParameter(f"`{place}` must end in .keras", param_hint="--output")
    if spec.is_model and place.exists() and (output is None or place.samefile(spec.path)):
        message = f"`{place}` exists, and `build` would put drawn weights in place of what it has learned"
        raise click.UsageError(f"{message}: name another file with --output")

    from nnspec.api import build, save
    from nnspec.cli.tensorflow_startup import import_tensorflow
    from nnspec.console.formatting import count
    from nnspec.frontend.learning import not_yet_learned
    from nnspec.report.text.build_summary import built_summary

    import_tensorflow()
    model = build(found, seed=found.training.seed)
    save(model, place)
    told = [warning for warning in found.warnings if warning.code != "W0725"]
    unknown = list(not_yet_learned(found, "build does not read the data"))
    for warning in unknown:
        say(str(warning), err=True)
    diagnostics = [diagnostic.as_json() for diagnostic in (*told, *unknown)]
    data = {"ok": True, **built_summary(found, model), "diagnostics": diagnostics, "path": str(place)}
    if found.param_count not in (None, data["params"]):
        say(f"warning: check counts {count(found.param_count)} parameters; please report this", err=True)
    return Answer(data, f"wrote {place}: {count(data['params'])} parameters\nnext: nnspec train {again(spec)}")
