"""Whole numbers as targets: amounts where the loss fits numbers, classes where it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.data.facts import known
from nnspec.data.protocol import Facts
from nnspec.frontend.pipeline import check, load
from nnspec.frontend.spec import Spec

X = np.zeros((40, 4), "float32")
UNIQUE = np.arange(40) * 1000 - 20_000  # no class has a second example, and half of them are below 0


def spec_of(folder: Path, layer: str, train: str, data: str = "") -> Spec:
    path = folder / "net.yaml"
    path.write_text(
        f"nnspec: 1\ninputs: {{x: [4]}}\nlayers:\n  - Dense: {{{layer}}}\n"
        f"data: {{source: {{Arrays: {{path: d.npz}}}}, split: {{validation: 0.25}}{data}}}\ntrain: {{{train}}}\n",
        encoding="utf-8",
    )
    return load(path)


def facts_of(spec: Spec) -> Facts:
    return known(spec.required_data, spec.path.parent)


@pytest.mark.parametrize("loss", ["mse", "MeanAbsoluteError", "{Huber: {delta: 2}}", "LogCosh"])
def test_amounts_are_numbers_to_fit(loss: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=UNIQUE)
    facts = facts_of(spec_of(tmp_path, "units: 1", f"loss: {loss}"))
    assert facts.task == "regression" and facts.classes is None and facts.labels is None
    assert facts.columns is not None and facts.columns.targets["y"].dtype == "float32"
    assert facts.examples == {"train": 30, "validation": 10}


@pytest.mark.parametrize(
    "layer, train, data",
    [
        ("units: 2, activation: softmax", "loss: SparseCategoricalCrossentropy", ""),
        ("units: 1, activation: sigmoid", "loss: mse", ""),
        ("units: 1", "loss: Hinge", ""),
        ("units: 1", "{}", ""),
        ("units: 1", "loss: mse", ", classes: [no, yes]"),
        ("units: 1", "loss: mse, class_weight: {1: 2}", ""),
    ],
)
def test_what_is_said_or_read_as_classes_stays_so(layer: str, train: str, data: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=np.arange(40) % 2)
    facts = facts_of(spec_of(tmp_path, layer, train if train != "{}" else "epochs: 1", data))
    assert facts.task == "classification" and facts.classes == 2


@pytest.mark.parametrize("layer, told", [("units: 1", True), ("units: 1, activation: hard_sigmoid", False)])
def test_an_amount_is_no_answer_of_yes_or_no(layer: str, told: bool, tmp_path: Path) -> None:
    """`classes` make 0 and 1 an answer, MeanSquaredError draws to them, and yes is what is above 0."""
    np.savez(tmp_path / "d.npz", x=X, y=np.arange(40) % 2)
    spec_of(tmp_path, layer, "loss: mse", ", classes: [no, yes]")
    found = [one.code for one in check(tmp_path / "net.yaml").diagnostics]
    assert ("W0604" in found) is told


def test_one_value_is_not_fitted_to_the_numbers_of_classes(tmp_path: Path) -> None:
    """A lone target is that of both outputs: what is a class to one is no amount to the other."""
    np.savez(tmp_path / "d.npz", x=X, y=np.arange(40) % 3, kind=np.arange(40) % 3)
    path = tmp_path / "net.yaml"
    text = (
        "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - {Dense: 1, name: size}\n"
        "  - {Dense: {units: 3, activation: softmax}, name: kind, from: x}\noutputs: [size, kind]\n"
        "data: {source: {Arrays: {path: d.npz, targets: TARGETS}}}\n"
        "train: {loss: {size: mse, kind: SparseCategoricalCrossentropy}}\n"
    )
    path.write_text(text.replace("TARGETS", "y"), encoding="utf-8")
    assert [one.code for one in check(path).diagnostics] == ["E0702"]
    path.write_text(text.replace("TARGETS", "{size: y, kind: y}"), encoding="utf-8")
    assert check(path).ok


def test_the_loss_of_classes_takes_no_relu(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=np.arange(40) % 2)
    spec_of(tmp_path, "units: 2, activation: relu", "epochs: 1")
    assert "W0604" in [one.code for one in check(tmp_path / "net.yaml").diagnostics]


def test_each_of_several_targets_by_its_own_loss(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, price=UNIQUE, kind=np.arange(40) % 3)
    path = tmp_path / "net.yaml"
    path.write_text(
        "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - {Dense: 1, name: price}\n"
        "  - {Dense: {units: 3, activation: softmax}, name: kind, from: x}\noutputs: [price, kind]\n"
        "data: {source: {Arrays: {path: d.npz, targets: [price, kind]}}}\n"
        "train: {loss: {price: mse, kind: SparseCategoricalCrossentropy}}\n",
        encoding="utf-8",
    )
    facts = facts_of(load(path))
    assert facts.columns is not None
    assert {name: spec.dtype for name, spec in facts.columns.targets.items()} == {"price": "float32", "kind": "int32"}
