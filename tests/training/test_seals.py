"""Files of a run that are not what its training wrote: refused by name, by all that reads them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from training_specs import write_spec

import nnspec
from nnspec.evaluation.open_run import load_model, open_trained
from nnspec.evaluation.results import look_back
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.spec import Spec
from nnspec.report.pages.run_page import outline, record_exports
from nnspec.report.text.runs import described
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder
from nnspec.training.given_model import open_model
from nnspec.training.train import train

pytestmark = [pytest.mark.tf, pytest.mark.long]

SPEC = """\
name: net
inputs: {x: [2]}
layers: [Normalization, {Dense: {units: 2, activation: softmax}}]
data: {source: {Csv: {path: d.csv, target: y, scale: standard}}, batch_size: 4}
train: {epochs: 1, seed: SEED}
"""
ROWS = "a,b,y\n" + "".join(f"{a},{a * b},{'no' if (a + b) % 2 else 'yes'}\n" for a in range(4) for b in range(3))
Change = Callable[[Path, Path], object]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, of the same network and other seeds, and rows."""
    place = tmp_path_factory.mktemp("sealed")
    (place / "d.csv").write_text(ROWS)
    for name, seed in (("whole", "1"), ("other", "2")):
        train(write_spec(place, SPEC.replace("SEED", seed)), place / name)
    return place


@pytest.fixture
def place(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the data, which a run knows by its whole path, with a copy of the first run: `run`."""
    monkeypatch.chdir(trained)
    shutil.rmtree("run", ignore_errors=True)
    shutil.copytree("whole", "run")
    return trained


def spec(place: Path, *overrides: str) -> Spec:
    return write_spec(place, SPEC.replace("SEED", "1"), *overrides)


def swapped(name: str) -> Change:
    return lambda run, other: shutil.copy(other / name, run / name)


def written(name: str, text: str) -> Change:
    return lambda run, other: (run / name).write_text(text, encoding="utf-8")


def gone(name: str) -> Change:
    return lambda run, other: (run / name).unlink()


def learned(run: Path, other: Path) -> None:
    """Values of the right shape, which nothing but the record knows to be others."""
    found = json.loads((run / "learned.json").read_text())
    found["layers"]["normalization"]["mean"] = [1e3, -1e3]
    (run / "learned.json").write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (written("assets/labels.txt", "yes\nno\n"), "labels.txt is not what the training wrote"),
        (gone("assets/labels.txt"), "labels.txt is missing"),
        (written("assets/vocabulary.json", "{}"), "vocabulary.json is not of this run"),
        (swapped("best.keras"), "best.keras is not what the training wrote"),
        (gone("best.keras"), "best.keras is missing"),
        (learned, "learned.json is not what the training wrote"),
    ],
)
def test_a_file_that_is_another_is_refused(change: Change, says: str, place: Path) -> None:
    change(place / "run", place / "other")
    with pytest.raises(TrainingError, match=says):
        load_model(spec(place), Path("run"))
    with pytest.raises(TrainingError, match=says):
        train(spec(place, "train.epochs=2"), Path("run"))
    if "labels.txt" in says or "vocabulary" in says:
        with pytest.raises(SpecError, match=says):
            open_model(spec(place), "run", "initial_weights")


def test_what_pages_tell_is_compared_with_what_was_written(place: Path) -> None:
    """A changed number of an epoch, or of the results, would stand on the page as if it was measured."""
    assert [described(RunFolder(Path("run")))["remarks"], outline(RunFolder(Path("run")))["remarks"]] == [[], []]
    names = ("metrics.jsonl", "spec.yaml")
    for name in names:
        text = Path("run", name).read_text()
        Path("run", name).write_text(text.replace("1", "2"))
        said = f"{name} is not what nnspec wrote: its SHA-256 is another"
        assert [described(RunFolder(Path("run")))["remarks"], outline(RunFolder(Path("run")))["remarks"]] == [
            [said],
            [said],
        ]
        Path("run", name).write_text(text)
    Path("run/inputs.json").write_text('{"content": true, "files": {}}')
    with pytest.raises(TrainingError, match=r"inputs\.json is not what the training wrote"):
        train(spec(place, "train.epochs=2"), Path("run"))


def test_what_is_written_after_the_training_is_sealed_too(place: Path) -> None:
    trained = open_trained(spec(place), Path("run"))
    look_back(spec(place), Path("run"), trained.dataset, trained.binding)
    record_exports(RunFolder(Path("run")), [{"path": "run/best.keras", "target": "TFLite", "ok": True}])
    sealed = json.loads(Path("run/record.json").read_text())["files"]
    assert {"metrics.jsonl", "data.json", "inputs.json", "spec.yaml", "exported.json", "best.keras"} <= set(sealed)
    assert outline(RunFolder(Path("run")))["remarks"] == []
    Path("run/exported.json").write_text("[]")
    assert outline(RunFolder(Path("run")))["remarks"] == [
        "exported.json is not what nnspec wrote: its SHA-256 is another"
    ]


def test_a_checkpoint_of_another_run_is_refused(place: Path) -> None:
    shutil.rmtree("run/checkpoints")
    shutil.copytree("other/checkpoints", "run/checkpoints")
    with pytest.raises(TrainingError, match=r"step-\d+ is a checkpoint of another run than run"):
        train(spec(place, "train.epochs=2"), Path("run"))


def test_a_run_that_is_whole_goes_on_and_answers(place: Path) -> None:
    Path("run/last.keras").unlink()  # which nobody reads where there is a best one
    before = nnspec.predict(spec(place), [{"a": 1, "b": 2}], run="run")
    result = train(spec(place, "train.epochs=3"), Path("run"))
    assert result.epochs == 3
    after = nnspec.predict(spec(place, "train.epochs=3"), [{"a": 1, "b": 2}], run="run")
    assert before[0].keys() == after[0].keys()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"mean": [0, 1], "variance": [1, -1]}, "`normalization`: mean and variance do not go together"),
        ({"mean": [0, 1], "variance": [1]}, "`normalization`: mean and variance do not go together"),
        ({"mean": [0, 1, 2], "variance": [1, 1, 1]}, r"`normalization` has a mean of shape \[3\], and takes one of"),
        ({"mean": [0, "x"], "variance": [1, 1]}, "a value is no finite number"),
        ({"mean": [0, None], "variance": [1, 1]}, "a value is no finite number"),
        ({"mean": [[0], [1, 2]], "variance": [1, 1]}, "learned.json, what layers learned"),
        ({"vocabulary": ["a"]}, "learned.json, what layers learned"),
        ([1], "learned.json, what layers learned"),
        (None, "'normalization' is missing"),
    ],
)
def test_learned_values_that_no_layer_learns(values: object, says: str, place: Path) -> None:
    """Of a record that says nothing of its files, as a stranger may write it."""
    record = json.loads(Path("run/record.json").read_text())
    del record["files"]
    Path("run/record.json").write_text(json.dumps(record))
    Path("run/learned.json").write_text(json.dumps({"layers": {} if values is None else {"normalization": values}}))
    with pytest.raises(TrainingError, match=says):
        train(spec(place, "train.epochs=2"), Path("run"))


def test_numbers_are_compared_with_what_was_written(place: Path) -> None:
    record = json.loads(Path("run/record.json").read_text())
    assert set(record["files"]) >= {"assets/labels.txt", "assets/scaling.json", "learned.json", "best.keras"}
    assert record["files"]["best.keras"]["bytes"] == Path("run/best.keras").stat().st_size
    assert np.isfinite(json.loads(Path("run/learned.json").read_text())["layers"]["normalization"]["mean"]).all()
