"""The examples in Python: the API from end to end, and the package with a layer of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import nnspec

pytestmark = pytest.mark.tf

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.long
def test_the_api_from_check_to_export(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "python_api.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ok: True parameters: 61706" in done.stdout
    assert "prediction: 7" in done.stdout
    assert (tmp_path / "runs/lenet/1/export/lenet.tflite").is_file()


def test_the_custom_layer_computes_its_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES / "custom_layer"))
    spec = nnspec.load(EXAMPLES / "custom_layer/lenet_1998.yaml", plugins=["scaled_tanh"], requires=None)
    model = nnspec.build(spec)
    assert model.count_params() == 61_706
    layer = model.get_layer("scaled_tanh")
    x = np.linspace(-3, 3, 7, dtype=np.float32)
    np.testing.assert_allclose(layer(x), 1.7159 * np.tanh(2 / 3 * x), rtol=1e-6)
    assert type(layer).from_config(layer.get_config()).slope == layer.slope


def test_the_package_offers_what_the_spec_requires() -> None:
    import tomllib

    project = tomllib.loads((EXAMPLES / "custom_layer/pyproject.toml").read_text(encoding="utf-8"))["project"]
    offered = project["entry-points"]["nnspec.layers"]
    required = nnspec.load(EXAMPLES / "custom_layer/lenet_1998.yaml").check().diagnostics
    assert all(f"`{project['name']}`" in diagnostic.message for diagnostic in required)
    entry = EntryPoint("ScaledTanh", offered["ScaledTanh"], "nnspec.layers")
    assert (EXAMPLES / "custom_layer" / f"{entry.module}.py").is_file()
