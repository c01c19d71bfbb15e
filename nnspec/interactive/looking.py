"""Looking at a network and its data, before and after training: `show`, `draw`, `data`, `inspect`, and more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.interactive.view import View, columns
from nnspec.spec_file import AnySpec, SpecFile, checked, load

if TYPE_CHECKING:
    from nnspec.frontend.pipeline import Checked


def check(spec: AnySpec, *, data: bool = True) -> Checked:
    """What `nnspec check` finds: `ok`, `diagnostics` and, without errors, `spec`. A file is read again at every call.

    Args:
        spec: of a `Spec`, which is checked already, what was found then.
        data: whether the network is held against its data, where they are there.

    Raises:
        SpecError: E0101, there is no such file.
    """
    from nnspec.frontend.pipeline import Checked
    from nnspec.frontend.spec import Spec

    if isinstance(spec, Spec):
        return Checked(spec, spec.warnings)
    return (spec if isinstance(spec, SpecFile) else load(spec)).check(data=data)


def show(spec: AnySpec, *, full: bool = False) -> View:
    """The table of layers: output shapes without the batch, parameters, multiply-adds, receptive fields.

    Args:
        full: a row for every layer; else equal rounds of loops, and in a long network blocks, are one row.

    Raises:
        SpecError: the spec is invalid.
    """
    from nnspec.frontend.summary import spec_summary
    from nnspec.report.notebook.found import spec_parts
    from nnspec.report.notebook.markup import card
    from nnspec.report.text.layers import layer_table

    found = checked(spec)
    text = layer_table(found, columns(), full=full)
    return View(spec_summary(found), text, found=found, draw=lambda: card(spec_parts(found, full=full)))


def draw(
    spec: AnySpec, path: str | os.PathLike[str] | None = None, *, groups: str = "auto", dark: bool | None = None
) -> View:
    """The network as a drawing, and where a path is given as a file.

    Args:
        path: .html, .svg or .png. SVG and PNG need the extra `draw`.
        groups: blocks and loops: `auto` opens them while the picture stays readable, `open` all, `closed` none.
        dark: dark colours or light ones; by default those of who looks at it.

    Raises:
        SpecError: the spec is invalid.
        ValueError: the path has another ending, or `groups` is none of these.
        nnspec.report.pages.diagram.DrawingError: a package is missing.
        OSError: the file cannot be written.
    """
    from nnspec.report.notebook.found import drawing
    from nnspec.report.notebook.markup import card
    from nnspec.report.pages.diagram import write
    from nnspec.report.text.totals import totals

    if groups not in ("auto", "open", "closed"):
        raise ValueError(f"groups are `auto`, `open` or `closed`, not {groups!r}")
    found = checked(spec)
    size = None if path is None else write(found, Path(path), groups=groups, dark=dark)
    written = None if path is None else Path(path)
    text = f"{found.name}: {totals(found)}" + ("" if written is None else f"\nwrote {written}")
    values = {"path": written and str(written), "bytes": size}
    return View(values, text, written, found, lambda: card(drawing(found, groups=groups, dark=dark)))


def data(spec: AnySpec) -> View:
    """What there is to know of a spec's data: counts, labels, trouble, the first batch. `found` is the data set.

    Raises:
        SpecError: the spec is invalid or has no `data`.
        DataError: the data cannot be used.
    """
    from nnspec.api import open_data
    from nnspec.data.report import report_of
    from nnspec.report.notebook.data import data_card
    from nnspec.report.text.dataset import data_text, first_batch

    ready = checked(spec)
    dataset = open_data(ready)
    batch, report = first_batch(dataset, ready.required_data.batch_size), report_of(dataset)
    values = {**report, "batch": batch}
    return View(values, data_text(report, batch, columns()), found=dataset, draw=lambda: data_card(dataset))


def inspect(
    spec: AnySpec,
    example: Any,
    *,
    run: str | os.PathLike[str] | None = None,
    layer: str | None = None,
    label: str | None = None,
    out: str | os.PathLike[str] | None = None,
) -> View:
    """A look inside a trained network while it works on one example: filters, maps, gates, what an answer rests on.

    Args:
        example: as the spec's data source takes it: the path of an image, a sentence, a row, an array.
        run: the run folder; by default the spec's last.
        layer: show this layer alone.
        label: the class that Grad-CAM explains; by default the predicted one.
        out: a folder to write a page and the figures into.

    Raises:
        SpecError, DataError, TrainingError: the spec is invalid, the example cannot be read, there is no run.
    """
    from nnspec.console.quiet import import_tensorflow

    ready = checked(spec)
    import_tensorflow()
    from nnspec.report.inside.look import look_inside, write
    from nnspec.report.notebook.markup import card, element, picture

    seen = look_inside(ready, None if run is None else Path(run), example, layer, label)
    page = None if out is None else write(seen, Path(out))
    figures = [{"title": one.title, "note": one.note, "name": one.name} for one in seen.figures]
    text = "\n".join([seen.answer, *(f"{one['title']}: {one['note']}" for one in figures)])

    def drawn() -> str:
        sections = [
            [
                element("h5", title),
                element("div", [picture(one.address, f"{one.title}. {one.note}", wide=True) for one in shown]),
            ]
            for title, shown in seen.sections
        ]
        return card(element("h4", seen.answer), sections)

    return View({"answer": seen.answer, "figures": figures, "page": page and str(page)}, text, page, seen, drawn)


def compare(*runs: str | os.PathLike[str] | Any, out: str | os.PathLike[str] | None = None) -> View:
    """Runs side by side: scores, and the settings in which they differ.

    Args:
        runs: run folders, or what `train` gave.
        out: where to write a page with the curves, .html.

    Raises:
        FileNotFoundError: a folder is that of no run.
        TypeError: no run is given.
    """
    from nnspec.console.atomic_files import write_text
    from nnspec.report.pages import compare_page
    from nnspec.runs.run_folder import RunFolder

    if not runs:
        raise TypeError("compare takes the folders of runs")
    folders = [RunFolder(Path(getattr(run, "run", run))) for run in runs]
    for folder in folders:
        if not folder.is_there:
            raise FileNotFoundError(folder.instead)
    found = compare_page.contents(folders)
    page = None if out is None else Path(out)
    if page is not None:
        write_text(page, compare_page.page(found))
    return View({**found, "page": page and str(page)}, compare_page.text(found, columns()), page)


def verify(path: str | os.PathLike[str]) -> View:
    """Proves a bundle, or a .tflite file: every byte as written, every answer as it was.

    Returns:
        `data["ok"]`, and in `data["problems"]` what is wrong.

    Raises:
        FileNotFoundError: there is nothing at the path.
        nnspec.export.bundle.check.NoBundle: the folder is no bundle.
    """
    from nnspec.export.bundle.check import check, check_file, verdict

    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"{place} is not there")
    found = check_file(place) if place.is_file() else check(place)
    return View({"ok": not found["problems"], **found}, verdict(place, found))
