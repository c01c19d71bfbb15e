"""A run and a spec that was changed since: another network is refused, other data are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnspec.cli.main import run as command
from nnspec.frontend.pipeline import load
from nnspec.runs.errors import TrainingError
from nnspec.runs.record import spec_sha256, spec_text
from nnspec.runs.run_folder import RunFolder
from nnspec.runs.same_network import refuse_other_network

SPEC = """\
nnspec: 1
name: net
params: {units: 8, unused: 1}
inputs: {x: [4]}
layers:
  - {name: body, Dense: {units: $units, activation: relu, kernel_regularizer: {L2: 0.1}}}
  - Dropout: 0.5
  - {name: head, Dense: {units: $data.classes, activation: softmax}}
data: {source: {Arrays: {path: a.npz}}, classes: [a, b, c]}
train: {epochs: 2}
"""


@pytest.fixture
def trained(tmp_path: Path) -> RunFolder:
    """A run of the spec as its folder tells it, without a model."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    spec, folder = load(path), RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.spec.write_text(spec_text(spec))
    folder.write_record({"spec_sha256": spec_sha256(spec)})
    return folder


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("params.units=9", "`body` had units 8 and has 9 in the spec"),
        ("layers.0.Dense.activation=tanh", "`body` had activation relu and has tanh in the spec"),
        ("layers.0.Dense.kernel_regularizer=", "`body` had kernel_regularizer L2 and has nothing in the spec"),
        ("layers.1=BatchNormalization", "it has Dropout `dropout` where the spec has BatchNormalization"),
        ("inputs.x=[5]", "its inputs are others"),
        ("layers.2.name=top", "it has Dense `head` where the spec has Dense `top`"),
    ],
)
def test_another_network_is_refused(change: str, says: str, trained: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        refuse_other_network(load(tmp_path / "net.yaml", [change]), trained)
    assert f"{trained.path} was trained with another network: {says}" in str(caught.value)
    assert str(trained.spec) in str(caught.value)


def test_a_layer_more_is_another_network(trained: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC.replace("data:", "  - Dense: 2\ndata:"))
    with pytest.raises(TrainingError, match="it has 3 layers, the spec 4"):
        refuse_other_network(load(tmp_path / "net.yaml"), trained)


@pytest.mark.parametrize(
    "change", ["train.epochs=9", "data.batch_size=4", "data.classes=[a, b]", "params.unused=2", "export=[SavedModel]"]
)
def test_all_else_may_change(change: str, trained: RunFolder, tmp_path: Path) -> None:
    """Other data among it: what `$data.classes` comes to there says nothing of the run."""
    refuse_other_network(load(tmp_path / "net.yaml", [change]), trained)


@pytest.mark.parametrize("text", ["nnspec: 2\nlayers: [Dance: 3]\n", "{", ""])
def test_a_run_whose_spec_cannot_be_read_is_not_judged(text: str, trained: RunFolder, tmp_path: Path) -> None:
    trained.spec.write_text(text)
    refuse_other_network(load(tmp_path / "net.yaml", ["params.units=9"]), trained)


def test_the_commands_say_so_before_tensorflow_is_there(
    trained: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (trained.path / "best.keras").write_bytes(b"")
    from nnspec.cli import tensorflow_startup

    def imported(*_: Any) -> None:
        raise AssertionError("TensorFlow was imported")

    monkeypatch.setattr(tensorflow_startup, "import_tensorflow", imported)
    for name in ("evaluate", "export", "bench"):
        line = [name, str(tmp_path / "net.yaml"), "--run", str(trained.path), "--set", "params.units=9", "--json"]
        assert command([*line, *(["--set", "export=[SavedModel]"] if name == "export" else [])]) == 1
        found = json.loads(capsys.readouterr().out)
        assert "another network" in found["error"]["message"]
