"""`bench`: states, budget, costs, the table and the plot, on a small trained run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnspec
from nnspec.cli.main import run as command
from nnspec.export.benchmark import bench, every_quantization
from nnspec.export.run import choose_targets
from nnspec.layers.types import KindValue
from nnspec.report.text.benchmark import bench_plot, bench_table

pytestmark = pytest.mark.tf

SPEC = """\
nnspec: 1
name: small
inputs: {x: [16]}
layers:
  - {Dense: {units: 64, activation: relu}, name: hidden}
  - {Dense: {units: 2, activation: softmax}, name: answer}
data: {source: {Csv: {path: rows.csv, target: label}}, split: {validation: 0.2, test: 0.2}}
train: {epochs: 2, loss: SparseCategoricalCrossentropy}
export: [SavedModel, TFLite: {quantize: none}]
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    rows = [[*(str((row * (column + 3)) % 17) for column in range(16)), "ab"[row % 2]] for row in range(120)]
    header = [*(f"c{column}" for column in range(16)), "label"]
    (folder / "rows.csv").write_text("".join(",".join(row) + "\n" for row in [header, *rows]))
    path = folder / "small.yaml"
    path.write_text(SPEC)
    nnspec.train(path, run=folder / "run")
    return path


@pytest.mark.long
def test_every_form_is_made_measured_and_told(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = spec.parent / "run"
    assert command(["bench", str(spec), "--run", str(place), "--all", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    states = {row["name"]: row["state"] for row in found["rows"]}
    assert states["small"] == "passed"  # the SavedModel
    assert states["small-none"] == states["small-int8"] == states["small-dynamic"] == "passed"
    assert set(states) == {
        "small",
        *(f"small-{kind}" for kind in ("none", "float16", "dynamic", "int8", "int16x8", "int8x4", "int4")),
    }
    cost = next(row["cost"] for row in found["rows"] if row["name"] == "small-none")
    assert 0 < cost["median_ms"] <= cost["p95_ms"]
    assert 0 < cost["memory"] < 1e9
    assert cost["runs"] >= 5
    assert Path(found["plot"]) == place / "bench.png"
    assert (place / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert (place / "bench" / "small-int8.tflite").is_file()


@pytest.mark.long
def test_the_budget_gates(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    over = ["--set", "budget={latency_ms: 0.000001, memory_bytes: 1, tflite_bytes: 10K}"]
    assert command(["bench", str(spec), "--run", str(spec.parent / "run"), *over]) == 5
    text = capsys.readouterr().out
    assert "the median latency is" in text
    assert "bytes of memory; the budget is 1" in text
    assert "passed, over budget" in text
    assert "budget of TFLite files" not in text


@pytest.mark.parametrize(
    ("plot", "says"), [("x.gif", "none of .png, .svg, .pdf"), ("nowhere/x.png", "no folder `nowhere`")]
)
def test_a_plot_that_cannot_be_drawn_is_refused_before_anything_is_measured(
    plot: str, says: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["bench", str(spec), "--run", str(spec.parent / "none"), "--plot", plot]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.long
def test_what_cannot_be_made_is_a_row_and_what_is_wrong_is_not_passed(spec: Path, tmp_path: Path) -> None:
    found = nnspec.load(spec).spec
    targets = [
        KindValue("TFLite", {"quantize": "dynamic", "length": 3}),
        KindValue("TFLite", {"quantize": "float16", "max_metric_drop": 0}),
    ]
    told = []
    rows = bench(found, spec.parent / "run", targets, None, told.append)
    assert told == rows
    assert [row.state for row in rows] == ["failed", "passed"]
    assert "fixes nothing" in rows[0].reasons[0]
    table = bench_table(rows, 120)
    assert "failed" in table
    assert "Keras itself: " in table
    assert bench_plot(rows[:1], tmp_path / "none.png") is None
    svg = bench_plot(rows, tmp_path / "two.svg")
    assert svg is not None
    assert "<svg" in svg.read_text()


def test_every_quantization_of_the_specs_targets(spec: Path) -> None:
    found = nnspec.load(spec).spec
    made = every_quantization(
        choose_targets(found, ["TFLite", KindValue("TFLite", {"quantize": "int8", "io": "uint8"})])
    )
    kinds = [(target.args["quantize"], target.args.get("io")) for target in made]
    assert len(kinds) == len(set(kinds)) == 9
    assert ("int8", None) in kinds
    assert ("int8", "uint8") in kinds
    assert ("int16x8", "uint8") not in kinds
