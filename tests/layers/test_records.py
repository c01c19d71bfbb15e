"""Each fact of a layer kind's record that Keras can answer, against Keras, for all its kinds."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_cases import CASES, Case, draw
from test_oracle import call, make, with_defaults

from nnspec.backend.kinds import kind_class
from nnspec.backend.own_layers.registry import EXTRA_LAYERS
from nnspec.catalog.kinds import catalog
from nnspec.layers import ALIASES, KINDS, canonical, draws_random, layer_kind
from nnspec.layers.kind import ARGUMENT, NOTHING_KNOWN
from nnspec.tools.keras_catalog import CATEGORIES, IDENTIFIERS

pytestmark = pytest.mark.tf

CLASSES = {
    name: value
    for name, value in {**vars(keras.layers), **EXTRA_LAYERS}.items()
    if inspect.isclass(value) and issubclass(value, keras.Layer)
}
each_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def test_every_layer_of_keras_has_a_record() -> None:
    assert CLASSES.keys() == KINDS.keys() | ALIASES.keys()
    assert not KINDS.keys() & ALIASES.keys()


def test_a_kind_has_a_rule_or_a_reason() -> None:
    for kind, record in KINDS.items():
        assert (record.rule is None) == bool(record.no_rule), kind
    assert layer_kind("SomebodysLayer") is NOTHING_KNOWN


def test_aliases_are_the_other_names_of_a_class() -> None:
    for name, cls in CLASSES.items():
        same = [other for other, found in CLASSES.items() if found is cls]
        assert canonical(name) in same and layer_kind(name) is KINDS[canonical(name)]
        assert {canonical(other) for other in same} == {canonical(name)}


@each_kind
def test_what_adapts_has_adapt(kind: str) -> None:
    assert (KINDS[kind].learns is not None) == callable(getattr(CLASSES[kind], "adapt", None))


@each_kind
def test_the_default_of_training_is_that_of_the_call(kind: str) -> None:
    found = inspect.signature(CLASSES[kind].call).parameters.get("training")
    default = None if found is None or found.default is found.empty else found.default
    assert KINDS[kind].training is default


@each_kind
def test_arguments_that_a_record_names_exist(kind: str) -> None:
    record = KINDS[kind]
    known = {argument.name for argument in catalog().arguments("layer", kind)}
    if record.activation == ARGUMENT:
        assert "activation" in known
    if record.linear:
        assert "use_bias" in known
    if record.learns is not None:
        assert {record.learns.argument, record.learns.reversed_by or record.learns.argument} <= known
    assert {record.width or "name"} <= known | {"name"}
    assert set(record.draws if isinstance(record.draws, tuple) else ()) <= known
    assert set(record.mobile.fused or ()) <= known


def test_fixed_activations_are_keras_own() -> None:
    for kind, record in KINDS.items():
        if record.activation not in (None, ARGUMENT, "prelu"):  # prelu has weights, and no function
            function = keras.activations.get(record.activation)
            values = np.linspace(-3, 3, 7, dtype="float32")[None]
            defaults = {"negative_slope": 0.2} if kind == "LeakyReLU" else {}
            assert np.allclose(make(kind, defaults)(values), function(values)), kind


@pytest.mark.parametrize("kind", sorted(CASES))
@pytest.mark.long
def test_random_draws_move_the_seed(kind: str) -> None:
    """A layer that draws random numbers in training moves the state of a seed; one that does not leaves all alone."""
    found = []
    for index in range(24):
        case = with_amount(draw(kind, index), index)
        shapes = [[2, *(3 if size is None else size for size in shape)] for shape, _ in case.inputs]
        try:
            layer = make(kind, case.args)
            arrays = [keras.ops.ones(shape, dtype) for shape, (_, dtype) in zip(shapes, case.inputs, strict=True)]
            moved = drawn(layer, case, arrays)
        except Exception:  # illegal, as many cases are, or one that this layer cannot take outside a model
            continue
        found.append(moved)
        assert moved <= draws_random(KINDS[kind], with_defaults(kind, case.args)), case
        if len(found) >= 3 and (any(found) or not KINDS[kind].draws):
            break
    assert any(found) or not KINDS[kind].draws, "no case that draws was drawn"


@pytest.mark.parametrize("kind", [kind for kind in sorted(CASES) if KINDS[kind].keeps_scale])
def test_what_keeps_the_scale_leaves_bytes_bytes(kind: str) -> None:
    seen = 0
    for index in range(40):
        case = draw(kind, index)
        shapes = [[2, *(3 if size is None else size for size in shape)] for shape, _ in case.inputs]
        try:
            arrays = [keras.ops.full(shape, 150.0) for shape in shapes]  # of floats, whatever the case has
            result = call(make(kind, case.args), case, arrays)
        except Exception:  # illegal, as many cases are
            continue
        values = [np.asarray(keras.ops.convert_to_numpy(one), "float32") for one in keras.tree.flatten(result)]
        if all(value.size and np.isfinite(value).all() for value in values):
            assert all(100 < value.max() < 200 for value in values), case
            seen += 1
        if seen == 3:
            break
    assert seen, "no legal case was drawn"


def with_amount(case: Case, index: int) -> Case:
    """The case; every other time with an amount for one of the arguments that its draws follow."""
    names = KINDS[case.kind].draws
    if not isinstance(names, tuple) or not names or index % 2:
        return case
    return replace(case, args={**case.args, names[index // 2 % len(names)]: 0.3})


def drawn(layer: Any, case: Any, arrays: list[Any]) -> bool:
    if case.kind == "InputLayer":
        return False
    training = {"training": True} if "training" in inspect.signature(layer.call).parameters else {}
    call(layer, case, arrays)
    seeds = [variable for variable in layer.variables if "seed" in variable.path]
    before = [np.array(seed) for seed in seeds]
    case = type(case)(case.kind, case.args, case.inputs, {**case.call, **training})
    call(layer, case, arrays)
    return any((was != np.array(seed)).any() for was, seed in zip(before, seeds, strict=True))


FIRST = {"data_format": "channels_first"}
GIVEN: dict[str, Any] = {"filters": 4, "kernel_size": 2, "output_size": 2, "pool_size": 2}
# The families whose layers are one operation of TensorFlow's, in either order of the axes.
ORDERED = [kind for kind in sorted(CASES) if KINDS[kind].family in ("convolution", "pooling", "recurrent", "reshaping")]


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU runs channels_first")
@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in ORDERED
        if kind != "Flatten" and "data_format" in {a.name for a in catalog().arguments("layer", kind)}
    ],
)
def test_channels_first_on_a_cpu(kind: str) -> None:
    """One step of training with a layer that has the channels first."""
    arguments = {a.name: GIVEN[a.name] for a in catalog().arguments("layer", kind) if a.required}
    layer = make(kind, {**arguments, **FIRST})
    rank = int(kind.removesuffix("Transpose")[-2])
    shape = (*((3,) if "ConvLSTM" in kind else ()), 3, *(6,) * rank)
    try:
        given = keras.Input(shape)
        model = keras.Model(given, keras.layers.Flatten()(layer(given)))
        model.compile("sgd", "mse", jit_compile=False)
        model.train_on_batch(np.ones((2, *shape)), np.zeros((2, model.output.shape[-1])))
        fails = False
    except (tf.errors.OpError, ValueError) as error:
        assert "NHWC" in str(error) or "NDHWC" in str(error) or "channels" in str(error), error
        fails = True
    said = bool(KINDS[kind].gpu_only(with_defaults(kind, {**arguments, **FIRST})))
    assert fails == said or (said and channels_may_come_first())


@cache
def channels_may_come_first() -> bool:
    """Whether this processor is one of those for which oneDNN brings kernels with the channels first."""
    image, kernel = np.ones((1, 2, 4, 4), "float32"), np.ones((2, 2, 2, 2), "float32")
    try:
        tf.function(lambda: tf.nn.conv2d(image, kernel, 1, "VALID", data_format="NCHW"), autograph=False)()
    except tf.errors.OpError:
        return False
    return True


def test_words_stand_for_what_keras_takes_them_for() -> None:
    for category, words in catalog().schema["x-aliases"].items():
        for word, name in words.items():
            found = IDENTIFIERS[category].get(word)
            if category == "activation":
                assert found.__name__ == name
            else:
                cls = kind_class(category, name)
                if inspect.isfunction(found):
                    assert cls().fn is found
                else:
                    assert isinstance(found, cls) or found is cls
    assert catalog().canonical("loss", "MSE") == catalog().canonical("loss", "mse") == "MeanSquaredError"
    assert catalog().canonical("activation", "swish") == "silu"
    assert catalog().canonical("metric", "accuracy") == "accuracy"  # compile knows better which it means
    assert set(catalog().schema["x-aliases"]) <= {*CATEGORIES, "activation"}
