"""`nnspec data`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import again, spec_to_read
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("data")
@spec_to_read
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page, too: histograms of columns, how many examples each class has, examples to look at.",
)
def command(spec: SpecFile, page: Path | None) -> Answer:
    """Look at a spec's data: counts, shapes, labels, trouble.

    Opens the data as training would, without TensorFlow, and prints what there is: examples in each part, how often
    each label occurs, lengths of sequences, unknown tokens, what was left out, and the first batch. Exit code 4 where
    the data cannot be used.

    \b
    Examples:
      nnspec data specs/lenet.yaml
      nnspec data specs/bilstm_ner.yaml --set data.source.Conll.path=new.tsv
      nnspec data specs/lenet.yaml --json
      nnspec data specs/unet.yaml --page cells.html
    """
    from nnspec.api import open_data
    from nnspec.data.report import report_of
    from nnspec.frontend.agreement.single_examples import casts, said_of_examples
    from nnspec.report.text.dataset import data_text, first_batch

    found = spec.spec
    dataset = open_data(found)
    batch = first_batch(dataset, found.required_data.batch_size)
    report = report_of(dataset, said_of_examples(found, dataset))
    for name, dtype in casts(found, dataset).items():
        report["features"][name]["taken_as"] = dtype
    wrote = ""
    if page is not None:
        from nnspec.console.atomic_files import write_text
        from nnspec.report.pages import data_page

        write_text(page, data_page.page(found.name, dataset, report))
        wrote = f"\n\nwrote {page}"
    text = f"{data_text(report, batch, width())}{wrote}\n\nnext: nnspec train {again(spec)}"
    return Answer({"ok": True, **report, "batch": batch}, text)
