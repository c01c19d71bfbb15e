"""Operations of TensorFlow, Merge and models at each step, as Keras 1 and 2 wrote them: the answers in NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_older import layer, written

import nnspec
from nnspec.importing.errors import ImportFailed

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)
IMAGES = DRAW.uniform(0, 255, (2, 4, 6, 3)).astype("float32")


def function(name: str, first: Any, /, **given: Any) -> dict[str, Any]:
    """One call of a function of TensorFlow's, called after it."""
    kind = "SlicingOpLambda" if name.endswith("getitem") else "TFOpLambda"
    node = (
        [[*one, given] for one in first] if isinstance(first, list) and isinstance(first[0], list) else [*first, given]
    )
    short = name.rsplit(".", 1)[-1]
    return {"class_name": kind, "name": short, "config": {"name": short, "function": name}, "inbound_nodes": [node]}


def node(op: str, tensors: list[Any], constants: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """One node of a graph, as TensorFlow 2.0 to 2.3 wrote it."""
    config = {"name": op, "node_def": {"op": op, "attr": attributes}, "constants": constants}
    return {
        "class_name": "TensorFlowOpLayer",
        "name": op,
        "config": config,
        "inbound_nodes": [[[*one, {}] for one in tensors]],
    }


def functional(*layers: dict[str, Any]) -> dict[str, Any]:
    given = {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 4, 6, 3], "name": "x"}}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    listed = [{**given, "inbound_nodes": []}, *layers]
    return {"class_name": "Functional", "config": {"name": "old", "layers": listed, **ends}}


def scores(x: Any) -> Any:
    return (x @ x.transpose(0, 2, 1)).transpose(0, 2, 1) @ x


