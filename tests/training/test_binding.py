"""After a training each input takes the feature that it was trained on: never the first, never by position."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnspec
from nnspec.cli.main import run as command
from nnspec.data.errors import DataError
from nnspec.runs.errors import TrainingError

pytestmark = pytest.mark.tf

CATS = """
nnspec: 1
name: cats
inputs: {b: {shape: [], dtype: int32}}
layers: [{Embedding: {input_dim: 3, output_dim: 4}}, {Dense: {units: 2, activation: softmax}}]
data:
  source: {Csv: {path: cats.csv, target: y, columns: {a: {encode: index}, b: {encode: index}}}}
  split: {validation: 0.2}
  batch_size: 8
train: {epochs: 12, optimizer: {Adam: 0.1}, loss: SparseCategoricalCrossentropy}
export: [SavedModel]
"""
PAIR = """
nnspec: 1
name: pair
inputs: {left: [2], right: {shape: [3], dtype: int32}}
layers:
  - {Embedding: {input_dim: 5, output_dim: 2}, name: words, from: right}
  - {Flatten: , name: flat, from: words}
  - {Concatenate: , name: both, from: [left, flat]}
  - {Dense: 1, name: score, from: both}
  - {Dense: {units: 2, activation: softmax}, name: kind, from: both}
outputs: {score: score, kind: kind}
data:
  source: {Arrays: {path: pair.npz, inputs: {left: l, right: r, other: o}, targets: {kind: k, score: s}}}
  split: {validation: 0.25}
  batch_size: 8
