"""`nnspec convert`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import again, spec_to_read
from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.data.sharding import Format


@click.command("convert")
@spec_to_read
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["tfrecord", "wds", "parquet"]),
    default="tfrecord",
    show_default=True,
    help="TFRecord of tf.train.Example, tar files as WebDataset has them, or Parquet.",
)
@click.option(
    "--shards", type=click.IntRange(1, 99_999), default=8, show_default=True, help="Files of the training part."
)
def command(spec: SpecFile, folder: Path, format_: Format, shards: int) -> Answer:
    """Write a spec's data as shards: few large files instead of very many small ones.

    Images stay the files that they are, and are looked at on the way; labels are numbers, and arrays their bytes. Each
    part of the split has files of its own. `data.yaml` beside them says what to write under `data`; a training from
    TFRecord or tar files has the same batches as one from the data as they were, unless it augments them.

    \b
    Examples:
      nnspec convert flowers.yaml shards --shards 64
      nnspec convert flowers.yaml shards --format wds
    """
    from nnspec.data.dataset import open_dataset
    from nnspec.data.sharding import unkept, write_shards
    from nnspec.frontend.requirements import require

    found = spec.spec
    require(found, "convert", "data")
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"`{folder}` is not empty: name a folder that is new")
    base = found.path.parent
    dataset = open_dataset(unkept(found.required_data), base, found.training.seed)
    text = write_shards(dataset, folder, format_, shards, Path(os.path.relpath(folder, base)))
    files = sorted(path.name for path in folder.iterdir())
    said = f"wrote {len(files)} files into {folder}; in a copy of {again(spec)} write\n\n{text}"
    return Answer({"ok": True, "folder": str(folder), "files": files}, said)
