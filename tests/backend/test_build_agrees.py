"""What `check` says and what Keras builds: the same parameters, shapes and types, for every valid spec."""

from __future__ import annotations

import math
from pathlib import Path

import keras
import pytest
from families import one_of_each

from nnspec.backend.lower import build
from nnspec.frontend.pipeline import check
from nnspec.frontend.spec import keras_name
from nnspec.layers.types import TensorSpec

pytestmark = pytest.mark.tf

ROOT = Path(__file__).parent.parent.parent
SPECS = [*sorted((ROOT / "tests/specs/valid").glob("*.yaml")), *sorted((ROOT / "specs").glob("*.yaml"))]


def known(spec: TensorSpec) -> tuple[tuple[int | None, ...], str]:
    return tuple(size if isinstance(size, int) else None for size in spec.shape), spec.dtype


@pytest.fixture
def zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are not drawn: VGG-19 has 144 million, and only their number counts here."""
    initializers = keras.initializers
    for kind in (
        initializers.VarianceScaling,
        initializers.RandomNormal,
        initializers.TruncatedNormal,
        initializers.Orthogonal,
    ):
        monkeypatch.setattr(kind, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype))


@pytest.mark.usefixtures("zeros")
@pytest.mark.parametrize("path", one_of_each(SPECS), ids=lambda path: path.stem)
def test_check_and_keras_agree(path: Path) -> None:
    checked = check(path, ["params.width=8", "params.hidden=8"] if path.stem == "vgg" else [])
    spec = checked.spec
    assert spec is not None, "\n".join(str(diagnostic) for diagnostic in checked.diagnostics)
    if spec.param_count is None:
        pytest.skip("its sizes depend on data that are not there")
    keras.backend.clear_session()
    model = build(spec.graph)
    assert model.count_params() == spec.param_count
    assert sum(math.prod(weight.shape) for weight in model.trainable_weights) == spec.trainable_param_count
    for layer in spec.graph.layers:
        fact = spec.facts[layer.name]
        if layer.shares or fact.outputs is None:
            continue
        outputs = model.get_layer(keras_name(layer.name)).output
        found = outputs if isinstance(outputs, list | tuple) else [outputs]
        assert [known(output) for output in fact.outputs] == [(tuple(o.shape), o.dtype) for o in found], layer.name
