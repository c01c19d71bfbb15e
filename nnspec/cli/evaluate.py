"""`nnspec evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import QUIET, again, trained_spec
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile


MOST_STEPS = 12  # that a table lists
ROLLING = {"by_step": "steps ahead, mean absolute error", "by_origin": "by time, mean absolute error"}
MISTAKES = {
    "right": "right",
    "boundary": "wrong boundary",
    "type": "wrong type",
    "both": "both wrong",
    "missed": "missed",
    "invented": "invented",
}


@click.command("evaluate")
@trained_spec
@QUIET
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="The part of the data; by default test, or else validation.",
)
@click.option(
    "--refit",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Of a series: cut the test share into N blocks, train before each, and judge each training on its block.",
)
def command(spec: SpecFile, run: Path | None, quiet: bool, split: str | None, refit: int | None) -> Answer:
    """Measure a trained network on data that it never saw.

    Loss and metrics of the run's best model; for classes a table of them, their confusion, ROC and average precision,
    calibration, and for two the best threshold; of a forecast the errors by steps
    ahead and by time; what one gets without a network: the most frequent class, the mean, a
    season before, a straight line; for tagging also precision, recall and F1 of whole entities, as
    conlleval counts them, and how the others are wrong. The run's page shows them, too. In place of a spec stands the
    folder of a run, or the file of a Keras model with `--data`, which becomes a run. With --refit the trainings are
    runs below this one, and the same command resumes them.

    \b
    Examples:
      nnspec evaluate specs/lenet.yaml
      nnspec evaluate specs/lenet.yaml --run runs/lenet/3 --split validation
      nnspec evaluate model.keras --data specs/lenet.yaml
      nnspec evaluate specs/lstm_forecast.yaml --refit 4
    """
    from nnspec.api import evaluate
    from nnspec.cli.tensorflow_startup import start_trained

    start_trained(spec.spec, "evaluate", "data", run=run)
    from nnspec.console.progress import make_reporter

    found = evaluate(spec, run=run, split=split, refit=refit, reporter=make_reporter(quiet))
    return Answer({"ok": True, **found}, f"{_text(found)}\nnext: nnspec export {again(spec, run)}")


def _text(found: dict[str, Any]) -> str:
    from nnspec.console.formatting import count, metric
    from nnspec.console.tables import Column, numbers, table

    values = [(name, metric(value)) for name, value in found["metrics"].items() if isinstance(value, int | float)]
    heading = f"{found['run']} on {found['split']}, {count(found['examples'])} example{'s' * (found['examples'] != 1)}"
    parts = [heading, table([Column("metric"), *numbers("value")], values, width())]
    if doubt := found.get("doubt"):
        parts.append(f"warning: {doubt}")
    if simple := found.get("baselines"):
        parts.append(_without(simple, found["better_without"]))
    parts += [_errors(found[name], head) for name, head in ROLLING.items() if len(found.get(name) or ()) > 1]
    if refits := found.get("refits"):
        parts.append(_refits(refits))
    if entities := found.get("entities"):
        scores = ("precision", "recall", "f1")
        rows = [(kind, *(metric(score[name]) for name in scores)) for kind, score in entities.items()]
        columns = [Column("entity", yields=True), *numbers(*scores)]
        parts.append(table(columns, rows, width()))
        parts.append(_mistakes(found["errors"], found["confused"]))
    if results := found.get("results"):
        from nnspec.report.text.results import results_text

        parts += results_text(results, width())
    return "\n\n".join(parts) + "\n"


def _without(simple: Mapping[str, Mapping[str, float]], better: Sequence[str]) -> str:
    """What one gets without a network, and whether that is as good."""
    from nnspec.console.formatting import metric
    from nnspec.console.tables import Column, numbers, table

    names = list(next(iter(simple.values())))
    rows = [(kind, *(metric(scores[name]) for name in names)) for kind, scores in simple.items()]
    columns = [Column("without a network", yields=True), *numbers(*names)]
    told = f"\n\nthe network is no better than {' and '.join(better)}" if better else ""
    return table(columns, rows, width()) + told


def _errors(rows: Sequence[Mapping[str, Any]], head: str) -> str:
    """Mean absolute errors of the network and of simple rules, a row for each step ahead or share of the time."""
    from nnspec.console.formatting import metric
    from nnspec.console.tables import Column, numbers, table

    kinds = list(rows[0]["mean_absolute_error"])
    most = min(len(rows), MOST_STEPS)
    shown = [rows[place * (len(rows) - 1) // (most - 1)] for place in range(most)]
    cells = [
        (
            str(row.get("ahead") or row.get("first") or "0"),
            *(metric(row["mean_absolute_error"][kind]) for kind in kinds),
        )
        for row in shown
    ]
    more = f"\n{len(shown)} of {len(rows)} steps" if most < len(rows) else ""
    return table([Column(head, yields=True), *numbers(*kinds)], cells, width()) + more


def _refits(refits: Mapping[str, Any]) -> str:
    """A row for each training: what it was judged on, and the errors; then their mean and deviation."""
    from nnspec.console.formatting import count, metric
    from nnspec.console.tables import Column, numbers, table

    kinds = list(refits["mean"])
    rows = [
        (
            f"{one['from']} … {one['to']}",
            count(one["train"]),
            count(one["test"]),
            *(metric(one["mean_absolute_error"][kind]) for kind in kinds),
        )
        for one in refits["origins"]
    ]
    rows += [(name, "", "", *(metric(refits[name][kind]) for kind in kinds)) for name in ("mean", "deviation")]
    head = Column("trained again before, mean absolute error in the units of the data", yields=True)
    return table([head, *numbers("trained on", "judged on", *kinds)], rows, width())


def _mistakes(errors: Mapping[str, int], confused: Sequence[Mapping[str, Any]]) -> str:
    """Entities by what is wrong with them, and the types that are mistaken most often."""
    told = ", ".join(f"{text} {errors[name]:,}" for name, text in MISTAKES.items() if errors[name])
    pairs = ", ".join(f"{item['true']} as {item['predicted']} {item['count']:,}" for item in confused[:5])
    return f"entities: {told or 'none'}" + (f"\nmistaken: {pairs}" if pairs else "")
