"""A sequence that lost its steps: the hint names the recurrent layer that dropped them, whatever stands between."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

LOST = {
    "one after the other": "- LSTM: 4\n  - GRU: 4",
    "into both directions": "- LSTM: 4\n  - Bidirectional: {layer: {LSTM: 4}}",
    "out of both directions": "- Bidirectional: {layer: {LSTM: 4}}\n  - GRU: 4",
    "behind a dropout": "- LSTM: 4\n  - Dropout: 0.2\n  - LSTM: 4",
    "for every step": "- LSTM: 4\n  - TimeDistributed: {layer: {Dense: 3}}",
    "into a convolution": "- LSTM: 4\n  - Conv1D: {filters: 3, kernel_size: 3}",
    "into a pooling": "- GRU: 4\n  - BatchNormalization\n  - GlobalMaxPooling1D",
    "rounds of a loop": "- repeat: 2\n    layers: [{LSTM: 4}]",
    "joined with a sequence": "- parallel: [[{LSTM: 4}], [{GRU: {units: 4, return_sequences: true}}]]\n    merge: Concatenate",
}
OTHER = {
    "no sequence at all": "- Flatten\n  - LSTM: 4",
    "steps that are kept": "- LSTM: {units: 4, return_sequences: true}\n  - Flatten\n  - LSTM: 4",
}


def hint(folder: Path, layers: str) -> str | None:
    path = folder / "spec.yaml"
    path.write_text(f"nnspec: 1\ninputs: {{x: [20, 4]}}\nlayers:\n  {layers}\n", encoding="utf-8")
    [error] = check(path).diagnostics
    assert error.code == "E0601"
    return error.hint


@pytest.mark.parametrize("name", LOST)
def test_the_layer_that_dropped_the_steps_is_named(tmp_path: Path, name: str) -> None:
    found = hint(tmp_path, LOST[name])
    assert found is not None and "gives its last step alone" in found and "return_sequences: true" in found


@pytest.mark.parametrize("name", OTHER)
def test_no_recurrent_layer_is_blamed_for_what_it_did_not_do(tmp_path: Path, name: str) -> None:
    assert "return_sequences" not in (hint(tmp_path, OTHER[name]) or "")