train: {epochs: 1, optimizer: {SGD: 0.05}, loss: {kind: SparseCategoricalCrossentropy, score: MeanSquaredError}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trained runs: `cats`, whose answer is in column b and not in a; `pair` with two inputs of three features."""
    folder = tmp_path_factory.mktemp("binding")
    draw = np.random.default_rng(0)
    b = draw.choice(["cat", "dog"], 80)
    rows = [
        f"{a},{b},{'meow' if b == 'cat' else 'woof'}" for a, b in zip(draw.choice(["red", "green"], 80), b, strict=True)
    ]
    (folder / "cats.csv").write_text("a,b,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "cats.yaml").write_text(CATS, encoding="utf-8")
    left, right = draw.normal(size=(40, 2)).astype("float32"), draw.integers(0, 5, (40, 3))
    np.savez(folder / "pair.npz", l=left, r=right, o=left, k=draw.integers(0, 2, 40), s=left[:, :1])
    (folder / "pair.yaml").write_text(PAIR, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        nnspec.train("cats.yaml", run="runs/cats")
        nnspec.train("pair.yaml", run="runs/pair")
    return folder


@pytest.fixture(autouse=True)
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    return home


@pytest.mark.long
def test_the_answer_follows_the_column_that_was_trained_on() -> None:
    rows = [{"a": a, "b": b} for a in ("red", "green") for b in ("cat", "dog")]
    found = nnspec.predict("cats.yaml", rows, run="runs/cats")
    assert [item["label"] for item in found] == ["meow", "woof"] * 2
    assert json.loads(Path("runs/cats/record.json").read_text())["binding"] == {
        "inputs": {"b": "b"},
        "outputs": {"dense": "y"},
    }
    assert nnspec.predict("cats.yaml", {"b": "cat", "a": "red"}, run="runs/cats")[0]["label"] == "meow"
    assert nnspec.evaluate("cats.yaml", run="runs/cats")["metrics"]["accuracy"] == 1.0


def test_inspect_and_the_command_line_take_the_same(capsys: Any) -> None:
    assert command(["predict", "cats.yaml", '{"a": "red", "b": "dog"}', "--run", "runs/cats"]) == 0
    assert "woof" in capsys.readouterr().out
    assert command(["predict", "pair.yaml", "--run", "runs/pair", '{"left": [1, 2], "right": [0, 1, 4]}']) == 4
    assert "example 1 has no 'other'" in capsys.readouterr().err


def test_a_run_of_an_older_version_is_read_by_names_or_refused(home: Path) -> None:
    record = Path("runs/cats/record.json")
    kept = record.read_text()
    try:
        record.write_text(json.dumps({name: value for name, value in json.loads(kept).items() if name != "binding"}))
        assert nnspec.predict("cats.yaml", [{"a": "red", "b": "dog"}], run="runs/cats")[0]["label"] == "woof"
        changed = json.loads(kept) | {"binding": {"inputs": {"b": "colour"}, "outputs": {"dense": "y"}}}
        record.write_text(json.dumps(changed))
        with pytest.raises(TrainingError, match="`b` was trained on the feature `colour`"):
            nnspec.predict("cats.yaml", [{"a": "red", "b": "dog"}], run="runs/cats")
    finally:
        record.write_text(kept)


def example(**changes: Any) -> dict[str, Any]:
    return {"left": [0.5, -0.5], "right": [0, 1, 2], "other": [0, 0], **changes}


def test_several_inputs_and_outputs_go_by_name() -> None:
    one = nnspec.predict("pair.yaml", example(), run="runs/pair")[0]
    assert list(one) == ["input", "score", "kind"]
    turned = dict(reversed(example().items()))
    assert nnspec.predict("pair.yaml", [turned], run="runs/pair")[0]["score"] == one["score"]
    np.savez("new.npz", **{name: np.array([value] * 3) for name, value in example().items()})
    many = nnspec.predict("pair.yaml", ["new.npz"], run="runs/pair")
    assert len(many) == 3 and many[2]["score"]["values"] == pytest.approx(one["score"]["values"])
    model = nnspec.build("pair.yaml")
    model.load_weights("runs/pair/last.keras")
    inputs = {"left": np.array([[0.5, -0.5]]), "right": np.array([[0, 1, 2]])}
    expected = model(inputs)
    assert one["score"]["values"] == pytest.approx(np.asarray(expected["score"])[0].tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"left": [1, 2], "right": [0, 1, 2]}, "example 1 has no 'other'"),
        ({**example(), "extra": 1}, "'extra', which training did not have"),
        ({"left": [1, 2], "rigth": [0, 1, 2], "other": [0, 0]}, "is it 'rigth' of the example?"),
        (example(left=[1, 2, 3]), r"left has the shape \[3\], but training saw \[2\]"),
        (example(right=[0, 1, 1.5]), "example 1: 'right' holds 1.5, the network takes whole numbers"),
        (example(left=[float("nan"), 1]), "left: example 0 has nan"),
        (example(left=[[1, 2], [1]]), "left is no array"),
        ([0.5, 0.5], "one value, and the data have several features"),
    ],
)
def test_what_is_missing_extra_or_misnamed_is_named(given: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        nnspec.predict("pair.yaml", [given], run="runs/pair")


def test_a_row_that_lacks_a_column_is_not_filled_in() -> None:
    with pytest.raises(DataError, match="example 2 has no 'b'"):
        nnspec.predict("cats.yaml", [{"a": "red", "b": "cat"}, {"a": "red", "B": "cat"}], run="runs/cats")
    Path("rows.csv").write_text("a,c\nred,cat\n", encoding="utf-8")
    with pytest.raises(DataError, match="the file has no 'b'"):
        nnspec.predict("cats.yaml", ["rows.csv"], run="runs/cats")
    Path("rows.csv").write_text("a,b\nred,cat\nred\n", encoding="utf-8")
    with pytest.raises(DataError, match="1 cells, but the file has 2 columns"):
        nnspec.predict("cats.yaml", ["rows.csv"], run="runs/cats")


@pytest.mark.parametrize("given", [5, b"cat", None, np.float32(3)])
def test_what_holds_no_examples_is_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match="examples are"):
        nnspec.predict("cats.yaml", given, run="runs/cats")


def test_no_examples_have_no_answers() -> None:
    assert nnspec.predict("cats.yaml", [], run="runs/cats") == []


def test_evaluate_and_export_take_what_training_took(home: Path) -> None:
    """The data are given in another order, with names that say which is which."""
    swapped = PAIR.replace("{left: l, right: r, other: o}", "{other: o, right: r, left: l}")
    Path("swapped.yaml").write_text(swapped.replace("name: pair", "name: swapped"), encoding="utf-8")
    one = nnspec.evaluate("pair.yaml", run="runs/pair")["metrics"]
    assert nnspec.evaluate("swapped.yaml", run="runs/pair")["metrics"] == pytest.approx(one)
