"""`nnspec prune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import trained_spec
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.compression.prune import Pruned


@click.command("prune")
@trained_spec
@click.option(
    "--macs",
    type=click.FloatRange(min=0, min_open=True),
    required=True,
    metavar="SHARE",
    help="The multiply-adds to be left: a share such as 0.5, or above 1 a number.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The new spec.")
@click.option(
    "--by",
    type=click.Choice(["norm", "scale", "factors"]),
    default="norm",
    show_default=True,
    help="What a channel is worth: the weights that make it, or the scale of the BatchNormalization behind it. With "
    "factors all channels stay, and each kernel becomes the product of two thinner ones.",
)
@click.option(
    "--multiple",
    type=click.IntRange(min=1),
    metavar="N",
    help="Numbers of channels that N divides stay such; by default 8, or 4 where so few multiply-adds are wanted.",
)
@click.option(
    "--alike", is_flag=True, help="Layers that one number of the spec makes keep equally many: loops and blocks stay."
)
@click.option("--teacher", is_flag=True, help="Let what is left learn from the run that it comes from.")
@click.option("--force", "-f", is_flag=True, help="Write over files that exist.")
def command(
    spec: SpecFile,
    run: Path | None,
    macs: float,
    output: Path,
    by: str,
    multiple: int | None,
    alike: bool,
    teacher: bool,
    force: bool,
) -> Answer:
    """Take filters and units out of a trained network, and write what is left as a spec.

    The least channels of each layer go, together with those that sums tie them to, until so few multiply-adds are
    left. The new spec stands beside its weights and trains on from them: `nnspec train` brings back most of what was
    lost. It is smaller and quicker wherever it runs.

    \b
    Examples:
      nnspec prune specs/lenet.yaml --macs 0.5 -o smaller.yaml
      nnspec prune specs/resnet20_cifar10.yaml --macs 0.5 --teacher -o smaller.yaml
      nnspec prune specs/unet.yaml --macs 0.5 --alike -o smaller.yaml
      nnspec prune specs/lenet.yaml --macs 0.5 --by factors -o smaller.yaml
    """
    from nnspec.api import prune, save
    from nnspec.cli.new import modeline, without_modeline
    from nnspec.cli.tensorflow_startup import start_trained
    from nnspec.console.atomic_files import write_text

    weights = output.with_name(f"{output.stem}_weights.keras")
    for file in (output, weights):
        if file.exists() and not force:
            raise click.UsageError(f"`{file}` exists already: choose another name, or say --force")
    start_trained(spec.spec, "prune", run=run)
    found = prune(
        spec, macs, run=run, weights=weights, output=output, by=by, teach=teacher, multiple=multiple, alike=alike
    )
    save(found.model, weights)
    write_text(output, f"{modeline(output)}\n{without_modeline(found.text)}")
    record = {
        "ok": True,
        "path": str(output),
        "weights": str(weights),
        "macs": list(found.macs),
        "params": list(found.params),
        "layers": {name: list(pair) for name, pair in found.layers.items()},
        "held": dict(found.held),
    }
    return Answer(record, _text(found, output, weights, "rank" if by == "factors" else "channels"))


def _text(found: Pruned, output: Path, weights: Path, noun: str) -> str:
    from nnspec.console.formatting import count
    from nnspec.console.tables import Column, numbers, table

    rows = [[name, str(before), str(after)] for name, (before, after) in found.layers.items()]
    columns = [Column("layer", yields=True), *numbers(noun, "left")]
    lines = [table(columns, rows, width()), ""] if rows else []
    lines += [f"note: {name} keeps its channels: {why} depends on all of them" for name, why in found.held.items()]
    lines += [
        f"multiply-adds {found.macs[0]:,} -> {found.macs[1]:,}, parameters {count(found.params[0])} -> "
        f"{count(found.params[1])}",
        f"wrote {output}, and {weights}, which it begins from",
        f"next: nnspec train {output}",
    ]
    return "\n".join(lines)
