"""What `nnspec diff` finds: settings by path, layers matched by what they are, wiring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click import unstyle

from nnspec.frontend.differences import ABSENT
from nnspec.frontend.pipeline import load
from nnspec.report.text.difference import Difference, Side, as_json, difference, text

BASE = """\
nnspec: 1
name: one
inputs: {x: [8, 8, 3]}
layers:
  - Conv2D: {filters: 4, kernel_size: 3, name: first}
  - {ReLU: , name: left}
  - {Sigmoid: , name: right, from: first}
  - {Subtract: , name: apart, from: [left, right]}
  - Flatten
  - Dense: 2
train: {epochs: 3, optimizer: {SGD: {learning_rate: 0.1}}, loss: MeanSquaredError}
"""
BASE = BASE.replace(
    "{filters: 4, kernel_size: 3, name: first}", "{filters: 4, kernel_size: 3}\n    name: first"
).replace("Sigmoid:", "Activation: sigmoid")


def compare(folder: Path, *changes: tuple[str, str], metrics: tuple[Any, Any] = ({}, {})) -> Difference:
    """The base against itself with some texts replaced."""
    changed = BASE
    for old, new in changes:
        assert old in changed
        changed = changed.replace(old, new)
    sides = []
    for name, content, found in (("a.yaml", BASE, metrics[0]), ("b.yaml", changed, metrics[1])):
        (folder / name).write_text(content, encoding="utf-8")
        sides.append(Side(name, load(folder / name), found))
    return difference(*sides)


def test_a_spec_does_not_differ_from_itself(tmp_path: Path) -> None:
    found = compare(tmp_path)
    assert found.same and not found.layers and not found.settings
    assert "the same network and settings" in unstyle(text(found, 80))


def test_names_and_descriptions_make_no_difference(tmp_path: Path) -> None:
    assert compare(tmp_path, ("name: one", "name: two\ndescription: another")).same


def test_settings_by_path(tmp_path: Path) -> None:
    found = compare(tmp_path, ("epochs: 3", "epochs: 5"), ("0.1}", "0.1, momentum: 0.9}"), ("[8, 8, 3]", "[9, 8, 3]"))
    assert found.settings == {
        "inputs.x": ("[8, 8, 3] float32", "[9, 8, 3] float32"),
        "train.epochs": (3, 5),
        "train.optimizer.SGD.momentum": (ABSENT, 0.9),
    }
    assert as_json(found)["settings"]["train.optimizer.SGD.momentum"] == [None, 0.9]


def test_another_kind_differs_whole(tmp_path: Path) -> None:
    found = compare(tmp_path, ("{SGD: {learning_rate: 0.1}}", "Adam"))
    assert found.settings == {"train.optimizer": ({"SGD": {"learning_rate": 0.1}}, "Adam")}
    assert "train.optimizer: {SGD: {learning_rate: 0.1}} → Adam" in unstyle(text(found, 80))


def test_a_layer_put_in_shifts_nothing_else(tmp_path: Path) -> None:
    found = compare(tmp_path, ("  - Flatten\n", "  - Dropout: 0.5\n  - Flatten\n"))
    assert [(change.what, change.right and change.right.kind) for change in found.layers] == [("added", "Dropout")]


def test_an_argument_changed_is_one_change(tmp_path: Path) -> None:
    found = compare(tmp_path, ("Dense: 2", "Dense: 3"))
    (change,) = found.layers
    assert (change.what, change.left and change.left.args, change.right and change.right.args) == (
        "changed",
        {"units": 2},
        {"units": 3},
    )
    assert found.totals["params"] == (112 + 2 * (6 * 6 * 4 + 1), 112 + 3 * (6 * 6 * 4 + 1))
    lines = unstyle(text(found, 80)).splitlines()
    assert any(line.startswith("- dense: Dense(units=2)") for line in lines)
    assert any(line.startswith("+ dense: Dense(units=3)") for line in lines)


def test_wiring_alone_is_seen(tmp_path: Path) -> None:
    found = compare(tmp_path, ("from: [left, right]", "from: [right, left]"))
    assert [change.what for change in found.layers] == ["rewired"]
    assert "from right, left" in unstyle(text(found, 80))


def test_metrics_side_by_side(tmp_path: Path) -> None:
    found = compare(tmp_path, metrics=({"loss": 0.5, "accuracy": 0.9}, {"loss": 0.25}))
    assert found.metrics == {"loss": (0.5, 0.25), "accuracy": (0.9, None)}
    row = next(line for line in unstyle(text(found, 80)).splitlines() if line.startswith("loss"))
    assert row.split() == ["loss", "0.5000", "0.2500", "-0.25"]
