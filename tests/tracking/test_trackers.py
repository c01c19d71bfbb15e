"""The trackers themselves, where they are installed: MLflow with a database and with a server, W&B, TensorBoard."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from heard import Heard

from nnspec.console.progress import Plan
from nnspec.frontend.pipeline import load
from nnspec.runs.run_folder import RunFolder
from nnspec.tracking.telling import tell_of_exports, telling_trackers

SPEC = """
nnspec: 1
name: tiny
description: A small one.
inputs: {{x: [2]}}
layers: [{{Dense: 1}}]
data: {{source: {{Csv: {{path: table.csv, target: y}}}}}}
train: {{epochs: {epochs}, loss: MeanSquaredError, track: {name}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "WANDB_MODE", "WANDB_PROJECT", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    Path("table.csv").write_text("a,b,y\n" + "1,2,3\n2,1,4\n" * 10)
    return tmp_path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the machine itself can be connected to, and a try is a failure of the tracker."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


def run(name: str, epochs: range, status: str, total: int = 3) -> list[str]:
    """A training without TensorFlow: what one does to its folder and its reporter. Returns what was said."""
    Path("net.yaml").write_text(SPEC.format(epochs=total, name=name))
    spec, said = load(Path("net.yaml")), Heard()
    place = Path("runs/tiny/1")
    (place / "logs").mkdir(parents=True, exist_ok=True)
    (place / "spec.yaml").write_text("nnspec: 1\n")
    (place / "record.json").write_text(json.dumps({"status": "running", "monitor": "val_loss"}))
    with telling_trackers(said, spec) as watched:
        watched.begin(Plan(str(place), 3, 5))
        for epoch in epochs:
            line = {"epoch": epoch + 1, "time": "2026-01-01T00:00:00+00:00", "seconds": 0.5, "learning_rate": 0.1}
            with open(place / "metrics.jsonl", "a") as file:
                file.write(json.dumps({**line, "loss": 0.5 / (epoch + 1), "val_loss": 1 / (epoch + 1)}) + "\n")
            watched.epoch(epoch, {}, 0.5)
        (place / "report.html").write_text("<html></html>")
        (place / "record.json").write_text(json.dumps({"status": status, "monitor": "val_loss"}))
    return [text for text in said.said if not text.endswith("is being told of the run")]


def mlflow_run(address: str) -> Any:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("tiny")
    assert experiment is not None
    [found] = client.search_runs([experiment.experiment_id])
    history = [(one.step, one.value) for one in client.get_metric_history(found.info.run_id, "val_loss")]
    files = sorted(one.path for one in client.list_artifacts(found.info.run_id))
    return found, history, files


def interrupted_and_resumed(address: str) -> None:
    assert run("mlflow", range(2), "interrupted", 2) == []
    found, history, _ = mlflow_run(address)
    assert found.info.status == "KILLED"
    assert history == [(1, 1.0), (2, 0.5)]
    assert run("mlflow", range(2, 3), "complete", 3) == []
    found, history, files = mlflow_run(address)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "tiny/1")
    assert history == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]
    assert files == ["metrics.jsonl", "record.json", "report.html", "spec.yaml"]
    assert found.data.params["train.loss"] == "MeanSquaredError"
    assert (found.data.params["train.epochs"], found.data.tags["resumed with train.epochs"]) == ("2", "3")
    assert found.data.tags["best_val_loss"].startswith("0.333")
    assert found.data.tags["mlflow.note.content"] == "A small one."


def exported_later() -> None:
    Path("tiny.tflite").write_bytes(b"net")
    spec, said = load(Path("net.yaml")), Heard()
    tell_of_exports(said, spec, RunFolder(Path("runs/tiny/1").absolute()), [Path("tiny.tflite").absolute()])
    assert [text for text in said.said if not text.endswith("is being told of the run")] == []


