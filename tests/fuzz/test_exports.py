"""A few random networks in every form: ``python tests/fuzz/exports.py`` for many."""

from __future__ import annotations

from pathlib import Path

import pytest
from exports import difference, explored, explored_small
from small_networks import KINDS_DRAWN

from nnspec.export.examples import Case

pytestmark = pytest.mark.tf


@pytest.mark.parametrize("seed", [1])
@pytest.mark.long
def test_a_random_network_in_every_form(seed: int) -> None:
    findings, counts, met = explored(seed)
    assert not findings
    assert counts["none while: interpreter: passes"] == 1
    assert any(one.startswith("kind ") for one in met) and any(one.startswith("sequence ") for one in met)


def test_a_difference_is_found(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"no file of TFLite")
    assert difference(path, "interpreter", [Case("zeros", "extreme", {})], lambda features: {}, "none")


def test_a_small_network_of_any_kind() -> None:
    findings, counts, met = explored_small(KINDS_DRAWN.index("Dense"))
    assert not findings
    assert counts["none while: interpreter: passes"] == 1 and met["kind Dense"]
