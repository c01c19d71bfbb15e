"""The Python file of a spec builds the network that nnspec builds, without nnspec."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from families import one_of_each

import nnspec
from nnspec.backend.kinds import kind_class
from nnspec.backend.lower import arguments_of_call
from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.backend.own_layers.registry import EXTRA_LAYERS
from nnspec.catalog.kinds import catalog
from nnspec.codegen.python_code import own_files, python_code
from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.pipeline import load
from nnspec.layers import KINDS

pytestmark = pytest.mark.tf

ROOT = Path(__file__).parent.parent.parent
LARGE = 30_000_000  # parameters; larger networks are built with NNSPEC_FULL=1
SPECS = [*sorted(ROOT.glob("specs/*.yaml")), *sorted(ROOT.glob("tests/specs/valid/*.yaml"))]


def run(code: str) -> dict[str, Any]:
    found: dict[str, Any] = {"__name__": "written"}
    exec(compile(code, "written.py", "exec"), found)
    return found


def layers(model: Any) -> list[Any]:
    """Configurations and wiring; where a class is registered again its module is another."""
    config = model.get_config()
    for layer in config["layers"]:
        layer.pop("module"), layer.pop("registered_name")
    return [config["layers"], config["input_layers"], config["output_layers"]]


@pytest.mark.long
@pytest.mark.parametrize("path", one_of_each(SPECS), ids=lambda path: path.stem)
def test_the_same_network(path: Path) -> None:
    spec = nnspec.load(path).spec
    if (spec.param_count or 0) > LARGE and not os.environ.get("NNSPEC_FULL"):
        pytest.skip("large: NNSPEC_FULL=1")
    try:
        code = python_code(spec)
    except SpecError as error:
        assert "which only the data can tell" in str(error)
        return
    assert max(map(len, code.splitlines())) < 240
    with keras.utils.CustomObjectScope({}):
        keras.backend.clear_session()
        written = run(code)["build"]()
    keras.backend.clear_session()
    assert layers(written) == layers(nnspec.build(spec))
    for kind, found in EXTRA_LAYERS.items():  # the file has registered its own under these names
        keras.saving.register_keras_serializable("nnspec", kind)(found)


def test_the_same_outputs_and_settings() -> None:
    spec = nnspec.load(ROOT / "specs/lenet.yaml").spec
    model = run(python_code(spec))["compiled"]()
    ours = nnspec.build(spec)
    model.set_weights(ours.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (2, 28, 28, 1)).astype("float32")
    assert np.array_equal(model(images), ours(images))
    assert type(model.optimizer).__name__ == "Adam" and model.loss.name == "sparse_categorical_crossentropy"


def test_metrics_given_once_are_those_of_each_output() -> None:
    text = """
nnspec: 1
inputs: {x: [4]}
layers: [{Dense: 1, name: a}, {Dense: 1, name: b, from: x}]
outputs: [a, b]
train: {loss: mse, metrics: [mae], weighted_metrics: {b: [mse]}}
"""
    model = run(python_code(load(Source.from_text(text))))["compiled"]()
    x, y = np.ones((2, 4), "float32"), np.ones((2, 1), "float32")
    found = model.evaluate(x, {"a": y, "b": y}, return_dict=True, verbose=0)
    assert {"a_mae", "b_mae", "b_mse"} <= found.keys() and "a_mse" not in found


def test_what_learns_and_what_is_not_in_the_file() -> None:
    text = """
nnspec: 1
inputs: {x: [4]}
layers: [{Dense: 3, name: dict}, {Dense: 3, name: range}, {Add: , from: [dict, range]}, {Dense: 2, name: out}]
train: {loss: MeanSquaredError, trainable: [out, d*], class_weight: {a: 2}, initial_weights: old.keras}
"""
    code = python_code(load(Source.from_text(text)))
    model = run(code)["compiled"]()
    assert [layer.name for layer in model.layers if layer.trainable and layer.weights] == ["dict", "out"]
    assert "weighs the classes (`class_weight`)" in code and "(`initial_weights`)" in code and "`phases`" not in code


@pytest.mark.parametrize("metric", ["MeanAbsoluteError", "mae", "{MeanAbsoluteError: {name: far}}"])
def test_a_metric_without_a_list(metric: str) -> None:
    text = f"nnspec: 1\ninputs: {{x: [4]}}\nlayers: [{{Dense: 1}}]\ntrain: {{loss: mse, metrics: {metric}}}\n"
    model = run(python_code(load(Source.from_text(text))))["compiled"]()
    found = model.evaluate(np.ones((2, 4), "float32"), np.ones((2, 1), "float32"), return_dict=True, verbose=0)
    assert len(found) == 2


@pytest.mark.long
def test_it_runs_without_nnspec(tmp_path: Path) -> None:
    path = tmp_path / "jordan.py"
    path.write_text(python_code(nnspec.load(ROOT / "specs/jordan.yaml").spec), encoding="utf-8")
    block = "import sys, runpy; sys.modules['nnspec'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", block, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Total params" in done.stdout


def test_the_table_of_calls_is_keras_own() -> None:
    """Which layers take several tensors one by one, as `lower` finds it in their signatures."""
    one_by_one = set()
    for kind in (kind for kind, record in KINDS.items() if record.rule is not None):
        parameters = inspect.signature(kind_class("layer", kind).call).parameters
        if "initial_state" in parameters:
            continue
        stand_in = type("Layer", (), {"call": staticmethod(lambda: None)})
        stand_in.call = kind_class("layer", kind).call.__get__(object())  # type: ignore[attr-defined]
        positional, _ = arguments_of_call(stand_in, (), ["a", "b"])
        if positional == ["a", "b"]:
            one_by_one.add(kind)
    assert one_by_one == {kind for kind in KINDS if "query" in catalog().call_arguments(kind)}


def test_own_layers_have_their_files() -> None:
    assert own_files().keys() == {*EXTRA_LAYERS, *EXTRA_ACTIVATIONS}


def test_whole_numbers_are_floats_where_keras_asks_for_them() -> None:
    settings = "{optimizer: {SGD: {momentum: 0, learning_rate: 1}}, loss: mse, epochs: 1}"
    source = "data: {source: {Arrays: {path: d.npz, inputs: x, targets: y}}}"
    text = f"nnspec: 1\ninputs: {{x: [4]}}\nlayers: [{{Dense: 2}}]\n{source}\ntrain: {settings}\n"
    code = python_code(load(Source.from_text(text, "net.yaml")))
    assert "keras.optimizers.SGD(learning_rate=1.0, momentum=0.0)" in code
