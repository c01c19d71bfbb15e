"""A training that is done, and what was exported of it, as cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnspec.console.formatting import count, file_size, latency, metric
from nnspec.report.notebook.curves import panels
from nnspec.report.notebook.markup import Content, Html, card, element, grid, picture, tiles
from nnspec.report.pages import run_page
from nnspec.report.text.results import results_text
from nnspec.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from nnspec.export.artifact import Artifact
    from nnspec.training.train import RunResult

WIDTH = 100  # columns of tables in plain text
MISTAKES = 6


def run_card(result: RunResult, *, curves: bool = True) -> Html:
    """Scores, curves, what the best model does on the part that was held back, and where the run is."""
    found = run_page.outline(RunFolder(result.run))
    drawn = found["curves"]
    contents: list[Content] = [
        element("h4", f"run {result.run}"),
        tiles(_numbers(result, found)),
        panels(drawn["epochs"], drawn["series"]) if curves and drawn["epochs"] else None,
        *_results(found["results"] or {}),
        *(element("p", remark, class_="nns-found nns-warning") for remark in found["remarks"]),
        element("p", "more: ", element("code", str(result.run / run_page.FILE)), class_="nns-dim"),
    ]
    return card(*contents)


def _numbers(result: RunResult, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "epochs", count(result.epochs)
    if result.best.get("value") is not None:
        yield f"best {result.best['monitor']}, epoch {result.best['epoch']}", metric(result.best["value"])
    for name, share in run_page.accuracies(found["results"] or {}):
        yield name, metric(share)
    if found["seconds"] is not None:
        yield "training time", run_page.duration(found["seconds"])


def _results(results: Mapping[str, Any]) -> Iterator[Content]:
    texts = results_text(results, WIDTH) if results else []
    if texts:
        title = f"results on {results['part']}, {results['judged']:,} of {results['examples']:,} examples"
        yield element("details", element("summary", title), [element("pre", text) for text in texts])
    mistakes = [one for one in results.get("labels", {}).get("confident") or [] if one.get("picture")][:MISTAKES]
    if mistakes:
        yield element("h5", "mistakes that it was surest of")
        figures = [
            picture(one["picture"], f"{one.get('predicted')}, in truth {one.get('true')}", 96) for one in mistakes
        ]
        yield element("div", figures, class_="nns-pictures")


def artifact_card(artifact: Artifact) -> Html:
    return artifacts_card([artifact])


def artifacts_card(artifacts: Sequence[Artifact]) -> Html:
    """Each exported file with its verdict."""
    titles = ("file", "target", "quantize", "size", "from Keras", "metric before", "after", "latency", "")
    rows = [
        (
            str(one.path),
            one.target,
            one.quantize,
            file_size(one.bytes),
            f"{one.max_abs_diff:.2g}",
            metric(one.metric_before),
            metric(one.metric_after),
            latency(one.latency_ms),
            "ok" if one.ok else "FAILED",
        )
        for one in artifacts
    ]
    said = [
        element("p", f"{one.path.name}: {text}", class_=f"nns-found nns-{kind}")
        for one in artifacts
        for kind, texts in (("error", one.reasons), ("warning", one.notes))
        for text in texts
    ]
    return card(grid(titles, rows, right=(3, 4, 5, 6, 7)), said)
