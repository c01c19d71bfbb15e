"""What `nnspec data` tells of how a network takes its features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest


def test_whole_numbers_that_a_network_takes_as_floats(
    nnspec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "d.npz", x=np.arange(6).reshape(3, 2), y=np.ones(3, "float32"))
    text = "nnspec: 1\ninputs: {x: INPUT}\nlayers: [{Dense: 1}]\n"
    text += "data: {source: {Arrays: {path: d.npz, inputs: x, targets: y}}}\n"
    for given, taken in (("[2]", "float32"), ("{shape: [2], dtype: int32}", None)):
        (tmp_path / "spec.yaml").write_text(text.replace("INPUT", given), encoding="utf-8")
        assert nnspec("data", "spec.yaml", "--json").json["features"]["x"].get("taken_as") == taken
        said = "x int32 [2], which the network takes as float32" in nnspec("data", "spec.yaml").out
        assert said == (taken is not None)
