"""Every case of the world that trains, trained: to the numbers that it gives, and to finite ones."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from test_cases import parameters
from world import Case, cases

from nnspec.backend.lower import build
from nnspec.frontend.pipeline import load
from nnspec.runs.contents import WHOLE, read_metrics, read_record, read_whole
from nnspec.training.train import train

pytestmark = pytest.mark.tf

FULL = os.environ.get("NNSPEC_FULL") == "1"
ALL = [case for case in cases() if case.trains is not None]
# Each training takes seconds: by default those whose numbers are known, and each eighth of the others.
QUICK = [case for case in ALL if case.trains and not case.slow] + [
    case for case in ALL if not (case.trains or case.slow)
][::8]
TRAINED = ALL if FULL else QUICK
COUNTED = [case for case in cases() if case.params is not None and (FULL or case.params < 50_000)]


def test_there_are_some() -> None:
    assert len(ALL) > 150 and len(QUICK) > 30 and len(COUNTED) > 5


@pytest.mark.long
@pytest.mark.parametrize("case", parameters(TRAINED, "train"))
def test_case_trains(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    keras.backend.clear_session()
    result = train(load(case.build(tmp_path), case.small), run=tmp_path / "run")
    assert remarks_on(result.run) == []
    assert case.trains is not None
    for name, value in case.trains.items():
        assert result.metrics[name] == pytest.approx(value, abs=1e-4), name
    assert all(math.isfinite(number) for number in flat(result.metrics))
    assert all(np.isfinite(np.asarray(weight)).all() for weight in result.model.weights if weight.dtype != "string")


def remarks_on(run: Path) -> list[str]:
    """What the reader of run folders finds odd in one: nothing in what a training has written."""
    remarks: list[str] = []
    assert read_record(run, remarks)["status"] == "complete" and list(read_metrics(run, remarks))
    for name in WHOLE:
        read_whole(run, name, remarks)
    return remarks


def flat(metrics: Any) -> list[float]:
    return [number for value in metrics.values() for number in np.ravel(value).tolist()]


@pytest.mark.parametrize("case", parameters(COUNTED, "build"))
def test_keras_counts_the_same_parameters(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keras.backend.clear_session()
    assert build(load(case.build(tmp_path), case.overrides).graph).count_params() == case.params
