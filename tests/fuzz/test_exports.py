"""A few random networks in every form: ``python tests/fuzz/exports.py`` for many."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import exports
import pytest
from covered import report
from exports import Trial, difference
from small_networks import KINDS_DRAWN

from nnspec.export.examples import Case
from nnspec.export.gate.verify import Verdict

pytestmark = pytest.mark.tf


@pytest.mark.parametrize("seed", [1])
@pytest.mark.long
def test_a_random_network_in_every_form(seed: int) -> None:
    findings, counts, met = Trial().whole(seed)
    assert not findings
    assert counts["none while: interpreter: passes"] == 1
    assert any(one.startswith("kind ") for one in met) and any(one.startswith("sequence ") for one in met)


def test_what_was_covered_is_told_against_what_there_is() -> None:
    met = Counter(
        {"kind ReLU": 2, "argument ReLU.max_value=6.0": 1, "sequence ReLU ReLU": 1, "input ReLU float32 3": 2}
    )
    told = list(report(met, ["ReLU", "Slice"], ["dtype", "trainable", "autocast"]))
    assert told[0].split()[:3] == ["1", "of", "2"] and told[3].split()[:3] == ["1", "of", "4"]
    assert told[4].split()[:3] == ["1", "of", "7"]  # of three of a ReLU, four of a Slice
    assert told[5:] == [
        "  kinds that were not met: Slice",
        "  arguments that were not met: ReLU.negative_slope, ReLU.threshold, Slice.axis, Slice.start, Slice.step, "
        "Slice.stop",
    ]


def test_a_difference_is_found(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"no file of TFLite")
    assert difference(path, "interpreter", [Case("zeros", "extreme", {})], lambda features: {}, "none")


@pytest.mark.long
def test_small_networks_are_tried_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of which the answers are others is tried again alone."""
    first = KINDS_DRAWN.index("Dense")
    trial = Trial(others=(exports.OTHERS[2],))
    findings, counts, met = trial.small([first, first + 1])
    assert not findings
    assert counts["none while: interpreter: passes"] == 2 and met["kind Dense"]
    monkeypatch.setattr(exports, "judge", lambda *_: Verdict(1.0, ("other answers",)))
    findings, counts, _ = trial.small([first, first + 1])
    assert sum("none while interpreter: other answers [Dense" in one for one in findings) == 1
    assert not any("passes" in one for one in counts)