X = ["x", 0, 0]
BGR = [{"class_name": "__ellipsis__"}, {"start": None, "stop": None, "step": -1}]
MEAN = [-103.939, -116.779, -123.68]
CASES = {
    "caffe": (
        [function("__operators__.getitem", X, slice_spec=BGR), function("nn.bias_add", ["getitem", 0, 0], bias=MEAN)],
        lambda x: x[..., ::-1] + np.float32(MEAN),
    ),
    "tf": (
        [function("math.truediv", X, y=127.5, name=None), function("math.subtract", ["truediv", 0, 0], y=1.0)],
        lambda x: x / 127.5 - 1,
    ),
    "matrices": (
        [node("MatMul", [X, X], {}, transpose_b={"b": True})],
        lambda x: np.matmul(x, np.swapaxes(x, -1, -2)),
    ),
    "a constant first": ([function("math.subtract", ["_CONSTANT_VALUE", -1, 1.5], y=X)], lambda x: 1.5 - x),
    "joined": (
        [function("math.maximum", X, y=X), function("concat", [X, ["maximum", 0, 0]], axis=-1)],
        lambda x: np.concatenate([x, x], -1),
    ),
    "space": (
        [function("nn.space_to_depth", X, block_size=2), function("reshape", ["space_to_depth", 0, 0], shape=[-1, 72])],
        lambda x: x.reshape(2, 2, 2, 3, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 72),
    ),
    "chosen": (
        [
            function("math.greater", X, y=0.2),
            function("where", ["greater", 0, 0], x=X, y=-1.0),
            node("LessEqual", [["where", 0, 0]], {"1": 0.5}),
            node("SelectV2", [["LessEqual", 0, 0], ["where", 0, 0]], {"2": 0.25}),
        ],
        lambda x: np.where(np.where(x > 0.2, x, -1) <= 0.5, np.where(x > 0.2, x, -1), 0.25),
    ),
    "graph": (
        [node("Mul", [X], {"0": 0.5}), node("Mean", [["Mul", 0, 0]], {"1": [1, 2]}, keep_dims={"b": False})],
        lambda x: x.mean((1, 2)) / 2,
    ),
    "a norm": (
        [
            function("math.square", X),
            function("math.reduce_sum", ["square", 0, 0], axis=-1, keepdims=True),
            function("math.sqrt", ["reduce_sum", 0, 0]),
            function("math.truediv", X, y=["sqrt", 0, 0]),
        ],
        lambda x: x / np.sqrt((x**2).sum(-1, keepdims=True)),
    ),
    "parts": (
        [
            function("split", X, num_or_size_splits=[1, 3], axis=1),
            function("concat", [["split", 0, 1], ["split", 0, 0]], axis=1),
        ],
        lambda x: np.roll(x, -1, 1),
    ),
    "turned": (
        [
            function("reverse", X, axis=[1]),
            function("image.flip_left_right", ["reverse", 0, 0]),
            function("tile", ["flip_left_right", 0, 0], multiples=[1, 1, 2, 1]),
            function("gather", ["tile", 0, 0], indices=[0, 2], axis=3),
        ],
        lambda x: np.tile(x[:, ::-1, ::-1], (1, 1, 2, 1))[..., [0, 2]],
    ),
    "a variance": (
        [function("math.reduce_variance", X, axis=[1, 2]), function("math.sqrt", ["reduce_variance", 0, 0])],
        lambda x: x.std((1, 2)),
    ),
    "a unit": (
        [function("math.l2_normalize", X, axis=-1, epsilon=1e-12)],
        lambda x: x / np.sqrt((x**2).sum(-1, keepdims=True)),
    ),
    "a distance": (
        [
            function("math.squared_difference", X, y=["x", 0, 0]),
            function("math.add_n", [["squared_difference", 0, 0], X]),
        ],
        lambda x: x,
    ),
    "scores": (
        [
            function("reshape", X, shape=[-1, 24, 3]),
            function("linalg.matmul", ["reshape", 0, 0], b=["reshape", 0, 0], transpose_b=True),
            node("BatchMatMulV2", [["matmul", 0, 0], ["reshape", 0, 0]], {}, adj_x={"b": True}),
        ],
        lambda x: scores(x.reshape(2, 24, 3)),
    ),
    "a tuple of a SavedModel": (
        [function("reshape", X, shape={"class_name": "__tuple__", "items": [-1, 72]})],
        lambda x: x.reshape(2, 72),
    ),
    "places": (
        [
            function("math.top_k", X, k=2, sorted=True),
            function("cumsum", ["top_k", 0, 0], axis=2, exclusive=False),
            function("math.argmax", ["cumsum", 0, 0], axis=-2, output_type="int64"),
            function("one_hot", ["argmax", 0, 0], depth=6),
            function("math.erf", ["one_hot", 0, 0]),
        ],
        lambda x: 0.8427008 * np.eye(6)[np.cumsum(-np.sort(-x, -1)[..., :2], 2).argmax(-2)],
    ),
    "graph of several": ([node("ConcatV2", [X, X], {"2": 1})], lambda x: np.concatenate([x, x], 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_operations_of_tensorflow(name: str, tmp_path: Path) -> None:
    listed, formula = CASES[name]
    model = nnspec.build(written(tmp_path, functional(*listed), "2.4.0").spec)
    np.testing.assert_allclose(model(IMAGES), formula(IMAGES), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (node("Mul", [X, X], {}, transpose_b={"b": True}), "with `transpose_b`"),
        (node("DepthToSpace", [X], {}, block_size={"i": "1"}, data_format={"s": "TkNIVw=="}), "with `data_format`"),
    ],
)
def test_attributes_of_a_node_that_say_more_are_named(made: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=told):
        written(tmp_path, functional(made), "2.2.0")


def test_a_norm_over_all_examples_is_none_of_each(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="`Normalize`"):
        written(tmp_path, functional(function("math.l2_normalize", X)), "2.4.0")


@pytest.mark.parametrize("made", [function("math.erfinv", X), function("nn.gelu", X, wide=3), node("Igamma", [X], {})])
def test_what_no_layer_does_is_named(made: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"`(math.erfinv|nn.gelu|Igamma)`"):
        written(tmp_path, functional(made), "2.4.0")


def test_a_merge_at_the_head_of_a_sequential(tmp_path: Path) -> None:
    branches = [
        {"class_name": "Sequential", "config": [layer("Dense", [4], name=name, units=3, activation="relu")]}
        for name in "ab"
    ]
    merge = {
        "class_name": "Merge",
        "config": {"name": "merge_1", "mode": "concat", "concat_axis": -1, "layers": branches},
    }
    found = written(
        tmp_path, {"class_name": "Sequential", "config": [merge, layer("Dense", name="out", units=2)]}, "1.2.2"
    )
    assert [entry.kind for entry in found.spec.graph.layers] == ["Dense", "Dense", "Concatenate", "Dense"]
    assert found.origins["a"] == ("branch_1", "a")


@pytest.mark.parametrize(
    ("mode", "kind"), [("sum", "Add"), ("mul", "Multiply"), ("ave", "Average"), ("max", "Maximum")]
)
def test_a_merge_among_other_layers(mode: str, kind: str, tmp_path: Path) -> None:
    merge = {
        "class_name": "Merge",
        "name": "m",
        "config": {"name": "m", "mode": mode},
        "inbound_nodes": [[[*X, {}], [*X, {}]]],
    }
    assert [one.kind for one in written(tmp_path, functional(merge), "1.0.8").spec.graph.layers] == [kind]
    with pytest.raises(ImportFailed, match="by code"):
        written(tmp_path, functional({**merge, "config": {"name": "m", "mode": "lambda"}}), "1.0.8")


def test_a_model_at_each_step(tmp_path: Path) -> None:
    inner = [layer("Conv1D", [6, 4], filters=2, kernel_size=[3]), layer("Flatten")]
    model = {"class_name": "Sequential", "config": {"name": "inner", "layers": inner}}
    found = written(tmp_path, [layer("TimeDistributed", [5, 6, 4], layer=model), layer("LSTM", units=2)], "2.3.1")
    assert [one.kind for one in found.spec.graph.layers] == ["TimeDistributed", "TimeDistributed", "LSTM"]
    assert found.origins["conv1d"] == ("timedistributed", "conv1d")
