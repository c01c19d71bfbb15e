"""The specs of the repository: each is valid, within its budget, and of the size that its paper gives."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest
from zoo_specs import ROOT, checked, zoo_spec

SPECS = sorted([*ROOT.glob("specs/*.yaml"), *ROOT.glob("examples/*.yaml")])
PARAMETERS = {"lenet": 61_706, "vgg": 138_357_544, "rnn_sequence": 3_300}
MODELINE = "# yaml-language-server: $schema="


def test_there_are_specs() -> None:
    assert {"lenet", "vgg", "bilstm_ner", "rnn_sequence", "lstm_forecast"} <= {path.stem for path in SPECS}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_valid_complete_and_within_its_budget(path: Path) -> None:
    assert not checked(path).diagnostics
    spec = checked(path).spec
    assert spec is not None
    assert spec.description and spec.data and spec.train and spec.export
    assert spec.budget.params
    assert spec.param_count is not None and all(value is None or value > 0 for value in astuple(spec.budget))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_editor_finds_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(MODELINE)
    assert (path.parent / first.removeprefix(MODELINE)).is_file()


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_published_size(name: str, parameters: int) -> None:
    assert zoo_spec(name).param_count == parameters


def test_lenet_multiply_adds() -> None:
    """By hand: 28·28·6·25 + 10·10·16·150 + 400·120 + 120·84 + 84·10."""
    assert zoo_spec("lenet").macs == 117_600 + 240_000 + 48_000 + 10_080 + 840
