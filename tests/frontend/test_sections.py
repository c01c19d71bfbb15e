"""The sections as values: what is left out has its default, what is written has its type."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nnspec.catalog.kinds import catalog
from nnspec.data.config import DataConfig
from nnspec.frontend.config import BY_OUTPUT, Budget, PhaseConfig, TrainConfig
from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

NETWORK = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 3, name: a}, {Dense: 3, name: b}]\n"
CSV = KindValue("Csv", {"path": str(Path("t.csv").absolute()), "target": "y"})


def spec_of(more: str = "") -> Spec:
    return load(Source.from_text(NETWORK + more, "net.yaml"))


def data_of(settings: str) -> DataConfig:
    return spec_of(f"data: {{source: {{Csv: {{path: t.csv, target: y}}}}, {settings}}}").required_data


def train_of(settings: str) -> TrainConfig:
    train = spec_of(f"train: {{loss: mse, {settings}}}").train
    assert train is not None
    return train


def test_what_is_left_out_has_its_default() -> None:
    assert data_of("") == DataConfig(CSV)
    assert data_of("batch_size: , split: , augment: , classes: , seed: ") == DataConfig(CSV)
    assert train_of("") == TrainConfig(loss="mse")
    assert train_of("epochs: , callbacks: , phases: , trainable: , precision: ") == TrainConfig(loss="mse")
    assert spec_of().budget == spec_of("budget: {params: }").budget == Budget()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("batch_size: 8, seed: 3, shuffle: false", {"batch_size": 8, "seed": 3, "shuffle": False}),
        ("classes: [1, b]", {"classes": ("1", "b")}),
        ("augment: [{GaussianNoise: 1}, {Dropout: 0.1}]", {"augment": ("GaussianNoise", "Dropout")}),
        ("split: {test: 0.1, validation: }", {"split": {"test": 0.1, "validation": None}}),
        ("moves: {y: points}", {"moves": {"y": "points"}}),
    ],
)
def test_data(settings: str, expected: dict[str, Any]) -> None:
    data = data_of(settings)
    found = {key: getattr(data, key) for key in expected}
    if "augment" in found:
        found["augment"] = tuple(value.kind for value in data.augment)
    assert found == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("checkpoint_every: 5min", {"checkpoint_every": None, "checkpoint_seconds": 300.0}),
        ("checkpoint_every: 20", {"checkpoint_every": 20, "checkpoint_seconds": None}),
        ("trainable: a", {"trainable": ("a",)}),
        ("trainable: [a, b]", {"trainable": ("a", "b")}),
        ("trainable: []", {"trainable": ()}),
        ("phases: [{epochs: 2, trainable: b}, {epochs: 3}]", {
            "epochs": 5, "phases": (PhaseConfig(2, ("b",)), PhaseConfig(3))
        }),
        ("phases: [{epochs: 1, optimizer: SGD}]", {"phases": (PhaseConfig(1, None, KindValue("SGD", {})),)}),
        ("callbacks: [TerminateOnNaN]", {"callbacks": (KindValue("TerminateOnNaN", {}),)}),
        ("optimizer: adam, class_weight: balanced", {"optimizer": "adam", "class_weight": "balanced"}),
        ("metrics: {b: [accuracy]}", {"metrics": {"b": ["accuracy"]}}),
    ],
)  # fmt: skip
def test_train(settings: str, expected: dict[str, Any]) -> None:
    train = train_of(settings)
    assert {key: getattr(train, key) for key in expected} == expected


@pytest.mark.parametrize("key", ["callbacks", "trainable", "epochs", "seed", "checkpoint_every", "metrics"])
def test_what_absent_data_would_tell_is_not_given_yet(key: str) -> None:
    data = "data: {source: {Csv: {path: t.csv, target: y}}}\n"
    spec = spec_of(f"{data}train: {{loss: mse, {key}: $data.classes}}")
    assert spec.training == TrainConfig(loss="mse")
    assert spec_of(f"{data}train: {{loss: mse, phases: [{{epochs: $data.classes}}]}}").training.phases
    assert spec_of(f"{data}budget: {{macs: $data.classes}}").budget == Budget()


def test_limits_are_numbers() -> None:
    budget = spec_of("budget: {params: 1.5K, latency_ms: 3}").budget
    assert budget == Budget(params=1500.0, latency_ms=3.0) and budget.is_measured
    assert not Budget(params=1.0).is_measured


def test_a_spec_without_sections_trains_by_the_defaults_and_has_no_data() -> None:
    spec = spec_of()
    assert spec.train is None and spec.training == TrainConfig()
    with pytest.raises(SpecError, match="has no `data:` section"):
        _ = spec.required_data


@pytest.mark.parametrize(("section", "kind"), [("data", DataConfig), ("train", TrainConfig), ("budget", Budget)])
def test_the_schema_and_the_values_have_the_same_settings(section: str, kind: type[Any]) -> None:
    schema = catalog().schema["properties"][section]["properties"]
    made = {"checkpoint_seconds", "numbers"}  # of `checkpoint_every`, and of the loss
    assert set(schema) == {field.name for field in fields(kind)} - made
    assert section != "train" or set(BY_OUTPUT) <= set(schema)


def test_the_schema_says_the_defaults() -> None:
    data, train = (catalog().schema["properties"][name]["properties"] for name in ("data", "train"))
    for schema, made in ((data, DataConfig(CSV)), (train, TrainConfig())):
        said = {key: value["default"] for key, value in schema.items() if "default" in value and key in names(made)}
        given = {key: getattr(made, key) for key in said}
        plain = {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}
        assert said == plain | ({} if schema is data else {"optimizer": "Adam"})
    assert TrainConfig().optimizer == KindValue("Adam", {})


def names(made: DataConfig | TrainConfig) -> set[str]:
    return {field.name for field in fields(made)} - {"checkpoint_every"}
