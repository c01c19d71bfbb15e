"""The commands and the API that need TensorFlow: build, train, evaluate, predict, export, on one small network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tf

SPEC = """\
nnspec: 1
name: small
inputs: {x: [4]}
layers:
  - Dense: {units: 16, activation: relu}
  - Dense: {units: 2, activation: softmax}
data:
  source: {Csv: {path: rows.csv, target: side, task: classification}}
  split: {validation: 0.2, test: 0.2}
train:
  epochs: 12
  optimizer: {Adam: {learning_rate: 0.02}}
  loss: SparseCategoricalCrossentropy
  metrics: [SparseCategoricalAccuracy]
  seed: 3
export:
  - TFLite: {quantize: none, max_metric_drop: 0.0}
"""


def rows(count: int) -> str:
    """Four columns; the side is the sign of the first."""
    lines = ["a,b,c,d,side"]
    for number in range(count):
        a, b, c, d = ((number * step) % 17 / 8 - 1 for step in (3, 5, 7, 11))
        lines.append(f"{a:.3f},{b:.3f},{c:.3f},{d:.3f},{'right' if a > 0 else 'left'}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("trained")
    (folder / "small.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "rows.csv").write_text(rows(300), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Any:
    """The network, trained once by the API."""
    import nnspec

    before = Path.cwd()
    os.chdir(folder)
    try:
        return nnspec.train("small.yaml")
    finally:
        os.chdir(before)


@pytest.fixture
def here(folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In the folder of the spec, with one trained run in it."""
    monkeypatch.chdir(folder)
    yield folder


@pytest.mark.long
def test_build_writes_a_file_that_plain_keras_loads(nnspec: Any, here: Path, tmp_path: Path) -> None:
    import keras

    place = tmp_path / "out.keras"
    ran = nnspec("build", "small.yaml", "--output", place, "--json")
    assert ran.code == 0
    model = keras.models.load_model(place)
    assert ran.json["params"] == model.count_params() == 114
    assert ran.json["path"] == str(place)
    assert [layer["output_shape"] for layer in ran.json["layers"]] == [[None, 16], [None, 2]]
    assert list(tmp_path.iterdir()) == [place]


def test_build_is_drawn_by_the_seed_of_the_spec(nnspec: Any, here: Path, tmp_path: Path) -> None:
    import keras

    import nnspec as api

    for number in (1, 2):
        nnspec("build", "small.yaml", "-o", tmp_path / f"{number}.keras")
    one, two = (keras.models.load_model(tmp_path / f"{number}.keras") for number in (1, 2))
    by_hand = api.build("small.yaml", seed=3)
    for first, second, third in zip(one.get_weights(), two.get_weights(), by_hand.get_weights(), strict=True):
        assert (first == second).all() and (first == third).all()


