"""Many trainings, smaller files, and every form of one run: `sweep`, `compress` and `bench`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.interactive.view import View, columns
from nnspec.spec_file import AnySpec, SpecFile, checked, load

if TYPE_CHECKING:
    from nnspec.sweeps.sweep import Plan


def sweep(
    spec: SpecFile | str | os.PathLike[str],
    over: Mapping[str, Any],
    *,
    trials: int | None = None,
    search: str | None = None,
    seed: int = 0,
    jobs: int = 1,
    folder: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    progress: bool | None = None,
) -> View:
    """Trains a spec with many settings, and ranks them. `found` is the sweep, `data["best"]` its best trial.

    Each trial is a process and a run folder; the same call resumes a sweep that was interrupted.

    Args:
        over: settings by path, dots or two underscores between its parts, each with a list of values or a range:
            `{"train__epochs": [2, 4], "train__optimizer__Adam__learning_rate": {"log": [1e-4, 1e-2]}}`.
        trials: try so many, drawn at random, in place of all combinations.
        search: how they are chosen: `random`, or `optuna`.
        seed: of the draws; training has the spec's own.
        jobs: trials at a time.
        folder: in place of `sweeps/<name>/<number>`.
        fresh: begin a new sweep, even where this one was interrupted.
        progress: whether each trial is told of when it is done; by default in a notebook and on a terminal.

    Raises:
        SpecError: the spec is invalid, lacks a section, or one of the values does not fit.
        TrainingError: a range is none, Optuna is not installed, the folder cannot be used.
        ValueError: `search` is none of these, or comes without `trials`.
        Interrupted: Ctrl-C; everything is saved.
    """
    from nnspec.report.notebook.live import session_reporter
    from nnspec.report.text.sweep import outcome, sweep_table
    from nnspec.sweeps.sweep import open_sweep

    if search not in (None, "random", "optuna") or (search and not trials):
        raise ValueError(f"search is `random` or `optuna`, and goes with `trials`, not {search!r} alone")
    file = spec if isinstance(spec, SpecFile) else load(spec)
    plan = planned(_in_a_file(file), _axis_texts(over), trials, search, seed)
    found = open_sweep(checked(file).name, plan, None if folder is None else Path(folder), fresh)
    reporter = session_reporter(progress)
    found.run(jobs, reporter.say)
    values = outcome(found)
    plot = None if values["plot"] is None else Path(values["plot"])
    return View(values, sweep_table(found, columns()), plot, found)


def compress(
    spec: SpecFile | str | os.PathLike[str],
    *,
    target: float | None = None,
    max_drop: float = 0.01,
    latency_ms: float | None = None,
    arena: float | None = None,
    trials: int = 12,
    epochs: int | None = None,
    width: Mapping[str, Any] | None = None,
    gzip: bool = False,
    run: str | os.PathLike[str] | None = None,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    output: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> View:
    """Searches for a smaller file of a trained network that loses little. `found` is the search, `path` the spec of
    the chosen file, None where no file is within the bounds.

    Each trial is a process; the same call resumes a search that was interrupted.

    Args:
        target: the bytes that the file may have.
        max_drop: how much worse the metric may become than that of the trained network in float.
        latency_ms, arena: bounds of the median on one thread, and of what TensorFlow Lite Micro takes, bytes.
        trials: how many files to try.
        epochs: of what trains on; by default half of the spec's, at least 3.
        width: a number of the spec that makes the network wider, and what to try:
            `{"params__width": {"int": [8, 32]}}`.
        gzip: count files as gzip makes them, and try weights of zero.
        run: the run folder of the trained network; by default the spec's last.
        seed: of the search; training has the spec's own.
        folder: in place of `compressed/<name>/<number>`.
        fresh: begin a new search, even where this one was interrupted.
        output: the spec of the chosen file; by default `chosen.yaml` in the search's folder.
        progress: whether each trial is told of; by default in a notebook and on a terminal.

    Raises:
        SpecError: the spec is invalid, lacks a section, or does not take a width.
        TrainingError: there is no run, Optuna is not installed, the folder cannot be used.
        Interrupted: Ctrl-C; everything is saved.
    """
    from nnspec.compression.planning import search_plan
    from nnspec.compression.search import ROOT, Bounds, Search, finish, write_chosen
    from nnspec.report.notebook.live import session_reporter
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.run_page import record_search
    from nnspec.report.text.compress import outcome, search_table
    from nnspec.sweeps.sweep import open_search

    file = _in_a_file(spec if isinstance(spec, SpecFile) else load(spec))
    reporter = session_reporter(progress)
    plan, remarks = search_plan(
        file,
        None if run is None else Path(run),
        Bounds(target, max_drop, latency_ms, arena),
        trials=trials,
        width=next(iter(_axis_texts(width or {})), None),
        epochs=epochs,
        compressed=gzip,
        seed=seed,
    )
    for remark in remarks:
        reporter.say(remark)
    search = open_search(Search, ROOT, file.spec.name, plan, None if folder is None else Path(folder), fresh)
    search.run(1, reporter.say)
    for remark in search.remarks:
        reporter.say(remark)
    values, chosen = outcome(search), search.chosen()
    with harmless("the run's page", reporter):
        record_search(search)
    if chosen is None:
        return View({**values, "held_out": None}, search_table(search, columns()), None, search)
    place = write_chosen(search, chosen, None if output is None else Path(output))
    held = finish(search, chosen)
    values |= {"ok": held["ok"] and held["drop"] <= max_drop, "spec": str(place), "held_out": held}
    return View(values, search_table(search, columns()), place, search)


def _axis_texts(over: Mapping[str, Any]) -> tuple[str, ...]:
    """Settings and their values as texts of `--over`."""
    return tuple(
        f"{path if '.' in path else path.replace('__', '.')}={json.dumps(values, ensure_ascii=False)}"
        for path, values in over.items()
    )


def planned(spec: SpecFile, over: tuple[str, ...], trials: int | None, search: str | None, seed: int) -> Plan:
    """The plan, each axis tried on the spec first: a path or a value that is wrong is told before anything trains.

    Args:
        over: texts as of `--over`.

    Raises:
        SpecError: the spec is invalid, lacks a section, or one of the values does not fit.
    """
    from nnspec.frontend.requirements import require
    from nnspec.runs.record import spec_sha256
    from nnspec.sweeps.search_space import grid, overrides, parse_axis
    from nnspec.sweeps.sweep import Plan

    require(spec.spec, "sweep", "data", "train")
    axes = tuple(parse_axis(text) for text in over)
    for axis in axes:
        for value in axis.choices or (axis.low, axis.high):
            whole = int(value) if axis.scale == "int" else value
            _ = replace(spec, overrides=(*spec.overrides, *overrides({axis.path: whole}))).spec
    count = trials or sum(1 for _ in grid(axes))
    kind = search or ("random" if trials else "grid")
    return Plan(
        str(spec.path),
        spec_sha256(spec.spec),
        axes,
        kind,  # type: ignore[arg-type]  # the caller has checked it
        seed,
        count,
        spec.overrides,
        spec.plugins,
    )


def _in_a_file(spec: SpecFile) -> SpecFile:
    """The spec, of which a text or plain data are written beside the sweep: its trials are processes of their own."""
    if spec.given is None:
        return spec
    from nnspec.console.atomic_files import write_text
    from nnspec.runs.record import spec_sha256, spec_text
    from nnspec.runs.run_folder import file_name, own_place
    from nnspec.sweeps.sweep import SWEEPS

    folder = own_place(SWEEPS / file_name(spec.spec.name))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"spec-{spec_sha256(spec.spec)[:12]}.yaml"
    write_text(path, spec_text(spec.spec))
    return SpecFile(path, (), spec.plugins, spec.trusted)


def bench(
    spec: AnySpec, *, run: str | os.PathLike[str] | None = None, everything: bool = False, progress: bool | None = None
) -> View:
    """Measures every form of a trained network: size, latency, memory, metric. `found` holds a row for each.

    Args:
        run: the run folder; by default the spec's last.
        everything: TFLite files in every quantization.
        progress: as of `train`.

    Raises:
        SpecError, DataError, TrainingError: the spec is invalid, the data cannot be used, there is no run.
    """
    from nnspec.console.quiet import import_tensorflow

    ready = checked(spec)
    import_tensorflow()
    from nnspec.export.benchmark import bench as measured
    from nnspec.export.benchmark import every_quantization
    from nnspec.layers.types import KindValue
    from nnspec.report.notebook.live import session_reporter
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.run_page import record_bench
    from nnspec.report.text.benchmark import STATES, bench_table
    from nnspec.runs.run_folder import latest_run

    reporter = session_reporter(progress)
    targets = ready.export or (KindValue("TFLite", {}),)
    rows = measured(
        ready,
        None if run is None else Path(run),
        every_quantization(targets) if everything else targets,
        reporter,
        lambda row: reporter.say(f"{row.name}: {STATES[row.state]}"),
    )
    with harmless("the run's page", reporter):
        record_bench(latest_run(ready.name, None if run is None else Path(run)), rows, ready)
    ok = any(row.ok for row in rows) if everything else all(row.ok for row in rows)
    return View({"ok": ok, "rows": [row.as_json() for row in rows]}, bench_table(rows, columns()), found=rows)
