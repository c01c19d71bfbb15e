"""The networks for sounds: their sizes by hand, and the sounds that they train on."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

ROOT = Path(__file__).parents[2]
NORMALIZED = {10: 2 * 10 + 1, 20: 2 * 20 + 1}  # mean and variance of each, and a count
BATCH_NORMALIZED = 4 * 64
PARAMETERS = {
    "keyword_dscnn": NORMALIZED[10]
    + (10 * 4 * 64 + BATCH_NORMALIZED)
    + 4 * (3 * 3 * 64 + BATCH_NORMALIZED + 64 * 64 + BATCH_NORMALIZED)
    + (64 * 4 + 4),
    "keyword_lstm": NORMALIZED[20] + 4 * (20 * 32 + 32 * 32 + 32) + (32 * 4 + 4),
}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_size_by_hand(name: str, parameters: int) -> None:
    """And nothing in the spec is at odds with the data that the repository ships."""
    found = check(ROOT / f"specs/{name}.yaml")
    assert found.spec is not None and found.spec.param_count == parameters
    assert found.spec.budget.params == parameters
    assert not found.diagnostics


def test_a_second_at_the_rate_of_the_paper_fits_as_well() -> None:
    """49 frames of ten coefficients, which two strides halve; the paper has 2.7 M multiply-adds without a spectrogram."""
    given = {"params.sample_rate": "16000", "params.duration": "1", "budget": "null"}
    found = check(ROOT / "specs/keyword_dscnn.yaml", overrides=[f"{key}={value}" for key, value in given.items()])
    assert found.spec is not None
    shapes = {layer.name: found.spec.facts[layer.name].outputs for layer in found.spec.graph.layers}
    assert [str(size) for size in shapes["spectrogram"][0].shape[1:]] == ["49", "10"]  # type: ignore[index]
    whole, spectrogram = found.spec.macs, found.spec.facts["spectrogram"].macs
    assert whole is not None and spectrogram is not None
    assert 2.6e6 < whole - spectrogram < 2.8e6
