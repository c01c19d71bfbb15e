"""`nnspec compare`."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, width


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page as well, .html.",
)
@common
def command(runs: tuple[Path, ...], output: Path | None) -> Answer:
    """Put runs side by side: scores, settings that differ, curves.

    RUN is a run folder. A single one gets its page, report.html, written again. TensorFlow is not needed.

    \b
    Examples:
      nnspec compare runs/lenet/1 runs/lenet/2
      nnspec compare runs/lenet/* -o lenets.html
      nnspec compare runs/lenet/1
    """
    from nnspec.console.atomic_files import write_text
    from nnspec.report.pages import compare_page, run_page
    from nnspec.runs.run_folder import RunFolder

    folders = [RunFolder(path) for path in runs]
    for folder in folders:
        if not folder.is_there:
            raise click.UsageError(folder.instead)
    found = compare_page.contents(folders)
    lines = [compare_page.text(found, width())]
    page = output
    if output is not None:
        write_text(output, compare_page.page(found))
    elif len(folders) == 1:
        page = run_page.write(folders[0])
    if page is not None:
        lines.append(f"wrote {page}")
    else:
        lines.append(f"next: nnspec compare {' '.join(map(str, runs))} -o compared.html")
    return Answer({"ok": True, **found, "page": page and str(page)}, "\n\n".join(lines) + "\n")
