"""The pages of runs in headless Chromium: they open without a network, nothing is cut, and markup stays text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from chromium import look

from nnspec.report.pages import compare_page, run_page

sys.path.append(str(Path(__file__).parent.parent / "report"))
from run_folders import labels, run_folder

pytestmark = pytest.mark.slow  # each starts a browser

EVIL = "<img src=x onerror=\"document.title='broken'\">"
TAGGING = {
    "part": "test", "examples": 1, "judged": 1,
    "tagging": {
        "accuracy": 0.5, "types": [{"label": "PER", "precision": 0.5, "recall": 1.0, "f1": 0.6667, "support": 1}],
        "errors": {"right": 1, "type": 0, "boundary": 1, "both": 0, "missed": 0, "invented": 0},
        "confused": [{"true": "PER", "predicted": "LOC", "count": 1}],
        "sentences": [{"words": ["Anna", EVIL], "true": ["B-PER", "O"], "predicted": ["B-PER", "B-LOC"]}],
    },
}  # fmt: skip
NUMBERS = {
    "part": "test", "examples": 3, "judged": 3,
    "numbers": {"targets": [{"name": "load", "mae": 0.1, "rmse": 0.2, "true": [1.0, 2.0, 3.0], "predicted": [1.1, 2.0, 2.8]}]},
}  # fmt: skip
EXPORTED = [
    {
        "path": "tiny.tflite",
        "target": "TFLite",
        "quantize": "int8",
        "bytes": 5000,
        "latency_ms": 0.1,
        "metric_before": 0.9,
        "metric_after": 0.5,
        "ok": False,
        "reasons": ["it lost 0.4"],
    }
]
DATA = {"splits": {"train": {"examples": 80, "labels": {"y": {"a": 40, EVIL: 40}}}}, "warnings": [EVIL]}
PROBE = """() => ({
  page: document.documentElement.scrollWidth, window: innerWidth, title: document.title, images: document.images.length,
  curves: document.querySelectorAll(".uplot canvas").length, headings: [...document.querySelectorAll("h2")].map((h) => h.textContent),
  rows: document.querySelectorAll("tbody tr").length, words: document.body.innerText,
})"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("results", [labels(["a", EVIL], EVIL), TAGGING, NUMBERS], ids=["labels", "tagging", "numbers"])
def test_the_page_of_a_run(tmp_path: Path, width: int, results: Any) -> None:
    folder = run_folder(tmp_path / "1", results=results, exported=EXPORTED, data=DATA, record={"status": "interrupted"})
    seen = look(run_page.write(folder), width=width, script=PROBE, dark=width == 390)
    found = seen.found
    assert seen.console == [] and found["page"] <= found["window"] == width
    assert found["headings"] == ["Training", "Results on test", "Exported files", "Data", "Network", "Record"]
    assert found["title"] == "tiny 1" and found["images"] == 0  # markup in labels stays text
    assert found["curves"] >= 3 and "interrupted" in found["words"] and "it lost 0.4" in found["words"]


def test_what_files_are_worth_over_their_size(tmp_path: Path) -> None:
    found = [
        {**EXPORTED[0], "bytes": size, "latency_ms": size / 1e4, "path": f"{tmp_path}/1/export/{size} %.tflite"}
        for size in (3000, 9000, 9001)
    ]
    found += [{**one, "way": f"{EVIL} {one['bytes']}", "ok": True} for one in found]
    found += [{"path": "x.savedmodel", "bytes": None, "latency_ms": None, "metric_after": None, "target": "SavedModel"}]
    page = run_page.write(run_folder(tmp_path / "1", exported=found))
    probe = PROBE.replace(
        "rows:",
        "points: document.querySelectorAll('circle title').length, links: [...document.links].map((one) => [one.getAttribute('href'), one.innerText]),"
        "lines: [...document.querySelector('svg[role=img]').querySelectorAll('circle + text')].map((one) => Number(one.getAttribute('y'))), rows:",
    )
    seen = look(page, width=390, script=probe)
    assert seen.console == [] and seen.found["points"] == 6 and seen.found["images"] == 0
    assert seen.found["links"][0] == ["export/3000%20%25.tflite", "export/3000 %.tflite"]
    first, second, third = seen.found["lines"]  # two names in one place stand above one another
    assert first == second == third + 11
    assert "Files that a search has tried" in seen.found["headings"] and "within the bounds" in seen.found["words"]
    assert seen.found["page"] <= seen.found["window"]


def test_a_thousand_epochs_and_classes(tmp_path: Path) -> None:
    names = [f"class {number}" for number in range(1000)]
    data = {"splits": {"train": {"examples": 10_000, "labels": {"y": dict.fromkeys(names, 10)}}}, "warnings": []}
    page = run_page.write(run_folder(tmp_path / "1", epochs=1000, results=labels(names), data=data))
    assert page.stat().st_size < 1_000_000
    seen = look(page, script=PROBE)
    assert seen.console == [] and seen.found["rows"] > 1000 and seen.found["curves"] == 3


def test_a_page_without_metrics(tmp_path: Path) -> None:
    seen = look(run_page.write(run_folder(tmp_path / "1", epochs=0)), script=PROBE)
    assert seen.console == [] and "No epoch is done yet" in seen.found["words"]


