"""`nnspec inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import trained_spec
from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("inspect")
@trained_spec
@click.argument("example", metavar="INPUT")
@click.option("--layer", metavar="NAME", help="Show this layer alone.")
@click.option("--class", "label", metavar="NAME", help="What Grad-CAM explains; by default the predicted class.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to write; by default `inside` in the run's folder.",
)
def command(
    spec: SpecFile, example: str, run: Path | None, layer: str | None, label: str | None, output: Path | None
) -> Answer:
    """Look inside a trained network while it works on one input.

    For images: filters, feature maps, and by Grad-CAM where the evidence for a class lies. For recurrent layers: the
    hidden state over time, an LSTM's gates and cell state, both directions of a bidirectional layer, under the words.
    Writes a page, and each figure as PNG.

    \b
    Examples:
      nnspec inspect specs/lenet.yaml photo.png
      nnspec inspect specs/bilstm_ner.yaml "Ada Lovelace lived in London ."
      nnspec inspect specs/vgg_faces.yaml face.png --class fake -o why
    """
    from nnspec.cli.predict import read_inputs
    from nnspec.cli.tensorflow_startup import start_trained
    from nnspec.frontend.requirements import require

    require(spec.spec, "inspect", "data")
    given, *others = read_inputs(spec.spec, (example,))
    start_trained(spec.spec, "inspect", "data", run=run)
    from nnspec.report.inside.look import look_inside, write
    from nnspec.runs.run_folder import RunFolder

    if others:
        raise click.UsageError(f"`{example}` holds {len(others) + 1:,} inputs: inspect looks at one")
    found = look_inside(spec.spec, run, given, layer, label)
    folder = output or RunFolder(found.run).place("inside")
    path = write(found, folder)
    figures = [{"title": figure.title, "path": str(folder / f"{figure.name}.png")} for figure in found.figures]
    data = {"ok": True, "page": str(path), "answer": found.answer, "figures": figures}
    return Answer(data, f"{found.answer}\nwrote {path} and {len(figures)} figures beside it")