@pytest.mark.slow
def test_mlflow_in_a_database_beside(folder: Path, no_network: None) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="mlflow-skinny keeps no database")
    interrupted_and_resumed(f"sqlite:///{folder}/mlflow.db")
    exported_later()
    found, history, files = mlflow_run(f"sqlite:///{folder}/mlflow.db")
    assert found.info.status == "FINISHED" and len(history) == 3
    assert files == ["metrics.jsonl", "record.json", "report.html", "spec.yaml", "tiny.tflite"]


@pytest.mark.slow
def test_mlflow_whose_database_sends_files_elsewhere(folder: Path, no_network: None) -> None:
    """The current folder, with the database in it, may be a stranger's."""
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="mlflow-skinny keeps no database")
    from mlflow.tracking import MlflowClient

    elsewhere = folder.parent / f"{folder.name}-elsewhere"
    client = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
    client.create_experiment("tiny", artifact_location=elsewhere.as_uri())
    [*_, told] = run("mlflow", range(1), "complete")
    assert "put elsewhere" in told
    assert not elsewhere.exists()


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = folder.parent / f"{folder.name}-server"
    store.mkdir()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{store}/server.db", "--artifacts-destination", str(store / "files")]
    with open(store / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=store, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2)
                break
            except OSError:
                assert process.poll() is None, (store / "log").read_text()
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@pytest.mark.proof
def test_mlflow_on_a_server_that_the_environment_names(
    server: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("flask", reason="there is no MLflow server here")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    interrupted_and_resumed(server)
    assert not (folder / "mlflow.db").exists()


@pytest.mark.slow
def test_wandb_offline_in_the_current_folder(folder: Path, no_network: None) -> None:
    """Settings of the folder do not say what is reached."""
    pytest.importorskip("wandb", reason="wandb is not installed")
    Path("wandb").mkdir()
    Path("wandb/settings").write_text("[default]\nmode = online\nbase_url = http://198.51.100.1\n")
    assert run("wandb", range(2), "interrupted") == []
    assert run("wandb", range(2, 3), "complete") == []
    first, second = sorted(Path("wandb").glob("offline-run-*"))
    assert first.name.rpartition("-")[2] == second.name.rpartition("-")[2]
    assert (second / "files" / "report.html").read_text() == "<html></html>"
    assert {record[0] for record in histories(second)} == {3}
    assert histories(first) == [(1, 1.0), (2, 0.5)]


def histories(folder: Path) -> list[tuple[int, float]]:
    """Steps and `val_loss` of the epochs in W&B's own log."""
    from wandb.proto import wandb_internal_pb2 as proto

    [file] = folder.glob("*.wandb")
    found = []
    for text in records(file.read_bytes()):
        record = proto.Record.FromString(text)
        if record.WhichOneof("record_type") == "history":
            values = {item.key or ".".join(item.nested_key): item.value_json for item in record.history.item}
            found.append((int(values["_step"]), float(values["val_loss"])))
    return found


def records(log: bytes) -> Iterator[bytes]:
    """Those of a log in LevelDB's format: blocks of 32 KiB, in which parts of records have a header of seven bytes."""
    at, whole = 7, b""
    while at + 7 <= len(log):
        left = 32768 - at % 32768
        _, length, part = struct.unpack_from("<IHB", log, at)
        if left < 7 or part == 0:
            at += left
            continue
        whole += log[at + 7 : at + 7 + length]
        at += 7 + length
        if part in (1, 4):  # whole, or the last part
            yield whole
            whole = b""


@pytest.mark.tf
def test_tensorboard_has_the_settings(folder: Path, no_network: None) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    assert run("tensorboard", range(2), "interrupted") == []
    assert run("tensorboard", range(2, 3), "complete") == []
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    read = EventAccumulator("runs/tiny/1/logs")
    read.Reload()
    text = read.Tensors("settings")
    assert len(text) == 1
    assert b"| train.loss | MeanSquaredError |" in text[0].tensor_proto.string_val[0]
    stored = read.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    data = plugin_data_pb2.HParamsPluginData.FromString(stored)
    assert data.session_start_info.hparams["train.epochs"].number_value == 3
    best = read.Tensors("best_val_loss")[-1].tensor_proto
    assert struct.unpack("<f", best.tensor_content)[0] == pytest.approx(1 / 3)