@pytest.mark.long
def test_tensorflow_says_nothing_of_its_own(here: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    arguments = ["build", "small.yaml", "-o", str(tmp_path / "a.keras")]
    code = f"import sys; from nnspec.cli.main import run; sys.exit(run({arguments!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "loading TensorFlow …\n")


def test_build_takes_no_other_ending(nnspec: Any, here: Path) -> None:
    ran = nnspec("build", "small.yaml", "-o", "model.h5")
    assert ran.code == 2 and ".keras" in ran.err


def test_build_into_a_folder_that_is_not_there(nnspec: Any, here: Path) -> None:
    ran = nnspec("build", "small.yaml", "-o", "nowhere/a.keras")
    assert ran.code == 1 and "Traceback" not in ran.err and "nowhere" in ran.err


@pytest.mark.long
def test_train_reports_json_and_progress_apart(nnspec: Any, here: Path) -> None:
    ran = nnspec("train", "small.yaml", "--json", "--set", "train.epochs=2", "--run", "runs/other")
    assert ran.code == 0
    assert {"run", "epochs", "steps", "metrics", "weights_sha256", "resumed_from"} <= set(ran.json)
    assert (ran.json["run"], ran.json["epochs"]) == ("runs/other", 2)
    assert "epoch 2/2" in ran.err
    assert (here / "runs/other/last.keras").is_file()
    quiet = nnspec("train", "small.yaml", "-q", "--set", "train.epochs=1", "--run", "runs/third")
    assert "epoch 1/1" not in quiet.err and "next: nnspec evaluate small.yaml" in quiet.out


@pytest.mark.long
def test_ctrl_c_saves_and_says_how_to_go_on(nnspec: Any, here: Path) -> None:
    import signal

    arguments = ["train", "small.yaml", "--run", "runs/stopped", "--set", "train.epochs=5000"]
    code = f"import sys; from nnspec.cli.main import run; sys.exit(run({arguments!r}))"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as training:
        assert training.stderr is not None
        for line in training.stderr:
            if line.startswith("epoch 2/"):
                break
        training.send_signal(signal.SIGINT)
        rest = training.stderr.read()
    assert training.returncode == 130
    assert "everything is saved in runs/stopped; resume with: nnspec train small.yaml --run runs/stopped" in rest
    assert "Traceback" not in rest
    record = json.loads((here / "runs/stopped/record.json").read_text())
    assert record["status"] == "interrupted"


def test_evaluate_says_what_training_said(nnspec: Any, here: Path, run: Any) -> None:
    ran = nnspec("evaluate", "small.yaml", "--json", "--split", "validation", "--run", run.run)
    assert ran.code == 0
    assert {"run", "metrics", "examples"} <= set(ran.json)
    assert ran.json["examples"] == 60
    best = json.loads((here / run.run / "metrics.jsonl").read_text().splitlines()[run.best["epoch"] - 1])
    assert ran.json["metrics"]["loss"] == pytest.approx(best["val_loss"], abs=1e-6)
    text = nnspec("evaluate", "small.yaml", "--run", run.run)
    assert "on test, 60 examples" in text.out and "sparse_categorical_accuracy" in text.out


def test_predict_files_rows_and_standard_input(nnspec: Any, here: Path, run: Any, monkeypatch: Any) -> None:
    import io

    (here / "new.csv").write_text("a,b,c,d\n0.9,0,0,0\n-0.9,0,0,0\n", encoding="utf-8")
    ran = nnspec("predict", "small.yaml", "new.csv", "--json", "--run", run.run)
    assert ran.code == 0
    assert [item["label"] for item in ran.json["predictions"]] == ["right", "left"]
    monkeypatch.setattr("sys.stdin", io.StringIO("a,b,c,d\n-0.9,0,0,0\n"))
    ran = nnspec("predict", "small.yaml", "-", "--run", run.run)
    assert ran.code == 0 and "left (" in ran.out
    ran = nnspec("predict", "small.yaml", "new.csv", "-o", "out.jsonl", "--run", run.run)
    lines = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    assert [line["label"] for line in lines] == ["right", "left"] and "out.jsonl: 2 predictions" in ran.out


def test_predict_answers_what_can_be_read(nnspec: Any, here: Path, run: Any) -> None:
    """Where the source leaves out what cannot be read; else one such example refuses all."""
    given = [json.dumps({"a": value, "b": 0, "c": 0, "d": 0}) for value in (0.9, "none of it", -0.9)]
    skipping = ["--run", run.run, "--set", "data.source.Csv.on_error=skip"]
    ran = nnspec("predict", "small.yaml", *given, *skipping, "--json")
    assert ran.code == 4 and not ran.json["ok"]
    assert [item["label"] for item in ran.json["predictions"]] == ["right", "left"]
    assert [item["input"] for item in ran.json["refused"]] == ["{'a': 'none of it', 'b': 0, 'c': 0, 'd': 0}"]
    text = nnspec("predict", "small.yaml", *given, *skipping)
    assert text.code == 4 and text.out.count("\n") == 2 and "error: " in text.err and "none of it" in text.err
    ran = nnspec("predict", "small.yaml", *given, "--run", run.run)
    assert ran.code == 4 and not ran.out and "none of it" in ran.err and "on_error: skip" in ran.err
    ran = nnspec("predict", "small.yaml", given[1], *skipping)
    assert ran.code == 4 and not ran.out


@pytest.mark.long
def test_export_proves_its_files(nnspec: Any, here: Path, run: Any) -> None:
    ran = nnspec("export", "small.yaml", "--json", "--run", run.run)
    assert ran.code == 0, ran.err
    (artifact,) = ran.json["artifacts"]
    assert {
        "target", "quantize", "path", "bytes", "ops", "flex_ops", "custom_ops", "fused_rnn_ops", "max_abs_diff",
        "metric_before", "metric_after", "latency_ms", "ok",
    } <= set(artifact)  # fmt: skip
    assert artifact["ok"] and artifact["metric_before"] == artifact["metric_after"] > 0.9
    assert artifact["path"] == str(run.run / "export" / "small.tflite") and Path(artifact["path"]).is_file()
    assert (here / run.run / "export" / "small.labels.txt").read_text() == "left\nright\n"
    text = nnspec("export", "small.yaml", "--run", run.run, "--output", "shipped", "--quantize", "dynamic")
    assert "dynamic" in text.out and (here / "shipped" / "small.tflite").is_file()


def test_a_gate_that_fails_is_exit_code_5(nnspec: Any, here: Path, run: Any) -> None:
    ran = nnspec("export", "small.yaml", "--run", run.run, "--set", "budget.tflite_bytes=1000", "--output", "tiny")
    assert ran.code == 5 and "FAILED" in ran.out and "the budget of TFLite files is 1,000" in ran.out
    assert [path.name for path in (here / "tiny").glob("*.tflite")] == ["small.failed.tflite"]


def test_without_a_run_it_says_to_train(nnspec: Any, here: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["evaluate"], ["export"]):
        ran = nnspec(*command, here / "small.yaml")
        assert ran.code == 1 and "train it first" in ran.err and "Traceback" not in ran.err


def test_commands_without_their_section(nnspec: Any, tiny: Path) -> None:
    for name, section in (("train", "train"), ("evaluate", "data"), ("export", "export"), ("data", "data")):
        ran = nnspec(name, tiny)
        assert ran.code == 3 and f"needs a `{section}:` section" in ran.err and f"    {section}:" in ran.err
    ran = nnspec("predict", tiny, tiny.parent, "--json")  # which takes arrays then
    assert (
        ran.code == 4
        and "it is a folder, and without a data section inputs are arrays in files" in ran.json["error"]["message"]
    )


def test_missing_data_is_exit_code_4(nnspec: Any, here: Path) -> None:
    for command in ("data", "train"):
        ran = nnspec(command, "small.yaml", "--set", "data.source.Csv.path=gone.csv")
        assert ran.code == 4 and "gone.csv" in ran.err
    ran = nnspec("data", "small.yaml", "--set", "data.source.Csv.path=gone.csv", "--json")
    assert ran.json["error"]["file"].endswith("gone.csv")


def test_data_is_looked_at_without_tensorflow(nnspec: Any, here: Path) -> None:
    ran = nnspec("data", "small.yaml", "--json")
    assert ran.code == 0
    assert {part: found["examples"] for part, found in ran.json["splits"].items()} == {
        "train": 180,
        "validation": 60,
        "test": 60,
    }
    assert ran.json["batch"]["tensors"]["x"]["shape"] == [32, 4]