@pytest.mark.parametrize("width", [1280, 390])
def test_runs_side_by_side(tmp_path: Path, width: int) -> None:
    folders = [run_folder(tmp_path / name, epochs=epochs) for name, epochs in (("1", 3), ("2", 5))]
    page = tmp_path / "both.html"
    page.write_text(compare_page.page(compare_page.contents(folders)), encoding="utf-8")
    cut = "cut: [...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth).length, rows:"
    seen = look(page, width=width, script=PROBE.replace("rows:", cut))
    assert seen.console == [] and seen.found["page"] <= seen.found["window"] == width and seen.found["cut"] == 0
    assert seen.found["headings"] == ["Scores", "Curves"] and seen.found["curves"] == 2


TRUST = """() => {
  const kept = [], press = (place, name) => [...place.querySelectorAll("button")].find((one) => one.textContent === name).click();
  window.Blob = class { constructor(parts) { kept.push(parts.join("")); } };
  URL.createObjectURL = () => "#";
  const chart = document.querySelector(".chart"), matrix = document.querySelector("table.matrix"), shares = matrix.innerText;
  ["CSV", "log", "SVG"].forEach((name) => press(chart, name));
  press(matrix.parentElement.parentElement, "counts");
  return {shares, counts: matrix.innerText, charts: document.querySelectorAll(".uplot").length, words: document.body.innerText, csv: kept[0],
    lines: new DOMParser().parseFromString(kept[1], "image/svg+xml").querySelectorAll("polyline").length, page: document.documentElement.scrollWidth};
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_how_far_to_trust_it_is_drawn_and_charts_are_taken_away(tmp_path: Path, width: int) -> None:
    results = labels(["cat", "dog"])
    question = {"roc_auc": 0.75, "average_precision": 0.7, "threshold": 0.4, "f1": 0.8}
    question |= {"roc": [[0, 0], [0, 0.5], [1, 1]], "precision_recall": [[0.5, 1], [1, 0.5]]}
    bins = [{"confidence": 0.6, "accuracy": 0.5, "count": 4}, {"confidence": 0.9, "accuracy": 1, "count": 6}]
    results["labels"] |= {"yes_or_no": question, "calibration": {"error": 0.1, "bins": bins}}
    folder = run_folder(tmp_path / "1", results=results, record={"status": "complete"})
    seen = look(run_page.write(folder), width=width, script=TRUST)
    found = seen.found
    assert seen.console == [] and found["page"] <= width
    assert "%" in found["shares"] and "%" not in found["counts"]
    assert "ROC, area 0.7500" in found["words"] and "Calibration, off by 10.0\u00a0%" in found["words"]
    assert f"nnspec evaluate {folder.path}" in found["words"]
    header, *rows = found["csv"].splitlines()
    assert header == '"epoch","training","validation"' and len(rows) == 3 and rows[0].startswith("1,1,")
    assert found["lines"] == 2 and found["charts"] >= 4


DRAG = """() => {
  const chart = document.querySelector(".chart"), over = chart.querySelector(".u-over"), before = !!chart.querySelector(".all");
  const box = over.getBoundingClientRect();
  const send = (type, x, target = over) => target.dispatchEvent(new MouseEvent(type, {bubbles: true, clientX: box.left + x * box.width, clientY: box.top + 30, button: 0, buttons: 1, movementX: 9}));
  send("mousemove", .3); send("mousedown", .3); send("mousemove", .5); send("mousemove", .7); send("mouseup", .7, document);
  const button = chart.querySelector(".all");
  button?.click();
  return [before, !!button, !!chart.querySelector(".all")];
}"""


def test_a_part_of_a_chart_is_enlarged(tmp_path: Path) -> None:
    seen = look(run_page.write(run_folder(tmp_path / "1", epochs=30)), script=DRAG)
    assert seen.console == [] and seen.found == [False, True, False]


PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def test_examples_right_and_wrong_and_those_of_training(tmp_path: Path) -> None:
    results = labels(["a", "b"])
    right = {**results["labels"]["confident"][0], "true": "a", "predicted": "a", "of_true": 0.9, "picture": PIXEL}
    results["labels"]["right"] = [right]
    data = {**DATA, "first_batch": [{"picture": PIXEL, "label": EVIL}, {"picture": "https://x/y.png", "label": None}]}
    seen = look(run_page.write(run_folder(tmp_path / "1", results=results, data=data)), script=PROBE)
    assert seen.console == [] and seen.found["images"] == 2
    assert "Right, spread over the data" in seen.found["words"]
    assert "The first training batch" in seen.found["words"] and EVIL in seen.found["words"]


WIDE = """() => ({
  page: document.documentElement.scrollWidth, window: innerWidth, words: document.body.innerText,
  heads: [...document.querySelectorAll("table.matrix tr:first-child th")].map((one) => one.textContent),
  cut: [...document.querySelectorAll("table:not(.matrix)")].filter((one) => one.offsetWidth > one.parentElement.clientWidth).length,
})"""


def test_long_names_and_a_loss_that_is_no_number(tmp_path: Path) -> None:
    names = [f"Quercus robur subspecies pedunculiflora variety {number} of the highlands" for number in range(12)]
    folder = run_folder(tmp_path / "1", epochs=2, results=labels(names), record={"status": "failed"})
    line = {"time": "2026-01-02T03:04:05+00:00", "seconds": 2.0, "steps": 30, "val_loss": float("nan")}
    folder.append_metrics({"epoch": 3, **line, "loss": float("nan")})
    seen = look(run_page.write(folder), width=390, script=WIDE, dark=True)
    found = seen.found
    assert seen.console == [] and found["page"] <= found["window"] == 390
    assert found["heads"] == ["", *map(str, range(1, 13))]  # cut names would all be the same
    assert "1 Quercus robur" in found["words"] and "no number from epoch 3 on" in found["words"]
    assert found["cut"] == 0
